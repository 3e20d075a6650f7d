"""`judge trust card`: the ten measurements, their rulings, the badge, and when a card does not hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Command, lines_of, summary_of, write_lines
from probing import asked, probed_run
from seeded_judge import Traits, seeded
from trusting import csv_file

from judge.trust.card.records import Card, Figure
from judge.trust.card.ruling import absent, by_interval, by_value, enough, measured

HEAD = "item,rater,criterion,score"
REPLY = "She says the opposite of what happened. Her voice stays flat. That is the joke.\nAnswer: humorous"


@pytest.fixture
def run(judge: Command, tmp_path: Path) -> Path:
    return probed_run(judge, tmp_path / "p")


def cards(run: Path) -> list[Card]:
    return [Card.model_validate_json(file.read_bytes()) for file in (run.parent / "cards").glob("*/card.json")]


def rulings(card: Card, criterion: str = "cot") -> dict[int, str]:
    (own,) = [item for item in card.criteria if item.criterion == criterion]
    return {item.number: item.ruling for item in own.measurements}


def agreed(judge: Command, run: Path, offset: int) -> Path:
    """Three people who rate as the rules do, or so many levels lower, each now and then one off."""
    scores = [line for line in lines_of(run / "verdicts.jsonl") if line["criterion"] == "cot"]
    rows = []
    for place, line in enumerate(scores):
        for rater in range(3):
            off = 1 if place % 10 == rater else 0
            rows.append(f"{line['sample_id']},r{rater},cot,{max(1, line['score'] - offset - off):g}")
    human = csv_file(run.parent / "people.csv", HEAD, *rows)
    name = scores[0]["judge"]
    line_ = ("trust", "agree", "--human", human, "--judge", name, "--rubric", run.parent.parent / "rubrics/probed.yaml")
    assert judge(*line_, "--run", run, "--json", run.parent / "agree.json").code == 0
    return run.parent / "agree.json"


def test_a_card_of_a_judge_that_agrees_and_is_even_passes_where_it_was_measured(judge: Command, run: Path) -> None:
    with seeded(run.parent.parent / "server", Traits()) as url:
        asked(judge, run, url, "--rubric", "probed", to="score")
        assert asked(judge, run, url, "--limit", "60").code == 0
        done = judge("trust", "card", run, "--agree", agreed(judge, run, 0), "--people", "three raters")
    assert done.code == 0, done.err
    (card,) = cards(run)
    found = rulings(card)
    assert {number: found[number] for number in (2, 3, 5, 6, 7, 8, 10)} == dict.fromkeys((2, 3, 5, 6, 7, 8, 10), "pass")
    assert (found[1], found[9]) == ("warn", "not assessable"), "60 items, and one contestant"
    assert (card.returned_models, card.repeats, card.raters) == (("seeded-1",), 5, ("r0", "r1", "r2"))
    assert card.sampling == {"temperature": 0.0}
    assert [item.badge for item in card.criteria] == ["validity measured"]
    assert "agrees with people: none; in part with: cot" in done.out
    for name in ("card.html", "card.md", "card.json"):
        assert f"/{name}" in done.out


def test_a_lenient_judge_and_one_that_likes_length_fail_by_name(judge: Command, run: Path) -> None:
    with seeded(run.parent.parent / "server", Traits(long=1)) as url:
        asked(judge, run, url, "--rubric", "probed", to="score")
        asked(judge, run, url, "--probe", "length", "--probe", "retest", "--limit", "60")
        done = judge("trust", "card", run, "--agree", agreed(judge, run, 1))
    (card,) = cards(run)
    found = rulings(card)
    assert (found[4], found[7]) == ("fail", "fail")
    assert "agrees with people: none; not with: " in done.out
    assert "leniency, style" in done.out


def test_the_badge_stands_beside_judged_numbers_and_the_report_links_the_card(judge: Command, run: Path) -> None:
    before = judge("score", run, "--judge", "rules", "--rubric", "probed")
    assert "judge: rules (a heuristic; reliability not measured)" in before.out
    assert "rules · not measured" in before.out
    judge("trust", "probe", run, "--judge", "rules", "--limit", "60")
    judge("trust", "card", run)
    after = judge("score", run, "--judge", "rules", "--rubric", "probed", "--fresh")
    row = next(line for line in after.out.splitlines() if line.startswith("  cot"))
    assert row.endswith("rules · reliability only")
    assert "accuracy" in after.out
    assert "card of rules: " in after.out
    (block,) = summary_of(run)["run"]["judges"]
    assert block["badges"] == {"cot": "reliability only"}
    assert block["validity"].startswith("reliability only")
    judge("report", run.parent)
    page = (run.parent / "report.html").read_text()
    link = page.split('<a href="')[1].split('"')[0]
    assert (run.parent / link).is_file()
    assert f"](<{link}>)" in (run.parent / "report.md").read_text()


def test_a_report_shows_a_card_that_was_made_after_the_scores(judge: Command, run: Path) -> None:
    judge("score", run, "--judge", "rules", "--rubric", "probed")
    judge("trust", "probe", run, "--judge", "rules", "--probe", "style")
    judge("trust", "card", run)
    judge("report", run.parent)
    assert "reliability only" in (run.parent / "report.md").read_text()


def test_a_card_ends_with_its_rubric(judge: Command, run: Path) -> None:
    judge("score", run, "--judge", "rules", "--rubric", "probed")
    judge("trust", "probe", run, "--judge", "rules", "--probe", "style")
    judge("trust", "card", run)
    rubric = run.parent.parent / "rubrics" / "probed.yaml"
    rubric.write_text(rubric.read_text().replace("5: best", "5: better than good"))
    done = judge("score", run, "--judge", "rules", "--rubric", rubric)
    assert "rules (a heuristic; reliability not measured)" in done.out
    assert "does not hold: the rubric has changed since (" in done.err
    assert summary_of(run)["run"]["judges"][0]["card"] == ""


def test_a_card_ends_when_another_model_answers_by_the_same_name(judge: Command, run: Path) -> None:
    """The vendor may put another model behind a name: the id that comes back tells."""
    with seeded(run.parent.parent / "one", Traits(model="seeded-1-2026-01")) as url:
        asked(judge, run, url, "--rubric", "probed", to="score")
        asked(judge, run, url, "--probe", "style", "--limit", "40")
        judge("trust", "card", run)
    (card,) = cards(run)
    assert card.returned_models == ("seeded-1-2026-01",)
    lines = lines_of(run / "verdicts.jsonl")
    assert {line["returned_model"] for line in lines} == {"seeded-1-2026-01"}
    changed = "".join(json.dumps(line | {"returned_model": "seeded-1-2026-06"}) + "\n" for line in lines)
    (run / "verdicts.jsonl").write_text(changed)
    done = asked(judge, run, url, "--rubric", "probed", "--fresh", to="score")
    assert "its card does not hold: it was made when seeded-1-2026-01 answered; here seeded-1-2026-06 did" in done.err
    again = judge("trust", "card", run)
    assert "the judge's model changed between runs: seeded-1-2026-01, seeded-1-2026-06 answered" in again.err


def test_verdicts_of_before_have_no_returned_model_and_load(judge: Command, run: Path) -> None:
    judge("score", run, "--judge", "rules", "--rubric", "probed")
    lines = lines_of(run / "verdicts.jsonl")
    old = [{name: value for name, value in line.items() if name != "returned_model"} for line in lines]
    (run / "verdicts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in old))
    assert judge("score", run, "--judge", "rules", "--rubric", "probed", "--fresh").code == 0
    assert lines_of(run / "verdicts.jsonl") == old


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "nothing to make a card from"),
        ({"--agree": "{}"}, "is not what judge trust agree --json writes"),
        ({"--agree": '{"schema": 9, "kind": "agreement", "results": []}'}, "was written by a newer version (schema 9"),
        ({"--correct": "[", "--agree": "["}, "is not what judge trust"),
    ],
)
def test_a_fault_is_one_line(judge: Command, tmp_path: Path, files: dict[str, str], said: str) -> None:
    words: list[str | Path] = []
    for name, text in files.items():
        path = tmp_path / f"{name.strip('-')}.json"
        path.write_text(text)
        words += [name, path]
    done = judge("trust", "card", *words, "--cards", tmp_path / "cards")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert said in done.err


def test_a_damaged_card_is_no_card_and_scoring_goes_on(judge: Command, run: Path) -> None:
    judge("score", run, "--judge", "rules", "--rubric", "probed")
    judge("trust", "card", run)
    (file,) = (run.parent / "cards").glob("*/card.json")
    file.write_text('{"schema_version": 1}')
    done = judge("score", run, "--judge", "rules", "--rubric", "probed", "--fresh")
    assert done.code == 0
    assert "card.json" in done.err
    assert "reliability not measured" in done.out


def figure(value: float, low: float, high: float, **more: Any) -> Figure:
    return Figure.model_validate({"name": "x", "value": value, "low": low, "high": high, "good": (0.5, None)} | more)


def test_a_missed_threshold_is_a_fail_only_where_the_whole_interval_lies_beyond_it() -> None:
    assert by_value(figure(0.6, 0.3, 0.9)).ruling == "pass"
    assert by_value(figure(0.4, 0.3, 0.6)).ruling == "warn"
    assert by_value(figure(0.3, 0.2, 0.4)).ruling == "fail"
    assert by_interval(figure(0.6, 0.3, 0.9)).ruling == "warn"
    assert by_interval(figure(0.6, 0.5, 0.9)).ruling == "pass"
    assert by_interval(figure(0.3, 0.2, 0.4)).ruling == "fail"


def test_too_few_items_and_what_was_not_measured_make_a_pass_a_warning() -> None:
    good = by_value(figure(0.6, 0.5, 0.9, n=20))
    assert enough(good, 30).ruling == "warn"
    assert measured(8, [by_value(figure(0.6, 0.5, 0.9)), absent("y", "was not probed")]).ruling == "warn"
    assert measured(8, [absent("y", "was not probed")]).ruling == "not assessable"
    assert measured(8, [by_value(figure(0.3, 0.2, 0.4)), absent("y", "z")]).ruling == "fail"


def test_steps_that_were_never_found_count_in_each_of_two_runs(judge: Command, tmp_path: Path) -> None:
    """The same sample was rated in the other run: that makes up for nothing."""
    replies = write_lines(tmp_path / "r.jsonl", [{"id": f"h-{row:03}", "reply": REPLY} for row in range(1, 33)])
    runs = []
    for model in ("m", "n"):
        line = ("import", replies, "--task", "tasks/humor.yaml", "--model", model, "--prompt", "cot")
        runs.append(judge(*line, "--out", tmp_path / "o").folder)
        assert judge("score", runs[-1], "--judge", "rules").code == 0
    before = valid_steps(judge, runs)
    lines = lines_of(runs[0] / "verdicts.jsonl")
    own = [line for line in lines if line["sample_id"] == "h-001"]
    failed = next(line for line in own if line["criterion"] == "extract")
    problem = {"stage": "judge", "kind": "not_json", "message": "no steps"}
    failed |= {"score": None, "step": None, "claim": "", "problem": problem}
    write_lines(runs[0] / "verdicts.jsonl", [line for line in lines if line["sample_id"] != "h-001"] + [failed])
    after = valid_steps(judge, runs)
    steps = len([line for line in own if line["criterion"] == "steps"])
    assert before.value == 1.0
    assert after.n == (before.n or 0) - steps + 1
    assert after.value == pytest.approx(1 - 1 / after.n)


def valid_steps(judge: Command, runs: list[Path]) -> Figure:
    cards_at = runs[0].parent / "cards"
    done = judge("trust", "card", *runs, "--judge", "rules", "--cards", cards_at)
    assert done.code == 0, done.err
    (file,) = cards_at.glob("*/card.json")
    own = next(one for one in Card.model_validate_json(file.read_bytes()).criteria if one.criterion == "steps")
    return next(one for one in own.measurements[9].figures if one.name == "valid verdicts")

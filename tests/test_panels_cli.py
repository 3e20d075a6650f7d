"""`judge score --combine`: a row of its own, the judges' agreement, and the numbers without each of them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from command import Command, lines_of, summary_of
from deciding import deciding
from fake_server import read_lines

HUMOR = "tasks/humor.yaml"
STEPS = '{"steps": ["the voice is playful", "a wink", "the answer"]}'
TWO = '{"ratings": [{"step": 1, "evidence": "v", "reason": "r", "score": 1}, {"step": 2, "reason": "r", "score": 0.5}]}'


def opinion(model: str, text: str) -> str:
    """Three judges: m2 is one point above m1, m3 one below; m3 abstains now and then."""
    if "Break the reply" in text:
        return STEPS
    if "one entry for each of the 2 steps" in text:
        return TWO
    drawn = int(hashlib.sha256(text.encode()).hexdigest(), 16)
    if model == "m3" and drawn % 5 == 0:
        return '{"score": "cannot_judge"}'
    return f'{{"evidence": "e", "reason": "r", "score": {2 + drawn % 3 + {"m1": 0, "m2": 1, "m3": -1}[model]}}}'


def cot_of(folder: Path, label: str) -> dict[str, Any]:
    """The estimate of cot by one judge or panel."""
    of = ("cot", "strict", "overall", label)
    keys = ("metric", "mode", "group", "judge")
    return next(item for item in summary_of(folder)["estimates"] if tuple(item[key] for key in keys) == of)


def named(*models: str) -> list[str]:
    return [word for model in models for word in ("--judge", f"endpoint:{model}")]


@pytest.fixture
def run(judge: Command, tmp_path: Path) -> Path:
    return judge("run", HUMOR, "--provider", "replay", "--out", tmp_path / "r").folder


def test_a_panel_costs_no_call_and_stands_beside_its_judges(judge: Command, run: Path, tmp_path: Path) -> None:
    with deciding(tmp_path / "s", opinion) as url:
        judge("score", run, *named("m1", "m2", "m3"), "--base-url", url)
        before = len(read_lines(tmp_path / "s" / "ledger.jsonl"))
        done = judge("score", run, *named("m1", "m2", "m3"), "--base-url", url, "--combine", "median")
        assert len(read_lines(tmp_path / "s" / "ledger.jsonl")) == before
    at = url.removeprefix("http://").removesuffix("/v1")
    label = f"panel(m1@{at}+m2@{at}+m3@{at}):median"
    of = {name: cot_of(run, name) for name in (f"m1@{at}", label)}
    assert of[label]["value"] != of[f"m1@{at}"]["value"]  # where m3 abstains, the median is half a point above
    assert f"|judge:{label}|" in of[label]["signature"]
    assert {line["judge"] for line in lines_of(run / "verdicts.jsonl")} == {f"m{number}@{at}" for number in (1, 2, 3)}
    assert re.search(
        r"cot: alpha 0\.\d\d \[.*equal 0% · \d+ answers by 3 judges, \d+ by 2, \d+ by none \(m3@\S+ lacks \d+\)",
        done.out,
    )
    block = summary_of(run)["run"]["panels"][0]
    page = judge("report", run)
    assert page.code == 0, page.err
    html = (run / "report.html").read_text() if (run / "report.html").exists() else page.out
    assert "how far the judges agree" in html
    less = {name: next(item for item in items if item["metric"] == "cot") for name, items in block["without"].items()}
    assert less[f"m2@{at}"]["change"] < 0 < less[f"m3@{at}"]["change"]


def test_a_panel_of_an_earlier_scoring_is_kept_when_others_are_scored(
    judge: Command, run: Path, tmp_path: Path
) -> None:
    with deciding(tmp_path / "s", opinion) as url:
        judge("score", run, *named("m1", "m2"), "--base-url", url, "--combine", "mean")
    kept = [block["judge"] for block in summary_of(run)["run"]["judges"] if block.get("combine")]
    value = cot_of(run, kept[0])["value"]
    judge("score", run, "--judge", "rules")
    assert cot_of(run, kept[0])["value"] == value
    assert judge("report", run).code == 0
    assert "ratings combined by mean" in (run / "report.md").read_text(encoding="utf-8")


def test_a_panel_is_set_beside_people_as_a_judge_is(judge: Command, run: Path, tmp_path: Path) -> None:
    with deciding(tmp_path / "s", opinion) as url:
        judge("score", run, *named("m1", "m2"), "--base-url", url, "--combine", "mean")
    label = next(block["judge"] for block in summary_of(run)["run"]["judges"] if block.get("combine"))
    at = label.partition("@")[2].partition("+")[0]
    own = {line["sample_id"]: line["score"] for line in lines_of(run / "verdicts.jsonl")
           if (line["criterion"], line["judge"]) == ("cot", f"m1@{at}")}  # fmt: skip
    people = tmp_path / "people.csv"
    people.write_text(
        "item,rater,criterion,score\n" + "".join(f"{item},anna,cot,{score:g}\n" for item, score in own.items())
    )
    where = ["--human", people, "--run", run, "--rubric", "humor", "--json", tmp_path / "a.json"]
    done = judge("trust", "agree", *where, "--judge", label, "--judge", f"m1@{at}", "--resamples", "200")
    assert done.code == 0, done.err
    found = {item["judge"]: item for item in json.loads((tmp_path / "a.json").read_bytes())["results"]}
    assert found[f"m1@{at}"]["judge_human"]["offset"]["value"] == 0
    assert found[label]["judge_human"]["offset"]["value"] == pytest.approx(0.5)  # the mean with m2, a point above


def test_two_judges_that_never_agree_have_no_vote_and_that_is_no_failure(
    judge: Command, run: Path, tmp_path: Path
) -> None:
    with deciding(tmp_path / "s", opinion) as url:
        done = judge("score", run, *named("m1", "m2"), "--base-url", url, "--combine", "vote")
    assert done.code == 0
    label = next(block["judge"] for block in summary_of(run)["run"]["judges"] if block.get("combine"))
    found = cot_of(run, label)
    assert (found["value"], found["reason"], found["valid"]) == (None, "no_majority", 0)
    assert "no rating has more votes than every other" in done.out


def test_a_panel_of_one_judge_is_refused_before_anything_is_sent(judge: Command, run: Path) -> None:
    done = judge("score", run, "--judge", "rules", "--combine", "vote")
    assert done.code == 2
    assert "--combine vote needs two judges or more, and only rules judges" in done.err


def test_repeats_say_how_far_a_judge_repeats_itself(judge: Command, run: Path, tmp_path: Path) -> None:
    count = iter(range(10**6))

    def wavering(model: str, text: str) -> str:
        return (
            opinion("m1", text + str(next(count) % 2)) if "Question: Does the chain" in text else opinion(model, text)
        )

    with deciding(tmp_path / "s", wavering) as url:
        done = judge("score", run, *named("m1"), "--base-url", url, "--judge-repeats", "3", "--concurrency", "1")
    block = summary_of(run)["run"]["stability"][0]
    found = {item["criterion"]: item for item in block["criteria"]}
    assert block["repeats"] == 3
    assert found["steps"]["flip_rate"] == 0
    assert 0 < found["cot"]["flip_rate"] < 1
    assert found["cot"]["within_sd"] > 0
    assert re.search(r"3 repeats: steps SD 0\.00, flips 0%.* · cot SD \d\.\d\d, flips \d+%, alpha", done.out)

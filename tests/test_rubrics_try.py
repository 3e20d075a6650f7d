"""`judge rubrics try`: what is asked, by the server's own ledger, what is shown, and that the run stays as it was."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Command, lines_of, write_lines
from editing import humor
from fake_server import FakeServer, serve
from test_cli_score import JUDGE_SCRIPT

HUMOR = "tasks/humor.yaml"
EXTRACT, STEPS, COT = "Break the reply below", "Question: Does this step rest", "Question: Does the chain"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    """A model under test and a judge in one."""
    with serve(tmp_path, JUDGE_SCRIPT | {"latency": 0.0}) as running:
        yield running


def _by(server: FakeServer) -> list[str]:
    return ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m"]


@pytest.fixture
def scored(judge: Command, server: FakeServer, tmp_path: Path) -> Path:
    """Six answers, judged by the shipped rubric."""
    whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
    folder = judge("run", HUMOR, *whom, "--limit", "6", "--out", tmp_path / "r").folder
    assert judge("score", folder, *_by(server)).code == 0
    return folder


def _edited(folder: Path, *changes: tuple[str, str]) -> Path:
    path = folder / "mine.yaml"
    path.write_text(humor(*changes))
    return path


def _asked(server: FakeServer, since: int) -> list[str]:
    """Of each request since then: which prompt it was."""
    kinds = {EXTRACT: "extract", STEPS: "steps", COT: "cot"}
    found = []
    for line in server.requests()[since:]:
        mine = [kind for text, kind in kinds.items() if text in line["prompt"]]
        found.append(mine[0] if len(mine) == 1 else line["prompt"][:80])
    return found


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


COT_EDIT = ("Does the chain use what is heard and seen as well as", "Does the chain really use what is heard, beside")
ABOUT_EDIT = ("Does the answer understand why people laugh, and", "Is it understood why people laugh, and")


def test_an_edit_of_about_asks_nothing(judge: Command, server: FakeServer, scored: Path, tmp_path: Path) -> None:
    before = len(server.requests())
    done = judge("rubrics", "try", _edited(tmp_path, ABOUT_EDIT), "--on", scored, *_by(server))
    assert done.code == 0, done.err
    assert _asked(server, before) == []
    assert "the same rubric" in done.out


def test_an_edit_of_one_criterion_asks_for_that_criterion_alone(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    before = len(server.requests())
    done = judge("rubrics", "try", _edited(tmp_path, COT_EDIT), "--on", scored, "--limit", "4", *_by(server))
    assert done.code == 0, done.err
    # the six answers of the fake model are word for word the same, and so are its steps; the questions are not
    assert _asked(server, before) == ["cot"] * 4
    assert "4 calls made" in done.out
    assert "8 from the cache" in done.out


def test_an_edit_of_the_step_rating_leaves_extraction_and_chain_alone(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    before = len(server.requests())
    edit = _edited(tmp_path, ("touches a cue, but adds what is not there", "touches a cue and goes beyond it"))
    judge("rubrics", "try", edit, "--on", scored, *_by(server))
    assert set(_asked(server, before)) == {"steps"}


@pytest.mark.parametrize(
    ("edit", "asked"),
    [
        (("version: 1", "version: 2"), set()),
        (("{recognition: 0.4, reasoning: 0.3, cot: 0.3}", "{recognition: 0.2, reasoning: 0.2, cot: 0.6}"), set()),
        (("  cot: {criterion: cot}\n", "  cot: {mean: steps}\n"), set()),
        (("sees: [question, reply, reference, clues]", "sees: [question, reply, clues]"), {"steps", "cot"}),
        (("answer: [evidence, reason, score, confidence]", "answer: [evidence, reason, score]"), {"steps", "cot"}),
        (("  - extract: steps", "  - extract: steps\n    question: Short ones."), {"extract"}),
    ],
    ids=["version", "weights", "scores", "sees", "answer", "extraction"],
)
def test_only_prompts_that_an_edit_changes_are_asked_again(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path, edit: tuple[str, str], asked: set[str]
) -> None:
    before = len(server.requests())
    done = judge("rubrics", "try", _edited(tmp_path, edit), "--on", scored, "--limit", "2", *_by(server))
    assert done.code == 0, done.err
    assert set(_asked(server, before)) == asked


def test_scoring_afterwards_pays_for_the_rest_alone(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    mine = _edited(tmp_path, COT_EDIT)
    judge("rubrics", "try", mine, "--on", scored, "--limit", "4", *_by(server))
    before = len(server.requests())
    assert judge("score", scored, "--rubric", mine, *_by(server)).code == 0
    assert _asked(server, before) == ["cot"] * 2


def test_what_was_tried_before_is_not_counted_as_made_again(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    mine = _edited(tmp_path, COT_EDIT)
    judge("rubrics", "try", mine, "--on", scored, "--limit", "4", *_by(server))
    before = len(server.requests())
    more = judge("rubrics", "try", mine, "--on", scored, "--limit", "5", *_by(server))
    assert len(server.requests()) - before == 1
    assert "1 call made" in more.out
    whole = judge("rubrics", "diff", "humor", mine, "--on", scored, "--ask", *_by(server))
    assert len(server.requests()) - before == 2
    assert "1 call made" in whole.out


def test_the_forecast_for_the_rest_is_what_scoring_then_asks(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    mine = _edited(tmp_path, COT_EDIT)
    done = judge("rubrics", "try", mine, "--on", scored, "--limit", "1", *_by(server))
    assert "the other 5 answers: estimated 5 calls" in done.out
    before = len(server.requests())
    judge("score", scored, "--rubric", mine, *_by(server))
    assert len(server.requests()) - before == 5


def test_a_dry_run_sends_nothing_and_says_what_all_of_it_takes(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    before = len(server.requests())
    mine = _edited(tmp_path, COT_EDIT)
    done = judge("rubrics", "try", mine, "--on", scored, "--limit", "2", "--dry-run", *_by(server))
    assert done.code == 0
    assert len(server.requests()) == before
    assert "for these: estimated 2 calls" in done.out
    assert "the other 4 answers: estimated 4 calls" in done.out


def test_nothing_is_written_into_the_run(judge: Command, server: FakeServer, scored: Path, tmp_path: Path) -> None:
    before = _contents(scored)
    judge("rubrics", "try", _edited(tmp_path, COT_EDIT), "--on", scored, *_by(server))
    judge("rubrics", "diff", "humor", tmp_path / "mine.yaml", "--on", scored, "--ask", *_by(server))
    assert _contents(scored) == before


def test_old_and_new_scores_and_reasons_stand_side_by_side(judge: Command, tmp_path: Path) -> None:
    verdict = '{"evidence": "e", "reason": "%s", "score": %d, "confidence": 1}'
    lower = {"contains": "Does the chain really use", "text": verdict % ("only one sense", 2)}
    script = JUDGE_SCRIPT | {"rules": [lower, *JUDGE_SCRIPT["rules"]]}
    with serve(tmp_path, script) as server:
        whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        folder = judge("run", HUMOR, *whom, "--limit", "2", "--out", tmp_path / "r").folder
        judge("score", folder, *_by(server))
        file = tmp_path / "both.json"
        done = judge("rubrics", "try", _edited(tmp_path, COT_EDIT), "--on", folder, *_by(server), "--json", file)
    assert "cot  4 → 2  -2.00" in done.out
    assert "old: r" in done.out
    assert "new: only one sense" in done.out
    assert "steps  0.75 → 0.75  (every verdict as before)" in done.out
    assert "cot: 2 of 2 changed, mean change -2.00" in done.out
    said = json.loads(file.read_text())["answers"][0]
    assert [item["score"] for side in ("old", "new") for item in said[side] if item["criterion"] == "cot"] == [4, 2]


def test_a_run_that_this_judge_has_not_judged_shows_the_new_verdicts_and_says_so(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    done = judge("rubrics", "try", _edited(tmp_path, COT_EDIT), "--on", scored, "--judge", "rules")
    assert done.code == 0
    assert "old: none by rules (it was judged by m@" in done.out
    assert "cot  new → " in done.out


def test_a_failed_verdict_is_said_and_ends_with_1(judge: Command, tmp_path: Path) -> None:
    failing = {"kind": "bad_request", "contains": "Does the chain really use"}
    with serve(tmp_path, JUDGE_SCRIPT | {"faults": [failing]}) as server:
        whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        folder = judge("run", HUMOR, *whom, "--limit", "2", "--out", tmp_path / "r").folder
        judge("score", folder, *_by(server))
        done = judge("rubrics", "try", _edited(tmp_path, COT_EDIT), "--on", folder, *_by(server))
    assert done.code == 1
    assert "cot  4 → –" in done.out
    assert "not judged: bad_request" in done.err


def test_a_seed_chooses_the_same_random_answers_each_time(judge: Command, scored: Path, tmp_path: Path) -> None:
    mine = _edited(tmp_path, COT_EDIT)

    def chosen(*more: str) -> list[str]:
        out = judge("rubrics", "try", mine, "--on", scored, "--judge", "rules", "--limit", "3", *more).out
        return [line for line in out.splitlines() if line.startswith("h-")]

    assert chosen() == ["h-001", "h-002", "h-003"]
    assert chosen("--seed", "5") == chosen("--seed", "5")
    assert len({tuple(chosen("--seed", str(seed))) for seed in range(6)}) > 1


def test_what_is_no_run_and_more_than_one_judge_are_refused(judge: Command, scored: Path) -> None:
    assert "is no run's folder" in judge("rubrics", "try", "humor", "--on", "tasks").err
    two = ["--judge", "rules", "--judge", "endpoint"]
    done = judge("rubrics", "try", "humor", "--on", scored, *two)
    assert (done.code, "one judge at a time" in done.err) == (2, True)


def test_without_a_cache_it_is_said_that_scoring_pays_again(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    done = judge("rubrics", "try", _edited(tmp_path, COT_EDIT), "--on", scored, *_by(server), "--cache", "off")
    assert "NOT kept" in done.out


def test_both_sides_are_of_as_many_repeats(judge: Command, server: FakeServer, scored: Path, tmp_path: Path) -> None:
    """A run that was judged three times is tried three times: a mean of three beside one rating is no comparison."""
    assert judge("score", scored, *_by(server), "--judge-repeats", "3", "--fresh").code == 0
    before = len(server.requests())
    done = judge("rubrics", "try", "humor", "--on", scored, "--limit", "2", *_by(server))
    assert done.code == 0, done.err
    assert len(server.requests()) == before
    assert "cut into other steps" not in done.out
    assert "cot: 0 of 2 changed" in done.out
    assert "--judge-repeats 3" in done.out
    fewer = judge("rubrics", "try", "humor", "--on", scored, "--limit", "2", *_by(server), "--judge-repeats", "1")
    assert "cot: 0 of 2 changed" in fewer.out


def test_the_line_to_score_with_has_what_the_judge_was_asked_by(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    """As it is printed, it pays for nothing again."""
    mine = _edited(tmp_path, COT_EDIT)
    done = judge("rubrics", "try", mine, "--on", scored, *_by(server), "--temperature", "0.7", "--schema", "on")
    assert done.code == 0, done.err
    asked = len(server.requests())
    (line,) = [line for line in done.out.splitlines() if "to score with it:" in line]
    words = shlex.split(line.partition("python -m judge ")[2])
    assert words[-4:] == ["--temperature", "0.7", "--schema", "on"]
    assert judge(*words).code == 0
    assert len(server.requests()) == asked


def test_a_failed_hearing_is_foreseen_as_one_to_ask(
    judge: Command, server: FakeServer, scored: Path, tmp_path: Path
) -> None:
    lines = lines_of(scored / "verdicts.jsonl")
    first = lines[0]["sample_id"]
    problem = {"score": None, "problem": {"stage": "judge", "kind": "server", "message": "HTTP 500"}}
    lost = [line | (problem if (line["sample_id"], line["criterion"]) == (first, "cot") else {}) for line in lines]
    write_lines(scored / "verdicts.jsonl", lost)
    where = ("rubrics", "try", "humor", "--on", scored, "--dry-run", *_by(server), "--cache", tmp_path / "empty")
    done = judge(*where)
    assert done.code == 0, done.err
    assert re.search(r"for these: estimated [1-9]", done.out)

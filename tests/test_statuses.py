"""Every expected answer ends as exactly one status; summary, report, screen and exit code say how many of each."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command import Command, lines_of, summary_of, write_lines
from hypothesis import given
from hypothesis import strategies as st

from judge.records import Answer, Key, Problem
from judge.statuses import STATUSES, counts, told
from judge.store import Appender, Folder

MIXED = [
    *[{"id": f"h-{number:03}", "reply": "Answer: serious"} for number in range(1, 21)],
    {"id": "h-021", "reply": "I will not say.", "finish": "refused"},
    {"id": "h-022", "reply": ""},
    {"id": "h-023", "reply": "Answer: ser", "finish": "length"},
]
FAILED = {"h-024": "server", "h-025": "server", "h-026": "timeout"}
LINE = "32 expected: 20 ok, 1 refused, 1 empty, 1 truncated, 3 error (2 server, 1 timeout), 6 not asked"


@pytest.fixture
def mixed(judge: Command, tmp_path: Path) -> Path:
    """A run that has every status, and some samples that were never asked."""
    file = write_lines(tmp_path / "replies.jsonl", MIXED)
    run = judge("import", file, "--task", "tasks/humor.yaml", "--model", "m", "--out", tmp_path / "r").folder
    log = Appender(Folder(run).answers_file)
    log.append(
        Answer(
            sample_id=name,
            variant="cot",
            status="error",
            problem=Problem(stage="call", kind=kind, message="HTTP 500"),
        )
        for name, kind in FAILED.items()
    )
    log.close()
    return run


def test_the_summary_counts_every_expected_answer_once(judge: Command, mixed: Path) -> None:
    judge("score", mixed)
    block = summary_of(mixed)["run"]
    assert block["statuses"] == {"ok": 20, "refused": 1, "empty": 1, "truncated": 1, "error": 3}
    assert block["errors"] == {"server": 2, "timeout": 1}
    assert (block["expected"], block["not_asked"]) == (32, 6)
    assert sum(block["statuses"].values()) + block["not_asked"] == block["expected"]


def test_screen_and_exit_code_say_how_answers_ended(judge: Command, mixed: Path) -> None:
    done = judge("score", mixed)
    assert f"  {LINE}" in done.out.splitlines()
    assert done.code == 1


def test_all_three_reports_say_how_answers_ended(judge: Command, mixed: Path) -> None:
    judge("score", mixed)
    judge("report", mixed)
    row = "| m (incomplete) | 32 | 20 | 1 | 1 | 1 | 3 | 6 | 2 server, 1 timeout |"
    assert row in (mixed / "report.md").read_text()
    cells = "".join(f"<td>{text}</td>" for text in (32, 20, 1, 1, 1, 3, 6, "2 server, 1 timeout"))
    assert cells in (mixed / "report.html").read_text()
    run = json.loads((mixed / "report.json").read_text())["runs"][0]["run"]
    assert (run["statuses"]["error"], run["errors"], run["not_asked"]) == (3, {"server": 2, "timeout": 1}, 6)


def test_an_error_is_never_a_score(judge: Command, mixed: Path) -> None:
    judge("score", mixed)
    found = [line for line in lines_of(mixed / "scores.jsonl") if line["sample_id"] in FAILED]
    assert len(found) > len(FAILED)
    for line in found:
        assert line["value"] is None
        assert line["problem"]["kind"] == FAILED[line["sample_id"]]


def test_a_run_without_its_last_answers_is_no_success(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", MIXED[:20])
    run = judge("import", file, "--task", "tasks/humor.yaml", "--model", "m", "--out", tmp_path / "r").folder
    done = judge("score", run)
    assert (done.code, "32 expected: 20 ok, 12 not asked" in done.out) == (1, True)


def test_the_end_of_a_run_names_its_errors_by_kind(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", MIXED[:20])
    done = judge("run", "tasks/humor.yaml", "--provider", "replay", "--replies", file, "--out", tmp_path / "r")
    assert "20 answered (20 ok), 12 failed (12 no_record)" in done.out
    assert done.code == 1


def test_a_summary_from_before_the_counts_is_read_with_them(judge: Command, mixed: Path) -> None:
    judge("score", mixed)
    body = summary_of(mixed)
    before = {name: body["run"].pop(name) for name in ("expected", "errors", "not_asked")}
    body["run"]["statuses"] = {name: n for name, n in body["run"]["statuses"].items() if n}
    (mixed / "summary.json").write_text(json.dumps(body))
    assert judge("report", mixed).code == 0
    run = json.loads((mixed / "report.json").read_text())["runs"][0]["run"]
    assert {name: run[name] for name in before} == before


def _spoiled(body: dict[str, Any]) -> list[tuple[str, Any]]:
    """Places in a summary, with what they must not hold."""
    return [
        ("run.statuses.ok", 21),
        ("run.statuses.ok", -1),
        ("run.statuses.lost", 0),
        ("run.errors.server", 7),
        ("run.not_asked", 0),
        ("run.cost", float("nan")),
        ("run.cost", float("inf")),
        ("run.cost", "1"),
        ("run.settings", ["x"]),
        ("run.judges", [{"judge": "x"}]),
        ("run.references", [1]),
        ("run.messages", None),
        ("problems", {"call": {"x": {"n": "1", "samples": []}}}),
        ("estimates", [body["estimates"][0] | {"value": float("nan")}]),
        ("estimates", [body["estimates"][0] | {"low": float("-inf")}]),
    ]


def test_a_summary_that_cannot_be_true_is_called_damaged(judge: Command, mixed: Path) -> None:
    judge("score", mixed)
    whole = summary_of(mixed)
    for place, value in _spoiled(whole):
        body = json.loads(json.dumps(whole))
        *path, last = place.split(".")
        part = body
        for name in path:
            part = part[name]
        part[last] = value
        (mixed / "summary.json").write_text(json.dumps(body))
        done = judge("report", mixed)
        assert (done.code, done.err.count("\n")) == (2, 1), (place, value, done.err)
        assert "is damaged; delete it and score again" in done.err, place


@given(st.lists(st.tuples(st.sampled_from([*STATUSES, None]), st.sampled_from(["server", "a, b", ""])), max_size=30))
def test_counts_add_up_whatever_happened(ends: list[tuple[Any, str]]) -> None:
    keys = [Key(str(number), "qa", 0) for number in range(len(ends))]
    answers = {
        key: Answer(
            sample_id=key.sample_id,
            variant="qa",
            status=status,
            problem=Problem(stage="call", kind=kind) if status == "error" and kind else None,
        )
        for key, (status, kind) in zip(keys, ends, strict=True)
        if status is not None
    }
    found = counts(keys, answers | {Key("another", "qa", 0): Answer(sample_id="another", variant="qa", status="ok")})
    assert found["statuses"] == {name: Counter(status for status, _ in ends)[name] for name in STATUSES}
    assert sum(found["statuses"].values()) + found["not_asked"] == found["expected"] == len(ends)
    assert sum(found["errors"].values()) == found["statuses"]["error"]
    assert told(found).startswith(f"{len(ends)} expected: ")

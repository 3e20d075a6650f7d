"""`judge score --suite`: runs that were imported one by one become a suite; and how `ls` shows suites."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Command, lines_of, summary_of, write_lines
from suites import small


@pytest.fixture
def imported(judge: Command, tmp_path: Path) -> Path:
    """Two tasks of the suite, each answered by the majority's words and imported as model m."""
    suite = small(tmp_path / "t")
    for name, word in (("humor", "humorous"), ("sarcasm", "sarcastic")):
        items = lines_of(tmp_path / "t" / name / "items.jsonl")
        replies = write_lines(tmp_path / f"{name}.jsonl", [{"id": item["id"], "reply": word} for item in items])
        line = ("import", replies, "--task", tmp_path / "t" / f"{name}.yaml", "--model", "m", "--prompt", "qa")
        assert judge(*line, "--out", tmp_path / "r").code == 0
    return suite


def test_imported_runs_become_one_suite_whose_missing_task_is_named(
    judge: Command, imported: Path, tmp_path: Path
) -> None:
    done = judge("score", tmp_path / "r", "--suite", imported)
    assert done.code == 0, done.err
    folder = next((tmp_path / "r").glob("small--m--*"))
    found = {item["score"]: item for item in summary_of(folder)["averages"] if item["mode"] == "strict"}
    assert found["Play"]["value"] == pytest.approx((17 / 32 + 15 / 30) / 2)
    assert found["All"]["reason"] == "2 of 3 tasks: EM missing (not run)"
    again = judge("score", tmp_path / "r")
    assert "    Play  51.56" in again.out, "from now on it is a suite"
    assert "1 of 3" not in judge("ls", tmp_path / "r").out
    assert "m      2 of 3     yes" in judge("ls", tmp_path / "r").out


def test_two_runs_for_one_place_are_told_and_nothing_is_guessed(judge: Command, imported: Path, tmp_path: Path) -> None:
    replies = write_lines(tmp_path / "more.jsonl", [{"id": "h-001", "reply": "serious"}])
    line = ("import", replies, "--task", tmp_path / "t" / "humor.yaml", "--model", "m", "--prompt", "qa")
    judge(*line, "--out", tmp_path / "r")
    done = judge("score", tmp_path / "r", "--suite", imported)
    assert done.code == 2
    assert "--suite: HU has two runs of m, humor--m--" in done.err
    assert not list((tmp_path / "r").glob("small--*"))


def test_runs_of_other_tasks_make_no_suite(judge: Command, imported: Path, tmp_path: Path) -> None:
    run = judge("run", "tasks/laughter.yaml", "--provider", "majority", "--out", tmp_path / "other")
    done = judge("score", run.folder, "--suite", imported)
    assert done.code == 3
    assert "--suite: no run here is of a task of small (humor, sarcasm, emotion)" in done.err
    assert judge("score", run.folder, "--suite", "tasks/humor.yaml").code == 2


def test_a_suite_is_named_by_its_family_too(judge: Command) -> None:
    for name in ("emobench_m", "emobench-m", "emobench_m/suite", "tasks/emobench_m/suite.yaml"):
        assert judge("tasks", "show", name).out.startswith("emobench-m v1: ")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("summary.json", "{", "summary.json: is damaged"),
        ("summary.json", '{"schema_version": 99}', "was written by a newer version (schema 99"),
        ("suite.json", '{"schema_version": 99}', "was written by a newer version (schema 99"),
        ("suite.json", "[]", "suite.json: is damaged; begin the suite again by its line: its runs are as they were"),
    ],
)
def test_a_damaged_or_newer_file_of_a_suite_is_one_line(
    judge: Command, imported: Path, tmp_path: Path, name: str, text: str, said: str
) -> None:
    judge("score", tmp_path / "r", "--suite", imported)
    folder = next((tmp_path / "r").glob("small--m--*"))
    (folder / name).write_text(text)
    done = judge("report", tmp_path / "r")
    done = done if name == "summary.json" else judge("score", tmp_path / "r")
    assert done.code != 0
    assert said in done.err
    assert "Traceback" not in done.err

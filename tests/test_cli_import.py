"""`judge import`: answers made elsewhere become a run; every fault of a file comes in one pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from command import Command, estimate, lines_of, summary_of, write_lines

HUMOR = "tasks/humor.yaml"


def _lines(count: int = 32) -> list[dict[str, Any]]:
    return [{"id": f"h-{number:03}", "reply": "Answer: serious"} for number in range(1, count + 1)]


def test_imported_answers_are_scored_like_any_run(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", _lines())
    done = judge("import", file, "--task", HUMOR, "--model", "gpt-4", "--out", tmp_path / "r")
    assert done.code == 0
    assert done.folder.name.startswith("humor--gpt-4--")
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy")["value"] == 15 / 32


def test_absent_ids_are_missing_and_stay_in_the_strict_denominator(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", _lines(20))
    done = judge("import", file, "--task", HUMOR, "--model", "m", "--out", tmp_path / "r")
    assert "12 of 32 expected answers are missing" in done.out
    judge("score", done.folder)
    strict = estimate(done.folder, "accuracy")
    assert (strict["n"], strict["valid"], strict["missing"]) == (32, 20, 12)
    assert summary_of(done.folder)["problems"]["call"]["not_imported"]["n"] == 12


def test_unknown_and_doubled_ids_are_a_list_of_faults_and_nothing_is_written(judge: Command, tmp_path: Path) -> None:
    lines = [*_lines(3), {"id": "h-1", "reply": "x"}, {"id": "h-002", "reply": "again"}, {"id": "h-004"}]
    file = write_lines(tmp_path / "replies.jsonl", lines[:-1])
    done = judge("import", file, "--task", HUMOR, "--model", "m", "--out", tmp_path / "r")
    assert done.code == 2
    assert "replies.jsonl:4: id: 'h-1' is not in the task's data; did you mean" in done.err
    assert "replies.jsonl:5: id: 'h-002' (draw 0) stands already in line 2" in done.err
    assert not (tmp_path / "r").exists()


def test_a_malformed_line_is_named_with_its_key(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", [{"id": "h-001"}, {"id": "h-002", "reply": "x", "finsh": "stop"}])
    done = judge("import", file, "--task", HUMOR, "--model", "m", "--out", tmp_path / "r")
    assert done.code == 2
    assert "replies.jsonl:1: reply: is missing" in done.err
    assert "replies.jsonl:2: finsh: unknown key" in done.err


def test_draws_variants_thinking_and_finish_are_kept(judge: Command, tmp_path: Path) -> None:
    lines = [
        {
            "id": "h-001",
            "reply": "Answer: humorous",
            "draw": draw,
            "variant": "qa",
            "thinking": "serious?",
            "finish": end,
        }
        for draw, end in enumerate(["stop", "length", "refused"])
    ]
    file = write_lines(tmp_path / "replies.jsonl", lines)
    done = judge("import", file, "--task", HUMOR, "--model", "m", "--out", tmp_path / "r")
    answers = lines_of(done.folder / "answers.jsonl")
    assert [answer["status"] for answer in answers] == ["ok", "truncated", "refused"]
    assert {answer["variant"] for answer in answers} == {"qa"}
    assert answers[0]["replies"][0]["thinking"] == "serious?"


def test_lines_of_two_variants_are_not_mixed(judge: Command, tmp_path: Path) -> None:
    lines = [{"id": "h-001", "reply": "x", "variant": "qa"}, {"id": "h-002", "reply": "x", "variant": "cot"}]
    file = write_lines(tmp_path / "replies.jsonl", lines)
    done = judge("import", file, "--task", HUMOR, "--model", "m", "--out", tmp_path / "r", "--prompt", "qa")
    assert done.code == 2
    assert "replies.jsonl:2: variant" in done.err


def test_the_same_file_imported_twice_changes_nothing(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", _lines())
    options = ["--task", HUMOR, "--model", "m", "--out", tmp_path / "r"]
    first = judge("import", file, *options)
    before = (first.folder / "answers.jsonl").read_bytes()
    second = judge("import", file, *options)
    assert second.folder == first.folder
    assert (first.folder / "answers.jsonl").read_bytes() == before


def test_an_imported_run_can_be_replayed(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", _lines())
    imported = judge("import", file, "--task", HUMOR, "--model", "m", "--out", tmp_path / "r").folder
    done = judge("run", HUMOR, "--provider", "replay", "--replies", imported, "--out", tmp_path / "r")
    assert done.code == 0
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy")["value"] == 15 / 32


def test_a_recorded_reply_that_is_absent_is_an_error_of_that_sample(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "replies.jsonl", _lines(31))
    done = judge("run", HUMOR, "--provider", "replay", "--replies", file, "--out", tmp_path / "r")
    assert done.code == 1
    judge("score", done.folder)
    assert summary_of(done.folder)["problems"]["call"]["no_record"] == {
        "n": 1,
        "samples": ["h-032"],
    }

"""A reply that goes round in circles: the work, the verdicts and the sheets of it stay in proportion to it."""

from __future__ import annotations

import csv
import io
import json
import resource
from pathlib import Path

import pytest
from command import Command, lines_of, write_lines

from judge.case import MOST_OF_LONG, MOST_STEPS, split_steps
from judge.case import lines_of as steps_by_line
from judge.pages.spreadsheet import LARGEST, LONG, MOST_REPEATED, Repeats

CIRCLES = {
    "sentences": "The voice sounds warm here. ",
    "scraps": "a. ",
    "lines": "- x y z\n",
    "without spaces": "很高兴。",
    "one sentence": "The voice is bright, ",
}
SECONDS = 10.0
"""Of CPU, a generous bound: with work that grows by the square it was 35 to 85 s."""


def _looping(piece: str, size: int) -> str:
    return (piece * (size // len(piece) + 1))[:size]


@pytest.mark.parametrize("size", [64_000, 1_000_000])
@pytest.mark.parametrize("piece", CIRCLES.values(), ids=CIRCLES)
def test_a_looping_reply_has_a_bounded_number_of_steps_and_loses_no_word(piece: str, size: int) -> None:
    text = _looping(piece, size)
    for steps in (split_steps(text), steps_by_line(text)):
        assert len(steps) <= max(MOST_STEPS, min(MOST_OF_LONG, size // 800))
    assert " ".join(steps_by_line(text)).split() == text.split()


def test_a_reply_of_a_hundred_sentences_is_cut_as_ever() -> None:
    text = "".join(f"This is sentence number {number}. " for number in range(MOST_STEPS))
    assert split_steps(text) == [f"This is sentence number {number}." for number in range(MOST_STEPS)]


def test_neighbours_become_one_step_where_there_are_too_many() -> None:
    steps = split_steps("".join(f"This is sentence number {number}. " for number in range(3 * MOST_STEPS)))
    assert len(steps) == MOST_STEPS
    assert steps[1] == "This is sentence number 3. This is sentence number 4. This is sentence number 5."


def test_verdicts_are_at_most_four_times_the_reply_and_the_sheet_can_be_read_again(
    judge: Command, tmp_path: Path
) -> None:
    replies = [
        {"id": "h-001", "reply": _looping(CIRCLES["sentences"], 64_000) + "\nAnswer: humorous"},
        {"id": "h-002", "reply": _looping(CIRCLES["lines"], 320_000) + "\nAnswer: humorous"},
    ]
    write_lines(tmp_path / "replies.jsonl", replies)
    (tmp_path / "ids.txt").write_text("h-001\nh-002")
    before = resource.getrusage(resource.RUSAGE_SELF)
    asked = ["--replies", tmp_path / "replies.jsonl", "--ids", tmp_path / "ids.txt", "--out", tmp_path / "r"]
    folder = judge("run", "tasks/humor.yaml", "--provider", "replay", *asked).folder
    assert judge("score", folder).code == 0
    sizes = dict.fromkeys(("h-001", "h-002"), 0)
    for line in lines_of(folder / "verdicts.jsonl"):
        sizes[line["sample_id"]] += len(json.dumps(line).encode())
    for reply in replies:
        assert sizes[reply["id"]] <= 4 * len(reply["reply"].encode())
    sheet = tmp_path / "sheet.csv"
    assert judge("review", folder, "--all", "--csv-out", sheet).code == 0
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime - before.ru_utime < SECONDS
    assert sheet.stat().st_size < min(LARGEST, 20_000_000)
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    named = {row["row"] for row in rows}
    again = [row["answer"] for row in rows if row["answer"].startswith("(the same answer as in row ")]
    assert again
    assert {text.removeprefix("(the same answer as in row ").rstrip(")") for text in again} <= named
    assert judge("review", folder, "--csv-in", sheet, "--rater", "Ada").code == 0


def test_a_text_that_stands_in_many_rows_is_written_out_until_there_is_too_much_of_it() -> None:
    repeats, text = Repeats(), "x" * 10_000
    cells = [repeats.cell("answer", text, f"r{number}") for number in range(1000)]
    whole = sum(cell == text for cell in cells)
    assert whole == 1 + MOST_REPEATED // len(text)
    assert set(cells[whole:]) == {"(the same answer as in row r0)"}
    assert all(repeats.cell("step", "x" * (LONG - 1), str(number)) == "x" * (LONG - 1) for number in range(10_000))

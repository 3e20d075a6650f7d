"""`judge review --csv-out`, `--csv-in` and `--export`: people without the page, and the table that agreement reads."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Command, lines_of
from hypothesis import given
from hypothesis import strategies as some
from review_runs import EVIDENCE, JUDGE, MODEL, THOUGHT, scored_run

from judge.cells import harmless, restored
from judge.pages.spreadsheet import FILLED, SHOWN

Rows = list[dict[str, str]]
FORMULA = '=HYPERLINK("http://evil.example","joy") says the voice here.\n@SUM(A1) is what the face shows.\nAnswer: joy'


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    replies = {"e-001": FORMULA, "e-002": "The voice is bright and playful here. A wide smile is seen.\nAnswer: joy"}
    return scored_run(tmp_path_factory.mktemp("scored"), replies)


@pytest.fixture
def folder(scored: Path, tmp_path: Path) -> Path:
    return shutil.copytree(scored, tmp_path / "a-run")


@pytest.fixture
def sheet(folder: Path, judge: Command, tmp_path: Path) -> Path:
    path = tmp_path / "to-rate.csv"
    done = judge("review", folder, "--all", "--csv-out", path)
    assert (done.code, done.last) == (0, str(path))
    return path


def _rows(path: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _save(path: Path, rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


Fill = Callable[[Rows], None]


@pytest.fixture
def filled(sheet: Path, folder: Path, judge: Command) -> Callable[[Fill], tuple[int, str, str]]:
    """What `--csv-in` says of the sheet after a change."""

    def take(fill: Fill) -> tuple[int, str, str]:
        rows = _rows(sheet)
        fill(rows)
        _save(sheet, rows)
        done = judge("review", folder, "--csv-in", sheet, "--rater", "Ada")
        return done.code, done.out, done.err

    return take


def test_the_sheet_is_blind_and_no_cell_of_it_is_a_formula(sheet: Path) -> None:
    rows = _rows(sheet)
    assert tuple(rows[0]) == (*SHOWN, *FILLED)
    text = sheet.read_text()
    assert [word for word in (MODEL, JUDGE, THOUGHT, EVIDENCE, "heuristic") if word in text] == []
    cells = [cell for row in rows for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert all(row[name] == "" for row in rows for name in FILLED)
    assert {row["row"][0] for row in rows} == {"r"}  # no spreadsheet takes it for a number
    assert "1: no chain" in next(row["scale"] for row in rows if row["criterion"] == "cot")


@given(some.text())
def test_what_is_made_harmless_comes_back_as_it_was(text: str) -> None:
    assert restored(harmless(text)) == text
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_a_filled_sheet_becomes_ratings_and_the_same_one_again_adds_none(
    filled: Callable[[Fill], tuple[int, str, str]], folder: Path
) -> None:
    def fill(rows: Rows) -> None:
        rows[0].update(score=rows[0]["scale"].split(":")[0], note=harmless("=what is this?"))
        rows[1].update(cannot_judge="Yes")
        rows.reverse()

    code, out, _ = filled(fill)
    assert code == 0
    assert "2 ratings of Ada kept, 0 as before" in out
    assert "--export" in out
    code, out, _ = filled(lambda rows: None)
    assert "0 ratings of Ada kept, 2 as before" in out
    kept = lines_of(folder / "ratings.jsonl")
    assert len(kept) == 2
    assert sorted(line["note"] for line in kept) == ["", "=what is this?"]
    assert sorted(line["cannot_judge"] for line in kept) == [False, True]
    assert {line["seconds"] for line in kept} == {None}


def test_every_fault_is_named_by_line_and_column_and_nothing_is_taken(
    filled: Callable[[Fill], tuple[int, str, str]], folder: Path, sheet: Path
) -> None:
    def fill(rows: Rows) -> None:
        rows[0].update(score="9")
        rows[1].update(score="1", cannot_judge="yes")
        rows[2].update(score="", cannot_judge="perhaps")
        rows[3].update(score="1", row="r0123")
        rows.append(rows[4] | {"score": rows[4]["scale"].split(":")[0]})
        rows[4].update(score=rows[4]["scale"].split(":")[0])
        rows[5].update(note="no score here")

    assert len(_rows(sheet)) >= 6
    code, _, err = filled(fill)
    assert code == 2
    keys = [line.removeprefix(f"{sheet}:").split(": ")[1] for line in err.splitlines()]
    assert keys == ["score", "score", "cannot_judge", "row", "score", "row"]
    lines = [int(line.removeprefix(f"{sheet}:").split(":")[0]) for line in err.splitlines()]
    text = sheet.read_bytes().decode().split("\n")
    assert [text[number - 1][0] for number in lines] == ["r"] * 6  # each is the line on which its row begins
    assert "is not on the scale" in err
    assert "stands twice (first in line" in err
    assert not (folder / "ratings.jsonl").exists()


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_spreadsheet_of_another_country_is_read(sheet: Path, folder: Path, judge: Command, delimiter: str) -> None:
    rows = _rows(sheet)
    step = next(row for row in rows if row["criterion"] == "steps")
    step.update(score="0,5")
    step.update(item="01.02.2026", answer="")  # what a spreadsheet made of it is not looked at
    _save(sheet, rows, delimiter=delimiter, encoding="utf-8-sig")
    assert judge("review", folder, "--csv-in", sheet, "--rater", "Ada").code == 0
    assert [line["score"] for line in lines_of(folder / "ratings.jsonl")] == [0.5]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"row,score,note\r\n", 'no column "cannot_judge"'),
        (b"", 'no column "row"'),
        (b"row,score,cannot_judge,note\r\nr1,1\r\n", ":2: has 2 cells; the header has 4"),
        (b'row,score,cannot_judge,note\r\n"r1,1\r\n', ":2: is not CSV"),
        ("row,score,cannot_judge,note\r\nr1,1,,ä\r\n".encode("latin-1"), "is not UTF-8"),
        (b"row,score,score,cannot_judge,note\r\n", "score: stands twice"),
    ],
)
def test_a_file_that_is_no_such_sheet_is_one_line(
    folder: Path, judge: Command, tmp_path: Path, raw: bytes, says: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(raw)
    done = judge("review", folder, "--csv-in", path, "--rater", "Ada")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert says in done.err


def test_what_no_command_line_can_mean_is_refused(folder: Path, judge: Command, tmp_path: Path) -> None:
    assert "--rater NAME" in judge("review", folder, "--csv-in", tmp_path / "x.csv").err
    assert "give one of them" in judge("review", folder, "--csv-out", "a", "--export", "b").err
    assert judge("review", folder, "--export", tmp_path / "x.csv").code == 3
    assert judge("review", folder, "--sample-ids", tmp_path / "none.txt").code == 2


def test_the_export_is_what_agreement_reads(folder: Path, judge: Command, tmp_path: Path, sheet: Path) -> None:
    rows = _rows(sheet)
    for row in rows:
        row["score"] = row["scale"].splitlines()[0].split(":")[0]
    _save(sheet, rows)
    judge("review", folder, "--csv-in", sheet, "--rater", "Ada")
    rows[0].update(score="", cannot_judge="yes")
    for row in rows[1:]:
        row["score"] = row["scale"].splitlines()[-1].split(":")[0]
    _save(sheet, rows)
    judge("review", folder, "--csv-in", sheet, "--rater", "Ben")
    judge("review", folder, "--csv-in", sheet, "--rater", "Ada")  # the last one counts
    table = tmp_path / "ratings.csv"
    done = judge("review", folder, "--export", table)
    assert (done.code, done.last) == (0, str(table))
    assert f"{2 * len(rows)} ratings by 2 raters, 2 of them cannot judge" in done.out
    assert f"judge trust agree --human {table} --run {folder} --rubric humor --judge" in done.out
    found = list(csv.DictReader(io.StringIO(table.read_text())))
    assert list(found[0]) == ["item", "rater", "criterion", "score", "cluster", "claim"]
    assert all(bool(row["claim"]) == (row["criterion"] == "steps") for row in found)
    assert {row["score"] for row in found if row["criterion"] == "cot"} == {"5"}
    assert [row["score"] for row in found].count("") == 2
    # the scripted judge gives the same two steps whatever it reads; one of them stands in one of the answers
    assert f"{JUDGE}@" in done.err
    assert "cut 3 of the 4 steps that people rated otherwise" in done.err
    steps = {row["item"] for row in found if row["criterion"] == "steps"}
    assert all(name.startswith(("e-001/", "e-002/")) for name in steps)
    assert {row["item"] for row in found if row["criterion"] == "cot"} <= {"e-001", "e-002"}
    assert len({(row["item"], row["rater"], row["criterion"]) for row in found}) == len(found)


def test_ratings_of_an_answer_that_has_changed_are_left_out_and_said(
    folder: Path, judge: Command, tmp_path: Path, sheet: Path
) -> None:
    rows = _rows(sheet)
    for row in rows:
        row["cannot_judge"] = "yes"
    rows[0].update(score=rows[0]["scale"].split(":")[0], cannot_judge="")
    _save(sheet, rows)
    judge("review", folder, "--csv-in", sheet, "--rater", "Ada")
    log = folder / "ratings.jsonl"
    old = lines_of(log)
    log.write_text("".join(json.dumps(line | {"answer": "0" * 16}) + "\n" for line in old))
    done = judge("review", folder, "--export", tmp_path / "ratings.csv")
    assert f"0 ratings by 0 raters; left out: {len(old)} of answers or rubrics that have changed since" in done.out

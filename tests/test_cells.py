"""CSV files that we write: no cell of them is a formula, and what we read back is what it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from command import ROOT, Command
from trusting import csv_file

from judge.cells import cell, harmless, restored

FORMULAS = (
    '=HYPERLINK("http://x.example","y")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "'=1",
)


@pytest.mark.parametrize("text", [*FORMULAS, "plain", "it's", "", "'"])
def test_a_text_comes_back_as_it_was_and_begins_no_formula(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert restored(cell(text)) == restored(harmless(text)) == text


@pytest.mark.parametrize("number", ["-0.25", "-3", "1e-05", "+2"])
def test_a_number_stays_a_number(number: str) -> None:
    assert cell(number) == number


def test_every_module_that_writes_csv_makes_its_cells_harmless() -> None:
    for path in sorted((ROOT / "judge").rglob("*.py")):
        text = path.read_text()
        if "import csv" in text and ("csv.writer(" in text or "csv.DictWriter(" in text):
            assert "from judge.cells import" in text, f"{path} writes cells as they are"


def test_agreement_by_csv_runs_no_formula_of_a_raters_or_a_criterions_name(judge: Command, tmp_path: Path) -> None:
    bad, scores = FORMULAS[0], (1, 2, 3, 2)
    rows = [(f"i{n}", rater, bad, score) for n, score in enumerate(scores) for rater in (bad, "Ada")]
    human = csv_file(tmp_path / "h.csv", "item,rater,criterion,score", *(_row(row) for row in rows))
    recorded = csv_file(
        tmp_path / "j.csv", "item,rater,criterion,score", *(_row((r[0], "@j", r[2], r[3])) for r in rows[::2])
    )
    done = judge("trust", "agree", "--human", human, "--verdicts", recorded, "--csv", tmp_path / "a.csv")
    assert done.code == 0, done.err
    found = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert {row["criterion"] for row in found} == {f"'{bad}"}
    assert {row["judge"] for row in found} == {"'@j"}
    for row in found:
        for text in row.values():
            assert cell(restored(text)) == text


def _row(cells: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()

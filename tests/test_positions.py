"""Letters chosen against gold ones, and what another order of the options does."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Command, summary_of
from emobench_files import CAUSES, ea_file

EA = "tasks/emobench/ea.yaml"


def _scored(judge: Command, tmp_path: Path, *files: Path) -> tuple[dict[str, object], str]:
    done = judge("import", *files, "--format", "emobench", "--task", EA, "--model", "m", "--out", tmp_path / "r")
    assert done.code == 0, done.err
    out = judge("score", done.folder).out
    return summary_of(done.folder)["run"]["positions"], out


def test_a_model_that_always_takes_the_first_place_is_seen(judge: Command, tmp_path: Path) -> None:
    """Gold is C in every item of the file, the answer A in half of them: half of the answers would have to move."""
    file = ea_file(tmp_path / "x-en.csv", answer=lambda item, _: "(a)" if item % 2 else "(c)")
    block, out = _scored(judge, tmp_path, file)
    assert block["fields"] == {
        "answer": {
            "chosen": {"A": 100, "C": 100},
            "gold": {"A": 0, "C": 200},
            "read": 200,
            "n": 200,
            "apart": 0.5,
        }
    }
    assert "letters chosen and gold are apart by (of 100): answer 50.0; by ordering 50.00" in out


def test_accuracy_and_the_same_choice_are_given_by_ordering(judge: Command, tmp_path: Path) -> None:
    """The letter stays C while the options of the second file are turned round: another option, and wrong."""
    straight = ea_file(tmp_path / "x-en.csv", answer=lambda *_: "(c)")
    turned = ea_file(tmp_path / "x-en1.csv", answer=lambda item, _: "(c)" if item < 150 else "(b)")
    text = turned.read_text().replace(f'"{CAUSES!r}",2', f'"{CAUSES[::-1]!r}",1')
    turned.write_text(text)
    block, _ = _scored(judge, tmp_path, straight, turned)
    assert block["accuracy"] == {"0": 1.0, "1": 0.25}
    assert (block["same"], block["questions"]) == (0.25, 200)


def test_answers_that_were_not_read_are_left_out_and_counted(judge: Command, tmp_path: Path) -> None:
    file = ea_file(tmp_path / "x-en.csv", answer=lambda item, _: "(c)" if item < 50 else "who knows")
    block, _ = _scored(judge, tmp_path, file)
    field = block["fields"]["answer"]  # type: ignore[index]
    assert (field["read"], field["n"], field["apart"]) == (50, 200, 0.0)


def test_a_task_without_letters_has_none(judge: Command, tmp_path: Path) -> None:
    done = judge("run", "tasks/humor.yaml", "--provider", "majority", "--out", tmp_path)
    out = judge("score", done.folder).out
    assert summary_of(done.folder)["run"]["positions"] == {}
    assert "letters" not in out


def test_the_published_spread_over_orderings_is_found(judge: Command, tmp_path: Path, shared: Path) -> None:
    """EmoBench notes 3.5: GPT-4, EU, English, Base: 62.0, 60.0, 60.0, 57.0."""
    files = [shared / "emobench" / "released_outputs" / f"EU-gpt-4-en{number}.csv.gz" for number in ("", 1, 2, 3)]
    options = ["--format", "emobench", "--task", "tasks/emobench/eu.yaml", "--model", "m", "--out", tmp_path / "r"]
    done = judge("import", *files, *options)
    judge("score", done.folder)
    found = summary_of(done.folder)["run"]["positions"]["accuracy"]
    assert list(found.values()) == [pytest.approx(value) for value in (0.62, 0.60, 0.60, 0.57)]
    judge("report", done.folder)
    assert "Places among the options" in (done.folder / "report.md").read_text()

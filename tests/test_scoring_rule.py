"""The number of the rule that a summary was scored by: an older one is read, and marked wherever numbers are shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, summary_of, write_lines

from judge.records import SCORING_RULE
from judge.store import Folder
from judge.summary import age, read_summary

OLDER = "scored by an older rule: score again"
GOLDEN = ROOT / "tests" / "golden" / "schema"


@pytest.fixture
def run(judge: Command, tmp_path: Path) -> Path:
    """A scored run of the humor task."""
    file = write_lines(tmp_path / "r.jsonl", [{"id": "h-001", "reply": "humorous"}])
    folder = judge("import", file, "--task", "tasks/humor.yaml", "--model", "m", "--out", tmp_path / "r").folder
    judge("score", folder)
    return folder


def edited(folder: Path, **changes: Any) -> None:
    """The summary with another block; a value of None takes the key out."""
    body = summary_of(folder)
    block = body["run"] | changes
    body["run"] = {name: value for name, value in block.items() if value is not None or name not in changes}
    (folder / "summary.json").write_text(json.dumps(body))


def test_a_summary_says_by_which_rule_it_was_scored(run: Path) -> None:
    assert summary_of(run)["run"]["scoring_rule"] == SCORING_RULE
    found = read_summary(Folder(run))
    assert found is not None
    assert (found.rule, age(found.rule)) == (SCORING_RULE, "")


@pytest.mark.parametrize("rule", [None, SCORING_RULE - 1])
def test_an_older_summary_is_read_and_marked_in_report_and_list(
    judge: Command, run: Path, tmp_path: Path, rule: int | None
) -> None:
    edited(run, scoring_rule=rule)
    done = judge("report", tmp_path / "r")
    assert done.code == 0
    assert f"{run}: {OLDER}:  python -m judge score {run}" in done.err
    text = (tmp_path / "r" / "report.md").read_text()
    assert text.count(OLDER) == 2, "beside the numbers of each mode"
    assert OLDER in (tmp_path / "r" / "report.html").read_text()
    assert OLDER in judge("ls", tmp_path / "r").out
    assert OLDER in judge("show", run, "h-001").out


def test_scoring_again_needs_no_fresh_and_takes_the_mark_away(judge: Command, run: Path, tmp_path: Path) -> None:
    assert "already scored" in judge("score", run).out
    edited(run, scoring_rule=None, scored="of before")
    assert "already scored" not in judge("score", run).out
    judge("report", tmp_path / "r")
    assert OLDER not in (tmp_path / "r" / "report.md").read_text()


def test_a_newer_rule_is_said_to_be_newer(judge: Command, run: Path, tmp_path: Path) -> None:
    edited(run, scoring_rule=SCORING_RULE + 1)
    assert "scored by a newer rule: update" in judge("report", tmp_path / "r").err


@pytest.mark.parametrize("wrong", ["2", 0, -1, True, 1.5])
def test_a_rule_that_is_no_number_is_a_damaged_summary(judge: Command, run: Path, tmp_path: Path, wrong: Any) -> None:
    edited(run, scoring_rule=wrong)
    done = judge("report", tmp_path / "r")
    assert done.code == 2
    assert "summary.json" in done.err
    assert "is damaged; delete it and score again" in done.err


def test_golden_summaries_of_released_schemas_are_read_and_marked(judge: Command, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "1" / "results", tmp_path / "results")
    done = judge("report", tmp_path / "results")
    assert done.code == 0
    assert OLDER in done.err


def test_a_suite_of_older_numbers_is_marked_as_a_whole(judge: Command, tmp_path: Path) -> None:
    data = ROOT / "tests" / "fixtures" / "emobench_m"
    line = ["run", "emobench_m", "--provider", "majority", "--data", data, "--modalities", "text"]
    judge(*line, "--out", tmp_path / "r")  # the fixture has the data of five of the thirteen tasks
    judge("score", tmp_path / "r")
    (suite,) = (path.parent for path in (tmp_path / "r").glob("*/suite.json"))
    body = json.loads((suite / "summary.json").read_text())
    assert body["scoring_rule"] == SCORING_RULE
    del body["scoring_rule"]
    (suite / "summary.json").write_text(json.dumps(body))
    judge("report", tmp_path / "r")
    assert f"{OLDER}." in (tmp_path / "r" / "report.md").read_text()


def test_the_shipped_example_is_scored_by_todays_rule() -> None:
    for path in (ROOT / "results" / "example").glob("*/summary.json"):
        found = read_summary(Folder(path.parent))
        assert found is not None
        assert found.rule == SCORING_RULE, "score it again: results/README.md says how"


def test_a_card_says_that_its_run_was_scored_by_an_older_rule(judge: Command, run: Path, tmp_path: Path) -> None:
    edited(run, scoring_rule=None)
    done = judge("trust", "card", run, "--cards", tmp_path / "cards")
    assert OLDER in done.err, done

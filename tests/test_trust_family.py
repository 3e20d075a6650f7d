"""Self preference: a judge that gives its own family half a level more is found beside two judges of other families."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import Command, lines_of
from probing import probed_run

from judge.trust.card.records import Card, Measurement


def two_runs(judge: Command, folder: Path, *, favour: int) -> list[Path]:
    """Answers of a model of the judge's family and of another, rated by it and by two others; verdicts by hand."""
    first = probed_run(judge, folder / "p", 40)
    root = first.parent.parent
    made = []
    for model in ("gemini-made-up", "qwen-made-up"):
        done = judge(
            "import", root / "replies.jsonl", "--task", root / "task.yaml", "--model", model, "--out", root / "two"
        )
        assert done.code == 0, done.err
        made.append(done.folder)
    for run, own in zip(made, (True, False), strict=True):
        judge("score", run, "--judge", "rules", "--rubric", "probed")
        summary = json.loads((run / "summary.json").read_text())
        (block,) = summary["run"]["judges"]
        summary["run"]["judges"] = [
            block | {"judge": name, "name": name} for name in ("gemini-judge", "claude-judge", "gpt-judge")
        ]
        (run / "summary.json").write_text(json.dumps(summary))
        lines = []
        for place, line in enumerate(line for line in lines_of(run / "verdicts.jsonl") if line["criterion"] == "cot"):
            for name in ("gemini-judge", "claude-judge", "gpt-judge"):
                more = favour if own and name == "gemini-judge" and place % 2 else 0
                lines.append(line | {"judge": name, "score": 2.0 + more + (place % 3 == 0 and name != "gpt-judge")})
        (run / "verdicts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return made


def ninth(runs: list[Path], judge: Command) -> Measurement:
    done = judge("trust", "card", *runs, "--judge", "gemini-judge")
    assert done.code == 0, done.err
    (file,) = (runs[0].parent / "cards").glob("*/card.json")
    return next(
        item for item in Card.model_validate_json(file.read_bytes()).criteria[0].measurements if item.number == 9
    )


def test_half_a_level_more_for_its_own_family_is_found_and_fails(judge: Command, tmp_path: Path) -> None:
    found = ninth(two_runs(judge, tmp_path, favour=1), judge)
    (figure,) = found.figures
    assert figure.value == pytest.approx(0.5)
    assert figure.low is not None
    assert figure.low > 0.2
    assert (found.ruling, figure.reason) == ("fail", "not to be used on models of Google")


def test_a_judge_without_favour_passes(judge: Command, tmp_path: Path) -> None:
    found = ninth(two_runs(judge, tmp_path, favour=0), judge)
    assert (found.ruling, found.figures[0].value) == ("pass", 0.0)


def test_one_contestant_or_no_other_judge_is_not_assessable(judge: Command, tmp_path: Path) -> None:
    runs = two_runs(judge, tmp_path, favour=1)
    assert ninth(runs[:1], judge).reason == "no answer of a model of another family was judged"
    assert ninth(runs[1:], judge).reason == "no answer of a model of its family (Google) was judged"

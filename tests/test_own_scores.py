"""Any criterion of a rubric is a score of its own: in the summary, on the terminal, in the report and in `compare`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import Command, write_lines
from editing import edited

from judge.errors import RubricError
from judge.rubric import Rubric, own_scores, scores_named
from judge.spec.rubric import read_rubric

RUBRIC = """\
name: warmth
version: 1
about: Does the reply comfort the person?
sees: [question, reply, clues]
judge: rules

stages:
  - extract: steps
  - rate: steps
    question: Does it hold?
    scale: {0: does not hold, 1: it holds}
  - rate: answer
    criterion: warmth
    question: Is the reply warm?
    scale: {1: cold, 2: neither, 3: warm}
  - rate: answer
    criterion: tact
    question: Is the reply tactful?
    scale: {0: blunt, 4: tactful}

scores:
  reasoning: {mean: steps}
"""
TASK = """\
name: comfort
version: 1
about: Comfort.
licence: CC0
data: {path: items.jsonl, id: id, fields: {line: line}}
asks:
  - {name: a, cot: 'Say what {line} means. End with  Answer: joy  or  Answer: sadness', read: {as: label}}
labels: {joy: [], sadness: []}
target: {label: label, clues: clues}
metrics: [accuracy]
rubric: warmth
"""
REPLY = "Her voice breaks at his name.\nShe folds his coat.\nAnswer: sadness"


def read(folder: Path, text: str) -> Rubric:
    path = folder / "warmth.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rubric(path, "warmth.yaml")


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with a task, its rubric and three items."""
    monkeypatch.chdir(tmp_path)
    clues = [{"sense": "voice", "cue": "her voice breaks at his name"}]
    items = [{"id": f"c{n}", "line": "I'm fine.", "label": "sadness", "clues": clues} for n in range(3)]
    write_lines(tmp_path / "items.jsonl", items)
    write_lines(tmp_path / "replies.jsonl", [{"id": f"c{n}", "reply": REPLY} for n in range(3)])
    (tmp_path / "rubrics").mkdir()
    (tmp_path / "rubrics" / "warmth.yaml").write_text(RUBRIC)
    path = tmp_path / "comfort.yaml"
    path.write_text(TASK)
    return path


def imported(judge: Command, task: Path, model: str) -> Path:
    done = judge("import", "replies.jsonl", "--task", task, "--model", model, "--out", "r", "--prompt", "cot")
    assert done.code == 0, done.err
    return done.folder


def metrics_of(folder: Path) -> list[str]:
    body = json.loads((folder / "summary.json").read_text())
    return list(dict.fromkeys(item["metric"] for item in body["estimates"]))


def test_a_criterion_that_stands_in_no_score_is_one_by_its_own_name(tmp_path: Path) -> None:
    rubric = read(tmp_path, RUBRIC)
    assert scores_named(rubric) == ["reasoning", "warmth", "tact"]
    assert own_scores(rubric) == ["warmth", "tact"]


def test_a_score_may_have_any_name_under_scores_and_a_weight_in_final(tmp_path: Path) -> None:
    more = "  kindness: {criterion: [warmth, tact]}\n  final: {reasoning: 0.5, kindness: 0.25, tact: 0.25}\n"
    rubric = read(tmp_path, RUBRIC + more)
    assert scores_named(rubric) == ["reasoning", "final", "kindness", "warmth", "tact"]
    assert rubric.digest != read(tmp_path, RUBRIC).digest


def test_a_metric_on_its_own_scale_may_have_any_name(tmp_path: Path) -> None:
    more = (
        "  ratings:\n    warmth: {criterion: warmth, times: 10}\n    tact: {criterion: tact}\n"
        "    both: {sum: [warmth, tact]}\n"
    )
    rubric = read(tmp_path, RUBRIC + more)
    assert scores_named(rubric) == ["reasoning", "warmth", "tact", "both"]
    assert (rubric.scale_of("warmth"), rubric.scale_of("both")) == ((10, 30), (10, 34))


@pytest.mark.parametrize(
    ("more", "key", "said"),
    [
        ("  recogniton: {rule: label}\n", "scores.recogniton", 'did you mean "recognition"?'),
        ("  accuracy: {criterion: warmth}\n", "scores.accuracy", "by a rule of its own"),
        ('  "a,b": {criterion: warmth}\n', "scores.a,b", "at most 64"),
        ("  kindness: {criterion: warmht}\n", "scores.kindness", 'did you mean "warmth"?'),
        ("  kindness: {criterium: warmth}\n", "scores.kindness.criterium", 'did you mean "criterion"?'),
        ("  kindness: {cites: steps}\n", "scores.kindness", "cites makes coverage and grounding"),
        ("  kindness: {derived: {reasoning: 1}}\n", "scores.kindness", "only cot may be derived"),
        ("  final: {reasoning: 0.5, wramth: 0.5}\n", "scores.final.wramth", 'did you mean "warmth"?'),
        ("  ratings: {final: {criterion: warmth}}\n", "scores.ratings.final", "by a rule of its own"),
    ],
)
def test_a_slip_in_a_score_is_said_with_its_place(tmp_path: Path, more: str, key: str, said: str) -> None:
    with pytest.raises(RubricError) as caught:
        read(tmp_path, RUBRIC + more)
    assert any(fault.key == key and said in fault.message for fault in caught.value.faults), caught.value.faults


def test_a_criterion_called_like_a_metric_of_labels_leaves_that_metric_alone(tmp_path: Path) -> None:
    assert scores_named(read(tmp_path, edited(RUBRIC, ("criterion: tact", "criterion: accuracy")))) == [
        "reasoning",
        "warmth",
    ]


def test_own_scores_stand_in_summary_terminal_report_show_and_compare(judge: Command, task: Path) -> None:
    first, second = imported(judge, task, "a"), imported(judge, task, "b")
    for folder in (first, second):
        done = judge("score", folder, "--judge", "rules")
        assert done.code == 0, done.err
        assert {"warmth", "tact"} <= set(metrics_of(folder))
        assert "\n  warmth " in done.out
        assert "\n  tact " in done.out
    assert "  warmth " in judge("show", first, "c0").out
    assert judge("report", "r").code == 0
    assert "warmth (rules" in Path("r/report.md").read_text()
    revised = Path("rubrics/warmth_2.yaml")
    revised.write_text(edited(RUBRIC, ("Is the reply warm?", "How warm is the reply?")))
    compared = judge("rubrics", "diff", "rubrics/warmth.yaml", revised, "--on", first, "--judge", "rules")
    assert compared.code == 0, compared.err
    assert compared.out.count("\n  warmth ") == 2  # among the criteria and among the scores


def test_a_task_may_name_a_score_of_its_rubric(judge: Command, task: Path) -> None:
    task.write_text(edited(TASK, ("[accuracy]", "[accuracy, tact]")))
    assert judge("tasks", "check", task).code == 0
    folder = imported(judge, task, "a")
    assert judge("score", folder).code == 0
    assert metrics_of(folder) == ["accuracy", "warmth", "tact"]
    assert judge("score", folder, "--metrics", "warmth").code == 0


@pytest.mark.parametrize(
    ("metric", "said"), [("warmht", 'did you mean "warmth"?'), ("kindness", "the rubric warmth gives")]
)
def test_a_metric_that_no_rubric_gives_is_unknown(judge: Command, task: Path, metric: str, said: str) -> None:
    task.write_text(edited(TASK, ("[accuracy]", f"[accuracy, {metric}]")))
    done = judge("tasks", "check", task)
    assert done.code == 2
    assert f'unknown metric "{metric}"' in done.err
    assert said in done.err


def test_metrics_that_no_rubric_of_the_runs_gives_are_a_usage_error(judge: Command, task: Path) -> None:
    done = judge("score", imported(judge, task, "a"), "--metrics", "warmht")
    assert done.code == 2
    assert 'did you mean "warmth"?' in done.err

"""Items with label sets of their own: prompts, reading, gold and faults (labels_from)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import make_ask, make_task, parsed

from judge.datafile import locate
from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import TaskError
from judge.prompts import Asking, tag, values_of
from judge.records import Sample
from judge.spec.task import read_task

LABELS = {"happy": ["happiness"], "happiness": ["happy"], "sad": ["sadness"], "calm": []}


def task_of(**changes: Any) -> Task:
    return make_task(**({"labels": LABELS, "labels_from": "labels"} | changes))


def samples(folder: Path, *items: dict[str, Any], task: Task | None = None) -> list[Sample]:
    lines = [{"id": f"i-{number}", "utterance": "So."} | item for number, item in enumerate(items, start=1)]
    (folder / "items.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    task = task or task_of()
    return read_samples(task, locate(task, folder / "task.yaml", None), {})


def faults(folder: Path, *items: dict[str, Any]) -> list[str]:
    with pytest.raises(TaskError) as caught:
        samples(folder, *items)
    return [f"{fault.line} {fault.key}: {fault.message}" for fault in caught.value.faults]


def test_a_prompt_lists_the_items_own_labels_in_their_own_order(tmp_path: Path) -> None:
    (sample,) = samples(tmp_path, {"label": "sad", "labels": ["sad", "happy"]})
    assert values_of(sample, Asking(task=task_of(), variant="qa", settings={}), earlier={})["labels"] == "sad, happy"
    assert tag(task_of(), task_of().asks[0], sample=sample, variant="qa").allowed == (("", ("sad", "happy")),)


def test_an_alias_that_is_a_label_of_the_item_stands_for_that_label_only(tmp_path: Path) -> None:
    one, other, both = samples(
        tmp_path,
        {"label": "sad", "labels": ["sad", "happy"]},
        {"label": "sad", "labels": ["sad", "happiness"]},
        {"label": "sad", "labels": ["happy", "happiness", "sad"]},
    )
    read = [parsed("Answer: Happiness", task=task_of(), sample=sample).values for sample in (one, other, both)]
    assert read == [{"label": ("happy",)}, {"label": ("happiness",)}, {"label": ("happiness",)}]


def test_a_label_of_another_item_is_out_of_range(tmp_path: Path) -> None:
    (sample,) = samples(tmp_path, {"label": "sad", "labels": ["sad", "happy"]})
    assert parsed("Answer: calm", task=task_of(), sample=sample).state == "out_of_range"
    assert parsed("Answer: calm", task=task_of(faithful={"rule": "mmla"}), sample=sample, mode="faithful").values == {}


def test_a_gold_label_outside_the_items_own_set_is_a_fault_with_its_line(tmp_path: Path) -> None:
    said = faults(tmp_path, {"label": "sad", "labels": ["sad", "calm"]}, {"label": "happy", "labels": ["sad", "calm"]})
    assert said == ["2 target: the gold label 'happy' is not in the label set"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        pytest.param("sad, happy", "should list 2 to 200 labels", id="text"),
        pytest.param(["sad"], "should list 2 to 200 labels", id="one"),
        pytest.param(["sad", "Sad"], "names a label twice", id="twice"),
        pytest.param(["sad", "hapy"], "'hapy' is not among the task's labels; did you mean \"happy\"?", id="unknown"),
        pytest.param(
            ["sad", 3.5], "should be text, found float 3.5; give it a name: {from: ..., names: {3.5: ...}}", id="number"
        ),
    ],
)
def test_a_label_set_that_is_none_is_a_fault_with_its_field(tmp_path: Path, labels: Any, message: str) -> None:
    assert faults(tmp_path, {"label": "sad", "labels": labels}) == [f"1 labels: {message}"]


def test_lists_of_labels_keep_to_the_items_own_set_and_its_order(tmp_path: Path) -> None:
    task = task_of(asks=[make_ask(**{"as": "labels"})], target={"label": {"from": "label", "split": ";"}})
    (sample,) = samples(tmp_path, {"label": "sad;calm", "labels": ["calm", "sad"]}, task=task)
    assert sample.target.values == {"label": ("sad", "calm")}
    assert parsed("Answer: sad, happy, calm", task=task, sample=sample).values == {"label": ("calm", "sad")}


def test_items_of_one_source_share_one_label_set(tmp_path: Path) -> None:
    one, other = samples(tmp_path, *[{"label": "sad", "labels": ["sad", "happy"]}] * 2)
    assert one.labels is other.labels


def test_two_labels_may_be_each_others_alias_only_where_items_have_their_own(tmp_path: Path) -> None:
    text = """\
name: t
version: 1
about: a
licence: CC0-1.0
data: {path: i.json}
asks: [{name: label, qa: "{labels}?", read: {as: label}}]
labels: {happy: [happiness], happiness: [happy]}
target: {label: label}
metrics: [accuracy]
"""
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(TaskError, match="already stands for"):
        read_task(tmp_path / "t.yaml", None)
    (tmp_path / "t.yaml").write_text(text + "labels_from: labels\n")
    assert read_task(tmp_path / "t.yaml", None).labels_from == "labels"


def test_where_items_have_their_own_labels_is_part_of_how_answers_are_scored() -> None:
    assert task_of().score_digest() != make_task(labels=LABELS).score_digest()

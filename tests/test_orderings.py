"""An item's options in several orders."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from judge.datafile import locate
from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import TaskError
from judge.orderings import orderings
from judge.records import Sample

OPTIONS = ["red", "green", "blue", "grey"]
TASK: dict[str, Any] = {
    "name": "pick",
    "version": 1,
    "about": "Which one?",
    "licence": "CC0-1.0",
    "data": {"path": "items.jsonl"},
    "asks": [{"name": "one", "qa": "{options}", "read": {"as": "letter", "choices": "options"}}],
    "target": {"label": "gold"},
    "metrics": ["accuracy"],
    "orderings": 4,
}


def _samples(tmp_path: Path, *records: dict[str, Any]) -> list[Sample]:
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    task = Task.model_validate(TASK)
    return read_samples(task, locate(task, path, path), {})


def test_an_item_in_four_orders_has_four_names_one_cluster_and_a_gold_that_moves(tmp_path: Path) -> None:
    samples = _samples(tmp_path, {"id": "7", "options": OPTIONS, "gold": "blue"})
    assert [sample.id for sample in samples] == ["7", "7~1", "7~2", "7~3"]
    assert {sample.cluster for sample in samples} == {"7"}
    assert samples[0].choices["one"] == tuple(OPTIONS)
    for sample in samples:
        assert sample.choices["one"]["ABCD".index(sample.target.values["one"][0])] == "blue"


def test_the_orders_are_the_same_each_time_and_differ_between_items() -> None:
    def of(name: str) -> list[Any]:
        return [one["options"] for one in orderings({"options": OPTIONS}, ["options"], count=4, name=name)]

    assert of("7") == of("7")
    assert len({json.dumps(of(str(number))) for number in range(50)}) > 40


def test_every_place_is_as_likely_for_every_option() -> None:
    places = Counter(
        one["options"].index("red")
        for number in range(2000)
        for one in list(orderings({"options": OPTIONS}, ["options"], count=2, name=str(number)))[1:]
    )
    # 2,000 draws of 4 places: a standard deviation is 19.4, five of them are 97
    assert all(abs(count - 500) < 97 for count in places.values())
    assert len(places) == 4


def test_a_record_that_is_one_order_already_is_left_as_it_is(tmp_path: Path) -> None:
    samples = _samples(tmp_path, {"id": "7", "options": OPTIONS, "gold": "red", "ordering": 2})
    assert [(sample.id, sample.choices["one"]) for sample in samples] == [("7~2", tuple(OPTIONS))]


@pytest.mark.parametrize("number", [-1, "1", True, 1.0])
def test_the_number_of_an_order_is_a_whole_one(tmp_path: Path, number: Any) -> None:
    with pytest.raises(TaskError, match="ordering: is a whole number from 0"):
        _samples(tmp_path, {"id": "7", "options": OPTIONS, "gold": "red", "ordering": number})


def test_a_gold_letter_would_mean_another_option_in_another_order(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="target: is a letter, which means another option in another order"):
        _samples(tmp_path, {"id": "7", "options": OPTIONS, "gold": "A"})


def test_options_that_are_no_list_are_named(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"items\.jsonl:1: options: should list 2 to 26 options"):
        _samples(tmp_path, {"id": "7", "options": "red", "gold": "red"})


def test_the_same_order_twice_is_a_fault(tmp_path: Path) -> None:
    record = {"id": "7", "options": OPTIONS, "gold": "red", "ordering": 1}
    with pytest.raises(TaskError, match="'7~1' stands already in line 1"):
        _samples(tmp_path, record, record)

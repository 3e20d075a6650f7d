"""From single answers to numbers: denominators, draws, groups, and both modes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from command import Command, estimate, write_lines

BASE = """
name: small
version: 1
about: a few items
licence: CC0
data: {path: items.jsonl, id: id%s}
asks:
  - name: label
    qa: "{text}"
    read: %s
%s
metrics: [%s]
%s
"""
LABELS = "labels: {joy: [], anger: [], fear: []}\ntarget: {label: gold}"


def _task(
    folder: Path, items: Sequence[dict[str, Any]], *, read: str = "{as: label}", metrics: str = "accuracy", **more: str
) -> Path:
    write_lines(folder / "items.jsonl", list(items))
    labels = more.get("labels", LABELS)
    text = BASE % (more.get("data", ""), read, labels, metrics, more.get("tail", ""))
    path = folder / "small.yaml"
    path.write_text(text)
    return path


def _scored(judge: Command, folder: Path, task: Path, replies: Sequence[dict[str, Any]]) -> Path:
    file = write_lines(folder / "replies.jsonl", list(replies))
    done = judge("import", file, "--task", task, "--model", "m", "--out", folder / "r")
    assert done.code == 0, done.err
    assert judge("score", done.folder).code == 0
    return done.folder


def _items(*gold: Any, **fields: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"id": f"i{n}", "text": f"t{n}", "gold": value} | {name: values[n] for name, values in fields.items()}
        for n, value in enumerate(gold)
    ]


def test_draws_are_averaged_within_an_item_before_items_are(judge: Command, tmp_path: Path) -> None:
    task = _task(tmp_path, _items("joy", "anger"))
    replies = [{"id": "i0", "reply": "joy", "draw": draw} for draw in range(3)]
    replies += [{"id": "i1", "reply": reply, "draw": draw} for draw, reply in enumerate(["anger", "joy", "??"])]
    folder = _scored(judge, tmp_path, task, replies)
    strict, faithful = (estimate(folder, "accuracy", mode=mode) for mode in ("strict", "faithful"))
    assert strict["value"] == pytest.approx((1 + 1 / 3) / 2)
    assert faithful["value"] == pytest.approx((1 + 1 / 2) / 2)
    assert (strict["n"], strict["valid"], strict["missing"]) == (6, 5, 1)
    assert (faithful["n"], faithful["missing"]) == (5, 1)


@pytest.mark.parametrize(
    ("policy", "value", "n"), [("drop", 2 / 3, 3), ("wrong", 2 / 4, 4), ("class", 2 / 4, 4)], ids=str
)
def test_an_unreadable_answer_is_dropped_wrong_or_a_class_as_the_authors_have_it(
    judge: Command, tmp_path: Path, policy: str, value: float, n: int
) -> None:
    task = _task(tmp_path, _items("joy", "joy", "anger", "fear"), tail=f"faithful: {{invalid: {policy}}}")
    replies = [
        {"id": f"i{number}", "reply": text} for number, text in enumerate(["joy", "joy", "joy", "no idea at all"])
    ]
    folder = _scored(judge, tmp_path, task, replies)
    found = estimate(folder, "accuracy", mode="faithful")
    assert (found["value"], found["n"], found["valid"], found["missing"]) == (pytest.approx(value), n, 3, 1)
    assert estimate(folder, "accuracy")["value"] == pytest.approx(0.5)


def test_each_group_has_its_own_numbers_beside_the_whole(judge: Command, tmp_path: Path) -> None:
    items = _items("joy", "joy", "anger", kind=["a", "b", "b"])
    task = _task(tmp_path, items, tail="groups: {by: kind, names: {a: First, b: Second}}")
    folder = _scored(judge, tmp_path, task, [{"id": f"i{n}", "reply": "joy"} for n in range(3)])
    values = {group: estimate(folder, "accuracy", group=group)["value"] for group in ("overall", "First", "Second")}
    assert values == {"overall": pytest.approx(2 / 3), "First": 1.0, "Second": 0.5}


def test_items_of_one_cluster_widen_the_interval(judge: Command, tmp_path: Path) -> None:
    gold = ["joy"] * 20 + ["anger"] * 20
    replies = [{"id": f"i{n}", "reply": "joy"} for n in range(40)]
    widths = []
    for name, data in (("plain", ""), ("clustered", ", cluster: who")):
        folder = tmp_path / name
        folder.mkdir()
        task = _task(folder, _items(*gold, who=[f"s{n // 10}" for n in range(40)]), data=data)
        found = estimate(_scored(judge, folder, task, replies), "accuracy")
        assert found["value"] == 0.5
        widths.append(found["high"] - found["low"])
    assert widths[1] > 1.5 * widths[0]


def test_lists_of_labels_are_right_only_when_equal_and_recognised_by_their_f1(judge: Command, tmp_path: Path) -> None:
    task = _task(
        tmp_path, _items(["joy", "fear"], ["anger"], ["joy"]), read="{as: labels}", metrics="accuracy, macro_f1"
    )
    replies = ["joy and fear", "anger, fear", "joy"]
    folder = _scored(judge, tmp_path, task, [{"id": f"i{n}", "reply": text} for n, text in enumerate(replies)])
    assert estimate(folder, "accuracy")["value"] == pytest.approx(2 / 3)
    # per label: joy 1, fear 2*1/(2+1), anger 1  (scikit-learn f1_score on indicators, average=macro)
    assert estimate(folder, "macro_f1")["value"] == pytest.approx((1 + 2 / 3 + 1) / 3)


def test_numbers_have_their_distance_in_their_own_unit(judge: Command, tmp_path: Path) -> None:
    task = _task(
        tmp_path,
        _items(1, 5, 3),
        read="{as: number, range: [1, 5]}",
        metrics="accuracy, mae",
        labels="target: {label: gold}",
    )
    folder = _scored(
        judge, tmp_path, task, [{"id": f"i{n}", "reply": text} for n, text in enumerate(["1", "3/5", "9"])]
    )
    mae = estimate(folder, "mae", mode="faithful")
    assert (mae["value"], mae["n"], mae["valid"], mae["missing"], mae["scale"]) == (1.0, 2, 2, 1, None)
    strict = estimate(folder, "mae")
    assert (strict["value"], strict["reason"], strict["n"], strict["valid"]) == (None, "no_floor", 3, 2)
    assert estimate(folder, "accuracy")["value"] == pytest.approx(1 / 3)


def test_a_reply_without_a_reason_has_no_text_to_compare_and_says_so(judge: Command, tmp_path: Path) -> None:
    items = _items("joy", "joy", why=["she won the cup", "she won the cup"])
    task = _task(tmp_path, items, metrics="rouge_l", labels="labels: {joy: []}\ntarget: {label: gold, reference: why}")
    replies = [{"id": "i0", "reply": "she won the cup\nAnswer: joy"}, {"id": "i1", "reply": "joy"}]
    folder = _scored(judge, tmp_path, task, replies)
    strict, faithful = (estimate(folder, "rouge_l", mode=mode) for mode in ("strict", "faithful"))
    assert (strict["value"], strict["n"], strict["missing"]) == (0.5, 2, 1)
    assert (faithful["value"], faithful["n"], faithful["missing"]) == (1.0, 1, 1)

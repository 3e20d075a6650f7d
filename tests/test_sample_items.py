"""The sample items that ship: written for this project, varied, some hard, some not English, none commonplace."""

from __future__ import annotations

import difflib
import itertools
from collections import Counter
from typing import Any

import pytest
from command import ROOT, lines_of

TASKS = ("humor", "emotion", "sarcasm", "laughter")
SENSES = {"words", "voice", "face", "body", "scene"}
MOST_ALIKE = 0.6


def _items(task: str) -> list[dict[str, Any]]:
    return lines_of(ROOT / "tasks" / task / "items.jsonl")


@pytest.mark.parametrize("task", TASKS)
def test_there_are_20_to_40_items_with_a_reason_and_evidence(task: str) -> None:
    items = _items(task)
    assert 20 <= len(items) <= 50
    for item in items:
        assert item["why"].strip()
        assert len(item["clues"]) >= 2
        assert {clue["sense"] for clue in item["clues"]} <= SENSES
        assert len({clue["sense"] for clue in item["clues"]}) >= 2


@pytest.mark.parametrize("task", TASKS)
def test_at_least_a_fifth_is_hard_and_some_are_not_english(task: str) -> None:
    items = _items(task)
    assert sum(item["hard"] is not None for item in items) * 5 >= len(items)
    assert len({item["lang"] for item in items}) >= 4


@pytest.mark.parametrize("task", ["humor", "emotion", "sarcasm"])
def test_the_commonest_label_is_at_most_60_percent(task: str) -> None:
    items = _items(task)
    assert Counter(item["label"] for item in items).most_common(1)[0][1] <= 0.6 * len(items)


@pytest.mark.parametrize("task", TASKS)
def test_no_two_items_are_from_one_template(task: str) -> None:
    texts = [item.get("utterance") or item["transcript"] for item in _items(task)]
    for one, other in itertools.combinations(texts, 2):
        matcher = difflib.SequenceMatcher(None, one, other)
        assert matcher.quick_ratio() < MOST_ALIKE or matcher.ratio() < MOST_ALIKE, (one, other)


def test_the_demos_replies_say_what_they_were_written_to_be() -> None:
    notes = Counter(line["note"] for line in lines_of(ROOT / "tasks" / "humor" / "replies.jsonl"))
    wanted = {"well reasoned", "badly reasoned", "unreasoned", "two-labelled", "refused", "truncated", "unparsed"}
    assert set(notes) == wanted

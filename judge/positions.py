"""Whether a model likes some places among the options better than others: letters chosen against gold ones.

Where options were shown in several orders, also what that does to accuracy and choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from judge.definitions import Task
from judge.gold import LETTERS
from judge.items import Item, is_right
from judge.orderings import FIELD, MARK
from judge.records import Mode

MODE: Mode = "faithful"
"""As the authors read it, where they have a rule of their own."""


def positions(task: Task, items: Sequence[Item]) -> dict[str, Any]:
    """Counts by letter field and by ordering; empty where a task has no letters.

    Fields: chosen and gold letters over the answers whose letter was read, and how far apart their shares are (total
    variation, 0 to 1: the least share of answers that would have to move). Orderings: the accuracy in each, and of the
    questions that were read in all of them the share with the same option in all.
    """
    names = [name for ask in task.asks for name, read in ask.reads().items() if read.as_ == "letter"]
    fields = {name: _field(name, items) for name in names}
    found: dict[str, Any] = {"fields": {name: field for name, field in fields.items() if field["read"]}}
    if not found["fields"]:
        return {}
    if task.orderings > 1:
        found |= _orderings(names, items)
    return found


def _field(name: str, items: Sequence[Item]) -> dict[str, Any]:
    chosen, gold = Counter[str](), Counter[str]()
    for item in items:
        values, right = item.parsed[MODE].values.get(name), item.sample.target.values.get(name)
        if values and right:
            chosen[values[0]] += 1
            gold[right[0]] += 1
    read = chosen.total()
    letters = sorted(chosen | gold)
    apart = sum(abs(chosen[letter] - gold[letter]) for letter in letters) / (2 * read) if read else 0.0
    return {
        "chosen": {letter: chosen[letter] for letter in letters},
        "gold": {letter: gold[letter] for letter in letters},
        "read": read,
        "n": len(items),
        "apart": apart,
    }


def _orderings(names: Sequence[str], items: Sequence[Item]) -> dict[str, Any]:
    by_order: dict[int, list[float]] = {}
    by_question: dict[str, list[tuple[str, ...] | None]] = {}
    for item in items:
        if item.failed:
            continue
        by_order.setdefault(int(item.sample.inputs[FIELD]), []).append(float(is_right(item, MODE)))
        by_question.setdefault(item.sample.id.partition(MARK)[0], []).append(_choice(names, item))
    count = len(by_order)
    whole = [choices for choices in by_question.values() if len(choices) == count and None not in choices]
    same = sum(len(set(choices)) == 1 for choices in whole)
    return {
        "accuracy": {str(order): sum(right) / len(right) for order, right in sorted(by_order.items())},
        "same": same / len(whole) if whole and count > 1 else None,
        "questions": len(whole),
    }


def _choice(names: Sequence[str], item: Item) -> tuple[str, ...] | None:
    """The texts of the options that were chosen; None where one was not read, or is no option."""
    texts = []
    for name in names:
        letter = (item.parsed[MODE].values.get(name) or ("",))[0]
        options = item.sample.choices.get(name, ())
        place = LETTERS.index(letter) if letter else len(options)
        if place >= len(options):
            return None
        texts.append(options[place])
    return tuple(texts)


def told(block: Mapping[str, Any]) -> str:
    """One line; empty where there is nothing to say."""
    if not block:
        return ""
    fields = ", ".join(f"{name} {100 * field['apart']:.1f}" for name, field in block["fields"].items())
    text = f"letters chosen and gold are apart by (of 100): {fields}"
    if block.get("accuracy"):
        text += f"; by ordering {', '.join(f'{100 * value:.2f}' for value in block['accuracy'].values())}"
    if block.get("same") is not None:
        text += f"; the same choice in every ordering: {100 * block['same']:.1f} of 100 questions"
    return text

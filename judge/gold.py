"""The gold of one record: labels of the set, letters of its options, numbers, clues; nothing is guessed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from judge.definitions import Read, Task
from judge.entries import Ref
from judge.errors import nearest
from judge.fields import Wrong, name_of, resolve, text_of
from judge.folding import composed
from judge.records import Clue

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_LABELS = 200
"""Of one item's own label set."""
Labels = Mapping[str, tuple[str, ...]]


def own_labels(task: Task, ref: Ref, inputs: dict[str, Any], *, known: dict[tuple[str, ...], Labels]) -> Labels:
    """The item's own label set, in its own order, with the task's aliases; raises Wrong. Equal ones are one."""
    listed = resolve(ref, inputs)
    if not isinstance(listed, list) or not 2 <= len(listed) <= MOST_LABELS:
        raise Wrong(name_of(ref), f"should list 2 to {MOST_LABELS} labels")
    labels = tuple(composed(text_of(label, name_of(ref))) for label in listed)
    if labels in known:
        return known[labels]
    if len({label.casefold() for label in labels}) < len(labels):
        raise Wrong(name_of(ref), "names a label twice")
    for label in labels:
        if label not in task.labels:
            hint = nearest(label, task.labels)
            raise Wrong(name_of(ref), f"{label[:80]!r} is not among the task's labels{hint}")
    taken = {label.casefold() for label in labels}
    known[labels] = {
        label: tuple(form for form in task.labels[label] if form.casefold() not in taken) for label in labels
    }
    return known[labels]


def gold_of(read: Read, value: Any, *, labels: Labels, choices: tuple[str, ...]) -> tuple[str, ...]:
    """The texts that count as right for this field; raises Wrong."""
    if read.as_ == "number":
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise Wrong("target", f"{str(value)[:40]!r} is not a number")
        try:
            number = float(value)
        except (ValueError, OverflowError) as error:
            raise Wrong("target", f"{str(value)[:40]!r} is not a number") from error
        if not math.isfinite(number):
            raise Wrong("target", f"{str(value)[:40]!r} is not a finite number")
        return (repr(number),)
    texts = tuple(composed(text_of(item, "target")) for item in (value if isinstance(value, list) else [value]))
    if read.as_ == "letter":
        return tuple(_letter(text, choices) for text in texts)
    for text in texts:
        if text not in labels:
            hint = nearest(text, labels)
            raise Wrong("target", f"the gold label {text[:80]!r} is not in the label set{hint}")
    if read.as_ == "label" and len(texts) != 1:
        raise Wrong("target", f"{len(texts)} gold labels where one is read (as: labels reads several)")
    return texts


def _letter(text: str, choices: tuple[str, ...]) -> str:
    options = [composed(choice) for choice in choices]
    if text in options:
        return LETTERS[options.index(text)]
    if len(text) == 1 and text.upper() in LETTERS[: len(choices)]:
        return text.upper()
    raise Wrong("target", f"the gold answer {text[:80]!r} is not among the options")


def clues_of(value: Any) -> tuple[Clue, ...]:
    """Texts, or {sense, cue}; null for none; raises Wrong."""
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    clues = []
    for item in items:
        if isinstance(item, str):
            clues.append(Clue(sense="", cue=item))
        elif isinstance(item, dict) and isinstance(item.get("cue"), str):
            clues.append(Clue(sense=str(item.get("sense", "")), cue=item["cue"]))
        else:
            raise Wrong("clues", "a clue is a text, or {sense, cue}")
    return tuple(clues)

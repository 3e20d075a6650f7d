"""Pairs from a task whose items are two answers, or from two runs of one task; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from judge.case import Case
from judge.definitions import Pair as Where
from judge.definitions import Task
from judge.entries import Ref
from judge.errors import Fault, TaskError, UsageError
from judge.fields import Wrong, name_of, resolve, text_of
from judge.items import item_name
from judge.pairwise.records import Pair, Side
from judge.records import Sample

_SIDES: dict[str, Side] = {
    **dict.fromkeys(("1", "first", "a"), "first"),
    **dict.fromkeys(("2", "second", "b"), "second"),
    "tie": "tie",
}
Drawn = tuple[str, int]
"""A sample's id and the draw."""
TITLE = "The instruction that both answer"


def pairs_of(task: Task, samples: Sequence[Sample], *, shown: str) -> list[Pair]:
    """Every item as a pair; raises TaskError with what is wrong. `shown` names the data file."""
    where = task.pair
    if where is None:
        text = "compares no answers: it has no  pair: {first: ..., second: ...}"
        raise TaskError(Fault(shown, None, "pair", f"{task.name} {text}"))
    found, faults = [], []
    for sample in samples:
        try:
            found.append(_pair(where, sample))
        except Wrong as wrong:
            faults.append(Fault(shown, None, f"{sample.id}: {wrong.key}", wrong.message))
    if faults:
        raise TaskError(faults[:20])
    return found


def _pair(where: Where, sample: Sample) -> Pair:
    question = _text(where.question, sample.inputs) if where.question is not None else ""
    return Pair(
        id=sample.id,
        first=_text(where.first, sample.inputs),
        second=_text(where.second, sample.inputs),
        evidence={"question": (TITLE, question), "reference": ("A reference", sample.target.reference or "")},
        gold=_gold(where.better, sample.inputs) if where.better is not None else None,
        cluster=sample.cluster,
    )


def _text(ref: Ref, record: dict[str, Any]) -> str:
    return text_of(resolve(ref, record), name_of(ref))


def _gold(ref: Ref, record: dict[str, Any]) -> Side:
    said = _text(ref, record).strip()
    side = _SIDES.get(said.casefold())
    if side is None:
        raise Wrong(name_of(ref), f"{said[:40]!r} names neither answer: 1 or 2, first or second, A or B, or tie")
    return side


def pairs_of_runs(one: Mapping[Drawn, Case], other: Mapping[Drawn, Case]) -> list[Pair]:
    """The answers that both runs gave to the same sample and draw; what stands beside them is the first run's."""
    several = any(draw for _, draw in one)
    found: list[Pair] = []
    known: set[str] = set()
    for (sample_id, draw), case in one.items():
        partner = other.get((sample_id, draw))
        if partner is None or not case.reply.strip() or not partner.reply.strip():
            continue
        target = case.sample.target
        gold = "; ".join(f"{name}: {', '.join(values)}" for name, values in target.values.items())
        clues = "\n".join(f"- {clue.sense + ': ' if clue.sense else ''}{clue.cue}" for clue in target.clues)
        evidence = {
            "question": ("What both were asked", case.question),
            "reference": ("A reference reason, written by a person", target.reference or ""),
            "target": ("The right answer", gold),
            "clues": ("Evidence: what can be heard and seen", clues),
        }
        name = item_name(sample_id, draw=draw)
        if name in known:
            raise UsageError(f"two answers are called {name}: a sample's id ends like the number of a draw")
        known.add(name)
        cluster = case.sample.cluster or (sample_id if several else None)
        found.append(Pair(id=name, first=case.reply, second=partner.reply, evidence=evidence, cluster=cluster))
    return found

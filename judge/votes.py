"""The draws of an item as one answer by majority, where the protocol says so (EmoBench 2024); pure.

Each field is voted on by itself. A draw that was not made has no vote; one that could not be read has, for nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence

from judge.definitions import Task
from judge.items import Item
from judge.records import MODES, Key, Mode, Parsed, State

STORED = "emobench-2024-stored"
Vote = tuple[str, ...] | None
"""What a draw says of a field; None where it could not be read."""


def voted(task: Task, items: Iterable[Item]) -> list[Item]:
    """One item for each sample, in order; its answer is the first of its draws that came."""
    draws: dict[str, list[Item]] = {}
    for item in items:
        draws.setdefault(item.sample.id, []).append(item)
    return [_one(task, own) for own in draws.values()]


def _one(task: Task, draws: Sequence[Item]) -> Item:
    first = draws[0]
    answered = [item for item in draws if not item.failed and not item.dropped]
    stands = next((item for item in answered if item.delivered), (answered or draws)[0])
    key = Key(first.key.sample_id, first.key.variant, 0)
    parsed = {mode: _parsed(task, answered, key=key, mode=mode) for mode in MODES}
    dropped = not answered and all(item.dropped for item in draws)
    return dataclasses.replace(stands, key=key, parsed=parsed, dropped=dropped)


def _parsed(task: Task, answered: Sequence[Item], *, key: Key, mode: Mode) -> Parsed:
    values: dict[str, tuple[str, ...]] = {}
    lost = []
    for ask in task.asks:
        asked = [item for item in answered if _has_vote(task, item, ask=ask.name, mode=mode)]
        for name in ask.reads():
            winner = majority([item.parsed[mode].values.get(name) for item in asked], faithful=mode == "faithful")
            if winner is None:
                lost.append(name)
            else:
                values[name] = winner
    reason = f"no choice of {' and '.join(lost)} wins the vote of {len(answered)} draws" if lost else ""
    state: State = "unparsed" if lost else "ok"
    return Parsed(key=key, mode=mode, state=state, values=values, reasoning="", reason=reason)


def _has_vote(task: Task, item: Item, *, ask: str, mode: Mode) -> bool:
    """Where the authors' stored predictions are counted, a reply without one has no vote."""
    stored = mode == "faithful" and task.faithful.rule == STORED
    replies = item.answer.replies if item.answer else ()
    return any(reply.ask == ask and (reply.prediction or not stored) for reply in replies)


def majority(votes: Sequence[Vote], *, faithful: bool) -> Vote:
    """The commonest vote, of several the one that came first; None where draws that cannot be read win.

    The authors then take the runner-up, if there is one (EmoBench's evaluate.py of 2024-03-11).
    """
    order = Counter(votes).most_common()
    if not order:
        return None
    if order[0][0] is None and faithful and len(order) > 1:
        return order[1][0]
    return order[0][0]

"""The names of the record fields that a task asks for: what a data file's header is held against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from judge.data_entries import Data, Join
from judge.definitions import Ask, Task
from judge.entries import Ref
from judge.fields import name_of

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def columns_of(task: Task) -> frozenset[str]:
    """Every field that the task takes from a record, as a whole path and as the path's first part."""
    names = {name for data in (task.data, *(case.data for case in task.cases)) for name in _of_data(data)}
    asks = [*task.asks, *(ask for case in task.cases for ask in case.asks)]
    names |= {name_of(ref) for ref in _refs(task, asks) if ref is not None}
    names |= {*task.media.words, *task.media.notes.values()}
    shown = {match[1] for ask in asks for text in _texts(ask) for match in _PLACEHOLDER.finditer(text)}
    names |= shown - {*task.data.fields, *task.all_settings()}
    return frozenset(names | {name.partition(".")[0] for name in names})


def columns_of_partner(join: Join) -> frozenset[str]:
    """The fields that a completing file must have."""
    return frozenset({join.by, *join.fields, *join.same.values()})


def _of_data(data: Data) -> Iterator[str]:
    yield from (name_of(ref) for ref in (data.id, data.cluster, data.lang, *data.fields.values()) if ref is not None)
    yield from data.where
    if data.join is not None:
        yield from (data.join.by, *data.join.same)


def _refs(task: Task, asks: Iterable[Ask]) -> Iterator[Ref | None]:
    gold = task.target
    yield from (gold.label, gold.reference, gold.rationale, gold.clues, task.labels_from)
    yield from task.media.sources().values()
    yield task.groups.by if task.groups else None
    if task.pair is not None:
        yield from (task.pair.first, task.pair.second, task.pair.question, task.pair.better)
    for read in (read for ask in asks for read in ask.reads().values()):
        yield from (read.choices, read.target)


def _texts(ask: Ask) -> Iterator[str]:
    yield from (text for text in (ask.system, ask.qa, ask.cot, ask.system_qa, ask.system_cot) if text is not None)

"""Published numbers as tables: models down, metrics or tasks across; each number keeps its source and its caveat.

Nothing is sorted by value, and what a caveat calls not comparable stands in a table of its own.
"""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from judge.definitions import Reference
from judge.report.tables import Table
from judge.suite import Suite

APART = "not comparable"
"""In a caveat: the number was made by another protocol."""
Settings = tuple[tuple[str, str], ...]


class Cited(NamedTuple):
    """One published number; its column is a metric, a task, an average, or one of those with a group."""

    model: str
    column: str
    value: float
    source: str
    caveat: str = ""
    settings: Settings = ()

    @property
    def apart(self) -> bool:
        """True where its caveat says that it may not be compared."""
        return APART in self.caveat.casefold()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Columns that stand in one table."""

    title: str
    columns: tuple[str, ...]
    of_tasks: bool = False
    """A suite's columns are called TASK.GROUP; a task's own are texts of their own, dots included."""

    def heading(self, column: str) -> str:
        """As a table names it."""
        return column.replace(".", " · ", 1) if self.of_tasks else column


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A row of the reader's own: a run in one mode, by one judge."""

    name: str
    cells: Mapping[str, str]


def of_task(references: Iterable[Reference]) -> list[Cited]:
    """A task's numbers by metric, with the group where there is one."""
    return [
        Cited(
            item.model,
            item.metric if item.group == "overall" else f"{item.metric} · {item.group}",
            item.value,
            item.source,
            item.caveat or "",
            tuple(sorted((item.settings or {}).items())),
        )
        for item in references
    ]


def of_suite(suite: Suite, tasks: Mapping[str, Iterable[Reference]]) -> list[Cited]:
    """A suite's own rows, and those of its tasks by the metric that averages take; the suite's own come first."""
    found: dict[tuple[str, Settings, str], Cited] = {}
    for row in suite.references:
        settings = tuple(sorted(row.settings.items()))
        for column, value in row.values.items():
            cited = Cited(row.model, column, value, row.source, row.caveat or "", settings)
            found.setdefault((row.model, settings, column), cited)
    for key, references in tasks.items():
        for item in references:
            if item.metric == suite.metric_of(key):
                column = key if item.group == "overall" else f"{key}.{item.group}"
                settings = tuple(sorted((item.settings or {}).items()))
                cited = Cited(item.model, column, item.value, item.source, item.caveat or "", settings)
                found.setdefault((item.model, settings, column), cited)
    return list(found.values())


def blocks_of_task(cited: Sequence[Cited]) -> list[Block]:
    """All columns in one table."""
    return [Block(title="", columns=tuple(dict.fromkeys(item.column for item in cited)))]


def blocks_of_suite(suite: Suite, cited: Sequence[Cited]) -> list[Block]:
    """A table for each dimension, with the groups of its tasks, then one for the averages."""
    columns = dict.fromkeys(item.column for item in cited)
    rest = [key for key in suite.tasks if not any(key in keys for keys in suite.dimensions.values())]
    found = []
    for title, keys in [*suite.dimensions.items(), ("tasks", tuple(rest))]:
        own = [column for key in keys for column in (key, *(name for name in columns if name.startswith(f"{key}.")))]
        found.append(Block(title=title, columns=tuple(own), of_tasks=True))
    found.append(Block(title="averages", columns=tuple(suite.scores)))
    return [block for block in found if block.columns]


def tables(
    blocks: Sequence[Block], cited: Sequence[Cited], mine: Callable[[Sequence[str]], list[Own]] | None = None
) -> tuple[list[Table], list[str]]:
    """The tables, and the notes that their marks stand for; the reader's own rows (`mine`) come first and say so."""
    first: dict[tuple[str, Settings, str], Cited] = {}
    for item in cited:
        first.setdefault((item.model, item.settings, item.column), item)
    cited = list(first.values())
    marks = _marks(cited)
    digits = 1 if all(round(item.value, 1) == item.value for item in cited) else 2
    found: list[Table] = []
    for apart in (False, True):
        rows = _rows([item for item in cited if item.apart == apart])
        for block in blocks:
            own = mine(block.columns) if mine is not None and not apart else []
            used = {column for cells in [*rows.values(), *(row.cells for row in own)] for column in cells}
            columns = [name for name in block.columns if name in used]
            body = [(row.name, *(row.cells.get(name, "–") for name in columns)) for row in own]
            theirs = {name: cells for name, cells in rows.items() if any(column in cells for column in columns)}
            for name, cells in theirs.items():
                body.append((name, *(_shown(cells.get(column), marks, digits) for column in columns)))
            if theirs:
                caption = ", ".join(filter(None, [block.title, "other protocols, not comparable" if apart else ""]))
                found.append(
                    Table(
                        caption=caption,
                        header=("model", *map(block.heading, columns)),
                        rows=tuple(body),
                    )
                )
    return found, [f"[{mark}] {note}" for note, mark in marks.items()]


def _rows(cited: Iterable[Cited]) -> dict[str, dict[str, Cited]]:
    """By model with its settings, as they come."""
    rows: dict[str, dict[str, Cited]] = {}
    for item in cited:
        said = ", ".join(f"{name}={value}" for name, value in item.settings)
        rows.setdefault(f"{item.model} ({said})" if said else item.model, {}).setdefault(item.column, item)
    return rows


def _marks(cited: Sequence[Cited]) -> dict[str, str]:
    """A letter for each source and caveat, in the order in which they are met."""
    notes = dict.fromkeys(_note(item) for item in cited)
    return {note: _letter(number) for number, note in enumerate(notes)}


def _letter(number: int) -> str:
    """A to z, then aa, ab, ..."""
    more, last = divmod(number, 26)
    return (_letter(more - 1) if more else "") + string.ascii_lowercase[last]


def _note(item: Cited) -> str:
    return f"{item.source}. {item.caveat}" if item.caveat else item.source


def _shown(item: Cited | None, marks: Mapping[str, str], digits: int) -> str:
    """With the digits that the finest of them was printed with."""
    return "–" if item is None else f"{item.value:.{digits}f} [{marks[_note(item)]}]"

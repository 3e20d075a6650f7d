"""What items are, beside how they were rated: their emotion, the model that wrote them, the question that they answer.

From a column of the ratings' own files, from a file of its own, or from a run's items. An item that is one thing here
and another there is a fault; one of which nothing is said stays without.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

from judge.errors import Fault

_PART = re.compile(r"(?P<item>.+)(?:/\d{1,4}|#\d{1,6})", re.DOTALL)


@dataclasses.dataclass(slots=True, kw_only=True)
class Traits:
    """The traits that are asked for, and each item's value of each."""

    wanted: tuple[str, ...] = ()
    known: dict[str, dict[str, tuple[str, Fault]]] = dataclasses.field(default_factory=dict)
    """By trait, then by item: the value, and where it stands."""

    def see(self, item: str, row: Mapping[str, str], *, place: Fault, faults: list[Fault]) -> None:
        """Take what a row says of its item."""
        for name in self.wanted:
            value = row.get(name, "").strip()
            if not value:
                continue
            known, where = self.known.setdefault(name, {}).setdefault(item, (value, place))
            if known != value:
                at = f"{where.file}:{where.line}" if where.line else where.file
                text = f"{item} is {value[:60]!r} here, and {known[:60]!r} in {at}"
                faults.append(place._replace(key=name, message=text))

    def of(self, name: str, items: Sequence[str]) -> tuple[str | None, ...]:
        """Each item's value; a draw (`id#1`) or a step (`id/3`) of which nothing is said has that of its sample."""
        known = self.known.get(name, {})
        return tuple(next((known[part][0] for part in _names(item) if part in known), None) for item in items)


def _names(item: str) -> Iterator[str]:
    """h-001#1/3, h-001#1, h-001."""
    yield item
    while found := _PART.fullmatch(item):
        item = found["item"]
        yield item

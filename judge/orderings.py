"""An item's options in several orders, so that a model which likes the first letter does not profit from it.

The orders are drawn from the item's id alone: the same everywhere, and none of them is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from judge.fields import Wrong, resolve

FIELD = "ordering"
"""A record that has it is one ordering already: 0 is the data's own order."""
MARK = "~"


def orderings(record: dict[str, Any], refs: Sequence[str], *, count: int, name: str) -> Iterator[dict[str, Any]]:
    """The record with its options as they are, then in `count` - 1 further orders; each letter field has its own.

    An order may be the data's own again, as in EmoBench's released permutations.
    """
    if FIELD in record:
        yield record
        return
    yield record | {FIELD: 0}
    for number in range(1, count):
        changed: dict[str, Any] = {FIELD: number}
        for ref in refs:
            options = resolve(ref, record)
            if ref not in record or not isinstance(options, list):
                raise Wrong(ref, "is asked in several orders: it should be a list at the top of the record")
            changed[ref] = _shuffled(options, f"{name}|{ref}|{number}")
        yield record | changed


def _shuffled(options: list[Any], seed: str) -> list[Any]:
    """By the digests of seed and place: every order is as likely as any other."""
    return [options[place] for place in sorted(range(len(options)), key=lambda place: _draw(seed, place))]


def _draw(seed: str, place: int) -> bytes:
    return hashlib.sha256(f"{seed}|{place}".encode()).digest()


def marked(name: str, record: dict[str, Any]) -> str:
    """The id of one ordering: 17, then 17~1, 17~2, ..."""
    number = record[FIELD]
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise Wrong(FIELD, f"is a whole number from 0, not {str(number)[:40]!r}")
    return f"{name}{MARK}{number}" if number else name

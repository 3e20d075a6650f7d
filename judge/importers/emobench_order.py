"""Which item each row of EmoBench's result files is: rows hold no ids, and the released files have several orders.

A row is told by its options, in whatever order they stand. Where no row of any file has the options of an item at
another place, rows are the items of their places. Else they are not joined to items at all: overall accuracy needs no
join, as each row has its own gold; what needs one (categories, scenarios) is not known.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.importers.emobench_files import QUESTIONS, Table

Record = Mapping[str, Any]
OPTIONS = "options"
"""The digest of an item's options: the columns of codes.csv that have it, and the key of a question."""
SHORT = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What each row of each table is, and what a person should know of it."""

    questions: Sequence[Sequence[Record]]
    """By table and row: the item's fields; where rows are not joined, an id of the row's own and no category."""
    notes: tuple[str, ...] = ()


def options_digest(lists: Sequence[Sequence[str]]) -> str:
    """Names the options of an item: each question's, in no order, without the space around them."""
    tidy = [sorted(option.strip() for option in options) for options in lists]
    return hashlib.sha256(json.dumps(tidy, ensure_ascii=False).encode("utf-8", "backslashreplace")).hexdigest()[:SHORT]


def joined(
    rows: Sequence[Sequence[str]], questions: Sequence[Record], *, tables: Sequence[Table], unknown: Record
) -> Joined:
    """Rows to items, by place.

    `rows` are the digests of the options of each table's rows; `questions` are the items with theirs (OPTIONS), in the
    order in which the authors asked; `unknown` are the fields that only the join gives.
    """
    items = [str(question[OPTIONS]) for question in questions]
    first = Path(tables[0].file).name
    notes = [*_reworded("the data", [_nowhere(own, items) for own in rows])]
    notes += _reworded(first, [_nowhere(own, rows[0]) for own in rows[1:]])
    moved = [(table, _moved(own, items)) for table, own in zip(tables, rows, strict=True)]
    apart = [(table, _moved(own, rows[0])) for table, own in zip(tables, rows, strict=True)]
    if not any(count for _, count in [*moved, *apart]):
        bare = [{key: value for key, value in question.items() if key != OPTIONS} for question in questions]
        return Joined(questions=[bare for _ in tables], notes=tuple(notes))
    said = [f"{Path(table.file).name} {count} of the items" for table, count in moved if count]
    said += [f"{Path(table.file).name} {count} of {first}" for table, count in apart if count]
    why = f"rows stand in another order: {', '.join(said)} at another place"
    notes.append(f"{why}. Each row is scored by its own gold; categories, which need the join with the items, are null")
    return Joined(questions=_by_rows(rows, unknown), notes=tuple(notes))


def _by_rows(rows: Sequence[Sequence[str]], unknown: Record) -> list[list[Record]]:
    """Rows of several files with the same options are orderings of one item, where only one row has them."""
    known = {digest: place for place, digest in enumerate(rows[0]) if rows[0].count(digest) == 1}
    found: list[list[Record]] = []
    for number, own in enumerate(rows):
        counts = Counter(own)
        names = [
            f"row-{known[digest] + 1}" if digest in known and counts[digest] == 1 else f"row-{place + 1}-of-{number}"
            for place, digest in enumerate(own)
        ]
        found.append([{**unknown, "qid": name, "scenario": f"({name})"} for name in names])
    return found


def _nowhere(own: Sequence[str], other: Sequence[str]) -> int:
    """Rows whose options no row of the other has."""
    known = set(other)
    return sum(digest not in known for digest in own)


def _moved(own: Sequence[str], other: Sequence[str]) -> int:
    """Rows whose options are those of one row of the other, and that one at another place."""
    counts = Counter(other)
    places = {digest: place for place, digest in enumerate(other) if counts[digest] == 1}
    return sum(places.get(digest, place) != place and digest != other[place] for place, digest in enumerate(own))


def _reworded(name: str, counts: Sequence[int]) -> list[str]:
    shown = ", ".join(map(str, counts))
    return [f"rows worded otherwise than in {name}: {shown} of {QUESTIONS}"] if any(counts) else []

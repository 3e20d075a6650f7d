"""Whether the rows of EmoBench's files stand in one order: they are joined by place and hold no ids.

A file in another order would be scored without a word, so the orderings are held against each other. Against the data
this only gives a count: of EA's released files, most rows are worded otherwise than today's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.errors import Fault, TaskError
from judge.importers.emobench_files import QUESTIONS, Table

Record = Mapping[str, Any]
Fields = Sequence[tuple[str, str]]
"""Of each question, the fields that hold its options and its gold."""


def out_of_order(
    records: Sequence[Record], questions: Sequence[Record], *, fields: Fields, tables: Sequence[Table]
) -> list[str]:
    """Notes on rows that are worded otherwise; raises where most are in one ordering: that is no wording.

    `records` are those of all tables, one after the other; `questions` are the data's, or have no options.
    """
    pieces = [records[at : at + QUESTIONS] for at in range(0, len(records), QUESTIONS)]
    first = Path(tables[0].file).name
    notes = []
    if all(options in question for question in questions for options, _ in fields):
        notes += _said("the data", [_differing(piece, questions, fields) for piece in pieces])
    found = [_differing(piece, pieces[0], fields) for piece in pieces[1:]]
    for table, wrong in zip(tables[1:], found, strict=True):
        if len(wrong) > QUESTIONS // 2:
            text = f"{len(wrong)} of its {QUESTIONS} rows have other options or gold than {first}: its order is another"
            raise TaskError(Fault(table.file, table.lines[wrong[0]], "", text))
    return [*notes, *_said(first, found)]


def _said(name: str, found: Sequence[Sequence[int]]) -> list[str]:
    counts = ", ".join(str(len(wrong)) for wrong in found)
    return [f"rows worded otherwise than in {name}: {counts} of {QUESTIONS}"] if any(found) else []


def _differing(piece: Sequence[Record], other: Sequence[Record], fields: Fields) -> list[int]:
    return [place for place in range(QUESTIONS) if _texts(piece[place], fields) != _texts(other[place], fields)]


def _texts(record: Record, fields: Fields) -> list[tuple[frozenset[str], str]]:
    """Of each question its options, in no order, and its gold."""
    return [(frozenset(map(str, record[options])), str(record[label])) for options, label in fields]

"""Whether the rows of EmoBench's files stand in the order of the questions: they are joined by place and hold no ids.

A file in another order would be scored without a word, so it is held against the other orderings and the data.
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
    """Notes on rows that are worded otherwise; raises where most are, which is another order and no wording.

    `records` are those of all tables, one after the other; `questions` are the data's, or have no options.
    """
    pieces = [records[at : at + QUESTIONS] for at in range(0, len(records), QUESTIONS)]
    others = [(pieces[0], Path(tables[0].file).name, 1)]
    if all(options in question for question in questions for options, _ in fields):
        others.insert(0, (questions, "the data", 0))
    notes = []
    for other, name, first in others:
        counts = [
            _differing(table, piece, other, fields=fields, name=name)
            for table, piece in list(zip(tables, pieces, strict=True))[first:]
        ]
        if any(counts):
            notes.append(f"rows worded otherwise than in {name}: {', '.join(map(str, counts))} of {QUESTIONS}")
    return notes


def _differing(table: Table, piece: Sequence[Record], other: Sequence[Record], *, fields: Fields, name: str) -> int:
    wrong = [place for place in range(QUESTIONS) if _texts(piece[place], fields) != _texts(other[place], fields)]
    if len(wrong) > QUESTIONS // 2:
        text = f"{len(wrong)} of its {QUESTIONS} rows have other options or gold than {name}: its order is another"
        raise TaskError(Fault(table.file, table.lines[wrong[0]], "", text))
    return len(wrong)


def _texts(record: Record, fields: Fields) -> list[tuple[frozenset[str], str]]:
    """Of each question its options, in no order, and its gold."""
    return [(frozenset(map(str, record[options])), str(record[label])) for options, label in fields]

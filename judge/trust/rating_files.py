"""Ratings from long or wide CSV files, and what items are from a third; every fault of every file in one pass.

Each fault has file, line and key. What is no rating is passed over and said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from judge.cells import restored
from judge.errors import Fault, TaskError, nearest
from judge.folding import composed
from judge.rows import MOST_VALUES, read_table
from judge.tables import Table
from judge.trust.ratings import ABSENT, LONGEST_NAME, Rating, Reader, number

LONG = ("item", "rater", "criterion", "score")
ID_COLUMNS = ("item", "conversation_id", "conv_id", "id")
_UNNAMED = re.compile(r"|Unnamed: \d{1,4}|index")


def read_long(path: Path, reader: Reader, *, rater: str | None = None) -> list[Rating]:
    """One rating a row: the columns of LONG and, where they are there, cluster, confidence and claim.

    `rater` stands in for a missing column.
    """
    opened = _table(path, reader)
    header = opened.header
    needed = [name for name in LONG if name != "rater" or rater is None]
    missing = [name for name in needed if name not in header]
    if missing:
        found = ", ".join(name[:40] for name in header[:12])
        reader.faults.append(
            Fault(
                str(path), 1, ", ".join(missing), f"no such column (found: {found}); long ratings have {','.join(LONG)}"
            )
        )
        return []
    rows = []
    for line, row in _rows(opened, reader):
        place = Fault(str(path), line, "", "")
        named = {
            name: _name(row, name, reader=reader, place=place) for name in ("item", "rater", "criterion") if name in row
        }
        if all(named.values()):
            by = named.get("rater", rater or "")
            score = reader.score(row["score"], named["criterion"], place)
            cluster = row.get(reader.cluster_column, "").strip() or None
            reader.traits.see(named["item"], row, place=place, faults=reader.faults)
            rows.append(
                Rating(
                    item=named["item"],
                    rater=by,
                    criterion=named["criterion"],
                    score=score,
                    cluster=cluster,
                    place=place,
                    confidence=reader.confidence(row.get("confidence", ""), place),
                    claim=row.get("claim", ""),
                )
            )
    return rows


def _name(row: Mapping[str, str], column: str, *, reader: Reader, place: Fault) -> str:
    text = row[column].strip()
    if not text or len(text) > LONGEST_NAME:
        reader.faults.append(place._replace(key=column, message="is empty" if not text else "is too long for a name"))
        return ""
    return composed(text)


def read_wide(path: Path, rater: str, reader: Reader) -> list[Rating]:
    """One rater's file: an id column, then one column for each criterion; what is no number at all is passed over."""
    opened = _table(path, reader)
    header = opened.header
    id_column = _id_column(path, header, reader)
    if id_column is None:
        return []
    table = _rows(opened, reader)
    apart = {id_column, reader.cluster_column, *reader.traits.wanted}
    criteria = _criteria(path, header, table, reader=reader, apart=apart)
    rows = []
    for line, row in table:
        place = Fault(str(path), line, "", "")
        item = _name(row, id_column, reader=reader, place=place)
        cluster = row.get(reader.cluster_column, "").strip() or None
        if item:
            reader.traits.see(item, row, place=place, faults=reader.faults)
        for column in criteria if item else ():
            name = composed(column)
            score = reader.score(row[column], name, place)
            rows.append(Rating(item=item, rater=rater, criterion=name, score=score, cluster=cluster, place=place))
    return rows


def read_traits(path: Path, name: str, reader: Reader) -> None:
    """One trait of items, from a file with an id column and one of its name; an item may stand on several lines."""
    opened = _table(path, reader, name)
    header = opened.header
    id_column = _id_column(path, header, reader)
    if name not in header:
        message = f"no such column{nearest(name, header)} (found: {', '.join(header[:12])[:300]})"
        reader.faults.append(Fault(str(path), 1, name, message))
    elif id_column is not None:
        for line, row in _rows(opened, reader):
            place = Fault(str(path), line, "", "")
            item = _name(row, id_column, reader=reader, place=place)
            if item:
                reader.traits.see(item, {name: row[name]}, place=place, faults=reader.faults)


def _id_column(path: Path, header: Sequence[str], reader: Reader) -> str | None:
    if reader.id_column is not None:
        if reader.id_column in header:
            return reader.id_column
        message = f"no such column{nearest(reader.id_column, header)} (found: {', '.join(header[:12])[:300]})"
        reader.faults.append(Fault(str(path), 1, reader.id_column, message))
        return None
    found = next((name for name in ID_COLUMNS if name in header), None)
    if found is None:
        message = f"no id column ({', '.join(ID_COLUMNS)}): name it by --id (found: {', '.join(header[:12])[:300]})"
        reader.faults.append(Fault(str(path), 1, "", message))
    return found


def _criteria(
    path: Path, header: Sequence[str], table: Sequence[tuple[int, dict[str, str]]], *, reader: Reader, apart: set[str]
) -> list[str]:
    """The columns that hold ratings; the others are said, but for an unnamed index."""
    criteria: list[str] = []
    passed_over: list[str] = []
    for name in header:
        if name in apart or _UNNAMED.fullmatch(name):
            continue
        cells = [row[name].strip() for _, row in table]
        given = [cell for cell in cells if cell.lower() not in ABSENT]
        numbers = sum(number(cell) is not None for cell in given)
        rated = bool(given) and (numbers * 2 > len(given) or (reader.words is not None and _few_labels(given)))
        (criteria if rated else passed_over).append(name)
    if passed_over:
        reader.notes.append(f"{path}: not ratings, passed over: {', '.join(name[:60] for name in passed_over[:20])}")
    if not criteria:
        reader.faults.append(Fault(str(path), 1, "", "no column of numbers beside the id column"))
    return criteria


def _few_labels(cells: Sequence[str]) -> bool:
    """Labels come again and again; ids and full texts do not."""
    return len(set(cells)) <= max(2, min(50, len(cells) // 2)) and max(map(len, cells)) <= 60


def _table(path: Path, reader: Reader, *more: str) -> Table:
    """The file; its delimiter is the one by which the columns that ratings have are found."""
    known = {*LONG, *ID_COLUMNS, reader.cluster_column, "confidence", "claim", *reader.traits.wanted, *more}
    table = read_table(path, known | ({reader.id_column} if reader.id_column else set()))
    if not table.header:
        raise TaskError(Fault(str(path), 1, "", "has no header line"))
    if any("\n" in name for name in table.header):
        raise TaskError(Fault(str(path), 1, "", "the header has a quote that does not end on its line"))
    return table


def _rows(table: Table, reader: Reader) -> list[tuple[int, dict[str, str]]]:
    rows: list[tuple[int, dict[str, str]]] = []
    for _, line, row, _ in table.rows():
        if isinstance(row, Fault):
            reader.faults.append(row)
        else:
            rows.append((line, {name: restored(text) for name, text in row.items()}))
            if len(rows) * len(row) > MOST_VALUES:
                raise TaskError(Fault(table.file, line, "", f"has more than {MOST_VALUES:,} values: split it"))
    if not rows and not reader.faults:
        reader.faults.append(Fault(table.file, None, "", "holds no ratings"))
    return rows

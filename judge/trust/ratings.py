"""Ratings by people and judges, from long or wide CSV files, as one table of raters, items and criteria.

Every fault of every file is found in one pass, with file, line and key. A rating that is not there is NaN in the table
and counted; one that cannot be read is a fault.
"""

from __future__ import annotations

import csv
import dataclasses
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from judge.errors import Fault, TaskError, nearest
from judge.regular import open_regular
from judge.rows import LARGEST, LONGEST, MOST_VALUES, read_rows
from judge.stats import Array

LONG = ("item", "rater", "criterion", "score")
ID_COLUMNS = ("item", "conversation_id", "conv_id", "id")
_UNNAMED = re.compile(r"|Unnamed: \d{1,4}|index")
_ABSENT = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
_YES_NO = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_NUMBER = re.compile(r"[-+]?(?:\d{1,15}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,2})?", re.ASCII)
MOST_FAULTS = 50
LONGEST_NAME = 200
Bounds = Callable[[str], tuple[float, float] | None]
"""The smallest and the largest score that a criterion may have, where that is known."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rating and where it stands."""

    item: str
    rater: str
    criterion: str
    score: float
    """NaN where it is there but empty."""
    cluster: str | None
    place: Fault


@dataclasses.dataclass(slots=True, kw_only=True)
class Reader:
    """How files are read, and what is found out on the way."""

    id_column: str | None = None
    cluster_column: str = "cluster"
    words: dict[str, float] | None = None
    """For nominal ratings: each label's number; None where scores are numbers."""
    bounds: Bounds = lambda _: None
    faults: list[Fault] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    """What was passed over, for the person who gave the file."""

    def score(self, text: str, criterion: str, place: Fault) -> float:
        """A number, or NaN where the cell is empty; else a fault."""
        bare = text.strip()
        if bare.lower() in _ABSENT:
            return math.nan
        if self.words is not None:
            return self.words.setdefault(_plain(bare), float(len(self.words)))
        value = number(bare)
        if value is None:
            self.faults.append(place._replace(key=criterion, message=f"{bare[:60]!r} is not a number"))
            return math.nan
        low, high = self.bounds(criterion) or (-math.inf, math.inf)
        if not low <= value <= high:
            message = f"{bare[:60]} is outside the scale {low:g} to {high:g}"
            self.faults.append(place._replace(key=criterion, message=message))
        return value


def number(text: str) -> float | None:
    """A plain number, or yes and no as 1 and 0; None for anything else."""
    bare = text.strip()
    if bare.lower() in _YES_NO:
        return _YES_NO[bare.lower()]
    return float(bare) if _NUMBER.fullmatch(bare) else None


def _plain(label: str) -> str:
    """1.0 and 1 are one label."""
    value = float(label) if _NUMBER.fullmatch(label) else None
    return label[:LONGEST_NAME] if value is None else f"{value:g}"


def read_long(path: Path, reader: Reader, *, rater: str | None = None) -> list[Rating]:
    """item, rater, criterion, score and, where there is one, cluster; `rater` stands in for a missing column."""
    header = _header(path)
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
    for line, row in _rows(path, reader):
        place = Fault(str(path), line, "", "")
        named = {
            name: _name(row, name, reader=reader, place=place) for name in ("item", "rater", "criterion") if name in row
        }
        if all(named.values()):
            by = named.get("rater", rater or "")
            score = reader.score(row["score"], named["criterion"], place)
            cluster = row.get(reader.cluster_column, "").strip() or None
            rows.append(
                Rating(
                    item=named["item"],
                    rater=by,
                    criterion=named["criterion"],
                    score=score,
                    cluster=cluster,
                    place=place,
                )
            )
    return rows


def _name(row: Mapping[str, str], column: str, *, reader: Reader, place: Fault) -> str:
    text = row[column].strip()
    if not text or len(text) > LONGEST_NAME:
        reader.faults.append(place._replace(key=column, message="is empty" if not text else "is too long for a name"))
        return ""
    return text


def read_wide(path: Path, rater: str, reader: Reader) -> list[Rating]:
    """One rater's file: an id column, then one column for each criterion; what is no number at all is passed over."""
    header = _header(path)
    id_column = _id_column(path, header, reader)
    if id_column is None:
        return []
    table = [(line, row) for line, row in _rows(path, reader)]
    criteria = _criteria(path, header, table, reader=reader, apart={id_column, reader.cluster_column})
    rows = []
    for line, row in table:
        place = Fault(str(path), line, "", "")
        item = _name(row, id_column, reader=reader, place=place)
        cluster = row.get(reader.cluster_column, "").strip() or None
        for name in criteria if item else ():
            score = reader.score(row[name], name, place)
            rows.append(Rating(item=item, rater=rater, criterion=name, score=score, cluster=cluster, place=place))
    return rows


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
        given = [cell for cell in cells if cell.lower() not in _ABSENT]
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


def _header(path: Path) -> list[str]:
    """The columns in order; one that stands twice is a fault, since a reader would keep only the second."""
    try:
        with open_regular(path, LARGEST) as file:
            first = file.readline(LONGEST).decode("utf-8-sig")
    except OSError as error:
        raise TaskError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        raise TaskError(Fault(str(path), 1, "", "is not UTF-8 text")) from error
    try:
        header = next(csv.reader([first]), [])
    except csv.Error as error:
        raise TaskError(Fault(str(path), 1, "", f"is not CSV: {error}")) from error
    twice = [name for place, name in enumerate(header) if name in header[:place]]
    if twice or not header:
        text = f"the column stands twice: {twice[0][:60]!r}" if twice else "has no header line"
        raise TaskError(Fault(str(path), 1, "", text))
    return header


def _rows(path: Path, reader: Reader) -> list[tuple[int, dict[str, str]]]:
    rows: list[tuple[int, dict[str, str]]] = []
    for line, row in read_rows("csv", path, hub=None, config=None, split=""):
        if isinstance(row, Fault):
            reader.faults.append(row)
        else:
            rows.append((line, row))
            if len(rows) * len(row) > MOST_VALUES:
                raise TaskError(Fault(str(path), line, "", f"has more than {MOST_VALUES:,} values: split it"))
    if not rows and not reader.faults:
        reader.faults.append(Fault(str(path), None, "", "holds no ratings"))
    return rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ratings:
    """All ratings of some raters."""

    items: tuple[str, ...]
    raters: tuple[str, ...]
    criteria: tuple[str, ...]
    scores: Array
    """Shape (raters, items, criteria); NaN where there is no rating."""
    clusters: tuple[str, ...] | None = None
    """Each item's cluster, where one is given; an item without one is its own."""
    words: tuple[str, ...] = ()
    """Of nominal ratings, the label of each number."""

    def of(self, rater: str, criterion: str) -> Array:
        """One rater's scores on one criterion, shape (items,)."""
        scores: Array = self.scores[self.raters.index(rater), :, self.criteria.index(criterion)]
        return scores


def assemble(rows: Sequence[Rating], reader: Reader) -> Ratings:
    """The table; raises TaskError with all faults found so far, doubled ratings and unsteady clusters among them."""
    first: dict[tuple[str, str, str], Fault] = {}
    clusters: dict[str, tuple[str, Fault]] = {}
    for row in rows:
        earlier = first.setdefault((row.item, row.rater, row.criterion), row.place)
        if earlier is not row.place:
            where = f"line {earlier.line}" if earlier.file == row.place.file else f"{earlier.file}:{earlier.line}"
            text = f"{row.rater} has rated {row.item} already in {where}"
            reader.faults.append(row.place._replace(key=row.criterion, message=text))
        if row.cluster is not None:
            known, place = clusters.setdefault(row.item, (row.cluster, row.place))
            if known != row.cluster:
                text = f"{row.item} is in {row.cluster!r} here, in {known!r} in {place.file}:{place.line}"
                reader.faults.append(row.place._replace(key=reader.cluster_column, message=text))
    refuse(reader.faults)
    items, raters, criteria = (
        tuple(dict.fromkeys(getattr(row, name) for row in rows)) for name in ("item", "rater", "criterion")
    )
    if len(items) * len(raters) * len(criteria) > 4 * MOST_VALUES:
        raise TaskError(
            f"{len(items):,} items x {len(raters):,} raters x {len(criteria):,} criteria are too many to compare"
        )
    scores = np.full((len(raters), len(items), len(criteria)), np.nan)
    at: list[dict[str, int]] = [
        {name: place for place, name in enumerate(names)} for names in (raters, items, criteria)
    ]
    for row in rows:
        scores[at[0][row.rater], at[1][row.item], at[2][row.criterion]] = row.score
    own = tuple(clusters[item][0] if item in clusters else f"item {item}" for item in items) if clusters else None
    words = tuple(reader.words) if reader.words else ()
    return Ratings(items=items, raters=raters, criteria=criteria, scores=scores, clusters=own, words=words)


def refuse(faults: Sequence[Fault]) -> None:
    """Raise TaskError where there are any, by file and line: the first of them, and how many more."""
    if faults:
        shown = sorted(faults, key=lambda fault: (fault.file, fault.line or 0))[:MOST_FAULTS]
        more = len(faults) - len(shown)
        raise TaskError([*shown, *([Fault("", None, "", f"... and {more} more")] if more else [])])

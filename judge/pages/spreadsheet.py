"""The cards as CSV for people without the page, and their ratings back from it, with every fault in one pass.

No cell can be taken for a formula on the way out. A row is known by its `row` alone: spreadsheets rewrite ids that look
like numbers or dates.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from judge.cells import harmless, restored
from judge.errors import Fault, ResultsError, TaskError, nearest
from judge.items import item_name
from judge.pages.cards import Card
from judge.pages.ratings import LONGEST_NOTE, Rating, Said, rating_of
from judge.pages.review import evidence_of, hidden, plain
from judge.regular import MIB, read_regular
from judge.rubric import shown_point
from judge.tables import Table

SHOWN = ("row", "item", "criterion", "question", "evidence", "answer", "step", "asks", "scale")
FILLED = ("score", "cannot_judge", "note")
LARGEST = 64 * MIB
LONGEST_CELL = 30_000
"""Characters; the most that spreadsheets take is 32,767."""
LONG, MOST_REPEATED = 1_000, 4_000_000
"""Characters of a text, and of all cells that repeat such texts."""
MOST_FAULTS = 50
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{0,12})?")
_YES = frozenset({"yes", "y", "x", "1", "true", "cannot judge", "cannot_judge"})
_NO = frozenset({"", "no", "n", "0", "false"})


def write(cards: Sequence[Card]) -> str:
    """One row for each card; a mark at its beginning tells spreadsheets that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*SHOWN, *FILLED])
    repeats = Repeats()
    for card in cards:
        cells = [repeats.cell(name, text, card.row) for name, text in _shown(card).items()]
        writer.writerow(cells + [""] * len(FILLED))
    return "\ufeff" + out.getvalue()


class Repeats:
    """Long texts that stand in many rows: all steps of one reply show it. Beyond a bound a row names the first one."""

    def __init__(self) -> None:
        """Nothing has been written yet."""
        self._cells: dict[str, tuple[str, str]] = {}
        self._written = 0

    def cell(self, column: str, text: str, row: str) -> str:
        """What stands in the cell of a row; the text itself while the repeated ones have fewer than MOST_REPEATED."""
        if len(text) < LONG:
            return harmless(_cut(text))
        if text not in self._cells:
            self._cells[text] = harmless(_cut(text)), row
        cell, first = self._cells[text]
        if first == row:
            return cell
        self._written += len(cell)
        return cell if self._written <= MOST_REPEATED else f"(the same {column} as in row {first})"


def _shown(card: Card) -> dict[str, str]:
    return {
        "row": card.row,
        "item": item_name(card.key.sample_id, draw=card.key.draw, step=card.step),
        "criterion": card.stage.name,
        "question": hidden(card, card.case.question),
        "evidence": "\n\n".join(f"{title}:\n{text}" for title, text in evidence_of(card)),
        "answer": hidden(card, card.case.reply),
        "step": hidden(card, card.claim),
        "asks": card.stage.question or "",
        "scale": "\n".join(f"{shown_point(score)}: {text}" for score, text in card.scale),
    }


def _cut(text: str) -> str:
    text = plain(text)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]} … (cut here; the page shows all of it)"


class Taken(NamedTuple):
    """What a filled-in file says."""

    ratings: list[Rating]
    empty: int
    """Rows that nobody filled in."""


def read(path: Path, cards: Sequence[Card], *, rater: str) -> Taken:
    """The ratings of a file; raises ResultsError with all its faults, and then takes nothing."""
    known = {card.row: card for card in cards}
    faults: list[Fault] = []
    ratings: list[Rating] = []
    lines: dict[str, int] = {}
    empty = 0
    for line, record in _rows(path):
        found = _rating(record, known, rater=rater)
        name = record["row"].strip()
        if isinstance(found, Rating) and name in lines:
            found = [("row", f"{name} stands twice (first in line {lines[name]})")]
        if isinstance(found, list):
            faults += [Fault(str(path), line, key, message) for key, message in found]
        elif found is None:
            empty += 1
        else:
            lines[name] = line
            ratings.append(found)
    if faults:
        more = [Fault(str(path), None, "", f"and {len(faults) - MOST_FAULTS} more")]
        raise ResultsError(faults[:MOST_FAULTS] + (more if len(faults) > MOST_FAULTS else []))
    return Taken(ratings, empty)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line at which it begins, cells by column); commas, semicolons or tabs stand between cells."""
    try:
        lines = enumerate(io.BytesIO(_raw(path)), start=1)
        table = Table(str(path), lines, columns=("row", *FILLED), longest=LARGEST)
        _check_columns(path, table.header)
        for begin, _, record, count in table.rows():
            if isinstance(record, Fault) and count != len(table.header):
                text = f"has {count} cells; the header has {len(table.header)}"
                raise ResultsError(Fault(str(path), begin, "", text))
            if isinstance(record, Fault):
                raise ResultsError(record)
            if any(record.values()):
                yield begin, record
    except TaskError as error:
        raise ResultsError(error.faults) from error


def _raw(path: Path) -> bytes:
    """The file's bytes, which are UTF-8."""
    try:
        raw = read_regular(path, LARGEST)
        raw.decode("utf-8-sig")
    except OSError as error:
        raise ResultsError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        text = "is not UTF-8 text: save it as “CSV UTF-8” in the spreadsheet"
        raise ResultsError(Fault(str(path), None, "", text)) from error
    return raw


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    wanted = ("row", *FILLED)
    missing = [name for name in wanted if name not in columns]
    if missing:
        text = "; ".join(f'there is no column "{name}"{nearest(name, columns)}' for name in missing)
        raise ResultsError(Fault(str(path), 1, "", f"{text}. Make the file by --csv-out and fill it in"))


def _rating(
    record: Mapping[str, str], known: Mapping[str, Card], *, rater: str
) -> Rating | list[tuple[str, str]] | None:
    """The rating of a row, None for an empty one, or its faults by column."""
    faults: list[tuple[str, str]] = []
    card = known.get(record["row"].strip())
    given = restored(record["score"].strip())
    cannot = restored(record["cannot_judge"].strip()).casefold()
    note = restored(record["note"].strip()).strip()
    if not given and cannot in _NO and not note:
        return None
    if card is None:
        faults.append(("row", f"{record['row'][:40]!r} is no card of this run as it is now"))
    if cannot not in _YES | _NO:
        faults.append(("cannot_judge", f"{cannot[:40]!r} is neither yes nor no"))
    if len(note) > LONGEST_NOTE:
        faults.append(("note", f"has {len(note):,} characters; {LONGEST_NOTE:,} are kept"))
    if bool(given) is (cannot in _YES) and cannot in _YES | _NO:
        text = "has a score, and cannot_judge says yes: keep one of them" if given else "has a note, but no score"
        faults.append(("score", text))
    score = _score(given, card, faults) if given and card is not None else None
    if faults or card is None:
        return faults
    return rating_of(card, Said(rater, score, note))


def _score(given: str, card: Card, faults: list[tuple[str, str]]) -> float | None:
    points = [point for point, _ in card.scale]
    try:
        score = float(given.replace(",", ".")) if _NUMBER.fullmatch(given) else math.nan
    except ValueError:
        score = math.nan
    if score in points:
        return score
    scale = ", ".join(map(shown_point, points))
    faults.append(("score", f"{given[:40]!r} is not on the scale ({scale})"))
    return None

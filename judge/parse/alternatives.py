"""Joins tables of words and patterns into one regular expression, grouped so that few ways are tried at each place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from judge.parse.spelling import spelled

_BLANK = r"[^\S\n]{1,3}"


def words(rows: Iterable[str]) -> str:
    """Any of the entries as whole words."""
    return rf"(?<![^\W_]){grouped(rows)}(?![^\W_])"


def grouped(rows: Iterable[str]) -> str:
    """Any of the entries, which are parted by bars; a blank in them stands for one to three blanks."""
    by_first: dict[str, list[str]] = {}
    for row in rows:
        for entry in _expanded(spelled(row)):
            if entry:
                cut = int(entry[0] not in "([\\" and entry[1:2] not in ("?", "*", "+", "{"))
                by_first.setdefault(entry[:cut], []).append(entry[cut:])
    groups = (
        f"{re.escape(first)}(?:{'|'.join(sorted(rests, key=len, reverse=True))})" for first, rests in by_first.items()
    )
    return "(?:" + "|".join(groups).replace(" ", _BLANK) + ")"


def _expanded(row: str) -> Iterator[str]:
    """The entries of a row; one that begins with a group of several is several entries."""
    for entry in _entries(row):
        end = _group_end(entry) if entry.startswith("(?:") else 0
        if end and entry[end : end + 1] not in ("?", "*", "+", "{"):
            for first in _entries(entry[3 : end - 1]):
                yield from _expanded(first + entry[end:])
        else:
            yield entry


def _entries(row: str) -> list[str]:
    """The alternatives of a row: it is parted at each bar outside brackets."""
    found = [""]
    for character, depth in _depths(row):
        if character == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found


def _group_end(entry: str) -> int:
    """Where the group ends with which the entry begins."""
    place = 0
    for character, depth in _depths(entry):
        place += len(character)
        if depth == 0:
            return place
    return 0


def _depths(row: str) -> Iterator[tuple[str, int]]:
    """Each character, an escaped one with its stroke, and how many brackets are open after it."""
    depth = 0
    inside = False
    place = 0
    while place < len(row):
        character = row[place : place + 2] if row[place] == "\\" else row[place]
        if inside:
            inside = character != "]"
        elif character == "[":
            inside = True
        else:
            depth += (character == "(") - (character == ")")
        yield character, depth + inside
        place += len(character)

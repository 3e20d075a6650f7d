"""Finds flat mappings that are written as Python would: {'emotion': 'happy'}; what is nested or unclear is not found.

Nothing is evaluated: keys and values are quoted texts, bare words or numbers, read by patterns of bounded length.
"""

from __future__ import annotations

import re

from judge.parse.objects import Found

LONGEST_KEY = 60
LONGEST_VALUE = 2000
MOST_PAIRS = 20
_OPENING = re.compile(r"\{(?=\s{0,80}['\"‘“A-Za-z_])")
_SPACE = re.compile(r"\s{0,80}")
# a quotation mark ends its text only before what may follow a key or a value: 'it's' is one text
_KEY = re.compile(
    rf"'((?:[^'\n]|'(?!\s{{0,20}}:)){{1,{LONGEST_KEY}}})'(?=\s{{0,20}}:)|\"([^\"\n]{{1,{LONGEST_KEY}}})\"|"
    rf"‘([^’\n]{{1,{LONGEST_KEY}}})’|“([^”\n]{{1,{LONGEST_KEY}}})”|([A-Za-z_][A-Za-z0-9_ ]{{0,40}}?)(?=\s{{0,20}}:)"
)
_VALUE = re.compile(
    rf"'((?:[^'\n]|'(?!\s{{0,20}}[,}}])){{0,{LONGEST_VALUE}}})'(?=\s{{0,20}}[,}}])|\"([^\"\n]{{0,{LONGEST_VALUE}}})\"|"
    rf"‘([^’\n]{{0,{LONGEST_VALUE}}})’|“([^”\n]{{0,{LONGEST_VALUE}}})”|([A-Za-z0-9_+.-][A-Za-z0-9_+. -]{{0,60}})"
)
_COLON = re.compile(r"\s{0,20}:\s{0,20}")
_COMMA = re.compile(r"\s{0,80},\s{0,80}")
_END = re.compile(r"\s{0,80},?\s{0,80}\}")
MOST_TRIES = 500


def mappings_in(text: str) -> list[Found]:
    """The flat mappings of a text, in order; none where it has too many beginnings that lead to nothing."""
    found: list[Found] = []
    tries = 0
    match = _OPENING.search(text)
    while match is not None:
        one = _mapping(text, match.start())
        if one is not None:
            found.append(one)
        else:
            tries += 1
        if tries > MOST_TRIES:
            return []
        match = _OPENING.search(text, one.end if one is not None else match.end())
    return found


def begins(text: str, keys: frozenset[str]) -> bool:
    """True where one of the keys stands in quotes before a colon."""
    named = "|".join(re.escape(key) for key in sorted(keys))
    return re.search(rf"['\"‘“](?:{named})['\"’”]\s{{0,20}}:", text.casefold()) is not None


def _mapping(text: str, start: int) -> Found | None:
    """The mapping that begins at a brace; None where it is no such mapping, or says two things of one key."""
    values: dict[str, str] = {}
    place = _past(_SPACE, text, start + 1)
    for _ in range(MOST_PAIRS):
        key, place = _text(_KEY, text, place)
        colon = _COLON.match(text, place)
        if key is None or colon is None:
            return None
        value, place = _text(_VALUE, text, colon.end())
        if value is None or values.get(key, value) != value:
            return None
        values[key] = value
        end = _END.match(text, place)
        if end is not None:
            return Found(dict(values), start, end.end())
        comma = _COMMA.match(text, place)
        if comma is None:
            return None
        place = comma.end()
    return None


def _text(pattern: re.Pattern[str], text: str, place: int) -> tuple[str | None, int]:
    match = pattern.match(text, place)
    if match is None:
        return None, place
    return next(group for group in match.groups() if group is not None).strip(), match.end()


def _past(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match is not None else place

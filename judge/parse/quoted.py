"""Finds flat mappings that are written as Python would: {'emotion': 'happy'}; what is nested or unclear is not found.

Nothing is evaluated: keys and values are quoted texts, bare words or numbers, read by patterns of bounded length.
"""

from __future__ import annotations

import re
from functools import lru_cache

from judge.parse.objects import Found

MOST_PAIRS = 20
_OPENING = re.compile(r"\{(?=\s{0,80}['\"‘“A-Za-z_])")
_SPACE = re.compile(r"\s{0,80}")
# a quotation mark ends its text only before what may follow a key or a value: 'it's' is one text
_KEY = re.compile(
    r"'((?:[^'\n]|'(?!\s{0,20}:)){1,60})'(?=\s{0,20}:)|\"([^\"\n]{1,60})\"|‘([^’\n]{1,60})’|“([^”\n]{1,60})”|"
    r"([A-Za-z_][A-Za-z0-9_ ]{0,40}?)(?=\s{0,20}:)"
)
_VALUE = re.compile(
    r"'((?:[^'\n]|'(?!\s{0,20}[,}])){0,2000})'(?=\s{0,20}[,}])|\"([^\"\n]{0,2000})\"|‘([^’\n]{0,2000})’|"
    r"“([^”\n]{0,2000})”|([A-Za-z0-9_+.-][A-Za-z0-9_+. -]{0,60})"
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


def pairs_in(text: str, keys: frozenset[str]) -> dict[str, str]:
    """What stands after a key and a colon with no mapping around it, as in `Emotion: happy`; said twice, nothing."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for match in _pairs_of(keys).finditer(text.casefold()):
        if found.setdefault(match[1], match[2].strip()) != match[2].strip():
            twice.add(match[1])
    return {key: value for key, value in found.items() if key not in twice}


@lru_cache(maxsize=64)
def _pairs_of(keys: frozenset[str]) -> re.Pattern[str]:
    named = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
    return re.compile(
        rf"(?<![\w ])[^\S\n]{{0,4}}({named})[*_`'\"’”]{{0,3}}\s{{0,4}}[:：=]\s{{0,4}}([^\n,;}}{{]{{0,80}})"
    )


def begins(text: str, keys: frozenset[str]) -> bool:
    """True where one of the keys stands in quotes before a colon."""
    return _begun(keys).search(text.casefold()) is not None


@lru_cache(maxsize=64)
def _begun(keys: frozenset[str]) -> re.Pattern[str]:
    named = "|".join(re.escape(key) for key in sorted(keys))
    return re.compile(rf"['\"‘“](?:{named})['\"’”]\s{{0,20}}:")


def _mapping(text: str, start: int) -> Found | None:
    """The mapping that begins at a brace; None where it is no such mapping, or says two things of one key."""
    values: dict[str, str] = {}
    space = _SPACE.match(text, start + 1)
    place = space.end() if space else start + 1
    for _ in range(MOST_PAIRS):
        key = _KEY.match(text, place)
        colon = _COLON.match(text, key.end()) if key else None
        value = _VALUE.match(text, colon.end()) if colon else None
        if key is None or value is None or values.setdefault(_inside(key), _inside(value)) != _inside(value):
            return None
        end = _END.match(text, value.end())
        if end is not None:
            return Found(dict(values), start, end.end())
        comma = _COMMA.match(text, value.end())
        if comma is None:
            return None
        place = comma.end()
    return None


def _inside(match: re.Match[str]) -> str:
    """The text between its quotation marks."""
    return next(group for group in match.groups() if group is not None).strip()

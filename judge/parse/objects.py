"""Finds JSON objects in a reply: the last one that holds the wanted keys; hostile JSON is just not found.

The one reader of answers and of judges' verdicts: JSON first, then as models write it, with its slips (literals).
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from judge.parse.literals import Broken, literal_at, object_of
from judge.parse.quoted import begins

MOST_READ_AGAIN = 500_000
"""Characters that failed tries may read in all; a text made to cost more holds no object that is worth it."""
COST_OF_A_TRY = 100
COST_OF_DEPTH = 10_000
"""Of a try that ended because it was nested too deeply."""
FIRST_LOOK = 2000
"""Characters; what does not end within them is read again with more, as an error in a long text is slow to place."""
_OPENING = re.compile(r'\{(?=\s{0,80}")')
_LOOSE_OPENING = re.compile(r"\{(?=\s{0,80}(?:[\"'‘“”„«「]|[^\W\d]|//|/\*|#))")
_FENCE = re.compile(r"```[a-zA-Z]{0,10}")


class Found(NamedTuple):
    """A JSON object and where it begins and ends in the text."""

    value: dict[str, Any]
    start: int
    end: int


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_SPOKEN = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=object_of, strict=False)
"""Takes line breaks and tabs in texts, too."""


def load(text: str) -> Any:
    """JSON without NaN and Infinity; raises ValueError for anything else that is wrong, nesting included."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _decode(text: str, start: int) -> tuple[Any, int]:
    """The value that begins there, and its end in the text; an error's place is counted from the beginning."""
    size = FIRST_LOOK
    while True:
        piece = text[start : start + size]
        try:
            value, end = _SPOKEN.raw_decode(piece)
        except json.JSONDecodeError as error:
            whole = start + size >= len(text)
            if whole or (error.pos < size - 20 and not error.msg.startswith("Unterminated")):
                raise
            size *= 8
        else:
            return value, start + end


def objects_in(text: str) -> list[Found]:
    """The outermost objects of a text that have a key, in order; none where the text is made to be slow.

    Where the second reader has cost too much, only what begins as JSON does is looked at from there on.
    """
    found: list[Found] = []
    again = cost = 0
    opening = _LOOSE_OPENING
    match = opening.search(text)
    while match is not None:
        one, strict, loose = _object_at(text, match.start(), loose=opening is _LOOSE_OPENING)
        again, cost = again + strict, cost + loose
        if one is not None:
            found.append(one)
        if again > MOST_READ_AGAIN:
            return []
        opening = _OPENING if cost > MOST_READ_AGAIN else _LOOSE_OPENING
        match = opening.search(text, one.end if one is not None else match.end())
    return found


def _object_at(text: str, start: int, *, loose: bool) -> tuple[Found | None, int, int]:
    """The object that begins there, or None; and the cost of each of the two readers."""
    strict = 0
    if _OPENING.match(text, start):
        try:
            value, end = _decode(text, start)
        except json.JSONDecodeError as error:
            strict = COST_OF_A_TRY + error.pos
        except (ValueError, RecursionError):
            return None, COST_OF_DEPTH, 0
        else:
            return Found(value, start, end), 0, 0
    if not loose:
        return None, strict, 0
    try:
        value, end = literal_at(text, start)
    except Broken as broken:
        return None, strict, COST_OF_A_TRY + broken.cost
    return (Found(value, start, end), 0, 2 * COST_OF_A_TRY) if value else (None, strict, COST_OF_A_TRY)


def of_any_case(value: dict[str, Any]) -> dict[str, Any]:
    """The object with its keys in lower case; two keys that then are one were made one when it was read."""
    return {str(key).casefold(): item for key, item in value.items()}


def last_object(text: str, keys: frozenset[str]) -> Found | None:
    """The last object that holds at least one of the keys (upper and lower case alike).

    None where a broken one comes after it: then the last word is not known, and an earlier one is not it.
    """
    found = objects_in(text)
    for index in range(len(found) - 1, -1, -1):
        if keys & of_any_case(found[index].value).keys():
            return None if _broken_after(text, found[index:], keys) else found[index]
    return None


def _broken_after(text: str, found: list[Found], keys: frozenset[str]) -> bool:
    """True where a wanted key stands in quotes after the first object, outside every whole one."""
    ends = [*(item.start for item in found[1:]), len(text)]
    return any(begins(text[item.end : end], keys) for item, end in zip(found, ends, strict=True))


def without_fences(text: str) -> str:
    """The text without ``` marks."""
    return _FENCE.sub("", text).strip()

"""Finds JSON objects in a reply: the last one that holds the wanted keys; hostile JSON is just not found."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

MOST_READ_AGAIN = 500_000
"""Characters that failed tries may read in all; a text made to cost more holds no object that is worth it."""
COST_OF_A_TRY = 100
COST_OF_DEPTH = 10_000
"""Of a try that ended because it was nested too deeply."""
FIRST_LOOK = 2000
"""Characters; what does not end within them is read again with more, as an error in a long text is slow to place."""
_OPENING = re.compile(r'\{(?=\s{0,80}")')
_FENCE = re.compile(r"```[a-zA-Z]{0,10}")


class Found(NamedTuple):
    """A JSON object and where it begins and ends in the text."""

    value: dict[str, Any]
    start: int
    end: int


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says two things of one key says nothing."""
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[key] != value for key, value in pairs):
        raise ValueError("a key stands there twice")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_STRICT = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_each_key_once)


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
            value, end = _STRICT.raw_decode(piece)
        except json.JSONDecodeError as error:
            whole = start + size >= len(text)
            if whole or (error.pos < size - 20 and not error.msg.startswith("Unterminated")):
                raise
            size *= 8
        else:
            return value, start + end


def objects_in(text: str) -> list[Found]:
    """The outermost JSON objects of a text that have a key, in order; none where the text is made to be slow."""
    found: list[Found] = []
    again = 0
    match = _OPENING.search(text)
    while match is not None:
        try:
            value, end = _decode(text, match.start())
        except json.JSONDecodeError as error:
            again += COST_OF_A_TRY + error.pos
            end = match.end()
        except (ValueError, RecursionError):
            again += COST_OF_DEPTH
            end = match.end()
        else:
            found.append(Found(value, match.start(), end))
        if again > MOST_READ_AGAIN:
            return []
        match = _OPENING.search(text, end)
    return found


def last_object(text: str, keys: frozenset[str]) -> Found | None:
    """The last object that holds at least one of the keys (upper and lower case alike).

    None where a broken one comes after it: then the last word is not known, and an earlier one is not it.
    """
    found = objects_in(text)
    for index in range(len(found) - 1, -1, -1):
        if keys & {str(key).casefold() for key in found[index].value}:
            return None if _broken_after(text, found[index:], keys) else found[index]
    return None


def _broken_after(text: str, found: list[Found], keys: frozenset[str]) -> bool:
    """True where a wanted key stands after the first object, outside every whole one."""
    ends = [*(item.start for item in found[1:]), len(text)]
    gaps = (text[item.end : end].casefold() for item, end in zip(found, ends, strict=True))
    wanted = re.compile("|".join(rf'"{re.escape(key)}"\s{{0,20}}:' for key in sorted(keys)))
    return any(wanted.search(gap) for gap in gaps)


def without_fences(text: str) -> str:
    """The text without ``` marks."""
    return _FENCE.sub("", text).strip()

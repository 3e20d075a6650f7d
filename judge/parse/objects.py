"""Finds JSON objects in a reply: the last one that holds the wanted keys; hostile JSON is just not found."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

MOST_READ_AGAIN = 2_000_000
"""Characters that failed tries may read in all; a text made to cost more holds no object that is worth it."""
COST_OF_A_TRY = 100
_OPENING = re.compile(r'\{(?=\s{0,80}["}])')
_FENCE = re.compile(r"```[a-zA-Z]{0,10}")


class Found(NamedTuple):
    """A JSON object and where it begins and ends in the text."""

    value: dict[str, Any]
    start: int
    end: int


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def load(text: str) -> Any:
    """JSON without NaN and Infinity; raises ValueError for anything else that is wrong, nesting included."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def objects_in(text: str) -> list[Found]:
    """The outermost JSON objects of a text, in order; none at all where the text was made to be slow to read."""
    found: list[Found] = []
    again = 0
    match = _OPENING.search(text)
    while match is not None:
        try:
            value, end = _DECODER.raw_decode(text, match.start())
        except json.JSONDecodeError as error:
            again += COST_OF_A_TRY + error.pos - match.start()
            end = match.end()
        except (ValueError, RecursionError):
            again += COST_OF_A_TRY * 50
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

"""Finds JSON objects in a reply: the last one that holds the wanted keys; hostile JSON is just not found."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

MOST_TRIES = 200
LARGEST = 200_000
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
    """The outermost JSON objects of a text, in order; at most 200 opening braces are tried."""
    if len(text) > LARGEST:
        text = text[-LARGEST:]
    found: list[Found] = []
    position = text.find("{")
    tries = 0
    while position >= 0 and tries < MOST_TRIES:
        tries += 1
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            position = text.find("{", position + 1)
            continue
        if isinstance(value, dict):
            found.append(Found(value, position, end))
        position = text.find("{", end)
    return found


def last_object(text: str, keys: frozenset[str]) -> Found | None:
    """The last object that holds at least one of the keys (upper and lower case alike)."""
    for found in objects_in(text)[::-1]:
        if keys & {str(key).casefold() for key in found.value}:
            return found
    return None


def without_fences(text: str) -> str:
    """The text without ``` marks."""
    return _FENCE.sub("", text).strip()

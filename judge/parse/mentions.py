"""A mention of a label or an option, and how much it says."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Weight(IntEnum):
    """How much a mention says."""

    DENIED = 0
    VOID = 1
    DOUBTED = 2
    MINOR = 3
    PLAIN = 4
    STATED = 5
    CONCLUDED = 6
    BARE = 7
    FINAL = 8


class Spot(NamedTuple):
    """One mention of a label or an option in a `plain` text; `tail` is where its word ends."""

    name: str
    start: int
    end: int
    tail: int
    denied: bool


class Claim(NamedTuple):
    """A mention with its weight, and the number of its sentence and of its line."""

    spot: Spot
    weight: Weight
    sentence: int
    line: int

"""What was read of one field, or why it was not."""

from __future__ import annotations

from typing import NamedTuple

from judge.records import State


class Value(NamedTuple):
    """What was read, or why it was not."""

    state: State
    values: tuple[str, ...] = ()
    reason: str = ""

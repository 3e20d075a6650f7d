"""What every format's reader gives: replies with their places, and the gold that the files themselves hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.datafile import DataFile
from judge.definitions import Task
from judge.errors import Fault
from judge.replies import ReplyLine

Place = Fault
"""Where a reply stands: file and line, without a message."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was read from all files of one import."""

    lines: Sequence[tuple[Place, ReplyLine]]
    """A reply each; ids that the data does not have, and doubled ones, are found later, by the one that calls."""
    records: Sequence[Mapping[str, Any]] | None = None
    """The items with their gold, as records that the task's `data` block reads, in order; the run keeps them as its own
    data where none is given by --data. None where the files hold no gold."""
    ratings: Sequence[Mapping[str, str]] = ()
    """Steps and ratings that came with the replies: {"id", "step", "score"}; the judge `imported` reads them."""
    human: Sequence[Mapping[str, str]] = ()
    """People's ratings of the replies: {"item", "rater", "criterion", "score", "cluster"}; kept as human.csv, which
    `judge trust agree --human` reads."""
    predictions: Mapping[tuple[str, int, str], str] = dataclasses.field(default_factory=dict)
    """What who made the files read in a reply, by (id, draw, ask): the rules that count stored predictions go by it."""
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Settings of the task that the format itself implies; one that --set contradicts is an error."""
    notes: tuple[str, ...] = ()
    """What a person should know: differences between the files and what is read from them. Kept in run.json."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a reader works from."""

    paths: Sequence[Path]
    task: Task
    settings: Mapping[str, str]
    """Those that --set gave, before defaults."""
    data: DataFile | None = None
    """What --data named."""


Reader = Callable[[Given], Imported]
"""Raises TaskError with every fault, each with its file and line."""

"""How large a reliability test runs, and the figure it leaves: short in `make test`, whole in `make nightly`.

A figure is kept before its test asserts anything, so that a missed one is in the record too.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any, TypeVar

Size = TypeVar("Size")
FULL = os.environ.get("JUDGE_NIGHTLY") == "1"


def size(short: Size, full: Size) -> Size:
    """What `make test` tries, or what `make nightly` tries."""
    return full if FULL else short


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of bench/reliability.json."""

    name: str
    """One word, e.g. kill_random; another run of the same test replaces its row."""
    test: str
    """What was done, in a few words: a cell of the README's table."""
    asked: str
    """The figure that was to be reached."""
    tried: int
    unit: str
    """What `tried` counts, in the plural."""
    failed: int
    measured: str = ""
    """What else came out, with its numbers."""
    seconds: float = 0.0
    details: dict[str, Any] = dataclasses.field(default_factory=dict)


def keep(figure: Figure) -> None:
    """Leave the figure where `make nightly` collects it; without JUDGE_FIGURES it goes nowhere."""
    folder = os.environ.get("JUDGE_FIGURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{figure.name}.json").write_text(json.dumps(dataclasses.asdict(figure)))

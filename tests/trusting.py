"""Ratings made for tests: by hand, or drawn with a fixed seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from judge.stats import Array
from judge.trust.agreement import agree
from judge.trust.findings import CriterionAgreement, Settings
from judge.trust.pairs import Cells
from judge.trust.ratings import Ratings
from judge.trust.scale import Scale, between

QUICK = Settings(resamples=200)
FIVE = Scale(levels=between(1, 5), origin="range")
NAN = float("nan")


def ratings(scores: Mapping[str, Sequence[float]], clusters: Sequence[str] | None = None) -> Ratings:
    """One criterion, `c`."""
    table = np.array([list(row) for row in scores.values()], dtype=np.float64)
    items = tuple(f"i{place}" for place in range(table.shape[1]))
    own = tuple(clusters) if clusters else None
    return Ratings(items=items, raters=tuple(scores), criteria=("c",), scores=table[:, :, None], clusters=own)


def compared(
    judge: Sequence[float] | None, *people: Sequence[float], scale: Scale = FIVE, how: Settings = QUICK
) -> CriterionAgreement:
    """A judge called `judge` with people called a, b, c, ..."""
    humans = {chr(ord("a") + place): row for place, row in enumerate(people)}
    own = {"judge": judge} if judge is not None else {}
    table = ratings({**humans, **own})
    return agree(table, humans=list(humans), judges=list(own), criterion="c", scale=scale, how=how)[0]


def cells(x: Sequence[float] | Array, y: Sequence[float] | Array, levels: Sequence[float] = (1, 2, 3, 4, 5)) -> Cells:
    """Two raters, each item once."""
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    ones = np.ones((1, len(first)))
    places = (np.searchsorted(levels, first).astype(np.float64), np.searchsorted(levels, second).astype(np.float64))
    return Cells(x=first, y=second, weights=ones, places=places, levels=len(levels))


def csv_file(path: Path, *lines: str) -> Path:
    """A CSV file, written."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path

"""The levels that ratings of one criterion may take, and where a rating stands among them.

Kappa depends on them: a level that nobody used still is a step of the full scale, but not of the observed one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection
from typing import Literal

import numpy as np

from judge.stats import Array

Choice = Literal["full", "observed"]
MOST_LEVELS = 1001
"""Of a scale without a rubric, 0 to 1000: a wider one has no levels, only values."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The levels of one criterion, in order; none where they are unknown or too many."""

    levels: tuple[float, ...]
    origin: Literal["rubric", "range", "whole numbers", "labels"]
    """Where they are from: the rubric, --range, or all whole numbers between the smallest and the largest rating."""
    choice: Choice = "full"
    nominal: bool = False
    """The levels are names: they have no order and no distance."""
    words: tuple[str, ...] = ()
    """The labels themselves, where they are words."""

    @property
    def text(self) -> str:
        """1-5, or the levels one by one where they are not consecutive whole numbers."""
        if self.words:
            return ", ".join(self.words[:8]) + (", ..." if len(self.words) > 8 else "")
        if not self.levels:
            return "no levels"
        steps = np.diff(self.levels)
        if len(self.levels) > 2 and np.all(steps == 1):
            return f"{self.levels[0]:g}-{self.levels[-1]:g}"
        return ", ".join(f"{level:g}" for level in self.levels[:12]) + (", ..." if len(self.levels) > 12 else "")

    @property
    def step(self) -> float:
        """One level, in the scale's own unit: the mean distance of neighbours; 1 where there are no levels."""
        return (max(self.levels) - min(self.levels)) / (len(self.levels) - 1) if len(self.levels) > 1 else 1.0

    def holds(self, values: Array) -> bool:
        """True where every value is a level: means of several ratings are not."""
        return bool(len(self.levels)) and bool(np.isin(values, self.levels).all())

    def places(self, *ratings: Array) -> tuple[Array, ...]:
        """Each rater's ratings as positions among the levels, from 0; the values must be levels.

        With the observed scale the levels are those that these raters used, so that an unused one is no step.
        """
        levels = np.unique(np.concatenate(ratings)) if self.choice == "observed" else np.asarray(self.levels)
        return tuple(np.searchsorted(levels, values).astype(np.float64) for values in ratings)

    def count(self, *ratings: Array) -> int:
        """How many levels these raters had: K of AC1."""
        return len(np.unique(np.concatenate(ratings))) if self.choice == "observed" else len(self.levels)


def between(low: float, high: float) -> tuple[float, ...]:
    """All whole numbers from low to high; none where there are too many or no such numbers."""
    if not (math.isfinite(low) and math.isfinite(high)) or high - low >= MOST_LEVELS or max(abs(low), abs(high)) > 1e9:
        return ()
    return tuple(float(level) for level in range(math.floor(low), math.ceil(high) + 1))


def observed_range(values: Collection[float]) -> tuple[float, ...]:
    """The full scale where neither a rubric nor --range gives it; it cannot know levels beyond those seen."""
    return between(min(values), max(values)) if values else ()

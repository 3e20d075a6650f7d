"""The bootstrap over items, or over clusters where items are not independent: the same resamples for every coefficient.

One set of counts serves all pairs of raters, so that a difference between two coefficients keeps its pairing.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from judge.stats import Array
from judge.trust.pairs import tally

RESAMPLES = 2000
MOST_COUNTS = 20_000_000
"""Resamples x units held in memory."""
MOST_WEIGHTS = 40_000_000
"""Resamples x items held in memory: 320 MB."""
MOST_AT_ONCE = 2_000_000
FEWEST = 2
"""Units below which nothing can be resampled."""


@functools.lru_cache(maxsize=4)
def resample_counts(units: int, resamples: int, seed: int) -> NDArray[np.uint16]:
    """How often each unit is drawn in each resample, shape (resamples, units); the same for the same seed."""
    resamples = min(resamples, max(200, MOST_COUNTS // max(units, 1)))
    rng = np.random.default_rng(seed)
    counts = np.empty((resamples, units), dtype=np.uint16)
    for row in range(resamples):
        counts[row] = np.bincount(rng.integers(0, units, units), minlength=units)
    return counts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resampler:
    """Weights of items: first every item once, which gives the values, then the resamples."""

    unit_of_item: NDArray[np.intp]
    """Which cluster each item is in, counted from 0."""
    resamples: int = RESAMPLES
    seed: int = 0

    @functools.cached_property
    def units(self) -> int:
        """Items, or clusters where there are any."""
        return int(self.unit_of_item.max()) + 1 if len(self.unit_of_item) else 0

    def chunks(self) -> Iterator[Array]:
        """Weights of shape (some, items), in order; the first row of the first chunk is all ones."""
        items = len(self.unit_of_item)
        yield np.ones((1, items))
        if self.units < FEWEST:
            return
        held = max(200, MOST_WEIGHTS // items)
        counts = resample_counts(self.units, min(self.resamples, held), self.seed)
        step = max(1, MOST_AT_ONCE // max(items, 1))
        for start in range(0, len(counts), step):
            yield counts[start : start + step][:, self.unit_of_item].astype(np.float64)

    def weights(self) -> Array:
        """All of them at once: shape (1 + resamples, items)."""
        return np.concatenate(list(self.chunks()))


def units_of(clusters: Sequence[str] | None, items: NDArray[np.intp]) -> NDArray[np.intp]:
    """The unit of each of these items."""
    if clusters is None:
        return np.arange(len(items))
    _, place = np.unique(np.asarray(clusters)[items], return_inverse=True)
    return place.astype(np.intp)


def interval(values: Array) -> tuple[float | None, float | None]:
    """The 95% percentile interval of the resamples; none where more than half of them are undefined."""
    known = values[~np.isnan(values)]
    if len(known) < FEWEST or len(known) * 2 < len(values):
        return None, None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def gathered(x: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Distinct pairs of ratings, shape (cells,) twice, and their weights, shape (resamples, cells)."""
    cells, place = np.unique(np.stack([x, y], axis=1), axis=0, return_inverse=True)
    return cells[:, 0], cells[:, 1], tally(weights, place.ravel(), len(cells))

"""The jackknife and the bootstrap over items, or over clusters where items are not independent.

One set of weights serves all pairs of raters, so that a difference between two coefficients keeps its pairing. The
jackknife gives the intervals of agreement; the bootstrap those of what jumps, as an order of systems does.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from judge.stats import Array, Interval, Scale, Units, on_scale, unbounded
from judge.trust.pairs import tally

RESAMPLES = 2000
MOST_COUNTS = 20_000_000
"""Resamples x units held in memory."""
MOST_WEIGHTS = 40_000_000
"""Resamples x items held in memory: 320 MB."""
MOST_AT_ONCE = 2_000_000
MOST_LEFT_OUT = 200
"""Units that are left out one by one; more of them in so many groups."""
MEDIAN = 1.06
"""How much more the median of three or more pairs varies than what is linear of it."""
BIASES = 5.0
"""Near its end an entropy falls short by its bias times chi-square over its degrees: five times in the worst 2.5%."""
FEW_CLUSTERS, LOST = 10, 2
"""Below so many clusters so many degrees of freedom less: near a scale's end 6 clusters have few that err at all, and
Student's t of 5 degrees held the truth in 91 to 93 of 100 simulated data sets (docs/intervals.md)."""
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

    def left_out(self) -> Array:
        """Weights of shape (1 + groups, items): every item once, then each unit left out in turn.

        Of more than MOST_LEFT_OUT units, so many groups of units, drawn by the seed: a unit lies in one of them.
        """
        items = len(self.unit_of_item)
        if self.units < FEWEST:
            return np.ones((1, items))
        groups = min(self.units, MOST_LEFT_OUT)
        order = np.random.default_rng(self.seed).permutation(self.units) % groups
        own = order[self.unit_of_item]
        rows = np.ones((1 + groups, items))
        rows[1 + own, np.arange(items)] = 0.0
        return rows

    def weights(self) -> Array:
        """All of them at once: shape (1 + resamples, items)."""
        return np.concatenate(list(self.chunks()))


def units_of(clusters: Sequence[str] | None, items: NDArray[np.intp]) -> NDArray[np.intp]:
    """The unit of each of these items."""
    if clusters is None:
        return np.arange(len(items))
    _, place = np.unique(np.asarray(clusters)[items], return_inverse=True)
    return place.astype(np.intp)


def percentiles(values: Array) -> tuple[float | None, float | None]:
    """The 95% percentile interval of the resamples; none where more than half of them are undefined."""
    known = values[~np.isnan(values)]
    if len(known) < FEWEST or len(known) * 2 < len(values):
        return None, None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def interval(values: Array, *, ends: Scale | None, items: int, biased: bool = False) -> Interval:
    """The jackknife interval (Quenouille, Tukey; Efron 1982) of a statistic of `items` items.

    `values` has the statistic of all units, then that without each (or without each group of them), as `left_out` gives
    the weights; `ends` are the statistic's smallest and largest possible value, None where it has none. NaN among them
    are left out; where more than half are, there is no interval. Of a `biased` statistic (a largest share, an entropy,
    a distance) it is also drawn around the value less BIASES times the jackknife's estimate of its bias.
    """
    value, others = float(values[0]), values[1:]
    known = others[~np.isnan(others)]
    count = len(known)
    if math.isnan(value) or count < FEWEST or count * 2 < len(others):
        return Interval(value, None, None)
    lost = LOST if count < FEW_CLUSTERS and count < items else 0
    parts = Units((value - known) * math.sqrt((count - 1) / count), count - 1 - lost)
    if ends is None:
        return unbounded(value, parts)
    low, high = ends
    span = high - low
    bias = BIASES * (count - 1) * (float(known.mean()) - value) if biased else 0.0
    made = [on_scale((own - low) / span, parts.times(1 / span), items=items) for own in {value, value - bias}]
    bounds = [end for found in made for end in (found.low, found.high) if end is not None]
    note = "wide, its bias is not known" if biased else made[0].note
    return Interval(value, low + span * min(bounds), low + span * max(bounds), note)


def middle_of(table: Array, *, mean: bool) -> Array:
    """The median (or mean) over the pairs, of shape (pairs, 1 + units), and what it is without each unit.

    A median hardly moves when a unit is left out, and then by jumps; so it is made linear: it moves as the pairs do,
    each by how near to the median it lies (a normal kernel, as wide as the largest of their standard errors), and
    MEDIAN times as far: a median of few varies more than their mean.
    """
    table = table[~np.isnan(table[:, 0])]
    if not len(table):
        return np.full(table.shape[1], np.nan)
    own = table[:, 0]
    value = float(own.mean() if mean else np.median(own))
    moves = np.nan_to_num(table[:, 1:] - own[:, None])
    wide = max(float(np.sqrt((moves**2).sum(axis=1)).max(initial=0.0)), 1e-9)
    near = np.ones(len(own)) if mean else np.exp(-((np.clip((own - value) / wide, -30, 30)) ** 2) / 2)
    factor = MEDIAN if len(own) > 2 and not mean else 1.0
    found: Array = np.concatenate([[value], value + factor * ((near / near.sum()) @ moves)])
    return found


def with_unseen(values: Array, items: int) -> Array:
    """A difference with two units more, one up and one down, as far as those that move it do (`stats.difference`).

    Each counts by the share of units that do not move it.
    """
    away = values[1:] - values[0]
    moved = np.abs(away[np.abs(away) > 1e-9])
    more = math.sqrt(1 - len(moved) / max(len(away), 1))
    size = float(np.sqrt((moved**2).mean())) if len(moved) else 2 / items
    found: Array = values[0] + np.concatenate([[0.0], away, [more * size, -more * size]])
    return found


def gathered(x: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Distinct pairs of ratings, shape (cells,) twice, and their weights, shape (resamples, cells)."""
    cells, place = np.unique(np.stack([x, y], axis=1), axis=0, return_inverse=True)
    return cells[:, 0], cells[:, 1], tally(weights, place.ravel(), len(cells))

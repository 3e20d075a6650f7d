"""Intervals: Wilson for shares, bootstrap for everything else, clustered where items are not independent.

Pure numpy. Sources: Wilson 1927; Kish's design effect for clustered shares; Efron's percentile bootstrap over
clusters (Miller, arXiv 2411.00640, on clustered errors of evaluations).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Z = 1.959963984540054
"""Two-sided 95%."""
RESAMPLES = 2000
RESAMPLES_LARGE = 1000
LARGE = 2000


class Interval(NamedTuple):
    """A value with its 95% interval; the interval is None where it cannot be had (fewer than two units)."""

    value: float
    low: float | None
    high: float | None


def wilson(share: float, n: float) -> tuple[float, float]:
    """The Wilson score interval of a share in [0, 1] over n (possibly effective) observations."""
    if n <= 0:
        raise ValueError("an interval needs at least one observation")
    centre = share + Z * Z / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low = 0.0 if share <= 0.0 else max(0.0, (centre - half) / scale)
    high = 1.0 if share >= 1.0 else min(1.0, (centre + half) / scale)
    return low, high


def per_item(values: Sequence[float], items: Sequence[str]) -> tuple[list[float], list[int]]:
    """The mean over each item's draws, and where each item stands first: draws of one item are not independent."""
    sums: dict[str, list[float]] = {}
    first: dict[str, int] = {}
    for position, (value, item) in enumerate(zip(values, items, strict=True)):
        sums.setdefault(item, []).append(value)
        first.setdefault(item, position)
    return [sum(own) / len(own) for own in sums.values()], list(first.values())


def share(values: Sequence[float], weights: Sequence[float], clusters: Sequence[str] | None) -> Interval:
    """A weighted mean of values in [0, 1] with a Wilson interval.

    With clusters, n is divided by the design effect: the clustered variance of the mean over that of
    independent items. Where all values agree it cannot be estimated: n is then the number of clusters.
    """
    x = np.asarray(values, dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    value = float((w * x).sum() / w.sum())
    n = effective_n(w)
    if clusters is not None:
        n = min(n, _clustered_n(x, w, clusters=clusters, mean=value))
    low, high = wilson(value, n)
    return Interval(value, low, high)


def independent(values: Array, clusters: Sequence[str]) -> float:
    """How many independent items the share of yes among these 0s and 1s is worth, given their clusters."""
    x = np.asarray(values, dtype=np.float64)
    ones = np.ones(len(x))
    return min(float(len(x)), _clustered_n(x, ones, clusters=clusters, mean=float(x.mean())))


def effective_n(weights: Array) -> float:
    """Kish: (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _clustered_n(x: Array, w: Array, *, clusters: Sequence[str], mean: float) -> float:
    sums = _cluster_sums(np.column_stack([w * (x - mean), w]), clusters)
    count = len(sums)
    variance = float((sums[:, 0] ** 2).sum()) / float(w.sum()) ** 2
    if count > 1:
        variance *= count / (count - 1)
    if variance <= 0 or mean in (0.0, 1.0):
        return float(count)
    return max(1.0, mean * (1 - mean) / variance)


def _cluster_sums(rows: Array, clusters: Sequence[str]) -> Array:
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.zeros((int(index.max()) + 1, rows.shape[1]))
    np.add.at(sums, index, rows)
    return sums


@lru_cache(maxsize=4)
def _resample_counts(units: int, seed: int) -> NDArray[np.uint16]:
    """How often each unit occurs in each resample: shape (resamples, units); the same for every metric."""
    rng = np.random.default_rng(seed)
    resamples = RESAMPLES if units <= LARGE else RESAMPLES_LARGE
    counts = np.empty((resamples, units), dtype=np.uint16)
    for row in range(resamples):
        counts[row] = np.bincount(rng.integers(0, units, units), minlength=units)
    return counts


def bootstrap(
    rows: Array, statistic: Callable[[Array], Array], *, clusters: Sequence[str] | None = None, seed: int = 0
) -> Interval:
    """A statistic of summed rows with a percentile interval.

    `rows` has shape (observations, k); `statistic` maps sums of shape (m, k) to m values. Clusters are
    resampled whole. NaN in more than half of the resamples gives no interval.
    """
    value = float(statistic(rows.sum(axis=0, keepdims=True))[0])
    units = rows if clusters is None else _cluster_sums(rows, clusters)
    if len(units) < 2 or math.isnan(value):
        return Interval(value, None, None)
    counts = _resample_counts(len(units), seed)
    parts = [statistic(counts[at : at + 250].astype(np.float64) @ units) for at in range(0, len(counts), 250)]
    values = np.concatenate(parts)
    values = values[~np.isnan(values)]
    if len(values) * 2 < len(counts):
        return Interval(value, None, None)
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def mean(values: Sequence[float], weights: Sequence[float], clusters: Sequence[str] | None) -> Interval:
    """A weighted mean with a bootstrap interval, resampling clusters where they are given."""
    w = np.asarray(weights, dtype=np.float64)
    rows = np.column_stack([w * np.asarray(values, dtype=np.float64), w])
    return bootstrap(rows, ratio, clusters=clusters)


def ratio(sums: Array) -> Array:
    """First column over second; NaN where the second is 0."""
    return divide(sums[:, 0], sums[:, 1], empty=math.nan)


def divide(top: Any, bottom: Any, *, empty: float) -> Array:
    """Elementwise quotient, `empty` where the denominator is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64))
    result: Array = np.divide(top, bottom, out=np.full(top.shape, empty), where=bottom != 0)
    return result

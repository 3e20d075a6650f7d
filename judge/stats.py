"""95% intervals of shares and means: score intervals with as many observations as the data are worth.

Pure numpy. A share or a mean on a scale with two ends has the hull of Wilson's score interval (1927) and Jeffreys' beta
interval (Brown, Cai and DasGupta 2001), with the effective number of observations of Korn and Graubard (1998) and
Student's t where the variance is estimated (of clusters: between whole clusters; Miller, arXiv 2411.00640). A mean
without ends has Hall's t-interval for skewed data (Hall 1992, as Willink 2005). docs/intervals.md has the reasons and
the measured coverage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from judge.distributions import Z, beta_quantile, student_quantile

Array = NDArray[np.float64]
FEW_EVENTS = 5.0
"""Effective observations at the nearer end of a scale below which an interval is wider than it need be."""
MANY_EVENTS = 15.0
"""From so many on, the beta interval adds nothing to Wilson's."""
FEW_DIFFER = 12
"""Pairs that differ below which the interval of a difference is wider than it need be."""
FEW_CLUSTERS = 20
"""Clusters below which it is so, too."""
PRIOR = 1 / 3
"""Of an observation at the nearer end, added as a yes or no where values between the ends are few (see `worth`)."""
FEW_FREE = 30
"""Degrees of freedom below which a skewed mean's interval is wide."""
SKEWED = "wide, skewed"
Scale = tuple[float, float]
RATE: Scale = (0.0, 1.0)


class Interval(NamedTuple):
    """A value with its 95% interval; the interval is None where it cannot be had (fewer than two units)."""

    value: float
    low: float | None
    high: float | None
    note: str = ""
    """Why the interval is wide, or why there is none; empty where it is neither."""


class Units(NamedTuple):
    """What varies independently: each cluster's part of the error of an estimate, and how many clusters there are."""

    parts: Array
    """Shape (clusters,); divided by the root of 1 - the cluster's share of the weight, which takes the place of
    G / (G - 1) where clusters differ in size (CR2 of Bell and McCaffrey 2002, for a mean)."""
    freedom: float
    """Clusters of one size that they are worth (Kish), less one."""

    @property
    def number(self) -> int:
        """Clusters."""
        return len(self.parts)

    @property
    def variance(self) -> float:
        """Of the estimate."""
        return float((self.parts**2).sum())

    def times(self, factor: float) -> Units:
        """Of the estimate times this factor."""
        return Units(self.parts * factor, self.freedom)


def wilson(share: float, n: float, z: float = Z) -> tuple[float, float]:
    """The Wilson score interval of a share in [0, 1] over n (possibly effective) observations."""
    if n <= 0:
        raise ValueError("an interval needs at least one observation")
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if share <= 0.0 else max(0.0, (centre - half) / scale)
    high = 1.0 if share >= 1.0 else min(1.0, (centre + half) / scale)
    return low, high


def jeffreys(share: float, n: float) -> tuple[float, float]:
    """The beta interval of a share of n (possibly effective) observations with half a yes and half a no added."""
    a, b = n * share + 0.5, n * (1 - share) + 0.5
    low = 0.0 if share <= 0.0 else beta_quantile(0.025, a, b)
    high = 1.0 if share >= 1.0 else beta_quantile(0.975, a, b)
    return low, high


def score_interval(share: float, n: float, freedom: float = math.inf) -> tuple[float, float]:
    """The hull of both for a share of n effective observations; `freedom` is that of the variance behind n.

    Either alone covers less than 93% somewhere near the ends (Wilson of 50 observations at .99: 91.1%).
    """
    t = student_quantile(freedom)
    one = wilson(share, n, t)
    other = jeffreys(share, n * (Z / t) ** 2) if n * min(share, 1 - share) < MANY_EVENTS else one
    return min(one[0], other[0], share), max(one[1], other[1], share)


def per_item(values: Sequence[float], items: Sequence[str]) -> tuple[list[float], list[int]]:
    """The mean over each item's draws, and where each item stands first: draws of one item are not independent."""
    sums: dict[str, list[float]] = {}
    first: dict[str, int] = {}
    for position, (value, item) in enumerate(zip(values, items, strict=True)):
        sums.setdefault(item, []).append(value)
        first.setdefault(item, position)
    return [sum(own) / len(own) for own in sums.values()], list(first.values())


def share(values: Sequence[float], weights: Sequence[float], clusters: Sequence[str] | None) -> Interval:
    """A weighted mean of values in [0, 1] with a score interval.

    Of yes and no, n is Kish's, divided by the clusters' design effect where that is above 1. Of shares (of an item's
    draws), n follows from their variance. Where all values agree, it is the number of clusters.
    """
    x = np.asarray(values, dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    value = float((w * x).sum() / w.sum())
    binary = bool(((x == 0) | (x == 1)).all())
    if binary and clusters is None:
        n = effective_n(w)
        return Interval(value, *score_interval(value, n), near_end(value, n))
    most = effective_n(w) if binary else math.inf
    return on_scale(value, units(w * (x - value) / w.sum(), w, clusters), items=len(x), most=most)


def on_scale(value: float, parts: Units, *, items: int, most: float = math.inf) -> Interval:
    """The score interval of a value in [0, 1] whose error has these parts; `most`: what it may be worth at most.

    Where all units agree, it is worth as many observations as there are units.
    """
    value = min(1.0, max(0.0, value))
    variance = parts.variance if parts.number > 1 else 0.0
    if variance <= 1e-30 or value in (0.0, 1.0):
        n = float(parts.number)
        return Interval(value, *score_interval(value, n), near_end(value, n))
    n = min(most, worth(value, variance, items))
    low, high = score_interval(value, n, parts.freedom)
    return Interval(value, low, high, near_end(value, n) or few(parts.number, items))


def worth(value: float, variance: float, count: int) -> float:
    """How many yes-or-no observations a value in (0, 1) with this variance is worth.

    Values between the ends vary less than yes and no would, as far as one can see: near an end, where little is seen,
    PRIOR of an observation there is taken to be a yes or no of `count`.
    """
    n = value * (1 - value) / variance
    if n <= count:
        return max(n, 1e-6)
    events = n * min(value, 1 - value)
    return n * (events + PRIOR) / (events + PRIOR * n / count)


def near_end(value: float, n: float) -> str:
    """The reason for a wide interval where a share is near 0 or 1 for its number of observations."""
    if value in (0.0, 1.0):
        return f"wide, all alike, of {n:.0f}"
    if n * min(value, 1 - value) >= FEW_EVENTS:
        return ""
    return "wide, near the end of the scale" if min(value, 1 - value) < 0.1 else f"wide, worth {n:.0f} observations"


def few(count: int, items: int = 0) -> str:
    """The reason for a wide interval where there are few units; `items`: where each of so many is one of them."""
    return f"wide, {count} {'items' if count == items else 'clusters'}" if count < FEW_CLUSTERS else ""


def units(parts: Array, weights: Array, clusters: Sequence[str] | None) -> Units:
    """Parts of an error, shape (n,), and the weight of each observation, added up by cluster."""
    if clusters is not None:
        parts, weights = cluster_sums(np.column_stack([parts, weights]), clusters).T
    held = weights / weights.sum()
    if len(parts) < 2 or float(held.max()) > 1 - 1e-9:
        return Units(parts, 0.0)
    return Units(parts / np.sqrt(1 - held), 1 / float((held**2).sum()) - 1)


def independent(values: Array, clusters: Sequence[str]) -> float:
    """How many independent items the share of yes among these 0s and 1s is worth, given their clusters."""
    x = np.asarray(values, dtype=np.float64)
    value = float(x.mean())
    parts = units((x - value) / len(x), np.ones(len(x)), clusters)
    if parts.number < 2 or value in (0.0, 1.0) or parts.variance <= 0:
        return float(min(parts.number, len(x)))
    return min(float(len(x)), max(1.0, value * (1 - value) / parts.variance))


def effective_n(weights: Array) -> float:
    """Kish: (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def cluster_sums(rows: Array, clusters: Sequence[str]) -> Array:
    """Rows, shape (n, k), added up by cluster: shape (clusters, k)."""
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    size = int(index.max()) + 1
    return np.stack([np.bincount(index, weights=column, minlength=size) for column in rows.T], axis=1)


def mean(
    values: Sequence[float], weights: Sequence[float], clusters: Sequence[str] | None, *, scale: Scale | None = None
) -> Interval:
    """A weighted mean with its interval; `scale` gives the ends that no value can pass, where there are any.

    With ends it is a score interval of the mean's place between them; without, Hall's t-interval. Equal values without
    ends have no interval: nothing tells how much they vary.
    """
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    value = float((w * x).sum() / w.sum())
    parts = units(w * (x - value) / w.sum(), w, clusters)
    if parts.number < 2 or math.isnan(value):
        return Interval(value, None, None)
    if scale is None:
        return unbounded(value, parts, least=0.0 if x.min() >= 0 else None, items=len(x))
    low, high = scale
    span = high - low
    if span <= 0 or x.min() < low - 1e-9 * span or x.max() > high + 1e-9 * span:
        return unbounded(value, parts, items=len(x))
    found = on_scale((value - low) / span, parts.times(1 / span), items=len(x))
    ends = [low + span * end for end in (found.low or 0.0, 1.0 if found.high is None else found.high)]
    return Interval(value, ends[0], ends[1], found.note)


def unbounded(value: float, parts: Units, *, least: float | None = None, items: int = 0) -> Interval:
    """Student's t-interval and Hall's, which moves its ends for the skewness of the units (1992): the hull of both.

    Of values that cannot lie below `least`, Hall's and Student's of the logarithm.
    """
    size = abs(value) + float(np.abs(parts.parts).max(initial=0.0))
    if parts.number < 2 or parts.variance <= (1e-14 * size) ** 2:
        return Interval(value, None, None, "none, all values are equal")
    spread = math.sqrt(float((parts.parts**2).mean()))
    skew = float((parts.parts**3).mean()) / spread**3
    freedom = 2 * parts.freedom / (2 + skew**2)
    error, t = math.sqrt(parts.variance), student_quantile(freedom)
    bend = skew / (6 * math.sqrt(parts.number))
    ends = [value - error * _bent(t, bend), value - error * _bent(-t, bend)]
    if least is not None and value > least:
        above = value - least
        factor = math.exp(min(t * error / above, 50.0))
        ends = [max(end, least) for end in ends] + [least + above / factor, least + above * factor]
    else:
        ends += [value - error * t, value + error * t]
    note = few(parts.number, items) or (SKEWED if freedom < FEW_FREE else "")
    return Interval(value, min(*ends, value), max(*ends, value), note)


def _bent(t: float, bend: float) -> float:
    """The inverse of Hall's cubic: t itself where there is no skewness."""
    if abs(bend) < 1e-9:
        return t
    inner = 1 + 6 * bend * (t - bend)
    return (math.copysign(abs(inner) ** (1 / 3), inner) - 1) / (2 * bend)


def difference(values: Sequence[float], clusters: Sequence[str] | None, *, step: float) -> Interval:
    """The mean of paired differences with its t-interval; `step` is what one of them is where all are 0.

    Where most units do not differ, two units are added that differ by as much as the others do, one up and one down
    (Bonett and Price 2012 do so for yes and no): each counts by the share of units without a difference.
    """
    x = np.asarray(values, dtype=np.float64)
    value = float(x.mean())
    ones = np.ones(len(x))
    parts = units((x - value) / len(x), ones, clusters)
    if parts.number < 2:
        return Interval(value, None, None)
    sums = x if clusters is None else cluster_sums(x[:, None], clusters)[:, 0]
    moved = np.abs(sums[np.abs(sums) > 1e-12])
    more = 1 - len(moved) / parts.number
    size = float(moved.mean()) if len(moved) else step
    held = 1 + 2 * more / parts.number
    centre = value / held
    added = 2 * more * (size / len(x)) ** 2
    error = math.sqrt(parts.variance + added) / held
    t = student_quantile(parts.freedom)
    skewed = unbounded(value, parts, items=len(x))
    lows = [centre - t * error, value, *([skewed.low] if skewed.low is not None else [])]
    highs = [centre + t * error, value, *([skewed.high] if skewed.high is not None else [])]
    note = "wide, nothing differs" if not len(moved) else "wide, few differ" if len(moved) < FEW_DIFFER else ""
    return Interval(value, min(lows), max(highs), note or few(parts.number, len(x)))


def ratio(sums: Array) -> Array:
    """First column over second; NaN where the second is 0."""
    return divide(sums[:, 0], sums[:, 1], empty=math.nan)


def divide(top: Any, bottom: Any, *, empty: float) -> Array:
    """Elementwise quotient, `empty` where the denominator is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64))
    result: Array = np.divide(top, bottom, out=np.full(top.shape, empty), where=bottom != 0)
    return result

"""How a judge uses its scale beside how people do: histograms, their distance, the modal level and the entropy.

A judge that gives nearly everything a 4 agrees often and says little (arXiv 2405.01724). Pure numpy.
"""

from __future__ import annotations

import dataclasses
import math
from statistics import NormalDist

import numpy as np

from judge.distributions import Z, beta_quantile
from judge.stats import RATE, Array
from judge.trust.resampling import interval
from judge.trust.scale import Scale


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A number of the judge's and the people's use of the scale, with its 95% interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str = ""
    """Why the interval is wide; empty where it is not."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Of the items that the judge and at least one person rated; each item counts once, split among its people."""

    levels: tuple[float, ...] = ()
    judge: tuple[float, ...] = ()
    """Share of the judge's ratings at each level; they sum to 1."""
    people: tuple[float, ...] = ()
    n: int = 0
    distance: Use = Use()
    """Wasserstein-1 of the two histograms, in levels: 0 where they are alike; none for labels, which have no order."""
    judge_modal: Use = Use()
    """Share of the judge's commonest level."""
    people_modal: Use = Use()
    judge_entropy: Use = Use()
    """H / log K, in [0, 1]: 0 where one level is all, 1 where all K are as common."""
    people_entropy: Use = Use()
    reason: str = ""
    """Why there is none of it."""


def spread_of(row: Array, people: Array, *, scale: Scale, weights: Array) -> Spread:
    """Of one judge, shape (items,), and people, shape (people, items); `weights` as the resampler gives them."""
    rated = ~np.isnan(people)
    used = ~np.isnan(row) & rated.any(axis=0)
    if not used.any():
        return Spread(reason="no item was rated by the judge and a person")
    levels = np.asarray(scale.levels)
    if len(levels) < 2 or not (scale.holds(row[used]) and scale.holds(people[:, used][rated[:, used]])):
        return Spread(n=int(used.sum()), reason="ratings between the levels, or no levels: no histogram")
    mine = (row[used][:, None] == levels).astype(np.float64)
    theirs = (people[:, used][:, :, None] == levels).sum(axis=0) / rated[:, used].sum(axis=0)[:, None]
    counts = weights[:, used]
    total = counts.sum(axis=1, keepdims=True)
    own, other = (
        np.divide(counts @ part, total, out=np.full((len(counts), len(levels)), np.nan), where=total > 0)
        for part in (mine, theirs)
    )
    away, n = np.cumsum(own - other, axis=1)[:, :-1], int(used.sum())
    return Spread(
        levels=tuple(levels.tolist()),
        judge=tuple(own[0].tolist()),
        people=tuple(other[0].tolist()),
        n=n,
        distance=Use() if scale.nominal else _distance(away, items=n),
        judge_modal=_largest(own, items=n),
        people_modal=_largest(other, items=n),
        judge_entropy=_use(_entropy(own), items=n),
        people_entropy=_use(_entropy(other), items=n),
    )


def _entropy(shares: Array) -> Array:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    found: Array = -(shares * logs).sum(axis=1) / math.log(shares.shape[1])
    return np.abs(found)  # no -0.0


def _use(values: Array, *, items: int) -> Use:
    made = interval(values, ends=RATE, items=items, biased=True)
    return Use(value=made.value, low=made.low, high=made.high, interval=made.note)


def _distance(away: Array, *, items: int) -> Use:
    """Of the differences of the cumulated shares, shape (1 + units, levels - 1); each of them may be 0 by chance."""
    made = interval(np.abs(away).sum(axis=1), ends=(0.0, float(away.shape[1])), items=items)
    if made.low is None:
        return Use(value=made.value)
    each = np.array([abs(float(own[0])) for own in away.T])
    bounds = [interval(own, ends=(-1.0, 1.0), items=items) for own in away.T]
    least = sum(max(0.0, own.low or 0.0, -(own.high or 0.0)) for own in bounds)
    low = min(made.low, least, float(each.sum()))
    return Use(value=made.value, low=low, high=made.high, interval="wide, its bias is not known")


def _largest(shares: Array, *, items: int) -> Use:
    """The largest of K shares: any of them may be it by chance, so its lower end is exact and Bonferroni's for K."""
    made = interval(shares.max(axis=1), ends=RATE, items=items)
    if made.low is None:
        return Use(value=made.value)
    k, value = shares.shape[1], made.value
    farther = NormalDist().inv_cdf(1 - 0.025 / k) / Z
    exact = beta_quantile(0.025 / k, items * value, items * (1 - value) + 1)
    low = max(1 / k, min(exact, value - farther * (value - made.low)))
    return Use(value=value, low=low, high=made.high, interval="wide, the largest of several shares")

"""How a judge uses its scale beside how people do: histograms, their distance, the modal level and the entropy.

A judge that gives nearly everything a 4 agrees often and says little (arXiv 2405.01724). Pure numpy.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from judge.stats import Array
from judge.trust.resampling import interval
from judge.trust.scale import Scale


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A number of the judge's and the people's use of the scale, with its 95% interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


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
    apart = np.abs(np.cumsum(own - other, axis=1))[:, :-1].sum(axis=1)
    return Spread(
        levels=tuple(levels.tolist()),
        judge=tuple(own[0].tolist()),
        people=tuple(other[0].tolist()),
        n=int(used.sum()),
        distance=Use() if scale.nominal else _use(apart),
        judge_modal=_use(own.max(axis=1)),
        people_modal=_use(other.max(axis=1)),
        judge_entropy=_use(_entropy(own)),
        people_entropy=_use(_entropy(other)),
    )


def _entropy(shares: Array) -> Array:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    found: Array = -(shares * logs).sum(axis=1) / math.log(shares.shape[1])
    return np.abs(found)  # no -0.0


def _use(values: Array) -> Use:
    low, high = interval(values[1:])
    return Use(value=float(values[0]), low=low, high=high)

"""The delta method: intervals of a statistic of sums, such as F1, kappa or a ratio, without a single resample.

The statistic is made linear around the sums (the infinitesimal jackknife; Efron, The Jackknife, the Bootstrap and Other
Resampling Plans, 1982, chapter 6), which gives each observation's part of its error. Where a statistic has a `Prior`,
what is linear is not that of the sums themselves, which show no error where few are seen, but of smoothed ones.
docs/intervals.md has the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from judge.stats import Array, Interval, Scale, few, near_end, score_interval, unbounded, units

Statistic = Callable[[Array], Array]
"""Of sums, shape (m, k), m values; it does not change where all sums are multiplied by one number."""
_STEP = 1e-4
_SAME = 1e-6
LEAST_EFFECT = 0.5
"""Of a design effect: draws of an item are worth at most two items."""


class Prior(NamedTuple):
    """What is known before any observation: what an error would look like, and that parts of a whole are alike."""

    errors: Array
    """Observations that might have been, shape (m, k): one of them in all is added."""
    chances: Array
    """How likely each of them is, shape (m,); they sum to 1."""
    weights: Array
    """The weight of each observation that there is, shape (n,)."""
    smooth: Array
    """The sums, shape (k,), each part of them drawn towards the whole: what is made linear."""
    drawn: Array
    """The sums with the prior's own added, shape (k,): their value is in the interval too."""


def linear(
    rows: Array,
    statistic: Statistic,
    *,
    clusters: Sequence[str] | None = None,
    scale: Scale | None = None,
    prior: Prior | None = None,
) -> Interval:
    """A statistic of summed rows, shape (n, k), with its interval; clusters count as wholes.

    With a scale and a prior it is a score interval, around the value and around that of `drawn`; else Hall's
    t-interval. NaN, and fewer than two units, have none.
    """
    total = rows.sum(axis=0)
    value = float(statistic(total[None])[0])
    if math.isnan(value) or len(rows) < 2 or (clusters is not None and len(set(clusters)) < 2):
        return Interval(value, None, None)
    if scale is None or prior is None:
        parts = rows @ gradient(statistic, total)
        return unbounded(value, units(parts - parts.mean(), np.ones(len(rows)), clusters))
    sums = prior.smooth + prior.chances @ prior.errors
    slope = gradient(statistic, sums)
    parts = rows @ slope
    parts = parts - parts.mean()
    made = units(parts, prior.weights, clusters)
    mass = float(prior.weights.sum())
    alone = float((parts**2 / prior.weights).sum())
    made_up = float(prior.chances @ (prior.errors @ slope) ** 2)
    alike = alone <= _SAME * made_up
    effect = mass / made.number if alike else max(LEAST_EFFECT, made.variance / alone)
    variance = (made.variance + effect * made_up) * (1 + 1 / mass)
    low, high = scale
    span = high - low
    ends = [_place(statistic, own, scale) for own in (sums, total, prior.drawn)]
    n = ends[0] * (1 - ends[0]) * span**2 / variance if variance > 0 and 0 < ends[0] < 1 else float(made.number)
    bounds = [score_interval(place, n, math.inf if alike else made.freedom) for place in ends[1:]]
    note = near_end(ends[1], n) or ("" if clusters is None else few(made.number))
    return Interval(value, low + span * min(own[0] for own in bounds), low + span * max(own[1] for own in bounds), note)


def _place(statistic: Statistic, sums: Array, scale: Scale) -> float:
    """Where between the ends of the scale, from 0 to 1."""
    value = float(statistic(sums[None])[0])
    return min(1.0, max(0.0, (value - scale[0]) / (scale[1] - scale[0])))


def gradient(statistic: Statistic, at: Array) -> Array:
    """By central differences, shape (k,); a column of 0 has none."""
    steps = np.where(at > 0, np.minimum(_STEP * max(float(at.max()), 1.0), at / 2), 0.0)
    moved = np.diag(steps)
    change = statistic(at + moved) - statistic(at - moved)
    found: Array = np.divide(change, 2 * steps, out=np.zeros_like(at), where=steps > 0)
    found[np.isnan(found)] = 0.0
    return found

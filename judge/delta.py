"""The delta method: intervals of a statistic of sums, such as F1, kappa or a ratio, without a single resample.

The statistic is made linear around the sums (the infinitesimal jackknife, Efron 1982, chapter 6), which gives each
unit's part of its error; the interval is the score interval of `judge.stats`. Near the ends, where errors are few or
none, pseudo-observations say where errors may occur: as many in all as one observation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from judge.stats import Array, Interval, Scale, cluster_sums, few, near_end, score_interval, unbounded, units

Statistic = Callable[[Array], Array]
"""Of sums, shape (m, k), m values."""
_STEP = 1e-4
PSEUDO = 1.0
FLOOR = 0.5
"""Pseudo-observations in all."""


class Pseudo(NamedTuple):
    """Observations that might have been: shape (m, k), and how likely each is, which sum to 1."""

    rows: Array
    chances: Array
    weights: Array
    prior: Array
    at: Array


def linear(
    rows: Array,
    statistic: Statistic,
    *,
    clusters: Sequence[str] | None = None,
    scale: Scale | None = None,
    pseudo: Pseudo | None = None,
) -> Interval:
    """A statistic of summed rows, shape (n, k), with its interval; clusters count as wholes.

    The value itself is without pseudo-observations. Without a scale it is a t-interval. NaN has no interval.
    """
    total = rows.sum(axis=0)
    value = float(statistic(total[None])[0])
    sums = rows if clusters is None else cluster_sums(rows, clusters)
    if len(sums) < 2 or math.isnan(value):
        return Interval(value, None, None)
    smooth = total if pseudo is None else pseudo.at + PSEUDO * (pseudo.chances @ pseudo.rows)
    slope = gradient(statistic, smooth)
    weights = np.ones(len(rows)) if pseudo is None else pseudo.weights
    made = units(_centred(rows @ slope), weights, clusters)
    if scale is None or pseudo is None:
        return unbounded(value, made)
    alone = float((_centred(rows @ slope) ** 2 / weights).sum())
    made_up = PSEUDO * float(pseudo.chances @ (pseudo.rows @ slope) ** 2)
    none = alone <= 1e-6 * made_up
    effect = float(pseudo.weights.sum()) / len(sums) if none else max(FLOOR, made.variance / alone)
    variance = (made.variance + effect * made_up) * (1 + PSEUDO / float(pseudo.weights.sum()))
    low, high = scale
    span = high - low
    middle = (float(statistic(smooth[None])[0]) - low) / span
    places = [min(1.0, max(0.0, (own - low) / span)) for own in (value, float(statistic((total + pseudo.prior)[None])[0]))]
    n = middle * (1 - middle) * span**2 / variance if variance > 0 and 0 < middle < 1 else float(len(sums))
    ends = [score_interval(place, n, math.inf if none else made.freedom) for place in places]
    bounds = min(end[0] for end in ends), max(end[1] for end in ends)
    note = near_end(places[0], n) or ("" if clusters is None else few(len(sums)))
    return Interval(value, low + span * bounds[0], low + span * bounds[1], note)


def _centred(parts: Array) -> Array:
    away: Array = parts - parts.mean()
    return away


def gradient(statistic: Statistic, at: Array) -> Array:
    """By central differences, shape (k,); a column of 0 has none."""
    steps = np.where(at > 0, np.minimum(_STEP * max(float(at.max()), 1.0), at / 2), 0.0)
    moved = np.diag(steps)
    change = statistic(at + moved) - statistic(at - moved)
    found: Array = np.divide(change, 2 * steps, out=np.zeros_like(at), where=steps > 0)
    return found

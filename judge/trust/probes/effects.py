"""How large an effect is: means, shares and stability of a judge's ratings, with intervals over items or clusters.

Pure numpy. A trial is one rating under a probe beside the rating without it; several trials of one item are no
independent observations, so intervals resample items (or clusters of items) whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from judge import stats
from judge.stats import Array
from judge.trust.raters import krippendorff
from judge.trust.resampling import Resampler, interval

SAME = 1e-9
NEAR = 0.5
"""Of a level: weighed ratings (G-Eval) nearer than this are the same level to anybody."""


class Number(NamedTuple):
    """A value with its 95% interval and what it is over; None with the reason where there is none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str = ""


NOTHING = Number(None, None, None, 0, "no item was rated with the probe and without it")


def mean_of(values: Sequence[float], units: Sequence[str]) -> Number:
    """The mean over trials; `units` names the item or cluster of each."""
    if not len(values):
        return NOTHING
    found = stats.difference(list(values), list(units), step=1.0)
    return Number(_clean(found.value), _bound(found.low), _bound(found.high), len(values))


def share_of(values: Sequence[bool], units: Sequence[str]) -> Number:
    """The share of trials that are true, with Wilson's interval; n is lessened where trials of one unit are alike."""
    if not len(values):
        return NOTHING
    found = stats.share([float(value) for value in values], [1.0] * len(values), list(units))
    return Number(found.value, found.low, found.high, len(values))


def trials_share(values: Sequence[bool]) -> Number:
    """The share of attacks that succeed, with Wilson's interval over the attacks themselves, as they are published."""
    if not len(values):
        return Number(None, None, None, 0, "no attack was rated")
    hits = sum(values)
    low, high = stats.wilson(hits / len(values), len(values))
    return Number(hits / len(values), low, high, len(values))


def _clean(value: float) -> float:
    return value if abs(value) > SAME else 0.0


def _bound(value: float | None) -> float | None:
    return None if value is None else _clean(value)


class Retest(NamedTuple):
    """Stability of repeated ratings; `items` have two ratings or more."""

    alpha: Number
    """Krippendorff's ordinal alpha with the repeats as raters."""
    flips: Number
    """1 - the mean share of an item's commonest rating."""
    deviation: Number
    """Pooled within-item standard deviation, in levels."""
    distance: Number
    """Mean |rating of a repeat - first rating|, in levels."""
    same: Number
    """Share of repeats that are as the first rating."""
    repeats: int


def retest(table: Array, units: Sequence[str], step: float, *, near: float = SAME) -> Retest | None:
    """Of ratings of shape (repeats, items), NaN where there is none; None where no item has two.

    `near`: levels within which two ratings are the same, which weighed ratings need; flips are then of nearest levels.
    """
    several = (~np.isnan(table)).sum(axis=0) >= 2
    if not several.any():
        return None
    table, named = table[:, several], [unit for unit, kept in zip(units, several, strict=True) if kept]
    items = table.shape[1]
    weights = Resampler(unit_of_item=_units(named)).left_out()
    alpha = krippendorff(table, "ordinal", weights)
    rounded = table if near <= SAME else np.round(table / step)
    modal = np.array([_modal(column) for column in rounded.T])
    spread = np.nanvar(table, axis=0, ddof=1) / step**2
    first = np.array([column[~np.isnan(column)][0] for column in table.T])
    later = [
        (abs(float(value) - float(first[place])) / step, named[place])
        for place, column in enumerate(table.T)
        for value in column[~np.isnan(column)][1:]
    ]
    apart, of = [distance for distance, _ in later], [unit for _, unit in later]
    return Retest(
        alpha=_alpha(alpha, items),
        flips=_weighted(1 - modal, weights),
        deviation=_rooted(_weighted(spread, weights)),
        distance=mean_of(apart, of),
        same=share_of([distance < near for distance in apart], of),
        repeats=int((~np.isnan(table)).any(axis=1).sum()),
    )


def _units(units: Sequence[str]) -> NDArray[np.intp]:
    return np.unique(np.asarray(units), return_inverse=True)[1].astype(np.intp)


def _modal(column: Array) -> float:
    own = column[~np.isnan(column)]
    return float(np.unique(own, return_counts=True)[1].max() / len(own))


def _alpha(values: Array, items: int) -> Number:
    if np.isnan(values[0]):
        return Number(None, None, None, items, "no variance: every rating is the same")
    made = interval(np.minimum(values, 1.0), ends=(-1.0, 1.0), items=items)  # 1 + rounding
    return Number(made.value, made.low, made.high, items)


def _weighted(values: Array, weights: Array, ends: stats.Scale | None = stats.RATE) -> Number:
    made = interval(weights @ values / weights.sum(axis=1), ends=ends, items=len(values))
    return Number(_clean(made.value), _bound(made.low), _bound(made.high), len(values))


def _rooted(number: Number) -> Number:
    roots = [None if value is None else float(np.sqrt(max(value, 0.0))) for value in number[:3]]
    return Number(roots[0], roots[1], roots[2], number.n)

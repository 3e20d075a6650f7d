"""Is a judge right when it is sure, and does it rate length? Two measures that need people's ratings of the same items.

Confidence is what the judge says of its own rating, from 0 to 1; right is the share of people who gave the same.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from judge.stats import Array
from judge.trust.both import Both, told
from judge.trust.findings import UNMADE, Statistic
from judge.trust.pairs import Cells, over, spearman
from judge.trust.resampling import gathered

BINS = 10
_MOST = 2000
"""Items up to which the concordance is resampled: its time grows with their square."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One judge on one criterion, of the items with a confidence."""

    judge: str
    criterion: str
    n: int
    confidence: Statistic = UNMADE
    """Its mean."""
    right: Statistic = UNMADE
    """The mean share of people who gave what the judge gave."""
    ece: Statistic = UNMADE
    """Expected calibration error, ten bins of equal width (Guo et al., arXiv 1706.04599); too high for few items."""
    brier: Statistic = UNMADE
    """mean((confidence - right)^2)."""
    concordance: Statistic = UNMADE
    """Of two items of which one is rated more rightly, how often that is the surer one (ties half); 0.5 is chance."""
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """One judge on one criterion: Spearman of length with its ratings, and what people's ratings do not explain."""

    judge: str
    criterion: str
    n: int
    with_judge: Statistic = UNMADE
    with_people: Statistic = UNMADE
    """With the mean of people's ratings: length may be worth something."""
    partial: Statistic = UNMADE
    """Of length and the judge's ratings, given people's mean; 0 where the judge rates length as people do."""
    reason: str = ""


def calibration(both: Both, confidence: Array) -> Calibration:
    """`confidence` of each item of the whole table, NaN for none."""
    own = confidence[both.items]
    known = ~np.isnan(own)
    n = int(known.sum())
    bare = Calibration(judge=both.judge, criterion=both.criterion, n=n)
    if not n:
        return dataclasses.replace(bare, reason="the judge gives no confidence")
    people = both.people[:, known]
    if not (both.scale.holds(both.row[known]) and both.scale.holds(people[~np.isnan(people)])):
        return dataclasses.replace(bare, reason="ratings between the levels: nobody gave the same")
    sure, right = own[known], both.same[known]
    weights = both.weights[:, known]
    n_of = weights.sum(axis=1)
    bins = np.eye(BINS)[np.minimum((sure * BINS).astype(np.intp), BINS - 1)]
    gaps = np.abs(weights @ (bins * (sure - right)[:, None])).sum(axis=1)
    return dataclasses.replace(
        bare,
        confidence=told(over(weights @ sure, n_of)),
        right=told(over(weights @ right, n_of)),
        ece=told(over(gaps, n_of)),
        brier=told(over(weights @ (sure - right) ** 2, n_of)),
        concordance=told(_concordance(sure, right, weights), reason="no variance: all are rated as rightly"),
    )


def _concordance(sure: Array, right: Array, weights: Array) -> Array:
    x, y, counts = gathered(sure, right, weights if len(sure) <= _MOST else weights[:1])
    better = (y[:, None] > y[None, :]).astype(np.float64)
    wins = better * (np.sign(x[:, None] - x[None, :]) + 1) / 2
    pairs = ((counts @ better) * counts).sum(axis=1)
    values = over(((counts @ wins) * counts).sum(axis=1), pairs)
    return np.concatenate([values, np.full(len(weights) - len(values), np.nan)])


def lengths(both: Both, length: Array) -> Lengths:
    """`length` of each item of the whole table (characters, words, seconds), NaN for none."""
    own = length[both.items]
    known = ~np.isnan(own)
    n = int(known.sum())
    bare = Lengths(judge=both.judge, criterion=both.criterion, n=n)
    if both.scale.nominal:
        return dataclasses.replace(bare, reason="labels have no order")
    if n < 3:
        return dataclasses.replace(bare, reason="fewer than three rated items have a length")
    rows = {"l": own[known], "j": both.row[known], "h": both.mean[known]}
    r = {pair: _rank(rows[pair[0]], rows[pair[1]], both.weights[:, known]) for pair in ("lj", "lh", "jh")}
    rest = np.sqrt(np.clip((1 - r["jh"] ** 2) * (1 - r["lh"] ** 2), 0.0, None))
    partial = np.clip(over(r["lj"] - r["jh"] * r["lh"], np.where(rest > 1e-9, rest, 0.0)), -1.0, 1.0)
    same = "no variance: length, the judge's or people's ratings are all alike"
    return dataclasses.replace(
        bare,
        with_judge=told(r["lj"], reason=same),
        with_people=told(r["lh"], reason=same),
        partial=told(partial, reason=same),
    )


def _rank(x: Array, y: Array, weights: Array) -> Array:
    own_x, own_y, counts = gathered(x, y, weights)
    return spearman(Cells(x=own_x, y=own_y, weights=counts))

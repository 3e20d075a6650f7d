"""Agreement among any number of raters: the six ICCs, Krippendorff's alpha, Fleiss' kappa.

Pure numpy. Shrout and Fleiss, Psychological Bulletin 86, 1979; Krippendorff, Content Analysis, chapter 12; Fleiss,
Psychological Bulletin 76, 1971. What is undefined is NaN; agreement.py says why.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from judge.stats import Array

Level = Literal["nominal", "ordinal", "interval"]


class Icc(NamedTuple):
    """The six intraclass correlations of Shrout and Fleiss, their table 4."""

    icc_1_1: float
    icc_2_1: float
    icc_3_1: float
    icc_1_k: float
    icc_2_k: float
    icc_3_k: float


def icc(table: Array) -> Icc:
    """Of a complete table of shape (items, raters), at least 2 of each."""
    n, k = table.shape
    grand = table.mean()
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    between = k * ((rows - grand) ** 2).sum() / (n - 1)
    raters = n * ((columns - grand) ** 2).sum() / (k - 1)
    error = ((table - rows - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    within = ((table - rows) ** 2).sum() / (n * (k - 1))
    return Icc(
        _over(between - within, between + (k - 1) * within),
        _over(between - error, between + (k - 1) * error + k * (raters - error) / n),
        _over(between - error, between + (k - 1) * error),
        _over(between - within, between),
        _over(between - error, between + (raters - error) / n),
        _over(between - error, between),
    )


def _over(top: float, bottom: float) -> float:
    return float(top / bottom) if abs(bottom) > 1e-12 else float("nan")


def krippendorff(ratings: Array, level: Level, weights: Array | None = None) -> Array:
    """Alpha of ratings of shape (raters, items), NaN where there is none, for each row of weights.

    `weights` of shape (resamples, items) say how often each item occurs; without them each does once. Items with one
    rating count for nothing. Gives shape (resamples,), NaN where there is no pair or no variance.
    """
    weights = np.ones((1, ratings.shape[1])) if weights is None else weights
    present = ~np.isnan(ratings)
    own = present.sum(axis=0)
    pairable = own >= 2
    values = np.unique(ratings[present & pairable])
    if not len(values):
        return np.full(len(weights), np.nan)
    ratings, weights, own = ratings[:, pairable], weights[:, pairable], own[pairable]
    tallies = np.stack([(ratings == value).sum(axis=0) for value in values], axis=1).astype(np.float64)
    counts = weights @ tallies
    total = counts.sum(axis=1)
    if level == "nominal":
        inside = (own**2 - (tallies**2).sum(axis=1)) / (own - 1)
        seen = weights @ inside
        by_chance = total**2 - (counts**2).sum(axis=1)
    else:
        scores = np.cumsum(counts, axis=1) - counts / 2 if level == "ordinal" else np.broadcast_to(values, counts.shape)
        scores = scores - scores.mean(axis=1, keepdims=True)
        seen = _within(tallies, own, scores=scores, weights=weights)
        first, second = (counts * scores).sum(axis=1), (counts * scores**2).sum(axis=1)
        by_chance = 2 * (total * second - first**2)
    several = (counts > 0).sum(axis=1) > 1
    quotient = np.divide(seen, by_chance, out=np.full(len(seen), np.nan), where=several)
    result: Array = 1 - (total - 1) * quotient
    return result


def _within(tallies: Array, own: Array, *, scores: Array, weights: Array) -> Array:
    """The sum over items of the squared differences of all ordered pairs of scores, over (ratings - 1)."""
    second = (scores**2) @ (tallies * (2 * own / (own - 1))[:, None]).T
    first = scores @ (tallies * np.sqrt(2 / (own - 1))[:, None]).T
    result: Array = (weights * (second - first**2)).sum(axis=1)
    return result


def fleiss(ratings: Array) -> float:
    """Fleiss' kappa of shape (raters, items) without gaps; NaN where all ratings are one label."""
    values = np.unique(ratings)
    tallies = np.stack([(ratings == value).sum(axis=0) for value in values], axis=1).astype(np.float64)
    r = len(ratings)
    shares = tallies.sum(axis=0) / tallies.sum()
    seen = float((((tallies**2).sum(axis=1) - r) / (r * (r - 1))).mean())
    by_chance = float((shares**2).sum())
    return _over(seen - by_chance, 1 - by_chance)

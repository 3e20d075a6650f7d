"""Coefficients of two raters, each for many resamples at once: one code gives the value and its bootstrap.

Pure numpy. Ratings are first gathered into distinct pairs (cells); a resample is how often each cell occurs. Every
function gives one number for each row of weights, NaN where the coefficient is undefined there. The formulas with
their sources: docs/trust.md.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from judge.stats import Array

_FEW = 100
_BLOCK = 1000
MOST_FOR_TAU = 1500
"""Distinct pairs of ratings up to which tau-b is resampled: its time grows with their square."""
_NONE = 1e-12
"""A variance below this share of the squared range is rounding, not variance."""


def tally(weights: Array, place: NDArray[np.intp], size: int) -> Array:
    """The weights of columns with the same place added up: shape (resamples, size)."""
    if size <= _FEW:  # a product with 0 and 1 is quicker than sorting all columns
        counts: Array = weights @ np.eye(size)[place]
        return counts
    order = np.argsort(place, kind="stable")
    present, starts = np.unique(place[order], return_index=True)
    counts = np.zeros((len(weights), size))
    counts[:, present] = np.add.reduceat(weights[:, order], starts, axis=1)
    return counts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cells:
    """Distinct pairs of ratings and how often each occurs."""

    x: Array
    """The first rater's values, shape (cells,); of judge and human, the judge's."""
    y: Array
    weights: Array
    """Shape (resamples, cells): how often each cell occurs."""
    places: tuple[Array, Array] | None = None
    """The same values as positions on the scale; None where they are no levels of it."""
    levels: int = 0
    """How many levels the scale has."""

    @functools.cached_property
    def n(self) -> Array:
        """Items of each resample, shape (resamples,)."""
        total: Array = self.weights.sum(axis=1)
        return total

    @functools.cached_property
    def moments(self) -> Moments:
        """Of the values as they are."""
        return moments(self.x, self.y, self.weights)

    @functools.cached_property
    def margins(self) -> tuple[Array, Array, NDArray[np.intp], NDArray[np.intp]]:
        """Counts of each value by rater, shape (resamples, values) twice, and each cell's two value numbers."""
        values, place = np.unique(np.concatenate([self.x, self.y]), return_inverse=True)
        at_x, at_y = place[: len(self.x)], place[len(self.x) :]
        return tally(self.weights, at_x, len(values)), tally(self.weights, at_y, len(values)), at_x, at_y


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moments:
    """Means, variances and the covariance of each resample, divided by n; a variance of rounding errors is 0."""

    n: Array
    mean_x: Array
    mean_y: Array
    var_x: Array
    var_y: Array
    cov: Array


def moments(x: Array, y: Array, weights: Array) -> Moments:
    """Of values of shape (cells,), or (resamples, cells) where they are ranks within each resample."""
    n = weights.sum(axis=1)
    middle = (x.max() + x.min()) / 2 if x.size else 0.0
    range_ = max(float(np.ptp(x)), float(np.ptp(y))) if x.size else 0.0
    x, y = x - middle, y - middle
    safe = np.where(n > 0, n, np.nan)
    mean_x, mean_y = (weights * x).sum(axis=1) / safe, (weights * y).sum(axis=1) / safe
    dx, dy = x - mean_x[:, None], y - mean_y[:, None]
    var_x, var_y = (weights * dx * dx).sum(axis=1) / safe, (weights * dy * dy).sum(axis=1) / safe
    cov = (weights * dx * dy).sum(axis=1) / safe
    least = _NONE * max(range_, 1e-150) ** 2
    return Moments(
        n=n,
        mean_x=mean_x + middle,
        mean_y=mean_y + middle,
        var_x=np.where(var_x > least, var_x, 0.0),
        var_y=np.where(var_y > least, var_y, 0.0),
        cov=cov,
    )


def over(top: Array, bottom: Array) -> Array:
    """Elementwise quotient, NaN where the denominator is 0."""
    result: Array = np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=np.asarray(bottom) != 0)
    return result


def _correlation(m: Moments) -> Array:
    return np.clip(over(m.cov, np.sqrt(m.var_x * m.var_y)), -1.0, 1.0)


def pearson(cells: Cells) -> Array:
    """Pearson's r; undefined where a rater is constant."""
    return _correlation(cells.moments)


def spearman(cells: Cells) -> Array:
    """Pearson's r of the midranks within each resample."""
    count_x, count_y, at_x, at_y = cells.margins
    ranks_x = (np.cumsum(count_x, axis=1) - count_x / 2)[:, at_x]
    ranks_y = (np.cumsum(count_y, axis=1) - count_y / 2)[:, at_y]
    return _correlation(moments(ranks_x, ranks_y, cells.weights))


def kendall(cells: Cells) -> Array:
    """Kendall's tau-b: (C - D) / sqrt((pairs - ties in x)(pairs - ties in y)); of many distinct pairs no resamples."""
    w = cells.weights if len(cells.x) <= MOST_FOR_TAU else cells.weights[:1]
    apart, untied_x, untied_y = (np.zeros(len(w)) for _ in range(3))
    for start in range(0, len(cells.x), _BLOCK):
        some = slice(start, start + _BLOCK)
        sign_x = np.sign(cells.x[:, None] - cells.x[None, some])
        sign_y = np.sign(cells.y[:, None] - cells.y[None, some])
        apart += ((w @ (sign_x * sign_y)) * w[:, some]).sum(axis=1)
        untied_x += ((w @ np.abs(sign_x)) * w[:, some]).sum(axis=1)
        untied_y += ((w @ np.abs(sign_y)) * w[:, some]).sum(axis=1)
    values = np.clip(over(apart, np.sqrt(untied_x * untied_y)), -1.0, 1.0)
    return np.concatenate([values, np.full(len(cells.weights) - len(w), np.nan)])


def kappa_quadratic(cells: Cells) -> Array:
    """Cohen's kappa with weights (a - b)^2 of the positions on the scale; undefined where both give one same level."""
    if cells.places is None:
        return np.full(len(cells.weights), np.nan)
    x, y = cells.places
    m = moments(x, y, cells.weights)
    seen = over((cells.weights * (x - y) ** 2).sum(axis=1), m.n)
    by_chance = m.var_x + m.var_y + (m.mean_x - m.mean_y) ** 2
    return 1 - over(seen, np.where(by_chance > _NONE, by_chance, 0.0))


def exact(cells: Cells) -> Array:
    """Share of items with the same level from both."""
    return over((cells.weights * (cells.x == cells.y)).sum(axis=1), cells.n)


def kappa(cells: Cells) -> Array:
    """Cohen's kappa without weights; undefined where both give one same level."""
    count_x, count_y, _, _ = cells.margins
    n = cells.n
    by_chance = over((count_x * count_y).sum(axis=1), n * n)
    return over(exact(cells) - by_chance, np.where(1 - by_chance > _NONE, 1 - by_chance, 0.0))


def gwet_ac1(cells: Cells) -> Array:
    """Gwet's AC1 over the scale's K levels; undefined where K is below 2."""
    if cells.levels < 2:
        return np.full(len(cells.weights), np.nan)
    count_x, count_y, _, _ = cells.margins
    share = over(count_x + count_y, np.broadcast_to(2 * cells.n[:, None], count_x.shape))
    by_chance = (share * (1 - share)).sum(axis=1) / (cells.levels - 1)
    return over(exact(cells) - by_chance, 1 - by_chance)


def alpha_nominal(cells: Cells) -> Array:
    """Krippendorff's alpha, nominal; undefined where both give one same level."""
    count_x, count_y, _, _ = cells.margins
    pooled = count_x + count_y
    n = 2 * cells.n
    unlike = 2 * (cells.weights * (cells.x != cells.y)).sum(axis=1)
    return 1 - over((n - 1) * unlike, n * n - (pooled**2).sum(axis=1))


def _alpha_of(x: Array, y: Array, weights: Array) -> Array:
    m = moments(x, y, weights)
    n = 2 * m.n
    pooled = (m.var_x + m.var_y) / 2 + (m.mean_x - m.mean_y) ** 2 / 4
    return 1 - over((n - 1) * (weights * (x - y) ** 2).sum(axis=1), n * n * pooled)


def alpha_interval(cells: Cells) -> Array:
    """Krippendorff's alpha, interval."""
    return _alpha_of(cells.x, cells.y, cells.weights)


def alpha_ordinal(cells: Cells) -> Array:
    """Krippendorff's alpha, ordinal: his metric is the squared difference of the pooled midranks."""
    count_x, count_y, at_x, at_y = cells.margins
    pooled = count_x + count_y
    ranks = np.cumsum(pooled, axis=1) - pooled / 2
    return _alpha_of(ranks[:, at_x], ranks[:, at_y], cells.weights)


def _squares(cells: Cells) -> tuple[Array, Array, Array]:
    """Mean squares of the two-way analysis of variance: rows (items), columns (raters), error."""
    m = cells.moments
    freedom = np.where(m.n > 1, m.n - 1, np.nan)
    rows = m.n * (m.var_x + m.var_y + 2 * m.cov) / 2 / freedom
    error = m.n * (m.var_x + m.var_y - 2 * m.cov) / 2 / freedom
    columns = m.n * (m.mean_x - m.mean_y) ** 2 / 2
    least = _NONE * max(float(np.ptp(np.concatenate([cells.x, cells.y]))), 1e-150) ** 2
    return np.where(rows > least, rows, 0.0), columns, np.where(error > least, error, 0.0)


def icc_2_1(cells: Cells) -> Array:
    """ICC(2,1), absolute agreement; undefined where neither rater tells the items apart."""
    rows, columns, error = _squares(cells)
    value = over(rows - error, rows + error + 2 * over(columns - error, cells.n))
    return np.where(rows + error > 0, value, np.nan)


def icc_3_1(cells: Cells) -> Array:
    """ICC(3,1), consistency: blind to a constant offset."""
    rows, _, error = _squares(cells)
    return over(rows - error, rows + error)


def offset(cells: Cells) -> Array:
    """The mean of x - y: of judge and human, above 0 where the judge is the more lenient."""
    return cells.moments.mean_x - cells.moments.mean_y


def slope(cells: Cells) -> Array:
    """Of the regression of x on y: below 1 where the first rater spreads less; undefined where y is constant."""
    return over(cells.moments.cov, cells.moments.var_y)


def distance(cells: Cells) -> Array:
    """The mean of |x - y|."""
    return over((cells.weights * np.abs(cells.x - cells.y)).sum(axis=1), cells.n)


COEFFICIENTS: dict[str, Callable[[Cells], Array]] = {
    "spearman": spearman,
    "kendall_tau_b": kendall,
    "pearson": pearson,
    "kappa_quadratic": kappa_quadratic,
    "kappa": kappa,
    "alpha_nominal": alpha_nominal,
    "alpha_ordinal": alpha_ordinal,
    "alpha_interval": alpha_interval,
    "icc_2_1": icc_2_1,
    "icc_3_1": icc_3_1,
    "gwet_ac1": gwet_ac1,
    "offset": offset,
    "slope": slope,
    "distance": distance,
    "exact": exact,
}


def ends_of(name: str, span: float) -> tuple[float, float] | None:
    """The smallest and the largest value that a coefficient may have, of ratings that lie within `span`."""
    plain = {"exact": (0.0, 1.0), "offset": (-span, span), "distance": (0.0, span), "slope": None}
    return plain.get(name, (-1.0, 1.0)) if span > 0 else None


RANKS = frozenset({"spearman", "kendall_tau_b", "pearson"})
LEVELS = frozenset({"kappa_quadratic", "kappa", "alpha_nominal", "gwet_ac1", "exact"})
"""Need whole levels: they are not defined for means of several ratings."""
ORDERED = frozenset(COEFFICIENTS) - {"kappa", "alpha_nominal", "gwet_ac1", "exact"}
"""Need an order among the levels, or a distance."""

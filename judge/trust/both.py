"""A judge's ratings and people's on the items that both rated, with the resamples that all further measures share."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from judge.stats import Array
from judge.trust.findings import Settings, Statistic
from judge.trust.ratings import Ratings
from judge.trust.resampling import Resampler, percentiles, units_of
from judge.trust.scale import Scale


@dataclasses.dataclass(frozen=True, kw_only=True)
class Both:
    """One judge and all people on one criterion."""

    judge: str
    criterion: str
    scale: Scale
    how: Settings
    items: NDArray[np.intp]
    """Which items of the whole table these are, shape (n,)."""
    row: Array
    """The judge's ratings, shape (n,)."""
    people: Array
    """Shape (people, n); NaN where one did not rate."""
    units: NDArray[np.intp]
    """The unit of each item: itself, or its cluster."""
    clustered: bool

    @functools.cached_property
    def mean(self) -> Array:
        """People's mean of each item, shape (n,)."""
        known = ~np.isnan(self.people)
        total: Array = np.where(known, self.people, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return total

    @functools.cached_property
    def same(self) -> Array:
        """The share of each item's people who gave what the judge gave, shape (n,)."""
        known = ~np.isnan(self.people)
        equal = (np.abs(self.people - self.row) < 1e-9) & known
        shares: Array = equal.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return shares

    @functools.cached_property
    def weights(self) -> Array:
        """How often each item counts, shape (1 + resamples, n); first every item once."""
        return Resampler(unit_of_item=self.units, resamples=self.how.resamples, seed=self.how.seed).weights()

    def average(self, values: Array) -> Statistic:
        """The mean of a value of each item, with its interval."""
        return told((self.weights @ values) / self.weights.sum(axis=1))


def both_of(
    ratings: Ratings, *, humans: Sequence[str], judge: str, criterion: str, scale: Scale, how: Settings
) -> Both:
    """Of the items that the judge and at least one person rated."""
    row = ratings.of(judge, criterion)
    people = np.stack([ratings.of(name, criterion) for name in humans])
    items = np.flatnonzero(~np.isnan(row) & (~np.isnan(people)).any(axis=0))
    return Both(
        judge=judge,
        criterion=criterion,
        scale=scale,
        how=how,
        items=items,
        row=row[items],
        people=people[:, items],
        units=units_of(ratings.clusters, items),
        clustered=ratings.clusters is not None,
    )


def told(values: Array, *, reason: str = "not defined for these ratings", note: str = "") -> Statistic:
    """The first of the values, with the 95% interval of the others; the reason where it is NaN."""
    if np.isnan(values[0]):
        return Statistic(reason=reason)
    low, high = percentiles(values[1:])
    return Statistic(value=float(values[0]) + 0.0, low=low, high=high, note=note)

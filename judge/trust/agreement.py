"""How far a judge agrees with people on each criterion, beside how far they agree with each other.

The judge's number is the median over its pairs with each person, the ceiling the median over all pairs of people: the
same unit, so that they may be compared. Judge and mean of the people are a pair of their own. Pure numpy.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np

from judge.stats import Array
from judge.trust.alt_test import AltTest, alt_test
from judge.trust.findings import CriterionAgreement, PairAgreement, Pooled, Settings, Statistic
from judge.trust.pairs import COEFFICIENTS, Cells
from judge.trust.raters import krippendorff
from judge.trust.ratings import Ratings
from judge.trust.reasons import Situation, caution, situation, why_none
from judge.trust.resampling import Resampler, gathered, interval, units_of
from judge.trust.scale import Scale

LOW_N = 30
"""Items below which an interval is not to be trusted."""
RATIOS = frozenset(COEFFICIENTS) - {"offset", "slope", "distance"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Pair:
    """Two raters' ratings on their common items, and every coefficient in every resample."""

    found: Situation
    dropped: int
    values: dict[str, Array]
    """By coefficient, shape (1 + resamples,): first the value itself."""

    def statistic(self, name: str) -> Statistic:
        """The coefficient, or why there is none."""
        reason = why_none(name, self.found)
        if reason or math.isnan(self.values[name][0]):
            return Statistic(reason=reason or "not defined for these ratings")
        low, high = interval(self.values[name][1:])
        return Statistic(value=_clean(self.values[name][0]), low=low, high=high, note=caution(name, self.found))

    def agreement(self) -> PairAgreement:
        """As it is reported."""
        return PairAgreement(
            first=self.found.first,
            second=self.found.second,
            n=self.found.n,
            dropped=self.dropped,
            statistics={name: self.statistic(name) for name in COEFFICIENTS},
        )

    def pooled(self, name: str) -> Array:
        """The coefficient in every resample; NaN throughout where it must not be given."""
        values = self.values[name]
        return np.full_like(values, np.nan) if why_none(name, self.found) else values


def agree(
    ratings: Ratings, *, humans: Sequence[str], judges: Sequence[str], criterion: str, scale: Scale, how: Settings
) -> list[CriterionAgreement]:
    """The agreement of each judge with the people on one criterion; of the people alone where there is no judge."""
    names = [*humans, *judges]
    table = np.stack([ratings.of(name, criterion) for name in names])
    items = np.flatnonzero((~np.isnan(table)).any(axis=0))
    table = table[:, items]
    resampler = Resampler(unit_of_item=units_of(ratings.clusters, items), resamples=how.resamples, seed=how.seed)
    people = table[: len(humans)]
    bench = _Bench(criterion=criterion, scale=scale, humans=tuple(humans), people=people, resampler=resampler, how=how)
    return [bench.of(name, row) for name, row in zip(judges, table[len(humans) :], strict=True)] or [
        bench.of(None, None)
    ]


@dataclasses.dataclass(kw_only=True)
class _Bench:
    """What all judges are compared with on one criterion."""

    criterion: str
    scale: Scale
    humans: tuple[str, ...]
    people: Array
    """Shape (people, items)."""
    resampler: Resampler
    how: Settings

    def __post_init__(self) -> None:
        rows = list(zip(self.humans, self.people, strict=True))
        self.weights = self.resampler.weights()
        self.ceiling = [self._pair(*first, *second) for first, second in itertools.combinations(rows, 2)]

    def of(self, judge: str | None, row: Array | None) -> CriterionAgreement:
        """One judge's agreement."""
        rated = (~np.isnan(self.people)).sum(axis=0)
        pairs = (
            []
            if judge is None or row is None
            else [self._pair(judge, row, name, own) for name, own in zip(self.humans, self.people, strict=True)]
        )
        used = rated >= 2 if row is None else ~np.isnan(row) & (rated >= 1)
        any_rating = rated >= 1 if row is None else ~np.isnan(row) | (rated >= 1)
        n = int(used.sum())
        return CriterionAgreement(
            criterion=self.criterion,
            judge=judge,
            humans=self.humans,
            scale=self.scale,
            n=n,
            dropped=int(any_rating.sum()) - n,
            units=self.resampler.units,
            judge_human={name: _pooled(name, pairs) for name in COEFFICIENTS} if pairs else {},
            human_human={name: _pooled(name, self.ceiling, signed=False) for name in COEFFICIENTS},
            gap={name: _gap(name, pairs, self.ceiling) for name in RATIOS} if pairs else {},
            ratio={name: _ratio(name, pairs, self.ceiling) for name in RATIOS} if pairs else {},
            consensus=self._consensus(judge, row),
            humans_alpha=self._alpha(),
            alt=self._alt(row),
            pairs=tuple(pair.agreement() for pair in [*pairs, *self.ceiling]),
            notes=(f"{n} items: below {LOW_N} the intervals are too narrow",) if n < LOW_N else (),
        )

    def _pair(self, first: str, x: Array, second: str, y: Array) -> _Pair:
        used = ~np.isnan(x) & ~np.isnan(y)
        dropped = int((~np.isnan(x) | ~np.isnan(y)).sum() - used.sum())
        found = situation(first, second, x=x[used], y=y[used], scale=self.scale)
        if not used.any():
            none = np.full(len(self.weights), np.nan)
            return _Pair(found=found, dropped=dropped, values=dict.fromkeys(COEFFICIENTS, none))
        own_x, own_y, weights = gathered(x[used], y[used], self.weights[:, used])
        places = self.scale.places(own_x, own_y) if found.whole else None
        cells = Cells(
            x=own_x, y=own_y, weights=weights, places=(places[0], places[1]) if places else None, levels=found.levels
        )
        return _Pair(found=found, dropped=dropped, values={name: made(cells) for name, made in COEFFICIENTS.items()})

    def _consensus(self, judge: str | None, row: Array | None) -> PairAgreement | None:
        if judge is None or row is None or self.scale.nominal or len(self.humans) < 2:
            return None
        rated = ~np.isnan(self.people)
        total = np.where(rated, self.people, 0.0).sum(axis=0)
        mean = np.divide(total, rated.sum(axis=0), out=np.full(len(total), np.nan), where=rated.any(axis=0))
        return self._pair(judge, row, f"the mean of {len(self.humans)} people", mean).agreement()

    def _alpha(self) -> Statistic:
        if len(self.humans) < 2:
            return Statistic(reason="there is 1 person")
        values = krippendorff(self.people, "nominal" if self.scale.nominal else "ordinal", self.weights)
        if math.isnan(values[0]):
            paired = ((~np.isnan(self.people)).sum(axis=0) >= 2).any()
            return Statistic(reason="no variance: all ratings are alike" if paired else "no item was rated by 2 people")
        low, high = interval(values[1:])
        return Statistic(value=_clean(values[0]), low=low, high=high)

    def _alt(self, row: Array | None) -> AltTest | None:
        if row is None:
            return None
        people = dict(zip(self.humans, self.people, strict=True))
        counts = self.weights[1:]
        return alt_test(row, people, epsilon=self.how.epsilon, nominal=self.scale.nominal, counts=counts)


def _clean(value: float) -> float:
    return float(value) + 0.0 if abs(value) > 1e-12 else 0.0


def _middle(name: str, pairs: Sequence[_Pair], *, signed: bool = True) -> tuple[Array, Array]:
    """The median over the pairs in every resample (of the offset the mean), and the pairs' own values."""
    table = np.stack([pair.pooled(name) for pair in pairs])
    table = table if signed else np.abs(table) if name == "offset" else table
    known = ~np.isnan(table)
    middle = np.full(table.shape[1], np.nan)
    some = known.any(axis=0)
    middle[some] = (np.nanmean if name == "offset" else np.nanmedian)(table[:, some], axis=0)
    return middle, table[known[:, 0], 0]


def _pooled(name: str, pairs: Sequence[_Pair], *, signed: bool = True) -> Pooled:
    if not pairs:
        return Pooled(reason="there is 1 person: no pair of people")
    if name == "slope" and not signed:
        return Pooled(of=len(pairs), reason="two people have no direction")
    middle, own = _middle(name, pairs, signed=signed)
    if math.isnan(middle[0]):
        return Pooled(of=len(pairs), reason=pairs[0].statistic(name).reason)
    low, high = interval(middle[1:])
    absent = [pair.statistic(name).reason for pair in pairs if pair.statistic(name).value is None]
    notes = [f"{len(absent)} of {len(pairs)} pairs have none ({absent[0]})"] if absent else []
    notes += list(dict.fromkeys(pair.statistic(name).note for pair in pairs if pair.statistic(name).note))
    return Pooled(
        value=_clean(middle[0]),
        low=low,
        high=high,
        lowest=_clean(own.min()),
        highest=_clean(own.max()),
        pairs=len(own),
        of=len(pairs),
        note="; ".join(notes),
    )


def _gap(name: str, pairs: Sequence[_Pair], ceiling: Sequence[_Pair]) -> Statistic:
    ours, theirs = _pooled(name, pairs), _pooled(name, ceiling)
    if ours.value is None or theirs.value is None:
        return Statistic(reason=ours.reason or theirs.reason)
    values = _middle(name, pairs)[0] - _middle(name, ceiling)[0]
    low, high = interval(values[1:])
    return Statistic(value=_clean(values[0]), low=low, high=high)


def _ratio(name: str, pairs: Sequence[_Pair], ceiling: Sequence[_Pair]) -> Statistic:
    ours, theirs = _pooled(name, pairs), _pooled(name, ceiling)
    if ours.value is None or theirs.value is None:
        return Statistic(reason=ours.reason or theirs.reason)
    if theirs.value <= 0:
        return Statistic(reason="people do not agree with each other beyond chance: there is no ceiling")
    return Statistic(value=ours.value / theirs.value)

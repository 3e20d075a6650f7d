"""How far a judge agrees with people on each criterion, beside how far they agree with each other.

The judge's number is the median over its pairs with each person, the ceiling the median over all pairs of people: the
same unit, so that they may be compared. Judge and mean of the people are a pair of their own. Pure numpy.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np

from judge.stats import Array, Interval
from judge.trust.alt_test import AltTest, alt_test
from judge.trust.findings import CriterionAgreement, PairAgreement, Pooled, Settings, Statistic
from judge.trust.pairs import COEFFICIENTS, Cells, ends_of
from judge.trust.raters import krippendorff
from judge.trust.ratings import Ratings
from judge.trust.reasons import Situation, caution, situation, why_none
from judge.trust.resampling import Resampler, gathered, interval, middle_of, units_of, with_unseen
from judge.trust.scale import Scale
from judge.trust.spread import spread_of

MOST_PAIRS = 105
"""Pairs of people whose agreement is computed: all of 15 people."""
MOST_VALUES = 2000
"""Distinct ratings up to which alpha over all people is computed."""
LOW_N = 30
"""Items, or clusters, below which intervals are wide."""
RATIOS = tuple(name for name in COEFFICIENTS if name not in ("offset", "slope", "distance"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Pair:
    """Two raters' ratings on their common items, and every coefficient, with every unit left out in turn."""

    found: Situation
    dropped: int
    values: dict[str, Array]
    """By coefficient, shape (1 + units,): the value itself, then without each unit; NaN where it must not be given."""
    span: float
    """From the lowest to the highest rating that there may be."""

    @functools.cached_property
    def agreement(self) -> PairAgreement:
        """As it is reported."""
        return PairAgreement(
            first=self.found.first,
            second=self.found.second,
            n=self.found.n,
            dropped=self.dropped,
            statistics={name: self._statistic(name) for name in COEFFICIENTS},
        )

    def _statistic(self, name: str) -> Statistic:
        """The coefficient, or why there is none."""
        value, *_ = self.values[name]
        if math.isnan(value):
            return Statistic(reason=why_none(name, self.found) or "not defined for these ratings")
        values = with_unseen(self.values[name], self.found.n) if name == "slope" else self.values[name]
        made = interval(values, ends=ends_of(name, self.span), items=self.found.n)
        return _statistic(made, caution(name, self.found))


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Group:
    """Several pairs: of a judge with each person, or of all people with each other."""

    pairs: tuple[_Pair, ...]
    people: bool = False
    """Neither of the two is the judge: their offset has no sign, and a slope no direction."""

    @functools.cached_property
    def pooled(self) -> dict[str, Pooled]:
        """Every coefficient over the pairs."""
        return {name: self._pooled(name) for name in COEFFICIENTS}

    @functools.cached_property
    def middles(self) -> dict[str, Array]:
        """The median over the pairs in every resample (of the offset the mean)."""
        return {name: middle_of(self._table(name), mean=name == "offset") for name in COEFFICIENTS if self.pairs}

    def _table(self, name: str) -> Array:
        table = np.stack([pair.values[name] for pair in self.pairs])
        return np.abs(table) if self.people and name == "offset" else table

    def _pooled(self, name: str) -> Pooled:
        if not self.pairs:
            return Pooled(reason="there is 1 person: no pair of people")
        if self.people and name == "slope":
            return Pooled(of=len(self.pairs), reason="two people have no direction")
        own = self._table(name)[:, 0]
        own = own[~np.isnan(own)]
        each = [pair.agreement.statistics[name] for pair in self.pairs]
        if not len(own):
            return Pooled(of=len(each), reason=each[0].reason)
        middle = self.middles[name]
        first = self.pairs[0]
        items = max(pair.found.n for pair in self.pairs)
        values = with_unseen(middle, items) if name == "slope" else middle
        made = interval(values, ends=ends_of(name, first.span), items=items)
        absent = [item.reason for item in each if item.value is None]
        notes = [f"{len(absent)} of {len(each)} pairs have none ({absent[0]})"] if absent else []
        notes += list(dict.fromkeys(item.note for item in each if item.note))
        return Pooled(
            value=_clean(middle[0]),
            low=made.low,
            high=made.high,
            interval=made.note,
            lowest=_clean(own.min()),
            highest=_clean(own.max()),
            pairs=len(own),
            of=len(each),
            note="; ".join(notes),
        )


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
        self.weights = self.resampler.left_out()
        self.span = self._span()
        chosen, self.left_out = _most_in_common(self.people)
        self.ceiling = _Group(pairs=tuple(self._pair(rows[one], rows[other]) for one, other in chosen), people=True)

    def of(self, judge: str | None, row: Array | None) -> CriterionAgreement:
        """One judge's agreement."""
        rated = (~np.isnan(self.people)).sum(axis=0)
        rows = zip(self.humans, self.people, strict=True) if judge is not None else ()
        ours = _Group(pairs=tuple(self._pair((judge or "", row), human) for human in rows if row is not None))
        used = rated >= 2 if row is None else ~np.isnan(row) & (rated >= 1)
        any_rating = rated >= 1 if row is None else ~np.isnan(row) | (rated >= 1)
        n = int(used.sum())
        return CriterionAgreement(
            criterion=self.criterion,
            judge=judge,
            humans=self.humans,
            scale=self.scale,
            n=n,
            people_n=int((rated >= 2).sum()),
            dropped=int(any_rating.sum()) - n,
            units=self.resampler.units,
            judge_human=ours.pooled if ours.pairs else {},
            human_human=self.ceiling.pooled,
            gap={name: _gap(name, ours, self.ceiling) for name in RATIOS} if ours.pairs else {},
            ratio={name: _ratio(name, ours, self.ceiling) for name in RATIOS} if ours.pairs else {},
            consensus=self._consensus(judge, row),
            humans_alpha=self._alpha(),
            alt=self._alt(row),
            pairs=tuple(pair.agreement for pair in [*ours.pairs, *self.ceiling.pairs]),
            spread=None if row is None else spread_of(row, self.people, scale=self.scale, weights=self.weights),
            notes=self._notes(n),
        )

    def _notes(self, n: int) -> tuple[str, ...]:
        notes = [f"{n} item{'' if n == 1 else 's'}: below {LOW_N} the intervals are wide"] if n < LOW_N else []
        units = self.resampler.units
        if units < LOW_N <= n:
            notes.append(f"{units} cluster{'' if units == 1 else 's'}: below {LOW_N} the intervals are wide")
        if self.left_out:
            text = f"people's own agreement is over the {MOST_PAIRS} pairs with most items in common"
            notes.append(f"{text}; {self.left_out:,} pairs are left out")
        return tuple(notes)

    def _span(self) -> float:
        levels = self.scale.levels or tuple(self.people[~np.isnan(self.people)].tolist()) or (0.0,)
        return max(levels) - min(levels)

    def _pair(self, one: tuple[str, Array], other: tuple[str, Array]) -> _Pair:
        (first, x), (second, y) = one, other
        used = ~np.isnan(x) & ~np.isnan(y)
        dropped = int((~np.isnan(x) | ~np.isnan(y)).sum() - used.sum())
        found = situation(first, second, x=x[used], y=y[used], scale=self.scale)
        none = np.full(len(self.weights), np.nan)
        if not used.any():
            values = dict.fromkeys(COEFFICIENTS, none)
            return _Pair(found=found, dropped=dropped, values=values, span=self.span)
        own_x, own_y, weights = gathered(x[used], y[used], self.weights[:, used])
        places = self.scale.places(own_x, own_y) if found.whole else None
        both = (places[0], places[1]) if places else None
        cells = Cells(x=own_x, y=own_y, weights=weights, places=both, levels=found.levels)
        made = {name: none if why_none(name, found) else how(cells) for name, how in COEFFICIENTS.items()}
        if found.n == 1:  # its resamples are all alike: that is no interval
            made = {name: np.concatenate([values[:1], none[1:]]) for name, values in made.items()}
        return _Pair(found=found, dropped=dropped, values=made, span=self.span)

    def _consensus(self, judge: str | None, row: Array | None) -> PairAgreement | None:
        if judge is None or row is None or self.scale.nominal or len(self.humans) < 2:
            return None
        rated = ~np.isnan(self.people)
        total = np.where(rated, self.people, 0.0).sum(axis=0)
        mean = np.divide(total, rated.sum(axis=0), out=np.full(len(total), np.nan), where=rated.any(axis=0))
        return self._pair((judge, row), (f"the mean of {len(self.humans)} people", mean)).agreement

    def _alpha(self) -> Statistic:
        if len(self.humans) < 2:
            return Statistic(reason="there is 1 person")
        if len(np.unique(self.people[~np.isnan(self.people)])) > MOST_VALUES:
            return Statistic(reason=f"more than {MOST_VALUES:,} distinct ratings")
        values = krippendorff(self.people, "nominal" if self.scale.nominal else "ordinal", self.weights)
        if math.isnan(values[0]):
            paired = ((~np.isnan(self.people)).sum(axis=0) >= 2).any()
            return Statistic(reason="no variance: all ratings are alike" if paired else "no item was rated by 2 people")
        pairable = int(((~np.isnan(self.people)).sum(axis=0) >= 2).sum())
        return _statistic(interval(values, ends=ends_of("alpha_ordinal", 1.0), items=pairable))

    def _alt(self, row: Array | None) -> AltTest | None:
        if row is None:
            return None
        people = dict(zip(self.humans, self.people, strict=True))
        found = alt_test(row, people, epsilon=self.how.epsilon, nominal=self.scale.nominal, weights=self.weights)
        if found.omega is None or self.resampler.units == len(row):
            return found
        note = "its p-values take items of one cluster for independent; the interval of rho does not"
        return dataclasses.replace(found, notes=(*found.notes, note))


def _most_in_common(people: Array) -> tuple[list[tuple[int, int]], int]:
    """Pairs of people, in their order; of many, those with most items in common, and how many are left out."""
    pairs = list(itertools.combinations(range(len(people)), 2))
    if len(pairs) <= MOST_PAIRS:
        return pairs, 0
    rated = (~np.isnan(people)).astype(np.float64)
    common = rated @ rated.T
    best = sorted(pairs, key=lambda pair: -common[pair])[:MOST_PAIRS]
    return sorted(best), len(pairs) - MOST_PAIRS


def _statistic(made: Interval, note: str = "") -> Statistic:
    return Statistic(value=_clean(made.value), low=made.low, high=made.high, note=note, interval=made.note)


def _clean(value: float) -> float:
    return float(value) if abs(value) > 1e-12 else 0.0


def _gap(name: str, ours: _Group, ceiling: _Group) -> Statistic:
    mine, theirs = ours.pooled[name], ceiling.pooled[name]
    if mine.value is None or theirs.value is None:
        return Statistic(reason=mine.reason or theirs.reason)
    values = ours.middles[name] - ceiling.middles[name]
    items = max(pair.found.n for pair in ours.pairs)
    return _statistic(interval(with_unseen(values, items), ends=(-2.0, 2.0), items=items))


def _ratio(name: str, ours: _Group, ceiling: _Group) -> Statistic:
    mine, theirs = ours.pooled[name], ceiling.pooled[name]
    if mine.value is None or theirs.value is None:
        return Statistic(reason=mine.reason or theirs.reason)
    if theirs.value <= 0:
        return Statistic(reason="people do not agree with each other beyond chance: there is no ceiling")
    return Statistic(value=mine.value / theirs.value)

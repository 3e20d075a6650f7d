"""A judge beside people within each group of items: an emotion, a model; and whether its leniency is the same in all.

Agreement over all items can hide that a judge is right about joy and wrong about contempt, or kinder to one model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from judge.errors import TaskError
from judge.paired import holm_of
from judge.stats import Array
from judge.trust.agreement import agree
from judge.trust.both import Both
from judge.trust.findings import CriterionAgreement, Settings
from judge.trust.ratings import Ratings
from judge.trust.scale import Scale

MOST_GROUPS = 200
_BLOCK = 2_000_000
"""Permuted values held at once."""
_SAME = 1e-9
Permuted = Literal["items", "clusters", "items within their clusters"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Whether judge minus people (of labels: their agreement) is the same in all groups, by a permutation test."""

    groups: int = 0
    n: int = 0
    lowest: float | None = None
    highest: float | None = None
    """The smallest and the largest mean of a group, on the criterion's own scale (of labels: a share)."""
    p: float | None = None
    p_holm: float | None = None
    """Corrected for the criteria of this judge."""
    permutations: int = 0
    permuted: Permuted = "items"
    of: Literal["offset", "agreement"] = "offset"
    """What the means are of: judge minus people; of labels, the share of people who gave the same."""
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The items that have one value of the trait."""

    value: str
    agreement: CriterionAgreement


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """One judge on one criterion, group by group; people alone where there is no judge."""

    by: str
    judge: str | None
    criterion: str
    groups: tuple[Group, ...]
    without: int
    """Rated items that have no value of the trait: they are in no group."""
    differs: Difference | None = None


def grouped(
    ratings: Ratings,
    *,
    sides: tuple[Sequence[str], str | None],
    criterion: str,
    scale: Scale,
    how: Settings,
    trait: tuple[str, Sequence[str | None]],
) -> Grouped:
    """The agreement within each group. `sides`: the people and the judge; `trait`: its name, and each item's value."""
    (humans, judge), (by, values) = sides, trait
    people = np.stack([ratings.of(name, criterion) for name in humans])
    rated = (~np.isnan(people)).sum(axis=0)
    if judge is not None:
        rated = rated * ~np.isnan(ratings.of(judge, criterion))
    groups = []
    for name in names_of(by, values):
        places = [place for place, value in enumerate(values) if value == name and rated[place]]
        if not places:
            continue
        part = _part(ratings, places)
        judges = [judge] if judge is not None else []
        found = agree(part, humans=humans, judges=judges, criterion=criterion, scale=scale, how=how)
        groups.append(Group(value=name, agreement=found[0]))
    without = sum(1 for place, value in enumerate(values) if value is None and rated[place])
    return Grouped(by=by, judge=judge, criterion=criterion, groups=tuple(groups), without=without)


def names_of(by: str, values: Sequence[str | None]) -> list[str]:
    """The groups in the order in which they first stand; raises TaskError where they are none, or too many."""
    names = list(dict.fromkeys(value for value in values if value is not None))
    if not names:
        raise TaskError(f'no item has a "{by}": name a column of people\'s files, or give {by}=FILE')
    if len(names) > MOST_GROUPS:
        raise TaskError(f'"{by}" has {len(names):,} values, more than {MOST_GROUPS}: it does not make groups')
    return names


def _part(ratings: Ratings, places: Sequence[int]) -> Ratings:
    clusters = None if ratings.clusters is None else tuple(ratings.clusters[place] for place in places)
    items = tuple(ratings.items[place] for place in places)
    return dataclasses.replace(ratings, items=items, scores=ratings.scores[:, list(places)], clusters=clusters)


def difference(both: Both, values: Sequence[str | None]) -> Difference:
    """The test of one judge on one criterion; `values` as in `grouped`.

    The statistic is the sum of squares between groups of d = judge - people's mean (of labels, the share of people who
    gave the same). Under the hypothesis that groups are alike, d may be exchanged between items; where items belong
    together, between clusters that lie in one group each, else only within a cluster.
    """
    known = [(place, value) for place, at in enumerate(both.items) if (value := values[at]) is not None]
    names = list(dict.fromkeys(value for _, value in known))
    if len(names) < 2:
        return Difference(groups=len(names), n=len(known), reason="fewer than two groups have ratings of both")
    places = np.array([place for place, _ in known])
    group = np.array([names.index(value) for _, value in known])
    away = (both.same if both.scale.nominal else both.row - both.mean)[places]
    _, unit = np.unique(both.units[places], return_inverse=True)
    means = np.bincount(group, away) / np.bincount(group)
    permuted = _exchangeable(unit, group, clustered=both.clustered)
    of: Literal["offset", "agreement"] = "agreement" if both.scale.nominal else "offset"
    p = _p_value(away, group, unit.ravel(), permuted=permuted, how=both.how)
    if p is None:
        reason = f"nothing can be exchanged between the groups ({permuted})"
        return Difference(groups=len(names), n=len(known), permuted=permuted, of=of, reason=reason)
    return Difference(
        of=of,
        groups=len(names),
        n=len(known),
        lowest=float(means.min()),
        highest=float(means.max()),
        p=p,
        permutations=both.how.resamples,
        permuted=permuted,
    )


def _exchangeable(unit: NDArray[np.intp], group: NDArray[np.intp], *, clustered: bool) -> Permuted:
    if not clustered or len(np.unique(unit)) == len(unit):
        return "items"
    pairs = np.unique(np.stack([unit.ravel(), group]), axis=1)
    return "clusters" if pairs.shape[1] == len(np.unique(unit)) else "items within their clusters"


def _p_value(
    away: Array, group: NDArray[np.intp], unit: NDArray[np.intp], *, permuted: Permuted, how: Settings
) -> float | None:
    """(1 + permutations at least as far apart) / (1 + permutations), which is never 0; None where none differs."""
    centred = away - away.mean()
    if permuted == "clusters":
        values = np.bincount(unit, centred)
        sizes = np.bincount(unit).astype(np.float64)
        _, first = np.unique(unit, return_index=True)
        group, within = group[first], np.zeros(len(values))
    else:
        values, sizes = centred, np.ones(len(centred))
        within = unit.astype(np.float64) if permuted == "items within their clusters" else np.zeros(len(centred))
    belongs = np.eye(int(group.max()) + 1)[group]

    def between(order: NDArray[np.intp]) -> Array:
        counts = sizes[order] @ belongs
        sums: Array = ((values[order] @ belongs) ** 2 / np.maximum(counts, 1e-12)).sum(axis=1)
        return sums

    seen = between(np.arange(len(values))[None, :])[0]
    rng = np.random.default_rng(how.seed)
    as_far, done, varied = 0, 0, not centred.any()
    while done < how.resamples:
        rows = min(how.resamples - done, max(1, _BLOCK // len(values)))
        order = np.argsort(within + rng.random((rows, len(values))), axis=1)  # mixed within a unit only
        found = between(_sorted_in(order, within))
        as_far += int((found >= seen - _SAME * (1 + abs(seen))).sum())
        varied |= bool((np.abs(found - seen) > _SAME * (1 + abs(seen))).any())
        done += rows
    if not varied:
        return None
    return (as_far + 1) / (how.resamples + 1)


def _sorted_in(order: NDArray[np.intp], within: Array) -> NDArray[np.intp]:
    """The order lists items unit by unit; put each unit's items back on the places of that unit."""
    if not within.any():
        return order
    places = np.argsort(within, kind="stable")
    back = np.empty_like(order)
    back[:, places] = order
    return back


def corrected(found: Sequence[Grouped]) -> list[Grouped]:
    """With each judge's p-values corrected by Holm over its criteria."""
    made = list(found)
    for judge in dict.fromkeys(item.judge for item in found):
        mine = [place for place, item in enumerate(found) if item.judge == judge]
        for place, p in zip(mine, holm_of([_p(found[place]) for place in mine]), strict=True):
            differs = made[place].differs
            if differs is not None:
                made[place] = dataclasses.replace(made[place], differs=dataclasses.replace(differs, p_holm=p))
    return made


def _p(item: Grouped) -> float | None:
    return item.differs.p if item.differs else None

"""Does a judge put systems (models under test) in the order in which people put them, and is it fair to its own family?

Three levels that must not be mixed: items (`trust agree` itself), systems within one question, and systems by their
means. Five systems by their means are nearly always ranked well: the number of systems stands beside it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from judge.stats import Array
from judge.trust.both import Both, told
from judge.trust.families import family_of, known_family
from judge.trust.findings import UNMADE, Statistic
from judge.trust.groups import names_of

ENOUGH = 8
"""Systems from which an order of means says something."""
_BLOCK = 4_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system: its means over the items that judge and people both rated."""

    name: str
    n: int
    people: float
    judge: float
    offset: Statistic
    """mean(judge - people's mean), on the criterion's own scale."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One judge on one criterion."""

    by: str
    judge: str
    criterion: str
    systems: tuple[System, ...] = ()
    without: int = 0
    """Items rated by both that name no system."""
    spearman: Statistic = UNMADE
    kendall_tau_b: Statistic = UNMADE
    ordered: Statistic = UNMADE
    """Of the pairs of systems that people tell apart, the share that the judge puts in the same order."""
    within: Statistic | None = None
    """The mean over questions of tau-b among the systems that answered it; None where questions are not named."""
    inputs: int = 0
    """Questions in that mean."""
    family: str = ""
    """The judge's own; empty where it cannot be told."""
    own: tuple[str, ...] = ()
    """Systems of the judge's family."""
    preference: Statistic = UNMADE
    """mean(judge - people) over its own family's items minus the same over the others', in levels of the scale."""


def ranking(
    both: Both,
    systems: Sequence[str | None],
    *,
    by: str,
    inputs: Sequence[str | None] | None = None,
    family: str | None = None,
) -> Ranking:
    """`systems` and `inputs` have each item's system and question, None for none; a nominal scale has no order."""
    named = dict.fromkeys(names_of(by, systems))
    known = [place for place, at in enumerate(both.items) if systems[at] is not None]
    bare = Ranking(by=by, judge=both.judge, criterion=both.criterion, without=len(both.items) - len(known))
    if both.scale.nominal:
        none = Statistic(reason="labels have no order")
        return dataclasses.replace(bare, spearman=none, kendall_tau_b=none, ordered=none, preference=none)
    system = [str(systems[both.items[place]]) for place in known]
    names = [name for name in named if name in set(system)]
    part = _part(both, known)
    if not names:
        none = Statistic(reason="no system has ratings of both")
        return dataclasses.replace(bare, spearman=none, kendall_tau_b=none, ordered=none, preference=none)
    place = np.array([names.index(name) for name in system])
    found = _ordered(bare, part, place=place, names=names)
    if inputs is not None:
        found = _within(found, part, place=place, asked=[inputs[both.items[at]] for at in known])
    return _preference(found, part, system=system, family=known_family(family) or family_of(both.judge))


def _part(both: Both, places: Sequence[int]) -> Both:
    chosen = np.array(places, dtype=np.intp)
    _, units = np.unique(both.units[chosen], return_inverse=True)
    return dataclasses.replace(
        both,
        items=both.items[chosen],
        row=both.row[chosen],
        people=both.people[:, chosen],
        units=units.ravel().astype(np.intp),
    )


def _ordered(bare: Ranking, both: Both, *, place: NDArray[np.intp], names: Sequence[str]) -> Ranking:
    belongs = np.eye(len(names))[place]
    judge, people = (_means(both.weights, values, belongs) for values in (both.row, both.mean))
    offsets = _means(both.weights, both.row - both.mean, belongs)
    found = order_of(judge, people)
    same = "no variance: all systems have the same mean, of the judge or of people"
    same = same if len(names) > 1 else "fewer than two systems have ratings of both"
    few = f"{len(names)} systems: below {ENOUGH} such an order is nearly always high" if len(names) < ENOUGH else ""
    systems = tuple(
        System(
            name=name,
            n=int(belongs[:, at].sum()),
            people=float(people[0, at]),
            judge=float(judge[0, at]),
            offset=told(offsets[:, at]),
        )
        for at, name in enumerate(names)
    )
    made = {name: told(values, reason=same, note=few) for name, values in found.items()}
    return dataclasses.replace(
        bare,
        systems=systems,
        spearman=made["spearman"],
        kendall_tau_b=made["kendall_tau_b"],
        ordered=made["ordered"],
    )


def _means(weights: Array, values: Array, belongs: Array) -> Array:
    """Of each system in each resample; NaN where none of its items was drawn."""
    sums, counts = (weights * values) @ belongs, weights @ belongs
    means: Array = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return np.round(means, 12)  # means that are equal but for rounding are ties


def order_of(judge: Array, people: Array) -> dict[str, Array]:
    """Spearman, tau-b and the share of pairs in people's order, of means of shape (rows, systems); NaN where undefined.

    A pair that people do not tell apart has no order; one that the judge does not is not in people's order.
    """
    rows, count = judge.shape
    found = {name: np.full(rows, np.nan) for name in ("spearman", "kendall_tau_b", "ordered")}
    step = max(1, _BLOCK // (count * count))
    for start in range(0, rows, step):
        some = slice(start, start + step)
        ours, theirs = (np.sign(means[some, :, None] - means[some, None, :]) for means in (judge, people))
        told_apart = np.abs(theirs)
        pairs = (1, 2)
        both, mine, their = (ours * theirs).sum(axis=pairs), (ours**2).sum(axis=pairs), told_apart.sum(axis=pairs)
        found["kendall_tau_b"][some] = _over(both, np.sqrt(mine * their))
        right = ((ours == theirs) * told_apart).sum(axis=pairs)
        found["ordered"][some] = _over(right, their)
        ranks, ranked = ours.sum(axis=2), theirs.sum(axis=2)  # midranks, but for a constant and a factor
        product = np.sqrt((ranks**2).sum(axis=1) * (ranked**2).sum(axis=1))
        found["spearman"][some] = _over((ranks * ranked).sum(axis=1), product)
    missing = np.isnan(judge).any(axis=1) | np.isnan(people).any(axis=1)
    return {name: np.where(missing, np.nan, values) for name, values in found.items()}


def _over(top: Array, bottom: Array) -> Array:
    known = np.nan_to_num(bottom) > 0
    values: Array = np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=known)
    return values


def _within(bare: Ranking, both: Both, *, place: NDArray[np.intp], asked: Sequence[str | None]) -> Ranking:
    """tau-b among the systems of each question, then the mean over questions; resampled as the items are."""
    taus, members, undefined = [], [], 0
    for name in dict.fromkeys(value for value in asked if value is not None):
        own = np.flatnonzero([value == name for value in asked])
        present = np.unique(place[own])
        if len(present) < 2:
            continue
        belongs = (place[own][:, None] == present).astype(np.float64)
        one = np.ones((1, len(own)))
        judge, people = (_means(one, values[own], belongs) for values in (both.row, both.mean))
        tau = order_of(judge, people)["kendall_tau_b"][0]
        undefined += int(np.isnan(tau))
        if not np.isnan(tau):
            taus.append(tau)
            members.append(own)
    if not taus:
        none = Statistic(reason="no question was answered by two systems that both sides tell apart")
        return dataclasses.replace(bare, within=none)
    counts = np.stack([both.weights[:, own].mean(axis=1) for own in members], axis=1)
    note = (
        f"{undefined} of {undefined + len(taus)} questions have none: all answers are rated alike" if undefined else ""
    )
    values = _over(counts @ np.array(taus), counts.sum(axis=1))
    return dataclasses.replace(bare, within=told(values, note=note), inputs=len(taus))


def _preference(bare: Ranking, both: Both, *, system: Sequence[str], family: str) -> Ranking:
    own = tuple(dict.fromkeys(name for name in system if family and family_of(name) == family))
    mine = np.array([name in own for name in system], dtype=np.float64)
    named = dataclasses.replace(bare, family=family, own=own)
    if not family:
        return dataclasses.replace(named, preference=Statistic(reason="the judge's family is not known"))
    if not own or mine.all():
        which = "no system is" if not own else "all systems are"
        return dataclasses.replace(named, preference=Statistic(reason=f"{which} of its family ({family})"))
    away = (both.row - both.mean) / both.scale.step
    sides = [_over(both.weights @ (away * side), both.weights @ side) for side in (mine, 1 - mine)]
    return dataclasses.replace(named, preference=told(sides[0] - sides[1]))

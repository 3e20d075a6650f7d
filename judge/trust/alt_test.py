"""The alternative annotator test: may this judge stand in for one of these people?

Calderon, Reichart and Dror, arXiv 2501.10970, section 3. Each person is left out in turn; on each item the
judge and that person are compared by how near they come to the others.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from judge.stats import RATE, Array, Interval
from judge.trust.p_values import t_test_below, wilcoxon_below
from judge.trust.resampling import interval

Kind = Literal["experts", "skilled", "crowd"]
EPSILON: dict[Kind, float] = {"experts": 0.2, "skilled": 0.15, "crowd": 0.1}
"""What a person costs beside a judge, as a probability (section 3.3 of the paper)."""
FALSE_DISCOVERIES = 0.05
FEWEST_FOR_T = 30
PASS = 0.5
"""The winning rate from which the judge may stand in."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One person against the judge."""

    human: str
    n: int
    """Items that the judge, this person and at least one other rated."""
    advantage: float
    """Share of these items on which the judge comes as near to the others as this person, or nearer; in [0, 1]."""
    p: float
    """One-sided p-value of: the person is ahead by less than epsilon."""
    test: Literal["t", "wilcoxon"]
    rejected: bool
    """True where the judge wins against this person after the correction for several people."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AltTest:
    """The test's result; the values are None where it cannot be had, with the reason."""

    epsilon: float
    omega: float | None = None
    """Winning rate: the share of people against whom the judge wins; in [0, 1]."""
    rho: float | None = None
    """Average advantage probability: the mean of the people's `advantage`; in [0, 1]."""
    low: float | None = None
    high: float | None = None
    interval: str = ""
    """Why the interval is wide; empty where it is not."""
    """The 95% interval of rho."""
    passed: bool | None = None
    people: tuple[LeftOut, ...] = ()
    reason: str = ""
    """Why there is no result."""
    notes: tuple[str, ...] = ()


def alt_test(
    judge: Array,
    humans: Mapping[str, Array],
    *,
    epsilon: float = 0.2,
    nominal: bool = False,
    weights: Array | None = None,
) -> AltTest:
    """The test on one criterion.

    `judge` and each of `humans` have shape (items,), NaN where there is no rating. An item's score of a rating is minus
    its distance from the mean of the other people's ratings of that item, which orders ratings as the paper's -RMSE
    does (RMSE^2 = distance^2 + the others' variance); for nominal labels, the share of the others that gave the same
    label. `weights`, of shape (1 + units, items), leave out each unit in turn, after all ones: for the interval of rho.
    """
    if len(humans) < 2:
        return AltTest(
            epsilon=epsilon, reason=f"needs at least 2 people who rated the same items, there is {len(humans)}"
        )
    table = np.stack(list(humans.values()))
    found: list[tuple[str, Array, Array, Array]] = []
    for row, name in enumerate(humans):
        others = np.delete(table, row, axis=0)
        used = ~np.isnan(judge) & ~np.isnan(table[row]) & (~np.isnan(others)).any(axis=0)
        if used.any():
            mine = _nearness(judge[used], others[:, used], nominal=nominal)
            theirs = _nearness(table[row][used], others[:, used], nominal=nominal)
            level = np.isclose(mine, theirs, rtol=0, atol=1e-12)
            judge_wins = np.where((mine > theirs) | level, 1.0, 0.0)
            human_wins = np.where((theirs > mine) | level, 1.0, 0.0)
            found.append((name, used, judge_wins, human_wins))
    if not found:
        return AltTest(epsilon=epsilon, reason="no item was rated by the judge and 2 people")
    people = _tested(found, epsilon)
    around = _interval(found, weights) if weights is not None else Interval(math.nan, None, None)
    omega = sum(person.rejected for person in people) / len(people)
    return AltTest(
        epsilon=epsilon,
        omega=omega,
        rho=float(np.mean([person.advantage for person in people])),
        low=around.low,
        high=around.high,
        interval=around.note,
        passed=omega >= PASS,
        people=tuple(people),
        notes=_notes(people, of=list(humans)),
    )


def _nearness(rating: Array, others: Array, *, nominal: bool) -> Array:
    """Of each item, shape (items,): how near a rating comes to those of the others, shape (people, items)."""
    if not nominal:
        distance: Array = np.abs(rating - np.nanmean(others, axis=0))
        return -distance
    same = np.where(np.isnan(others), np.nan, np.equal(rating, others))
    share: Array = np.nanmean(same, axis=0)
    return share


def _tested(found: Sequence[tuple[str, Array, Array, Array]], epsilon: float) -> list[LeftOut]:
    tests: list[Literal["t", "wilcoxon"]] = []
    p_values = []
    for _, _, judge_wins, human_wins in found:
        few = len(judge_wins) < FEWEST_FOR_T
        tests.append("wilcoxon" if few else "t")
        p_values.append((wilcoxon_below if few else t_test_below)(human_wins - judge_wins, epsilon))
    rejected = benjamini_yekutieli(p_values, FALSE_DISCOVERIES)
    return [
        LeftOut(human=name, n=len(wins), advantage=float(wins.mean()), p=p, test=test, rejected=won)
        for (name, _, wins, _), p, test, won in zip(found, p_values, tests, rejected, strict=True)
    ]


def benjamini_yekutieli(p_values: Sequence[float], rate: float) -> list[bool]:
    """Which hypotheses are rejected at this false discovery rate, under any dependence (Ann. Statist. 29, 2001)."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    bounds = np.arange(1, m + 1) / m * rate / (1 / np.arange(1, m + 1)).sum()
    below = np.flatnonzero(np.asarray(p_values)[order] <= bounds)
    rejected = np.zeros(m, dtype=bool)
    if len(below):
        rejected[order[: below[-1] + 1]] = True
    return [bool(item) for item in rejected]


def _interval(found: Sequence[tuple[str, Array, Array, Array]], weights: Array) -> Interval:
    """Of rho, with each unit left out in turn; without a person's only items rho is not defined."""
    parts = []
    for _, used, wins, _ in found:
        own = weights[:, used]
        total = own.sum(axis=1)
        parts.append(np.divide(own @ wins, total, out=np.full(len(own), np.nan), where=total > 0))
    return interval(np.stack(parts).mean(axis=0), ends=RATE, items=max(len(wins) for _, _, wins, _ in found))


def _notes(people: Sequence[LeftOut], *, of: Sequence[str]) -> tuple[str, ...]:
    fewest = min(person.n for person in people)
    notes = []
    if fewest < FEWEST_FOR_T:
        notes.append(f"only {fewest} items: Wilcoxon's test in place of the t-test")
    if len(people) == 2:
        notes.append("2 people: each is measured against the other alone; 3 or more are better")
    missing = [name for name in of if name not in {person.human for person in people}]
    if missing:
        notes.append(f"not tested, no item in common: {', '.join(missing)}")
    return tuple(notes)

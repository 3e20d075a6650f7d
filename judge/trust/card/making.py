"""Puts a card together from what is there: agreement with people, probes, a run's verdicts, a corrected mean.

What is not there is a measurement that is not assessable, with what would make it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from judge.trust.card.badge import badge_of
from judge.trust.card.people import of_people
from judge.trust.card.records import TITLES, CriterionCard, Measurement
from judge.trust.card.ruling import not_made
from judge.trust.card.shapes import Agreed

MENDS = {
    1: "no ratings by people: judge trust agree --json",
    2: "no ratings by people: judge trust agree --json",
    3: "no ratings by people: judge trust agree --json",
    4: "no ratings by people: judge trust agree --json",
    5: "was not asked again: judge trust probe",
    6: "was not probed: judge trust probe",
    7: "was not probed: judge trust probe",
    8: "was not probed: judge trust probe",
    9: "needs runs of several models, one of the judge's family: give each as --run",
    10: "no run: give it as --run",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is known of one judge, by criterion."""

    agreed: Mapping[str, Agreed] = dataclasses.field(default_factory=dict)
    measured: Sequence[tuple[str, Measurement]] = ()
    """Measurements 5 to 10 that were made, each with its criterion."""
    scales: Mapping[str, str] = dataclasses.field(default_factory=dict)


def plain(criterion: str) -> str:
    """humor/cot and cot are one criterion: the review page names the rubric, too."""
    return criterion.rpartition("/")[2]


def criteria_of(parts: Parts) -> tuple[CriterionCard, ...]:
    """All ten of every criterion that anything is known of."""
    names = dict.fromkeys([*parts.agreed, *(criterion for criterion, _ in parts.measured)])
    return tuple(_one(name, parts) for name in names)


def _one(name: str, parts: Parts) -> CriterionCard:
    made = {item.number: item for criterion, item in parts.measured if criterion == name}
    if name in parts.agreed:
        made |= {item.number: item for item in of_people(parts.agreed[name])}
    every = tuple(made.get(number) or not_made(number, MENDS[number]) for number in TITLES)
    return CriterionCard(criterion=name, scale=parts.scales.get(name, ""), badge=badge_of(every), measurements=every)

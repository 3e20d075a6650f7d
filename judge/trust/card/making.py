"""Puts a card together from what is there: agreement with people, probes, a run's verdicts, a corrected mean.

What is not there is a measurement that is not assessable, with what would make it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from judge.trust.card.badge import badge_of
from judge.trust.card.people import of_people
from judge.trust.card.records import TITLES, CriterionCard, Figure, Measurement
from judge.trust.card.ruling import measured, not_made
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
    9: "needs runs of several models, one of the judge's family; or judge trust agree --systems",
    10: "no run was given: judge trust card RUN",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is known of one judge, by criterion."""

    agreed: Mapping[str, Agreed] = dataclasses.field(default_factory=dict)
    measured: Sequence[tuple[str, Measurement]] = ()
    """Measurements 5 to 10 that were made, each with its criterion."""
    further: Mapping[str, Sequence[tuple[int, Figure]]] = dataclasses.field(default_factory=dict)
    """By criterion, figures to add, each with the measurement that it belongs to."""
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
    for number, figure in parts.further.get(name, ()):
        made[number] = _with(made.get(number), number, figure)
    every = tuple(made.get(number) or not_made(number, MENDS[number]) for number in TITLES)
    return CriterionCard(criterion=name, scale=parts.scales.get(name, ""), badge=badge_of(every), measurements=every)


def _with(known: Measurement | None, number: int, figure: Figure) -> Measurement:
    """The measurement with one more figure, ruled anew; where only told figures are there, it still was not made."""
    figures = (*(known.figures if known else ()), figure)
    made = measured(number, figures)
    histogram = known.histogram if known else None
    if any(item.ruling is not None for item in figures):
        return made.model_copy(update={"histogram": histogram})
    reason = known.reason if known else MENDS[number]
    return made.model_copy(update={"histogram": histogram, "reason": reason})

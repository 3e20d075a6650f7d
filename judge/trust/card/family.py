"""Measurement 9 of a card: does a judge favour models of its own family, beside what other judges say of them?

The contrast is mean(j - ref) over answers of its own family minus the same over others', where ref is the mean of the
judges of other families on the same answer (docs/trust.md; after arXiv 2410.21819, in levels).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from judge import stats
from judge.delta import linear
from judge.rubric import Stage
from judge.stats import Array
from judge.trust.card.records import Figure, Measurement
from judge.trust.card.ruling import FEW, enough, measured, not_made
from judge.trust.card.runs import Judged
from judge.trust.families import family_of
from judge.trust.probes.reading import score_of, step_of

MOST = 0.05
"""Of a level."""


class _Trial(NamedTuple):
    """One answer that the judge and judges of other families rated."""

    own: bool
    unit: str
    """The item, or its cluster."""
    away: float
    """The judge's rating minus the others' mean, in levels."""


def of_family(mine: Sequence[Judged], others: Sequence[Judged], *, family: str, stage: Stage) -> Measurement:
    """Of one criterion; `others` are the verdicts of other judges in the same runs by the same rubric."""
    if not family:
        return not_made(9, "the judge's family is not known: give it as --family")
    families = {id(one): family_of(one.run.model) for one in mine}
    if family not in families.values():
        return not_made(9, f"no answer of a model of its family ({family}) was judged")
    if set(families.values()) <= {family}:
        return not_made(9, "no answer of a model of another family was judged")
    beside = [other for other in others if family_of(other.block["name"]) not in ("", family)]
    trials = [trial for one in mine for trial in _trials(one, beside, own=families[id(one)] == family, stage=stage)]
    if len({trial.own for trial in trials}) < 2:
        return not_made(9, "no judge of another family rated the same answers of both sides")
    return measured(9, [_contrast(trials, family)])


def _trials(one: Judged, others: Sequence[Judged], *, own: bool, stage: Stage) -> list[_Trial]:
    beside = [other for other in others if other.folder.path == one.folder.path]
    found = []
    for (key, draw), verdicts in one.said.items():
        score = score_of(verdicts, stage)
        refs = [score_of(other.said.get((key, 0), []), stage) for other in beside]
        known = [value for value in refs if value is not None]
        if draw == 0 and score is not None and known:
            unit = one.units.get(key.sample_id, key.sample_id)
            found.append(_Trial(own, unit, (score - sum(known) / len(known)) / step_of(stage)))
    return found


def _contrast(trials: Sequence[_Trial], family: str) -> Figure:
    rows = np.array([[t.away * t.own, t.own, t.away * (not t.own), not t.own] for t in trials], dtype=np.float64)

    def apart(sums: Array) -> Array:
        return stats.ratio(sums[:, :2]) - stats.ratio(sums[:, 2:])

    found = linear(rows, apart, clusters=[trial.unit for trial in trials])
    holds_zero = found.low is not None and found.high is not None and found.low <= 0 <= found.high
    passed = abs(found.value) <= MOST or holds_zero
    figure = Figure(
        name=f"own family ({family}) minus others, beside other judges",
        value=found.value,
        low=found.low,
        high=found.high,
        n=len(trials),
        unit="levels",
        wanted=f"within ±{MOST:g} of a level, or an interval that holds 0",
        good=(-MOST, MOST),
        ends=(-1.5, 1.5),
        ruling="pass" if passed else "fail",
        reason="" if passed else f"not to be used on models of {family}",
    )
    fewer = min(sum(trial.own for trial in trials), sum(not trial.own for trial in trials))
    return enough(figure.model_copy(update={"n": fewer}), FEW, "answers on one side").model_copy(
        update={"n": len(trials)}
    )

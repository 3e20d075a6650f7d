"""How far a judge repeats itself: the spread of its repeats on one answer, how often they differ, and their alpha.

This is reliability, not validity: a judge that always says the same may always be wrong.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from judge.evaluate import Bench
from judge.stats import Array
from judge.trust.panel import Answers, agreeing, alpha_of, criteria_of, ratings_of
from judge.trust.probes.reading import step_of


def stability_block(bench: Bench, answers: Answers) -> dict[str, Any] | None:
    """One judge's repeats by criterion; None where it was asked once."""
    if bench.repeats < 2:
        return None
    tables = {name: ratings_of(bench.verdicts, name, answers.keys) for name in criteria_of(bench)}
    weighed = {verdict.criterion for verdict in bench.verdicts if verdict.expected is not None}
    steps = {stage.name: step_of(stage) for stage in bench.rubric.rated() if stage.name in weighed}
    return {
        "judge": bench.label,
        "rubric": bench.rubric.name,
        "repeats": bench.repeats,
        "criteria": [
            {"criterion": name, **spread_of(table, answers, level=steps.get(name))} for name, table in tables.items()
        ],
    }


def spread_of(table: Array, answers: Answers, *, level: float | None = None) -> dict[str, Any]:
    """Of ratings of shape (repeats, answers); only answers with two ratings or more count.

    within_sd: the root of the mean variance within an answer (ddof 1), on the rubric's own scale. flip_rate: the share
    of pairs of repeats that differ, averaged over answers. Of steps, a rating is the mean over that repeat's steps.
    `level`, of a weighed judge: the distance of two levels; repeats then differ where their nearest levels do.
    """
    known = ~np.isnan(table)
    several = known.sum(axis=0) >= 2
    n = int(several.sum())
    if not n:
        empty = {"value": None, "low": None, "high": None, "reason": "no answer was rated twice"}
        return {"n": 0, "within_sd": None, "flip_rate": None, "alpha_ordinal": empty}
    columns = [column[~np.isnan(column)] for column in table[:, several].T]
    variance = sum(float(column.var(ddof=1)) for column in columns) / n
    equal = [agreeing(column if level is None else np.round(column / level)) or 0.0 for column in columns]
    return {
        "n": n,
        "within_sd": math.sqrt(variance),
        "flip_rate": 1 - sum(equal) / n,
        "alpha_ordinal": alpha_of(table, answers),
    }

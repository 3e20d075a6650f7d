"""From the verdicts of one hearing to one number for each criterion, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from judge.evaluate import NOT_FAILURES
from judge.records import Verdict
from judge.rubric import EXTRACT, Stage


def score_of(verdicts: Sequence[Verdict], stage: Stage) -> float | None:
    """The rating of one answer in one hearing: of steps their mean."""
    own = [verdict.rating for verdict in verdicts if verdict.criterion == stage.name and verdict.rating is not None]
    return sum(own) / len(own) if own else None


def problem_of(verdicts: Sequence[Verdict], stage: Stage) -> str:
    """Why a hearing has no rating by this criterion: the problem's kind, or that there was nothing to rate."""
    own = [verdict.problem for verdict in verdicts if verdict.criterion in (stage.name, EXTRACT) and verdict.problem]
    return own[0].kind if own else "nothing_to_rate"


def is_failure(kind: str) -> bool:
    """True where a call failed or could not be read; not where the judge abstained or had nothing to rate."""
    return kind not in NOT_FAILURES and kind != "nothing_to_rate"


def levels_of(stage: Stage) -> tuple[float, ...]:
    """The points of the scale, from the lowest."""
    return tuple(sorted(float(point) for point in stage.scale or {}))


def step_of(stage: Stage) -> float:
    """One level of a stage's scale: the mean distance of neighbours."""
    points = levels_of(stage)
    return (points[-1] - points[0]) / (len(points) - 1) if len(points) > 1 else 1.0


def pass_of(stage: Stage) -> float:
    """The lowest level above the middle of the scale: from here on an answer passes."""
    points = levels_of(stage)
    middle = (points[0] + points[-1]) / 2
    return next((point for point in points if point > middle), points[-1])

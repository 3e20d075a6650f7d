"""Ratings to numbers: the mean of one judge's; of whole chains, by our reading or by the authors' of the same words.

Chains are of rubrics whose steps are rated with `last`. What cannot be read is a Problem, and is left out of the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from judge.parse.blocks import theirs
from judge.records import Problem, Verdict
from judge.rubric import EXTRACT, LAST, SAID, Source

Chain = list[float] | Problem
"""The ratings of one hearing in order, the last step's at the end; or why there are none."""
ABSTAINED = "cannot_judge"
NOT_JUDGED = Problem(stage="judge", kind="not_judged")
NO_STEPS = Problem(stage="judge", kind="no_steps", message="the reply gives an answer and no step before it")
DROPPED = Problem(
    stage="judge", kind="dropped_by_authors", message="the authors' pattern finds no rating in the judge's words"
)


def mean_of(verdicts: Sequence[Verdict]) -> float | None:
    """Over the steps of each repeat, then over the repeats that gave a rating; None where none did."""
    draws: dict[int, list[float]] = {}
    for verdict in verdicts:
        if verdict.rating is not None:
            draws.setdefault(verdict.judge_draw, []).append(verdict.rating)
    means = [sum(own) / len(own) for own in draws.values()]
    return sum(means) / len(means) if means else None


def chains(verdicts: Sequence[Verdict], criterion: str, *, faithful: bool, several: bool) -> dict[int, Chain]:
    """By the judge's draw; faithful reads the judge's first words by the authors' pattern, where they are kept."""
    draws: dict[int, list[Verdict]] = {}
    for verdict in verdicts:
        draws.setdefault(verdict.judge_draw, []).append(verdict)
    return {draw: _chain(own, criterion, faithful=faithful, several=several) for draw, own in draws.items()}


def _chain(verdicts: Sequence[Verdict], criterion: str, *, faithful: bool, several: bool) -> Chain:
    if faithful:
        said = next((item for item in verdicts if item.criterion == SAID and item.step == 1), None)
        if said is not None:
            return theirs(said.reason, several=several) or DROPPED
    counted = [item for item in verdicts if item.criterion in (EXTRACT, criterion, LAST)]
    steps = sorted((item for item in counted if item.criterion == criterion), key=lambda item: item.step or 0)
    unsure = [item for item in steps if item.problem is not None and item.problem.kind == ABSTAINED]
    if len(unsure) < len(steps):  # of several steps, one that could not be judged leaves the others
        counted = [item for item in counted if item not in unsure]
    problem = next((item.problem for item in counted if item.problem is not None), None)
    if problem is not None:
        return problem
    last = next((item.score for item in counted if item.criterion == LAST), None)
    if last is None:
        return NOT_JUDGED
    return [*(item.score for item in steps if item.score is not None), last]


def value_of(source: Source, draws: Mapping[int, Chain]) -> float | Problem:
    """One score of one answer: the mean over the judge's draws that gave one."""
    made = [_of_chain(source, chain) for chain in draws.values()]
    values = [value for value in made if not isinstance(value, Problem)]
    if values:
        return sum(values) / len(values)
    return next((value for value in made if isinstance(value, Problem)), NOT_JUDGED)


def _of_chain(source: Source, chain: Chain) -> float | Problem:
    if isinstance(chain, Problem):
        return chain
    if source.count is not None:
        return float(len(chain))
    if source.last is not None:
        return chain[-1]
    if len(chain) > 1:
        return sum(chain[:-1]) / (len(chain) - 1)
    return NO_STEPS if source.single is None else source.single

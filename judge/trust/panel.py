"""How far the judges of a panel agree, criterion by criterion, and what each number would be without each of them.

Krippendorff's alpha (ordinal) and exact agreement over the same ratings that are combined; where nothing varies there
is no alpha, with the reason.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from judge.definitions import Task
from judge.evaluate import Bench, judged_estimates
from judge.items import Item
from judge.panels import Combination, Combined, label_of
from judge.records import OVERALL, Estimate, Key, Mode, Run, Verdict
from judge.rubric import Rubric
from judge.stats import Array
from judge.trust.raters import krippendorff
from judge.trust.resampling import Resampler, interval, units_of

NO_PAIR = "no answer has two ratings"
NO_VARIANCE = "no variance: all ratings are the same"
NOT_LEVELS = "means over steps or repeats are no levels"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers that are rated, and which of them belong together."""

    keys: tuple[Key, ...]
    clusters: tuple[str, ...] | None

    def resampler(self) -> Resampler:
        """Of clusters, or of answers where each stands for itself."""
        return Resampler(unit_of_item=units_of(self.clusters, np.arange(len(self.keys))))


def answers_of(task: Task, items: Sequence[Item]) -> Answers:
    """Every answer of a run; draws of one item, and items of one cluster, are resampled together."""
    keys = tuple(item.key for item in items)
    if task.data.cluster is not None:
        return Answers(keys=keys, clusters=tuple(item.sample.cluster or item.sample.id for item in items))
    several = len({key.sample_id for key in keys}) < len(keys)
    return Answers(keys=keys, clusters=tuple(key.sample_id for key in keys) if several else None)


def criteria_of(bench: Bench) -> list[str]:
    """The ratings of its rubric."""
    return [stage.name for stage in bench.rubric.rated()]


def ratings_of(verdicts: Sequence[Verdict], criterion: str, keys: Sequence[Key]) -> Array:
    """Shape (repeats, answers): each repeat's rating, of steps their mean; NaN where there is none."""
    latest = {(item.key, item.judge_draw, item.step): item.rating for item in verdicts if item.criterion == criterion}
    draws = 1 + max((draw for _, draw, _ in latest), default=0)
    place = {key: index for index, key in enumerate(keys)}
    sums, counts = np.zeros((draws, len(keys))), np.zeros((draws, len(keys)))
    for (key, draw, _), score in latest.items():
        if score is not None and key in place:
            sums[draw, place[key]] += score
            counts[draw, place[key]] += 1
    result: Array = np.divide(sums, counts, out=np.full(sums.shape, math.nan), where=counts > 0)
    return result


def mean_of(table: Array) -> Array:
    """The mean of each column's known values; NaN where there is none."""
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    result: Array = np.divide(np.nansum(table, axis=0), count, out=np.full(table.shape[1], math.nan), where=count > 0)
    return result


def alpha_of(table: Array, answers: Answers) -> dict[str, Any]:
    """Ordinal alpha of shape (raters, answers) with its interval, or the reason why there is none."""
    alpha = krippendorff(table, "ordinal", answers.resampler().left_out())
    if math.isnan(alpha[0]):
        pairs = ((~np.isnan(table)).sum(axis=0) >= 2).any()
        return {"value": None, "low": None, "high": None, "reason": NO_VARIANCE if pairs else NO_PAIR}
    made = interval(alpha, ends=(-1.0, 1.0), items=int(((~np.isnan(table)).sum(axis=0) >= 2).sum()))
    return {"value": float(alpha[0]), "low": made.low, "high": made.high, "reason": ""}


def agreeing(column: Array) -> float | None:
    """Of one answer's ratings, the share of pairs that are equal; None where there is no pair."""
    known = [float(value) for value in column if not math.isnan(value)]
    pairs = list(itertools.combinations(known, 2))
    return sum(one == other for one, other in pairs) / len(pairs) if pairs else None


def panel_block(run: Run, task: Task, *, items: Sequence[Item], metrics: Sequence[str], bench: Bench) -> dict[str, Any]:
    """A panel as summary.json has it: who rated how much, their agreement, and each number without each judge."""
    answers = answers_of(task, items)

    def made(one: Bench) -> list[Estimate]:
        return judged_estimates(run, task, items=items, metrics=metrics, bench=one)

    scores = bench.rubric.scores
    if scores.recognition is not None and scores.recognition.rule is not None:
        metrics = [name for name in metrics if name != "recognition"]  # no judge has a part in it
    whole = {(item.metric, item.mode): item for item in made(bench) if item.group == OVERALL}
    return {
        "panel": bench.label,
        "rubric": bench.rubric.name,
        "combine": bench.combine,
        "judges": [one.judge for one in bench.members],
        "criteria": [_criterion(bench, name, answers) for name in criteria_of(bench)],
        "without": {
            gone.judge: [_changed(item, whole) for item in made(_less(bench, gone)) if item.group == OVERALL]
            for gone in bench.members
        },
    }


def verdicts_of(
    label: str, how: Combination, *, rubric: Rubric, members: Sequence[Sequence[Verdict]], items: Sequence[Item]
) -> list[Verdict]:
    """A panel's rating of each answer by each criterion, on the criterion's own scale, to be set beside people's."""
    combined = Combined(rubric, members, how)
    like = next((verdict for said in members for verdict in said), None)
    if like is None:
        return []
    found = []
    for item in items:
        for stage in rubric.rated():
            named = combined.rating_of(stage, item)
            fields = {"sample_id": item.key.sample_id, "variant": item.key.variant, "draw": item.key.draw}
            fields |= {"judge": label, "judge_draw": 0, "criterion": stage.name, "step": None, **named}
            found.append(like.model_copy(update=fields))
    return found


def _less(bench: Bench, gone: Bench) -> Bench:
    members = tuple(one for one in bench.members if one is not gone)
    how: Combination = bench.combine or "mean"
    return dataclasses.replace(bench, members=members, label=label_of([one.judge for one in members], how))


def _changed(item: Estimate, whole: dict[tuple[str, Mode], Estimate]) -> dict[str, Any]:
    of_all = whole[item.metric, item.mode].value
    known = item.value is not None and of_all is not None
    return {
        "metric": item.metric,
        "mode": item.mode,
        "value": item.value,
        "change": (item.value or 0.0) - (of_all or 0.0) if known else None,
        "n": item.n,
        "valid": item.valid,
        "reason": item.reason,
        "scale": list(item.scale) if item.scale else None,
    }


def _criterion(bench: Bench, name: str, answers: Answers) -> dict[str, Any]:
    draws = [ratings_of(one.verdicts, name, answers.keys) for one in bench.members]
    table = np.stack([mean_of(own) for own in draws])
    count = Counter(int(judges) for judges in (~np.isnan(table)).sum(axis=0))
    levels = next((tuple(stage.scale or ()) for stage in bench.rubric.rated() if stage.name == name), ())
    shares = [share for share in map(agreeing, table.T) if share is not None]
    whole = bool(np.isin(table[~np.isnan(table)], levels).all())
    exact = sum(shares) / len(shares) if shares and whole else None
    return {
        "criterion": name,
        "answers_by_judges": {str(judges): count[judges] for judges in sorted(count, reverse=True)},
        "missing": {
            one.judge: int(np.isnan(row).sum() - count[0]) for one, row in zip(bench.members, table, strict=True)
        },
        "alpha_ordinal": alpha_of(table, answers),
        "exact": {"value": exact, "n": len(shares), "reason": _why_no_exact(bool(shares), whole)},
    }


def _why_no_exact(paired: bool, whole: bool) -> str:
    if not paired:
        return NO_PAIR
    return "" if whole else NOT_LEVELS

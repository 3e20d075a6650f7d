"""Why the strict and the faithful number of a metric differ: one sentence, made from the answers that were counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from judge.definitions import Task
from judge.estimates import NO_FLOOR
from judge.evaluate import Evaluation
from judge.metrics.labels import LABEL_METRICS
from judge.metrics.names import FIELD_METRICS
from judge.records import OVERALL, Estimate, Score
from judge.statuses import NOT_IMPORTED

LEAST = 0.01
"""Of the scale: one point of a rate that is printed x 100."""
Key = tuple[str, int]


@dataclasses.dataclass(slots=True, kw_only=True)
class _Counts:
    """Answers by what the two modes make of them."""

    neither: int = 0
    """No mode reads anything in them."""
    strict_only: int = 0
    faithful_only: int = 0
    higher: int = 0
    """Both read them, and faithful gives the higher value."""
    lower: int = 0


def told(gaps: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each reason, with the metrics that share it."""
    shared: dict[str, list[str]] = {}
    for name, entry in gaps.items():
        gap = float(entry["gap"])
        shared.setdefault(str(entry["why"]), []).append(f"{name} by {abs(gap):.2f} {'above' if gap > 0 else 'below'}")
    return [f"faithful differs from strict ({', '.join(names)}): {why}" for why, names in shared.items()]


def told_nulls(estimates: Iterable[Estimate], only: frozenset[str] = frozenset()) -> list[str]:
    """A sentence for each strict number that is null for want of a lowest value; `only` names metrics, or is empty."""
    found = [
        item
        for item in estimates
        if item.reason == NO_FLOOR and item.group == OVERALL and (not only or item.metric in only)
    ]
    return [
        f"{item.metric}, strict: {item.missing} of {item.n} answers have no number, and the metric has no lowest value "
        "to count for them (a task may state one: missing_value)"
        for item in found
    ]


def gaps(task: Task, evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """By metric, with its judge in brackets: points (x 100) and why, where the modes differ by more than one."""
    overall = [item for item in evaluation.estimates if item.group == "overall"]
    scores: dict[tuple[str, str | None], list[Score]] = {}
    for score in evaluation.scores:
        scores.setdefault((score.metric, score.judge), []).append(score)
    found: dict[str, dict[str, Any]] = {}
    for strict in (item for item in overall if item.mode == "strict"):
        same = (strict.metric, "faithful", strict.judge)
        faithful = next((item for item in overall if (item.metric, item.mode, item.judge) == same), None)
        gap = _gap(strict, faithful)
        if gap is not None:
            name = f"{strict.metric} ({strict.judge})" if strict.judge else strict.metric
            found[name] = {"gap": gap, "why": _why(task, strict, scores)}
    return found


def _gap(strict: Estimate, faithful: Estimate | None) -> float | None:
    """Points of 100 that faithful is above strict; None where that is too little to be said."""
    if faithful is None or strict.value is None or faithful.value is None or strict.scale is None:
        return None
    low, high = strict.scale
    gap = (faithful.value - strict.value) / (high - low)
    return 100 * gap if abs(gap) > LEAST + 1e-12 else None


def _why(task: Task, strict: Estimate, scores: Mapping[tuple[str, str | None], Sequence[Score]]) -> str:
    label = strict.metric in LABEL_METRICS or strict.metric in FIELD_METRICS
    counts = _count(scores.get(("accuracy" if label else strict.metric, strict.judge), ()))
    parts = list(_parts(counts, drops=not label or task.faithful.invalid == "drop"))
    return "; ".join(parts) or "the authors count the same answers by another rule"


def _count(mine: Sequence[Score]) -> _Counts:
    strict: dict[Key, Score] = {(item.sample_id, item.draw): item for item in mine if item.mode == "strict"}
    counts = _Counts()
    for item in (score for score in mine if score.mode == "faithful"):
        other = strict.get((item.sample_id, item.draw))
        if other is None:
            continue
        if item.value is None and other.value is None:
            counts.neither += _by_the_model(other)
        elif item.value is None:
            counts.strict_only += 1
        elif other.value is None:
            counts.faithful_only += 1
        else:
            counts.higher += item.value > other.value
            counts.lower += item.value < other.value
    return counts


def _by_the_model(score: Score) -> bool:
    problem = score.problem
    return problem is not None and (problem.stage == "parse" or problem.kind == NOT_IMPORTED)


def _parts(counts: _Counts, *, drops: bool) -> Iterable[str]:
    if drops and counts.neither:
        yield f"it leaves out {_answers(counts.neither)} in which nothing can be read, which strict counts 0"
    if counts.strict_only:
        does = "leaves out" if drops else "counts as wrong"
        yield f"it {does} {_answers(counts.strict_only)} that count in strict and not by the authors' rule"
    if counts.faithful_only:
        yield f"the authors' rule reads {_answers(counts.faithful_only)} that strict cannot and counts 0"
    if counts.higher or counts.lower:
        more = f"{counts.higher} higher, {counts.lower} lower"
        yield f"the authors' rule gives {_answers(counts.higher + counts.lower)} another value ({more})"


def _answers(count: int) -> str:
    return f"{count:,} answer{'s' if count != 1 else ''}"

"""Items and verdicts to scores, estimates and counted problems: the pure half of scoring."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from judge.definitions import Task
from judge.estimates import Estimator, Labelling, by_category, each
from judge.items import Item, Number
from judge.measures import BertSetting, label_numbers, lengths, number_errors, text_numbers
from judge.metrics.names import FIELD_METRICS, need_of
from judge.panels import TIE, Combination, Combined
from judge.positions import positions
from judge.records import ACROSS, MODES, Estimate, Mode, Problem, Run, Score, Verdict
from judge.rubric import OPEN, Rubric, scores_named
from judge.rules import NAME as RULES
from judge.scores import Judged
from judge.stored import NAME as IMPORTED
from judge.sweeping import unswept
from judge.votes import voted

NOT_FAILURES = frozenset({"cannot_judge", "no_steps", "dropped_by_authors", TIE})
"""A judge's answer, judges divided, nothing to judge, or how authors read it: no failure of the judge."""
FIRST = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One judge's verdicts by one rubric; `label` is how estimates name the judge."""

    label: str
    judge: str
    rubric: Rubric
    verdicts: Sequence[Verdict]
    repeats: int = 1
    method: str = ""
    members: tuple[Bench, ...] = ()
    """Of a panel: the judges whose ratings it combines; it has no verdicts of its own."""
    combine: Combination | None = None

    def judged(self) -> Judged:
        """Its ratings, ready to be turned into scores."""
        if self.combine is None:
            return Judged(self.rubric, self.verdicts)
        return Combined(self.rubric, [one.verdicts for one in self.members], self.combine)

    @property
    def way(self) -> str:
        """For signatures: the digest of how the judge rates; the offline heuristic has one way in each version."""
        return "" if self.judge == RULES else self.method

    @property
    def sighted(self) -> bool:
        """True where the rubric shows the judge evidence; ratings that came with files were made elsewhere."""
        return self.rubric.shows("clues") and self.judge != IMPORTED

    @property
    def rubric_id(self) -> str:
        """For signatures: name:version:digest."""
        return f"{self.rubric.name}:v{self.rubric.version}:{self.rubric.digest[:8]}"


@dataclasses.dataclass(slots=True, kw_only=True)
class Evaluation:
    """All the numbers of one run, and what went wrong on the way."""

    estimates: list[Estimate] = dataclasses.field(default_factory=list)
    scores: list[Score] = dataclasses.field(default_factory=list)
    problems: dict[str, dict[str, dict[str, Any]]] = dataclasses.field(default_factory=dict)
    messages: dict[str, str] = dataclasses.field(default_factory=dict)
    """The first message of each stage.kind."""
    positions: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Letters chosen against gold ones, where options have letters."""
    counted: set[tuple[str, str, str, int]] = dataclasses.field(default_factory=set)
    """(stage, kind, sample, draw) of what was counted: two judges or metrics do not double an answer's problem."""

    def note(self, problem: Problem, sample_id: str, draw: int) -> None:
        """Count a problem once for each answer; the first five samples are named."""
        mark = (problem.stage, problem.kind, sample_id, draw)
        if mark in self.counted:
            return
        self.counted.add(mark)
        kinds = self.problems.setdefault(problem.stage, {})
        entry = kinds.setdefault(problem.kind, {"n": 0, "samples": []})
        self.messages.setdefault(f"{problem.stage}.{problem.kind}", problem.message)
        entry["n"] += 1
        if sample_id not in entry["samples"] and len(entry["samples"]) < FIRST:
            entry["samples"].append(sample_id)


@unswept()
def evaluate(
    run: Run, task: Task, *, items: Sequence[Item], metrics: Sequence[str], benches: Sequence[Bench], bert: BertSetting
) -> Evaluation:
    """Every metric in both modes, for the whole and each group."""
    found = Evaluation()
    estimator = Estimator(run, task)
    for item in items:
        for problem in _of_answer(item):
            found.note(problem, item.sample.id, item.key.draw)
    counted = voted(task, items) if task.vote else items
    found.positions = positions(task, counted)
    for metric in metrics:
        if need_of(metric) == "label":
            _label_metric(found, estimator, counted, metric=metric)
        elif need_of(metric) in ("reference", "number", "reply"):
            _plain_metric(found, estimator, items, metric=metric, task=task, bert=bert)
    given = {name for bench in benches for name in scores_named(bench.rubric)}
    for metric in metrics:
        if need_of(metric) == "rubric" and metric not in given:
            found.estimates += estimator.nothing(
                items, metric=metric, reason="no_rubric" if not benches else "not_in_rubric"
            )
    for bench in benches:
        _judged(found, estimator, items, bench=bench, task=task, metrics=metrics)
    return found


def judged_estimates(
    run: Run, task: Task, *, items: Sequence[Item], metrics: Sequence[str], bench: Bench
) -> list[Estimate]:
    """The estimates of one judge or panel alone."""
    found = Evaluation()
    _judged(found, Estimator(run, task), items, bench=bench, task=task, metrics=metrics)
    return found.estimates


def _of_answer(item: Item) -> Iterable[Problem]:
    """The problems of one answer: how its call ended and how it was read."""
    undelivered = item.undelivered()
    if undelivered is not None:
        yield undelivered
        return
    if item.answer is not None and item.answer.status == "truncated":
        yield Problem(stage="call", kind="truncated", message="the reply was cut off at the token limit")
    parsed = item.parsed["strict"]
    if parsed.state != "ok":
        yield Problem(stage="parse", kind=parsed.state, message=parsed.reason)


def _label_metric(found: Evaluation, estimator: Estimator, items: Sequence[Item], *, metric: str) -> None:
    base, field = FIELD_METRICS.get(metric, (metric, None))
    for mode, group, members in each(items):
        label = Labelling(metric=metric, mode=mode, group=group, base=base, field=field)
        found.estimates.append(estimator.labels(members, label))
    _ungrouped(found, estimator, items, labels=[Labelling(metric=metric, mode=mode) for mode in MODES])
    if metric == "accuracy":  # the other label metrics have no value for a single answer
        for mode in MODES:
            _store(found, label_numbers(items, mode), metric=metric, mode=mode)


def _plain_metric(
    found: Evaluation, estimator: Estimator, items: Sequence[Item], *, metric: str, task: Task, bert: BertSetting
) -> None:
    scale = None if metric in ("mae", "avg_token") else (0.0, 1.0)
    for mode in MODES:
        if metric == "mae":
            series = number_errors(task, items, mode)
        elif metric == "avg_token":
            series = lengths(task, items)
        else:
            series = text_numbers(task, items, metric=metric, mode=mode, model=bert)
        _store(found, series, metric=metric, mode=mode)
        _estimate(found, estimator, series, label=Labelling(metric=metric, mode=mode, scale=scale))
    for score in found.scores:
        if score.metric == metric and score.problem is not None and score.problem.stage == "metric":
            found.note(score.problem, score.sample_id, score.draw)


def _judged(
    found: Evaluation, estimator: Estimator, items: Sequence[Item], *, bench: Bench, task: Task, metrics: Sequence[str]
) -> None:
    judged = bench.judged()
    wanted = [name for name in scores_named(bench.rubric) if name in metrics]
    faithful: dict[str, list[tuple[Item, Number]]] = {}
    for mode in MODES:
        rows = [(item, judged.scores(task, item, mode)) for item in items]
        for item, scores in rows:
            for problem in {score.problem for score in scores.values() if score.problem}:
                if problem.stage == "judge":
                    found.note(problem, item.sample.id, item.key.draw)
        for name in wanted:
            series = [(item, scores[name]) for item, scores in rows]
            _store(found, series, metric=name, mode=mode, judge=bench.label)
            scale = _scale(bench.rubric, name, mode)
            label = Labelling(
                metric=name,
                mode=mode,
                judge=bench.label,
                method=bench.way,
                rubric=bench.rubric_id,
                evidence=bench.sighted,
                scale=scale,
            )
            _estimate(found, estimator, series, label=label)
            for category, part in by_category(series):
                found.estimates.append(estimator.numbers(part, dataclasses.replace(label, group=category)))
            if mode == "faithful":
                faithful[name] = series
    if bench.combine is None and bench.rubric.by_authors and not task.reads_several():
        _across(found, estimator, faithful, bench=bench, task=task)


def _across(
    found: Evaluation,
    estimator: Estimator,
    own: Mapping[str, Sequence[tuple[Item, Number]]],
    *,
    bench: Bench,
    task: Task,
) -> None:
    """What the authors' script over all tasks makes of the judge's words, where that differs from the task's own."""
    judged = Judged(bench.rubric, bench.verdicts, across=True)
    rows: dict[str, list[tuple[Item, Number]]] = {name: [] for name in own}
    for item, _ in next(iter(own.values()), ()):
        scores = judged.scores(task, item, "faithful")
        for name, series in rows.items():
            series.append((item, scores[name]))
    if all(_values(rows[name]) == _values(series) for name, series in own.items()):
        return
    for name, series in rows.items():
        scale = _scale(bench.rubric, name, "faithful")
        label = Labelling(metric=name, mode="faithful", group=ACROSS, judge=bench.label, rubric=bench.rubric_id,
                          method=bench.way, evidence=bench.sighted, scale=scale)  # fmt: skip
        found.estimates.append(estimator.numbers(series, label))


def _values(series: Sequence[tuple[Item, Number]]) -> list[float | None]:
    return [number.value for _, number in series]


def _scale(rubric: Rubric, name: str, mode: Mode) -> tuple[float, float] | None:
    """Lowest and highest value of a judged metric; None where it has no highest one."""
    if name in OPEN:
        return None
    low, high = rubric.scale_of(name)
    zero = mode == "faithful" and rubric.failed == "zero"  # what the authors count for no rating lies below the lowest
    return (0.0 if zero else low, high)


def _estimate(
    found: Evaluation, estimator: Estimator, series: Sequence[tuple[Item, Number]], *, label: Labelling
) -> None:
    by_sample = {id(item): number for item, number in series}
    for mode, group, members in each([item for item, _ in series]):
        if mode == label.mode:
            part = [(item, by_sample[id(item)]) for item in members]
            own = dataclasses.replace(label, group=group)
            found.estimates.append(estimator.numbers(part, own))
    _ungrouped(found, estimator, [item for item, _ in series], labels=[label])


def _ungrouped(found: Evaluation, estimator: Estimator, items: Sequence[Item], *, labels: Sequence[Labelling]) -> None:
    """Each group without a number, where the items of groups are not known."""
    for group in estimator.unknown_groups(items):
        found.estimates += [estimator.ungrouped(dataclasses.replace(label, group=group)) for label in labels]


def _store(
    found: Evaluation, series: Sequence[tuple[Item, Number]], *, metric: str, mode: Mode, judge: str | None = None
) -> None:
    for item, number in series:
        key = item.key
        found.scores.append(
            Score.model_construct(  # all of it was checked when it was read
                sample_id=key.sample_id,
                variant=key.variant,
                draw=key.draw,
                metric=metric,
                mode=mode,
                judge=judge,
                value=number.value,
                problem=number.problem,
            )
        )


def judge_failures(evaluation: Evaluation) -> int:
    """Answers that a judge failed on, for the exit code."""
    kinds = evaluation.problems.get("judge", {})
    return sum(int(entry["n"]) for kind, entry in kinds.items() if kind not in NOT_FAILURES)

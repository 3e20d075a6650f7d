"""Scores of single answers from their parsed values and verdicts; a missing one is a Problem, not a number.

What the model did not deliver counts 0 in strict mode (of a rating on its own scale, the lowest) and is left out of
faithful mode. What our side did not get or could not measure (a failed call, a judge's failure, no reference) is left
out of both, and counted as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from judge.case import said_of
from judge.coverage import cited
from judge.definitions import Task
from judge.items import Item, Number, recalled, recognised
from judge.ratings import Chain, chains, value_of
from judge.records import Key, Mode, Problem, Verdict
from judge.rubric import EXTRACT, Rated, Rubric, Source, Stage


class Judged:
    """The verdicts of one judge by one rubric, ready to be turned into scores."""

    def __init__(self, rubric: Rubric, verdicts: Iterable[Verdict], *, across: bool = False) -> None:
        """Verdicts of other rubrics or judges must not be among them; the latest of the same rating holds.

        `across`: faithful mode reads score blocks as the authors' script over all tasks does, not as the task's own.
        """
        self._across = across
        self.rubric = rubric
        self._stages: dict[str, Stage] = {stage.name: stage for stage in rubric.rated()}
        self._chains: dict[tuple[Key, str, bool], dict[int, Chain]] = {}
        self._by_key: dict[Key, dict[tuple[str, int | None, int], Verdict]] = {}
        for item in verdicts:
            self._by_key.setdefault(item.key, {})[item.criterion, item.step, item.judge_draw] = item

    def of(self, key: Key) -> list[Verdict]:
        """All verdicts on one answer."""
        return list(self._by_key.get(key, {}).values())

    def heard(self, key: Key) -> bool:
        """True where the judge was given this answer."""
        return bool(self._by_key.get(key))

    def scores(self, task: Task, item: Item, mode: Mode) -> dict[str, Number]:
        """Every score that the rubric gives, by name; `final` and the ratings last."""
        plan = self.rubric.scores
        found: dict[str, Number] = {}
        for name, source in self.rubric.sources.items():
            if source.cites is not None:
                found[name] = self._covered(name, source.cites, item, task=task)
            else:
                found[name] = self._score(source, item, mode=mode, task=task, others=found)
        if plan.final is not None:
            found["final"] = _weighted(plan.final, found, mode=mode)
        for name, rated in plan.ratings.items():
            found[name] = self._rating(rated, item, mode=mode, others=found)
        return found

    def _rating(self, rated: Rated, item: Item, *, mode: Mode, others: Mapping[str, Number]) -> Number:
        """The mean rating of the judge's draws times the factor, or the sum of such; on the rubric's own scale."""
        if rated.sum is not None:
            parts = [others[name] for name in rated.sum]
            lost = next((part for part in parts if part.value is None), None)
            problem = next((part.problem for part in parts if part.problem), None)
            return lost or Number(value=sum(part.value or 0.0 for part in parts), problem=problem)
        undelivered = item.undelivered()
        if undelivered is not None and not (mode == "faithful" and self._rates(item)):
            return Number(problem=undelivered)
        return self._rated(rated, item, mode)

    def _rates(self, item: Item) -> bool:
        """True where the authors' judge rates this reply, too, though it declines or says nothing."""
        return self.rubric.refusals == "rated" and (item.declined() or item.silent()) and self.heard(item.key)

    def _rated(self, rated: Rated, item: Item, mode: Mode) -> Number:
        own = self.of(item.key)
        verdicts = [verdict for verdict in own if verdict.criterion == rated.criterion]
        verdicts = verdicts or [verdict for verdict in own if verdict.criterion == EXTRACT and verdict.problem]
        values = [verdict.rating * rated.times for verdict in verdicts if verdict.rating is not None]
        problem = next((verdict.problem for verdict in verdicts if verdict.problem), None)
        if verdicts and mode == "faithful" and self.rubric.failed == "zero":
            return Number(value=sum(values) / len(verdicts), problem=problem)
        if values:
            return Number(value=_mean(values))
        return Number(problem=problem or Problem(stage="judge", kind="not_judged"), blame="measure")

    def _score(self, source: Source, item: Item, *, mode: Mode, task: Task, others: Mapping[str, Number]) -> Number:
        if mode == "faithful" and source.faithful is not None:
            return self._by_authors(source.faithful, item, task)
        if source.rule is not None:
            parsed = item.parsed[mode]
            if item.undelivered() is not None or parsed.state != "ok":
                problem = item.undelivered() or Problem(stage="parse", kind=parsed.state, message=parsed.reason)
                return Number(problem=problem)
            by_recall = source.rule == "recall"
            return Number(value=recalled(item, mode) if by_recall else recognised(task, item, mode))
        if source.derived is not None:
            return _weighted({str(name): weight for name, weight in source.derived.items()}, others, mode=mode)
        undelivered = item.undelivered()
        if undelivered is not None:
            return Number(problem=undelivered)
        chain = source.last or source.count or source.mean
        if chain is not None and self._stages[chain].last is not None:
            return self._of_chains(source, item, task=task, name=chain)
        if source.mean is not None:
            return self._mean_of_steps(source.mean, item)
        names = (source.criterion,) if isinstance(source.criterion, str) else source.criterion or ()
        return self._criteria(names, item)

    def _by_authors(self, source: Source, item: Item, task: Task) -> Number:
        """As the authors score: whatever their judge rated is one more answer, a refusal or an empty one too."""
        undelivered = item.undelivered()
        counts = item.silent() and self.heard(item.key)
        if undelivered is not None and not counts and not (self.rubric.refusals == "rated" and item.declined()):
            return Number(problem=undelivered)
        name = source.last or source.count or source.mean
        if name is not None and self._stages[name].last is not None:
            return self._of_chains(source, item, task=task, name=name, faithful=True)
        return self._score(source, item, mode="strict", task=task, others={})

    def _of_chains(self, source: Source, item: Item, *, task: Task, name: str, faithful: bool = False) -> Number:
        known = (item.key, name, faithful)
        if known not in self._chains:
            several = task.reads_several() or (faithful and self._across)
            self._chains[known] = chains(self.of(item.key), name, faithful=faithful, several=several)
        said = value_of(source, self._chains[known])
        return Number(problem=said, blame="measure") if isinstance(said, Problem) else Number(value=said)

    def _mean_of_steps(self, criterion: str, item: Item) -> Number:
        verdicts = self.of(item.key)
        if not verdicts:
            return Number(problem=Problem(stage="judge", kind="not_judged"), blame="measure")
        lost = next((verdict.problem for verdict in verdicts if verdict.criterion == EXTRACT and verdict.problem), None)
        rated = [verdict for verdict in verdicts if verdict.criterion == criterion]
        if not rated and lost is None:
            lost = Problem(stage="judge", kind="no_steps", message="the reply gives an answer and no step before it")
        return self._over_draws(rated, lost)

    def _covered(self, name: str, criterion: str, item: Item, *, task: Task) -> Number:
        """Coverage or grounding: the mean over the judge's draws that gave one."""
        undelivered = item.undelivered()
        if undelivered is not None:
            return Number(problem=undelivered)
        rated = [verdict for verdict in self.of(item.key) if verdict.criterion == criterion]
        whole = self._mean_of_steps(criterion, item)
        if whole.value is None and item.sample.target.clues:
            return whole
        lowest = min(self._stages[criterion].scale or {0.0: ""})
        values: list[float] = []
        problem: Problem | None = None
        for draw in sorted({verdict.judge_draw for verdict in rated} or {0}):
            own = [verdict for verdict in rated if verdict.judge_draw == draw]
            found = cited(item.sample, own, lowest=lowest, words=said_of(task, item.sample))
            value = found if isinstance(found, Problem) else getattr(found, name)
            problem = value if isinstance(value, Problem) else problem
            values += [] if isinstance(value, Problem) else [value]
        return Number(value=_mean(values)) if values else Number(problem=problem, blame="measure")

    def _criteria(self, names: Sequence[str], item: Item) -> Number:
        total = 0.0
        weights = 0.0
        for name in names:
            number = self._criterion(name, item)
            if number.value is None:
                return number
            total += self._stages[name].weight * number.value
            weights += self._stages[name].weight
        return Number(value=total / weights)

    def _criterion(self, name: str, item: Item) -> Number:
        rated = [verdict for verdict in self.of(item.key) if verdict.criterion == name]
        return self._over_draws(rated, Problem(stage="judge", kind="not_judged"))

    def _over_draws(self, rated: Sequence[Verdict], nothing: Problem | None) -> Number:
        """The mean of each of the judge's draws, then over the draws that gave a rating."""
        draws: dict[int, list[float]] = {}
        for verdict in rated:
            if verdict.rating is not None:
                draws.setdefault(verdict.judge_draw, []).append(self._unit(verdict))
        if draws:
            return Number(value=_mean([_mean(own) for own in draws.values()]))
        problem = next((verdict.problem for verdict in rated if verdict.problem), nothing)
        return Number(problem=problem, blame="measure")

    def _unit(self, verdict: Verdict) -> float:
        """A rating as a fraction of its scale."""
        points = self._stages[verdict.criterion].scale or {}
        low, high = min(points), max(points)
        return ((verdict.rating or 0.0) - low) / (high - low)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _weighted(weights: Mapping[str, float], parts: Mapping[str, Number], *, mode: Mode) -> Number:
    """A weighted sum; in strict mode a part that the model did not deliver counts 0 beside parts that it did."""
    lost = [parts[name] for name in weights if parts[name].value is None]
    by_us = next((part for part in lost if part.ours), None)
    if by_us is not None:
        return by_us
    if lost and (mode == "faithful" or len(lost) == len(weights)):
        return lost[0]
    return Number(value=sum(weight * (parts[name].value or 0.0) for name, weight in weights.items()))

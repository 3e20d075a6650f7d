"""Scores of single answers to Estimates: value, 95% interval, n, valid, missing, signature.

n is the mode's denominator; draws of one item are averaged before items are; intervals are clustered where
the task names a cluster, and by item where there are several draws.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

import judge
from judge import senses, stats
from judge.definitions import THINKING, Task
from judge.entries import digest
from judge.items import Item, Number
from judge.metrics.labels import LABEL_METRICS, Observations
from judge.metrics.names import UNBOUNDED
from judge.records import CATEGORY, MODES, OVERALL, Estimate, Mode, Run

Series = Sequence[tuple[Item, Number]]
NO_FLOOR = "no_floor"
"""Why a strict number is null: answers lack a number, and the metric has no lowest value to count for them."""
GROUP_UNKNOWN = "group_unknown"
"""Why a group has no number: which items are in it is not known, as a result file in another order has no ids."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """What an estimate is called: its metric, mode, group and the judge behind it."""

    metric: str
    mode: Mode
    group: str = OVERALL
    judge: str | None = None
    rubric: str | None = None
    """rubric:version:digest, for the signature."""
    method: str = ""
    """Digest of how the judge rates: another sampling, server or set of stored ratings is another number."""
    evidence: bool = False
    """True where the judge was shown evidence, which may lie in a file of its own."""
    scale: tuple[float, float] | None = (0.0, 1.0)
    base: str = ""
    """The label metric behind it, where that has another name."""
    field: str | None = None
    """The one field that it looks at."""


class Estimator:
    """Makes the estimates of one run."""

    def __init__(self, run: Run, task: Task) -> None:
        """Digests for the signatures are computed once."""
        self._run = run
        self._task = task
        self._score_digest = task.score_digest()[:8]
        self._known: dict[Hashable, stats.Interval] = {}

    def signature(self, label: Labelling, n: int, notes: Sequence[str] = ()) -> str:
        """How a number was made: equal signatures may be compared, others may not."""
        run = self._run
        parts = [self._task.name, label.metric, label.mode, f"n:{n}"]
        parts += [label.group] if label.group != OVERALL else []
        parts += [f"task:v{self._task.version}:{run.ask_digest[:8]}:{self._score_digest}"]
        parts += [f"data:{run.data_sha256[:8]}", f"model:{run.model}", f"prompt:{run.variant}"]
        seen = run.senses.get("video", senses.AWAY) not in (senses.AWAY, senses.NOTES)
        hidden = set(self._task.reading_settings()) | (set() if seen else {"media"})
        parts += [f"{name}:{value}" for name, value in sorted(run.settings.items()) if name not in hidden]
        ruled = label.mode == "faithful" and self._task.faithful.rule != "same"
        parts += [f"{THINKING}:{self._task.faithful.thinking}"] if ruled else []
        parts += [f"senses:{senses.words(run.senses)}"] if senses.digest_part(run.senses) else []
        parts += [f"wording:{run.wording}"] if run.wording else []
        parts += ["structured"] if run.structured else []
        parts += [f"system:{digest(run.system)[:8]}"] if run.system is not None else []
        parts += [f"draws:{run.selection.repeats}"] if run.selection.repeats > 1 else []
        parts += [f"orderings:{self._task.orderings}"] if self._task.orderings > 1 else []
        parts += [f"vote:{self._task.vote}"] if self._task.vote else []
        stated = self._task.missing_value.get(label.metric) if label.mode == "strict" else None
        parts += [f"missing:{stated:g}"] if stated is not None else []
        parts += [f"judge:{label.judge}"] if label.judge else []
        parts += [f"method:{label.method}"] if label.method else []
        parts += [f"rubric:{label.rubric}"] if label.rubric else []
        parts += [f"evidence:{run.evidence_sha256[:8]}"] if label.evidence and run.evidence_sha256 else []
        return "|".join([*parts, *sorted(set(filter(None, notes))), f"judge {judge.__version__}"])

    def clusters(self, items: Sequence[Item]) -> list[str] | None:
        """What is resampled whole: the task's cluster, else the item where it has several draws."""
        if self._task.data.cluster is not None or self._task.orderings > 1:
            return [item.sample.cluster or item.sample.id for item in items]
        return [item.sample.id for item in items] if self._run.selection.repeats > 1 else None

    def labels(self, items: Sequence[Item], label: Labelling) -> Estimate:
        """A label metric; in faithful mode unreadable answers are dropped, wrong, or a class of their own.

        An answer that failed or was not asked for yet is none: it stands in n and missing, and is not counted wrong.
        """
        policy = self._task.faithful.invalid if label.mode == "faithful" else "wrong"
        read = [(item, predicted(item, label.mode, label.field)) for item in items]
        valid = sum(bool(values) for _, values in read)
        kept = [(item, values) for item, values in read if not item.failed and (values or policy != "drop")]
        if policy == "class":
            kept = [(item, values or unreadable(item, label.mode)) for item, values in kept]
        n = len(items) if label.mode == "strict" else len(kept)
        shape = {"n": n, "valid": valid, "missing": len(items) - valid}
        if not kept or (not valid and (policy == "drop" or all(item.dropped for item, _ in kept))):
            return self._none(label, "no_valid_answer", shape)
        data = Observations(
            gold=[gold(item, label.field) for item, _ in kept],
            predicted=[values for _, values in kept],
            weights=weights([item for item, _ in kept]),
            clusters=self.clusters([item for item, _ in kept]),
            items=[item.sample.id for item, _ in kept] if self._run.selection.repeats > 1 else None,
        )
        metric = label.base or label.metric
        parts = (data.gold, data.predicted, data.weights, data.clusters or (), data.items or ())
        told = (metric, *map(tuple, parts))
        return self._some(label, self._once(told, lambda: LABEL_METRICS[metric](data)), shape)

    def _once(self, told: Hashable, measure: Callable[[], stats.Interval]) -> stats.Interval:
        """An interval of the same observations is the same: two modes or metrics often have them in common."""
        found = self._known.get(told)
        if found is None:
            found = self._known[told] = measure()
        return found

    def numbers(self, series: Series, label: Labelling) -> Estimate:
        """A mean of scores; in strict mode what the model did not deliver counts the scale's lowest, 0 for a share.

        Where a metric has no lowest value it counts what the task states for it, and so does an answer that is worse
        than that; where the task states nothing, one missing answer makes the strict number null.
        What we did not get is left out; a value beside a problem counts and is no valid one.

        The interval knows the ends of the scale where there are any: docs/intervals.md.
        """
        strict = label.mode == "strict"
        worst = self._worst(label)
        given = [(item, number.value) for item, number in series if number.value is not None]
        lacking = [item for item, number in series if number.value is None and not number.ours]
        valid = sum(number.value is not None and number.problem is None for _, number in series)
        shape = {"n": len(series) if strict else len(given), "valid": valid, "missing": len(series) - valid}
        kept = given
        if strict and worst is not None:
            kept = [(item, _no_worse(label.metric, value, worst)) for item, value in given]
            kept += [(item, worst) for item in lacking]
        if not given and not (kept and _failed_by_model(series)):
            return self._none(label, _commonest(series), shape)
        if strict and worst is None and lacking:
            return self._none(label, NO_FLOOR, shape)
        if strict and label.metric in UNBOUNDED:
            shape["n"] = len(kept)  # never more than there are values
        items = [item for item, _ in kept]
        values, first = stats.per_item([value for _, value in kept], [item.sample.id for item in items])
        clusters = self.clusters([items[position] for position in first])
        binary = label.scale == (0.0, 1.0) and all(value in (0.0, 1.0) for _, value in kept)
        told = ("share" if binary else label.scale, tuple(values), tuple(clusters or ()))
        ones = [1.0] * len(values)
        interval = self._once(
            told,
            lambda: (
                stats.share(values, ones, clusters) if binary else stats.mean(values, ones, clusters, scale=label.scale)
            ),
        )
        return self._some(label, interval, shape, notes=[number.note for _, number in series])

    def _worst(self, label: Labelling) -> float | None:
        """What a missing answer counts in strict mode; None where the metric has no lowest value and none is stated."""
        if label.metric in UNBOUNDED:
            return self._task.missing_value.get(label.metric)
        return label.scale[0] if label.scale is not None else None

    def nothing(self, items: Sequence[Item], *, metric: str, reason: str) -> list[Estimate]:
        """A metric that nothing here can give, in both modes: null with its reason."""
        shape = {"n": len(items), "valid": 0, "missing": len(items)}
        return [self._none(Labelling(metric=metric, mode=mode), reason, shape) for mode in MODES]

    def unknown_groups(self, items: Sequence[Item]) -> tuple[str, ...]:
        """The groups without a number: all of them, where the group of some item is not known."""
        groups = self._task.groups
        if groups is None or all(item.sample.group is not None for item in items):
            return ()
        cited = (reference.group for reference in self._task.references)
        found = [item.sample.group for item in items if item.sample.group is not None]
        return tuple(name for name in dict.fromkeys([*groups.names.values(), *found, *cited]) if name != OVERALL)

    def ungrouped(self, label: Labelling) -> Estimate:
        """The number of a group whose members are not known."""
        return self._none(label, GROUP_UNKNOWN, {"n": 0, "valid": 0, "missing": 0})

    def _some(
        self, label: Labelling, interval: stats.Interval, shape: dict[str, int], *, notes: Sequence[str] = ()
    ) -> Estimate:
        if interval.value != interval.value:
            return self._none(label, "undefined", shape)
        return Estimate(
            **self._named(label),
            value=interval.value,
            low=interval.low,
            high=interval.high,
            interval=interval.note or None,
            signature=self.signature(label, shape["n"], notes),
            **shape,
        )

    def _none(self, label: Labelling, reason: str, shape: dict[str, int]) -> Estimate:
        signature = self.signature(label, shape["n"])
        return Estimate(**self._named(label), value=None, reason=reason, signature=signature, **shape)

    def _named(self, label: Labelling) -> dict[str, object]:  # the fields that label and estimate share
        return {
            "metric": label.metric,
            "mode": label.mode,
            "group": label.group,
            "judge": label.judge,
            "scale": label.scale,
        }


def grouped(items: Sequence[Item]) -> Iterator[tuple[str, list[Item]]]:
    """The whole, then each group in the data's order; no group where that of some item is not known."""
    yield OVERALL, list(items)
    if any(item.sample.group is None for item in items):
        return
    names = dict.fromkeys(item.sample.group for item in items if item.sample.group is not None)
    for name in names:
        yield name, [item for item in items if item.sample.group == name]


def by_category(series: Series) -> Iterator[tuple[str, Series]]:
    """The scores of each gold label, in the data's order; the names say what they are."""
    names = dict.fromkeys(item.sample.category for item, _ in series if item.sample.category is not None)
    for name in names:
        yield f"{CATEGORY}{name}", [(item, number) for item, number in series if item.sample.category == name]


def each(items: Sequence[Item]) -> Iterator[tuple[Mode, str, list[Item]]]:
    """Every mode of every group."""
    for group, members in grouped(items):
        for mode in MODES:
            yield mode, group, members


def weights(items: Sequence[Item]) -> list[float]:
    """One over the number of an item's answers that count, so that every item weighs the same."""
    counts = Counter(item.sample.id for item in items)
    return [1.0 / counts[item.sample.id] for item in items]


def gold(item: Item, field: str | None = None) -> frozenset[str]:
    """The gold labels, of one field or of all; joint fields make one label."""
    values = item.sample.target.values
    return _joint(values) if field is None else frozenset(values.get(field, ()))


def predicted(item: Item, mode: Mode, field: str | None = None) -> frozenset[str]:
    """The labels that were read; empty where any field with gold could not be read.

    Of one field: in strict mode whatever became of the others; the authors drop an answer whole.
    """
    values = item.parsed[mode].values
    if field is not None and (mode == "strict" or item.parsed[mode].state == "ok"):
        return frozenset(values.get(field, ()))
    if item.parsed[mode].state != "ok" or any(name not in values for name in item.sample.target.values):
        return frozenset()
    return _joint({name: values[name] for name in item.sample.target.values})


def _joint(values: dict[str, tuple[str, ...]]) -> frozenset[str]:
    if len(values) == 1:
        return frozenset(next(iter(values.values())))
    return frozenset({"_".join("+".join(sorted(value)) for value in values.values())}) if values else frozenset()


def unreadable(item: Item, mode: Mode) -> frozenset[str]:
    """The class of its own that some authors give an unreadable answer."""
    return frozenset({item.parsed[mode].reason if item.parsed[mode].reason in ("multi", "unknown") else "unknown"})


def _no_worse(metric: str, value: float, worst: float) -> float:
    """The value, or the worst that counts: a refusal, which counts that, never beats an answer."""
    better = UNBOUNDED.get(metric, "high")
    return value if better == "neither" else min(value, worst) if better == "low" else max(value, worst)


def _failed_by_model(series: Series) -> bool:
    """True where some reply came and could not be used: then all of them count 0, and that is a result.

    Not where no reply gave a text to compare: a task may not have asked for one.
    """
    if any(number.blame == "measure" and not number.lost for _, number in series):
        return False
    problems = [number.problem for _, number in series if number.problem]
    return any(problem.stage == "parse" and problem.kind != "no_text" for problem in problems)


def _commonest(series: Series) -> str:
    kinds = Counter(number.problem.kind for _, number in series if number.problem)
    return kinds.most_common(1)[0][0] if kinds else "no_valid_answer"

"""A suite's averages from its tasks' estimates, in both modes: pure; a missing task makes null, never a smaller mean.

Intervals of means and pools are Zou and Donner's (2008, MOVER): the limits of the tasks' own intervals, combined as for
independent estimates; Newcombe 1998 is the case of two shares. Where a task has no interval the average has none.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import judge
from judge.entries import digest
from judge.records import ACROSS, MODES, OVERALL, Estimate, Mode, Record
from judge.suite import Leaf, Suite

RATE, PERCENT = (0.0, 1.0), (0.0, 100.0)
Voice = tuple[str, str] | None
"""Who judged and by which rubric, "" for each task's own; None for what no judge gives."""
Units = Callable[[Estimate], int | None]


class Average(Record):
    """One average of a suite, or the reason why there is none."""

    score: str
    mode: Mode
    judge: str | None = None
    value: float | None
    """A fraction in [0, 1] where the scale says so, else in the metric's own unit."""
    reason: str | None = None
    low: float | None = None
    high: float | None = None
    n: int
    valid: int
    missing: int
    """Sums over the tasks that are there."""
    scale: tuple[float, float] | None = RATE
    tasks: tuple[str, ...]
    """That it was made of."""
    expected: int
    """Tasks that it should be made of."""
    signature: str

    @property
    def name(self) -> str:
        """The score; with how many tasks it covers where some are left out."""
        some = self.value is not None and len(self.tasks) < self.expected
        return f"{self.score} ({len(self.tasks)} of {self.expected} tasks)" if some else self.score


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One task of a suite as it was run and scored."""

    estimates: Sequence[Estimate] = ()
    voices: Mapping[str, Voice] = dataclasses.field(default_factory=dict)
    """Who stands behind each judge's label."""
    units: Units | None = None
    """How many items an estimate's mean is over; None where that is not known."""
    lack: str = ""
    """Why there are no estimates: not run, not scored, its data is not there."""
    context: str = ""
    """For signatures: model, prompt and settings of the run."""

    def pick(self, metric: str, mode: Mode, voice: Voice, *, pooled: bool = False) -> Estimate | None:
        """The whole task's estimate by this voice, or by none where the metric needs no judge.

        `pooled`: as the authors' script over all tasks reads it, where that differs.
        """
        groups = (ACROSS, OVERALL) if pooled else (OVERALL,)
        found = (self._of(metric, mode, voice, group=group) for group in groups)
        return next((item for item in found if item is not None), None)

    def _of(self, metric: str, mode: Mode, voice: Voice, *, group: str) -> Estimate | None:
        for item in self.estimates:
            if (item.metric, item.mode, item.group) == (metric, mode, group):
                own = self.voices.get(item.judge) if item.judge is not None else None
                if own is None or own == voice:
                    return item
        return None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    leaf: Leaf
    estimate: Estimate


class _Refused(Exception):
    """Why there is no value."""


def averages(suite: Suite, members: Mapping[str, Member]) -> list[Average]:
    """Every average in both modes, for each judge; those that may leave out a task also without it, named so."""
    found: list[Average] = []
    for score in suite.scores:
        leaves = suite.leaves(score)
        for voice in _voices(leaves, members):
            for mode in MODES:
                whole = _average(suite, score, leaves=leaves, members=members, key=(mode, voice))
                found.append(_as_printed(suite, whole, found))
                kept = [leaf for leaf in leaves if leaf.task not in suite.optional or not members[leaf.task].lack]
                if whole.value is None and 0 < len(kept) < len(leaves):
                    some = _average(suite, score, leaves=kept, members=members, key=(mode, voice))
                    found += [some.model_copy(update={"expected": len(leaves)})] if some.value is not None else []
    return found


def _as_printed(suite: Suite, whole: Average, found: Sequence[Average]) -> Average:
    """In faithful mode the mean of rounded averages, where the authors took that."""
    plan = suite.scores[whole.score]
    if plan.rounded is None or whole.mode != "faithful" or whole.value is None:
        return whole
    parts = [item for part in plan.mean for item in found if (item.name, item.mode) == (part, whole.mode)
             and item.judge in (None, whole.judge)]  # fmt: skip
    value = math.fsum(round(100 * (item.value or 0.0), plan.rounded) for item in parts) / len(parts) / 100
    ends = {"low": whole.low, "high": whole.high}
    if whole.low is not None and whole.high is not None:
        ends = {"low": min(whole.low, value), "high": max(whole.high, value)}
    return whole.model_copy(update={"value": value} | ends)


def _voices(leaves: Sequence[Leaf], members: Mapping[str, Member]) -> list[Voice]:
    """Each judge that some part has; None where no part is judged."""
    found: dict[Voice, None] = {}
    for leaf in leaves:
        member = members[leaf.task]
        labels = (item.judge for item in member.estimates if item.metric == leaf.metric and item.judge is not None)
        found |= dict.fromkeys(member.voices[label] for label in labels if member.voices.get(label) is not None)
    return list(found) or [None]


def _average(
    suite: Suite, score: str, *, leaves: Sequence[Leaf], members: Mapping[str, Member], key: tuple[Mode, Voice]
) -> Average:
    mode, voice = key
    found, lacks = [], {}
    for leaf in leaves:
        pooled = suite.scores[score].micro is not None
        estimate = members[leaf.task].pick(leaf.metric, mode, voice, pooled=pooled)
        if estimate is not None and estimate.value is not None:
            found.append(_Found(leaf=leaf, estimate=estimate))
        else:
            lacks[leaf.task] = _lack(members[leaf.task], leaf, estimate)
    there = {item.leaf.task: item.estimate for item in found}
    expected = len({leaf.task for leaf in leaves})
    named: dict[str, Any] = {
        "score": score,
        "mode": mode,
        "judge": None if voice is None else "/".join(filter(None, voice)),
        "n": sum(item.n for item in there.values()),
        "valid": sum(item.valid for item in there.values()),
        "missing": sum(item.missing for item in there.values()),
        "tasks": tuple(there),
        "expected": expected,
        "signature": _signature(suite, score, found=found, members=members, key=key),
    }
    if lacks:
        return Average(**named, value=None, reason=_reason(lacks, expected))
    try:
        _one_edition(found)
        scale = found[0].estimate.scale if suite.scores[score].micro else RATE
        weights = _pooled(found, members) if suite.scores[score].micro else _equal(found)
    except _Refused as why:
        return Average(**named, value=None, reason=str(why))
    value, low, high = _combined(found, weights)
    return Average(**named, value=value, low=low, high=high, scale=scale)


def _lack(member: Member, leaf: Leaf, estimate: Estimate | None) -> str:
    if member.lack:
        return member.lack
    return f"no {leaf.metric}" if estimate is None else f"{leaf.metric} is null: {estimate.reason}"


def _reason(lacks: Mapping[str, str], expected: int) -> str:
    """3 of 5 tasks: PEA, FCDEA missing (not run)."""
    whys: dict[str, list[str]] = {}
    for task, why in lacks.items():
        whys.setdefault(why, []).append(task)
    said = "; ".join(f"{', '.join(tasks)} missing ({why})" for why, tasks in whys.items())
    return f"{expected - len(lacks)} of {expected} tasks: {said}"


def _one_edition(found: Sequence[_Found]) -> None:
    """Tasks may have a rubric each; two texts of the same rubric are two protocols, and have no mean."""
    editions: dict[str, dict[str, str]] = {}
    for item in found:
        for part in item.estimate.signature.split("|"):
            if part.startswith("rubric:"):
                name, _, edition = part.removeprefix("rubric:").partition(":")
                editions.setdefault(name, {}).setdefault(edition, item.leaf.task)
    for name, own in editions.items():
        if len(own) > 1:
            said = ", ".join(f"{task} by {edition}" for edition, task in own.items())
            raise _Refused(f"the rubric {name} was edited between the tasks: {said}; score them again by one")


def _equal(found: Sequence[_Found]) -> list[float]:
    """The weights of a mean: rates, and scores out of 100 as rates; anything else has no common unit."""
    factors = {RATE: 1.0, PERCENT: 0.01}
    for item in found:
        if item.estimate.scale not in factors:
            raise _Refused(f"{item.leaf.metric} of {item.leaf.task} is no rate: its scale is {item.estimate.scale}")
    return [item.leaf.weight * factors[item.estimate.scale or RATE] for item in found]


def _pooled(found: Sequence[_Found], members: Mapping[str, Member]) -> list[float]:
    """The weights of a mean over all samples: each task's share of the items."""
    if len({item.estimate.scale for item in found}) > 1:
        raise _Refused("the tasks give it on different scales")
    counts = []
    for item in found:
        units = members[item.leaf.task].units
        count = units(item.estimate) if units is not None else None
        if count is None:
            raise _Refused(f"{item.leaf.task}: how many items its mean is over is not known")
        counts.append(count)
    return [count / sum(counts) for count in counts]


def _combined(found: Sequence[_Found], weights: Sequence[float]) -> tuple[float, float | None, float | None]:
    """The weighted sum with its MOVER interval; two numbers of one task are not independent and give none."""
    values = [item.estimate.value or 0.0 for item in found]
    value = math.fsum(weight * own for weight, own in zip(weights, values, strict=True))
    ends = [(item.estimate.low, item.estimate.high) for item in found]
    if len({item.leaf.task for item in found}) < len(found) or any(None in pair for pair in ends):
        return value, None, None
    below = (weight * (own - (low or 0.0)) for weight, own, (low, _) in zip(weights, values, ends, strict=True))
    above = (weight * ((high or 0.0) - own) for weight, own, (_, high) in zip(weights, values, ends, strict=True))
    return value, value - math.hypot(*below), value + math.hypot(*above)


def _signature(
    suite: Suite, score: str, *, found: Sequence[_Found], members: Mapping[str, Member], key: tuple[Mode, Voice]
) -> str:
    """How it was made: the suite and its version, each task with a digest of its own number's signature, the mode."""
    mode, voice = key
    n = sum({item.leaf.task: item.estimate.n for item in found}.values())
    parts = [suite.name, score, mode, f"n:{n}", f"suite:v{suite.version}:{suite.score_digest()[:8]}"]
    parts += [f"{item.leaf.task}:{item.leaf.metric}:{_unnamed(item.estimate.signature)}" for item in found]
    parts += sorted({members[item.leaf.task].context for item in found} - {""})
    parts += [f"judge:{'/'.join(filter(None, voice))}"] if voice else []
    return "|".join([*parts, f"judge {judge.__version__}"])


def _unnamed(signature: str) -> str:
    """Digest of a signature without its model and its count: two models asked alike have the same one."""
    return digest(list(_kept(signature)))[:8]


def _kept(signature: str) -> Iterator[str]:
    return (part for part in signature.split("|") if not part.startswith(("model:", "n:")))

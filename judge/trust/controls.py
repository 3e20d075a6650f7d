"""Controls of a judge: the same ratings with another item's evidence, and with none; a judge that reads it must fall.

What counts as evidence is what the rubric shows beside the question and the reply; definitions in docs/evidence.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

from judge.case import Case, word_fields, words_of
from judge.definitions import Task
from judge.items import Item
from judge.records import Key, Sample, Target, Verdict
from judge.rubric import Rubric, Sight
from judge.scores import Judged
from judge.stats import Interval, difference
from judge.trust.derange import deranged

Condition = Literal["own", "shuffled", "none"]
CONDITIONS: tuple[Condition, ...] = ("own", "shuffled", "none")
SAME = 1e-9
"""Means of the same ratings in another order differ by rounding."""
METRICS = ("reasoning", "cot")
"""Scores of a rubric that rest on ratings of the evidence."""


def measured(rubric: Rubric) -> list[str]:
    """The scores that can fall: those made of ratings, not by a rule or from other scores."""
    sources = {name: getattr(rubric.scores, name) for name in METRICS}
    return [name for name, source in sources.items() if source and source.rule is None and source.derived is None]


def has_evidence(task: Task, sample: Sample, rubric: Rubric) -> bool:
    """True where the rubric shows the judge anything of this item's evidence."""
    there: dict[Sight, bool] = {
        "clues": bool(sample.target.clues),
        "reference": bool(sample.target.reference),
        "transcript": bool(words_of(task, sample)),
        "frames": bool(sample.sources.get("video")),
        "audio": bool(sample.sources.get("audio")),
    }
    return any(given and rubric.shows(sight) for sight, given in there.items())


def label_of(sample: Sample) -> str:
    """The gold label by which donors are told apart."""
    return " ".join(label for labels in sample.target.values.values() for label in labels)


def donors_of(task: Task, samples: Sequence[Sample], rubric: Rubric, *, seed: int) -> dict[str, Sample]:
    """By id, whose evidence an item gets; over all samples of the run, so that --limit changes none of them."""
    having = [sample for sample in samples if has_evidence(task, sample, rubric)]
    if len(having) < 2:
        return {}
    places = deranged([label_of(sample) for sample in having], seed)
    return {sample.id: having[place] for sample, place in zip(having, places, strict=True)}


def shuffled(case: Case, donor: Sample) -> Case:
    """The case with the donor's clues, reference, transcript and clips; question, reply and gold stay."""
    own = case.sample
    inputs = own.inputs | {name: donor.inputs.get(name) for name in word_fields(case.task)}
    target = dataclasses.replace(own.target, clues=donor.target.clues, reference=donor.target.reference)
    sample = dataclasses.replace(own, inputs=inputs, target=target, sources=donor.sources)
    return dataclasses.replace(case, sample=sample, evidence_of=donor.id)


def withheld(case: Case) -> Case:
    """The case without any evidence."""
    target = Target(values=case.sample.target.values)
    return dataclasses.replace(case, sample=dataclasses.replace(case.sample, target=target, sources={}), withheld=True)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """One score with its own evidence and under one control, on the answers that have both."""

    metric: str
    condition: Condition
    n: int
    missing: int
    """Answers without a score under one of the two."""
    own: float | None
    control: float | None
    drop: Interval | None
    """Mean of own - control, paired, with its interval; None where no answer has both."""
    falls: float | None
    """Share of the answers whose score is lower under the control."""
    rises: float | None


def fall(
    metric: str, condition: Condition, *, items: Sequence[Item], numbers: Mapping[Condition, Mapping[Key, float]]
) -> Fall:
    """The paired comparison; intervals are over clusters where the items have any."""
    pairs = [
        (item, numbers["own"][item.key], numbers[condition][item.key])
        for item in items
        if item.key in numbers["own"] and item.key in numbers[condition]
    ]
    missing = len(items) - len(pairs)
    if not pairs:
        return Fall(
            metric=metric, condition=condition, n=0, missing=missing,
            own=None, control=None, drop=None, falls=None, rises=None,
        )  # fmt: skip
    drops = [own - other for _, own, other in pairs]
    count = len(pairs)
    return Fall(
        metric=metric,
        condition=condition,
        n=count,
        missing=missing,
        own=sum(own for _, own, _ in pairs) / count,
        control=sum(other for _, _, other in pairs) / count,
        drop=difference(drops, clusters_of([item for item, _, _ in pairs]), step=_range(pairs)),
        falls=sum(drop > SAME for drop in drops) / count,
        rises=sum(drop < -SAME for drop in drops) / count,
    )


def _range(pairs: Sequence[tuple[Item, float, float]]) -> float:
    """How far apart the scores lie that there are: what a drop might have been where there is none; at least 1."""
    scores = [score for _, own, other in pairs for score in (own, other)]
    return max(max(scores) - min(scores), 1.0)


def clusters_of(items: Sequence[Item]) -> list[str] | None:
    """What belongs together: the data's clusters, else the draws of an item; None where all stand alone."""
    names = [item.sample.cluster or f"item {item.sample.id}" for item in items]
    return names if len(set(names)) < len(names) else None


def numbers_of(
    rubric: Rubric, verdicts: Sequence[Verdict], items: Sequence[Item], *, task: Task, metric: str
) -> dict[Key, float]:
    """One score of each answer that has one; what failed or was abstained from is not there."""
    judged = Judged(rubric, verdicts)
    values = {item.key: judged.scores(task, item, "strict")[metric].value for item in items}
    return {key: value for key, value in values.items() if value is not None}

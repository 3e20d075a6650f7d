"""The badge of a judge: what is known of it, in words short enough to stand beside a number.

validity measured: compared with people; reliability only: probed, but not compared; not measured: neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from judge.rubric import Rubric, Source
from judge.trust.card.records import BADGES, Badge, Card, CriterionCard, Measurement

RELIABILITY = (5, 6, 7, 8)
"""Measurements that need no people."""
SHORT = {
    1: "agreement",
    2: "replaceability",
    3: "ranking",
    4: "leniency",
    5: "retest",
    6: "prompt",
    7: "style",
    8: "attacks",
    9: "family",
    10: "coverage",
}


def badge_of(measurements: Sequence[Measurement]) -> Badge:
    """Of one criterion, by what could be assessed."""
    made = {item.number for item in measurements if item.ruling != "not assessable"}
    if 1 in made:
        return "validity measured"
    return "reliability only" if made.intersection(RELIABILITY) else "not measured"


def line_of(card: Card) -> str:
    """Validity measured: cot (fails leniency); reliability only: steps."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in sorted(card.criteria, key=lambda one: BADGES.index(one.badge)):
        groups.setdefault(item.badge, []).append((item.criterion, _fails(item)))
    if not groups:
        return "not measured"
    said = {fails for own in groups.values() for _, fails in own}
    if len(groups) == len(said) == 1:
        return ", ".join(filter(None, (*groups, *said)))
    return "; ".join(
        f"{badge}: {', '.join(name + (f' ({fails})' if fails else '') for name, fails in own)}"
        for badge, own in groups.items()
    )


def _fails(item: CriterionCard) -> str:
    failed = [SHORT[found.number] for found in item.measurements if found.ruling == "fail"]
    return f"fails {', '.join(failed)}" if failed else ""


def of_metric(metric: str, rubric: Rubric, card: Card | None) -> Badge | None:
    """The least that is known of any criterion behind a number; None where no judge is behind it."""
    criteria = criteria_of(metric, rubric)
    if not criteria:
        return None
    known = {item.criterion: item.badge for item in card.criteria} if card else {}
    found: list[Badge] = [known.get(name, "not measured") for name in criteria]
    return max(found, key=BADGES.index)


def criteria_of(metric: str, rubric: Rubric) -> frozenset[str]:
    """The criteria whose ratings a metric is made from; none where a rule gives it."""
    rated = rubric.scores.ratings.get(metric)
    if rated is not None:
        if rated.sum is not None:
            return frozenset().union(*(criteria_of(name, rubric) for name in rated.sum))
        return frozenset([rated.criterion]) if rated.criterion else frozenset()
    if metric == "final":
        names = rubric.scores.final or {}
        return frozenset().union(*(criteria_of(name, rubric) for name in names))
    source = rubric.sources.get(metric)
    return _of_source(source, rubric) if source is not None else frozenset()


def _of_source(source: Source, rubric: Rubric) -> frozenset[str]:
    if source.derived is not None:
        return frozenset().union(*(criteria_of(name, rubric) for name in source.derived))
    single = source.criterion if isinstance(source.criterion, str) else None
    several = source.criterion if isinstance(source.criterion, tuple) else ()
    named = (source.mean, source.last, source.count, single, *several)
    return frozenset(name for name in named if name)

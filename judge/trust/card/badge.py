"""The badge of a judge: what was found of it, in words short enough to stand beside a number.

agrees with people: compared, and the threshold of agreement holds; in part with people: it does not quite, or on too
few items; not with people: it is missed, or another comparison with people fails; reliability only: probed, but not
compared; not measured: neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from judge.rubric import Rubric, Source
from judge.trust.card.records import Badge, Card, CriterionCard, Measurement

Finding = Literal["agrees with people", "in part with people", "reliability only", "not measured", "not with people"]
FINDINGS: tuple[Finding, ...] = get_args(Finding)
"""From the best to the worst that a number can rest on."""
_ORDER = ("agrees with people", "in part with people", "not with people", "reliability only", "not measured")
_SHORT = {"in part with people": "in part with", "not with people": "not with"}
PEOPLE = (1, 2, 3, 4)
"""Measurements against people."""
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


def finding_of(item: CriterionCard) -> Finding:
    """What was found of one criterion; the thresholds are those of its measurements."""
    rulings = {found.number: found.ruling for found in item.measurements}
    if rulings.get(1, "not assessable") == "not assessable":
        return "reliability only" if badge_of(item.measurements) == "reliability only" else "not measured"
    if any(rulings.get(number) == "fail" for number in PEOPLE):
        return "not with people"
    return "agrees with people" if rulings[1] == "pass" else "in part with people"


def line_of(card: Card) -> str:
    """Agrees with people: steps; not with: cot (fails leniency); not measured: warmth."""
    groups: dict[str, list[str]] = {}
    for item in card.criteria:
        why = _fails(item)
        groups.setdefault(finding_of(item), []).append(item.criterion + (f" ({why})" if why else ""))
    if not groups:
        return "not measured"
    compared = any(name in groups for name in _SHORT)
    groups |= {} if not compared or "agrees with people" in groups else {"agrees with people": ["none"]}
    ordered = [name for name in _ORDER if name in groups]
    return "; ".join(f"{_SHORT.get(name, name)}: {', '.join(groups[name])}" for name in ordered)


def _fails(item: CriterionCard) -> str:
    failed = [SHORT[found.number] for found in item.measurements if found.ruling == "fail"]
    return f"fails {', '.join(failed)}" if failed else ""


def of_metric(metric: str, rubric: Rubric, card: Card | None) -> Finding | None:
    """The worst that was found of any criterion behind a number; None where no judge is behind it."""
    criteria = criteria_of(metric, rubric)
    if not criteria:
        return None
    known = {item.criterion: finding_of(item) for item in card.criteria} if card else {}
    found: list[Finding] = [known.get(name, "not measured") for name in criteria]
    return max(found, key=FINDINGS.index)


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

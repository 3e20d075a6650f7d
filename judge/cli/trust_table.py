"""Agreements as tables for the terminal: the three numbers that belong together, people's ceiling beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from judge.cli.terminal import table
from judge.trust.alt_test import PASS
from judge.trust.findings import CriterionAgreement, Pooled, Statistic

NONE = "–"
SHORT = {
    "kappa_quadratic": "kappa",
    "kappa": "kappa",
    "alpha_interval": "alpha",
}
OTHERS = (
    ("spearman", "Spearman"),
    ("kendall_tau_b", "tau-b"),
    ("icc_2_1", "ICC(2,1)"),
    ("icc_3_1", "ICC(3,1)"),
    ("alpha_ordinal", "alpha ord"),
    ("gwet_ac1", "AC1"),
    ("exact", "exact"),
    ("slope", "slope"),
)
OTHERS_NOMINAL = (("kappa", "kappa"), ("alpha_nominal", "alpha nom"), ("gwet_ac1", "AC1"), ("exact", "exact"))
APART = 0.2
"""Rank correlation above agreement by so much: the order is right, the level is not."""


def table_of(results: Sequence[CriterionAgreement]) -> list[str]:
    """Two lines for each criterion: the values, and below them their intervals and ranges."""
    if results[0].judge is None:
        return _people_alone(results)
    people = len(results[0].humans)
    with_whom = "1 person" if people == 1 else f"{people} people: the median of its {people} pairs"
    head = f"{results[0].judge} with {with_whom}, [95%]"
    rows = [
        ["", "", "rank", "agreement", "offset", "people's own", "judge/", "alt-test", ""],
        [
            "criterion",
            "n",
            "Spearman",
            _headline(results),
            "judge-person",
            "(lowest-highest)",
            "people",
            "omega",
            "rho",
        ],
    ]
    for result in results:
        rows += _two_lines(result)
    return [head, "", *table([row for row in rows if any(row)], right=frozenset({1}))]


def _headline(results: Sequence[CriterionAgreement]) -> str:
    names = {SHORT[result.headline] for result in results}
    return " or ".join(sorted(names, reverse=True))


def _two_lines(result: CriterionAgreement) -> list[list[str]]:
    name = result.headline
    mark = "" if name != "alpha_interval" else " alpha"
    own, ceiling = result.judge_human, result.human_human[name]
    alt = result.alt
    won = NONE if alt is None or alt.omega is None else f"{alt.omega:.2f} {'pass' if alt.omega >= PASS else 'fail'}"
    rho = NONE if alt is None or alt.rho is None else f"{alt.rho:.2f}"
    first = [
        result.criterion,
        str(result.n),
        value(own["spearman"]),
        value(own[name]) + mark,
        value(own["offset"], sign=True),
        value(ceiling),
        value(result.ratio[name]),
        won,
        rho,
    ]
    around = bounds(alt.low, alt.high) if alt is not None else ""
    second = ["", "", interval(own["spearman"]), interval(own[name]), interval(own["offset"], sign=True)]
    return [first, [*second, spanned(ceiling), "", "", around]]


def _people_alone(results: Sequence[CriterionAgreement]) -> list[str]:
    head = f"{len(results[0].humans)} people with each other: the median of their pairs, [95%] (lowest-highest)"
    rows = [["criterion", "n", "Spearman", _headline(results), "apart by", "exact", "alpha of all"]]
    for result in results:
        own, name = result.human_human, result.headline
        cells = [value(own["spearman"]), value(own[name]), value(own["distance"]), value(own["exact"])]
        rows.append([result.criterion, str(result.n), *cells, value(result.humans_alpha)])
        below = [interval(own[key]) for key in ("spearman", name, "distance", "exact")]
        rows.append(["", "", *below, bounds(result.humans_alpha.low, result.humans_alpha.high)])
        rows.append(["", "", *(spanned(own[key]) for key in ("spearman", name, "distance", "exact")), ""])
    return [head, "", *table([row for row in rows if any(row)], right=frozenset({1}))]


def other_coefficients(results: Sequence[CriterionAgreement]) -> list[str]:
    """The rest, one line for each criterion: judge with people / people with each other."""
    if results[0].judge is None:
        return []
    shown = OTHERS_NOMINAL if results[0].scale.nominal else OTHERS
    rows = [["criterion", *(title for _, title in shown), "their mean"]]
    for result in results:
        cells = [_both(result.judge_human[name], result.human_human[name]) for name, _ in shown]
        mean = result.consensus.statistics["spearman"] if result.consensus else Statistic()
        rows.append([result.criterion, *cells, value(mean)])
    if results[0].scale.nominal:
        rows = [row[:-1] for row in rows]
        return ["judge with people / people with each other", "", *table(rows)]
    return ["judge with people / people with each other; last, Spearman with the mean of the people", "", *table(rows)]


def _both(ours: Pooled, theirs: Pooled) -> str:
    return value(ours) if theirs.value is None else f"{value(ours)} / {value(theirs)}"


def notes_of(results: Sequence[CriterionAgreement]) -> list[str]:
    """Why a number is missing, what was dropped, and which criteria rank well and agree badly."""
    found: dict[str, list[str]] = {}
    for result in results:
        for text in _notes(result):
            found.setdefault(text, []).append(result.criterion)
    every = len(results)
    lines = []
    for text, names in found.items():
        where = (
            "every criterion" if len(names) == every > 1 else ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
        )
        lines.append(f"  {where}: {text}")
    return lines


def _notes(result: CriterionAgreement) -> list[str]:
    notes = list(result.notes)
    if result.dropped:
        side = "the judge and people both" if result.judge else "two people"
        which = "1 item is" if result.dropped == 1 else f"{result.dropped:,} items are"
        notes.append(f"{which} not rated by {side}, and left out")
    reasons: dict[str, list[str]] = {}
    groups: list[Callable[[], dict[str, Pooled]]] = [lambda: result.judge_human, lambda: result.human_human]
    for group in groups:
        for name, item in group().items():
            if item.reason and not (name == "slope" and item.of):
                reasons.setdefault(item.reason, []).append(name)
            elif item.note:
                reasons.setdefault(item.note, []).append(name)
            if item.interval and not item.interval.endswith(("clusters", "items")):  # few units: already said of all
                reasons.setdefault(f"interval: {item.interval}", []).append(name)
    notes += [f"{', '.join(dict.fromkeys(names))}: {reason}" for reason, names in reasons.items()]
    if result.judge is None and result.humans_alpha.reason:
        notes.append(f"alpha of all: {result.humans_alpha.reason}")
    if result.alt is not None:
        notes += [f"alt-test: {text}" for text in (result.alt.reason, *result.alt.notes) if text]
    return [*notes, *_apart(result)]


def _apart(result: CriterionAgreement) -> list[str]:
    if result.judge is None:
        return []
    rank, level, offset = (result.judge_human[name] for name in ("spearman", result.headline, "offset"))
    if rank.value is None or level.value is None or offset.value is None or rank.value - level.value <= APART:
        return []
    way = "above" if offset.value > 0 else "below"
    return [
        f"its order is nearer to people's (Spearman {rank.value:.2f}) than its level ({SHORT[result.headline]} "
        f"{level.value:.2f}): it rates {abs(offset.value):.2f} {way} them"
    ]


def value(item: Pooled | Statistic, *, sign: bool = False) -> str:
    """Two decimals, or a dash."""
    return NONE if item.value is None else two(item.value, sign=sign)


def two(value: float, *, sign: bool = False) -> str:
    """Two decimals; nothing is -0.00."""
    value = round(value, 2) + 0.0
    return f"{value:+.2f}" if sign else f"{value:.2f}"


def interval(item: Pooled | Statistic, *, sign: bool = False) -> str:
    """[0.49, 0.76], or nothing."""
    return bounds(item.low, item.high, sign=sign)


def bounds(low: float | None, high: float | None, *, sign: bool = False) -> str:
    """The same of two numbers."""
    return "" if low is None or high is None else f"[{two(low, sign=sign)}, {two(high, sign=sign)}]"


def spanned(item: Pooled) -> str:
    """(0.35-0.51): the smallest and the largest of several pairs."""
    if item.lowest is None or item.highest is None or item.pairs < 2:
        return ""
    return f"({two(item.lowest)}-{two(item.highest)})"

"""From both orders of every pair to numbers: consistency, the pull of the first place, and who is right or who wins.

Orders that disagree are a tie (the conservative rule of MT-Bench, Zheng et al., arXiv 2306.05685, section 3.4);
position consistency and preference after Shi et al., arXiv 2406.07791. Pure.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from judge import stats
from judge.delta import linear
from judge.evaluate import NOT_FAILURES
from judge.pairwise.records import Comparison, Pair, Side

NOT_DELIVERED = NOT_FAILURES | {"unreadable", "truncated", "refused"}
"""What the judge itself did not deliver: not right, where gold is there. Failed calls are left out."""
LOW_N = 30
_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One pair with what was said of it in both orders."""

    pair: Pair
    given: Comparison | None
    swapped: Comparison | None
    draw: int = 0

    @property
    def both(self) -> tuple[Side, Side] | None:
        """The two verdicts, mapped back; None where one is missing."""
        one = self.given.better if self.given else None
        other = self.swapped.better if self.swapped else None
        return (one, other) if one is not None and other is not None else None

    @property
    def combined(self) -> Side | None:
        """The verdict where the orders agree, else a tie."""
        both = self.both
        if both is None:
            return None
        return both[0] if both[0] == both[1] else "tie"

    @property
    def slot(self) -> str | None:
        """Of orders that disagree, the slot that both named: A, B, or neither where one of them was a tie."""
        both = self.both
        if both is None or both[0] == both[1] or self.given is None or self.swapped is None:
            return None
        return self.given.slot if self.given.slot == self.swapped.slot else "neither"

    @property
    def lost(self) -> bool:
        """True where a call failed or was not made: nothing is known of the judge."""
        lines = (self.given, self.swapped)
        return any(line is None or (line.problem and line.problem.kind not in NOT_DELIVERED) for line in lines)


def outcomes_of(pairs: Sequence[Pair], lines: Sequence[Comparison], repeats: int = 1) -> list[Outcome]:
    """Every pair in every repeat, heard or not."""
    said = {line.place: line for line in lines}
    return [
        Outcome(
            pair=pair, given=said.get((pair.id, "given", draw)), swapped=said.get((pair.id, "swapped", draw)), draw=draw
        )
        for pair in pairs
        for draw in range(repeats)
    ]


def counted(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All numbers, each with its interval and n, or null with the reason."""
    lines = [line for item in outcomes for line in (item.given, item.swapped) if line is not None]
    kinds = Counter(line.problem.kind for line in lines if line.problem)
    found: dict[str, Any] = {
        "pairs": len({item.pair.id for item in outcomes}),
        "repeats": 1 + max((item.draw for item in outcomes), default=0),
        "comparisons": len(lines),
        "both_orders": sum(item.both is not None for item in outcomes),
        "problems": dict(sorted(kinds.items())),
        "consistency": _share(outcomes, [item.both[0] == item.both[1] if item.both else None for item in outcomes]),
        "place": place_of(outcomes),
        "repetition": repetition_of(outcomes),
    }
    if any(item.pair.gold for item in outcomes):
        return found | {"gold": against_gold([item for item in outcomes if item.pair.gold])}
    return found | {"wins": wins_of(outcomes)}


def repetition_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How often a judge says otherwise when the same prompt is put to it again: over pairs of repeats of one order.

    1 - repetition stability of Shi et al., arXiv 2406.07791; averaged within a pair and order, then over all of them.
    """
    said: dict[tuple[str, str], list[Side]] = {}
    for item in outcomes:
        for line in (item.given, item.swapped):
            if line is not None and line.better is not None:
                said.setdefault((item.pair.id, line.order), []).append(line.better)
    rates = []
    for own in said.values():
        pairs = list(itertools.combinations(own, 2))
        if pairs:
            rates.append(sum(one != other for one, other in pairs) / len(pairs))
    if not rates:
        return {"flip_rate": None, "n": 0, "reason": "no comparison was made twice: --judge-repeats"}
    return {"flip_rate": sum(rates) / len(rates), "n": len(rates), "reason": ""}


def place_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The pull of the first place: which slot wins where the orders disagree, and over all verdicts.

    preference = (first - second) / inconsistent, from -1 to 1; p of the exact sign test that either is as likely.
    """
    slots = Counter(item.slot for item in outcomes if item.slot is not None)
    independent = Counter(item.slot for item in outcomes if item.draw == 0)  # repeats of one pair are not
    first, second, flips = slots["A"], slots["B"], sum(slots.values())
    named = [
        (float(line.slot == "A"), item.pair)
        for item in outcomes
        for line in (item.given, item.swapped)
        if line is not None and line.slot in ("A", "B")
    ]
    share: dict[str, Any] = {"value": None, "low": None, "high": None, "n": 0, "reason": "no verdict"}
    if named:
        values = [value for value, _ in named]
        owners = [pair.cluster or pair.id for _, pair in named]
        share = {**stats.share(values, [1.0] * len(values), owners)._asdict(), "n": len(values), "reason": ""}
    return {
        "inconsistent": flips,
        "first_both": first,
        "second_both": second,
        "preference": (first - second) / flips if flips else None,
        "reason": "" if flips else "no pair of which the orders disagree",
        "p": sign_test(independent["A"], independent["B"]),
        "first_share": share,
    }


def against_gold(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Right is a pair of which both orders say what people say; what the judge did not deliver is not right."""
    right = [None if item.both is None else item.both == (item.pair.gold, item.pair.gold) for item in outcomes]
    strict = [False if one is None and not item.lost else one for one, item in zip(right, outcomes, strict=True)]
    decided = [one if item.combined != "tie" else None for one, item in zip(right, outcomes, strict=True)]
    orders = {
        name: [_is_right(line, item.pair) for item, line in zip(outcomes, own, strict=True)]
        for name, own in (
            ("given", [item.given for item in outcomes]),
            ("swapped", [item.swapped for item in outcomes]),
        )
    }
    return {
        "accuracy": _share(outcomes, strict),
        "accuracy_read": _share(outcomes, right),
        "accuracy_decided": _share(outcomes, decided),
        "by_order": {name: _share(outcomes, values) for name, values in orders.items()},
        "mean_of_orders": _share([*outcomes, *outcomes], [*orders["given"], *orders["swapped"]]),
        "kappa": kappa_of(outcomes),
        "commonest": max(Counter(item.pair.gold for item in outcomes).values()) / len(outcomes),
    }


def kappa_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Cohen's kappa of the verdicts of both orders with people's, beyond chance; a tie is a verdict of its own."""
    sides: tuple[Side, ...] = ("first", "second", "tie")
    known = [(item.combined, item.pair) for item in outcomes if item.combined is not None and item.pair.gold]
    none: dict[str, Any] = {"value": None, "low": None, "high": None, "n": len(known)}
    if not known:
        return none | {"reason": "no pair was read"}
    rows = np.zeros((len(known), len(sides) ** 2))
    for row, (said, pair) in zip(rows, known, strict=True):
        row[sides.index(said) * len(sides) + sides.index(pair.gold or "tie")] = 1.0
    found = linear(rows, _kappas, clusters=[pair.cluster or pair.id for _, pair in known])
    if math.isnan(found.value):
        return none | {"reason": "no variance: judge and people give one and the same verdict to every pair"}
    return {**found._asdict(), "n": len(known), "reason": ""}


def _kappas(sums: stats.Array) -> stats.Array:
    """Of counts by (judge's side, people's side), shape (m, 9)."""
    table = sums.reshape(-1, 3, 3)
    n = table.sum(axis=(1, 2))
    same = stats.divide(np.trace(table, axis1=1, axis2=2), n, empty=math.nan)
    chance = stats.divide((table.sum(axis=2) * table.sum(axis=1)).sum(axis=1), n * n, empty=math.nan)
    return stats.divide(same - chance, np.where(1 - chance > _ROUNDING, 1 - chance, 0.0), empty=math.nan)


def wins_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How often each answer wins; a tie is half a win for both. The sign test takes ties out."""
    count = Counter(item.combined for item in outcomes if item.combined is not None)
    independent = Counter(item.combined for item in outcomes if item.draw == 0)
    known = [item for item in outcomes if item.combined is not None]
    rate: dict[str, Any] = {"value": None, "low": None, "high": None, "n": 0, "reason": "no pair read in both orders"}
    if known:
        values = [{"first": 1.0, "second": 0.0, "tie": 0.5}[item.combined or "tie"] for item in known]
        clusters = [item.pair.cluster or item.pair.id for item in known]
        rate = {
            **stats.mean(values, [1.0] * len(values), clusters, scale=stats.RATE)._asdict(),
            "n": len(values),
            "reason": "",
        }
    return {
        "first": count["first"],
        "second": count["second"],
        "tie": count["tie"],
        "first_rate": rate,
        "p": sign_test(independent["first"], independent["second"]),
    }


def _is_right(line: Comparison | None, pair: Pair) -> bool | None:
    return None if line is None or line.better is None else line.better == pair.gold


def _share(outcomes: Sequence[Outcome], values: Sequence[bool | None]) -> dict[str, Any]:
    """A share with Wilson's interval; by cluster where there are some, or where a pair counts more than once."""
    known = [(float(value), item.pair) for value, item in zip(values, outcomes, strict=True) if value is not None]
    if not known:
        return {"value": None, "low": None, "high": None, "n": 0, "reason": "no pair was read"}
    clustered = any(pair.cluster for _, pair in known) or len({pair.id for _, pair in known}) < len(known)
    clusters = [pair.cluster or pair.id for _, pair in known] if clustered else None
    share = stats.share([value for value, _ in known], [1.0] * len(known), clusters)
    return {**share._asdict(), "n": len(known), "reason": ""}


def sign_test(one: int, other: int) -> float | None:
    """Two-sided exact p that both are as likely; None where there is neither."""
    n = one + other
    if not n:
        return None
    tail = sum(math.comb(n, k) for k in range(min(one, other) + 1))
    return min(1.0, float(2 * tail / 2**n))

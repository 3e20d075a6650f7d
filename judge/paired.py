"""Paired tests of two ratings of the same items: sign flips, McNemar, and Holm's correction for several of them.

Pure numpy. Sources: Fisher 1935 (sign flips; the Monte Carlo p-value as Phipson and Smyth 2010, so that it is never
0), McNemar 1947 in its exact form (a binomial test of the discordant pairs), Holm 1979.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from judge import stats
from judge.stats import Array

FLIPS = 10_000
EXACT_UNITS = 13
"""Up to so many units that differ all 2^n signs are tried."""
_SAME = 1e-12


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two ratings of the same n items. Where `p` is None, `reason` says why."""

    name: str
    n: int
    first: float | None = None
    """Mean of the first ratings; `second` that of the others, on the same scale."""
    second: float | None = None
    difference: float | None = None
    """Second minus first."""
    low: float | None = None
    high: float | None = None
    """95% interval of the difference, of items or of clusters as wholes."""
    interval: str = ""
    """Why that interval is wide; empty where it is not."""
    up: int = 0
    down: int = 0
    """How many items the second rates higher, or lower."""
    units: int = 0
    """Independent units: items, or their clusters."""
    test: str = ""
    p: float | None = None
    """Two-sided."""
    p_holm: float | None = None
    """Corrected for the comparisons of its table."""
    reason: str = ""


def compare(name: str, first: Sequence[float], second: Sequence[float], *, clusters: Sequence[str]) -> Comparison:
    """One row: means, their difference and its test; `clusters` names the unit of each item (its own id, if alone).

    McNemar where every rating is 0 or 1 and every item is a unit of its own; else sign flips of the units' summed
    differences.
    """
    n = len(first)
    if not n:
        return Comparison(name=name, n=0, reason="no item has both ratings")
    away = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    away[np.abs(away) < _SAME] = 0.0
    units = len(set(clusters))
    up, down = int((away > 0).sum()), int((away < 0).sum())
    every = np.concatenate([np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)])
    around = stats.difference(away.tolist(), clusters, step=float(np.ptp(every)) or 1.0)
    binary = {float(value) for value in (*first, *second)} <= {0.0, 1.0} and units == n
    p = mcnemar(up, down) if binary else sign_flip(away, clusters)
    return Comparison(
        name=name,
        n=n,
        first=float(np.mean(first)),
        second=float(np.mean(second)),
        difference=around.value,
        low=around.low,
        high=around.high,
        interval=around.note,
        up=up,
        down=down,
        units=units,
        test="McNemar, exact" if binary else _called(away, clusters),
        p=p if units > 1 else None,
        reason="" if units > 1 else f"{'one item' if n == 1 else 'all items belong to one cluster'}: nothing to test",
    )


def _summed(away: Array, clusters: Sequence[str]) -> Array:
    """One sum a unit; those of 0 are left out, as their sign changes nothing."""
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    sums: Array = np.bincount(place, weights=away).astype(np.float64)
    kept: Array = sums[np.abs(sums) > _SAME]
    return kept


def _called(away: Array, clusters: Sequence[str]) -> str:
    exact = len(_summed(away, clusters)) <= EXACT_UNITS
    return "sign flips, exact" if exact else f"sign flips, {FLIPS:,}"


def sign_flip(away: Array, clusters: Sequence[str], *, seed: int = 0) -> float:
    """Two-sided p-value that the differences are as likely below 0 as above, by the size of their sum."""
    sums = _summed(np.asarray(away, dtype=np.float64), clusters)
    if not len(sums):
        return 1.0
    seen = abs(float(sums.sum())) - _SAME * (1 + float(np.abs(sums).sum()))
    if len(sums) <= EXACT_UNITS:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(sums))))
        return float(np.mean(np.abs(signs @ sums) >= seen))
    rng = np.random.default_rng(seed)
    as_far = 0
    for _ in range(FLIPS // 500):  # in pieces, so that thousands of items fit
        signs = rng.integers(0, 2, (500, len(sums))) * 2.0 - 1.0
        as_far += int((np.abs(signs @ sums) >= seen).sum())
    return (as_far + 1) / (FLIPS + 1)


def mcnemar(up: int, down: int) -> float:
    """Two-sided exact p-value: of the pairs that differ, as many go up as down."""
    both = up + down
    tail = sum(math.comb(both, k) for k in range(min(up, down) + 1))
    return min(1.0, float(Fraction(2 * tail, 2**both)))


def holm(rows: Sequence[Comparison]) -> list[Comparison]:
    """The rows with their p-values corrected; those that have none do not count as tests."""
    corrected = holm_of([row.p for row in rows])
    return [dataclasses.replace(row, p_holm=p) for row, p in zip(rows, corrected, strict=True)]


def holm_of(values: Sequence[float | None]) -> list[float | None]:
    """p-values corrected for their number (Holm 1979); None where there is none."""
    order = sorted((p, place) for place, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (p, place) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p))
        corrected[place] = highest
    return corrected

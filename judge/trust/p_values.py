"""One-sided tests of a mean below a bound, for the alt-test: Student's t, and Wilcoxon's signed ranks exactly.

Pure numpy and the standard library. Sources: Student 1908, through the incomplete beta function (Numerical Recipes,
section 6.4, by Lentz's continued fraction); Wilcoxon 1945 with midranks, by the exact distribution given the ties
(Pratt and Gibbons 1981, section 3.7).
"""

from __future__ import annotations

import math

import numpy as np

from judge.distributions import student_cdf
from judge.stats import Array


def t_test_below(values: Array, bound: float) -> float:
    """P-value of H1: the mean is below the bound. Where all values agree there is no error: 0 or 1."""
    n = len(values)
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    away = float(values.mean()) - bound
    if spread < 1e-12:
        return 0.0 if away < 0 and n > 1 else 1.0
    return student_cdf(away / (spread / math.sqrt(n)), n - 1)


def wilcoxon_below(values: Array, bound: float) -> float:
    """P-value of H1: the values lie below the bound, by signed ranks.

    Differences of 0 are left out (Wilcoxon's rule). Exact for any ties: every sign of every midrank is equally likely
    under H0, and the distribution of their sum is built up rank by rank, in half steps.
    """
    away = np.asarray(values, dtype=np.float64) - bound
    away = away[np.abs(away) > 1e-12]
    if not len(away):
        return 1.0
    doubled = np.rint(2 * midranks(np.abs(np.round(away, 12)))).astype(np.int64)
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] = ways[rank:] * 0.5 + ways[: len(ways) - rank] * 0.5 if rank else ways[rank:]
        ways[:rank] *= 0.5
    positive = int(doubled[away > 0].sum())
    return float(min(1.0, ways[: positive + 1].sum()))


def midranks(values: Array) -> Array:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Array = (last - (counts - 1) / 2)[place]
    return ranks

"""The true share of yes, from a judge's yes and no and a few of people's: Rogan-Gladen.

Rogan and Gladen 1978 with the smoothed interval of Lee et al., arXiv 2511.21140. Where a rate is unknown the estimate
is missing with its reason, never a number.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from judge.distributions import Z
from judge.stats import Array, independent
from judge.trust.correction import Mean, few_labels


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prevalence:
    """The true share of yes, from the judge's yes and no (Rogan and Gladen)."""

    sensitivity: float | None = None
    """The judge's yes among people's yes."""
    specificity: float | None = None
    """The judge's no among people's no."""
    positives: int = 0
    negatives: int = 0
    """Labelled items with yes, and with no, from people."""
    judged: int = 0
    """Items of which the judge's share of yes is taken."""
    raw: float | None = None
    """The judge's share of yes."""
    estimate: Mean = dataclasses.field(default_factory=Mean)


def rogan_gladen(
    human: Array, judge: Array, *, labelled: Array | None = None, clusters: Sequence[str] | None = None
) -> Prevalence:
    """Of ratings that are 1 (yes) or 0 (no), shape (items,), NaN where there is none.

    `labelled` is true where people rated at all: a split between yes and no is no label, but no unlabelled item either.
    With clusters, each share counts as so many independent items as its clustered variance is worth. The judge's share
    of yes is taken over the items without a human label; where people labelled every item, over all. The point estimate
    is unsmoothed; for the interval each share is smoothed: z^2/2 of yes and no to the judge's, 1 to the two rates
    (2511.21140, section 4).
    """
    both = ~np.isnan(human) & ~np.isnan(judge)
    yes, no = both & (human == 1), both & (human == 0)
    rated = ~np.isnan(human) if labelled is None else labelled.astype(bool)
    pool = ~rated & ~np.isnan(judge)
    pool = pool if pool.any() else ~np.isnan(judge)
    m1, m0, n = int(yes.sum()), int(no.sum()), int(pool.sum())
    if not (m1 and m0 and n):
        lacking = "people said yes of no item" if not m1 else "people said no of no item" if not m0 else "no verdict"
        return Prevalence(positives=m1, negatives=m0, judged=n, estimate=Mean(reason=f"{lacking}: a rate is unknown"))
    q1, q0, p = float(judge[yes].mean()), float(1 - judge[no].mean()), float(judge[pool].mean())
    estimate = prevalence_of(
        p,
        _worth(judge, pool, clusters),
        sensitivity=(q1, _worth(judge, yes, clusters)),
        specificity=(q0, _worth(judge, no, clusters)),
    )
    wide = few_labels(m1 + m0) or few_labels(min(m1, m0)) if estimate.low is not None else ""
    return Prevalence(
        sensitivity=q1,
        specificity=q0,
        positives=m1,
        negatives=m0,
        judged=n,
        raw=p,
        estimate=dataclasses.replace(estimate, interval=wide),
    )


def _worth(judge: Array, chosen: NDArray[np.bool_], clusters: Sequence[str] | None) -> float:
    """How many independent items a share of these is worth."""
    if clusters is None:
        return float(chosen.sum())
    names = [clusters[place] for place in np.flatnonzero(chosen).tolist()]
    return independent(judge[chosen], names)


def prevalence_of(p: float, n: float, *, sensitivity: tuple[float, float], specificity: tuple[float, float]) -> Mean:
    """The estimate with its interval from the judge's share of n, and each rate with its count."""
    (q1, m1), (q0, m0) = sensitivity, specificity
    if q0 + q1 <= 1:
        return Mean(reason=f"sensitivity + specificity = {q0 + q1:.2f}: the judge is not better than chance")
    value = min(1.0, max(0.0, (p + q0 - 1) / (q0 + q1 - 1)))
    p, n_ = (n * p + Z * Z / 2) / (n + Z * Z), n + Z * Z
    q1, q0 = (m1 * q1 + 1) / (m1 + 2), (m0 * q0 + 1) / (m0 + 2)
    if q0 + q1 <= 1:
        return Mean(value=value, reason="too few labels to tell the judge from chance: no interval")
    share = min(1.0, max(0.0, (p + q0 - 1) / (q0 + q1 - 1)))
    of_yes, of_no = share * q1 * (1 - q1) / (m1 + 2), (1 - share) * q0 * (1 - q0) / (m0 + 2)
    centre = share + 2 * Z * Z * (of_yes - of_no)
    error = math.sqrt(p * (1 - p) / n_ + (1 - share) * of_no + share * of_yes) / (q0 + q1 - 1)
    low, high = max(0.0, centre - Z * error), min(1.0, centre + Z * error)
    return Mean(value=value, error=error, low=min(low, value), high=max(high, value))

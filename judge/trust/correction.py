"""A judge's mean put right with a few human labels: PPI++.

Angelopoulos et al., arXiv 2301.09633 and 2311.01453. What makes it invalid is a warning or a missing value with its
reason, never a number.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from judge.distributions import Z, student_quantile
from judge.stats import Array, Scale, few, near_end, score_interval, worth

WORTHWHILE = 0.5
"""Correlation of judge and people below which the judge saves few labels (docs/trust.md has the curve)."""
FEWEST = 50
"""Labelled items below which the interval is wide."""
FEWEST_CLUSTERS = 30


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean with its standard error and 95% interval."""

    value: float | None = None
    error: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    interval: str = ""
    """Why the interval is wide; empty where it is not."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The mean of a pool of items that the judge rated and people rated in part."""

    labelled: int
    """Items that people and the judge rated."""
    unrated: int
    """Items that people rated and the judge did not."""
    unlabelled: int
    judge_only: Mean
    """The mean of the judge's ratings: its interval knows nothing of the judge's bias."""
    human_only: Mean
    """The mean of people's ratings alone, of items too that the judge did not rate."""
    ppi: Mean
    """PPI++."""
    weight: float | None = None
    """Lambda, in [0, 1]: 0 leaves the judge out, 1 trusts it whole."""
    correlation: float | None = None
    """Pearson's r of judge and people on the labelled items."""
    effective_n: float | None = None
    """Labelled items that people alone would need for the same error."""
    half_width: float | None = None
    """What `needed` is for: half the width of the interval that is wanted, on the rubric's own scale."""
    needed: int | None = None
    """Labels of this pool for an interval of that width by PPI++; None where even all but a few are too few."""
    needed_alone: int | None = None
    """The same by people's labels alone; it may be more than there are items."""
    clusters: int | None = None
    warnings: tuple[str, ...] = ()


def ppi_means(human: Array, judge: Array, rest: Array) -> tuple[Array, Array, Array]:
    """PPI++ of many draws at once: the mean, its standard error and lambda, each of shape (...).

    `human` and `judge` are ratings of the same labelled items, shape (..., n); `rest` the judge's ratings of the other
    items, shape (..., N). theta = lam mean(F') + mean(Y - lam F); SE^2 = lam^2 var(F')/N + var(Y - lam F)/n;
    lam = cov(Y, F) / ((1 + n/N) var(F)), clipped to [0, 1] (2311.01453, section 6; var(F) over all items).
    """
    n, more = human.shape[-1], rest.shape[-1]
    centred = judge - judge.mean(axis=-1, keepdims=True)
    shared = (centred * (human - human.mean(axis=-1, keepdims=True))).sum(axis=-1) / (n - 1)
    spread = np.concatenate([judge, rest], axis=-1).var(axis=-1, ddof=1)
    raw = np.divide(shared, (1 + n / more) * spread, out=np.zeros_like(shared), where=spread > 0)
    weight = np.clip(raw, 0.0, 1.0)
    left = human - weight[..., None] * judge
    value = weight * rest.mean(axis=-1) + left.mean(axis=-1)
    error = np.sqrt(weight**2 * rest.var(axis=-1, ddof=1) / more + left.var(axis=-1, ddof=1) / n)
    return value, error, weight


def correct(
    human: Array, judge: Array, clusters: Sequence[str] | None = None, *, scale: Scale | None = None
) -> Corrected:
    """Of one criterion: the people's mean rating and the judge's, shape (items,), NaN where there is none.

    Items without the judge's rating are left out. With clusters, errors are of clusters: the contributions of the items
    of one are added before they are squared (Miller, arXiv 2411.00640), over labelled and other items alike. `scale`:
    the lowest and the highest rating that there may be; without it, those that there are.
    """
    labelled = ~np.isnan(human) & ~np.isnan(judge)
    other = np.isnan(human) & ~np.isnan(judge)
    y, f, rest = human[labelled], judge[labelled], judge[other]
    units = _units(clusters, len(human))
    ends = scale or _seen(human, judge)
    judge_only = _mean_of([(judge[~np.isnan(judge)], units[~np.isnan(judge)])], ends)
    rated = ~np.isnan(human)
    human_only = _mean_of([(human[rated], units[rated])], ends)
    both = _mean_of([(y, units[labelled])], ends)
    plain = Corrected(
        labelled=len(y),
        unrated=int(rated.sum()) - len(y),
        unlabelled=len(rest),
        judge_only=judge_only,
        human_only=human_only,
        ppi=Mean(reason=_why_not(len(y), len(rest))),
        clusters=len(np.unique(units)) if clusters is not None else None,
        correlation=_correlation(y, f),
    )
    if plain.ppi.reason:
        return dataclasses.replace(plain, warnings=_warnings(plain))
    _, _, weights = ppi_means(y, f, rest)
    weight = float(weights)
    parts = [(y - weight * f, units[labelled]), (weight * rest, units[other])]
    ppi = _mean_of(parts, ends, leverage=_leverage(f))
    ppi = dataclasses.replace(ppi, interval=ppi.interval or few_labels(len(y)))
    gain = (both.error / ppi.error) ** 2 if both.error and ppi.error else None
    found = dataclasses.replace(plain, ppi=ppi, weight=weight, effective_n=len(y) * gain if gain is not None else None)
    return dataclasses.replace(found, warnings=_warnings(found))


def labels_needed(
    human: Array, judge: Array, found: Corrected, *, half_width: float, clusters: Sequence[str] | None = None
) -> Corrected:
    """How many labels of this pool give an interval of +- `half_width`, if later labels are like those that are there.

    For each n the variance of PPI++ with that lambda (as in `ppi_means`), times the design effect of the clusters.
    """
    labelled, other = ~np.isnan(human) & ~np.isnan(judge), np.isnan(human) & ~np.isnan(judge)
    y, f, pool = human[labelled], judge[labelled], int(labelled.sum() + other.sum())
    if len(y) < 3 or found.ppi.error is None or half_width <= 0:
        return found
    most = (half_width / Z) ** 2
    n = np.arange(2, pool - 1, dtype=np.float64)
    spread, own = float(judge[labelled | other].var(ddof=1)), float(y.var(ddof=1))
    shared = float(np.cov(y, f, ddof=1)[0, 1])
    raw = np.divide(shared, (1 + n / (pool - n)) * spread, out=np.zeros_like(n), where=spread > 0)
    weight = np.clip(raw, 0.0, 1.0)
    left = own - 2 * weight * shared + weight**2 * float(f.var(ddof=1))
    variance = weight**2 * spread / (pool - n) + left / n
    effect = _effect(found, y=y, f=f, rest=judge[other]) if clusters is not None else 1.0
    enough = np.flatnonzero(variance * effect <= most)
    return dataclasses.replace(
        found,
        half_width=half_width,
        needed=int(n[enough[0]]) if len(enough) else None,
        needed_alone=max(2, math.ceil(own * _alone(y, labelled, clusters) / most)),
    )


def _alone(y: Array, labelled: NDArray[np.bool_], clusters: Sequence[str] | None) -> float:
    """The clustered variance of people's own mean over that of independent items; never below 1."""
    if clusters is None or not y.var():
        return 1.0
    error = _mean_of([(y, _units(clusters, len(labelled))[labelled])], None).error or 0.0
    return max(1.0, error**2 / (float(y.var(ddof=1)) / len(y)))


def _effect(found: Corrected, *, y: Array, f: Array, rest: Array) -> float:
    """The clustered variance of PPI++ over that of independent items; never below 1."""
    _, error, _ = ppi_means(y, f, rest)
    return max(1.0, ((found.ppi.error or 0.0) / float(error)) ** 2) if float(error) > 0 else 1.0


def _units(clusters: Sequence[str] | None, items: int) -> Array:
    if clusters is None:
        return np.arange(items, dtype=np.float64)
    return np.unique(np.asarray(clusters), return_inverse=True)[1].astype(np.float64)


def _seen(*ratings: Array) -> Scale | None:
    known = np.concatenate([own[~np.isnan(own)] for own in ratings])
    return (float(known.min()), float(known.max())) if len(known) and np.ptp(known) > 0 else None


def few_labels(number: int) -> str:
    """The reason for a wide interval where people labelled few items."""
    return f"wide, {number} labels" if number < FEWEST else ""


def _leverage(f: Array) -> Array:
    """Of each labelled item in the regression that lambda is of; at most a half."""
    away = (f - f.mean()) ** 2
    total = float(away.sum())
    found: Array = np.minimum(1 / len(f) + (away / total if total > 0 else 0.0), 0.5)
    return found


def _mean_of(parts: Sequence[tuple[Array, Array]], ends: Scale | None, *, leverage: Array | None = None) -> Mean:
    """The sum of the parts' means; each part has its values and their clusters, which may be in several parts.

    With the ends of the scale it is a score interval (`judge.stats`), else Student's. The degrees of freedom are
    Satterthwaite's, of the parts' variances by their clusters. Lambda was estimated from the first part: the error
    that bounds the interval divides its items by 1 - `leverage` (HC3), and its clusters are those of CR3.
    """
    if any(len(values) < 2 for values, _ in parts):
        short = min(len(values) for values, _ in parts)
        only = f"{short} item{'s' if short != 1 else ''}"
        value = float(parts[0][0].mean()) if len(parts) == 1 and short else None
        return Mean(value=value, reason=f"{only}: no error can be estimated")
    value = float(sum(values.mean() for values, _ in parts))
    units = np.concatenate([own for _, own in parts])
    shares = [
        (values - values.mean()) / len(values) * math.sqrt(len(values) / (len(values) - 1)) for values, _ in parts
    ]
    known, place = np.unique(units, return_inverse=True)
    sums = np.bincount(place, weights=np.concatenate(shares))
    wider = [shares[0] / (1 - leverage), *shares[1:]] if leverage is not None else shares
    bounding = np.bincount(place, weights=np.concatenate(wider))
    clustered = len(known) < len(units)
    if clustered and len(known) < 2:
        return Mean(value=value, reason="1 cluster: no error can be estimated")
    scale = len(known) / (len(known) - 1) if clustered else 1.0
    error = math.sqrt(scale * float((sums**2).sum()))
    freedom = _freedom([(own, at) for own, (_, at) in zip(shares, parts, strict=True)])
    n, count = len(parts[0][0]), len(np.unique(parts[0][1]))
    few_clusters = count / (count - 1) if leverage is not None and count > 1 else 1.0
    shape = _Shape(freedom=freedom, items=n, number=count, clustered=clustered)
    bound = math.sqrt(scale * few_clusters * float((bounding**2).sum()))
    low, high, wide = _bounds(value, bound, ends=ends, shape=shape)
    return Mean(value=value, error=error, low=low, high=high, interval=wide)


def _freedom(parts: Sequence[tuple[Array, Array]]) -> float:
    """Satterthwaite's, of independent parts, at most the first one's: its clusters (Kish's number) less one."""
    variances, freedoms = [], []
    for values, unit in parts:
        _, place, sizes = np.unique(unit, return_inverse=True, return_counts=True)
        variances.append(float((np.bincount(place, weights=values) ** 2).sum()))
        freedoms.append(max(float(sizes.sum() ** 2 / (sizes**2.0).sum()) - 1, 0.5))
    below = sum(own**2 / freedom for own, freedom in zip(variances, freedoms, strict=True))
    return min(sum(variances) ** 2 / below, freedoms[0]) if below > 0 else min(freedoms)


class _Shape(NamedTuple):
    """Of a mean's error."""

    freedom: float
    items: int
    number: int
    """Clusters, or items where each stands for itself."""
    clustered: bool


def _bounds(value: float, error: float, *, ends: Scale | None, shape: _Shape) -> tuple[float, float, str]:
    """Low, high, and why they are wide."""
    wide = few(shape.number) if shape.clustered else ""
    if ends is None or ends[1] <= ends[0]:
        half = student_quantile(shape.freedom) * error
        return value - half, value + half, wide
    low, high = ends
    span = high - low
    place = min(1.0, max(0.0, (value - low) / span))
    certain = error <= 1e-12 * span or place in (0.0, 1.0)
    n = float(shape.number) if certain else worth(place, (error / span) ** 2, shape.items)
    found = score_interval(place, n, math.inf if certain else shape.freedom)
    bounds = min(value, low + span * found[0]), max(value, low + span * found[1])
    return *bounds, near_end(place, n) or wide


def _correlation(y: Array, f: Array) -> float | None:
    if len(y) < 3 or np.ptp(y) < 1e-12 or np.ptp(f) < 1e-12:
        return None
    return float(np.corrcoef(y, f)[0, 1])


def _why_not(labelled: int, rest: int) -> str:
    if labelled < 2:
        return f"{labelled} item{'s' if labelled != 1 else ''} with both ratings: at least 2 are needed"
    if not rest:
        return "people rated every item: their own mean needs no judge"
    if rest == 1:
        return "1 item without people's rating: at least 2 are needed"
    return ""


def _warnings(found: Corrected) -> tuple[str, ...]:
    notes = []
    if found.unrated:
        text = "the judge gave none to items that people rated: PPI++ is of items like those that it did rate"
        notes.append(f"{found.unrated} of {found.labelled + found.unrated} labels have no rating beside them ({text})")
    if 2 <= found.labelled < FEWEST:
        notes.append(f"{found.labelled} labelled items: below {FEWEST} the interval is wide")
    if found.clusters is not None and found.clusters < FEWEST_CLUSTERS:
        notes.append(f"{found.clusters} clusters: below {FEWEST_CLUSTERS} the interval is wide")
    if found.labelled >= 2 and found.correlation is None:
        notes.append("people or judge are constant, or there are fewer than 3 labels: the judge adds nothing")
    elif found.correlation is not None and found.correlation < WORTHWHILE:
        notes.append(f"correlation {found.correlation:.2f}: below {WORTHWHILE} the judge saves few labels")
    if found.ppi.value is not None and found.effective_n is not None and found.effective_n < found.labelled * 1.05:
        notes.append("the judge narrows the interval by nothing worth naming")
    return tuple(notes)

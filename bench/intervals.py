"""The product's own intervals of one simulated data set, by metric, and the true value of each.

A family is a kind of data set; every function takes its factors and a random generator and gives each metric's interval
as the product makes it. The truths are of the population: exact where there is a formula, else of a huge sample.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from bench import populations
from bench.populations import HUGE, QUALITY, Array, Factors, Whole
from judge import stats
from judge.metrics.labels import LABEL_METRICS, Labels, Observations
from judge.paired import compare
from judge.trust.agreement import agree
from judge.trust.correction import correct
from judge.trust.findings import CriterionAgreement, Settings
from judge.trust.pairs import COEFFICIENTS, ORDERED
from judge.trust.prevalence import rogan_gladen
from judge.trust.ratings import Ratings
from judge.trust.scale import Scale, between

Rng = np.random.Generator
RATED = 400_000
"""Items of which the true agreement is taken."""
POOL = 1000
"""Items in all of which some are labelled."""


class Told(NamedTuple):
    """An interval with the value that it is of."""

    value: float | None
    low: float | None
    high: float | None
    note: str = ""


Intervals = dict[str, Told]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Family:
    """A kind of data set."""

    name: str
    draw: Callable[[Factors, Rng], Intervals]
    truths: Callable[[Factors], Mapping[str, float]]


def _told(found: Any) -> Told:
    note = getattr(found, "interval", "") or getattr(found, "note", "")
    return Told(found.value, found.low, found.high, note)


def _names(owners: Whole, factors: Factors) -> list[str] | None:
    return [f"c{owner}" for owner in owners.tolist()] if factors.clusters else None


def _observations(gold: list[Labels], predicted: list[list[Labels]], clusters: list[str] | None) -> Observations:
    draws = len(predicted[0])
    own = clusters or [f"i{place}" for place in range(len(gold))]
    ids = [f"i{place}" for place in range(len(gold))]
    return Observations(
        gold=[one for one in gold for _ in range(draws)],
        predicted=[said for row in predicted for said in row],
        weights=[1.0 / draws] * (len(gold) * draws),
        clusters=[name for name in own for _ in range(draws)] if clusters or draws > 1 else None,
        items=[name for name in ids for _ in range(draws)] if draws > 1 else None,
    )


LABELS = ("accuracy", "weighted_f1", "weighted_precision", "macro_f1", "macro_precision", "macro_recall", "uar")


def labels(factors: Factors, rng: Rng) -> Intervals:
    """Single labels."""
    owners = populations.members(factors, rng)
    gold, said = populations.answers(factors, owners, rng)
    one = [frozenset({str(place)}) for place in range(factors.classes)]
    data = _observations(
        [one[label] for label in gold.tolist()],
        [[one[label] for label in row] for row in said.tolist()],
        _names(owners, factors),
    )
    return {name: _told(LABEL_METRICS[name](data)) for name in LABELS}


SETS = ("jaccard", "set_precision", "set_recall")


def sets(factors: Factors, rng: Rng) -> Intervals:
    """Label lists."""
    owners = populations.members(factors, rng)
    gold, said = populations.label_sets(factors, populations.ranks_of(factors, owners, rng), rng)
    data = _observations(
        [_set(row) for row in gold.tolist()],
        [[_set(row) for row in each] for each in said.tolist()],
        _names(owners, factors),
    )
    return {name: _told(LABEL_METRICS[name](data)) for name in SETS}


def _set(row: list[bool]) -> Labels:
    return frozenset(str(place) for place, there in enumerate(row) if there)


@functools.lru_cache(maxsize=64)
def _set_truths(right: float, classes: int, even: bool) -> Mapping[str, float]:
    rng = np.random.default_rng(3)
    factors = Factors(n=HUGE // 4, right=right, classes=classes, even=even)
    gold, wide = populations.label_sets(factors, rng.random((factors.n, 1)), rng)
    said = wide[:, 0]
    both = (gold & said).sum(axis=1)
    return {
        "jaccard": float((both / (gold | said).sum(axis=1)).mean()),
        "set_precision": float((both / np.maximum(said.sum(axis=1), 1)).mean()),
        "set_recall": float((both / gold.sum(axis=1)).mean()),
    }


KINDS = ("ratings", "low ratings", "overlap", "sparse overlap", "errors", "lengths")


def means(factors: Factors, rng: Rng) -> Intervals:
    """Scores of answers, averaged."""
    owners = populations.members(factors, rng)
    rank = populations.ranks_of(factors, owners, rng)
    return {kind: _told(_mean(kind, factors, owners, rank=rank)) for kind in KINDS}


def _mean(kind: str, factors: Factors, owners: Whole, *, rank: Array) -> stats.Interval:
    values = populations.scores(kind, factors.right, rank).ravel().tolist()
    ids = [f"i{place}" for place in range(factors.n) for _ in range(factors.draws)]
    own, first = stats.per_item(values, ids)
    names = _names(owners, factors)
    clusters = names or [ids[place] for place in first] if names or factors.draws > 1 else None
    return bounded_mean(own, clusters, QUALITY.get(kind))


def bounded_mean(values: list[float], clusters: list[str] | None, scale: tuple[float, float] | None) -> stats.Interval:
    """The mean of one score an item as the estimates of `summary.json` take it."""
    return stats.mean(values, [1.0] * len(values), clusters, scale=scale)


def _mean_truths(factors: Factors) -> Mapping[str, float]:
    return {kind: float(populations.quantiles(kind, factors.right).mean()) for kind in KINDS}


def _worse(right: float) -> float:
    """Of the second of two systems."""
    return right - min(0.05, 1 - right)


def pairs(factors: Factors, rng: Rng) -> Intervals:
    """The difference of two systems on the same items: half of what makes an item hard is common."""
    owners = populations.members(factors, rng)
    shared = populations.latent(factors, owners, rng)
    found: Intervals = {}
    ranks_ = [
        populations.ranks(np.sqrt(0.5) * shared + np.sqrt(0.5) * rng.standard_normal(shared.shape)) for _ in range(2)
    ]
    clusters = _names(owners, factors) or [f"i{place}" for place in range(factors.n)]
    rights = (factors.right, _worse(factors.right))
    hits = [(rank < right).mean(axis=1) for rank, right in zip(ranks_, rights, strict=True)]
    found["difference of shares"] = _difference(hits, clusters)
    rated = [populations.scores("ratings", factors.right, rank).mean(axis=1) for rank in ranks_]
    found["difference of ratings"] = _difference(rated, clusters)
    texts = [
        populations.scores("overlap", right, rank).mean(axis=1) for rank, right in zip(ranks_, rights, strict=True)
    ]
    found["difference of overlaps"] = _difference(texts, clusters)
    return found


def _difference(rows: list[Array], clusters: list[str]) -> Told:
    row = compare("c", rows[0].tolist(), rows[1].tolist(), clusters=clusters)
    return Told(row.difference, row.low, row.high, row.interval)


def _pair_truths(factors: Factors) -> Mapping[str, float]:
    worse = _worse(factors.right)
    overlaps = [float(populations.quantiles("overlap", right).mean()) for right in (worse, factors.right)]
    return {
        "difference of shares": worse - factors.right,
        "difference of ratings": 0.0,
        "difference of overlaps": overlaps[0] - overlaps[1],
    }


PEOPLE = ("ann", "ben", "eve")


def _agreed(table: Array, names: list[str] | None, *, scale: Scale) -> CriterionAgreement:
    raters = (*PEOPLE, "judge")
    items = tuple(f"i{place}" for place in range(table.shape[1]))
    own = tuple(names) if names else None
    ratings = Ratings(items=items, raters=raters, criteria=("c",), scores=table[:, :, None], clusters=own)
    return agree(ratings, humans=PEOPLE, judges=["judge"], criterion="c", scale=scale, how=Settings())[0]


def _agreement(found: CriterionAgreement, *, ordered: bool) -> Intervals:
    """What `trust agree` prints and writes, of three people and a judge."""
    wanted = [name for name in COEFFICIENTS if ordered or name not in ORDERED]
    told = {f"judge {name}": _told(found.judge_human[name]) for name in wanted}
    headline = found.headline
    told |= {f"people {name}": _told(found.human_human[name]) for name in (headline, "exact")}
    told[f"gap {headline}"] = _told(found.gap[headline])
    told["people alpha"] = _told(found.humans_alpha)
    assert found.alt is not None
    told["rho"] = Told(found.alt.rho, found.alt.low, found.alt.high, found.alt.interval)
    if ordered:
        assert found.consensus is not None
        told |= {f"mean {name}": _told(found.consensus.statistics[name]) for name in ("spearman", "icc_2_1", "offset")}
    assert found.spread is not None
    parts = ["judge_modal", "people_modal", "judge_entropy", "people_entropy"]
    return told | {name: _told(getattr(found.spread, name)) for name in (["distance", *parts] if ordered else parts)}


def _scale(factors: Factors, *, ordered: bool) -> Scale:
    if ordered:
        return Scale(levels=between(1, 5), origin="range")
    return Scale(levels=between(1, factors.classes), origin="labels", nominal=True)


def _raters(ordered: bool) -> Callable[[Factors, Rng], Intervals]:
    def draw(factors: Factors, rng: Rng) -> Intervals:
        owners = populations.members(factors, rng)
        table = populations.raters(factors, owners, rng, people=len(PEOPLE), ordered=ordered)
        names = _names(owners, factors)
        found = _agreed(table, names, scale=_scale(factors, ordered=ordered))
        return _agreement(found, ordered=ordered)

    return draw


def _rater_truths(ordered: bool) -> Callable[[Factors], Mapping[str, float]]:
    @functools.lru_cache(maxsize=64)
    def truths(factors: Factors) -> Mapping[str, float]:
        """Of RATED items, each a cluster of its own: the margins and the pairs of an item are the same.

        Within a cluster the raters' errors are correlated in the way that they are here within an item.
        """
        wide = dataclasses.replace(factors, n=RATED, clusters=RATED if factors.clusters else 0)
        rng = np.random.default_rng(11)
        table = populations.raters(wide, np.arange(wide.n), rng, people=len(PEOPLE), ordered=ordered)
        one = ["c"] * wide.n  # a single cluster: the values alone
        found = _agreed(table, one, scale=_scale(factors, ordered=ordered))
        told = _agreement(found, ordered=ordered)
        return {name: item.value for name, item in told.items() if item.value is not None}

    return truths


def corrections(factors: Factors, rng: Rng) -> Intervals:
    """A judge's mean put right: n items of the pool are labelled, in whole clusters where there are any."""
    binary = factors.classes == 2
    pool = max(POOL, 2 * factors.n)
    wide = dataclasses.replace(factors, n=pool, clusters=factors.clusters * (pool // factors.n), draws=1)
    owners = populations.members(wide, rng)
    human, judge = populations.labelled(wide, owners, rng, binary=binary)
    shown = owners < factors.clusters if factors.clusters else np.arange(pool) < factors.n
    seen = np.where(shown, human, np.nan)
    names = _names(owners, wide)
    found = correct(seen, judge, names, scale=(0.0, 1.0) if binary else (1.0, 5.0))
    told = {"judge alone": _told(found.judge_only), "people alone": _told(found.human_only), "PPI++": _told(found.ppi)}
    if binary:
        told["Rogan-Gladen"] = _told(rogan_gladen(seen, judge, clusters=names).estimate)
    return told


def _correction_truths(factors: Factors) -> Mapping[str, float]:
    if factors.classes == 2:
        right = factors.right
        mean = {"people alone": right, "PPI++": right, "Rogan-Gladen": right}
        return {"judge alone": 0.9 * right + 0.1 * (1 - right), **mean}
    own = populations.quantiles("ratings", factors.right)
    human = float(own.mean())
    return {"judge alone": float((own - 0.3 * (own > 1)).mean()), "people alone": human, "PPI++": human}


FAMILIES = {
    family.name: family
    for family in (
        Family(name="labels", draw=labels, truths=populations.label_truths),
        Family(name="label lists", draw=sets, truths=lambda own: _set_truths(own.right, own.classes, own.even)),
        Family(name="means", draw=means, truths=_mean_truths),
        Family(name="compare", draw=pairs, truths=_pair_truths),
        Family(name="agree, levels", draw=_raters(True), truths=_rater_truths(True)),
        Family(name="agree, labels", draw=_raters(False), truths=_rater_truths(False)),
        Family(name="correct", draw=corrections, truths=_correction_truths),
    )
}

"""Label metrics with scikit-learn's semantics, with intervals; single labels, label lists and joint labels.

A missing prediction predicts nothing: it lowers recall and accuracy and touches no precision.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from judge.delta import Prior, linear
from judge.stats import RATE, Array, Interval, divide, mean, per_item, share

Labels = frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """Gold and predicted label sets, one pair per answer; an empty prediction is a missing one."""

    gold: Sequence[Labels]
    predicted: Sequence[Labels]
    weights: Sequence[float]
    clusters: Sequence[str] | None = None
    items: Sequence[str] | None = None
    """The item of each answer, where items have several draws."""


def _right(data: Observations) -> list[float]:
    pairs = zip(data.gold, data.predicted, strict=True)
    return [1.0 if predicted and predicted == gold else 0.0 for gold, predicted in pairs]


def accuracy(data: Observations) -> Interval:
    """Share of answers whose label set equals the gold one (sklearn accuracy_score)."""
    if data.items is None:
        return share(_right(data), data.weights, data.clusters)
    values, first = per_item(_right(data), data.items)
    clusters = None if data.clusters is None else [data.clusters[position] for position in first]
    return share(values, [1.0] * len(values), clusters)


def _rows(data: Observations) -> tuple[Array, int]:
    """Per observation: hits, predictions and golds of each class, side by side: shape (n, 3k)."""
    classes = sorted(frozenset().union(*data.gold, *data.predicted))
    index = {label: position for position, label in enumerate(classes)}
    gold = np.zeros((len(data.gold), len(classes)))
    predicted = np.zeros_like(gold)
    for row, (true, guess) in enumerate(zip(data.gold, data.predicted, strict=True)):
        for label in true:
            gold[row, index[label]] = 1.0
        for label in guess:
            predicted[row, index[label]] = 1.0
    weights = np.asarray(data.weights, dtype=np.float64)[:, None]
    return np.hstack([gold * predicted * weights, predicted * weights, gold * weights]), len(classes)


Average = Callable[[Array, Array, Array], Array]


FEW = 5
"""Items of a class below which its own precision and recall say little."""
ALIKE = 4.0
"""Items that the prior adds to each class (see `_prior`)."""


def _estimate(data: Observations, average: Average, *, by_gold: bool) -> Interval:
    """`by_gold`: classes weigh as they occur; else each weighs the same."""
    rows, k = _rows(data)
    total = rows.sum(axis=0)

    def statistic(sums: Array) -> Array:
        return average(sums[:, :k], sums[:, k : 2 * k], sums[:, 2 * k :])

    weights = np.asarray(data.weights, dtype=np.float64)
    prior = _prior(total, k, weights, by_gold=by_gold)
    found = linear(rows, statistic, clusters=data.clusters, scale=RATE, prior=prior)
    known = found.note.startswith("wide, all alike") or found.note.endswith("clusters")
    rare = "" if known else _rare(total[2 * k :], by_gold=by_gold)
    return found._replace(note=rare) if rare else found


def _prior(total: Array, k: int, weights: Array, *, by_gold: bool) -> Prior:
    """Classes are alike until they show otherwise: each is given ALIKE items with the precision and recall of all.

    Where classes weigh as they occur, the items are given so, and twice as many. An error is an item of any class, as
    often as it occurs, that is taken for another, as often as that is predicted.
    """
    hits, predicted, gold = total[:k], total[k : 2 * k], total[2 * k :]
    others = np.where(np.eye(k, dtype=bool), 0.0, predicted)
    others = divide(others, others.sum(axis=1, keepdims=True), empty=1 / max(k - 1, 1))
    others[np.eye(k, dtype=bool)] = 0.0
    errors = np.hstack([np.zeros((k, k)), others, np.eye(k)])
    whole = float(gold.sum())
    if whole <= 0:
        return Prior(errors, np.full(k, 1 / k), weights, total, total)
    more = 2 * ALIKE * k * gold / whole if by_gold else np.full(k, ALIKE)
    drawn = total + np.concatenate([more * hits.sum() / whole, more * predicted.sum() / whole, more])
    seen = gold + predicted
    kept = divide(seen, seen + more * (1 + predicted.sum() / whole), empty=0.0)
    return Prior(errors, gold / whole, weights, np.tile(kept, 3) * drawn, drawn)


def _rare(gold: Array, *, by_gold: bool) -> str:
    """The reason for a wide interval where classes, or much of what is weighed by them, have few items."""
    rare = (gold > 0) & (gold < FEW)
    if not rare.any() or (by_gold and gold[rare].sum() < 0.25 * gold.sum()):
        return ""
    return f"wide, {int(rare.sum())} of {int((gold > 0).sum())} classes have fewer than {FEW} items"


def _precision(hits: Array, predicted: Array, _gold: Array) -> Array:
    return divide(hits, predicted, empty=0.0)


def _recall(hits: Array, _predicted: Array, gold: Array) -> Array:
    return divide(hits, gold, empty=0.0)


def _f1(hits: Array, predicted: Array, gold: Array) -> Array:
    return divide(2 * hits, predicted + gold, empty=0.0)


def _macro(per_class: Average) -> Average:
    def average(hits: Array, predicted: Array, gold: Array) -> Array:
        seen = (predicted + gold) > 0
        return divide((per_class(hits, predicted, gold) * seen).sum(axis=1), seen.sum(axis=1), empty=np.nan)

    return average


def _weighted(per_class: Average) -> Average:
    def average(hits: Array, predicted: Array, gold: Array) -> Array:
        return divide((per_class(hits, predicted, gold) * gold).sum(axis=1), gold.sum(axis=1), empty=np.nan)

    return average


def _over_gold(hits: Array, predicted: Array, gold: Array) -> Array:
    seen = gold > 0
    return divide((_recall(hits, predicted, gold) * seen).sum(axis=1), seen.sum(axis=1), empty=np.nan)


def _over_answers(score: Callable[[Labels, Labels], float]) -> Callable[[Observations], Interval]:
    """The mean over answers of a score of each (scikit-learn, average=samples, zero_division=0)."""

    def metric(data: Observations) -> Interval:
        values = [score(gold, predicted) for gold, predicted in zip(data.gold, data.predicted, strict=True)]
        if data.items is None:
            return mean(values, data.weights, data.clusters, scale=RATE)
        values, first = per_item(values, data.items)
        clusters = None if data.clusters is None else [data.clusters[position] for position in first]
        return mean(values, [1.0] * len(values), clusters, scale=RATE)

    return metric


def _shared(of: Callable[[Labels, Labels], Labels]) -> Callable[[Labels, Labels], float]:
    """The labels in common over those of `of`; 0 where there are none."""

    def score(gold: Labels, predicted: Labels) -> float:
        whole = of(gold, predicted)
        return len(gold & predicted) / len(whole) if whole else 0.0

    return score


def _averaged(average: Average, *, by_gold: bool = False) -> Callable[[Observations], Interval]:
    return lambda data: _estimate(data, average, by_gold=by_gold)


LABEL_METRICS: dict[str, Callable[[Observations], Interval]] = {
    "accuracy": accuracy,
    "weighted_f1": _averaged(_weighted(_f1), by_gold=True),
    "weighted_precision": _averaged(_weighted(_precision), by_gold=True),
    "macro_f1": _averaged(_macro(_f1)),
    "macro_precision": _averaged(_macro(_precision)),
    "macro_recall": _averaged(_macro(_recall)),
    "uar": _averaged(_over_gold),
    "war": _averaged(_weighted(_recall), by_gold=True),
    "set_precision": _over_answers(_shared(lambda _, predicted: predicted)),
    "set_recall": _over_answers(_shared(lambda gold, _: gold)),
    "jaccard": _over_answers(_shared(lambda gold, predicted: gold | predicted)),
}

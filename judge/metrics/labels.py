"""Label metrics with scikit-learn's semantics, with intervals; single labels, label lists and joint labels.

A missing prediction predicts nothing: it lowers recall and accuracy and touches no precision.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from judge.delta import Pseudo, linear
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


def _estimate(data: Observations, average: Average, even: bool) -> Interval:
    rows, k = _rows(data)

    def statistic(sums: Array) -> Array:
        return average(sums[:, :k], sums[:, k : 2 * k], sums[:, 2 * k :])

    total = rows.sum(axis=0)
    return linear(rows, statistic, clusters=data.clusters, scale=RATE, pseudo=_errors(total, k, np.asarray(data.weights), even))


import os
TAU = float(os.environ.get("TAU", "4"))

def _errors(total: Array, k: int, weights: Array, even: bool) -> Pseudo:
    """A wrong answer to each class, as often as the class occurs: it predicts the others as often as they are."""
    hits, predicted, gold = total[:k], total[k : 2 * k], total[2 * k :]
    others = np.where(np.eye(k, dtype=bool), 0.0, predicted)
    others = divide(others, others.sum(axis=1, keepdims=True), empty=1 / max(k - 1, 1) if k > 1 else 0.0)
    others[np.eye(k, dtype=bool)] = 0.0
    rows = np.hstack([np.zeros((k, k)), others, np.eye(k)])
    share = gold / gold.sum() if gold.sum() else np.full(k, 1 / k)
    own = np.ones(k) if even else 2 * k * share
    if gold.sum():
        prior = TAU * np.concatenate([own * hits.sum() / gold.sum(), own * predicted.sum() / gold.sum(), own])
    else:
        prior = np.zeros(3 * k)
    seen = gold + predicted
    tau = own * TAU if gold.sum() else np.zeros(k)
    f = divide(seen, seen + tau + tau * (predicted.sum() / max(gold.sum(), 1e-9)), empty=0.0)
    at = np.tile(f, 3) * (total + prior)
    return Pseudo(rows, share, weights, prior, at)


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
            return mean(values, data.weights, data.clusters, RATE)
        values, first = per_item(values, data.items)
        clusters = None if data.clusters is None else [data.clusters[position] for position in first]
        return mean(values, [1.0] * len(values), clusters, RATE)

    return metric


def _shared(of: Callable[[Labels, Labels], Labels]) -> Callable[[Labels, Labels], float]:
    """The labels in common over those of `of`; 0 where there are none."""

    def score(gold: Labels, predicted: Labels) -> float:
        whole = of(gold, predicted)
        return len(gold & predicted) / len(whole) if whole else 0.0

    return score


def _averaged(average: Average, even: bool = True) -> Callable[[Observations], Interval]:
    return lambda data: _estimate(data, average, even)


LABEL_METRICS: dict[str, Callable[[Observations], Interval]] = {
    "accuracy": accuracy,
    "weighted_f1": _averaged(_weighted(_f1), False),
    "weighted_precision": _averaged(_weighted(_precision), False),
    "macro_f1": _averaged(_macro(_f1)),
    "macro_precision": _averaged(_macro(_precision)),
    "macro_recall": _averaged(_macro(_recall)),
    "uar": _averaged(_over_gold),
    "war": _averaged(_weighted(_recall), False),
    "set_precision": _over_answers(_shared(lambda _, predicted: predicted)),
    "set_recall": _over_answers(_shared(lambda gold, _: gold)),
    "jaccard": _over_answers(_shared(lambda gold, predicted: gold | predicted)),
}

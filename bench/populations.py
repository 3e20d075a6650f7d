"""Simulated populations with known truth: right answers, label sets, bounded scores, errors, pairs and raters.

One mechanism serves all: a latent normal variable of each answer is the sum of a share of its cluster, of its item and
of its own (the probit model of correlated binary data). Its rank u in (0, 1) decides whether the answer is right, or
which value of a distribution it has, so that the margins, and with them the true values, are known exactly.
"""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
OF_CLUSTER, OF_ITEM = 0.2, 0.5
"""Latent variance that answers of one cluster, and draws of one item, have in common."""
CELLS = 200_000
HUGE = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Factors:
    """One design. No clusters: every item stands for itself."""

    n: int = 100
    right: float = 0.8
    classes: int = 6
    draws: int = 1
    clusters: int = 0
    even: bool = True
    """All classes are as common; else the k-th is 1/k as common as the first."""

    @property
    def text(self) -> str:
        said = f"n {self.n}, {self.right:g}, {self.classes} cl."
        said += f", {self.draws} draws" if self.draws > 1 else ""
        said += f", {self.clusters} clusters" if self.clusters else ""
        return said + ("" if self.even else ", skewed")

    @property
    def shares(self) -> Array:
        """How common each class is; they sum to 1."""
        raw: Array = np.ones(self.classes) if self.even else 1.0 / np.arange(1, self.classes + 1)
        found: Array = raw / raw.sum()
        return found


@functools.lru_cache(maxsize=1)
def _normal_ranks() -> tuple[Array, Array]:
    points = np.linspace(-8.0, 8.0, 4001)
    return points, np.array([0.5 * math.erfc(-point / math.sqrt(2)) for point in points])


def ranks(normal: Array) -> Array:
    """The standard normal distribution function, by a table."""
    points, values = _normal_ranks()
    found: Array = np.interp(normal, points, values)
    return found


def members(factors: Factors, rng: np.random.Generator) -> Whole:
    """The cluster of each item: one item each, the others by chance, with sizes that differ up to threefold."""
    if not factors.clusters:
        return np.arange(factors.n)
    chances = rng.uniform(0.5, 1.5, factors.clusters)
    rest = rng.choice(factors.clusters, factors.n - factors.clusters, p=chances / chances.sum())
    return np.concatenate([np.arange(factors.clusters), rest])


def latent(factors: Factors, owners: Whole, rng: np.random.Generator) -> Array:
    """Standard normal values of shape (n, draws), correlated within clusters and items."""
    of_cluster = OF_CLUSTER if factors.clusters else 0.0
    of_item = OF_ITEM if factors.draws > 1 else 0.0
    own = math.sqrt(1 - of_cluster - of_item) * rng.standard_normal((factors.n, factors.draws))
    own += math.sqrt(of_item) * rng.standard_normal((factors.n, 1))
    if factors.clusters:
        own += math.sqrt(of_cluster) * rng.standard_normal(factors.clusters)[owners][:, None]
    return own


def ranks_of(factors: Factors, owners: Whole, rng: np.random.Generator) -> Array:
    """Shape (n, draws), each uniform on (0, 1)."""
    return ranks(latent(factors, owners, rng))


def answers(factors: Factors, owners: Whole, rng: np.random.Generator) -> tuple[Whole, Whole]:
    """Gold classes, shape (n,), and predicted ones, shape (n, draws): a wrong one is any other class alike."""
    gold = rng.choice(factors.classes, factors.n, p=factors.shares)
    hit = ranks_of(factors, owners, rng) < factors.right
    other = (gold[:, None] + rng.integers(1, factors.classes, hit.shape)) % factors.classes
    return gold, np.where(hit, gold[:, None], other)


def label_truths(factors: Factors) -> dict[str, float]:
    """Of the population's confusion matrix, in which every class occurs."""
    gold, right = factors.shares, factors.right
    table = (1 - right) / (factors.classes - 1) * np.repeat(gold[:, None], factors.classes, axis=1)
    np.fill_diagonal(table, right * gold)
    hits, predicted = np.diag(table), table.sum(axis=0)
    f1, precision = 2 * hits / (gold + predicted), hits / predicted
    return {
        "accuracy": right,
        "weighted_f1": float((gold * f1).sum()),
        "weighted_precision": float((gold * precision).sum()),
        "macro_f1": float(f1.mean()),
        "macro_precision": float(precision.mean()),
        "macro_recall": right,
        "uar": right,
    }


def label_sets(factors: Factors, ranks_: Array, rng: np.random.Generator) -> tuple[Flags, Flags]:
    """Gold sets, shape (n, classes), and predicted ones, shape (n, draws, classes), of answers with these ranks.

    A right answer (rank below `right`) is the gold set; a wrong one drops each label with chance 1/2 and adds each
    other with chance 1/classes.
    """
    n, draws = ranks_.shape
    gold = rng.random((n, factors.classes)) < min(0.5, 1.5 / factors.classes)
    gold[np.arange(n), rng.choice(factors.classes, n, p=factors.shares)] = True
    wide = np.repeat(gold[:, None, :], draws, axis=1)
    kept = wide & (rng.random(wide.shape) < 0.5)
    added = ~wide & (rng.random(wide.shape) < 1 / factors.classes)
    return gold, np.where((ranks_ < factors.right)[:, :, None], wide, kept | added)


QUALITY = {"ratings": (1.0, 5.0), "low ratings": (1.0, 5.0), "overlap": (0.0, 1.0), "sparse overlap": (0.0, 1.0)}
"""Kinds of scores with the ends of their scale; errors and lengths have no highest value."""


@functools.lru_cache(maxsize=32)
def quantiles(kind: str, right: float) -> Array:
    """The distribution of a kind of score, as CELLS equal steps of its quantile function.

    ratings: 5 with chance `right`, else 4 (.7), 3 (.2) or 1 (.1); low ratings: the same from the other end; overlap:
    a Beta with mean `right` and 8 pseudo-counts (ROUGE); sparse overlap: six of ten near 0, the others a Beta (BLEU);
    errors: 0 with chance `right`, else exponential; lengths: log-normal with sigma .8.
    """
    rng = np.random.default_rng(7)
    if kind in ("ratings", "low ratings"):
        points, chances = np.array([1.0, 3.0, 4.0, 5.0]), (1 - right) * np.array([0.1, 0.2, 0.7, 0.0])
        chances[3] = right
        found = np.repeat(points, np.diff(np.rint(np.concatenate([[0.0], chances.cumsum()]) * CELLS).astype(int)))
        return found if kind == "ratings" else 6.0 - found
    some = rng.random(CELLS)
    if kind == "overlap":
        return np.sort(rng.beta(8 * right, 8 * (1 - right), CELLS))
    if kind == "sparse overlap":
        return np.sort(np.where(some < 0.6, rng.beta(0.5, 20, CELLS), rng.beta(1, 4, CELLS)))
    if kind == "errors":
        return np.sort(np.where(some < right, 0.0, rng.exponential(1.0, CELLS)))
    return np.sort(np.exp(3 + 0.8 * rng.standard_normal(CELLS)))


def scores(kind: str, right: float, ranks_: Array) -> Array:
    """The values of these ranks."""
    table = quantiles(kind, right)
    return table[np.minimum((ranks_ * CELLS).astype(np.int64), CELLS - 1)]


def raters(factors: Factors, owners: Whole, rng: np.random.Generator, *, people: int, ordered: bool) -> Array:
    """Ratings of `people` and then a judge, shape (people + 1, n), levels from 1.

    Each gives the true level with chance `right`, the judge of ordered levels with nine tenths of that, and else a
    neighbouring level (ordered) or any other label. What is hard in a cluster is hard for all of them.
    """
    k = 5 if ordered else factors.classes
    true = rng.choice(k, factors.n) if ordered else rng.choice(k, factors.n, p=factors.shares)
    shared = math.sqrt(OF_CLUSTER) * rng.standard_normal(factors.clusters)[owners] if factors.clusters else 0.0
    left = math.sqrt(1 - OF_CLUSTER) if factors.clusters else 1.0
    rows = []
    for rater in range(people + 1):
        right = factors.right * 0.9 if ordered and rater == people else factors.right
        hit = ranks(shared + left * rng.standard_normal(factors.n)) < right
        step = np.where(rng.random(factors.n) < 0.5, -1, 1)
        wrong = np.where((true + step < 0) | (true + step >= k), true - step, true + step)
        other = wrong if ordered else (true + rng.integers(1, k, factors.n)) % k
        rows.append(np.where(hit, true, other) + 1.0)
    return np.stack(rows)


def labelled(factors: Factors, owners: Whole, rng: np.random.Generator, *, binary: bool) -> tuple[Array, Array]:
    """What people would say of every item, and what the judge says, each of shape (n,).

    Yes and no: people say yes with chance `right`; the judge errs in one of ten of either. Ratings: those of `scores`,
    and the judge's is one lower in three of ten and follows people's else.
    """
    rank = ranks_of(factors, owners, rng)[:, 0]
    noise = rng.random(factors.n)
    if binary:
        human = (rank < factors.right).astype(np.float64)
        return human, np.where(noise < 0.1, 1 - human, human)
    human = scores("ratings", factors.right, rank)
    return human, np.where(noise < 0.3, np.maximum(human - 1, 1.0), human)

"""Whose evidence, or whose answer, stands in for an item's own: another one's, of another label where possible."""

from __future__ import annotations

import random
from collections.abc import Sequence

TRIES = 50
"""Partners that are drawn before all are looked through."""


def deranged(labels: Sequence[str], seed: int) -> list[int]:
    """For each item the place of its donor: a permutation without fixed points; the same for the same seed.

    A random permutation is mended: an item with a donor of its own label changes donors with one, drawn at random, that
    has that label neither itself nor as its donor's. There is one as long as no label has more than half of the items;
    beyond that as few as can be keep a donor of their own label. ValueError for a single item, which has no donor.
    """
    count = len(labels)
    if count < 2:
        raise ValueError("a derangement needs two items")
    rng = random.Random(seed)
    donors = list(range(count))
    rng.shuffle(donors)
    for item in range(count):
        if labels[donors[item]] == labels[item]:
            _change(donors, item, _partner(donors, labels, item, rng=rng))
    for item in range(count):
        if donors[item] == item:
            alike = [other for other in range(count) if other != item and labels[other] == labels[item]]
            _change(donors, item, rng.choice(alike))
    return donors


def _partner(donors: Sequence[int], labels: Sequence[str], item: int, *, rng: random.Random) -> int | None:
    """Whom to change donors with, so that both have one of another label; None where nobody is left."""
    label = labels[item]

    def fits(other: int) -> bool:
        return labels[other] != label and labels[donors[other]] != label

    for _ in range(TRIES):
        other = rng.randrange(len(donors))
        if fits(other):
            return other
    left = [other for other in range(len(donors)) if fits(other)]
    return rng.choice(left) if left else None


def _change(donors: list[int], first: int, second: int | None) -> None:
    if second is not None:
        donors[first], donors[second] = donors[second], donors[first]


def targets_of(labels: Sequence[str], seed: int) -> list[int | None]:
    """For each item another one, of another label, for which it is the donor; None where it could only be its own."""
    if len(labels) < 2:
        return [None] * len(labels)
    targets: list[int | None] = [None] * len(labels)
    for item, donor in enumerate(deranged(labels, seed)):
        if labels[item] != labels[donor]:
            targets[donor] = item
    return targets

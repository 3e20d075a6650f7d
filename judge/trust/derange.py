"""Whose evidence, or whose reasons, stand in for an item's own: another one's, of another label where possible."""

from __future__ import annotations

import random
from collections.abc import Sequence


def deranged(labels: Sequence[str], seed: int) -> list[int]:
    """For each item the place of its donor: a permutation without fixed points; the same for the same seed.

    Items are shuffled, sorted by label, and moved on by the size of the largest label. So a donor has another label
    wherever no label has more than half of the items; beyond that as few as can be have their own. One item has no
    donor: ValueError.
    """
    count = len(labels)
    if count < 2:
        raise ValueError("a derangement needs two items")
    order = list(range(count))
    random.Random(seed).shuffle(order)
    sizes = {label: labels.count(label) for label in set(labels)}
    order.sort(key=lambda place: (-sizes[labels[place]], labels[place]))  # stable: the shuffle stays within a label
    step = min(max(sizes.values()), count - 1)
    donors = [0] * count
    for place, item in enumerate(order):
        donors[item] = order[(place + step) % count]
    return donors


def of_another(labels: Sequence[str], seed: int) -> list[int | None]:
    """For each item one drawn from those with another label; None where all have its own."""
    rng = random.Random(seed)
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    found: list[int | None] = []
    for label in labels:
        others = [each for other, own in places.items() if other != label for each in own]
        found.append(rng.choice(others) if others else None)
    return found

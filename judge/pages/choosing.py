"""Which cards people are shown, and in which order: the doubtful ones, with a random share of the others mixed in."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

from judge.errors import UsageError, nearest
from judge.pages.cards import Card


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for."""

    everything: bool = False
    limit: int | None = None
    """Cards in all."""
    random: int = 0
    """Of them, cards on which the judges agree."""
    seed: int = 0
    ids: tuple[str, ...] | None = None


def choose(cards: Sequence[Card], wish: Wish) -> list[Card]:
    """The cards in the order shown; cards of one answer stand together.

    Doubtful ones come first by how doubtful they are. With `everything` the order is random, so that the first N are
    a random sample of the run.
    """
    pool = _wanted(cards, wish)
    draw = random.Random(wish.seed)
    groups = _by_answer(pool)
    draw.shuffle(groups)  # ties, and the order of the data, say nothing
    if wish.everything:
        return [card for group in groups for card in group][: wish.limit]
    agreed = [card for group in groups for card in group if card.doubt.kind == "agreed"]
    mixed = draw.sample(agreed, min(wish.random, len(agreed), *(() if wish.limit is None else (wish.limit,))))
    room = None if wish.limit is None else wish.limit - len(mixed)
    doubtful = [[card for card in group if card.doubt.kind != "agreed"] for group in groups]
    ranked = sorted((group for group in doubtful if group), key=lambda group: min(card.doubt.rank for card in group))
    kept = [card for group in ranked for card in group][:room]
    return _mix(kept, mixed, draw)


def _wanted(cards: Sequence[Card], wish: Wish) -> list[Card]:
    if wish.ids is None:
        return list(cards)
    known = {card.key.sample_id for card in cards}
    for name in wish.ids:
        if name not in known:
            raise UsageError(f"--sample-ids: no judged answer to {name!r}{nearest(name, known)}")
    ids = frozenset(wish.ids)
    return [card for card in cards if card.key.sample_id in ids]


def _by_answer(cards: Sequence[Card]) -> list[list[Card]]:
    groups: dict[tuple[object, ...], list[Card]] = {}
    for card in cards:
        groups.setdefault((card.home, *card.key), []).append(card)
    return list(groups.values())


def _mix(kept: Sequence[Card], mixed: Sequence[Card], draw: random.Random) -> list[Card]:
    """Random cards join their answer where it is shown, and stand at random places otherwise."""
    groups = _by_answer(kept)
    own = {(group[0].home, *group[0].key): group for group in groups}
    for group in _by_answer(mixed):
        home = own.get((group[0].home, *group[0].key))
        if home is None:
            groups.insert(draw.randint(0, len(groups)), group)
        else:
            home.extend(group)
    return [card for group in groups for card in _in_order(group)]


def _in_order(group: Sequence[Card]) -> list[Card]:
    """As the rubric has them."""

    def place(card: Card) -> tuple[str, int, int]:
        return card.rubric.name, card.rubric.stages.index(card.stage), card.step or 0

    return sorted(group, key=place)

"""Which names a text affirms, by the weights of its mentions: the heaviest one, unless several are alike.

Of final and concluded mentions the last sentence counts, of the others only a name that is alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from judge.parse.cues import cue
from judge.parse.layout import Layout
from judge.parse.mentions import Claim, Weight
from judge.parse.rankings import is_listed, tops_of_ranking
from judge.records import State

FARTHEST = 60
"""Characters between a name and the words that call it equal to another."""


class Verdict(NamedTuple):
    """The names that a text affirms, or why it affirms none; `weight` is that of the names, `start` their place."""

    state: State
    names: tuple[str, ...]
    reason: str
    weight: Weight
    start: int


def decide(text: str, found: Sequence[Claim]) -> Verdict:
    """The one name that the text affirms; `ambiguous` where it affirms several alike."""
    live = [claim for claim in found if claim.weight > Weight.VOID]
    if not live:
        return Verdict("unparsed", (), "", Weight.DENIED, 0)
    names = list(dict.fromkeys(claim.spot.name for claim in live))
    top = max(claim.weight for claim in live)
    if len(names) == 1:
        return _one(names[0], live)
    final = _last_of(live, Weight.FINAL)
    if final:
        closing = _last_of(live, Weight.CONCLUDED)
        later = bool(closing) and live[-1].sentence == closing[-1].sentence > final[-1].sentence
        return _unless_undecided(text, found, closing if later else final)
    tops = tops_of_ranking(text, live)
    if tops:
        equal = list(dict.fromkeys(claim.spot.name for claim in tops))
        concluded = _last_of([claim for claim in live if not is_listed(text, claim)], Weight.CONCLUDED)
        if len(equal) == 1:
            return _one(equal[0], tops)
        return _unless_undecided(text, found, concluded) if concluded else _between(equal, tops[0])
    if top == Weight.CONCLUDED:
        return _unless_undecided(text, found, _last_of(live, top))
    return _unless_undecided(text, found, [claim for claim in live if claim.weight == top])


def _one(name: str, live: Sequence[Claim]) -> Verdict:
    best = max(live, key=lambda claim: (claim.weight, claim.spot.start))
    return Verdict("ok", (name,), "", best.weight, best.spot.start)


def _last_of(live: Sequence[Claim], weight: Weight) -> list[Claim]:
    """The mentions of this weight in the last sentence that has one."""
    all_of = [claim for claim in live if claim.weight == weight]
    return [claim for claim in all_of if claim.sentence == all_of[-1].sentence]


def _between(names: Sequence[str], at: Claim) -> Verdict:
    return Verdict("ambiguous", (), f"names {', '.join(names)}", at.weight, at.spot.start)


def _unless_undecided(text: str, found: Sequence[Claim], best: Sequence[Claim]) -> Verdict:
    live = [claim for claim in found if claim.weight > Weight.VOID]
    names = list(dict.fromkeys(claim.spot.name for claim in best))
    if len(names) > 1:
        return _between(list(dict.fromkeys(claim.spot.name for claim in live)), best[-1])
    place = _undecided(text, found, best[-1])
    if place is not None:
        return _between(list(dict.fromkeys(claim.spot.name for claim in live)), best[-1])
    return _one(names[0], best)


def _undecided(text: str, found: Sequence[Claim], best: Claim) -> int | None:
    """A place after the answer, or in its sentence, at which the text calls two names equal."""
    layout = Layout(text)
    live = [claim for claim in found if claim.weight > Weight.VOID]
    start = max(layout.span(best.sentence)[0], len(text) - 20_000)
    if best.weight == Weight.FINAL:
        start = max(start, best.spot.start)
    for match in cue("undecided").finditer(text, start):
        number = layout.sentence(match.start())
        here = {claim.spot.name for claim in live if claim.sentence == number}
        tops = {claim.spot.name for claim in live if claim.weight == best.weight}
        if (len(here) > 1 and best.spot.start < match.end() + FARTHEST) or (not here and len(tops) > 1):
            return match.start()
    return None


def decide_several(found: Sequence[Claim]) -> Verdict:
    """All names that the text affirms: of the last final sentence, of bare lines, or all that are not doubted."""
    live = [claim for claim in found if claim.weight > Weight.VOID]
    if not live:
        return Verdict("unparsed", (), "", Weight.DENIED, 0)
    top = max(claim.weight for claim in live)
    if top == Weight.FINAL:
        best = _last_of(live, Weight.FINAL)
    elif top >= Weight.MINOR:
        low = Weight.BARE if top == Weight.BARE else Weight.MINOR
        best = [claim for claim in live if claim.weight >= low]
    else:
        best = live
    return Verdict("ok", tuple(dict.fromkeys(claim.spot.name for claim in best)), "", top, best[0].spot.start)

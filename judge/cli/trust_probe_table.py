"""What `judge trust probe` found, as a table: a line for each probe and criterion."""

from __future__ import annotations

from collections.abc import Sequence

from judge.cli.terminal import say, table
from judge.trust.card.words import number
from judge.trust.probes.results import Effect, Found

_SHOWN: dict[str, tuple[tuple[str, str, str], ...]] = {
    "retest": (("alpha", "alpha", ""), ("flips", "flip rate", "share"), ("deviation", "deviation", "steps")),
    "keys": (("passed", "pass", "share"), ("lift", "lift", "levels")),
    "injection": (("won", "win", "share"), ("lift", "lift", "levels")),
    "evidence": (("fell", "fall", "share"), ("lift", "lift", "levels")),
    "family": (("own", "own family minus others", "levels"),),
    "swap": (("fell", "fall", "share"), ("lift", "lift", "levels")),
}
_EDITED = (("lift", "lift", "levels"), ("net same", "stay, net", "share"), ("net distance", "change, net", "steps"))


def print_effects(results: Sequence[Found]) -> None:
    """A line for each probe and criterion: its effects with intervals, or why there are none."""
    rows = []
    for found in results:
        shown = [
            f"{label} {_told(effect, unit)}"
            for name, label, unit in _SHOWN.get(found.probe, _EDITED)
            if (effect := found.effect(name)).value is not None or effect.reason
        ]
        first = _SHOWN.get(found.probe, _EDITED)[0][0]
        counted = f"n {found.effect(first).n}" if found.effects else ""
        lost = f", {found.failed} failed" if found.failed else ""
        rows.append([found.criterion, found.probe, found.reason or " · ".join(shown), counted + lost])
    for line in table([["criterion", "probe", "effect, [95%]", ""], *rows]):
        say(f"  {line}")


def _told(effect: Effect, unit: str) -> str:
    if effect.value is None:
        return f"– ({effect.reason})"
    ends = (
        ""
        if effect.low is None or effect.high is None
        else f" [{number(effect.low, unit)}, {number(effect.high, unit)}]"
    )
    return number(effect.value, unit) + ends

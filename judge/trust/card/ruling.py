"""From numbers to rulings: pass, warn, fail or not assessable, by rules that are the same for all ten measurements.

A missed threshold is a fail only where the whole interval lies beyond it; too few items make a pass a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from judge.trust.card.records import Figure, Measurement, Ruling

FEW = 30
"""Items below which no number passes."""
_WORST: tuple[Ruling, ...] = ("pass", "warn", "fail")


def inside(value: float, good: tuple[float | None, float | None]) -> bool:
    """True where the value passes."""
    low, high = good
    return (low is None or value >= low - 1e-9) and (high is None or value <= high + 1e-9)


def by_value(figure: Figure) -> Figure:
    """Pass by the value; where it misses, warn as long as the interval reaches the good range, else fail."""
    if figure.value is None or figure.good is None:
        return figure.model_copy(update={"ruling": "not assessable"})
    if inside(figure.value, figure.good):
        return figure.model_copy(update={"ruling": "pass"})
    return figure.model_copy(update={"ruling": "warn" if _reaches(figure) else "fail"})


def by_interval(figure: Figure) -> Figure:
    """Pass only where the whole interval lies in the good range; fail where all of it lies outside."""
    if figure.value is None or figure.good is None:
        return figure.model_copy(update={"ruling": "not assessable"})
    ends = (figure.low, figure.high)
    if all(end is not None and inside(end, figure.good) for end in ends):
        return figure.model_copy(update={"ruling": "pass"})
    return figure.model_copy(update={"ruling": "warn" if _reaches(figure) else "fail"})


def _reaches(figure: Figure) -> bool:
    """True where some value of the interval passes."""
    low, high = figure.good or (None, None)
    if figure.low is None or figure.high is None:
        return figure.value is not None and inside(figure.value, (low, high))
    return (low is None or figure.high >= low - 1e-9) and (high is None or figure.low <= high + 1e-9)


def enough(figure: Figure, needed: int, what: str = "items", *, made_of: int | None = None) -> Figure:
    """A pass on fewer than so many is a warning; `made_of` where other things than its n are counted."""
    n = figure.n if made_of is None else made_of
    if figure.ruling != "pass" or n is None or n >= needed:
        return figure
    return figure.model_copy(update={"ruling": "warn", "reason": f"{n} {what}; {needed} are asked for"})


def absent(name: str, reason: str, **more: Any) -> Figure:
    """A number that a threshold is set for, and that is not there."""
    return Figure(name=name, reason=reason, ruling="not assessable", **more)


def measured(number: int, figures: Sequence[Figure]) -> Measurement:
    """The worst ruling of its figures; one that could not be had makes a pass a warning."""
    ruled = [figure for figure in figures if figure.ruling is not None]
    made = [figure for figure in ruled if figure.ruling != "not assessable"]
    if not made:
        reason = next((figure.reason for figure in [*ruled, *figures] if figure.reason), "was not measured")
        return Measurement(number=number, ruling="not assessable", reason=reason, figures=tuple(figures))
    worst = max((figure.ruling for figure in made if figure.ruling), key=_WORST.index)
    lacking = [figure for figure in ruled if figure.ruling == "not assessable"]
    if worst == "pass" and lacking:
        text = f"not all of it was measured: {lacking[0].name}: {lacking[0].reason}"
        return Measurement(number=number, ruling="warn", reason=text, figures=tuple(figures))
    return Measurement(number=number, ruling=worst, reason=_why(made, worst), figures=tuple(figures))


def not_made(number: int, reason: str) -> Measurement:
    """One of the ten that nobody has made."""
    return Measurement(number=number, ruling="not assessable", reason=reason)


def _why(made: Sequence[Figure], worst: Ruling) -> str:
    if worst == "pass":
        return ""
    at_fault = [figure for figure in made if figure.ruling == worst]
    return "; ".join(f"{figure.name}: {figure.reason or 'wanted ' + figure.wanted}" for figure in at_fault[:4])

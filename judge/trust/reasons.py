"""Why a coefficient has no value, or a value to be read with care: degenerate ratings, said in a sentence.

No coefficient of agreement is 1.0 because nothing varied: that is no agreement, it is no information.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from judge.stats import Array
from judge.trust.pairs import LEVELS, ORDERED, RANKS
from judge.trust.scale import Scale

PLAIN = frozenset({"offset", "distance", "exact"})
"""Defined for any ratings, one item and constant ones too."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What there is to know of two raters' ratings before any coefficient."""

    first: str
    second: str
    n: int
    constant_first: float | None
    """The value that the first rater gives to every item, if so."""
    constant_second: float | None
    whole: bool
    """Every rating is a level of the scale."""
    scale: Scale
    levels: int

    @property
    def same(self) -> bool:
        """Both are constant, at one value."""
        return self.constant_first is not None and self.constant_first == self.constant_second


def situation(first: str, second: str, *, x: Array, y: Array, scale: Scale) -> Situation:
    """Of the items that both have rated."""
    whole = scale.holds(x) and scale.holds(y) if len(x) else True
    return Situation(
        first=first,
        second=second,
        n=len(x),
        constant_first=_constant(x),
        constant_second=_constant(y),
        whole=whole,
        scale=scale,
        levels=scale.count(x, y) if len(x) else 0,
    )


def _constant(values: Array) -> float | None:
    return float(values[0]) if len(values) and np.ptp(values) < 1e-12 else None


def why_none(name: str, found: Situation) -> str:
    """The reason why a coefficient must not be given here; empty where it may."""
    if found.scale.nominal and name in ORDERED:
        return "labels have no order and no distance"
    if found.n == 0:
        return f"no item was rated by both {found.first} and {found.second}"
    if not found.whole and name in LEVELS:
        if not found.scale.levels:
            return "the scale has no levels: give --range"
        return "fractional scores (means of several ratings) are no levels of the scale: see ICC and alpha"
    if name in PLAIN:
        return ""
    if found.n == 1:
        return f"only 1 item was rated by both {found.first} and {found.second}"
    return _no_variance(name, found)


def _no_variance(name: str, found: Situation) -> str:
    first, second = (said(found, 1), said(found, 2))
    if name == "gwet_ac1":
        return "the scale has only one level" if found.levels < 2 else ""
    if found.same:
        return f"no variance: both give {label(found.scale, found.constant_first)} to every item"
    if name == "slope":
        return f"no variance: {second}" if found.constant_second is not None else ""
    both = first and second
    if name in RANKS and (first or second):
        return f"no variance: {' and '.join(text for text in (first, second) if text)}"
    if name.startswith("icc") and both:
        return f"no variance: {first} and {second}"
    return ""


def said(found: Situation, which: int) -> str:
    """'NAME gives 3 to every item', or an empty string."""
    name, value = (found.first, found.constant_first) if which == 1 else (found.second, found.constant_second)
    return "" if value is None else f"{name} gives {label(found.scale, value)} to every item"


def caution(name: str, found: Situation) -> str:
    """What to know beside a value that is there."""
    if name in PLAIN:
        return ""
    if found.same:
        return "nothing varies: this says only that all ratings are alike"
    if name in ("gwet_ac1", "slope"):
        return ""
    constant = " and ".join(text for text in (said(found, 1), said(found, 2)) if text)
    return f"near chance by its making: {constant}" if constant else ""


def label(scale: Scale, value: float | None) -> str:
    """A rating as it was given."""
    if value is None:
        return "nothing"
    place = int(value) if float(value).is_integer() else -1
    return scale.words[place] if 0 <= place < len(scale.words) else f"{value:g}"

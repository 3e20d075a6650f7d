"""A judge's reply to ratings: the last JSON object of the right form counts; anything off the scale is refused.

Nothing is clamped, guessed or defaulted: what cannot be read is an Unreadable with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, NamedTuple

from judge.parse.objects import last_object

LONGEST = 1000


class Unreadable(Exception):
    """The reply holds no usable verdict; the text says why, and is sent back once."""


class Rating(NamedTuple):
    """One rating; score None means that the judge abstained (cannot_judge)."""

    evidence: str
    reason: str
    score: float | None
    confidence: float | None


def _last_with(text: str, key: str) -> dict[str, Any]:
    found = last_object(text, frozenset({key}))
    if found is None or key not in found.value:
        raise Unreadable(f'the reply does not end with a whole JSON object that has "{key}"')
    return found.value


def read_steps(text: str) -> list[str]:
    """The steps of {"steps": ["...", ...]}; each may also be an object with a claim."""
    value = _last_with(text, "steps")["steps"]
    if not isinstance(value, list) or not value or len(value) > 100:
        raise Unreadable('"steps" should be a list of 1 to 100 texts')
    steps = [item.get("claim") if isinstance(item, dict) else item for item in value]
    if not all(isinstance(step, str) and step.strip() for step in steps):
        raise Unreadable("each step should be a text")
    return [str(step).strip()[:LONGEST] for step in steps]


def read_rating(text: str, scale: Collection[float]) -> Rating:
    """One rating: {"evidence", "reason", "score", "confidence"}."""
    return _rating(_last_with(text, "score"), scale)


def read_ratings(text: str, scale: Collection[float], *, count: int) -> list[Rating]:
    """Exactly one rating for each of `count` steps: {"ratings": [{"step": 1, ...}, ...]}."""
    value = _last_with(text, "ratings")["ratings"]
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable('"ratings" should be a list of objects')
    numbers = [item.get("step") for item in value]
    if numbers != list(range(1, count + 1)) or any(isinstance(number, bool) for number in numbers):
        raise Unreadable(f"there should be one rating for each step, 1 to {count}, in order")
    return [_rating(item, scale) for item in value]


def _rating(item: dict[str, Any], scale: Collection[float]) -> Rating:
    if "score" not in item:
        raise Unreadable('a rating has no "score"')
    evidence = str(item.get("evidence") or "")[:LONGEST]
    reason = str(item.get("reason") or "")[:LONGEST]
    score = item["score"]
    if score is None or score == "cannot_judge":
        return Rating(evidence, reason, None, None)
    number = _number(score)
    if number is None or not any(math.isclose(number, point) for point in scale):
        allowed = ", ".join(f"{point:g}" for point in sorted(scale))
        raise Unreadable(f"the score {str(score)[:40]!r} is not one of {allowed}")
    confidence = _number(item.get("confidence"))
    return Rating(evidence, reason, number, confidence if confidence is not None and 0 <= confidence <= 1 else None)


def _number(value: Any) -> float | None:
    """A finite number, or a text that is nothing but one; true and false are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > 20:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None

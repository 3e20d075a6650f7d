"""A judge's reply to ratings: one verdict, whole and on the scale; two that differ are none.

Nothing is clamped, guessed or defaulted: what cannot be read is an Unreadable with its reason. A judge may quote what
it rates, so a verdict in its reply need not be its own: where a second one says something else, neither counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, TypeVar

from judge.parse.objects import Found, objects_in
from judge.parse.values import as_region

LONGEST = 1000
SHOWN = 20
_NUMBER = re.compile(r"\s{0,9}[-+]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s{0,9}")
_SHAPE: dict[str, re.Pattern[str]] = {
    "score": re.compile(
        r"\"score\"\s{0,9}:|\bscore[\"'”*_`]{0,4}\s{0,9}[:=：]\s{0,9}[\"'“*_`+-]{0,4}(?:[\d.]|null|cannot_judge)",
        re.IGNORECASE,
    ),
    "ratings": re.compile(r"\"ratings\"\s{0,9}:|\bratings[\"'”]?\s{0,9}[:=：]\s{0,9}\[", re.IGNORECASE),
    "steps": re.compile(r"\"steps\"\s{0,9}:|\bsteps[\"'”]?\s{0,9}[:=：]\s{0,9}\[", re.IGNORECASE),
}
"""How a verdict looks that is no JSON object: cut off, in the wrong quotes, or in prose."""
Read = TypeVar("Read")


class Unreadable(Exception):
    """The reply holds no usable verdict; the text says why, and is sent back once."""


class Rating(NamedTuple):
    """One rating; score None means that the judge abstained (cannot_judge)."""

    evidence: str
    reason: str
    score: float | None
    confidence: float | None


def _the_one(text: str, key: str, read: Callable[[dict[str, Any]], Read]) -> Read:
    """What the objects with the key say; they must all be readable and say the same, and nothing beside them may."""
    found = [item for item in objects_in(text) if key in item.value]
    if not found or _says_more(text, found, key):
        raise Unreadable(f'the reply is not one whole JSON object that has "{key}"')
    first, *others = [read(item.value) for item in found]
    if any(_gist(other) != _gist(first) for other in others):
        raise Unreadable(f'the reply has several JSON objects with "{key}", which differ')
    return read(found[-1].value)


def _gist(said: Any) -> Any:
    """What must agree between two verdicts: the scores, whatever the grounds; steps as they are."""
    if isinstance(said, Rating):
        return said.score
    return [_gist(item) for item in said] if isinstance(said, list) else said


def _says_more(text: str, found: list[Found], key: str) -> bool:
    """True where a verdict stands outside those objects: then it is not known which one is meant."""
    starts = [0, *(item.end for item in found)]
    ends = [*(item.start for item in found), len(text)]
    shapes = [_SHAPE[key], _SHAPE["score"]] if key == "ratings" else [_SHAPE[key]]
    gaps = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    return any(shape.search(gap) for shape in shapes for gap in gaps)


def read_steps(text: str) -> list[str]:
    """The steps of {"steps": ["...", ...]}; each may also be an object with a claim."""
    return _the_one(text, "steps", _steps)


def _steps(found: dict[str, Any]) -> list[str]:
    value = found["steps"]
    if not isinstance(value, list) or not value or len(value) > 100:
        raise Unreadable('"steps" should be a list of 1 to 100 texts')
    steps = [item.get("claim") if isinstance(item, dict) else item for item in value]
    if not all(isinstance(step, str) and step.strip() for step in steps):
        raise Unreadable("each step should be a text")
    return [" ".join(str(step).split())[:LONGEST] for step in steps]  # a line each: they are numbered for the judge


def read_rating(text: str, scale: Collection[float]) -> Rating:
    """One rating: {"evidence", "reason", "score", "confidence"}."""
    return _the_one(text, "score", lambda item: _rating(item, scale))


def read_ratings(text: str, scale: Collection[float], *, count: int) -> list[Rating]:
    """Exactly one rating for each of `count` steps: {"ratings": [{"step": 1, ...}, ...]}."""
    return _the_one(text, "ratings", lambda item: _ratings(item["ratings"], scale, count))


def _ratings(value: Any, scale: Collection[float], count: int) -> list[Rating]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable('"ratings" should be a list of objects')
    numbers = [item.get("step") for item in value]
    if numbers != list(range(1, count + 1)) or any(isinstance(number, bool) for number in numbers):
        raise Unreadable(f"there should be one rating for each step, 1 to {count}, in order")
    return [_rating(item, scale) for item in value]


def _rating(item: dict[str, Any], scale: Collection[float]) -> Rating:
    if "score" not in item:
        raise Unreadable('a rating has no "score"')
    evidence, reason = (as_region(item.get(part))[:LONGEST] for part in ("evidence", "reason"))
    score = item["score"]
    if score is None or score == "cannot_judge":
        return Rating(evidence, reason, None, None)
    number = _number(score)
    point = next((point for point in scale if number is not None and math.isclose(number, point)), None)
    if point is None:
        allowed = ", ".join(f"{point:.12g}" for point in sorted(scale))
        raise Unreadable(f"the score {_shown(score)!r} is not one of {allowed}")
    confidence = _number(item.get("confidence"))
    return Rating(
        evidence, reason, float(point), confidence if confidence is not None and 0 <= confidence <= 1 else None
    )


def _shown(score: Any) -> str:
    """Short and harmless: it is sent back to the judge, outside the marks, and may be a quotation."""
    return re.sub(r"[^\w./+\- ]", "?", as_region(score)[:SHOWN])


def _number(value: Any) -> float | None:
    """A finite number, or a text that is nothing but one; true and false are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None

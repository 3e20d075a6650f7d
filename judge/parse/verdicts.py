"""A judge's reply to ratings: one verdict, whole and on the scale; two that differ are none.

Nothing is clamped, guessed or defaulted: what cannot be read is an Unreadable with its reason. A judge may quote what
it rates, so a verdict in its reply need not be its own: where a second one says something else, as JSON or in prose,
neither counts. Said twice and the same, it counts. Objects are read as those of answers are (objects).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, TypeVar

from judge.parse.literals import Contradiction
from judge.parse.objects import Found, objects_in, of_any_case
from judge.parse.quoted import begins
from judge.parse.values import as_region

LONGEST = 1000
SHOWN = 20
_NUMBER = re.compile(r"\s{0,9}[-+]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s{0,9}")
_PROSE = re.compile(
    r"\bscore[\"'”*_`]{0,4}\s{0,9}[:=：]\s{0,9}[\"'“*_`]{0,4}"
    r"(?P<said>[-+−–]?(?:\d{1,9}(?:[.,]\d{1,9})?|\.\d{1,9})(?![.,]?\d)(?:\s?/\s?(?P<of>\d{1,9}(?:\.\d{1,9})?)(?![.,]?\d))?|"
    r"null\b|cannot_judge\b|[\d.])(?![%\w])",
    re.IGNORECASE,
)
"""A score outside every object: it must say the same."""
_STARTED = re.compile(
    r"\bscore[\"'”*_`]{0,4}\s{0,9}[:=：]\s{0,9}[\"'“*_`+-]{0,4}(?:[\d.]|null|cannot_judge)", re.IGNORECASE
)
_LISTED = re.compile(r"\b(?:ratings|steps)[\"'”]?\s{0,9}[:=：]\s{0,9}\[", re.IGNORECASE)
"""How verdicts look that are no JSON object: cut off, or in prose."""
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
    found = [item for item in objects_in(text) if key in of_any_case(item.value)]
    gaps = _gaps(text, found)
    if not found or any(_begins_another(gap, key) for gap in gaps):
        raise Unreadable(f'the reply is not one whole JSON object that has "{key}"')
    first, *others = [read(of_any_case(item.value)) for item in found]
    if any(_gist(other) != _gist(first) for other in others):
        raise Unreadable(f'the reply has several JSON objects with "{key}", which differ')
    if key != "steps" and not all(_agrees(gap, _gist(first)) for gap in gaps):
        raise Unreadable("the reply gives another score beside its JSON object")
    return read(of_any_case(found[-1].value))


def _gist(said: Any) -> Any:
    """What must agree between two verdicts: the scores, whatever the grounds; steps as they are."""
    if isinstance(said, Rating):
        return said.score
    return [_gist(item) for item in said] if isinstance(said, list) else said


def _gaps(text: str, found: list[Found]) -> list[str]:
    """What stands outside those objects."""
    starts = [0, *(item.end for item in found)]
    ends = [*(item.start for item in found), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _begins_another(gap: str, key: str) -> bool:
    """True where a verdict begins that is not whole: then it is not known which one is meant."""
    keys = frozenset({key, "score"} if key == "ratings" else {key})
    return begins(gap, keys) or (key != "score" and _LISTED.search(gap) is not None)


def _agrees(gap: str, said: Any) -> bool:
    """True where each score in prose is the one that was read; of several steps, where all have that one."""
    scores = set(said) if isinstance(said, list) else {said}
    prose = {_said_in(match) for match in _PROSE.finditer(gap)}
    started = sum(1 for _ in _STARTED.finditer(gap))
    if started > sum(1 for _ in _PROSE.finditer(gap)):
        return False
    return not prose or (len(scores) == 1 and all(_is_same(one, next(iter(scores))) for one in prose))


def _said_in(match: re.Match[str]) -> float | str | None:
    """The number, None for an abstention, else the words themselves: those agree with nothing."""
    said = re.sub(r"\s{0,3}/.*", "", match["said"]).replace("−", "-").replace("–", "-").replace(",", ".")
    if said.casefold() in ("null", "cannot_judge"):
        return None
    number = _number(said)
    return said if number is None else number


def _is_same(one: float | str | None, score: float | None) -> bool:
    if one is None or score is None or isinstance(one, str):
        return one is None and score is None
    return math.isclose(one, score)


def read_steps(text: str) -> list[str]:
    """The steps of {"steps": ["...", ...]}; each may also be an object with a claim."""
    return _the_one(text, "steps", _steps)


def _steps(found: dict[str, Any]) -> list[str]:
    value = found["steps"]
    if not isinstance(value, list) or not value or len(value) > 100:
        raise Unreadable('"steps" should be a list of 1 to 100 texts')
    steps = [of_any_case(item).get("claim") if isinstance(item, dict) else item for item in value]
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
    value = [of_any_case(item) for item in value]
    numbers = [item.get("step") for item in value]
    if numbers != list(range(1, count + 1)) or any(isinstance(number, bool) for number in numbers):
        raise Unreadable(f"there should be one rating for each step, 1 to {count}, in order")
    return [_rating(item, scale) for item in value]


def _rating(item: dict[str, Any], scale: Collection[float]) -> Rating:
    if "score" not in item:
        raise Unreadable('a rating has no "score"')
    evidence, reason = (as_region(item.get(part))[:LONGEST] for part in ("evidence", "reason"))
    score = item["score"]
    if isinstance(score, Contradiction):
        raise Unreadable('the object gives "score" twice, and differently')
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

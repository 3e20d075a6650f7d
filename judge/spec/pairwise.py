"""The sense of a rubric that compares two answers: one stage, which is all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from judge.spec.source import Path_

SEEN = ("question", "reference", "target", "clues")
"""What a judge may see of a pair beside the two answers; frames and thoughts belong to one answer's own run."""
_OF_RATINGS = ("scale", "weight", "last")


def pair_faults(raw: dict[str, Any], stages: Sequence[dict[Any, Any]]) -> Iterator[tuple[Path_, str]]:
    """Faults of a rubric with  rate: pair."""
    if len(stages) > 1:
        yield ("stages",), "rate: pair stands alone: two answers are compared as they are"
    for index, stage in enumerate(stages):
        if stage.get("rate") != "pair":
            continue
        place: Path_ = ("stages", index)
        if not isinstance(stage.get("question"), str):
            yield place, "a comparison needs its question"
        if not isinstance(stage.get("criterion"), str):
            yield place, "rate: pair needs the name of its criterion"
        for key in _OF_RATINGS:
            if key in stage:
                yield (*place, key), f"rate: pair has no {key}: its verdict is A, B or, with tie, neither"
        yield from _sights((*place, "sees"), stage.get("sees"))
    yield from _sights(("sees",), raw.get("sees"))
    if raw.get("scores"):
        yield ("scores",), "two answers compared give no score of one answer: write  scores: {}"


def _sights(place: Path_, sees: Any) -> Iterator[tuple[Path_, str]]:
    for index, name in enumerate(sees if isinstance(sees, list) else []):
        if isinstance(name, str) and name not in SEEN:
            yield (*place, index), f"a pair shows {name} to nobody; it can show: {', '.join(SEEN)}"

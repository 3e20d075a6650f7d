"""Faults in a task's missing_value: what strict mode counts for an answer that a metric has no number of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from judge.errors import nearest
from judge.metrics.names import METRIC_NAMES, UNBOUNDED
from judge.shell import all_of
from judge.spec.source import Path_


def missing_faults(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    """A value belongs to a metric that the task gives and that has no worst one; of mae it is no better than any."""
    stated = raw.get("missing_value")
    if not isinstance(stated, dict):
        return
    cases = raw.get("cases") if isinstance(raw.get("cases"), list) else []
    lists = [part.get("metrics") for part in [raw, *(cases or [])] if isinstance(part, dict)]
    given = {name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)}
    for name, value in stated.items():
        place: Path_ = ("missing_value", str(name))
        if name not in METRIC_NAMES:
            hint = nearest(str(name), METRIC_NAMES)
            yield place, f'unknown metric "{name}"{hint}   {all_of("metrics")}'
        elif name not in UNBOUNDED:
            text = f"{name} has a lowest value, which strict counts; a value is stated for {', '.join(UNBOUNDED)}"
            yield place, text
        elif name not in given:
            yield place, f"{name} is not among the task's metrics"
        elif name == "mae" and isinstance(value, int | float) and not isinstance(value, bool):
            yield from _error(raw, place, float(value))


def _error(raw: dict[str, Any], place: Path_, value: float) -> Iterator[tuple[Path_, str]]:
    """An answer that is missing may not count for less than the worst that could have been given."""
    if value < 0:
        yield place, f"{value:g} is no error: it is 0 or more"
    span = _span(raw)
    if span is not None and 0 <= value < span:
        yield (
            place,
            f"{value:g} is less than the largest error ({span:g}, by the range): a refusal would beat an answer",
        )


def _span(raw: dict[str, Any]) -> float | None:
    """How far apart the ends of the first number's range lie; None where it has no range."""
    asks = raw.get("asks") if isinstance(raw.get("asks"), list) else []
    for ask in asks or []:
        read = ask.get("read") if isinstance(ask, dict) else None
        if not isinstance(read, dict):
            continue
        fields = read.get("fields") if isinstance(read.get("fields"), dict) else {}
        for one in [read, *(fields or {}).values()]:
            if isinstance(one, dict) and one.get("as") == "number":
                ends = one.get("range")
                numbers = (
                    isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, int | float) for end in ends)
                )
                return abs(float(ends[1]) - float(ends[0])) if numbers and ends is not None else None
    return None

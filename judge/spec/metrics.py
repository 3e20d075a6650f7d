"""Faults in the metrics that a task names: unknown ones, and ones that lack what they measure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from judge.errors import SLIP, nearest
from judge.metrics.names import FIELD_METRICS, METRIC_NAMES, NEEDS
from judge.shell import all_of
from judge.spec.source import Path_

Faults = Iterator[tuple[Path_, str]]
ScoresOf = Callable[[str], Collection[str]]
"""The scores that a rubric gives, by what a task names it by; none where it cannot be read."""
MOST_SHOWN, MOST_LONG = 20, 100
_CLOSED = ("label", "labels", "letter", "number")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def metric_faults(raw: dict[str, Any], scores_of: ScoresOf | None) -> Faults:
    """Faults of `metrics` and of the references; `scores_of` None: rubrics are not looked at."""
    for index, name in enumerate(_list(raw.get("metrics"))):
        if not isinstance(name, str):
            continue
        if name not in METRIC_NAMES:
            yield from _own_metric(("metrics", index), name, raw=raw, scores_of=scores_of)
        else:
            lack = _lack(raw, name)
            if lack:
                yield ("metrics", index), f"{name} {lack}"
    for index, reference in enumerate(_list(raw.get("references"))):
        name = _mapping(reference).get("metric")
        if isinstance(name, str) and name not in METRIC_NAMES:
            yield from _own_metric(("references", index, "metric"), name, raw=raw, scores_of=scores_of)


def _own_metric(place: Path_, name: str, *, raw: dict[str, Any], scores_of: ScoresOf | None) -> Faults:
    """A metric that is not the suite's is a score of the task's rubric, under its own name."""
    rubric = raw.get("rubric")
    slip = difflib.get_close_matches(name[:MOST_LONG], METRIC_NAMES, n=1, cutoff=SLIP)
    if scores_of is None and isinstance(rubric, str) and not slip:
        return
    own = sorted(scores_of(rubric)) if scores_of is not None and isinstance(rubric, str) else []
    if name not in own:
        also = f"   (the rubric {rubric} gives {', '.join(own[:MOST_SHOWN])})" if own else ""
        hint = nearest(name, [*METRIC_NAMES, *own])
        yield place, f'unknown metric "{name}"{hint}   {all_of("metrics")}{also}'


def _lack(raw: dict[str, Any], metric: str) -> str:
    """What a metric needs and the task does not have; empty where nothing is missing."""
    need = NEEDS[metric]
    asks = [_mapping(ask) for ask in _list(raw.get("asks"))]
    fields = {name for ask in asks for name in _mapping(_mapping(ask.get("read")).get("fields"))}
    kinds = [read.get("as") for ask in _list(raw.get("asks")) for read in reads_of(_mapping(ask))]
    if need == "reference" and "reference" not in _mapping(raw.get("target")):
        return "compares with a reference text: give target.reference"
    if metric in FIELD_METRICS and kinds and FIELD_METRICS[metric][1] not in fields:
        return f"needs a field called {FIELD_METRICS[metric][1]!r} in an answer that is read as JSON"
    if need == "label" and kinds and not any(kind in _CLOSED for kind in kinds):
        return "compares labels, and no answer of this task is read as one (as: label, letter, ...)"
    if need == "number" and kinds and "number" not in kinds:
        return "measures numbers, and no answer of this task is read as one (as: number)"
    if need == "rubric" and "rubric" not in raw:
        return "is judged: name a rubric"
    return ""


def reads_of(ask: dict[str, Any]) -> list[dict[str, Any]]:
    """How an ask's answer is read, and each of its fields."""
    read = _mapping(ask.get("read"))
    return [read, *(_mapping(field) for field in _mapping(read.get("fields")).values())]

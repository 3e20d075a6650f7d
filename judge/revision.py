"""Two rubrics, or a rubric before and after an edit, on the same answers: what each says, and which answers move.

It asks nobody: it compares verdicts that are there, and says where one side has none.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from judge import stats
from judge.definitions import Task
from judge.items import Item
from judge.paired import Comparison, compare, holm
from judge.ratings import mean_of
from judge.records import Key, Verdict
from judge.rubric import Rubric, Stage, scores_named
from judge.scores import Judged

Values = Mapping[str, Mapping[Key, float]]
"""By criterion or score, then by answer."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One rubric with what a judge said by it."""

    rubric: Rubric
    verdicts: Sequence[Verdict]
    _index: dict[tuple[Key, str], list[Verdict]] = dataclasses.field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, key: Key, criterion: str) -> list[Verdict]:
        """Its verdicts on one answer by one criterion, in the order of the steps."""
        if not self._index:
            for item in self.verdicts:
                self._index.setdefault((item.key, item.criterion), []).append(item)
        return sorted(self._index.get((key, criterion), []), key=lambda item: (item.judge_draw, item.step or 0))

    def ratings(self) -> Values:
        """Of each answer and criterion: the mean over its steps, then over the judge's repeats; on the scale's own."""
        names = [stage.name for stage in self.rubric.rated()]
        grouped: dict[str, dict[Key, list[Verdict]]] = {name: {} for name in names}
        for verdict in self.verdicts:
            if verdict.criterion in grouped:
                grouped[verdict.criterion].setdefault(verdict.key, []).append(verdict)
        return {
            name: {key: value for key, group in by_key.items() if (value := mean_of(group)) is not None}
            for name, by_key in grouped.items()
        }

    def scores(self, task: Task, items: Sequence[Item]) -> Values:
        """All that the rubric makes of its ratings, strict, of each answer that has one."""
        judged = Judged(self.rubric, self.verdicts)
        found: dict[str, dict[Key, float]] = {name: {} for name in scores_named(self.rubric)}
        for item in items:
            for name, number in judged.scores(task, item, "strict").items():
                if number.value is not None:
                    found[name][item.key] = number.value
        return found


def ends(stage: Stage) -> tuple[float, float]:
    """Lowest and highest point of its scale."""
    points = stage.scale or {0.0: ""}
    return min(points), max(points)


def rescaled(first: Side, second: Side) -> list[str]:
    """Criteria of both whose scales have other ends: their ratings are compared as shares of their scales."""
    scales = {stage.name: ends(stage) for stage in first.rubric.rated()}
    return [stage.name for stage in second.rubric.rated() if scales.get(stage.name, ends(stage)) != ends(stage)]


def comparable(side: Side, names: Sequence[str]) -> Values:
    """Its ratings, those of the criteria in `names` as shares of their scale."""
    scales = {stage.name: ends(stage) for stage in side.rubric.rated()}
    found = dict(side.ratings())
    for name in names:
        low, high = scales[name]
        found[name] = {key: (value - low) / (high - low) for key, value in found[name].items()}
    return found


def table(first: Values, second: Values, items: Sequence[Item]) -> list[Comparison]:
    """One row for each name that both have, Holm-corrected over the rows; draws of a sample are averaged first."""
    clusters = {item.key: item.sample.cluster or item.sample.id for item in items}
    rows = []
    for name in first:
        if name not in second:
            continue
        keys = [item.key for item in items if item.key in first[name] and item.key in second[name]]
        ids = [key.sample_id for key in keys]
        old, where = stats.per_item([first[name][key] for key in keys], ids)
        new, _ = stats.per_item([second[name][key] for key in keys], ids)
        rows.append(compare(name, old, new, clusters=[clusters[keys[at]] for at in where]))
    return holm(rows)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One answer that is rated otherwise."""

    key: Key
    name: str
    first: float
    second: float

    @property
    def by(self) -> float:
        """Second minus first."""
        return self.second - self.first


def moves(first: Values, second: Values) -> list[Move]:
    """Every rating that differs, the farthest first."""
    found = [
        Move(key=key, name=name, first=value, second=second[name][key])
        for name, by_key in first.items()
        if name in second
        for key, value in by_key.items()
        if key in second[name] and abs(second[name][key] - value) > 1e-9
    ]
    return sorted(found, key=lambda move: (-abs(move.by), move.key, move.name))


def text_diff(first: Rubric, second: Rubric) -> list[str]:
    """What differs, below the stage or the part where it stands; empty where nothing does."""
    old, new = sections(first), sections(second)
    lines: list[str] = []
    for title in dict.fromkeys([*old, *new]):
        found = list(difflib.unified_diff(old.get(title, []), new.get(title, []), lineterm="", n=0))
        lines += [title] * bool(found) + [line for line in found[2:] if not line.startswith("@@")]
    return lines


def sections(rubric: Rubric) -> dict[str, list[str]]:
    """All that a rubric says, a line each, by stage; what is left at its default is left out."""
    body = rubric.model_dump(mode="python", by_alias=True, exclude_defaults=True, exclude_none=True)
    stages = body.pop("stages")
    scores = body.pop("scores")
    found = {"rubric": _lines(body, "")}
    for stage, one in zip(stages, rubric.stages, strict=True):
        found[f"rate {one.rate}: {one.name}" if one.rate else f"extract {one.extract}"] = _lines(stage, "")
    return found | {"scores": _lines(scores, "")}


def _lines(value: Any, indent: str) -> list[str]:
    if isinstance(value, dict):
        found = []
        for name, inner in value.items():
            shown = f"{name:g}" if isinstance(name, float) else str(name)
            short = _short(inner)
            found += [f"{indent}{shown}: {short}"] if short is not None else [f"{indent}{shown}:"]
            found += _lines(inner, indent + "  ") if short is None else []
        return found
    return [line for inner in value for line in _entry(_lines(inner, indent + "  "), indent)]


def _entry(lines: list[str], indent: str) -> list[str]:
    return [f"{indent}- {lines[0].strip()}", *lines[1:]] if lines else []


def _short(value: Any) -> str | None:
    """A value that fits on its key's line; None for a mapping, or a list of mappings."""
    if isinstance(value, dict):
        return None
    if isinstance(value, list | tuple):
        return None if any(isinstance(inner, dict) for inner in value) else f"[{', '.join(map(str, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)

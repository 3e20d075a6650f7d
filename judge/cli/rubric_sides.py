"""One answer's verdicts by two rubrics, old beside new: scores, reasons, and what changed."""

from __future__ import annotations

from collections.abc import Sequence

from judge.ratings import mean_of
from judge.records import Key, Verdict
from judge.revision import Side
from judge.rubric import EXTRACT, LAST, Stage

LONGEST = 160
"""Characters of a reason that are shown; `show` and --json have the rest."""


def side_by_side(key: Key, old: Side | None, new: Side) -> list[str]:
    """The answer's name, then each criterion of either rubric."""
    name = key.sample_id if not key.draw else f"{key.sample_id}#{key.draw}"
    lines = [name, *_steps_changed(key, old, new)]
    stages = [*new.rubric.rated(), *([] if old is None else old.rubric.rated())]
    names = list(dict.fromkeys(_name for stage in stages for _name in _names(stage)))
    for criterion in names:
        before = [] if old is None else old.of(key, criterion)
        lines += _criterion(criterion, before, new.of(key, criterion), known=_knows(old, criterion))
    return lines


def _names(stage: Stage) -> tuple[str, ...]:
    return (stage.name, LAST) if stage.last is not None else (stage.name,)


def _knows(old: Side | None, criterion: str) -> bool:
    return old is not None and any(criterion in _names(stage) for stage in old.rubric.rated())


def _steps_changed(key: Key, old: Side | None, new: Side) -> list[str]:
    """Where the judge cut the reply otherwise, ratings of steps are not of the same things."""
    lost = [item for item in new.of(key, EXTRACT) if item.problem]
    if lost and lost[0].problem:
        return [f"  no steps: {lost[0].problem.kind}: {_cut(lost[0].problem.message)}"]
    claims = [] if old is None else [item.claim for item in old.of(key, EXTRACT)]
    ours = [item.claim for item in new.of(key, EXTRACT)]
    if claims and claims != ours:
        return [f"  the reply was cut into other steps: {len(claims)} before, {len(ours)} now"]
    return []


def _criterion(name: str, before: Sequence[Verdict], now: Sequence[Verdict], *, known: bool) -> list[str]:
    first, second = mean_of(before), mean_of(now)
    if not now and not before:
        return []
    if not now:
        return [f"  {name}  {_score(first)} → not in the new rubric, or not rated"]
    change = f"  {_away(first, second):+.2f}" if _away(first, second) else ""
    head = f"  {name}  {_score(first) if known else 'new'} → {_score(second)}{change}"
    if len(now) == 1 and len(before) <= 1 and now[0].step is None:
        return [head, *_reasons(before, now)]
    lines = [head]
    olds = {(item.judge_draw, item.step): item for item in before}
    for item in now:
        was = olds.get((item.judge_draw, item.step))
        if was is not None and was.rating == item.rating and _said(was) == _said(item):
            continue
        place = f"step {item.step}" if item.step is not None else f"repeat {item.judge_draw + 1}"
        lines.append(f"    {place}: {_score(was.rating if was else None)} → {_score(item.rating)}  {_cut(item.claim)}")
        lines += [f"  {line}" for line in _reasons([was] if was else [], [item])]
    return lines if len(lines) > 1 else [f"{head}  (every verdict as before)"]


def _reasons(before: Sequence[Verdict], now: Sequence[Verdict]) -> list[str]:
    old = _said(before[0]) if before else ""
    new = _said(now[0])
    if old == new:
        return [f"      as before: {_cut(new)}"] if new else []
    return [f"      old: {_cut(old)}"] * bool(old) + [f"      new: {_cut(new)}"] * bool(new)


def _said(verdict: Verdict) -> str:
    if verdict.problem is not None:
        return f"{verdict.problem.kind}: {verdict.problem.message}"
    return verdict.reason or verdict.evidence


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _away(first: float | None, second: float | None) -> float:
    """Second minus first; 0 where they are alike, or one is missing."""
    if first is None or second is None or abs(second - first) < 1e-9:
        return 0.0
    return second - first


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"

"""What a rubric may say and had better not: each with its line and the reason, from what makes judges unreliable.

Sources: scales of at most five anchored levels, grounds before scores (Prometheus, arXiv 2310.08491); one question a
criterion (CheckEval, 2403.18771); a rating that sees the right answer rates the answer. It raises nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from judge.errors import Fault
from judge.rubric import RULED
from judge.shell import command
from judge.spec.source import Document, Path_, load

MOST_POINTS = 7
HEAVIEST = 0.9
_GOLD = "target"
_BLIND = ("reasoning", "cot")
"""Scores that are to say something beside whether the answer is right."""


def advice(path: Path, shown: str | None = None) -> list[Fault]:
    """Every unwise choice of a rubric that has no fault, in the order of its lines."""
    document = load(path, shown)
    if document.faults or not isinstance(document.value, dict):
        return []
    found = Document(file=document.file, lines=document.lines)
    for place, message in _all(document.value):
        found.add(place, message)
    return sorted(found.faults, key=lambda fault: fault.line or 0)


def _all(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    stages = [(at, stage) for at, stage in enumerate(_list(raw.get("stages"))) if isinstance(stage, dict)]
    rated = [(at, stage) for at, stage in stages if "rate" in stage]
    scores = _mapping(raw.get("scores"))
    yield from _answer(raw)
    for at, stage in rated:
        yield from _scale(("stages", at), stage)
        yield from _question(("stages", at), stage)
        yield from _unused(("stages", at), stage, scores=scores)
        yield from _sight(("stages", at), stage, raw=raw)
    yield from _not_blind(rated, raw, scores)
    yield from _weights(scores)
    if any("extract" in stage for _, stage in stages) and not any(stage.get("rate") == "steps" for _, stage in rated):
        yield ("stages",), "steps are extracted, which costs a call an answer, and never rated"
    if not str(raw.get("about") or "").strip():
        yield ("about",), "says nothing: say in one sentence what a high score means"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _answer(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    parts = _list(raw.get("answer"))
    if not parts:
        return
    if "reason" not in parts and "evidence" not in parts:
        yield ("answer",), "a score without evidence or reason: it cannot be checked, and judges agree less with people"
    elif "evidence" not in parts:
        yield ("answer",), "no evidence before the score: ask for what in the material shows it"
    if "confidence" not in parts:
        yield ("answer",), f"no confidence: {command('review')} then cannot put the doubtful ones first"
    elif "score" in parts and parts.index("confidence") < parts.index("score"):
        yield ("answer",), "confidence before the score: a judge cannot be sure of what it has not said"


def _scale(place: Path_, stage: dict[Any, Any]) -> Iterator[tuple[Path_, str]]:
    scale = _mapping(stage.get("scale"))
    points = sorted(point for point in scale if isinstance(point, int | float))
    here = (*place, "scale")
    if len(points) > MOST_POINTS:
        yield here, f"{len(points)} points: above {MOST_POINTS} judges use a few of them only; five or fewer agree best"
    if points and points[0] >= 0 and len(points) == 2 and points[1] - points[0] > 1:
        ends = f"{points[0]:g} and {points[1]:g}"
        yield here, f"no anchors between the ends: only {ends} may be given; describe the points between them"
    elif len(points) > 2:
        steps = [after - before for before, after in itertools.pairwise(points)]
        wide = [at for at, step in enumerate(steps) if step > 1 and step > 1.5 * min(steps)]
        for at in wide[:1]:
            yield here, f"no anchor between {points[at]:g} and {points[at + 1]:g}: nothing between them may be given"
    texts = [str(text).strip().casefold() for text in scale.values()]
    for point, text in scale.items():
        if not str(text).strip():
            yield (*here, point), "a point without words: say what an answer at this point is like"
    said = [text for text in texts if text]
    if len(set(said)) < len(said):
        yield here, "two points have the same words: a judge cannot tell them apart"


def _question(place: Path_, stage: dict[Any, Any]) -> Iterator[tuple[Path_, str]]:
    question = str(stage.get("question") or "")
    if question.count("?") + question.count("？") > 1:
        yield (*place, "question"), "asks several questions: one number cannot answer both; make a criterion of each"


def _used(scores: dict[Any, Any]) -> dict[str, int]:
    """Ratings that a score is made of, with how many criteria share that score at most."""
    found: dict[str, int] = {}
    waiting = [source for name, source in scores.items() if name not in ("final", "ratings")]
    waiting += list(_mapping(scores.get("ratings")).values())
    while waiting:
        source = _mapping(waiting.pop())
        waiting += [source["faithful"]] if "faithful" in source else []
        for way in ("criterion", "mean", "last", "count"):
            names = source.get(way)
            names = names if isinstance(names, list) else [names]
            for name in names:
                if isinstance(name, str):
                    found[name] = max(found.get(name, 0), len(names))
    return found


def _unused(place: Path_, stage: dict[Any, Any], *, scores: dict[Any, Any]) -> Iterator[tuple[Path_, str]]:
    name = str(stage.get("criterion") or "steps")
    used = _used(scores)
    own = "criterion" in stage and "last" not in stage and name not in RULED
    if stage.get("rate") == "pair":
        return  # its verdicts are counted as they are
    if name not in used and not own:  # a criterion is a score of its own
        yield place, f'the rating "{name}" is asked for and stands in no score: its calls buy nothing'
    elif stage.get("weight", 1) != 1 and used.get(name, 0) < 2:
        yield (*place, "weight"), "has no effect: a weight counts only where one score has a list of criteria"


def _sees(stage: dict[Any, Any], raw: dict[str, Any]) -> list[Any]:
    return _list(stage["sees"] if stage.get("sees") is not None else raw.get("sees", ["reply"]))


def _sight(place: Path_, stage: dict[Any, Any], *, raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    if stage.get("rate") == "answer" and "reply" not in _sees(stage, raw):
        yield (*place, "sees") if "sees" in stage else ("sees",), "the answer is rated, and the reply is not shown"


def _not_blind(
    rated: list[tuple[int, dict[Any, Any]]], raw: dict[str, Any], scores: dict[Any, Any]
) -> Iterator[tuple[Path_, str]]:
    """A judge that knows the right answer forgives the steps that lead to it, and the others not."""
    blind = _used({name: scores[name] for name in _BLIND if name in scores})
    seeing: dict[Path_, list[str]] = {}
    mend = f"leave {_GOLD} out of what it sees, or make the stage  blind: label"
    for at, stage in rated:
        name = str(stage.get("criterion") or "steps")
        if name in blind and "blind" not in stage and _GOLD in _sees(stage, raw):
            seeing.setdefault(("stages", at, "sees") if "sees" in stage else ("sees",), []).append(name)
            mend = "the last step needs it: rate the others in a stage of their own" if "last" in stage else mend
    for place, names in seeing.items():
        who = " and ".join(names)
        one = "makes the reasoning score and sees" if len(names) == 1 else "make the reasoning scores and see"
        yield place, f"{who} {one} the right answer: that rates the label, not the steps; {mend}"


def _weights(scores: dict[Any, Any]) -> Iterator[tuple[Path_, str]]:
    final = _mapping(scores.get("final"))
    for name, weight in final.items():
        if not isinstance(weight, int | float):
            continue
        if weight == 0:
            yield ("scores", "final", name), "weighs 0: it is asked for and changes nothing; leave it out of final"
        elif weight >= HEAVIEST and len(final) > 1:
            yield ("scores", "final", name), f"weighs {weight:g}: final is then {name} under another name"

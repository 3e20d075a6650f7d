"""Reads a rubric file: shape first, then sense; all faults of one file come together."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from judge.errors import SLIP, RubricError, nearest
from judge.metrics.names import NEEDS
from judge.rubric import RULED, SINGLE, TAKEN, Rubric, Scores
from judge.spec.pairwise import pair_faults
from judge.spec.shape import MOST_FAULTS, raised, validate
from judge.spec.source import Path_, load

# a file would be the rubric's author's preset: an address of theirs, and the name of the key that is sent there
_JUDGE = re.compile(r"[a-z0-9][a-z0-9_-]*(:[A-Za-z0-9@][A-Za-z0-9@._:/-]*)?")
_WAYS = ("rule", "mean", "criterion", "derived", "last", "count", "cites")
_COVERED = ("coverage", "grounding")
_JUDGED = tuple(name for name, need in NEEDS.items() if need == "rubric")
_SCORE = re.compile(r"[^\W\d](?:[\w .-]{0,62}\w)?")


def read_rubric(path: Path, shown: str | None = None) -> Rubric:
    """The rubric; raises RubricError with every fault."""
    document = load(path, shown)
    rubric = validate(document, Rubric)
    if isinstance(document.value, dict):
        for place, message in islice(_sense(document.value), MOST_FAULTS + 1):
            document.add(place, message)
    if document.faults or rubric is None:
        raise RubricError(raised(document.faults))
    return rubric


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _sense(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    listed = raw.get("stages")
    stages = [_mapping(stage) for stage in listed if isinstance(stage, dict)] if isinstance(listed, list) else []
    extracted = False
    names: list[str] = []
    lasts = {str(stage.get("criterion") or "steps") for stage in stages if "rate" in stage and "last" in stage}
    for index, stage in enumerate(stages):
        place: Path_ = ("stages", index)
        if ("extract" in stage) == ("rate" in stage):
            yield place, "a stage either extracts or rates: give one of extract, rate"
        if stage.get("rate") == "steps" and not extracted:
            yield (*place, "rate"), "steps are rated before they are extracted: put  - extract: steps  first"
        if stage.get("extract") == "lines" and "question" in stage:
            yield (*place, "question"), "the lines of a reply are taken as they are: nobody is asked"
        extracted = extracted or stage.get("extract") in ("steps", "lines")
        yield from _blind(place, stage, raw.get("sees"))
        if "rate" in stage and stage["rate"] != "pair":
            yield from _rating(place, stage, names)
            names.append(str(stage.get("criterion") or "steps"))
    judge = raw.get("judge")
    if isinstance(judge, str) and not _JUDGE.fullmatch(judge):
        yield (
            ("judge",),
            f"{judge[:60]!r} is neither rules nor PROVIDER[:MODEL]; a preset's file is named by --judge only",
        )
    if any(stage.get("rate") == "pair" for stage in stages):
        yield from pair_faults(raw, stages)
        return
    yield from _scores(_mapping(raw.get("scores")), names, lasts)
    yield from _answer(raw.get("answer"))


def _answer(parts: Any) -> Iterator[tuple[Path_, str]]:
    """A score that comes before its grounds makes them a justification of it."""
    if not isinstance(parts, list):
        return
    if "score" not in parts:
        yield ("answer",), "a verdict needs its score"
    elif any(part in parts[parts.index("score") :] for part in ("evidence", "reason")):
        yield ("answer",), "evidence and reason come before the score"
    if len(set(map(str, parts))) < len(parts):
        yield ("answer",), "a part stands twice"


def _rating(place: Path_, stage: dict[Any, Any], names: list[str]) -> Iterator[tuple[Path_, str]]:
    if not isinstance(stage.get("question"), str):
        yield place, "a rating needs its question"
    scale = stage.get("scale")
    if not isinstance(scale, dict) or len(scale) < 2:
        here = (*place, "scale") if "scale" in stage else place
        yield here, "a rating needs a scale of at least two anchored points, e.g. {0: wrong, 1: right}"
    elif any(isinstance(point, str | bool) for point in scale):
        yield (*place, "scale"), "the points of a scale are numbers"
    if stage.get("rate") == "answer" and not isinstance(stage.get("criterion"), str):
        yield place, "rate: answer needs the name of its criterion"
    if "last" in stage and stage.get("rate") != "steps":
        yield (*place, "last"), "only rate: steps has a last step"
    elif "last" in stage and isinstance(scale, dict) and {float(p) for p in scale if _number(p)} != {0.0, 1.0}:
        yield (*place, "scale"), "with last, steps are rated 0 or 1, as the score block has it"
    name = str(stage.get("criterion") or "steps")
    if name in TAKEN:
        yield (*place, "criterion"), f"{name!r} is taken: the suite stores its own lines under it"
    if name in names:
        yield place, f"two ratings are called {name!r}"
    weight = stage.get("weight", 1)
    if isinstance(weight, int | float) and weight <= 0:
        yield (*place, "weight"), "a weight is above 0"


def _blind(place: Path_, stage: dict[Any, Any], shared: Any) -> Iterator[tuple[Path_, str]]:
    """A rating that is blind to the label can neither rate the answer nor see the right one."""
    if "blind" not in stage:
        return
    here = (*place, "blind")
    if "rate" not in stage:
        yield here, "only a rating can be blind: steps are taken from the reply as it is"
    elif "last" in stage:
        yield here, "with last, the answer itself is rated: it cannot be hidden"
    sees = stage.get("sees", shared)
    if isinstance(sees, list) and "target" in sees:
        yield here, "target shows the label that is to be hidden: give this stage a sees without it"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _source(place: Path_, source: dict[Any, Any], names: list[str], *, lasts: set[str]) -> Iterator[tuple[Path_, str]]:
    """One way to make a score, from ratings that there are."""
    ways = [way for way in _WAYS if way in source]
    if len(ways) != 1:
        yield place, f"give exactly one of {', '.join(_WAYS)}"
    wanted = next((source[way] for way in ("criterion", "mean", "last", "count", "cites") if way in source), None)
    for name in wanted if isinstance(wanted, list) else [wanted]:
        if isinstance(name, str) and name not in names:
            yield place, f'no rating is called "{name}"{nearest(name, names)}'
        elif isinstance(name, str) and ("last" in source or "count" in source) and name not in lasts:
            yield place, f"the rating {name!r} does not rate the last step: give it last"
    if "single" in source and "mean" not in source:
        yield (*place, "single"), "stands beside mean only"
    if "faithful" in source:
        yield from _source((*place, "faithful"), _mapping(source["faithful"]), names, lasts=lasts)


def _scores(scores: dict[Any, Any], names: list[str], lasts: set[str]) -> Iterator[tuple[Path_, str]]:
    for score, source in scores.items():
        if score in ("final", "ratings") or not isinstance(source, dict):
            continue
        place: Path_ = ("scores", score)
        if score not in SINGLE:
            yield from _named(place, score, names)
        yield from _source(place, source, names, lasts=lasts)
        if ("count" in source) != (score == "avg_step"):
            yield place, "count makes avg_step, and nothing else does"
        if ("cites" in source) != (score in _COVERED):
            yield place, "cites makes coverage and grounding, and nothing else does"
        if "derived" in source:
            yield from _weights((*place, "derived"), source["derived"], {*scores})
            if score != "cot":
                yield place, "only cot may be derived"
    yield from _ratings(_mapping(scores.get("ratings")), names)
    final = scores.get("final")
    if final is not None:
        yield from _weights(("scores", "final"), final, {*scores, *(name for name in names if name != "steps")})
        if "cot" in _mapping(final) and "derived" in _mapping(scores.get("cot")):
            yield ("scores", "final", "cot"), "cot is derived from recognition and reasoning: leave it out of final"


def _ratings(ratings: dict[Any, Any], names: list[str]) -> Iterator[tuple[Path_, str]]:
    """Each metric is a rating of the whole answer, or a sum of metrics that stand before it."""
    earlier: list[str] = []
    for name, rated in ratings.items():
        place: Path_ = ("scores", "ratings", name)
        yield from _named(place, name, [*names, *SINGLE])
        given = _mapping(rated)
        if ("criterion" in given) == ("sum" in given):
            yield place, "give either criterion (a rating of the answer) or sum (metrics that stand before it)"
        criterion = given.get("criterion")
        known = [other for other in names if other != "steps"]
        if isinstance(criterion, str) and criterion not in known:
            yield (*place, "criterion"), f'no rating of the answer is called "{criterion}"{nearest(criterion, known)}'
        for part in given["sum"] if isinstance(given.get("sum"), list) else []:
            if isinstance(part, str) and part not in earlier:
                yield (*place, "sum"), f'"{part}" does not stand before it among the ratings'
        if "sum" in given and "times" in given:
            yield (*place, "times"), "only a criterion has it"
        earlier.append(str(name))


def _named(place: Path_, name: Any, criteria: Sequence[str]) -> Iterator[tuple[Path_, str]]:
    """The name of a score is free, but for names that mean something else and a slip in one that is known."""
    if not isinstance(name, str):
        return  # the shape says it
    known = [key for key in (*Scores.model_fields, *_JUDGED) if key not in criteria]
    if not _SCORE.fullmatch(name):
        yield place, "the name of a score has at most 64 letters, digits, spaces, dots, dashes or underscores"
    elif name in RULED or (len(place) > 2 and name in SINGLE):
        yield place, f"{name!r} is a score that the suite makes by a rule of its own: give this one another name"
    elif name not in criteria and name not in known:
        slip = difflib.get_close_matches(name, known, n=1, cutoff=SLIP)
        if slip:
            yield place, f'unknown key; did you mean "{slip[0]}"?   (if not, give the criterion and its score one name)'


def _weights(place: Path_, weights: Any, scores: Collection[Any]) -> Iterator[tuple[Path_, str]]:
    given = _mapping(weights)
    values = [value for value in given.values() if isinstance(value, int | float)]
    if isinstance(weights, dict) and not math.isclose(sum(values), 1.0, abs_tol=1e-9):
        yield place, f"the weights sum to {sum(values):g}, not to 1"
    if any(value < 0 for value in values):
        yield place, "a weight is not below 0"
    for name in given:
        if place[-1] == "final" and name in ("final", "ratings", "avg_step"):
            yield (*place, name), f"{name} is no share of a scale and has no weight here"
        elif name not in scores:
            near = nearest(str(name), [str(other) for other in scores])
            yield (*place, name), f"{name} is not defined under scores{near}"

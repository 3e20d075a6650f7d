"""ROSCOE's human labels of reasoning, in JUDGE-BENCH's form: the judged chains as replies, the labels as ratings.

Files of one source, overall and step by step, are one run: a chain is known by its context and its text (Golovneva et
al., ICLR 2023, arXiv 2212.07919). What does not have that form is a fault; nothing is guessed.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from judge.errors import Fault, TaskError, UsageError
from judge.importers.shape import Given, Imported
from judge.parse.objects import load
from judge.regular import MIB, read_regular
from judge.replies import ReplyLine

TASK = "roscoe"
LARGEST = 16 * MIB
MOST_FAULTS = 50
MOST_INSTANCES = 50_000
_DATASET = re.compile(r"roscoe-([a-z0-9]{1,40})-(overall|stepwise)\b")
_CONTEXT, _CHAIN, _STEP, _WHOLE = "CONTEXT:\n", "\nGENERATED RESPONSE:\n", "\nJUDGE: ", "\nJudge the generated "
_PREMISE, _CLAIM = "Situation (Premise): ", "\n\nClaim (Hypothesis): "
_QUESTION, _LABEL = "\n\nIs the Claim supported by the Situation?", "Correct Relationship (Yes or No): "
_YES_NO = {"yes": 1.0, "no": 0.0}


class Labelled(NamedTuple):
    """One instance of a file."""

    place: Fault
    id: str
    record: dict[str, str]
    chain: str
    step: str | None
    """The line of the chain that was judged; None where the whole chain was."""
    ratings: tuple[tuple[str, str, float], ...]
    """(rater, criterion, score); yes is 1."""


def roscoe(given: Given) -> Imported:
    """Every chain once, with its context and gold as the run's own data, and people's ratings of it."""
    if given.task.name != TASK:
        raise UsageError(f"--format roscoe: {given.task.name} is not the task for it (tasks/roscoe.yaml)")
    faults: list[Fault] = []
    found = [each for path in given.paths for each in _labelled(path, faults)]
    ratings = _ratings(found, faults)
    if faults:
        more = [Fault("", None, "", f"... and {len(faults) - MOST_FAULTS} more")] if len(faults) > MOST_FAULTS else []
        raise TaskError([*faults[:MOST_FAULTS], *more])
    chains = {each.id: each for each in reversed(found)}  # of several instances of a chain the first one's place
    ordered = [chains[name] for name in dict.fromkeys(each.id for each in found)]
    lines = [(each.place, ReplyLine(id=each.id, reply=each.chain)) for each in ordered]
    steps = sum(each.step is not None for each in found)
    note = f"{len(ordered)} chains; people judged {len(found) - steps} of them whole, and {steps} single steps"
    return Imported(lines=lines, records=[each.record for each in ordered], human=ratings, notes=(note,))


def _labelled(path: Path, faults: list[Fault]) -> Iterator[Labelled]:
    whole = _read(path)
    name = _DATASET.match(whole["dataset"]) if isinstance(whole.get("dataset"), str) else None
    listed, asked = whole.get("instances"), whole.get("annotations")
    if name is None or not isinstance(listed, list) or not isinstance(asked, list) or len(listed) > MOST_INSTANCES:
        text = "is no file of ROSCOE: it needs dataset (roscoe-SOURCE-overall or -stepwise), annotations and instances"
        raise TaskError(Fault(str(path), None, "", text))
    scales = {item["metric"]: item for item in asked if isinstance(item, dict) and isinstance(item.get("metric"), str)}
    who = "expert" if str(whole.get("expert_annotator")).lower() == "true" else "person"
    for number, instance in enumerate(listed):
        place = Fault(str(path), None, f"instances.{number}", "")
        made = _instance(instance, place, source=name[1], who=who, scales=scales)
        if isinstance(made, Fault):
            faults.append(made)
        elif (made.step is not None) != (name[2] == "stepwise"):
            faults.append(place._replace(message="is of the other kind than its file (whole chains or steps)"))
        else:
            yield made


def _read(path: Path) -> dict[str, Any]:
    try:
        whole = load(read_regular(path, LARGEST).decode("utf-8-sig"))
    except OSError as error:
        raise TaskError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    except ValueError as error:
        raise TaskError(Fault(str(path), None, "", "is not JSON")) from error
    if not isinstance(whole, dict):
        raise TaskError(Fault(str(path), None, "", "should be a JSON object"))
    return whole


def _instance(
    instance: Any, place: Fault, *, source: str, who: str, scales: Mapping[str, Mapping[str, Any]]
) -> Labelled | Fault:
    text = instance.get("instance") if isinstance(instance, dict) else None
    parts = _parts(text) if isinstance(text, str) else None
    if parts is None:
        return place._replace(message="has no CONTEXT and GENERATED RESPONSE in the authors' form")
    context, fields, chain, step = parts
    name = f"{source}-{hashlib.sha256(json.dumps([context, chain]).encode()).hexdigest()[:8]}"
    if step is not None and step not in chain.split("\n"):
        return place._replace(message="judges a step that is not a line of its chain")
    said = instance.get("annotations")
    ratings: list[tuple[str, str, float]] = []
    for metric, given in said.items() if isinstance(said, dict) else ():
        scores = given.get("individual_human_scores") if isinstance(given, dict) else None
        values = [_score(value, scales.get(metric)) for value in scores] if isinstance(scores, list) else [None]
        if None in values:
            text = "needs individual_human_scores on the scale that the file's annotations name"
            return place._replace(key=f"{place.key}.annotations.{str(metric)[:60]}", message=text)
        raters = [who] if len(values) == 1 else [f"{who}{number}" for number in range(1, len(values) + 1)]
        ratings += [
            (rater, _slug(metric), value) for rater, value in zip(raters, values, strict=True) if value is not None
        ]
    record = {"id": name, "source": source, **fields}
    return Labelled(place, name, record, chain, step, tuple(ratings))


def _parts(text: str) -> tuple[str, dict[str, str], str, str | None] | None:
    """Context, its fields, the chain, and the step that is judged; None where a part is not there."""
    context, found, rest = text.partition(_CONTEXT)[2].partition(_CHAIN)
    chain, by_step, step = rest.rpartition(_STEP)
    if not by_step:
        chain, whole, _ = rest.rpartition(_WHOLE)
        found = found and whole
    premise, claims, tail = context.removeprefix(_PREMISE).partition(_CLAIM)
    claim, asked, relation = tail.partition(_QUESTION)
    label = relation.partition(_LABEL)[2].strip()
    if not (found and claims and asked) or not context.startswith(_PREMISE) or label not in _YES_NO:
        return None
    fields = {"premise": premise, "claim": claim, "label": label}
    return context, fields, chain, step.removesuffix("\n") if by_step else None


def _score(value: Any, scale: Mapping[str, Any] | None) -> float | None:
    """Yes and no as 1 and 0, a grade within its ends; None for anything else."""
    if scale is None or isinstance(value, bool):
        return None
    if scale.get("category") == "categorical":
        return _YES_NO.get(value) if isinstance(value, str) else None
    low, high = scale.get("worst"), scale.get("best")
    numbers = [each for each in (value, low, high) if isinstance(each, int | float) and math.isfinite(each)]
    if len(numbers) < 3 or not min(numbers[1:]) <= numbers[0] <= max(numbers[1:]):
        return None
    return float(numbers[0])


def _slug(metric: str) -> str:
    """Coherency and Logic: coherency_and_logic, as the rubric calls it."""
    return re.sub(r"[^a-z0-9]+", "_", metric.lower()).strip("_")[:60]


def _ratings(found: Sequence[Labelled], faults: list[Fault]) -> list[dict[str, str]]:
    """Rows of item, rater, criterion, score and cluster; a step is called id/number, by its place among the lines."""
    rows: list[dict[str, str]] = []
    seen: dict[tuple[str, str, str], int] = {}
    for each in found:
        item = each.id
        if each.step is not None:
            places = [place for place, line in enumerate(each.chain.split("\n"), start=1) if line == each.step]
            turn = seen.get((each.place.file, each.id, each.step), 0)
            seen[each.place.file, each.id, each.step] = turn + 1
            if turn >= len(places):
                faults.append(each.place._replace(message="judges a step that was judged already"))
                continue
            item = f"{each.id}/{places[turn]}"
        rows += [
            {"item": item, "rater": rater, "criterion": criterion, "score": f"{score:g}", "cluster": each.id}
            for rater, criterion, score in each.ratings
        ]
    return rows

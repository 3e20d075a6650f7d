"""MME-Emotion's own files: responses, steps and ratings of one model on one task (arXiv 2508.09210, released code).

Lists of {video_id, ground_truth, model_response[, label_set][, step][, score]}; several files of the same answers are
one. Steps and ratings that came with them are kept for the judge `imported`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import Fault, TaskError, UsageError
from judge.importers.shape import Given, Imported, Place
from judge.regular import is_file
from judge.replies import ReplyLine
from judge.rows import read_rows

MOST_FAULTS = 50
TEXTS = ("model_response", "ground_truth", "step", "score")
SETS: dict[str, dict[str, str]] = {
    "mme-emotion.er-wild": {
        "CAER": "disgust, anger, surprise, neutral, fear, happy, sad",
        "MC-EIU": "anger, happy, neutral, surprise, sad, fear, disgust",
        "E3": "surprised, happy, sad, angry, sarcastic, shy, scared, disgusted",
        "MELD": "neutral, surprise, joy, disgust, anger, fear, sadness",
        "DFEW": "neutral, happy, angry, sad, fear, surprise, disgust",
        "MAFW": "disappointment, disgust, fear, sadness, contempt, anxiety, helplessness, happiness, neutral, anger, "
        "surprise",
    },
    "mme-emotion.ml-er": {
        "MAFW": "disappointment, fear, contempt, disgust, sadness, anger, anxiety, happiness, surprise, helplessness",
        "CMU-MOSEI": "happy, fear, disgust, anger, sad, surprise",
    },
}
"""The label sets of tasks with several sources, by source: step and rating files leave label_set out."""


def mme_emotion(given: Given) -> Imported:
    """One reply for each video_id; the items themselves where no data is given, with gold and label set and no clue."""
    if given.task.data.id != "video_id" or given.task.labels_from != "label_set":
        raise UsageError(f"--format mme-emotion: {given.task.name} is no task of MME-Emotion (tasks/mme_emotion)")
    found = _merged(given)
    lines = [
        (place, ReplyLine(id=name, reply=record["model_response"] or ""))
        for name, (place, record) in found.items()
        if record.get("model_response") is not None or record.get("score")
    ]
    notes = _notes(found)
    ratings = tuple(
        {"id": name, "step": record.get("step") or "", "score": record.get("score") or ""}
        for name, (_, record) in found.items()
        if record.get("step") or record.get("score")
    )
    if given.data is not None:
        samples = read_samples(given.task, given.data, given.settings)
        gold = {sample.id: sample.inputs.get("label") for sample in samples}
        return Imported(lines=lines, ratings=ratings, notes=(*notes, *_differing(gold, found)))
    notes.append("no audio clue is in these files: with --data the judge has it, and the label sets of the data")
    return Imported(lines=lines, ratings=ratings, records=_records(given.task, found), notes=tuple(notes))


Found = dict[str, tuple[Place, dict[str, Any]]]


def _merged(given: Given) -> Found:
    """The records of all files by video_id; raises TaskError where two say different things of one answer."""
    found: Found = {}
    faults: list[Fault] = []
    for path in given.paths:
        own: dict[str, int] = {}
        for place, record in _records_in(path):
            fault = record if isinstance(record, Fault) else _fault(record, place)
            if isinstance(record, Fault) or fault is not None:
                faults += [fault] if fault else []
                continue
            name = record["video_id"]
            if name in own:
                faults.append(place._replace(key="video_id", message=f"{name!r} stands already in item {own[name]}"))
                continue
            own[name] = place.line or 0
            first, known = found.setdefault(name, (place, {}))
            clash = next((key for key in record if key in known and known[key] != record[key]), None)
            if clash is not None:
                text = f"is not what {first.file} says of {name!r}: import the files of one model and task at a time"
                faults.append(place._replace(key=clash, message=text))
            known.update(record)
        if len(faults) > MOST_FAULTS:
            break
    if faults:
        more = [Fault("", None, "", "... and more")] if len(faults) > MOST_FAULTS else []
        raise TaskError([*faults[:MOST_FAULTS], *more])
    return found


def _records_in(path: Path) -> Iterator[tuple[Place, dict[str, Any] | Fault]]:
    if not is_file(path):
        raise TaskError(Fault(str(path), None, "", "no such file"))
    kind = "jsonl" if path.suffix.lower() == ".jsonl" else "json"
    for number, record in read_rows(kind, path, hub=None, config=None, split=""):
        place = Fault(str(path), number, "", "")
        yield place, record if isinstance(record, Fault) else _kept(record)


def _kept(record: dict[str, Any]) -> dict[str, Any]:
    """What is used of one record; a question file calls its gold `label`."""
    kept = {key: record[key] for key in ("video_id", "label_set", *TEXTS) if key in record}
    if "ground_truth" not in kept and "label" in record:
        kept["ground_truth"] = record["label"]
    if kept.get("score") == "None":  # what is left where their judge could not be reached
        kept["score"] = None
    return {key: value for key, value in kept.items() if value is not None or key == "model_response"}


def _fault(record: Mapping[str, Any], place: Place) -> Fault | None:
    if not isinstance(record.get("video_id"), str) or not record["video_id"].strip():
        return place._replace(key="video_id", message="should be text")
    for key in ("ground_truth", "model_response"):
        if key not in record:
            return place._replace(key=key, message=f"is missing: {record['video_id']!r} needs it")
    for key in TEXTS:
        if not isinstance(record.get(key, ""), str) and not (key == "model_response" and record[key] is None):
            return place._replace(key=key, message=f"should be text, found {type(record[key]).__name__}")
    return None


def _records(task: Task, found: Found) -> list[dict[str, Any]]:
    """The items as the task's data has them; a label set that no file has is the source's, or the task's."""
    sets = {source: text.split(", ") for source, text in SETS.get(task.name, {}).items()}
    faults: list[Fault] = []
    records: list[dict[str, Any]] = []
    for name, (place, record) in found.items():
        labels = record.get("label_set") or (sets.get(name.partition("/")[0]) if sets else list(task.labels))
        if labels is None:
            text = f"is missing, and the source of {name!r} is not known: give the response file, or --data"
            faults.append(place._replace(key="label_set", message=text))
        records.append({"video_id": name, "label": record["ground_truth"], "label_set": labels, "audio_clue": None})
    if faults:
        raise TaskError(faults[:MOST_FAULTS])
    return records


def _notes(found: Found) -> list[str]:
    silent = sum(record["model_response"] is None and not record.get("score") for _, record in found.values())
    rated = sum(bool(record.get("score")) for _, record in found.values())
    stepped = sum(bool(record.get("step")) for _, record in found.values())
    notes = [f"{silent} of {len(found)} items have no answer (model_response is null): missing"] if silent else []
    if rated:
        notes.append(f"{rated} of {len(found)} answers come with ratings: scoring reads them (--judge imported)")
    elif stepped:
        notes.append(f"{stepped} answers come with steps and no rating: a judge extracts its own")
    return notes


def _differing(gold: Mapping[str, Any], found: Found) -> list[str]:
    """How many ground truths are not the data's; the data's hold."""
    wrong = [name for name, (_, record) in found.items() if name in gold and gold[name] != record["ground_truth"]]
    if not wrong:
        return []
    shown = ", ".join(wrong[:3]) + (", ..." if len(wrong) > 3 else "")
    return [f"{len(wrong)} of {len(found)} ground truths differ from the data's, which hold: {shown}"]

"""A task's data file as a stream of Samples: jsonl, json, csv, parquet, or a Hugging Face id.

A record that cannot be read is an error with its line; nothing is skipped and nothing is guessed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.definitions import FieldRef, Read, Ref, Task
from judge.errors import Fault, NothingDone, TaskError, nearest
from judge.records import Clue, Modality, Sample, Target
from judge.rows import Row, read_rows

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_FAULTS = 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """Where a task's records are, and the digest of their bytes."""

    path: Path | None
    hub: str | None
    shown: str
    sha256: str
    given: Path | None = None
    """What the user named by --data."""
    root: Path | None = None
    """The folder below which the samples' files must lie."""
    media: Path | None = None
    """What the user named by --media: the root, where the files do not lie with the data."""


def locate(task: Task, task_file: Path, given: Path | None) -> DataFile:
    """The data of a task: --data as a file, --data as the root of the task's own path, or beside the task."""
    if given is None and task.data.hub is not None:
        return DataFile(path=None, hub=task.data.hub, shown=task.data.hub, sha256=_digest_of_rows(task))
    relative = Path(task.data.path or "")
    if given is None:
        path = task_file.parent / relative
    elif given.is_dir():
        candidates = [given / relative, given / relative.name]
        path = next((candidate for candidate in candidates if candidate.is_file()), candidates[0])
    else:
        path = given
    if not path.is_file():
        source = f" Get it from {task.data.source}, then" if task.data.source else " Then"
        raise NothingDone(f"{path} is not there: it holds the data of {task.name}.{source} give --data FILE|DIR")
    root = task_file.parent if given is None else given if given.is_dir() else given.parent
    return DataFile(path=path, hub=None, shown=str(path), sha256=_sha256(path), given=given, root=root)


def _digest_of_rows(task: Task) -> str:
    """Of a Hugging Face set: another revision of it is other data."""
    digest = hashlib.sha256()
    rows = read_rows("hub", None, hub=task.data.hub, config=task.data.config, split=task.data.split)
    for _, record in rows:
        digest.update(json.dumps(record, sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_samples(task: Task, data: DataFile, settings: Mapping[str, str]) -> list[Sample]:
    """Every sample that the settings keep, in file order; raises TaskError with the faults of the data."""
    faults: list[Fault] = []
    samples: list[Sample] = []
    seen: dict[str, int] = {}
    for line, record in _records(task, data):
        if isinstance(record, Fault):
            faults.append(record._replace(file=data.shown))
            continue
        try:
            if not _kept(task, record, settings):
                continue
            sample = _sample(task, record)
        except _Wrong as wrong:
            faults.append(Fault(data.shown, line, wrong.key, wrong.message))
            continue
        if sample.id in seen:
            faults.append(Fault(data.shown, line, "id", f"{sample.id!r} stands already in line {seen[sample.id]}"))
        seen[sample.id] = line
        samples.append(sample)
    faults += [Fault(data.shown, None, "", text) for text in _unused_files(task, samples) if not faults and samples]
    if faults:
        more = [Fault(data.shown, None, "", f"and {len(faults) - MOST_FAULTS} more faults")]
        raise TaskError(faults[:MOST_FAULTS] + (more if len(faults) > MOST_FAULTS else []))
    if not samples:
        chosen = ", ".join(f"{key}={value}" for key, value in settings.items())
        raise TaskError(Fault(data.shown, None, "", f"has no record for {task.name} {chosen}".rstrip()))
    return samples


def _unused_files(task: Task, samples: Sequence[Sample]) -> list[str]:
    """Fields that should name files and that no record has: a slip of the pen, most likely."""
    return [
        f"media.{sense}: no record has the field {_name(ref)!r}"
        for sense, ref in task.media.sources().items()
        if not any(sense in sample.sources or _name(ref).partition(".")[0] in sample.inputs for sample in samples)
    ]


class _Wrong(Exception):
    def __init__(self, key: str, message: str) -> None:
        self.key = key
        self.message = message


class _Absent(_Wrong):
    """The record has no such field."""


def _records(task: Task, data: DataFile) -> Iterator[Row]:
    kind = task.data.format or ("hub" if data.path is None else data.path.suffix.lstrip(".").lower())
    return read_rows(kind, data.path, hub=data.hub, config=task.data.config, split=task.data.split)


def _kept(task: Task, record: dict[str, Any], settings: Mapping[str, str]) -> bool:
    for field, template in task.data.where.items():
        wanted = template
        for name, value in settings.items():
            wanted = wanted.replace("{" + name + "}", value)
        if str(_resolve(field, record)) != wanted:
            return False
    return True


def _sample(task: Task, record: dict[str, Any]) -> Sample:
    inputs = dict(record)
    for name, ref in task.data.fields.items():
        inputs[name] = _resolve(ref, record)
    choices = _choices(task, inputs)
    return Sample(
        id=_text(_resolve(task.data.id, inputs), "id"),
        inputs=inputs,
        target=_target(task, inputs, choices),
        cluster=_optional(task.data.cluster, inputs),
        group=_group(task, inputs),
        lang=_optional(task.data.lang, inputs),
        sources=_sources(task, inputs),
        choices=choices,
    )


def _sources(task: Task, inputs: dict[str, Any]) -> dict[Modality, tuple[str, ...]]:
    """The files of each sense; an item without the field, or with null in it, has none."""
    found: dict[Modality, tuple[str, ...]] = {}
    for sense, ref in task.media.sources().items():
        try:
            value = _resolve(ref, inputs)
        except _Absent:
            continue
        paths = value if isinstance(value, list) else [value] if value not in (None, "") else []
        if paths:
            found[sense] = tuple(_text(path, _name(ref)) for path in paths)
    return found


def _group(task: Task, inputs: dict[str, Any]) -> str | None:
    value = _optional(task.groups.by, inputs) if task.groups else None
    return task.groups.names.get(value, value) if task.groups and value is not None else None


def _optional(ref: Ref | None, inputs: dict[str, Any]) -> str | None:
    return None if ref is None else _text(_resolve(ref, inputs), _name(ref))


def _choices(task: Task, inputs: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for ask in task.asks:
        for name, read in ask.reads().items():
            if read.choices is None:
                continue
            options = _resolve(read.choices, inputs)
            if not isinstance(options, list) or not 2 <= len(options) <= len(LETTERS):
                raise _Wrong(read.choices, f"should list 2 to {len(LETTERS)} options")
            found[name] = tuple(str(option) for option in options)
    return found


def _target(task: Task, inputs: dict[str, Any], choices: Mapping[str, tuple[str, ...]]) -> Target:
    values: dict[str, tuple[str, ...]] = {}
    first = True
    for ask in task.asks:
        for name, read in ask.reads().items():
            if read.as_ == "text":
                continue
            ref = read.target or (task.target.label if first else None)
            first = False
            if ref is not None:
                values[name] = _gold(task, read, value=_resolve(ref, inputs), choices=choices.get(name, ()))
    gold = task.target
    return Target(
        values=values,
        reference=_optional(gold.reference, inputs),
        rationale=_optional(gold.rationale, inputs),
        clues=_clues(_resolve(gold.clues, inputs)) if gold.clues is not None else (),
    )


def _gold(task: Task, read: Read, *, value: Any, choices: tuple[str, ...]) -> tuple[str, ...]:
    if read.as_ == "number":
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise _Wrong("target", f"{value!r} is not a number")
        try:
            return (repr(float(value)),)
        except ValueError as error:
            raise _Wrong("target", f"{value!r} is not a number") from error
    texts = tuple(_text(item, "target") for item in (value if isinstance(value, list) else [value]))
    if read.as_ == "letter":
        return tuple(_letter(text, choices) for text in texts)
    for text in texts:
        if text not in task.labels:
            hint = nearest(text, task.labels)
            raise _Wrong("target", f"the gold label {text!r} is not in the label set{hint}")
    if read.as_ == "label" and len(texts) != 1:
        raise _Wrong("target", f"{len(texts)} gold labels where one is read (as: labels reads several)")
    return texts


def _letter(text: str, choices: tuple[str, ...]) -> str:
    if text in choices:
        return LETTERS[choices.index(text)]
    if len(text) == 1 and text.upper() in LETTERS[: len(choices)]:
        return text.upper()
    raise _Wrong("target", f"the gold answer {text!r} is not among the options")


def _clues(value: Any) -> tuple[Clue, ...]:
    items = value if isinstance(value, list) else [value]
    clues = []
    for item in items:
        if isinstance(item, str):
            clues.append(Clue(sense="", cue=item))
        elif isinstance(item, dict) and isinstance(item.get("cue"), str):
            clues.append(Clue(sense=str(item.get("sense", "")), cue=item["cue"]))
        else:
            raise _Wrong("clues", "a clue is a text, or {sense, cue}")
    return tuple(clues)


def _text(value: Any, key: str) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    blank = value is None or (isinstance(value, str) and not value.strip())
    raise _Wrong(key, "is empty" if blank else f"should be text, found {type(value).__name__}")


def _name(ref: Ref) -> str:
    return ref if isinstance(ref, str) else ref.from_


def _resolve(ref: Ref, record: dict[str, Any]) -> Any:
    """The value a Ref points at, with its piece of text cut out."""
    field = FieldRef.model_validate({"from": ref}) if isinstance(ref, str) else ref
    value = _walk(field.from_, record)
    if field.after is None and field.before is None and field.split is None:
        return value
    if not isinstance(value, str):
        raise _Wrong(field.from_, "is not text, so no piece of it can be cut out")
    if field.after is not None:
        _, found, value = value.partition(field.after)
        if not found:
            raise _Wrong(field.from_, f"does not hold {field.after!r}")
    if field.before is not None:
        value, found, _ = value.rpartition(field.before)
        if not found:
            raise _Wrong(field.from_, f"does not hold {field.before!r}")
    return value.split(field.split) if field.split is not None else value


def _walk(path: str, record: dict[str, Any]) -> Any:
    if path in record:
        return record[path]
    value: Any = record
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            known = [str(key) for key in value] if isinstance(value, dict) else []
            raise _Absent(path, f"is not a field of this record{nearest(part, known)}")
    return value

"""A task's data file as a stream of Samples: jsonl, json, csv, parquet, or a Hugging Face id.

A record that cannot be read is an error with its line; nothing is skipped and nothing is guessed.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from judge import joining
from judge.columns import columns_of
from judge.data_entries import Data
from judge.datafile import DataFile
from judge.definitions import Groups, Read, Task
from judge.entries import Ref
from judge.errors import Fault, TaskError
from judge.fields import Absent, Wrong, forms_of, name_of, resolve, text_of
from judge.folding import composed
from judge.gold import LETTERS, clues_of, gold_of, own_labels
from judge.orderings import marked, orderings
from judge.records import Modality, Sample, Target
from judge.rows import CSV, LARGEST, MOST_ROWS, MOST_VALUES, Row, read_rows
from judge.sweeping import unswept

MOST_FAULTS = 20
MOST_COUNTED = 1000
"""Faults after which no more of a file is looked at."""
LONGEST_ID = 500
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_samples(task: Task, data: DataFile, settings: Mapping[str, str]) -> list[Sample]:
    """Every sample that the settings keep, in file order; raises TaskError with the faults of the data."""
    with unswept():
        return _read_all(task, data, settings)


def _read_all(task: Task, data: DataFile, settings: Mapping[str, str]) -> list[Sample]:
    faults: list[Fault] = []
    samples: list[Sample] = []
    seen: dict[str, int] = {}
    times: Counter[str] = Counter()
    wanted = {field: _PLACEHOLDER.sub(partial(_set, settings), text) for field, text in task.data.where.items()}
    bounds = _Bounds(task, data)
    making = _Making.of(task)
    for line, record in _records(task, data):
        if len(faults) > MOST_COUNTED:
            break
        if isinstance(record, Fault):
            faults.append(record._replace(file=data.shown))
            continue
        try:
            if wanted and not all(_is(resolve(field, record), text) for field, text in wanted.items()):
                continue
            made = [_sample(task, record, making)] if task.orderings == 1 else _ordered(task, record, making)
        except Wrong as wrong:
            faults.append(Fault(data.shown, line, wrong.key, wrong.message))
            continue
        for sample in made if task.data.repeated is None else _counted(made, times):
            if sample.id in seen:
                faults.append(Fault(data.shown, line, "id", f"{sample.id!r} stands already in line {seen[sample.id]}"))
            seen[sample.id] = line
            bounds.add(sample, line)
            samples.append(sample)
    faults += [Fault(data.shown, None, "", text) for text in _unused_files(task, samples) if not faults and samples]
    if faults:
        least = "at least " if len(faults) > MOST_COUNTED else ""
        more = [Fault(data.shown, None, "", f"and {least}{len(faults) - MOST_FAULTS} more faults")]
        raise TaskError(faults[:MOST_FAULTS] + (more if len(faults) > MOST_FAULTS else []))
    if not samples:
        chosen = ", ".join(f"{key}={value}" for key, value in settings.items())
        raise TaskError(Fault(data.shown, None, "", f"has no record for {task.name} {chosen}".rstrip()))
    return samples


def _counted(made: Sequence[Sample], times: Counter[str]) -> Iterator[Sample]:
    """The samples, each under a name of its own where its id has stood before."""
    for sample in made:
        times[sample.id] += 1
        name = again(sample.id, times[sample.id])
        yield sample if name == sample.id else dataclasses.replace(sample, id=name)


def again(name: str, number: int) -> str:
    """What the items of a repeated id are called: ID, ID+2, ID+3."""
    return name if number == 1 else f"{name}+{number}"


def tried(task: Task, data: DataFile) -> Iterator[tuple[int, dict[str, Any], Sample | Fault]]:
    """Every record with its line, whatever the settings keep: as a sample, or why it is none ({} where unreadable)."""
    making = _Making.of(task)
    for line, record in _records(task, data):
        if isinstance(record, Fault):
            yield line, {}, record
            continue
        try:
            yield line, record, _sample(task, record, making)
        except Wrong as wrong:
            yield line, record, Fault(data.shown, line, wrong.key, wrong.message)


def _unused_files(task: Task, samples: Sequence[Sample]) -> list[str]:
    """Fields that should name files and that no record has: a slip of the pen, most likely."""
    return [
        f"media.{sense}: no record has the field {name_of(ref)!r}"
        for sense, ref in task.media.sources().items()
        if not any(sense in sample.sources or name_of(ref).partition(".")[0] in sample.inputs for sample in samples)
    ]


def _records(task: Task, data: DataFile) -> Iterator[Row]:
    kind = task.data.format or ("hub" if data.path is None else data.path.suffix.lstrip(".").lower())
    columns = columns_of(task) if kind in CSV else ()
    rows = read_rows(kind, data.path, hub=data.hub, config=task.data.config, split=task.data.split, columns=columns)
    if task.data.numbered is not None:
        rows = _numbered(rows, task.data)
    return joining.completed(task, rows, data.joined)


def _numbered(rows: Iterator[Row], data: Data) -> Iterator[Row]:
    """Each record with its place in the file as its id."""
    for line, record in rows:
        if isinstance(record, Fault):
            yield line, record
        else:
            yield line, record | {name_of(data.id): f"{data.numbered}-{line}"}


def _is(value: Any, text: str) -> bool:
    """True for a value that a task's text means: true is a boolean's text, 0 a number's, accents are as they are."""
    return composed(text) in (forms_of(value) or (composed(str(value)),))


def _set(settings: Mapping[str, str], match: re.Match[str]) -> str:
    return settings.get(match[1], match[0])


def _cuts(task: Task) -> bool:
    """True where gold or options are pieces of a record's texts, which are new texts."""
    gold = task.target
    refs = [gold.label, gold.reference, gold.rationale, gold.clues]
    refs += [ref for ask in task.asks for read in ask.reads().values() for ref in (read.choices, read.target)]
    return any(ref is not None and not isinstance(ref, str) for ref in refs)


class _Bounds:
    """What a task's references make of its records, beside the records themselves, which are bounded by `rows`."""

    def __init__(self, task: Task, data: DataFile) -> None:
        self._rows = min(MOST_ROWS, MOST_VALUES // (1 + len(task.data.fields)))
        self._data = data
        self._fields = tuple(task.data.fields)
        self._copies = bool(self._fields) or _cuts(task)
        self._count = self._characters = 0

    def add(self, sample: Sample, line: int) -> None:
        self._count += 1
        if not self._copies and self._count <= self._rows:
            return  # all of it is the records' own text
        gold = sample.target
        texts = [*(sample.inputs[name] for name in self._fields), *sample.choices.values(), *gold.values.values()]
        texts += [gold.reference or "", gold.rationale or "", *(clue.cue for clue in gold.clues)]
        self._characters += sum(len(text) if isinstance(text, str) else sum(map(len, map(str, text))) for text in texts
                                if isinstance(text, str | tuple))  # fmt: skip
        if self._characters > LARGEST or self._count > self._rows:
            raise TaskError(Fault(self._data.shown, line, "", "makes more text of its records than is held: split it"))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """What is alike for all records of a task, worked out once."""

    golds: tuple[tuple[str, Read, Ref], ...]
    """Fields with gold, how they are read, and where the gold lies."""
    choices: tuple[tuple[str, str], ...]
    sources: tuple[tuple[Modality, Ref], ...]
    labels: Mapping[str, tuple[str, ...]]
    """Each label of the task's own set as the gold that it makes alone."""
    sets: dict[tuple[str, ...], Mapping[str, tuple[str, ...]]] = dataclasses.field(default_factory=dict)
    """Label sets of items, each once."""

    @classmethod
    def of(cls, task: Task) -> _Making:
        closed = [(name, read) for ask in task.asks for name, read in ask.reads().items() if read.as_ != "text"]
        refs = [read.target or (None if number else task.target.label) for number, (_, read) in enumerate(closed)]
        golds = [(name, read, ref) for (name, read), ref in zip(closed, refs, strict=True) if ref is not None]
        reads = [item for ask in task.asks for item in ask.reads().items()]
        choices = tuple((name, read.choices) for name, read in reads if read.choices is not None)
        labels = {label: (label,) for label in task.labels if label.strip()}
        sources = tuple(task.media.sources().items())
        return cls(golds=tuple(golds), choices=choices, sources=sources, labels=labels)


def _sample(task: Task, record: dict[str, Any], making: _Making) -> Sample:
    inputs = dict(record) if task.data.fields else record
    for name, ref in task.data.fields.items():
        inputs[name] = resolve(ref, record)
    choices = _choices(making, inputs) if making.choices else {}
    labels = own_labels(task, task.labels_from, inputs, known=making.sets) if task.labels_from is not None else {}
    return Sample(
        id=_id(resolve(task.data.id, inputs)),
        inputs=inputs,
        target=_target(task, inputs, choices=choices, making=making, own=labels),
        cluster=_optional(task.data.cluster, inputs) if task.data.cluster else None,
        group=_named_by(task.groups, inputs) if task.groups else None,
        category=_named_by(task.categories, inputs) if task.categories else None,
        lang=_optional(task.data.lang, inputs) if task.data.lang else None,
        sources=_sources(making, inputs) if making.sources else {},
        choices=choices,
        labels=labels,
    )


def _ordered(task: Task, record: dict[str, Any], making: _Making) -> list[Sample]:
    """The item in each order of its options; all of them are one cluster."""
    name = _id(resolve(task.data.id, record))
    refs = [ref for _, ref in making.choices]
    found = []
    for one in orderings(record, refs, count=task.orderings, name=name):
        sample = _sample(task, one, making)
        cluster = sample.cluster if task.data.cluster else name
        found.append(dataclasses.replace(sample, id=marked(name, one), cluster=cluster))
    if any(_gold_texts(sample) != _gold_texts(found[0]) for sample in found):
        raise Wrong("target", "is a letter, which means another option in another order: give the option's text")
    return found


def _gold_texts(sample: Sample) -> list[str]:
    gold = sample.target.values
    return [sample.choices[name][LETTERS.index(gold[name][0])] for name in sample.choices if name in gold]


def _id(value: Any) -> str:
    """One short line: ids stand in lists, one a line, and in tables."""
    text = text_of(value, "id")
    if len(text) > LONGEST_ID or not (text.isprintable() or text.replace("\u3000", "").isprintable()):
        raise Wrong("id", f"is one line of at most {LONGEST_ID} characters that can be printed: {text[:40]!r}")
    return text


def _sources(making: _Making, inputs: dict[str, Any]) -> dict[Modality, tuple[str, ...]]:
    """The files of each sense; an item without the field, or with null in it, has none."""
    found: dict[Modality, tuple[str, ...]] = {}
    for sense, ref in making.sources:
        try:
            value = resolve(ref, inputs)
        except Absent:
            continue
        paths = value if isinstance(value, list) else [value] if value not in (None, "") else []
        if paths:
            found[sense] = tuple(text_of(path, name_of(ref)) for path in paths)
    return found


def _named_by(groups: Groups, inputs: dict[str, Any]) -> str | None:
    """None where the record says null: which group the item is in is not known."""
    value = resolve(groups.by, inputs)
    text = None if value is None else text_of(value, name_of(groups.by))
    return None if text is None else groups.names.get(composed(text), text)


def _optional(ref: Ref | None, inputs: dict[str, Any]) -> str | None:
    return None if ref is None else text_of(resolve(ref, inputs), name_of(ref))


def _choices(making: _Making, inputs: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, ref in making.choices:
        options = resolve(ref, inputs)
        if not isinstance(options, list) or not 2 <= len(options) <= len(LETTERS):
            raise Wrong(ref, f"should list 2 to {len(LETTERS)} options")
        found[name] = tuple(str(option) for option in options)
    return found


def _target(
    task: Task,
    inputs: dict[str, Any],
    *,
    choices: Mapping[str, tuple[str, ...]],
    making: _Making,
    own: Mapping[str, tuple[str, ...]],
) -> Target:
    values: dict[str, tuple[str, ...]] = {}
    for name, read, ref in making.golds:
        value = resolve(ref, inputs)
        plain = read.as_ == "label" and read.labels is None and type(value) is str and not own
        known = making.labels.get(value) if plain else None
        labels = own or task.labels_of(read)
        values[name] = known or gold_of(read, value, labels=labels, choices=choices.get(name, ()))
    gold = task.target
    return Target(
        values=values,
        reference=_optional(gold.reference, inputs),
        rationale=_optional(gold.rationale, inputs),
        clues=clues_of(resolve(gold.clues, inputs)) if gold.clues is not None else (),
    )

"""EmoBench-M's result files: lists of {video, expected_value, predicted_value}, their joint and their text form.

The authors' own three JSON forms are read, and the CSV of their laughter judge; nothing is guessed.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import Fault, TaskError, nearest
from judge.importers.shape import Given, Imported, Place
from judge.records import Sample
from judge.regular import is_file, stands
from judge.replies import ReplyLine
from judge.rows import CSV, read_rows

MOST_FAULTS = 50
SCORER = "scorer"
"""The task's setting that names the authors' later scorer, which these files are made for."""
LABELS = "labels"
_QUESTION = "<video>\n(the imported files do not hold the question)"


class Form(NamedTuple):
    """The keys of one form: where the clip stands, and for each field the expected and the predicted value."""

    clip: tuple[str, ...]
    pairs: tuple[tuple[tuple[str, ...], str], ...]


FORMS: dict[str, Form] = {
    "label": Form(("video", "modal_path"), ((("expected_value",), "predicted_value"),)),
    "json": Form(
        ("modal_path", "video"),
        ((("expected_emotion",), "predicted_emotion"), (("expected_intent",), "predicted_intent")),
    ),
    "text": Form(("video", "modal_path"), ((("reference", "expected"), "prediction"),)),
}
"""By how the task's answer is read; of several keys the first that a row has."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row of a result file."""

    place: Place
    id: str | None
    clip: str
    expected: tuple[str, ...]
    predicted: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """False where a field is empty: the authors' scorers skip such a row."""
        return all(text.strip() for text in (*self.expected, *self.predicted))


def emobench_m(given: Given) -> Imported:
    """Each row's prediction as a reply; the rows' gold as the authors' own records where no data is given."""
    rows = _rows(given)
    lacking = sum(not all(text.strip() for text in row.expected) for row in rows)
    empty = sum(not row.whole for row in rows) - lacking
    notes = (
        [f"{empty} of {len(rows)} rows have no prediction: no answer, as the authors' scorer skips them"]
        if empty
        else []
    )
    if lacking:
        notes.append(f"{lacking} of {len(rows)} rows have no gold: no items, as the authors' scorer skips them")
    if len(given.paths) > 1:
        notes.append(
            f"the rows of {len(given.paths)} files are pooled, as the authors' scorer does; a table has one each"
        )
    settings = {}
    if SCORER in given.task.settings and SCORER not in given.settings:
        settings[SCORER] = LABELS
        notes.append("faithful: each text is the label, and one that is not in the list is wrong (scorer=labels)")
        notes += _prose(given.task, rows)
    if given.data is None:
        lines, records = _by_themselves(given.task, rows)
        return Imported(lines=lines, records=records, settings=settings, notes=tuple(notes))
    samples = read_samples(given.task, given.data, given.settings)
    found = _joined(rows, samples)
    notes += _differing(given.task, found)
    lines = [(row.place, _line(given.task, row, sample.id)) for row, sample in found if row.whole]
    return Imported(lines=lines, settings=settings, notes=tuple(notes))


def _prose(task: Task, rows: Sequence[Result]) -> list[str]:
    """Where most predictions are no labels: they are raw replies, which the authors' other way is for."""
    sets = [task.labels_of(read) for read in task.asks[0].reads().values() if read.as_ == "label"]
    told = [row for row in rows if row.whole]
    strange = [
        row for row in told if any(_is_strange(text, known) for text, known in zip(row.predicted, sets, strict=False))
    ]
    if not sets or 2 * len(strange) <= len(told):
        return []
    text = f"{len(strange)} of {len(told)} predictions are no labels. Are they raw replies?"
    return [f"{text} Then:  --set scorer=runner"]


def _is_strange(text: str, known: Mapping[str, Any]) -> bool:
    return text.strip().lower() not in {label.lower() for label in known}


def _rows(given: Given) -> list[Result]:
    form = FORMS[given.task.asks[0].read.as_]
    rows: list[Result] = []
    faults: list[Fault] = []
    for path in given.paths:
        if not is_file(path):
            raise TaskError(Fault(str(path), None, "", "is no regular file" if stands(path) else "no such file"))
        suffix = path.suffix.lower().lstrip(".")
        columns = {*form.clip, *(name for expected, predicted in form.pairs for name in (*expected, predicted))}
        for number, record in read_rows(suffix if suffix in CSV else "json", path, columns=columns):
            made = record if isinstance(record, Fault) else _result(record, form, path=path, number=number)
            if isinstance(made, Fault):
                faults.append(made)
            else:
                rows.append(made)
    _raise(faults)
    return rows


def _result(record: Mapping[str, Any], form: Form, *, path: Path, number: int) -> Result | Fault:
    """A row, or what is wrong with it; null and true are read as the texts that they stand for."""
    place = Fault(str(path), number, "", "")
    keys = [form.clip, *(key for expected, predicted in form.pairs for key in (expected, (predicted,)))]
    texts: list[str] = []
    for names in keys:
        name = next((name for name in names if name in record), None)
        if name is None:
            wanted = ", ".join(names[0] for names in keys)
            return _fault(place, f"{names[0]} is missing: a row has {wanted}")
        value = record[name]
        value = str(value).lower() if isinstance(value, bool) else "" if value is None else value
        if not isinstance(value, str):
            return _fault(place, f"{name} should be text, found {type(value).__name__}")
        texts.append(value)
    if not texts[0].strip():
        return _fault(place, f"{form.clip[0]} is empty")
    named = record.get("id")
    own = str(named) if isinstance(named, str | int) and not isinstance(named, bool) else None
    return Result(place=place, id=own, clip=texts[0].strip(), expected=tuple(texts[1::2]), predicted=tuple(texts[2::2]))


def _line(task: Task, row: Result, name: str) -> ReplyLine:
    """The prediction as a reply: a text as it stands, two labels as the JSON that the question asks for."""
    if task.asks[0].read.as_ != "json":
        return ReplyLine(id=name, reply=row.predicted[0])
    return ReplyLine(id=name, reply=json.dumps(dict(zip(_keys(task), row.predicted, strict=True)), ensure_ascii=False))


def _keys(task: Task) -> list[str]:
    return [read.keys[0] if read.keys else name for name, read in task.asks[0].reads().items()]


def _by_themselves(task: Task, rows: Sequence[Result]) -> tuple[list[tuple[Place, ReplyLine]], list[Mapping[str, Any]]]:
    """Replies and records by the rows alone: the clip names the item, so that no two rows may have the same."""
    first: dict[str, Result] = {}
    faults: list[Fault] = []
    for row in rows:
        if not all(text.strip() for text in row.expected):
            continue  # without gold it is no item
        earlier = first.setdefault(row.clip, row)
        if earlier is not row:
            text = f"{row.clip!r} stands already in {_row(earlier)}: give the data by --data, which tells them apart"
            faults.append(_fault(row.place, text))
        faults += _unknown_gold(task, row)
    _raise(faults)
    lines = [(row.place, _line(task, row, row.clip)) for row in first.values() if row.whole]
    return lines, [_record(task, row) for row in first.values()]


def _unknown_gold(task: Task, row: Result) -> list[Fault]:
    reads = list(task.asks[0].reads().values())
    sets = [task.labels_of(read) for read in reads if read.as_ == "label"]
    return [
        _fault(row.place, f"expects {text.strip()[:60]!r}, which is no label of {task.name}{nearest(text, labels)}")
        for text, labels in zip(row.expected, sets, strict=False)
        if text.strip().lower() not in labels
    ]


def _record(task: Task, row: Result) -> dict[str, Any]:
    """A record as the authors' data has it; its question is not known."""
    gold = row.expected[0]
    if task.asks[0].read.as_ == "json":
        gold = json.dumps(dict(zip(_keys(task), row.expected, strict=True)), ensure_ascii=False)
    said = [{"from": "human", "value": _QUESTION}, {"from": "gpt", "value": gold}]
    return {"id": row.clip, "video": row.clip, "conversations": said}


def _joined(rows: Sequence[Result], samples: Sequence[Sample]) -> list[tuple[Result, Sample]]:
    """Each row with its item, by the clip; where items share one, by the row's id, else in order."""
    by_clip: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_clip[str(sample.inputs.get("video"))].append(sample)
    clips = [_clip(row.clip, by_clip) for row in rows]
    counts = Counter(clip for clip in clips if clip is not None)
    taken: Counter[str] = Counter()
    found: list[tuple[Result, Sample]] = []
    faults: list[Fault] = []
    for row, clip in zip(rows, clips, strict=True):
        sharing = by_clip[clip] if clip is not None else []
        named = next((sample for sample in sharing if sample.id == row.id), None)
        if clip is None:
            text = f"{row.clip!r} is no clip of the data{nearest(row.clip, by_clip)}"
            faults.append(_fault(row.place, text))
        elif named is not None:
            found.append((row, named))
        elif counts[clip] != len(sharing):
            text = f"the clip {clip!r} stands in {counts[clip]} of the rows, and in {len(sharing)} items of the data"
            faults.append(_fault(row.place, text))
        else:
            found.append((row, sharing[taken[clip]]))
            taken[clip] += 1
    _raise(faults)
    return found


def _clip(given: str, known: Mapping[str, Sequence[Sample]]) -> str | None:
    """The data's path that the row's path is, or ends in: files name clips from their own machine's root."""
    parts = given.replace("\\", "/").split("/")
    tails = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((tail for tail in tails if tail in known), None)


def _differing(task: Task, found: Sequence[tuple[Result, Sample]]) -> list[str]:
    """What the rows expect is only compared: the data's gold counts."""
    names = list(task.asks[0].reads())
    wrong = []
    for row, sample in found:
        gold = tuple(next(iter(sample.target.values.get(name, ())), "") for name in names)
        gold = gold if sample.target.values else ((sample.target.reference or "").strip(),)
        said = tuple(text.strip() if task.asks[0].read.as_ == "text" else text.strip().lower() for text in row.expected)
        if said != gold:
            wrong.append(f"{_row(row)}: {'_'.join(said)[:60]!r}, the data {'_'.join(gold)[:60]!r}")
    if not wrong:
        return []
    return [f"{len(wrong)} of {len(found)} rows expect another answer than the data, whose gold counts: {wrong[0]}"]


def _row(row: Result) -> str:
    return f"{Path(row.place.file).name} row {row.place.line}"


def _fault(place: Place, message: str) -> Fault:
    """Of a row: lists in JSON are counted by rows, not by lines."""
    return place._replace(line=None, key=f"row {place.line}", message=message)


def _raise(faults: Sequence[Fault]) -> None:
    if faults:
        rest = len(faults) - MOST_FAULTS
        raise TaskError([*faults[:MOST_FAULTS], *([Fault("", None, "", f"... and {rest} more")] if rest > 0 else [])])

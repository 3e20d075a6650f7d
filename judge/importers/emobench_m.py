"""EmoBench-M's result files: {video, expected_value, predicted_value}, their joint and their text form.

The three forms of the authors' scorer, as a JSON list; the lines (.jsonl) that their runners write, which have the raw
reply and the question, too; and the CSV of their laughter judge. Nothing is guessed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from judge.dataset import again, read_samples
from judge.definitions import Task
from judge.errors import Fault, nearest
from judge.fields import name_of, resolve
from judge.importers.emobench_m_rows import Result, place_of, raise_faults, read_results, row_fault
from judge.importers.shape import Given, Imported
from judge.parse.faithful_emobench_m import emobench_m as by_runner
from judge.records import AskReply, Sample, Target
from judge.replies import ReplyLine

SCORER = "scorer"
"""The task's setting that names the authors' later scorer, which these files are made for."""
LABELS, RUNNER = "labels", "runner"
_QUESTION = "<video>\n(the imported files do not hold the question)"


def emobench_m(given: Given) -> Imported:
    """Each row's prediction as a reply; the rows' gold as the authors' own records where no data is given."""
    rows = read_results(given)
    scorer = given.settings.get(SCORER, LABELS) if SCORER in given.task.settings else ""
    notes = [*_empties(given.task, rows)]
    if len(given.paths) > 1:
        notes.append(
            f"the rows of {len(given.paths)} files are pooled, as the authors' scorer does; a table has one each"
        )
    settings = {}
    if scorer and SCORER not in given.settings:
        settings[SCORER] = LABELS
        notes.append("faithful: each text is the label, and one that is not in the list is wrong (scorer=labels)")
        notes += _prose(given.task, rows)
    notes += _raw(given.task, rows, scorer)
    if given.data is None:
        named, records = _by_themselves(given.task, rows)
    else:
        found = _joined(given.task, rows, read_samples(given.task, given.data, given.settings))
        notes += _differing(given.task, found)
        named, records = [(row, sample.id) for row, sample in found], None
    lines = [(row.place, _line(given.task, row, name, raw=scorer == RUNNER)) for row, name in named
             if row.whole or _rated(given.task, row)]  # fmt: skip
    twice = len(rows) - len({row.clip for row in rows})
    notes += [f"{twice} of {len(rows)} rows name a clip that stands before them: an item each"] if twice else []
    return Imported(lines=lines, records=records, settings=settings, notes=tuple(notes))


def _rated(task: Task, row: Result) -> bool:
    """True of an empty text beside a reference: the authors' judge rates it, so that it is an answer."""
    return task.asks[0].read.as_ == "text" and all(text.strip() for text in row.expected)


def _empties(task: Task, rows: Sequence[Result]) -> Iterator[str]:
    """What becomes of rows in which a field is empty."""
    lacking = sum(not all(text.strip() for text in row.expected) for row in rows)
    empty = sum(not row.whole for row in rows) - lacking
    if empty and task.asks[0].read.as_ == "text":
        yield f"{empty} of {len(rows)} rows have no text: the authors compare none of them, and rate them all"
    elif empty:
        yield f"{empty} of {len(rows)} rows have no prediction: no answer, as the authors' scorer skips them"
    if lacking:
        yield f"{lacking} of {len(rows)} rows have no gold: no items, as the authors' scorer skips them"


def _raw(task: Task, rows: Sequence[Result], scorer: str) -> Iterator[str]:
    """Of files that keep the raw replies: that they can be read, or where the runner's rule reads another label."""
    kept = [row for row in rows if row.raw.strip() and row.whole]
    if not kept or not scorer:
        return
    if scorer != RUNNER:
        yield f"{len(kept)} of {len(rows)} rows keep the raw reply. To read that:  --set scorer=runner"
        return
    if len(kept) < len(rows):
        yield f"{len(rows) - len(kept)} of {len(rows)} rows keep no raw reply: their label stands for it"
    other = [row for row in kept if _read_anew(task, row) != tuple(text.strip().lower() for text in row.predicted)]
    if other:
        yield (
            f"{len(other)} of {len(kept)} raw replies are read as another label than the file has, the first in "
            f"{place_of(other[0])}: the file's own numbers are those of --set scorer=labels"
        )


def _read_anew(task: Task, row: Result) -> tuple[str, ...]:
    ask = task.asks[0]
    sample = Sample(id=row.clip, inputs={}, target=Target(values={}))
    found = by_runner(task, sample, ask, AskReply(ask=ask.name, text=row.raw))
    return tuple(value.values[0] if value.values else "" for value in found.values())


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


def _line(task: Task, row: Result, name: str, *, raw: bool) -> ReplyLine:
    """The raw reply; else the prediction: a text as it stands, two labels as the JSON that the question asks for."""
    if raw and row.raw.strip():
        return ReplyLine(id=name, reply=row.raw)
    if task.asks[0].read.as_ != "json":
        return ReplyLine(id=name, reply=row.predicted[0])
    return ReplyLine(id=name, reply=json.dumps(dict(zip(_keys(task), row.predicted, strict=True)), ensure_ascii=False))


def _keys(task: Task) -> list[str]:
    return [read.keys[0] if read.keys else name for name, read in task.asks[0].reads().items()]


def _by_themselves(task: Task, rows: Sequence[Result]) -> tuple[list[tuple[Result, str]], list[Mapping[str, Any]]]:
    """Rows with their items' names, and records, by the rows alone: the clip names the item.

    A file that names a clip twice has two items of it, where the task's data may; two files never share one.
    """
    first: dict[str, Result] = {}
    times: Counter[str] = Counter()
    named: list[tuple[Result, str]] = []
    faults: list[Fault] = []
    for row in rows:
        if not all(text.strip() for text in row.expected):
            continue  # without gold it is no item
        earlier = first.setdefault(row.clip, row)
        if earlier is not row and (task.data.repeated is None or earlier.place.file != row.place.file):
            text = (
                f"{row.clip!r} stands already in {place_of(earlier)}: give the data by --data, which tells them apart"
            )
            faults.append(row_fault(row.place, text))
        times[row.clip] += 1
        named.append((row, again(row.clip, times[row.clip])))
        faults += _unknown_gold(task, row)
    raise_faults(faults)
    return named, [_record(task, row) for row, _ in named]


def _unknown_gold(task: Task, row: Result) -> list[Fault]:
    reads = list(task.asks[0].reads().values())
    sets = [task.labels_of(read) for read in reads if read.as_ == "label"]
    return [
        row_fault(row.place, f"expects {text.strip()[:60]!r}, which is no label of {task.name}{nearest(text, labels)}")
        for text, labels in zip(row.expected, sets, strict=False)
        if text.strip().lower() not in labels
    ]


def _record(task: Task, row: Result) -> dict[str, Any]:
    """A record as the authors' data has it; its question is not known."""
    gold = row.expected[0]
    if task.asks[0].read.as_ == "json":
        gold = json.dumps(dict(zip(_keys(task), row.expected, strict=True)), ensure_ascii=False)
    question = f"<video>\n{row.asked}" if row.asked else _QUESTION
    said = [{"from": "human", "value": question}, {"from": "gpt", "value": gold}]
    return {"id": row.clip, "video": row.clip, "conversations": said}


def _joined(task: Task, rows: Sequence[Result], samples: Sequence[Sample]) -> list[tuple[Result, Sample]]:
    """Each row with its item, by the clip; where items share one, by the row's id or question, else in order."""
    by_clip: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_clip[str(sample.inputs.get("video"))].append(sample)
    clips = [_clip(row.clip, by_clip) for row in rows]
    counts = Counter(clip for clip in clips if clip is not None)
    taken: set[str] = set()
    found: list[tuple[Result, Sample]] = []
    faults: list[Fault] = []
    for row, clip in zip(rows, clips, strict=True):
        if clip is None:
            text = f"{row.clip!r} is no clip of the data{nearest(row.clip, by_clip)}"
            faults.append(row_fault(row.place, text))
            continue
        sharing = by_clip[clip]
        fitting = _fitting(task, row, sharing)
        sure = len(fitting) < len(sharing) or counts[clip] == len(sharing) or _alike(task, sharing)
        own = next((one for one in fitting if one.id not in taken), None) if sure else None
        if own is None:
            text = f"the clip {clip!r} stands in {counts[clip]} of the rows, and in {len(sharing)} items of the data"
            faults.append(row_fault(row.place, text))
            continue
        taken.add(own.id)
        found.append((row, own))
    raise_faults(faults)
    return found


def _fitting(task: Task, row: Result, sharing: Sequence[Sample]) -> Sequence[Sample]:
    """Of the items of one clip those that the row names by its id or its question; all of them where it names none."""
    by_id = [one for one in sharing if row.id is not None and str(resolve(task.data.id, one.inputs)) == row.id]
    by_question = [one for one in sharing if row.asked and one.inputs.get("prompt") == row.asked]
    return by_id or by_question or sharing


def _alike(task: Task, sharing: Sequence[Sample]) -> bool:
    """True where the items are one record that stands several times: whichever of them a row is, is the same."""
    kept = [{name: value for name, value in one.inputs.items() if name != name_of(task.data.id)} for one in sharing]
    return all(one == kept[0] for one in kept)


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
            wrong.append(f"{place_of(row)}: {'_'.join(said)[:60]!r}, the data {'_'.join(gold)[:60]!r}")
    if not wrong:
        return []
    return [f"{len(wrong)} of {len(found)} rows expect another answer than the data, whose gold counts: {wrong[0]}"]

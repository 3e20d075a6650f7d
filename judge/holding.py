"""Holds a task's data against what its authors state: records, gold labels, ids, the files of its senses.

It reads and counts; nothing is changed, fetched or guessed. Each difference is a sentence.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from judge.datafile import DataFile, archives_in, locate, rooted, unopened, with_media
from judge.dataset import tried
from judge.definitions import Task
from judge.errors import DataAbsent, Fault, JudgeError
from judge.fields import Absent, resolve
from judge.joining import lacking
from judge.media.orders import Bounds
from judge.media.sending import unopenable
from judge.records import Sample

FIRST = 3
"""Of each kind of fault that are named."""
State = Literal["as stated", "no clips", "no clues", "differs", "not there"]
"""no clips, no clues: the records are as stated, and files that they name, or the judge's evidence, are missing."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What was found of one task's data."""

    state: State
    file: str = ""
    records: int = 0
    parts: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Records by the values of the fields that settings choose by."""
    media: str = ""
    """What of the clips is there; empty where the task has none."""
    gone: str = ""
    """Which files are missing, and archives that may hold them; empty where none is."""
    clues: str = ""
    """Where the judge's evidence lies, or that it is not there; empty where it has no file of its own."""
    lacks_clues: bool = False
    differences: tuple[str, ...] = ()


def hold(task: Task, task_file: Path, *, given: Path | None, media: Path | None = None) -> Held:
    """Read all of a task's data and say how it differs from what the task states."""
    try:
        data = locate(task, task_file, given)
    except DataAbsent:
        archives = archives_in(task, given) if given is not None else ()
        return Held(state="not there", gone=unopened(archives) if archives else "")
    except JudgeError as error:
        return Held(state="differs", differences=(str(error.faults[0]),))
    if data.path is not None and not data.path.stat().st_size:
        return Held(state="differs", file=data.shown, differences=(_count(task, 0),))
    return _held(task, data, media)


def _held(task: Task, data: DataFile, media: Path | None) -> Held:
    faults: list[Fault] = []
    samples: list[Sample] = []
    parts: Counter[str] = Counter()
    ids: Counter[tuple[str, str]] = Counter()
    records = 0
    try:
        for line, record, found in tried(task, data):
            records += 1
            part = _part(task, record)
            parts[part] += 1
            if isinstance(found, Fault):
                faults.append(found._replace(line=line))
                continue
            samples.append(found)
            ids[part, found.id] += 1
    except JudgeError as error:
        faults += error.faults
    differences = [_count(task, records)] if task.data.count not in (None, records) or not records else []
    differences += list(_told(faults))
    twice = [name for (_, name), count in ids.items() if count > 1 and task.data.repeated is None]
    differences += [f"{len(twice):,} ids stand more than once: {_some(twice)}"] if twice else []
    data = rooted(with_media(task, data, media) if media is not None else data, samples)
    root = data.media or data.root
    gone, broken, told = _media(samples, root) if root is not None and task.media.sources() else ("", "", "")
    differences += [broken] if broken else []
    gone += f". {unopened(data.archives)}" if gone and data.archives else ""
    clues, lost = _clues(task, data)
    state: State = "differs" if differences else "no clips" if gone else "no clues" if lost else "as stated"
    return Held(
        state=state,
        file=data.shown,
        records=records,
        parts=parts if set(parts) - {""} else {},
        media=told,
        gone=gone,
        clues=clues,
        lacks_clues=lost,
        differences=tuple(differences),
    )


def _clues(task: Task, data: DataFile) -> tuple[str, bool]:
    """Where the file with the judge's evidence lies, and whether it is missing."""
    join = task.data.join
    if join is None or join.needed_by != "judge":
        return "", False
    names = ", ".join(join.fields)
    if data.joined is None:
        return f"no {names}: a run needs none; to score by a rubric that shows clues, {lacking(task)}", True
    return f"{names} for the judge in {data.joined}", False


def _count(task: Task, records: int) -> str:
    stated = f", the authors state {task.data.count:,}" if task.data.count is not None else ""
    name = Path(task.data.path or task.data.hub or "").name
    return f"{name}: {records:,} records{stated}"


def _part(task: Task, record: Mapping[str, object]) -> str:
    """The record's values of the fields that settings choose by: en, zh."""
    values = []
    for field in task.data.where:
        try:
            values.append(str(resolve(field, dict(record))))
        except Absent:
            values.append("?")
    return " ".join(values) if record else ""


def _told(faults: Sequence[Fault]) -> Iterator[str]:
    """Faults of one kind together, the first few with their lines."""
    kinds: dict[str, list[Fault]] = {}
    for fault in faults:
        label = "is not in the label set" in fault.message or "is not among the options" in fault.message
        kinds.setdefault("gold labels outside the label set" if label else "records that cannot be used", []).append(
            fault
        )
    for kind, own in kinds.items():
        named = "; ".join(f"line {fault.line}: {fault.key + ': ' if fault.key else ''}{fault.message}" if fault.line
                          else fault.message for fault in own[:FIRST])  # fmt: skip
        more = f"; and {len(own) - FIRST:,} more" if len(own) > FIRST else ""
        yield f"{kind}: {len(own):,} ({named}{more})"


def _media(samples: Sequence[Sample], root: Path) -> tuple[str, str, str]:
    """The files that are missing, those that cannot be used, and how many there are of all."""
    files = [(sample, sense, path) for sample in samples for sense, paths in sample.sources.items() for path in paths]
    wanted = dict.fromkeys(path for _, _, path in files)
    wrong = unopenable(root, files, Bounds())
    told = f"{len(wanted) - len(wrong):,} of {len(wanted):,} media files below {root}" if wanted else ""
    gone = [path for path, error in wrong.items() if error.kind == "missing"]
    missing = f"{len(gone):,} of {len(wanted):,} media files are missing below {root}: {_some(gone)}" if gone else ""
    others = [str(error.message) for error in wrong.values() if error.kind != "missing"]
    broken = f"{len(others):,} media files cannot be used: {'; '.join(others[:FIRST])}" if others else ""
    return missing, broken, told


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:FIRST]) + (", ..." if len(names) > FIRST else "")

"""Where a task's data is: --data, else beside the task's file, else below the folder that JUDGE_DATA names."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from judge.datafile import DataFile, archives_in, locate
from judge.definitions import Task
from judge.errors import DataAbsent, NothingDone
from judge.records import Run
from judge.regular import is_file
from judge.runs import Opened, reopen
from judge.whereabouts import Whereabouts

VARIABLE = "JUDGE_DATA"


def shelf() -> Path | None:
    """The folder that JUDGE_DATA names; None where it names none."""
    given = os.environ.get(VARIABLE, "")
    if not given:
        return None
    if not Path(given).is_dir():
        raise NothingDone(f"{VARIABLE}={given}: no such folder")
    return Path(given)


def place_of(task: Task, task_file: Path, given: str | None) -> Path | None:
    """What `locate` is to be given: data that ships with its task is found beside it, whatever JUDGE_DATA says."""
    if given is not None:
        return _family(task, Path(given))
    named = shelf() if _is_absent(task, task_file.parent) else None
    return _family(task, named) if named is not None else None


def _family(task: Task, folder: Path) -> Path:
    """The folder, or the one in it that is called as the task's family, where only that has the data."""
    if not _is_absent(task, folder, anywhere=True):
        return folder
    inner = families(task.name, folder)
    there = (each for each in inner if not _is_absent(task, each, anywhere=True))
    packed = (each for each in inner if archives_in(task, each) and not archives_in(task, folder))
    return next(there, next(packed, folder))


def families(name: str, folder: Path) -> list[Path]:
    """Folders below this one that are called as a task's family: mme-emotion.sa lies in mme-emotion or MME_Emotion."""
    family, dot, _ = name.partition(".")
    names = (family.casefold(), family.replace("-", "_").casefold()) if dot else ()
    found: list[Path] = []
    with contextlib.suppress(OSError):  # a folder that cannot be listed
        found = sorted(path for path in folder.iterdir() if path.name.casefold() in names and path.is_dir())
    return sorted(found, key=lambda path: names.index(path.name.casefold()))


def _is_absent(task: Task, folder: Path, *, anywhere: bool = False) -> bool:
    """Looked for as `locate` does, but not read; `anywhere`: the file may lie in the folder by itself, too."""
    paths = [Path(text) for text in (task.data.path, *task.data.also) if text is not None]
    paths += [Path(path.name) for path in paths] if anywhere else []
    return task.data.hub is None and not any(is_file(folder / path) for path in paths)


def located_if_there(task: Task, task_file: Path, given: str | None) -> DataFile | None:
    """The data where --data or JUDGE_DATA has it; None where only JUDGE_DATA was to have it and has not."""
    place = place_of(task, task_file, given)
    if given is not None:
        return locate(task, task_file, place)
    try:
        return locate(task, task_file, place) if place is not None else None
    except DataAbsent:
        return None


def reopened(run: Run, given: str | None, *, near: Path, media: str | None = None) -> Opened:
    """A stored run with its data, where it was or, if it is gone from there, below --data or JUDGE_DATA."""
    named = Path(given) if given is not None else None
    clips = Path(media) if media is not None else None
    try:
        return reopen(run, Whereabouts(named, clips), near=near)
    except DataAbsent:
        named = named or shelf()
        if named is None:
            raise
        places = [*([named] if given is None else []), *families(run.task, named)]
        for place in places:
            with contextlib.suppress(DataAbsent):
                return reopen(run, Whereabouts(place, clips, found=given is None), near=near)
        raise

"""Where a task's data is: --data, else beside the task's file, else below the folder that JUDGE_DATA names."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from judge.datafile import DataFile, locate
from judge.definitions import Task
from judge.errors import DataAbsent, NothingDone
from judge.records import Run
from judge.regular import is_file
from judge.runs import Opened, reopen

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
    inner = next(iter(families(task.name, folder)), None)
    if inner is None or not _is_absent(task, folder, anywhere=True) or _is_absent(task, inner, anywhere=True):
        return folder
    return inner


def families(name: str, folder: Path) -> list[Path]:
    """Folders below this one that are called as a task's family: mme-emotion.sa lies in mme-emotion or mme_emotion."""
    family, dot, _ = name.partition(".")
    names = dict.fromkeys([family, family.replace("-", "_")]) if dot else ()
    return [folder / each for each in names if (folder / each).is_dir()]


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


def reopened(run: Run, given: str | None, *, near: Path) -> Opened:
    """A stored run with its data, where it was or, if it is gone from there, below --data or JUDGE_DATA."""
    named = Path(given) if given is not None else None
    try:
        return reopen(run, named, near=near)
    except DataAbsent:
        named = named or shelf()
        if named is None:
            raise
        places = [*([named] if given is None else []), *families(run.task, named)]
        for place in places:
            with contextlib.suppress(DataAbsent):
                return reopen(run, place, near=near)
        raise

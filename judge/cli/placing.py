"""Where a task's data is: --data, else beside the task's file, else below the folder that JUDGE_DATA names."""

from __future__ import annotations

import os
from pathlib import Path

from judge.dataset import DataFile, locate
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
        return Path(given)
    return shelf() if _is_absent(task, task_file) else None


def _is_absent(task: Task, task_file: Path) -> bool:
    """Looked for as `locate` does, but not read."""
    paths = [text for text in (task.data.path, *task.data.also) if text is not None]
    return task.data.hub is None and not any(is_file(task_file.parent / text) for text in paths)


def located_if_there(task: Task, task_file: Path, given: str | None) -> DataFile | None:
    """The data where --data or JUDGE_DATA has it; None where only JUDGE_DATA was to have it and has not."""
    if given is not None:
        return locate(task, task_file, Path(given))
    place = place_of(task, task_file, None)
    try:
        return locate(task, task_file, place) if place is not None else None
    except DataAbsent:
        return None


def reopened(run: Run, given: str | None, *, near: Path) -> Opened:
    """A stored run with its data, where it was or, if it is gone from there, below JUDGE_DATA."""
    try:
        return reopen(run, Path(given) if given is not None else None, near=near)
    except DataAbsent:
        other = shelf() if given is None else None
        if other is None:
            raise
        return reopen(run, other, near=near)

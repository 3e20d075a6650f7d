"""Where a task's records lie and their digest: by --data, or beside the task."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from judge import joining
from judge.definitions import Task
from judge.errors import DataAbsent, Fault, TaskError
from judge.regular import is_file, leads_out, sha256_of
from judge.rows import LARGEST, read_rows


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
    joined: Path | None = None
    """The file that completes the records, where the task has one and it is there."""


def locate(task: Task, task_file: Path, given: Path | None) -> DataFile:
    """The data of a task: --data as a file, --data as the root of the task's own path, or beside the task."""
    if given is None and task.data.hub is not None:
        return DataFile(path=None, hub=task.data.hub, shown=task.data.hub, sha256=_digest_of_rows(task))
    root = task_file.parent if given is None else given if given.is_dir() else given.parent
    path = given if given is not None and not given.is_dir() else _found(task, root, named=given is not None)
    if not is_file(path):
        source = f" Get it from {task.data.source}, then" if task.data.source else " Then"
        mend = "give --data FILE|DIR, or set JUDGE_DATA to its folder"
        raise DataAbsent(f"{path} is not there: it holds the data of {task.name}.{source} {mend}")
    if path != given and leads_out(root, path):
        raise TaskError(Fault(str(path), None, "", "is a link that leads out of its folder: name the file by --data"))
    try:
        digest = sha256_of(path, most=LARGEST)
    except OSError as error:
        raise TaskError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    files = media_root(task, root, *_release(task, path))
    partner = joining.partner_of(task.data, path, root)
    digest = joining.digest_with(digest, partner)
    return DataFile(path=path, hub=None, shown=str(path), sha256=digest, given=given, root=files, joined=partner)


def media_root(task: Task, root: Path, *more: Path) -> Path:
    """The folder at which the paths of a task's files begin: one of `media.below`, where a release has it."""
    folders = [(top, top / name) for top in (root, *more) for name in task.media.below]
    return next((below for top, below in folders if below.is_dir() and not leads_out(top, below)), root)


def _release(task: Task, path: Path) -> list[Path]:
    """The release's own folder, where the file lies in it at one of the task's paths."""
    places = [Path(text).parts for text in (task.data.path or "", *task.data.also)]
    found = [path.parents[len(parts) - 1] for parts in places if parts and path.parts[-len(parts) :] == parts]
    return found[:1] if task.media.below else []


def _found(task: Task, root: Path, *, named: bool) -> Path:
    """The first of the task's paths that is there; below a folder named by --data the file may also lie by itself."""
    relative = [Path(text) for text in (task.data.path or "", *task.data.also)]
    candidates = [root / path for path in relative]
    candidates += [root / path.name for path in relative] if named else []
    return next((candidate for candidate in candidates if is_file(candidate)), candidates[0])


def _digest_of_rows(task: Task) -> str:
    """Of a Hugging Face set: another revision of it is other data."""
    digest = hashlib.sha256()
    rows = read_rows("hub", None, hub=task.data.hub, config=task.data.config, split=task.data.split)
    for _, record in rows:
        digest.update(json.dumps(record, sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()

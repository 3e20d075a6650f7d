"""Where a task's records lie and their digest, by --data or beside the task; and where the paths of its clips begin."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from judge import joining
from judge.definitions import Task
from judge.errors import DataAbsent, Fault, TaskError
from judge.records import Sample
from judge.regular import is_file, leads_out, sha256_of
from judge.rows import LARGEST, read_rows

ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".7z", ".rar")
PROBED = 20
"""Files that are looked for to find the folder at which their paths begin."""


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
    roots: tuple[Path, ...] = ()
    """Every folder that may be it: see `rooted`."""
    media: Path | None = None
    """What the user named by --media: the root, where the files do not lie with the data."""
    joined: Path | None = None
    """The file that completes the records, where the task has one and it is there."""
    evidence_sha256: str = ""
    """Digest of that file, where it is the judge's evidence and no part of what makes a run."""
    archives: tuple[Path, ...] = ()
    """Archives of the release that lie there unopened."""

    @property
    def earlier_sha256(self) -> str:
        """The digest by which earlier versions named a run on data with evidence: that of both files."""
        return joining.both(self.sha256, self.evidence_sha256) if self.evidence_sha256 else self.sha256


def locate(task: Task, task_file: Path, given: Path | None) -> DataFile:
    """The data of a task: --data as a file, --data as the root of the task's own path, or beside the task."""
    if given is None and task.data.hub is not None:
        return DataFile(path=None, hub=task.data.hub, shown=task.data.hub, sha256=_digest_of_rows(task))
    root = task_file.parent if given is None else given if given.is_dir() else given.parent
    path = given if given is not None and not given.is_dir() else _found(task, root, named=given is not None)
    if not is_file(path):
        raise DataAbsent(_absence(task, path, archives_in(task, root)))
    if path.suffix.lower() in ARCHIVES:
        text = "is an archive, which is not opened: unpack it, and name the folder"
        raise TaskError(Fault(str(path), None, "", text))
    if path != given and leads_out(root, path):
        raise TaskError(Fault(str(path), None, "", "is a link that leads out of its folder: name the file by --data"))
    try:
        digest = sha256_of(path, most=LARGEST)
    except OSError as error:
        raise TaskError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    release = _release(task, path)
    partner = joining.partner_of(task.data, path, root)
    second = joining.digest_of(partner)
    evidence = task.data.join is not None and task.data.join.needed_by == "judge"
    return DataFile(
        path=path,
        hub=None,
        shown=str(path),
        sha256=digest if evidence or not second else joining.both(digest, second),
        given=given,
        root=media_root(task, root, *release),
        roots=roots_of(task, root, *release),
        joined=partner,
        evidence_sha256=second if evidence else "",
        archives=archives_in(task, root, *release),
    )


def _absence(task: Task, path: Path, archives: Sequence[Path]) -> str:
    """What is not there, and what would mend it."""
    lies = f"{path} is not there: it holds the data of {task.name}."
    if archives:
        return f"{lies} {unopened(archives)}"
    source = f" Get it from {task.data.source}, then" if task.data.source else " Then"
    return f"{lies}{source} give --data FILE|DIR, or set JUDGE_DATA to its folder"


def archives_in(task: Task, *tops: Path) -> tuple[Path, ...]:
    """The archives of a task's release that lie below these folders."""
    found = (top / name for top in tops for name in task.data.archives)
    return tuple(dict.fromkeys(path for path in found if is_file(path)))


def unopened(archives: Sequence[Path]) -> str:
    """A sentence on archives that nobody has unpacked, with what to do."""
    names = ", ".join(str(path) for path in archives)
    lie, them = ("lies", "it") if len(archives) == 1 else ("lie", "them")
    return f"{names} {lie} there unopened: unpack {them} into the same folder"


def media_root(task: Task, root: Path, *more: Path) -> Path:
    """The folder at which the paths of a task's files begin: one of `media.below`, where a release has it."""
    folders = [(top, top / name) for top in (root, *more) for name in task.media.below]
    return next((below for top, below in folders if below.is_dir() and not leads_out(top, below)), root)


def roots_of(task: Task, root: Path, *more: Path) -> tuple[Path, ...]:
    """Every folder at which the paths of a task's files may begin, the usual one first."""
    if not task.data.folders:
        return (media_root(task, root, *more),)
    folders = [(top, top / name) for top in (root, *more) for name in ("", *task.data.folders)]
    return tuple(dict.fromkeys(below for top, below in folders if below.is_dir() and not leads_out(top, below)))


def with_media(task: Task, data: DataFile, media: Path) -> DataFile:
    """The data with its clips below another folder, as --media names it."""
    root, roots, archives = media_root(task, media), roots_of(task, media), archives_in(task, media)
    return dataclasses.replace(data, media=root, roots=roots, archives=archives)


def rooted(data: DataFile, samples: Sequence[Sample]) -> DataFile:
    """The data with the folder in which most of its clips are found: a release may be unpacked in several ways."""
    if len(data.roots) < 2:
        return data
    paths = list(dict.fromkeys(path for sample in samples for files in sample.sources.values() for path in files))
    probed = paths[:: max(1, len(paths) // PROBED)]
    best = max(data.roots, key=lambda root: sum(is_file(root / path) for path in probed))  # of equals the first
    return dataclasses.replace(data, media=best) if data.media is not None else dataclasses.replace(data, root=best)


def _release(task: Task, path: Path) -> list[Path]:
    """The release's own folders, where the file lies in them at one of the task's paths."""
    places = [Path(text).parts for text in (task.data.path or "", *task.data.also)]
    found = [path.parents[len(parts) - 1] for parts in places if parts and path.parts[-len(parts) :] == parts]
    return found[:1] if task.media.below else found if task.data.folders or task.data.archives else []


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

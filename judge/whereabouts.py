"""Where a stored run's files are: what the user says of it, and how far what run.json says is believed.

A run may come from a stranger, who can name any folder in it: as its media's root, its data's or its task's. A folder
is vouched for where an option named it, or where it lies in the run's own; see judge.media.provenance for the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from judge import shipped
from judge.datafile import DataFile, with_media
from judge.definitions import Task
from judge.errors import NothingDone
from judge.records import Run, Sample
from judge.regular import leads_out

SAMPLES = "samples"
"""Where the clips of the tasks that ship lie."""


@dataclasses.dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the user, not run.json, says that a run's files are."""

    data: Path | None = None
    """--data: a file, or a folder."""
    media: Path | None = None
    """--media: the folder of the clips."""
    found: bool = False
    """True where `data` was not named for this run, but found below a folder that a variable names."""

    def names(self, path: Path) -> bool:
        """True where a file or a folder lies below what an option named."""
        tops = [self.media] if self.media is not None else []
        if self.data is not None and not self.found:
            tops.append(self.data if self.data.is_dir() else self.data.parent)
        return any(not leads_out(top, path) for top in tops)


def is_own(path: Path, near: Path | None) -> bool:
    """True where a file or a folder lies in the run's own folder, links followed."""
    return near is not None and not leads_out(near, path)


def ships(root: Path, samples: Sequence[Sample]) -> bool:
    """True where these are the few clips that came with this program: they are nobody's own."""
    if leads_out(shipped.root() / "tasks", root) or leads_out(root, shipped.root() / "tasks"):
        return False
    paths = (path for sample in samples for files in sample.sources.values() for path in files)
    return all(not leads_out(root / SAMPLES, root / path) for path in paths)


def with_media_of(found: DataFile, run: Run, at: Whereabouts, *, task: Task) -> DataFile:
    """The data with every folder in which its clips may lie: --media alone, else --data before what run.json says."""
    if at.media is not None:
        if not at.media.is_dir():
            raise NothingDone(f"--media {at.media}: no such folder. Nothing was sent.")
        return with_media(task, found, at.media)
    if not run.media_root:
        return found
    kept = Path(run.media_root)
    if at.data is None or found.root is None:
        return dataclasses.replace(found, root=kept, roots=())
    return dataclasses.replace(found, roots=(*(found.roots or (found.root,)), kept))


def with_own_evidence(found: DataFile, run: Run, at: Whereabouts, *, near: Path | None, copied: bool) -> DataFile:
    """Without the file of the judge's evidence, where a stranger may have chosen it: its digest is no part of a run.

    It stays where the user named it, in the run's own folder, beside a task's file, and where a shipped task names it.
    """
    file = found.joined
    if file is None or not found.evidence_sha256 or at.names(file) or is_own(file, near):
        return found
    task_file = Path(run.task_file)
    beside = not leads_out(task_file.parent, file)
    if not copied and (beside or not leads_out(shipped.root() / "tasks", task_file)):
        return found
    return dataclasses.replace(found, joined=None, evidence_sha256="")

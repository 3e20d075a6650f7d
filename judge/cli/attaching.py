"""From options to what is sent beside the text: which senses in which form, and the files they need."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from judge import senses
from judge.cli.providing import cache_folder
from judge.cli.terminal import warn
from judge.datafile import DataFile, unopened
from judge.definitions import Task
from judge.errors import NothingDone, UsageError, nearest
from judge.media.crew import Crew
from judge.media.orders import Bounds
from judge.media.sending import Sender, unopenable
from judge.media.shelf import Shelf
from judge.records import Sample
from providers.forms import vendor_of
from providers.records import Form, Info

MOST_NAMED = 20
REFUSED = ("missing", "outside", "not_a_file")
"""Kinds that stop a run before it begins; any other fault of a file is its own sample's."""
FORMS: tuple[Form, ...] = ("text", "image", "frames", "audio", "video", "video+sound")


def modalities_of(given: str | None, task: Task) -> tuple[str, ...]:
    """--modalities, in the task's order."""
    wanted = tuple(name.strip() for name in given.split(",")) if given is not None else task.modalities
    for name in wanted:
        if name not in task.modalities:
            known = ", ".join(task.modalities)
            hint = nearest(name, task.modalities)
            raise UsageError(f"--modalities {given}: {task.name} has {known}, not {name}{hint}")
    return tuple(name for name in task.modalities if name in wanted)


def forms_of(given: str | None) -> tuple[Form, ...] | None:
    """--accepts."""
    if given is None:
        return None
    names = [name.strip() for name in given.split(",")]
    for name in names:
        if name not in FORMS:
            raise UsageError(f"--accepts {given}: {name!r} is none of {', '.join(FORMS)}{nearest(name, FORMS)}")
    return tuple(form for form in FORMS if form in names)


def refuse_lost(info: Info) -> None:
    """--accepts may not name what LiteLLM drops on the way."""
    vendor = vendor_of(info.model) if info.identity.startswith("hosted") else None
    lost = [form for form in info.accepts if vendor is not None and form in vendor.loses]
    if lost:
        raise NothingDone(f"LiteLLM would leave {' and '.join(lost)} out on the way to {info.model}: not in --accepts")


def settle(
    task: Task, wanted: Sequence[str], *, info: Info, settings: dict[str, str], asked: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """The form of each sense; where a task's own wish for whole clips cannot be met they become frames."""
    if "text" in task.modalities and "text" not in wanted and not task.media.words:
        raise UsageError(f"{task.name} does not say which of its fields are words, so text cannot be taken away")
    whole = settings.get("media") == "whole"
    takes = {"video", "video+sound"} & set(info.accepts)
    if whole and not takes and "video" in wanted and "media" not in dict(asked):
        warn(f"{info.model} takes no whole clips: they are sent as frames")
        settings["media"] = "frames"
        whole = False
    return senses.decide(task, wanted, info=info, whole=whole)


def check_files(
    files: Sequence[tuple[Sample, str, str]], root: Path | None, total: int, *, archives: Sequence[Path] = ()
) -> None:
    """Every file can be opened; raises NothingDone that names all which cannot, and archives that may hold them."""
    if not files:
        return
    if root is None:
        raise NothingDone("this task's files lie in no known folder: give it with --media DIR. Nothing was sent.")
    wrong = {path: error for path, error in unopenable(root, files, Bounds()).items() if error.kind in REFUSED}
    if not wrong:
        return
    samples = {sample.id for sample, _, path in files if path in wrong}
    gone = [path for path, error in wrong.items() if error.kind == "missing"]
    shown = ", ".join(gone[:MOST_NAMED]) + (f" and {len(gone) - MOST_NAMED} more" if len(gone) > MOST_NAMED else "")
    clips = len({path for _, _, path in files})
    are = "is" if len(gone) == 1 else "are"
    count = f"({len(samples)} of {total} items)"
    parts = [f"{len(gone)} of {clips} clips {are} missing below {root}/ {count}: {shown}."] if gone else []
    parts += [f"{error.message}." for error in wrong.values() if error.kind != "missing"][:MOST_NAMED]
    mend = "Give their folder with --media DIR, or leave them out with --modalities text." if gone else ""
    mend = f"{unopened(archives)}. {mend}" if gone and archives else mend
    raise NothingDone(" ".join(part for part in [*parts, mend, "Nothing was sent."] if part))


@contextlib.contextmanager
def sender(
    task: Task, chosen: senses.Senses, *, data: DataFile, cache: str | None, workers: int | None = None
) -> Iterator[Sender]:
    """What makes the attachments; what it makes is kept below the cache folder, or for this run only."""
    folder = cache_folder(cache, os.environ)
    root = data.media or data.root or Path()
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(_own_folder()))
        _try(folder / "media")
        yield Sender(task, chosen, root=root, shelf=Shelf(folder / "media"), crew=Crew(workers=workers))


def _own_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="judge-media-")
    except OSError as error:
        text = f"decoded media can be kept nowhere for this run: {error.strerror or error}. Give --cache DIR"
        raise NothingDone(f"{text}. Nothing was sent.") from error


def _try(folder: Path) -> None:
    """It can be written; found out before anything is sent."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        text = f"decoded media cannot be kept in {folder}: {error.strerror}. Give another --cache, or off"
        raise NothingDone(f"{text}. Nothing was sent.") from error

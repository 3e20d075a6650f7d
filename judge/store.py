"""A run's folder: run.json, answers.jsonl, verdicts.jsonl, scores.jsonl, summary.json.

One append and one fsync per batch of lines; files that are replaced are replaced whole. A torn last line is
cut off (a copy is kept); damage in the middle is named by its line and refused (judge.lines).
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from judge.errors import Fault, Locked, ResultsError
from judge.lines import LONGEST_LINE, read_lines, record_of
from judge.records import Answer, Key, Run, Verdict
from judge.regular import NotRegular, read_regular
from providers.records import dump_json


class CannotWrite(ResultsError):
    """The disk is full, the folder is read-only, or a file stands in the way."""


class NotWritable(Locked):
    """The folder cannot be used at all, which is known before anything is asked."""


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(Fault(str(path), None, "", f"could not be written: {_why(error)}")) from error


def _why(error: OSError) -> str:
    return "it is a link" if error.errno == errno.ELOOP else error.strerror or str(error)


def _open_own(path: Path, flags: int) -> int:
    """A file of ours to write: no link to another one, and no pipe, which would be waited for."""
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode) or stat.S_ISCHR(mode):
        return handle
    os.close(handle)
    raise NotRegular(errno.EINVAL, "is no regular file")


def make_folder(path: Path) -> None:
    """Make a folder and those above it."""
    with _writing(path):
        _made(path)


def _made(path: Path) -> None:
    """With an entry in its parent that a power cut does not take away."""
    if not path.is_dir():
        _made(path.parent)
        path.mkdir(exist_ok=True)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step: a reader sees the old one or the new one."""
    with _writing(path):
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)  # of a killed process with our number, or a stranger's
            with os.fdopen(_open_own(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


PIECE = 2**26
"""Bytes that are made ready at once."""


class Appender:
    """Appends JSON lines to one file; what `append` returned from is on disk."""

    def __init__(self, path: Path) -> None:
        """Cut off a torn last line first, so that two records can never fuse."""
        self.path = path
        with _writing(path):
            repair(path)
            new = not path.exists()
            self._handle = _open_own(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            if new:
                _sync_folder(path.parent)

    def append(self, records: Iterable[BaseModel]) -> None:
        """All the records and one fsync; where not all of them can be written, none is, and CannotWrite is raised."""
        with _writing(self.path):
            before = os.fstat(self._handle).st_size
            try:
                for piece in _pieces(records):
                    _write_all(self._handle, piece)
                os.fsync(self._handle)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._handle, before)
                raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


def _pieces(records: Iterable[BaseModel]) -> Iterator[bytes]:
    """The lines of the records, in pieces of a bounded size: a run may be larger than the memory."""
    lines: list[bytes] = []
    held = 0
    for record in records:
        lines.append(dump_json(record) + b"\n")
        held += len(lines[-1])
        if held >= PIECE:
            yield b"".join(lines)
            lines, held = [], 0
    if lines:
        yield b"".join(lines)


def _write_all(handle: int, data: bytes) -> None:
    """Write until nothing is left: the kernel takes 2 GiB at most at once, and may take less."""
    rest = memoryview(data)
    while rest:
        written = os.write(handle, rest)
        if written == 0:
            raise OSError(errno.ENOSPC, "the disk took only part of a line: no space left")
        rest = rest[written:]


def repair(path: Path) -> bool:
    """Cut a last line without its end off; the torn piece is kept beside the file. True if there was one."""
    if not path.exists():
        return False
    with os.fdopen(_open_own(path, os.O_RDWR), "rb+") as file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        if size == 0:
            return False
        keep = _end_of_last_line(file, size)
        if keep == size:
            return False
        if size - keep > LONGEST_LINE:
            raise NotRegular(errno.EFBIG, "its last line is longer than any of ours")
        file.seek(keep)
        torn = file.read()
        aside = path.with_name(path.name + ".torn")
        with os.fdopen(_open_own(aside, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as backup:
            backup.write(torn + b"\n")
        file.truncate(keep)
        os.fsync(file.fileno())
    return True


def _end_of_last_line(file: Any, size: int) -> int:
    position = size
    while position > 0:
        step = min(65536, position)
        file.seek(position - step)
        found = file.read(step).rfind(b"\n")
        if found >= 0:
            return int(position - step + found + 1)
        position -= step
    return 0


@dataclasses.dataclass(frozen=True, slots=True)
class Folder:
    """The paths of one run."""

    path: Path

    def remove(self) -> None:
        """Take away, by its writer, what a run that came to nothing has left; any other file keeps the folder."""
        with contextlib.suppress(OSError):
            for path in (self.answers_file, self.run_file, self.path / ".lock"):
                path.unlink(missing_ok=True)
            self.path.rmdir()

    @property
    def run_file(self) -> Path:
        """What was asked of whom."""
        return self.path / "run.json"

    @property
    def answers_file(self) -> Path:
        """Raw replies, one answer per line."""
        return self.path / "answers.jsonl"

    @property
    def verdicts_file(self) -> Path:
        """What judges said."""
        return self.path / "verdicts.jsonl"

    @property
    def scores_file(self) -> Path:
        """One number per line."""
        return self.path / "scores.jsonl"

    @property
    def summary_file(self) -> Path:
        """Estimates and problems."""
        return self.path / "summary.json"

    def read_run(self) -> Run:
        """run.json; raises ResultsError where it is missing, damaged or newer."""
        try:
            raw = read_regular(self.run_file, LONGEST_LINE, follow=False)
        except OSError as error:
            raise ResultsError(Fault(str(self.path), None, "", f"is not a run: run.json: {_why(error)}")) from error
        return record_of(self.run_file, raw, Run, number=None)

    def write_run(self, run: Run) -> None:
        """Replace run.json."""
        write_whole(self.run_file, json.dumps(run.model_dump(mode="json"), indent=1, ensure_ascii=True) + "\n")

    def read_answers(self) -> dict[Key, Answer]:
        """The last answer of each key, with an answer always before an error."""
        latest: dict[Key, Answer] = {}
        for answer in read_lines(self.answers_file, Answer):
            if answer.status == "error" and latest.get(answer.key, answer).status != "error":
                continue
            latest[answer.key] = answer
        return latest

    def read_verdicts(self) -> list[Verdict]:
        """All verdicts, oldest first."""
        return read_lines(self.verdicts_file, Verdict)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and be its only writer; the second is told who holds it."""
    path = folder / ".lock"
    try:
        _made(folder)
        handle = _open_own(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        text = f"cannot be made or written: {_why(error)}. Nothing was asked; give another --out."
        raise NotWritable(Fault(str(path if path.is_symlink() else folder), None, "", text)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 200).decode("ascii", "replace").strip() or "another process"
            text = f"{folder} is being written by {holder}. Wait, or give another --out."
            raise Locked(text) from error
        with _writing(path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} (since {time.strftime('%H:%M')})".encode(), 0)
        yield
    finally:
        os.close(handle)


def runs_below(path: Path) -> list[Folder]:
    """Every run's folder at or below a path, sorted by name.

    Hidden folders are passed over, and so is what lies below a file called .judgeignore (unless named itself).
    """
    if (path / "run.json").is_file():
        return [Folder(path)]
    if not path.is_dir():
        raise ResultsError(Fault(str(path), None, "", "no such folder"))
    ignored = [file.parent for file in path.rglob(".judgeignore") if file.parent != path]
    found = [
        Folder(file.parent)
        for file in path.rglob("run.json")
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
        and not any(file.is_relative_to(folder) for folder in ignored)
    ]
    return sorted(found, key=lambda folder: str(folder.path))

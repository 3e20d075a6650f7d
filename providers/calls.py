"""Which calls are on their way, across processes: who asks for a key, and what a killed process had sent.

Locks go when their process goes, whatever ended it; the log of a dead one is taken over. No replies are kept here.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import struct
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from providers.errors import CacheUnusable, ProviderError
from providers.records import Info, Provider, Reply, Request
from providers.tables import cause_of, made, open_lock, refuse_moved

_OPEN_FILE_LOCK = struct.Struct("@hhqqi4x")  # struct flock of Linux on 64 bits
_LOG_NAME = re.compile(r"[0-9a-f]{32}\.log")
BETWEEN_LOOKS = 0.2
SHORT_LOG = 2**20
LARGEST_LOG = 2**26


class Lost(NamedTuple):
    """Calls for one key that no reply of ours came of."""

    calls: int = 0
    free: int = 0
    """Of them, those that ended with an error that nobody is charged for."""

    @property
    def doubtful(self) -> int:
        """Those that may have been charged."""
        return max(0, self.calls - self.free)


def read_log(lines: Iterable[str]) -> dict[str, Lost]:
    """What a log leaves open: + sent, - ended for nothing, 0 reached nobody, = settled, c carried over."""
    found: dict[str, Lost] = {}
    for line in lines:
        mark, _, rest = line.rstrip("\n").partition(" ")
        key, *counts = rest.split(" ")
        if len(key) != 64:
            continue  # torn by a kill
        calls, free = found.get(key, Lost())
        if mark == "+":
            found[key] = Lost(calls + 1, free)
        elif mark == "-":
            found[key] = Lost(calls, free + 1)
        elif mark == "0":
            found[key] = Lost(max(0, calls - 1), free)
        elif mark == "=":
            found.pop(key, None)
        elif mark == "c" and len(counts) == 2 and all(count.isdigit() and len(count) < 7 for count in counts):
            found[key] = Lost(calls + int(counts[0]), free + int(counts[1]))
    return found


class Calls:
    """One process's part in a cache that several use."""

    def __init__(self, folder: Path) -> None:
        """Nothing is opened before the first call."""
        self._folder = folder / "calls"
        self._keys: int | None = None
        self._log: int | None = None
        self._path = Path()
        self._looked = 0.0
        self._lost: dict[str, Lost] = {}
        self._open: dict[str, Lost] = {}
        """What this process's own log leaves open, carried entries included."""

    def take(self, key: str) -> bool:
        """Be the one who asks for this key; False while another process does."""
        with self._telling():
            if self._keys is None:
                self._keys = open_lock(self._own_folder() / "keys.lock")
            refuse_moved(self._keys)
            return _lock(self._keys, _place(key))

    def give(self, key: str) -> None:
        """Let others ask for it."""
        if self._keys is not None:
            _lock(self._keys, _place(key), release=True)

    def look_again(self) -> None:
        """Take over what a process left that died since; several times a second at most."""
        if self._log is not None and (now := time.monotonic()) - self._looked > BETWEEN_LOOKS:
            self._looked = now
            self.take_over()

    def take_over(self) -> None:
        """What processes that are gone left open is ours to know now."""
        with self._telling():
            there = sorted(self._folder.iterdir())
        for path in there:
            if path != self._path and _LOG_NAME.fullmatch(path.name):
                self._take_over(path)

    def _take_over(self, path: Path) -> None:
        with contextlib.suppress(OSError), _dead(path) as handle:
            if handle is None or os.fstat(handle).st_size > LARGEST_LOG:
                return
            with os.fdopen(os.dup(handle), encoding="ascii", errors="replace") as file:
                found = read_log(file)
            for key, lost in found.items():
                self._write(f"c {key} {lost.calls} {lost.free}\n")
                self._lost[key] = _sum(self._lost.get(key), lost)
                self._open[key] = _sum(self._open.get(key), lost)
            path.unlink(missing_ok=True)

    def sent(self, key: str) -> None:
        """Said before each attempt leaves."""
        self._open[key] = _sum(self._open.get(key), Lost(1, 0))
        self._write(f"+ {key}\n")

    def ended(self, key: str) -> None:
        """The last attempt ended with an error that costs nothing."""
        self._open[key] = _sum(self._open.get(key), Lost(0, 1))
        self._write(f"- {key}\n")

    def unsent(self, key: str) -> None:
        """The last attempt reached no server: none stands in its count."""
        self._open[key] = _sum(self._open.get(key), Lost(-1, 0))
        self._write(f"0 {key}\n")

    def lost(self, key: str) -> Lost:
        """The calls for this key that earlier processes made in vain."""
        return self._lost.get(key, Lost())

    def settled(self, key: str) -> None:
        """All calls for this key are accounted for, in a stored reply or in an error that is told."""
        self._lost.pop(key, None)
        if self._open.pop(key, None) is not None:
            self._write(f"= {key}\n")
        if self._log is not None and not self._open and os.fstat(self._log).st_size > SHORT_LOG:
            os.ftruncate(self._log, 0)  # nothing in it is open

    def _write(self, line: str) -> None:
        """One write, not synced: it outlives a kill, and after a power cut only the count of calls is short."""
        with self._telling():
            if self._keys is not None:
                refuse_moved(self._keys)
            if self._log is None:
                self._log, self._path = _own_log(self._own_folder())
                self.take_over()
            refuse_moved(self._log)
            data = line.encode("ascii")
            if os.write(self._log, data) < len(data):
                raise OSError(errno.ENOSPC, "no space left for the log of calls")

    def _own_folder(self) -> Path:
        """Never by a link, which would lead to other files of the user's."""
        if self._folder.is_symlink():
            raise OSError(errno.ELOOP, "it is a link", str(self._folder))
        if not self._folder.parent.is_dir():  # the cache is made when it is opened; made here, it would hide a loss
            raise OSError(errno.ESTALE, "it was deleted while it was in use")
        return made(self._folder)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """What cannot be noted is not sent."""
        try:
            yield
        except OSError as error:
            cause = cause_of(error, used=self._folder.parent)
            text = f"the cache {self._folder} could not be written: {cause.what}. No new calls are made; {cause.mend}"
            raise CacheUnusable(text, kind="cache_write") from error

    def close(self) -> None:
        """Leave the log where something in it is open, for the next process."""
        if self._log is not None:
            if not self._open:
                with contextlib.suppress(OSError):  # the next process finds it, and nothing in it
                    self._path.unlink(missing_ok=True)
            os.close(self._log)
            self._log = None
        if self._keys is not None:
            os.close(self._keys)
            self._keys = None


class Noted:
    """A backend each of whose attempts stands in the log before it is sent."""

    def __init__(self, inner: Provider, calls: Calls) -> None:
        """The innermost wrapper: what passes here goes out."""
        self.inner = inner
        self.info: Info = inner.info
        self._calls = calls

    async def generate(self, request: Request) -> Reply:
        """One attempt; one that is cut off stays open in the log, for it may have been charged."""
        self._calls.sent(request.key)
        try:
            return await self.inner.generate(request)
        except ProviderError as error:
            if error.unsent:
                self._calls.unsent(request.key)
            elif not error.maybe_billed:
                self._calls.ended(request.key)
            raise

    async def close(self) -> None:
        """Close the backend; the log is the cache's to close."""
        await self.inner.close()


def _sum(one: Lost | None, other: Lost) -> Lost:
    return other if one is None else Lost(one.calls + other.calls, one.free + other.free)


def _place(key: str) -> int:
    return int(key[:15], 16)


def _lock(handle: int, place: int, *, release: bool = False) -> bool:
    """Lock one byte, which need not exist; False where another open file holds it."""
    try:
        if sys.platform == "linux":
            kind = fcntl.F_UNLCK if release else fcntl.F_WRLCK
            fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _OPEN_FILE_LOCK.pack(kind, os.SEEK_SET, place, 1, 0))
        else:
            fcntl.lockf(handle, fcntl.LOCK_UN if release else fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _own_log(folder: Path) -> tuple[int, Path]:
    """A log that is locked for as long as this process lives, by which others see that it does."""
    while True:
        path = folder / f"{uuid.uuid4().hex}.log"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                return handle, path
        os.close(handle)  # another process took it for a dead one's in that moment


@contextlib.contextmanager
def _dead(path: Path) -> Iterator[int | None]:
    """The log of a process that is gone, locked; None where it lives, or another has taken it."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield handle if os.fstat(handle).st_nlink else None
    finally:
        os.close(handle)

"""One lock, held across processes, around each commit to the cache's databases and the checkpoint that may follow it.

SQLite before 3.51.3 (but 3.50.7 and 3.44.6) can damage a database with a write-ahead log when two connections write or
checkpoint at the same moment (sqlite.org/wal.html, "The WAL-Reset Bug"). Python brings the library with it, and two
processes may have two versions: the lock is therefore taken with every version.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from providers.tables import WAIT_SECONDS, open_lock

NAME = "commit.lock"
_FIRST_LOOK, _LONGEST_LOOK = 0.0005, 0.005
"""Seconds between two tries: about what one commit takes."""
_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""The first release without the fault in each line that was mended; 3.44 and 3.50 are older lines."""


def is_affected(version: tuple[int, ...]) -> bool:
    """Whether a SQLite of this version (as sqlite3.sqlite_version_info) can damage a log that two write at once."""
    return not any(version[:2] == fixed[:2] and version >= fixed for fixed in _FIXED) and version < _FIXED[-1]


class CommitLock:
    """One connection's part in the lock of a cache folder; each has its own, those of one process too."""

    def __init__(self, folder: Path) -> None:
        """Open the lock's file in `folder`; raises OSError. Nothing is locked yet."""
        self._handle = open_lock(folder / NAME)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Alone; raises sqlite3.OperationalError where another process holds it for longer than SQLite would wait."""
        self._take()
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _take(self) -> None:
        end, pause = time.monotonic() + WAIT_SECONDS, _FIRST_LOOK
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    text = f"another process has been writing for {WAIT_SECONDS:.0f} seconds ({NAME})"
                    raise sqlite3.OperationalError(text) from None
                time.sleep(pause)
                pause = min(_LONGEST_LOOK, pause * 2)
            else:
                return

    def close(self) -> None:
        """Close the lock's file."""
        os.close(self._handle)

    def end(self, *connections: sqlite3.Connection) -> None:
        """Close connections, the last of which checkpoints, and the lock's file."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(sqlite3.OperationalError):  # it is closed all the same
                stack.enter_context(self.held())
            for connection in connections:
                connection.close()
        self.close()


@contextlib.contextmanager
def commit_lock(folder: Path) -> Iterator[None]:
    """The same for one piece of work; raises OSError, and sqlite3.OperationalError as CommitLock.held does."""
    lock = CommitLock(folder)
    try:
        with lock.held():
            yield
    finally:
        lock.close()

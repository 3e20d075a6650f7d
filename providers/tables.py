"""Opens an SQLite file of ours: WAL, synchronous=FULL, and nothing in it but our own tables.

A file from a stranger may hold views, triggers or tables that would act when ours are used: it is refused.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from providers.errors import CacheUnusable

LONGEST_VALUE = 2**26
"""Bytes of one value or statement; a larger one in a file is damage or malice."""
WAIT_SECONDS = 30.0
_AT_ONCE = 8
"""More than the files of one connection: the database, its log, the log's index, its folder."""


def connect(path: Path, check: Callable[[sqlite3.Connection], None] | None = None) -> sqlite3.Connection:
    """One connection that trusts nothing in the file; nothing is written before `check` has passed it."""
    if path.is_symlink():  # it would be written to wherever the link leads
        raise CacheUnusable(f"{path} is a link: give the folder that it leads to by --cache", kind="cache")
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        for setting in ("trusted_schema=OFF", "cell_size_check=ON"):
            connection.execute(f"PRAGMA {setting}")
        if check is not None:
            check(connection)
        for setting in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {setting}")
    except (sqlite3.Error, CacheUnusable):
        connection.close()
        raise
    return connection


def version_of(connection: sqlite3.Connection, *, known: int, shown: str) -> int:
    """The file's schema version; raises where it is newer than `known`."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > known:
        raise CacheUnusable(
            f"{shown} is of a newer version (schema {version}, this one reads {known}): update, or give another "
            "--cache",
            kind="cache",
        )
    return version


def foreign_parts(connection: sqlite3.Connection, ours: Collection[str]) -> list[str]:
    """What the file holds that no release of ours makes; `ours` are the statements that do. Reads the schema only.

    A trigger could keep a writer busy for ever, a computed column could fill the memory.
    """
    known = {_plain(statement) for statement in ours}
    return [
        f"{kind} {name!s:.40}"
        for kind, name, statement in connection.execute("SELECT type, name, sql FROM sqlite_master")
        if not (statement is None and kind == "index") and _plain(str(statement)) not in known
    ]


def refuse_foreign(connection: sqlite3.Connection, *, ours: Collection[str], shown: str) -> None:
    """Raise where the file holds anything that no release of ours makes."""
    found = foreign_parts(connection, ours)
    if found:
        raise CacheUnusable(f"{shown} holds what is not ours ({found[0]}): not used", kind="cache")


def _plain(statement: str) -> str:
    return " ".join(statement.replace("IF NOT EXISTS ", "").replace("(", " ( ").replace(")", " ) ").split())


def made(folder: Path) -> Path:
    """The folder, made and known to its parent on disk, so that a power cut cannot take it away."""
    if not folder.is_dir():
        made(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)
    return folder


class Cause(NamedTuple):
    """Why a cache cannot be used, in the user's words."""

    what: str
    mend: str


def cause_of(error: Exception, *, used: Path | None = None) -> Cause:
    """What is behind an error of the system or of SQLite, which calls too many open files a file it cannot open.

    `used` is the cache's folder, where it was open already.
    """
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EMFILE, errno.ENFILE) or (_cannot_open(error) and _files_are_short()):
        return Cause("too many files are open", "allow more (ulimit -n 4096), or lower --concurrency")
    if used is not None and not used.exists():
        return Cause("its folder is gone: it was deleted while it was in use", "run the same line again")
    if used is not None and number in (errno.ESTALE, errno.ENOENT):
        return Cause("it was deleted or replaced while it was in use", "run the same line again")
    what = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return Cause(what, "free some space, or give another --cache")


def _cannot_open(error: Exception) -> bool:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF == sqlite3.SQLITE_CANTOPEN


def _files_are_short() -> bool:
    """By now; what SQLite had opened in vain it has closed again."""
    try:
        require_files()
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


def require_files() -> None:
    """Raise OSError where this process cannot open as many files as one database or one event loop takes."""
    opened: list[int] = []
    try:
        opened.extend(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC) for _ in range(_AT_ONCE))
    finally:
        for handle in opened:
            os.close(handle)


def refuse_moved(handle: int) -> None:
    """Raise OSError where the open file has no name any more: what is written to it nobody finds again."""
    if os.fstat(handle).st_nlink == 0:
        raise OSError(errno.ESTALE, "it was deleted while it was in use")


def sync(path: Path) -> None:
    """A file or a folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_lock(path: Path) -> int:
    """A descriptor to lock by; never through a link that a stranger left."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process is inside."""
    handle = open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def in_use_lock(folder: Path) -> Path:
    """Held (shared) by every process that has the cache open, and (alone) by one that repairs it."""
    return folder / "in-use.lock"


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """True where no other process has the cache open, and none can open it meanwhile."""
    handle = open_lock(in_use_lock(folder))
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def hold(folder: Path) -> int:
    """Have the cache open, together with others; raises while one process has it alone."""
    handle = open_lock(in_use_lock(folder))
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        text = f"the cache {folder} is being repaired or pruned by another process. Wait, or give another --cache"
        raise CacheUnusable(text, kind="cache") from error
    return handle

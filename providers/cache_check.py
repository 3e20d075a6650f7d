"""Says what is in a cache folder and what is wrong with it; opens everything to read only and changes nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from pydantic import ValidationError

from providers import batch_jobs
from providers.cache import SCHEMA, checksum
from providers.cache_pages import Found, Pages, rows
from providers.cache_schema import BATCHES, REPLIES, is_empty, strange_parts
from providers.records import Reply, load_json

_MAGIC = b"SQLite format 3\0"
_IMPLAUSIBLE = 1000
"""No version of this project: a damaged number."""
MOST_NAMED = 5
_CAREFULLY = os.O_NONBLOCK | os.O_NOFOLLOW
"""What lies in a stranger's folder may be a pipe that never opens, or a link to elsewhere."""
_SHARED_FIRST, _SHARED_BYTES = 0x40000002, 510


@dataclasses.dataclass(slots=True, kw_only=True)
class Checked:
    """One database of the cache."""

    path: Path
    rows: int = 0
    keys: set[str] = dataclasses.field(default_factory=set)
    """Of the replies that are whole."""
    size: int = 0
    faults: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    left_alone: bool = False
    """Of a schema that this version does not know, or no file of ours: it is left alone."""


def in_use(folder: Path) -> str | None:
    """Who uses this folder, or None: who holds a lock in it, or has one of its databases open.

    Not for a process that has them open itself: its own locks are not seen, and looking lets go of them.
    """
    for path in sorted([*folder.glob("*.lock"), *folder.glob(".lock")]):
        with contextlib.suppress(OSError):
            said = _held(path)
            if said is not None:
                return said or f"another process ({path.name})"
    for name in (REPLIES, BATCHES):
        if _open_elsewhere(folder / name):
            return f"another process (it has {name} open)"
    return None


def _held(lock: Path) -> str | None:
    handle = os.open(lock, os.O_RDONLY | _CAREFULLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None
    except OSError:
        return os.read(handle, 200).decode("ascii", "replace").strip()
    finally:
        os.close(handle)


def _open_elsewhere(path: Path) -> bool:
    """SQLite holds these bytes as long as a database with a log is open."""
    try:
        handle = os.open(path, os.O_RDWR | _CAREFULLY)
    except OSError:
        return False
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_BYTES, _SHARED_FIRST)
        return False
    except OSError:
        return True
    finally:
        os.close(handle)


def read_only(path: Path) -> sqlite3.Connection:
    """The database, which is not written, with nothing in it trusted; raises sqlite3.Error where it cannot be read.

    Where nobody uses it and it has no log, not even SQLite's own files are made beside it.
    """
    quiet = not size_of(path.with_name(path.name + "-wal")) and not _open_elsewhere(path)
    address = f"{path.resolve().as_uri()}?mode=ro" + ("&immutable=1" if quiet else "")
    connection = sqlite3.connect(address, uri=True, timeout=30.0, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def check_replies(folder: Path) -> Checked | None:
    """The stored replies, every row by its checksum; None where there are none."""
    found = _twice(folder / REPLIES, SCHEMA)
    if found is not None and not found.left_alone and unfinished(folder) and in_use(folder) is None:
        found.faults.append("a repair of it was begun and not finished")
    return found


def unfinished(folder: Path) -> list[Path]:
    """New files of repairs that were killed: they hold what may have been moved aside already."""
    return sorted(folder.glob(f".mending-*/{REPLIES}"))


def check_batches(folder: Path) -> Checked | None:
    """The record of batch jobs; None where there is none."""
    return _twice(folder / BATCHES, batch_jobs.SCHEMA)


def _twice(path: Path, schema: int) -> Checked | None:
    """Once more where another process began to write while we looked: what was seen may be half of it."""
    found = _checked(path, schema)
    if found is not None and found.faults and _open_elsewhere(path):
        return _checked(path, schema)
    return found


def _checked(path: Path, schema: int) -> Checked | None:
    wal = path.with_name(path.name + "-wal")
    if not path.exists() and not wal.exists():
        return None
    found = Checked(path=path, size=size_of(path) + size_of(wal))
    linked = [item.name for item in (path, wal) if item.is_symlink()]
    if linked:
        found.faults.append(f"is a link, which may lead anywhere ({linked[0]}): it is left alone")
        found.left_alone = True
        return found
    if not path.is_file():
        found.faults.append("is not a file" if path.exists() else f"is gone, but its log is there ({wal.name})")
        return found
    if path.stat().st_size == 0:  # SQLite would delete the log of an empty file
        if size_of(wal):
            found.faults.append(f"is empty, but its log is not ({wal.name})")
        else:
            found.notes.append("holds nothing yet")
        return found
    with path.open("rb") as file:
        if file.read(16) != _MAGIC:
            found.faults.append("is not a SQLite database: its first bytes are damaged")
            return found
    try:
        with closing(read_only(path)) as connection:
            _look(connection, found, schema)
    except sqlite3.Error as error:
        found.faults.append(f"cannot be read: {error}")
    if size_of(wal) and path.name == REPLIES and not found.left_alone and not _open_elsewhere(path):
        _hidden(found)
    if size_of(wal) and in_use(path.parent) is None:
        found.notes.append(f"has a log of {size_of(wal) / 2**20:.1f} MiB that the next run takes in")
    return found


def size_of(path: Path) -> int:
    """Bytes, 0 where there is no such file."""
    return path.stat().st_size if path.is_file() else 0


def _look(connection: sqlite3.Connection, found: Checked, schema: int) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _IMPLAUSIBLE or version < 0:
        found.faults.append(f"says that it is of schema {version}: its header is damaged")
    elif version > schema:
        found.left_alone = True
        found.faults.append(f"was written by a newer version (schema {version}, this one reads {schema}): update")
        return
    if not own_schema(connection, found):
        return
    said = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MOST_NAMED})")]
    found.faults += [] if said == ["ok"] else [" ".join(line.split()) for line in said]
    if found.path.name == REPLIES:
        _every_row(connection, found)
    else:
        (found.rows,) = connection.execute("SELECT count(*) FROM jobs").fetchone()


def own_schema(connection: sqlite3.Connection, found: Checked) -> bool:
    """True where there is something in the file, and nothing but what this project makes."""
    wrong = strange_parts(connection, found.path.name)
    found.faults += [f"holds a {thing} that this program does not make" for thing in wrong[:MOST_NAMED]]
    if not wrong and is_empty(connection):
        found.notes.append("holds nothing yet")
        return False
    return not wrong


def _every_row(connection: sqlite3.Connection, found: Checked) -> None:
    wrong: list[int] = []
    strange: list[int] = []
    cursor = connection.execute("SELECT rowid, CAST(key AS BLOB), value, sum FROM replies")
    for rowid, raw_key, value, total in cursor:
        key = raw_key.decode("utf-8", "replace") if isinstance(raw_key, bytes) else ""
        if not isinstance(value, bytes) or checksum(key, value) != total:
            wrong.append(rowid)
            continue
        found.keys.add(key)
        try:
            load_json(Reply, value)
        except (ValidationError, ValueError):
            strange.append(rowid)
    found.rows = len(found.keys)
    if wrong:
        found.faults.append(f"{_named(wrong)} not match the checksum")
    if strange:
        found.notes.append(f"{_named(strange)} not hold a reply of this version: not used")


def _hidden(found: Checked) -> None:
    """Whole replies that SQLite does not find."""
    with Pages(found.path) as pages:
        hidden = {row.key for row in rows(pages, Found())} - found.keys
    if hidden:
        found.faults.append(f"{len(hidden):,} whole replies lie in its log behind damage, where SQLite does not look")
        found.notes.clear()


def _named(rowids: list[int]) -> str:
    """3 rows (4, 17, 20) do."""
    named = ", ".join(map(str, rowids[:MOST_NAMED])) + (", ..." if len(rowids) > MOST_NAMED else "")
    return f"row {named} does" if len(rowids) == 1 else f"{len(rowids):,} rows ({named}) do"

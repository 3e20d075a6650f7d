"""Builds a damaged cache anew from every row that is whole; the old file stays beside it and nothing is deleted."""

from __future__ import annotations

import dataclasses
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from providers.batch_jobs import JobStore
from providers.cache import INSERT, ReplyStore
from providers.cache_check import in_use, read_only, unfinished
from providers.cache_pages import Found, Pages, rows
from providers.cache_schema import BATCHES, REPLIES
from providers.errors import CacheUnusable
from providers.tables import alone, sync

_JOBS = {
    "jobs": "label, vendor, model, owner, begun, creating, count, job, sure, ended",
    "asked": "key, label, struck",
    "foreign_jobs": "label, job",
}
_LABEL, _KEY = re.compile(r"judge-[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What became of one database."""

    kept: int
    lost: int
    """Rows that are known to have been there, and of which nothing whole is left."""
    aside: Path
    """Where the damaged file is now."""


def mend_replies(folder: Path) -> Mended:
    """replies.sqlite of all rows that match their checksum; raises CacheUnusable while another process uses it."""
    sources = [folder / REPLIES, *unfinished(folder)]
    with to_itself(folder), _beside(folder) as beside:
        ReplyStore(beside).close()
        for lock in beside.glob("*.lock"):
            lock.unlink()
        found, keys = Found(), dict[str, int]()
        with closing(sqlite3.connect(beside / REPLIES, isolation_level=None)) as new:
            new.execute("PRAGMA synchronous=FULL")
            new.execute("BEGIN")
            for source in sources:
                with Pages(source) as pages:
                    _copy(pages, new, found, keys=keys, older=frozenset(keys))
            new.execute("COMMIT")
            new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        gone = (found.known | found.broken) - set(keys)
        lost = sum(_KEY.fullmatch(key) is not None for key in gone)  # what was read amid a page may be no key at all
        aside = _swap(beside / REPLIES, folder / REPLIES)
    for source in sources[1:]:
        shutil.rmtree(source.parent, ignore_errors=True)
    return Mended(kept=len(keys), lost=_believable(lost, found, len(keys)), aside=aside)


def _copy(pages: Pages, new: sqlite3.Connection, found: Found, *, keys: dict[str, int], older: frozenset[str]) -> None:
    """Every whole row whose key is not there yet, or only by an older row of this same file."""
    for row in rows(pages, found):
        if row.key not in older and keys.get(row.key, -1) <= row.rowid:
            keys[row.key] = row.rowid
            new.execute(INSERT, (row.key, row.value, row.sum, row.at, row.owner))


def _believable(lost: int, found: Found, kept: int) -> int:
    """A flipped bit in a key of the index makes a key that never was."""
    return min(lost, max(len(found.known) - kept, len(found.broken), 0))


def mend_batches(folder: Path) -> Mended:
    """batches.sqlite of all rows that can be read and have their form."""
    kept = 0
    with to_itself(folder), _beside(folder) as beside:
        JobStore(beside).close()
        with closing(sqlite3.connect(beside / BATCHES, isolation_level=None)) as new:
            for table, names in _JOBS.items():
                found = {row for row in _readable(folder / BATCHES, table, names=names) if _plausible(table, row)}
                marks = ", ".join("?" * len(names.split(", ")))
                new.executemany(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", sorted(found, key=repr))  # noqa: S608
                kept += len(found) if table == "jobs" else 0
            new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        aside = _swap(beside / BATCHES, folder / BATCHES)
    return Mended(kept=kept, lost=0, aside=aside)


def _readable(path: Path, table: str, *, names: str) -> Iterator[tuple[object, ...]]:
    """Rows from the front up to the damage, and from the back."""
    for order in ("", " DESC"):
        try:
            with closing(read_only(path)) as old:
                for row in old.execute(f"SELECT {names} FROM {table} ORDER BY label{order}"):  # noqa: S608
                    yield tuple(row)
                return
        except sqlite3.Error:
            continue


def _plausible(table: str, row: tuple[object, ...]) -> bool:
    if table == "asked":
        return bool(_KEY.fullmatch(str(row[0])) and _LABEL.fullmatch(str(row[1])) and row[2] in (0, 1))
    if table == "jobs":
        return bool(_LABEL.fullmatch(str(row[0]))) and isinstance(row[4], float) and isinstance(row[6], int)
    return bool(_LABEL.fullmatch(str(row[0])))


@contextmanager
def to_itself(folder: Path) -> Iterator[None]:
    """No other process has the cache open or can open it meanwhile; raises CacheUnusable with who uses it."""
    holder = in_use(folder)
    with alone(folder) as mine:
        if holder is not None or not mine:
            who = holder or "another process"
            raise CacheUnusable(f"the cache {folder} is in use by {who}: wait until it is done", kind="cache")
        yield


class _beside(tempfile.TemporaryDirectory[str]):  # noqa: N801  used as a function
    """A folder for the new file, on the same disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(prefix=".mending-", dir=folder)

    def __enter__(self) -> Path:  # type: ignore[override]
        return Path(super().__enter__())


def _swap(new: Path, old: Path) -> Path:
    """Put the new file in the old one's place; at no moment is there none, and the old log never meets the new file."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = old.with_name(f"{old.name}.damaged-{stamp}")
    serial = 1
    while aside.exists():
        serial += 1
        aside = old.with_name(f"{old.name}.damaged-{stamp}-{serial}")
    if old.exists():
        try:
            aside.hardlink_to(old)
        except OSError:
            shutil.copy2(old, aside)
    log, log_aside = (path.with_name(path.name + "-wal") for path in (old, aside))
    if log.exists() and log.stat().st_size:
        log.replace(log_aside)
    log.unlink(missing_ok=True)
    old.with_name(old.name + "-shm").unlink(missing_ok=True)  # an index of the log, without anything of its own
    sync(new)
    new.replace(old)
    sync(old.parent)
    return aside if aside.exists() else log_aside

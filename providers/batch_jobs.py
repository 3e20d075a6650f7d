"""The durable record of batch jobs in SQLite (WAL, synchronous=FULL): an intent is on disk before a job is created.

A key that stands here unstruck has been sent, or may have been: it is never sent again, but attached to its job.
It keeps no replies: those lie at the vendor until the cache has them.
"""

from __future__ import annotations

import dataclasses
import fcntl
import os
import sqlite3
import time
import uuid
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from providers.commit_lock import CommitLock
from providers.errors import CacheUnusable
from providers.tables import connect, made, one_at_a_time, refuse_foreign, version_of

SCHEMA = 1
KEPT = 29 * 86_400.0
"""Seconds after which no vendor keeps results any more: an older job is forgotten."""
_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (label TEXT PRIMARY KEY, vendor TEXT NOT NULL, model TEXT NOT NULL,
    owner TEXT NOT NULL, begun REAL NOT NULL, creating REAL, count INTEGER NOT NULL DEFAULT 0,
    job TEXT, sure INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS asked (key TEXT NOT NULL, label TEXT NOT NULL, struck INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (key, label)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS asked_by_label ON asked (label);
CREATE TABLE IF NOT EXISTS foreign_jobs (label TEXT NOT NULL, job TEXT NOT NULL);
"""
TABLES = tuple(statement.strip() for statement in _TABLES.split(";") if statement.strip())
_COLUMNS = "label, vendor, model, owner, begun, creating, count, job, sure, ended"
_OPEN = "SELECT asked.label FROM asked JOIN jobs USING (label) WHERE key = ? AND struck = 0 AND begun > ?"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One batch, from the intent to send it on."""

    label: str
    vendor: str
    model: str
    owner: str
    begun: float
    creating: float | None
    """Wall clock just before the vendor was asked to create it; None: it never was."""
    count: int
    job: str | None
    """The vendor's id; None: not yet created, or not yet known."""
    sure: bool
    """False where the id was only guessed, by time and size."""
    ended: bool


class JobStore:
    """The SQLite file, shared by processes; each holds a lock by which the others see that it lives."""

    def __init__(self, folder: Path) -> None:
        """Open or create `folder`/batches.sqlite."""
        self.folder = folder
        self.path = folder / "batches.sqlite"
        self.owner = uuid.uuid4().hex
        self.sending: set[str] = set()
        """Labels that this process is about to create."""
        try:
            with one_at_a_time(made(folder) / "opening.lock"):
                self._commits = CommitLock(folder)
                with self._commits.held():
                    self._connection = self._connect()
            self._lock = self._held_lock()
            for path in folder.glob("batches-*.lock"):
                _unlink_if_dead(path)
            self._clear_files()
        except (OSError, sqlite3.Error) as error:
            text = f"the record of batches {self.path} cannot be used: {error}. Nothing was asked"
            raise CacheUnusable(text, kind="cache") from error

    def _lock_of(self, owner: str) -> Path:
        return self.folder / f"batches-{owner}.lock"

    def _held_lock(self) -> int:
        """The lock by which others see that we live; anew where a neighbour has cleared the file before it was held."""
        path = self._lock_of(self.owner)
        while True:
            lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists() and path.stat().st_ino == os.fstat(lock).st_ino:
                return lock
            os.close(lock)

    def _connect(self) -> sqlite3.Connection:
        shown = f"the record of batches {self.path}"

        def check(connection: sqlite3.Connection) -> None:
            version_of(connection, known=SCHEMA, shown=shown)
            refuse_foreign(connection, ours=TABLES, shown=shown)

        connection = connect(self.path, check)
        try:
            if version_of(connection, known=SCHEMA, shown=shown) < SCHEMA:
                connection.executescript(_TABLES)
                connection.execute(f"PRAGMA user_version={SCHEMA}")
            old = "DELETE FROM asked WHERE label IN (SELECT label FROM jobs WHERE begun < ?)"
            connection.execute(old, (time.time() - KEPT,))
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable once it is left."""
        connection = self._connection
        try:
            with self._commits.held():
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            text = f"the record of batches {self.path} could not be written: {error}"
            raise CacheUnusable(text, kind="cache_write") from error

    def file_of(self, label: str) -> Path:
        """Where the batch's body is written before it is sent."""
        return self.folder / f"batch-{label}.jsonl"

    def _clear_files(self) -> None:
        """Bodies (prompts, media) that a killed process left: who sends one has its row, and holds its lock."""
        for path in self.folder.glob("batch-judge-*.jsonl"):
            job = self.job(path.stem.removeprefix("batch-"))
            if job is None or job.ended or not self.alive(job):
                path.unlink(missing_ok=True)

    def begin(self, vendor: str, model: str, *, keys: Sequence[str]) -> tuple[str, dict[str, str]]:
        """Commit the intent to send those keys that no other unfinished job holds; its label, and who holds the rest.

        The label is "" where all keys are held.
        """
        label, now = f"judge-{uuid.uuid4().hex}", time.time()
        held: dict[str, str] = {}
        with self._writing() as connection:
            for key in keys:
                row = connection.execute(_OPEN, (key, now - KEPT)).fetchone()
                if row is not None:
                    held[key] = row[0]
            free = [key for key in keys if key not in held]
            if free:
                row_of_job = (label, vendor, model, self.owner, now, len(free))
                connection.execute(
                    "INSERT INTO jobs (label, vendor, model, owner, begun, count) VALUES (?, ?, ?, ?, ?, ?)", row_of_job
                )
                connection.executemany("INSERT INTO asked (key, label) VALUES (?, ?)", [(key, label) for key in free])
        return (label if free else ""), held

    def creating(self, label: str, count: int) -> None:
        """From here on the job may exist at the vendor, with so many requests in it."""
        with self._writing() as connection:
            connection.execute("UPDATE jobs SET creating = ?, count = ? WHERE label = ?", (time.time(), count, label))

    def created(self, label: str, job: str, *, sure: bool) -> None:
        """The vendor's id is known."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET job = ?, sure = ? WHERE label = ? AND job IS NULL", (job, int(sure), label)
            )

    def proven(self, label: str) -> None:
        """A guessed id was right."""
        with self._writing() as connection:
            connection.execute("UPDATE jobs SET sure = 1 WHERE label = ?", (label,))

    def disproven(self, label: str, job: str) -> None:
        """A guessed id was another's."""
        with self._writing() as connection:
            connection.execute("INSERT INTO foreign_jobs VALUES (?, ?)", (label, job))
            connection.execute("UPDATE jobs SET job = NULL WHERE label = ? AND job = ? AND sure = 0", (label, job))

    def withdraw(self, label: str) -> None:
        """Forget an intent of which nothing came: its keys are free."""
        with self._writing() as connection:
            connection.execute("DELETE FROM jobs WHERE label = ? AND job IS NULL", (label,))
            gone = (
                "DELETE FROM asked WHERE label = ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.label = asked.label)"
            )
            connection.execute(gone, (label,))
        self.file_of(label).unlink(missing_ok=True)

    def end(self, label: str) -> None:
        """The vendor is done with it; its results can still be fetched."""
        with self._writing() as connection:
            connection.execute("UPDATE jobs SET ended = 1 WHERE label = ?", (label,))

    def strike(self, keys: Iterable[str], label: str | None = None) -> None:
        """These keys are done with, in that job or in all: asked again, they are sent again."""
        keys = list(keys)
        if not keys:
            return
        with self._writing() as connection:
            if label is None:
                connection.executemany("UPDATE asked SET struck = 1 WHERE key = ?", [(key,) for key in keys])
            else:
                rows = [(key, label) for key in keys]
                connection.executemany("UPDATE asked SET struck = 1 WHERE key = ? AND label = ?", rows)

    def label_of(self, key: str) -> str | None:
        """The unfinished job in which a key stands."""
        row = self._read(_OPEN, (key, time.time() - KEPT))
        return str(row[0][0]) if row else None

    def job(self, label: str) -> Job | None:
        """What is known of a job; None once it was withdrawn."""
        rows = self._read(f"SELECT {_COLUMNS} FROM jobs WHERE label = ?", (label,))  # noqa: S608  no outside text
        return _job(rows[0]) if rows else None

    def keys_of(self, label: str) -> frozenset[str]:
        """All keys of a job, struck ones too."""
        return frozenset(str(row[0]) for row in self._read("SELECT key FROM asked WHERE label = ?", (label,)))

    def others(self, label: str) -> frozenset[str]:
        """Ids of jobs that cannot be this one."""
        query = "SELECT job FROM jobs WHERE job IS NOT NULL UNION SELECT job FROM foreign_jobs WHERE label = ?"
        return frozenset(str(row[0]) for row in self._read(query, (label,)))

    def running(self, labels: Container[str]) -> list[str]:
        """Ids of those of these jobs that go on at the vendor, the oldest first."""
        query = (
            "SELECT job, label FROM jobs WHERE ended = 0 AND job IS NOT NULL AND begun > ? "
            "AND EXISTS (SELECT 1 FROM asked WHERE asked.label = jobs.label AND struck = 0) ORDER BY begun"
        )
        return [str(job) for job, label in self._read(query, (time.time() - KEPT,)) if label in labels]

    def _read(self, query: str, values: tuple[str | float, ...]) -> list[tuple[str, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            text = f"the record of batches {self.path} cannot be read: {error}"
            raise CacheUnusable(text, kind="cache") from error

    def alive(self, job: Job) -> bool:
        """True while whoever wrote the intent is still at it."""
        if job.owner == self.owner:
            return job.label in self.sending
        return not _unlink_if_dead(self._lock_of(job.owner))

    def close(self) -> None:
        """Let go of the file and of the lock."""
        self._commits.end(self._connection)
        self._lock_of(self.owner).unlink(missing_ok=True)
        os.close(self._lock)


def _unlink_if_dead(path: Path) -> bool:
    """True where no process holds this lock any more; its file is then gone."""
    try:
        lock = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    except OSError:  # too many open files, another user's: not known to be dead, and its jobs are paid for
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _job(row: Sequence[object]) -> Job:
    label, vendor, model, owner, begun, creating, count, job, sure, ended = row
    return Job(
        label=str(label),
        vendor=str(vendor),
        model=str(model),
        owner=str(owner),
        begun=float(str(begun)),
        creating=None if creating is None else float(str(creating)),
        count=int(str(count)),
        job=None if job is None else str(job),
        sure=bool(sure),
        ended=bool(ended),
    )

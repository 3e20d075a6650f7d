"""Request.key -> Reply in SQLite (WAL, synchronous=FULL): a reply is on disk before anybody sees it.

Commits are grouped in one writer thread; each row carries a checksum over key and value, and a row that
does not match it is a miss, never an answer.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import queue
import shlex
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from providers.calls import Calls
from providers.commit_lock import CommitLock
from providers.errors import CacheUnusable
from providers.records import Reply, dump_json, load_json
from providers.tables import cause_of, connect, hold, made, one_at_a_time, refuse_foreign, version_of

SCHEMA = 2
"""1 had no `at` and no `owner`."""
FIRST_TABLE = "CREATE TABLE replies (key TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL)"
TABLE = FIRST_TABLE.removesuffix(")") + ", at REAL, owner TEXT)"
COLUMNS = ("at REAL", "owner TEXT")
_SELECT = "SELECT value, sum, CAST(owner AS BLOB) FROM replies WHERE key = ?"
INSERT = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)"


def checksum(key: str, value: bytes) -> bytes:
    """The sha256 over key and value, so that a value under another key is noticed too."""
    return hashlib.sha256(key.encode() + b"\0" + value).digest()


def owner_mark(owner: str) -> str:
    """Who paid, as it is stored: a short digest, whatever is in the name; empty for nobody in particular."""
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32] if owner else ""


class Waiting(NamedTuple):
    """A reply on its way to the disk."""

    row: tuple[str, bytes, bytes, float, str]
    done: Future[None]


class Stored(NamedTuple):
    """A reply, and for whom it was paid."""

    reply: Reply
    owner: str
    """As `owner_mark` says it."""


class ReplyStore:
    """The SQLite file; reads happen in the caller's thread, writes in one thread of its own."""

    def __init__(self, folder: Path) -> None:
        """Open or create `folder`/replies.sqlite."""
        self.path = folder / "replies.sqlite"
        self.failure: CacheUnusable | None = None
        """Why nothing can be kept any more: from then on nothing is asked either."""
        self.damaged = 0
        try:
            self._hold = hold(made(folder))
            with contextlib.ExitStack() as undone:
                undone.callback(os.close, self._hold)
                self._commits = CommitLock(folder)
                undone.callback(self._commits.close)
                self._reader, self._connection = self._opened(folder)
                undone.pop_all()
            self._file = self.path.stat()
        except sqlite3.DatabaseError as error:
            raise CacheUnusable(self._mend(error), kind="cache") from error
        except OSError as error:
            raise CacheUnusable(self._unusable(error), kind="cache") from error
        self.calls = Calls(folder)
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_loop, name="cache-writer", daemon=True)
        self._writer.start()

    def _mend(self, error: sqlite3.Error) -> str:
        if isinstance(error, sqlite3.OperationalError):  # a matter of the disk or of rights, not of what is in it
            return self._unusable(error)
        command = f"python -m judge doctor --deep --cache {shlex.quote(str(self.path.parent))} --repair"
        return f"the cache {self.path} is damaged ({error}). To mend it:  {command}"

    def _unusable(self, error: Exception) -> str:
        cause = cause_of(error)
        mend = "give another --cache, or off" if "--cache" in cause.mend else cause.mend
        return f"the cache {self.path} cannot be used: {cause.what}. Nothing was asked; {mend}"

    def _opened(self, folder: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        """The reader's and the writer's connection, once the file is known to be ours and of this version."""
        with one_at_a_time(folder / "opening.lock"), self._commits.held():  # else one finds another's half-made file
            reader = connect(self.path, self._check)
            try:
                if version_of(reader, known=SCHEMA, shown="") < SCHEMA:
                    _upgrade(reader)
                return reader, connect(self.path)
            except (sqlite3.Error, CacheUnusable):
                reader.close()
                raise

    def _check(self, connection: sqlite3.Connection) -> None:
        version_of(connection, known=SCHEMA, shown=f"the cache {self.path}")
        refuse_foreign(connection, ours=(FIRST_TABLE, TABLE), shown=f"the cache {self.path}")

    def get(self, key: str) -> Reply | None:
        """The stored reply, or None; a damaged row counts in `damaged` and is a miss."""
        found = self.find(key)
        return found.reply if found is not None else None

    def find(self, key: str) -> Stored | None:
        """The same, with who paid for it."""
        try:
            row = self._reader.execute(_SELECT, (key,)).fetchone()
        except sqlite3.DatabaseError as error:  # no miss: what is paid for may well be there
            raise CacheUnusable(self._mend(error), kind="cache") from error
        if row is None:
            return None
        try:
            if checksum(key, row[0]) == row[1]:
                return Stored(load_json(Reply, row[0]), (row[2] or b"").decode("ascii", "replace"))
        except (ValidationError, TypeError, ValueError):
            pass
        self.damaged += 1
        return None

    def put(self, key: str, reply: Reply, owner: str = "") -> Future[None]:
        """A future that is done once the reply is committed."""
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # who waits may give up; the write goes on, and may still say how it ended
        value = dump_json(reply)
        self._waiting.put(Waiting((key, value, checksum(key, value), time.time(), owner_mark(owner)), done))
        return done

    def _write_loop(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            ended = False
            while not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    ended = True
                    break
                batch.append(item)
            self._commit(batch)
            if ended:
                break

    def _commit(self, batch: list[Waiting]) -> None:
        try:
            with self._commits.held(), self._transaction():
                self._connection.executemany(INSERT, [item.row for item in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is: who waits for this thread must hear of it
            cause = cause_of(error, used=self.path.parent)
            text = f"the cache {self.path} could not be written: {cause.what}. No new calls are made; {cause.mend}"
            again = "" if "again" in cause.mend else ", then run the same line again"
            self.failure = CacheUnusable(text + again, kind="cache_write")
            for item in batch:
                item.done.set_exception(self.failure)
            return
        for item in batch:
            item.done.set_result(None)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._refuse_replaced()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except Exception:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    def _refuse_replaced(self) -> None:
        """SQLite writes on into a file that was deleted, where nobody finds the reply again."""
        try:
            same = os.path.samestat(self.path.stat(), self._file)
        except FileNotFoundError:
            same = False
        if not same:
            raise OSError(errno.ESTALE, "it was deleted or replaced while it was in use")

    def close(self) -> None:
        """Write what waits, then close."""
        self._waiting.put(None)
        self._writer.join()
        self._commits.end(self._connection, self._reader)
        self.calls.close()
        os.close(self._hold)


def _upgrade(connection: sqlite3.Connection) -> None:
    """Make the table, or add what schema 1 did not have."""
    connection.execute("BEGIN IMMEDIATE")
    there = {row[1] for row in connection.execute("PRAGMA table_info(replies)")}
    if not there:
        connection.execute(TABLE)
    for column in COLUMNS if there else ():
        if column.partition(" ")[0] not in there:
            connection.execute(f"ALTER TABLE replies ADD COLUMN {column}")
    connection.execute(f"PRAGMA user_version={SCHEMA}")
    connection.execute("COMMIT")

"""Request.key -> Reply in SQLite (WAL, synchronous=FULL): a reply is on disk before anybody sees it.

Commits are grouped in one writer thread; each row carries a checksum over key and value, and a row that
does not match it is a miss, never an answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from pydantic import ValidationError

from providers.errors import CacheUnusable, Halt, Permanent
from providers.records import Info, Jobs, Provider, Reply, Request, Settles, dump_json, load_json

SCHEMA = 1
_TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL)"
_INSERT = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?)"


def checksum(key: str, value: bytes) -> bytes:
    """The sha256 over key and value, so that a value under another key is noticed too."""
    return hashlib.sha256(key.encode() + b"\0" + value).digest()


class ReplyStore:
    """The SQLite file; reads happen in the caller's thread, writes in one thread of its own."""

    def __init__(self, folder: Path) -> None:
        """Open or create `folder`/replies.sqlite."""
        self.path = folder / "replies.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._reader = self._connect()
            self._connection = self._prepared()
        except (OSError, sqlite3.Error) as error:
            text = f"the cache {self.path} cannot be used: {error}. Nothing was asked; give another --cache, or off"
            raise CacheUnusable(text, kind="cache") from error
        self.damaged = 0
        self._waiting: queue.SimpleQueue[tuple[str, bytes, Future[None]] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_loop, name="cache-writer", daemon=True)
        self._writer.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepared(self) -> sqlite3.Connection:
        """The writer's connection, once the file is known to be of this version and has its table."""
        try:
            self._check_schema()
            self._reader.execute(_TABLE)
            self._reader.execute(f"PRAGMA user_version={SCHEMA}")
            return self._connect()
        except (sqlite3.Error, CacheUnusable):
            self._reader.close()
            raise

    def get(self, key: str) -> Reply | None:
        """The stored reply, or None; a damaged row counts in `damaged` and is a miss."""
        try:
            row = self._reader.execute("SELECT value, sum FROM replies WHERE key = ?", (key,)).fetchone()
        except sqlite3.DatabaseError:
            self.damaged += 1
            return None
        if row is None:
            return None
        try:
            if checksum(key, row[0]) == row[1]:
                return load_json(Reply, row[0])
        except (ValidationError, TypeError, ValueError):
            pass
        self.damaged += 1
        return None

    def put(self, key: str, reply: Reply) -> Future[None]:
        """A future that is done once the reply is committed."""
        done: Future[None] = Future()
        self._waiting.put((key, dump_json(reply), done))
        return done

    def _check_schema(self) -> None:
        (version,) = self._reader.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            text = f"the cache {self.path} is of a newer version (schema {version}): update, or give another --cache"
            raise CacheUnusable(text, kind="cache")

    def _write_loop(self) -> None:
        connection = self._connection
        while (first := self._waiting.get()) is not None:
            batch = [first]
            ended = False
            while not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    ended = True
                    break
                batch.append(item)
            self._commit(connection, batch)
            if ended:
                break
        connection.close()

    def _commit(self, connection: sqlite3.Connection, batch: list[tuple[str, bytes, Future[None]]]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, [(key, value, checksum(key, value)) for key, value, _ in batch])
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            problem = CacheUnusable(f"the cache {self.path} could not be written: {error}", kind="cache_write")
            for _, _, done in batch:
                done.set_exception(problem)
            return
        for _, _, done in batch:
            done.set_result(None)

    def close(self) -> None:
        """Write what waits, then close."""
        self._waiting.put(None)
        self._writer.join()
        self._reader.close()


class Cached:
    """A provider that asks each distinct request once; the inner provider is built on the first miss."""

    def __init__(
        self, info: Info, build: Callable[[], Provider], store: ReplyStore | None, *, read: bool = True
    ) -> None:
        """With read=False a stored reply is not served, only replaced (to ask again on purpose).

        Without a store nothing is kept, and equal requests in flight still share one call.
        """
        self.info = info
        self.store = store
        self.inner: Provider | None = None
        self._build = build
        self._read = read
        self._flying: dict[str, asyncio.Task[Reply]] = {}
        self._building = asyncio.Lock()
        self._refused: Halt | None = None
        """Why the backend cannot be built: it is not tried again for each request."""

    async def generate(self, request: Request) -> Reply:
        """The stored reply, one that is on its way, or a new one that is committed before it is returned.

        A call that was begun goes on, and is stored, even if whoever asked for it no longer waits: it is paid for.
        Only closing the provider ends it.
        """
        key = request.key
        if self._read and self.store is not None and (stored := self.store.get(key)) is not None:
            return stored.model_copy(update={"cached": True})
        flight = self._flying.get(key)
        first = flight is None
        if flight is None:
            flight = asyncio.create_task(self._ask(key, request))
            self._flying[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        reply = await asyncio.shield(flight)
        return reply if first else reply.model_copy(update={"cached": True})

    def _landed(self, key: str, flight: asyncio.Task[Reply]) -> None:
        del self._flying[key]
        if not flight.cancelled():
            flight.exception()  # nobody may be waiting: then asyncio must not complain about it

    async def _ask(self, key: str, request: Request) -> Reply:
        reply = await (await self._opened()).generate(request)
        if self.store is not None:
            await asyncio.wrap_future(self.store.put(key, reply))
            if isinstance(self.inner, Settles):
                self.inner.settled(key)
        return reply

    async def _opened(self) -> Provider:
        """The backend, built once, in a thread: a model on this machine may take minutes to load."""
        async with self._building:
            if self._refused is not None:
                raise self._refused
            if self.inner is None:
                try:
                    self.inner = await asyncio.to_thread(self._build)
                except Permanent as error:  # no call at all can succeed
                    self._refused = Halt(error.message, model=error.model, kind=error.kind, cause=error)
                    raise self._refused from error
            return self.inner

    def running(self) -> list[str]:
        """Ids of the jobs that go on at the vendor."""
        return self.inner.running() if isinstance(self.inner, Jobs) else []

    async def let_go(self) -> None:
        """End what is in flight and close the backend, whose sockets belong to one event loop; it is built anew."""
        await self.land()
        if self.inner is not None:
            await self.inner.close()
            self.inner = None
        self._building = asyncio.Lock()  # the old one may belong to an event loop that ends

    async def land(self) -> None:
        """Cancel the calls that are still in flight."""
        flying = list(self._flying.values())
        for flight in flying:
            flight.cancel()
        await asyncio.gather(*flying, return_exceptions=True)

    async def close(self) -> None:
        """End what is still in flight, then close the backend, if one was built, and the file."""
        await self.let_go()
        if self.store is not None:
            self.store.close()

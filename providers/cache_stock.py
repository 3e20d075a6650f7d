"""What a cache keeps, what it cost, and which of it may go: read row by row, removed only when told to.

A reply that is removed has to be paid for again; decoded media are made again from their files.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import shutil
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from providers.cache import SCHEMA, checksum
from providers.cache_check import Checked, own_schema, read_only, size_of
from providers.cache_mend import to_itself
from providers.cache_schema import BATCHES, REPLIES
from providers.commit_lock import commit_lock
from providers.errors import CacheUnusable
from providers.tables import connect

DAY = 86_400.0
_BESIDE = 48
"""Bytes of a row besides its key, which stands in the index too, and its value."""


class Kept(NamedTuple):
    """One stored reply."""

    key: str
    size: int
    """Bytes of the row, about."""
    model: str
    """As the vendor named it."""
    cost: float | None
    at: float | None
    """When it was stored; None where the cache does not say."""
    reply: dict[str, Any]
    """The reply as JSON, where it was asked for."""


class Entry(NamedTuple):
    """One entry of decoded media."""

    path: Path
    size: int
    at: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to go: everything that is given narrows the choice."""

    older: float | None = None
    """Days."""
    models: tuple[str, ...] = ()
    media: bool = False
    """Decoded media only."""
    to: int | None = None
    """Bytes that may be left: no more goes than that takes, decoded media first, then the oldest replies."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Going:
    """What a wish comes to."""

    keys: list[str] = dataclasses.field(default_factory=list)
    cost: float = 0.0
    unpriced: int = 0
    size: int = 0
    media: list[Entry] = dataclasses.field(default_factory=list)

    def add(self, reply: Kept) -> None:
        """This reply is to go."""
        self.keys.append(reply.key)
        self.cost += reply.cost or 0.0
        self.unpriced += reply.cost is None
        self.size += reply.size


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[sqlite3.Connection, bool]]:
    """The database, known to hold nothing but ours, and whether its rows have a time."""
    path = folder / REPLIES
    try:
        with closing(read_only(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            looked = Checked(path=path)
            if version > SCHEMA:
                looked.faults.append(f"is of a newer version (schema {version}): update")
            elif not own_schema(connection, looked) and not looked.faults:
                raise CacheUnusable(f"the cache {path} holds nothing yet", kind="cache")
            if looked.faults:
                raise CacheUnusable(f"the cache {path} {looked.faults[0]}", kind="cache")
            yield connection, "at" in [row[1] for row in connection.execute("PRAGMA table_info(replies)")]
    except sqlite3.Error as error:
        look = f"python -m judge doctor --deep --cache {shlex.quote(str(folder))}"
        text = f"the cache {path} cannot be read: {error}. See:  {look}"
        raise CacheUnusable(text, kind="cache") from error


def kept(folder: Path, *, whole: bool = False) -> Iterator[Kept]:
    """Every stored reply that matches its checksum, the oldest first; raises CacheUnusable.

    Without `whole` the replies themselves are left out: a cache may be larger than the memory.
    """
    with _opened(folder) as (connection, dated):
        order = "at, rowid" if dated else "rowid"
        query = f"SELECT key, value, sum{', at' if dated else ''} FROM replies ORDER BY {order}"  # noqa: S608
        for key, value, total, *at in connection.execute(query):
            if not isinstance(value, bytes) or not isinstance(key, str) or checksum(key, value) != total:
                continue
            try:
                reply = json.loads(value)
                model, cost = str(reply["model"]), reply["usage"]["cost"]
                paid = float(cost) if cost is not None else None
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            size = 2 * len(key) + len(value) + _BESIDE
            yield Kept(key, size, model, paid, at[0] if at and at[0] else None, reply if whole else {})


def exported(folder: Path, *, models: Collection[str] = (), keys: Collection[str] | None = None) -> Iterator[bytes]:
    """Replies as lines of JSON that a person can read."""
    for item in kept(folder, whole=True):
        if (keys is None or item.key in keys) and (not models or item.model in models):
            yield json.dumps({"key": item.key, "reply": item.reply}, ensure_ascii=True).encode("ascii") + b"\n"


def media(folder: Path) -> list[Entry]:
    """Every entry of decoded media, the oldest first."""
    places = [place for place in (folder / "media").glob("??/*") if place.is_dir()]
    found = [Entry(place, size_below(place), place.stat().st_mtime) for place in places]
    return sorted(found, key=lambda entry: (entry.at, str(entry.path)))


def size_below(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def parts(folder: Path) -> dict[str, int]:
    """Bytes by part, in the order in which they are shown; a part that is not there is left out."""
    found = {
        "replies": 0,
        "decoded media": size_below(folder / "media"),
        "batches": 0,
        "call ledger": 0,
        "set aside": 0,
    }
    found["call ledger"] = size_below(folder / "calls")
    for path in folder.iterdir():
        if not path.is_file():
            continue
        if ".damaged-" in path.name:
            found["set aside"] += size_of(path)
        elif path.name.startswith(REPLIES):
            found["replies"] += size_of(path)
        elif path.name.startswith((BATCHES, "batch")):
            found["batches"] += size_of(path)
    return {name: size for name, size in found.items() if size}


def choose(folder: Path, wish: Wish) -> Going:
    """What would go; raises CacheUnusable where replies have no dates and --older wants them."""
    going = Going()
    before = time.time() - (wish.older or 0.0) * DAY
    replies = list(kept(folder)) if not wish.media and size_of(folder / REPLIES) else []
    if wish.older is not None and any(reply.at is None for reply in replies):
        text = "the replies of this cache have no dates, so that --older cannot choose: use --model or --to"
        raise CacheUnusable(text, kind="usage")
    sizes = parts(folder)
    too_much = sum(sizes.values()) - wish.to if wish.to is not None else None
    for entry in media(folder) if not wish.models else []:
        if entry.at < before and (too_much is None or too_much > 0):
            going.media.append(entry)
            too_much = too_much - entry.size if too_much is not None else None
    room = sizes.get("replies", 0) / max(1, sum(reply.size for reply in replies))  # pages and index take room, too
    for reply in replies:
        fits = (reply.at or 0.0) < before and (not wish.models or reply.model in wish.models)
        if fits and (too_much is None or too_much > 0):
            going.add(reply)
            too_much = too_much - int(reply.size * room) if too_much is not None else None
    return going


def remove(folder: Path, going: Going) -> None:
    """Let it go, and give its room back; raises CacheUnusable while another process uses the cache."""
    with to_itself(folder):
        for entry in going.media:
            shutil.rmtree(entry.path, ignore_errors=True)
        if going.keys:
            _delete(folder / REPLIES, going.keys)


def _delete(path: Path, keys: Collection[str]) -> None:
    try:
        with commit_lock(path.parent), closing(connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("DELETE FROM replies WHERE key = ?", [(key,) for key in keys])
            connection.execute("COMMIT")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (OSError, sqlite3.Error) as error:
        raise CacheUnusable(f"the cache {path} could not be written: {error}", kind="cache_write") from error

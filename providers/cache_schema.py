"""The databases of a cache folder, and the statements by which any release of ours made them."""

from __future__ import annotations

import sqlite3

from providers.batch_jobs import TABLES
from providers.cache import FIRST_TABLE, TABLE
from providers.tables import foreign_parts

REPLIES, BATCHES = "replies.sqlite", "batches.sqlite"
_OURS = {REPLIES: (FIRST_TABLE, TABLE), BATCHES: TABLES}


def strange_parts(connection: sqlite3.Connection, name: str) -> list[str]:
    """What is in the file and was not made by this project; `name` is REPLIES or BATCHES."""
    return foreign_parts(connection, _OURS[name])


def is_empty(connection: sqlite3.Connection) -> bool:
    """True where no table was made yet."""
    (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(count == 0)

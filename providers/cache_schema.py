"""What a cache's databases are made of: a view, a trigger or another table in a stranger's file could do anything.

A trigger can keep the writer busy for ever, a column that is computed can fill the memory.
"""

from __future__ import annotations

import re
import sqlite3

REPLIES, BATCHES = "replies.sqlite", "batches.sqlite"
_OWN = {
    REPLIES: {("table", "replies"), ("index", "sqlite_autoindex_replies_1")},
    BATCHES: {
        ("table", "jobs"),
        ("table", "asked"),
        ("table", "foreign_jobs"),
        ("index", "asked_by_label"),
        ("index", "sqlite_autoindex_jobs_1"),
    },
}
_REPLIES = re.compile(
    r"CREATE TABLE \"?replies\"? ?\( ?key TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL"
    r"(, at REAL( NOT NULL)?( DEFAULT [\d.]+)?)? ?\)"
)
_COMPUTED = re.compile(r"\b(AS|GENERATED|CHECK|REFERENCES|COLLATE)\b|DEFAULT *\(", re.IGNORECASE)


def strange_parts(connection: sqlite3.Connection, name: str) -> list[str]:
    """What is in the file and was not made by this project; `name` is REPLIES or BATCHES. It reads the schema only."""
    own = _OWN[name]
    found = []
    for kind, called, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        text = " ".join(str(sql or "").split())
        if (kind, called) not in own:
            found.append(f"{kind} {called}")
        elif kind == "table" and not (_REPLIES.fullmatch(text) if name == REPLIES else not _COMPUTED.search(text)):
            found.append(f"table {called}")
    return found


def is_empty(connection: sqlite3.Connection) -> bool:
    """True where no table was made yet."""
    (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(count == 0)

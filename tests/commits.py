"""One process that fills a shared cache and forces a checkpoint with each commit: python commits.py FOLDER NAME ROUNDS.

Each round opens the cache, writes, looks for what it wrote, and closes it: whoever is the last checkpoints again.
"""

import sqlite3
import sys
from pathlib import Path

from providers.cache import ReplyStore
from providers.records import Reply

A_ROUND = 25
"""Replies; of lengths that take one page, and several."""


def text_of(name: str, number: int) -> str:
    return f"{name}-{number} " + "x" * (number * 97 % 9000)


def keys_of(name: str, rounds: int) -> list[str]:
    return [f"{name}-{number}" for number in range(rounds * A_ROUND)]


def fill(folder: Path, name: str, rounds: int) -> None:
    for one in range(rounds):
        store = ReplyStore(folder)
        with store._commits.held():
            store._connection.execute("PRAGMA wal_autocheckpoint=1")
        numbers = range(one * A_ROUND, (one + 1) * A_ROUND)
        for number in numbers:
            store.put(f"{name}-{number}", Reply(text=text_of(name, number))).result(60)
            if number % 5 == 0:
                with store._commits.held():
                    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for number in numbers:
            found = store.get(f"{name}-{number}")
            assert found is not None, f"{name}-{number} is gone"
            assert found.text == text_of(name, number)
        assert store.damaged == 0
        store.close()


def faults_of(folder: Path) -> list[str]:
    """What SQLite finds wrong with the database."""
    connection = sqlite3.connect(folder / "replies.sqlite")
    try:
        return [str(line) for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
    finally:
        connection.close()


if __name__ == "__main__":
    fill(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

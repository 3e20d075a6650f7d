"""Calls on their way: the right to ask, what a dead process had sent, and a folder that a stranger prepared."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from command import ROOT

from providers.cache import FIRST_TABLE, ReplyStore
from providers.calls import Calls, Lost, Noted, read_log
from providers.errors import CacheUnusable, Permanent, ProviderError, Transient
from providers.records import Info, Message, Reply, Request
from providers.single_flight import Cached

ONE, TWO = "a" * 64, "b" * 64
INFO = Info(name="s", identity="s", model="m", kind="local")
ASKED = Request(provider="s", model="m", messages=(Message(role="user", text="q"),))
DYING = """
import os, signal, sys; from pathlib import Path
from providers.calls import Calls
calls = Calls(Path(sys.argv[1]))
calls.take("a" * 64)
for mark in sys.argv[2]:
    {"+": calls.sent, "-": calls.ended, "=": calls.settled}[mark]("a" * 64)
os.kill(os.getpid(), signal.SIGKILL)
"""


def die(folder: Path, marks: str) -> None:
    subprocess.run([sys.executable, "-c", DYING, str(folder), marks], cwd=ROOT, check=False)


def found_by_the_next(folder: Path) -> Lost:
    calls = Calls(folder)
    calls.sent(TWO)  # the first call of a process is when it looks
    calls.settled(TWO)
    lost = calls.lost(ONE)
    calls.close()
    return lost


@pytest.mark.parametrize(
    ("marks", "lost", "doubtful"),
    [("+", Lost(1, 0), 1), ("+-+", Lost(2, 1), 1), ("+=", Lost(), 0), ("+-", Lost(1, 1), 0), ("++=+", Lost(1, 0), 1)],
)
def test_what_a_killed_process_had_sent_is_known_to_the_next(
    tmp_path: Path, marks: str, lost: Lost, doubtful: int
) -> None:
    die(tmp_path, marks)
    found = found_by_the_next(tmp_path)
    assert (found, found.doubtful) == (lost, doubtful)


def test_calls_that_are_never_asked_for_again_are_handed_on_from_process_to_process(tmp_path: Path) -> None:
    die(tmp_path, "+")
    for _ in range(3):
        assert found_by_the_next(tmp_path) == Lost(1, 0)
    assert len(list((tmp_path / "calls").glob("*.log"))) == 1
    die(tmp_path, "+")
    assert found_by_the_next(tmp_path) == Lost(2, 0)


def test_a_process_that_owes_nothing_leaves_no_log(tmp_path: Path) -> None:
    calls = Calls(tmp_path)
    calls.sent(ONE)
    calls.settled(ONE)
    calls.close()
    assert [path.name for path in (tmp_path / "calls").iterdir()] == []


def test_a_key_is_one_processs_until_it_is_given_back_or_its_process_is_gone(tmp_path: Path) -> None:
    first, second = Calls(tmp_path), Calls(tmp_path)
    assert first.take(ONE)
    assert not second.take(ONE)
    assert second.take(TWO), "another key is free"
    first.give(ONE)
    assert second.take(ONE)
    second.close()
    assert first.take(ONE)
    first.close()
    die(tmp_path, "")
    assert Calls(tmp_path).take(ONE)


def test_a_log_that_makes_no_sense_counts_nothing() -> None:
    lines = ["+ short\n", "? " + ONE, "c " + ONE + " x y\n", "c " + ONE + " 99999999 0\n", "\0\0\0", f"+ {TWO}", ""]
    assert read_log(lines) == {TWO: Lost(1, 0)}


def test_a_link_in_place_of_the_folder_is_refused_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    names = ["system.log", f"{'0' * 32}.log"]
    for name in names:
        (other / name).write_text("mine\n")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "calls").symlink_to(other)
    calls = Calls(tmp_path / "cache")
    with pytest.raises(CacheUnusable, match="is a link"):
        calls.take(ONE)
    with pytest.raises(CacheUnusable):
        calls.sent(ONE)
    assert sorted(path.name for path in other.iterdir()) == sorted(names)


def test_only_logs_of_ours_are_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    (tmp_path / "far").write_text(f"+ {ONE}\n")
    (folder / f"{'0' * 32}.log").symlink_to(tmp_path / "far")
    (folder / "notes.log").write_text(f"+ {ONE}\n")
    os.mkfifo(folder / f"{'1' * 32}.log")
    assert found_by_the_next(tmp_path) == Lost()
    assert (tmp_path / "far").exists()
    assert (folder / "notes.log").exists()


class Backend:
    """Fails as it is told, then answers."""

    def __init__(self, *failures: ProviderError) -> None:
        self.info = INFO
        self.failures = list(failures)

    async def generate(self, request: Request) -> Reply:
        if self.failures:
            raise self.failures.pop(0)
        return Reply(text="yes")

    async def close(self) -> None:
        pass


def test_a_reply_says_how_many_calls_died_with_their_process(tmp_path: Path) -> None:
    died = Calls(tmp_path)
    died.sent(ASKED.key)
    died.close()  # as if killed: nothing is settled
    with closing(ReplyStore(tmp_path)) as store:
        reply = asyncio.run(Cached(INFO, lambda: Noted(Backend(), store.calls), store).generate(ASKED))
        assert (reply.attempts, reply.doubtful) == (2, 1)
    with closing(ReplyStore(tmp_path)) as store:
        again = asyncio.run(Cached(INFO, lambda: Noted(Backend(), store.calls), store).generate(ASKED))
        assert (again.attempts, again.cached) == (2, True)


@pytest.mark.parametrize(
    ("failure", "open_calls"),
    [
        (Transient.of("reset", model="m", kind="connection", maybe_billed=True), Lost(1, 0)),
        (Transient.of("slow down", model="m", kind="rate_limit"), Lost(1, 1)),
        (Permanent("bad", model="m", kind="bad_request"), Lost(1, 1)),
    ],
)
def test_an_attempt_that_may_have_been_charged_stays_open_in_the_log(
    tmp_path: Path, failure: ProviderError, open_calls: Lost
) -> None:
    calls = Calls(tmp_path)
    with pytest.raises(ProviderError):
        asyncio.run(Noted(Backend(failure), calls).generate(ASKED))
    calls.close()
    (log,) = (tmp_path / "calls").glob("*.log")
    assert read_log(log.read_text().splitlines()) == {ASKED.key: open_calls}


def test_a_reply_is_its_owners_own_and_cached_to_all_others(tmp_path: Path) -> None:
    with closing(ReplyStore(tmp_path)) as store:
        cached = Cached(INFO, Backend, store)
        mine = ASKED.model_copy(update={"owner": "run 1"})
        assert not asyncio.run(cached.generate(mine)).cached
        assert not asyncio.run(cached.generate(mine)).cached, "as after a kill between commit and answer line"
        assert asyncio.run(cached.generate(ASKED.model_copy(update={"owner": "run 2"}))).cached
        assert asyncio.run(cached.generate(ASKED)).cached


def _made(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statements",
    [
        (FIRST_TABLE, "CREATE TRIGGER t AFTER INSERT ON replies BEGIN DELETE FROM replies; END"),
        ("CREATE TABLE other (key)", "CREATE VIEW replies AS SELECT key, key AS value, key AS sum FROM other"),
        (FIRST_TABLE.replace("value BLOB", "value BLOB DEFAULT (randomblob(9))"),),
        (FIRST_TABLE, "CREATE INDEX i ON replies (hex(value))"),
        ("CREATE TABLE secrets (key)",),
    ],
    ids=["trigger", "view", "another table of that name", "index", "another program's"],
)
def test_a_cache_that_holds_what_we_never_make_is_refused_and_left_alone(
    tmp_path: Path, statements: tuple[str, ...]
) -> None:
    _made(tmp_path / "replies.sqlite", *statements)
    before = (tmp_path / "replies.sqlite").read_bytes()
    with pytest.raises(CacheUnusable, match="not ours"):
        ReplyStore(tmp_path)
    with closing(sqlite3.connect(tmp_path / "replies.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    assert len((tmp_path / "replies.sqlite").read_bytes()) == len(before)


def test_a_cache_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "replies.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CacheUnusable, match="is a link"):
        ReplyStore(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_what_a_process_left_that_died_after_we_began_is_known_too(tmp_path: Path) -> None:
    ours = Calls(tmp_path)
    ours.sent(TWO)
    die(tmp_path, "+")
    ours.look_again()
    assert ours.lost(ONE) == Lost(1, 0)
    ours.close()


def test_a_reply_that_came_before_its_process_died_settles_its_calls(tmp_path: Path) -> None:
    died = Calls(tmp_path)
    died.sent(ASKED.key)
    died.close()
    with closing(ReplyStore(tmp_path)) as store:
        store.put(ASKED.key, Reply(text="yes")).result(10)
        store.calls.sent(TWO)
        store.calls.settled(TWO)
        assert asyncio.run(Cached(INFO, Backend, store).generate(ASKED)).text == "yes"
    assert list((tmp_path / "calls").glob("*.log")) == []


def test_an_owner_of_any_letters_is_kept_as_a_digest(tmp_path: Path) -> None:
    with closing(ReplyStore(tmp_path)) as store:
        mine = ASKED.model_copy(update={"owner": "run \ud83d 日本"})
        asyncio.run(Cached(INFO, Backend, store).generate(mine))
        assert not asyncio.run(Cached(INFO, Backend, store).generate(mine)).cached
        found = store.find(ASKED.key)
    assert found is not None
    assert len(found.owner) == 32

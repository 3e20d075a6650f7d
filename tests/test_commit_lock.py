"""One lock around each commit of the cache and its checkpoint, and which SQLite needs it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from command import ROOT, Command

from providers import commit_lock
from providers.batch_jobs import JobStore
from providers.cache import ReplyStore
from providers.cache_stock import _delete
from providers.commit_lock import NAME, CommitLock, is_affected
from providers.errors import CacheUnusable
from providers.records import Reply

# sqlite.org/wal.html, "The WAL-Reset Bug": in 3.7.0 to 3.51.2; mended in 3.51.3, and in 3.50.7 and 3.44.6
AFFECTED = ["3.7.0", "3.40.1", "3.43.2", "3.44.5", "3.45.0", "3.50.6", "3.51.0", "3.51.2"]
MENDED = ["3.44.6", "3.44.9", "3.50.7", "3.51.3", "3.52.0", "4.0.0"]
REPLY = Reply(text="joy")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.mark.parametrize("version", AFFECTED)
def test_a_release_with_the_fault_is_known(version: str) -> None:
    assert is_affected(numbers(version))


@pytest.mark.parametrize("version", MENDED)
def test_a_release_without_the_fault_is_known(version: str) -> None:
    assert not is_affected(numbers(version))


@pytest.mark.parametrize(("version", "said"), [("3.51.2", True), ("3.51.3", False)])
def test_doctor_names_the_version_and_says_whether_it_has_the_fault(
    judge: Command, monkeypatch: pytest.MonkeyPatch, version: str, said: bool
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version", version)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", numbers(version))
    (line,) = [line for line in judge("doctor").out.splitlines() if line.split()[:1] == ["sqlite"]]
    assert line.split()[1] == version
    assert ("can damage a log" in line) is said


def is_locked(folder: Path) -> bool:
    """Seen from another open file, as another process would."""
    handle = os.open(folder / NAME, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(handle)


def test_every_statement_that_writes_is_run_under_the_lock(tmp_path: Path) -> None:
    store, jobs = ReplyStore(tmp_path), JobStore(tmp_path)
    seen: list[tuple[str, bool]] = []
    for connection in (store._connection, jobs._connection):
        connection.set_trace_callback(lambda text: seen.append((text, is_locked(tmp_path))))
    store.put("a" * 64, REPLY).result(10)
    label, _ = jobs.begin("openai", "m", keys=["b" * 64])
    jobs.creating(label, 1)
    store.close()
    jobs.close()
    ran = [(text.split()[0], locked) for text, locked in seen if not text.startswith(("SELECT", "--"))]
    assert {word for word, _ in ran} == {"BEGIN", "INSERT", "UPDATE", "COMMIT"}
    assert [word for word, locked in ran if not locked] == []
    assert not is_locked(tmp_path)


def waits_for_the_lock(folder: Path, work: Callable[[], object]) -> None:
    """`work` is not done while another holds the lock, and is once it is free."""
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    other = CommitLock(folder)
    with other.held():
        thread = threading.Thread(target=run)
        thread.start()
        assert not done.wait(0.05)
    thread.join(10)
    assert done.is_set()
    other.close()


def test_the_last_close_which_checkpoints_waits_for_the_lock(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    store.put("a" * 64, REPLY).result(10)
    log = tmp_path / "replies.sqlite-wal"
    assert log.stat().st_size
    waits_for_the_lock(tmp_path, store.close)
    assert not log.exists()


def test_the_cache_is_opened_and_pruned_under_the_lock(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    store.put("a" * 64, REPLY).result(10)
    store.close()
    waits_for_the_lock(tmp_path, lambda: ReplyStore(tmp_path).close())
    waits_for_the_lock(tmp_path, lambda: _delete(tmp_path / "replies.sqlite", ["a" * 64]))
    store = ReplyStore(tmp_path)
    assert store.get("a" * 64) is None
    store.close()


def test_a_lock_that_is_never_let_go_ends_the_wait_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_lock, "WAIT_SECONDS", 0.02)
    store, other = ReplyStore(tmp_path), CommitLock(tmp_path)
    with other.held(), pytest.raises(CacheUnusable, match=rf"could not be written: another process .*{NAME}"):
        store.put("a" * 64, REPLY).result(10)
    assert store.failure is not None
    store.close()
    other.close()


def test_the_lock_of_a_process_that_was_killed_amid_a_commit_is_free(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from providers.commit_lock import CommitLock\n"
    code += "with CommitLock(Path(sys.argv[1])).held(): os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert not is_locked(tmp_path)


def test_a_commit_that_fails_lets_the_lock_go(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    store._connection.execute("PRAGMA query_only=ON")
    with pytest.raises(CacheUnusable, match="could not be written"):
        store.put("a" * 64, REPLY).result(10)
    assert not is_locked(tmp_path)
    store.close()

"""The durable record of batches: who holds a key, who lives, and what is forgotten."""

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.batch_jobs import KEPT, JobStore
from providers.errors import CacheUnusable


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    opened = JobStore(tmp_path)
    yield opened
    opened.close()


def begun(store: JobStore, *keys: str) -> str:
    label, _ = store.begin("openai", "openai/m", keys=keys)
    return label


def test_a_key_is_held_by_one_job_at_a_time(store: JobStore) -> None:
    first = begun(store, "a", "b")
    second, held = store.begin("openai", "openai/m", keys=["b", "c"])
    assert held == {"b": first}
    assert store.keys_of(second) == {"c"}
    assert store.begin("openai", "openai/m", keys=["a"]) == ("", {"a": first})


def test_a_struck_key_is_free_again(store: JobStore) -> None:
    first = begun(store, "a", "b")
    store.strike(["a"], first)
    assert (store.label_of("a"), store.label_of("b")) == (None, first)
    second = begun(store, "a")
    assert store.label_of("a") == second
    store.strike(["a", "b"])
    assert (store.label_of("a"), store.label_of("b")) == (None, None)
    assert store.keys_of(first) == {"a", "b"}, "what was sent is still known"


def test_only_an_intent_without_a_job_can_be_withdrawn(store: JobStore) -> None:
    label = begun(store, "a")
    store.created(label, "batch_1", sure=True)
    store.withdraw(label)
    assert store.label_of("a") == label
    other = begun(store, "b")
    store.file_of(other).write_text("{}")
    store.withdraw(other)
    assert (store.label_of("b"), store.job(other), store.file_of(other).exists()) == (None, None, False)


def test_an_id_is_learnt_once(store: JobStore) -> None:
    label = begun(store, "a")
    store.created(label, "batch_1", sure=False)
    store.created(label, "batch_2", sure=True)
    job = store.job(label)
    assert job is not None
    assert (job.job, job.sure) == ("batch_1", False)
    store.disproven(label, "batch_1")
    job = store.job(label)
    assert job is not None
    assert job.job is None
    assert store.others(label) == {"batch_1"}


def test_running_jobs_are_those_with_open_keys_that_have_not_ended(store: JobStore) -> None:
    labels = [begun(store, name) for name in "abcd"]
    for number, label in enumerate(labels[:3]):
        store.created(label, f"batch_{number}", sure=True)
    store.end(labels[0])
    store.strike(["b"])
    assert store.running(labels) == ["batch_2"]
    assert store.running(labels[:2]) == [], "others' are not named"


def test_what_is_older_than_any_vendor_keeps_is_forgotten(
    store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = begun(store, "a")
    store.created(label, "batch_1", sure=True)
    later = time.time() + KEPT + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert store.label_of("a") is None
    assert store.running([label]) == []
    again = JobStore(tmp_path)
    assert again.keys_of(label) == frozenset()
    again.close()


def test_a_process_lives_as_long_as_it_holds_its_lock(store: JobStore, tmp_path: Path) -> None:
    neighbour = JobStore(tmp_path)
    job = store.job(begun(neighbour, "a"))
    assert job is not None
    assert store.alive(job)
    os.close(neighbour._lock)  # as a kill does
    assert not store.alive(job)
    assert not (tmp_path / f"batches-{neighbour.owner}.lock").exists()
    neighbour._lock = os.open(os.devnull, os.O_RDONLY)
    neighbour.close()


def test_an_intent_of_this_process_lives_while_it_is_being_sent(store: JobStore) -> None:
    label = begun(store, "a")
    job = store.job(label)
    assert job is not None
    assert not store.alive(job)
    store.sending.add(label)
    assert store.alive(job)


def test_locks_of_dead_processes_are_cleared_and_those_of_the_living_are_not(store: JobStore, tmp_path: Path) -> None:
    (tmp_path / "batches-dead.lock").touch()
    other = JobStore(tmp_path)
    locks = {path.name for path in tmp_path.glob("batches-*.lock")}
    other.close()
    assert locks == {f"batches-{store.owner}.lock", f"batches-{other.owner}.lock"}


def test_bodies_of_dead_processes_are_cleared_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    alive, dead = JobStore(tmp_path), JobStore(tmp_path)
    sending, ended, killed = begun(alive, "a"), begun(alive, "b"), begun(dead, "c")
    alive.created(ended, "batch_1", sure=True)
    alive.end(ended)
    for label in (sending, ended, killed, "judge-unknown"):
        alive.file_of(label).write_text("{}")
    foreign = tmp_path / "batch-notes.jsonl"
    foreign.touch()
    os.close(dead._lock)  # as a kill does
    again = JobStore(tmp_path)
    assert set(tmp_path.glob("batch-*")) == {alive.file_of(sending), foreign}
    again.close()
    alive.close()
    dead._lock = os.open(os.devnull, os.O_RDONLY)
    dead.close()


def test_a_record_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "batches.sqlite")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(CacheUnusable, match="newer version"):
        JobStore(tmp_path)
    assert list(tmp_path.glob("batches-*.lock")) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CacheUnusable, match="cannot be used"):
        JobStore(tmp_path / "file" / "folder")


def test_commits_are_durable(store: JobStore) -> None:
    (synchronous,) = store._connection.execute("PRAGMA synchronous").fetchone()
    (journal,) = store._connection.execute("PRAGMA journal_mode").fetchone()
    assert (synchronous, journal) == (2, "wal")

"""A cache whose folder is deleted, or for which no more files can be opened: named, and never a reply kept nowhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import ROOT

from providers.batch_jobs import JobStore
from providers.cache import ReplyStore
from providers.errors import CacheUnusable
from providers.records import Reply

KEY, OTHER = "a" * 64, "b" * 64
REPLY = Reply(text="joy")
STEPS: dict[str, Callable[[ReplyStore], object]] = {
    "take": lambda store: store.calls.take(KEY),
    "sent": lambda store: store.calls.sent(KEY),
    "take another": lambda store: store.calls.take(OTHER),
    "look": lambda store: store.calls.take_over(),
    "put": lambda store: store.put(KEY, REPLY).result(10),
    "put again": lambda store: store.put(OTHER, REPLY).result(10),
}
"""What a run does with its cache, in order."""


@pytest.mark.parametrize("before", range(1, len(STEPS)))
def test_a_folder_deleted_amid_a_run_is_named_by_the_next_step_whichever_it_is(tmp_path: Path, before: int) -> None:
    steps = list(STEPS.values())
    store = ReplyStore(tmp_path / "cache")
    for step in steps[:before]:
        step(store)
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(CacheUnusable, match="could not be written: its folder is gone: it was deleted") as told:
        steps[before](store)
    assert told.value.message.endswith("run the same line again")
    assert (told.value.kind, "\n" in told.value.message) == ("cache_write", False)
    store.close()
    assert not (tmp_path / "cache").exists()


def test_after_the_loss_no_reply_passes_for_kept_and_nothing_more_is_asked(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path / "cache")
    shutil.rmtree(tmp_path / "cache")
    for key in (KEY, OTHER):
        with pytest.raises(CacheUnusable):
            store.put(key, REPLY).result(10)
    assert store.failure is not None
    store.close()


def test_a_folder_that_another_run_has_made_anew_is_not_written_by_the_old_one(tmp_path: Path) -> None:
    old = ReplyStore(tmp_path / "cache")
    old.calls.sent(KEY)
    shutil.rmtree(tmp_path / "cache")
    new = ReplyStore(tmp_path / "cache")
    with pytest.raises(CacheUnusable, match="deleted"):
        old.put(KEY, REPLY).result(10)
    with pytest.raises(CacheUnusable, match="deleted"):
        old.calls.sent(OTHER)
    new.put(KEY, REPLY).result(10)
    old.close()
    new.close()
    again = ReplyStore(tmp_path / "cache")
    assert again.get(KEY) == REPLY
    again.close()


def test_only_the_database_deleted_is_noticed_too(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    (tmp_path / "replies.sqlite").unlink()
    with pytest.raises(CacheUnusable, match="deleted or replaced while it was in use"):
        store.put(KEY, REPLY).result(10)
    store.close()


@pytest.mark.parametrize("what", ["a file in its place", "a file above it"])
def test_a_folder_that_never_was_is_not_said_to_be_deleted(tmp_path: Path, what: str) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" if what == "a file in its place" else tmp_path / "file" / "cache"
    with pytest.raises(CacheUnusable, match=r"cannot be used: .*give another --cache, or off") as told:
        ReplyStore(folder)
    assert "deleted" not in told.value.message


FEW_FILES = """
import os, resource, sys
from pathlib import Path
from providers.cache import ReplyStore
from providers.errors import CacheUnusable
from providers.records import Reply

def count():
    return len(os.listdir("/proc/self/fd"))

def work(folder):
    store = ReplyStore(folder)
    try:
        store.calls.take("a" * 64)
        store.calls.sent("a" * 64)
        store.put("a" * 64, Reply(text="joy")).result(10)
        store.calls.settled("a" * 64)
        assert store.get("a" * 64) is not None
    finally:
        store.close()

root, most = Path(sys.argv[1]), resource.getrlimit(resource.RLIMIT_NOFILE)[1]
work(root / "warm")  # what is imported late is there now
before, told, ended = count(), 0, 0
for more in range(0, 20, 2):
    resource.setrlimit(resource.RLIMIT_NOFILE, (before - 1 + more, most))
    try:
        work(root / str(more))
        ended += 1
    except CacheUnusable as error:
        assert "too many files are open" in error.message, error.message
        assert "ulimit -n" in error.message and chr(10) not in error.message
        told += 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    assert count() == before, f"{more}: {count()} files are open, {before} were"
    work(root / str(more))  # the same folder serves again
print("told", told, "ended", ended)
"""


def test_too_few_files_are_named_at_every_limit_and_none_is_left_open(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("open files are counted in /proc")
    command = [sys.executable, "-c", FEW_FILES, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    out = done.stdout
    assert out.startswith("told "), done.stderr
    told, ended = int(out.split()[1]), int(out.split()[3])
    assert told >= 3, "the limit was met at each file"
    assert ended >= 3, "and was wide enough at last"


def test_a_lock_that_cannot_be_looked_at_is_not_taken_for_a_dead_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a live process's jobs, which are paid for, would be sent again."""
    living, other = JobStore(tmp_path), JobStore(tmp_path)
    label, _ = living.begin("openai", "m", keys=[KEY])
    job = other.job(label)
    assert job is not None

    def short(*_: object) -> int:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("providers.batch_jobs.os.open", short)
        assert other.alive(job)
    living.close()
    other.close()

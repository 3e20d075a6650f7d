"""Processes that commit to one cache and force checkpoints all the while: nothing is lost, nothing is damaged.

SQLite before 3.51.3 can damage a log that two write or checkpoint at once; commits are locked against it.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import commits
from command import ROOT, environment
from figures import Figure, keep, size

from providers.cache import ReplyStore

PROCESSES, ROUNDS = size(3, 8), size(2, 60)


def test_processes_that_commit_and_checkpoint_at_once_damage_and_lose_nothing(tmp_path: Path) -> None:
    started, names = time.monotonic(), [f"p{number}" for number in range(PROCESSES)]
    settings = environment() | {"PYTHONPATH": str(ROOT)}
    lines = [[sys.executable, commits.__file__, str(tmp_path), name, str(ROUNDS)] for name in names]
    running = [subprocess.Popen(line, env=settings, stderr=subprocess.PIPE, text=True) for line in lines]
    said = [child.communicate()[1] for child in running]
    store = ReplyStore(tmp_path)
    keys = [key for name in names for key in commits.keys_of(name, ROUNDS)]
    lost = [key for key in keys if store.get(key) is None]
    store.close()
    faults = commits.faults_of(tmp_path)
    broken = [child.returncode for child in running].count(1)
    keep(
        Figure(
            name="shared_commits",
            test=f"{PROCESSES} processes that write one cache, with a checkpoint after each commit",
            asked="nothing lost, nothing damaged",
            tried=len(keys),
            unit="commits",
            failed=len(lost) + len(faults) + broken,
            measured=f"{len(lost)} lost, {len(faults)} faults, with SQLite {sqlite3.sqlite_version}",
            seconds=time.monotonic() - started,
        )
    )
    assert [child.returncode for child in running] == [0] * PROCESSES, said
    assert (lost, faults) == ([], [])

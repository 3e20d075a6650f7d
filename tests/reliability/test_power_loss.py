"""Promise 1 at a power cut, for cache and answers: what was shown as done is there, though all unsynced is lost."""

from __future__ import annotations

import random
import shutil
import time
from contextlib import closing
from pathlib import Path

from fake_server import serve
from figures import Figure, keep, size
from ledger import Job
from power import Disk
from traced import Event, events, need_strace, run_traced

from judge.records import Answer
from judge.standing import standing_of
from judge.store import Folder, repair
from providers.cache import ReplyStore

SCRIPT = {"latency": 0.005, "default": {"text": "It is a joke.\nAnswer: humorous"}}
SHARES = (0.0, 1.0, 0.5, 0.2, 0.8)
"""Chances of each unsynced piece: all lost, all kept, and some."""


def _unsafe(root: Path, shown: int) -> list[str]:
    """What is wrong with the state that a power cut left, where so many answers had been shown as done."""
    run = Folder(root / "r" / "k")
    wrong = []
    if shown:
        repair(run.answers_file)
        answers: list[Answer] = list(run.read_answers().values())
        wrong += [f"{len(answers)} of {shown} answers are left"] if len(answers) < shown else []
        run.read_run()
        assert standing_of(run).statuses.keys() == run.read_answers().keys()
        with closing(ReplyStore(root / "cache")) as store:
            for reply in (answer.replies[0] for answer in answers[:shown]):
                found = store.get(reply.request)
                wrong += [] if found is not None and found.text == reply.text else ["a paid reply is gone"]
            wrong += [f"{store.damaged} rows are damaged"] if store.damaged else []
    elif (root / "cache").is_dir():
        ReplyStore(root / "cache").close()
    return wrong


def _trace(tmp_path: Path, count: int) -> tuple[Path, list[Event]]:
    with serve(tmp_path / "server", SCRIPT) as server:
        job = Job(tmp_path / "job", server, count=count)
        done = run_traced(tmp_path / "job" / "acks", *job.line(), out=tmp_path / "trace", program="tests/acking.py")
        assert done.returncode == 0, done.stderr
    return job.folder, events(tmp_path / "trace", job.folder)


def test_after_a_power_cut_every_answer_that_was_shown_is_on_disk(tmp_path: Path) -> None:
    need_strace()
    started, count = time.monotonic(), size(12, 60)
    below, trace = _trace(tmp_path, count)
    disk, draw, shown, states, wrong = Disk(), random.Random(11), 0, 0, list[str]()
    step = size(9, 1)
    for number, event in enumerate(trace):
        disk.apply(event)
        if event.path.endswith("/acks") and event.name == "write":
            shown = int(event.data.split()[-1])
        if number % step:
            continue
        for share in SHARES if step == 1 else (0.0, draw.choice(SHARES[1:])):
            target = tmp_path / "cut"
            disk.cut(target, below, draw, share=share)
            states += 1
            wrong += [f"after event {number} ({event.name} {event.path}): {text}" for text in _unsafe(target, shown)]
            shutil.rmtree(target, ignore_errors=True)
    keep(
        Figure(
            name="power_loss",
            test="power cut replayed at every write, sync and rename of cache and answers",
            asked="power loss is promised, and replayed, for cache and answers",
            tried=states,
            unit="states",
            failed=len(wrong),
            measured=f"{len(trace)} points of a run of {count}, unsynced writes lost, kept, reordered and torn",
            seconds=time.monotonic() - started,
        )
    )
    assert shown == count, "the witness saw every answer"
    assert not wrong, "\n".join(wrong[:10])


def test_the_replay_notices_a_sync_that_is_missing(tmp_path: Path) -> None:
    need_strace()
    below, trace = _trace(tmp_path, 4)
    without = [event for event in trace if not (event.name == "fsync" and event.path.endswith("answers.jsonl"))]
    disk, shown = Disk(), 0
    for event in without:
        disk.apply(event)
        shown = int(event.data.split()[-1]) if event.path.endswith("/acks") and event.data else shown
    disk.cut(tmp_path / "cut", below, random.Random(1), share=0.0)
    assert _unsafe(tmp_path / "cut", shown) == ["0 of 4 answers are left"]

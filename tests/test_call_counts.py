"""Extra and possibly charged calls: counted in run.json, on the terminal and in the summary as by the server."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from command import Command, start, summary_of
from fake_server import Fake, FakeServer, run, serve
from forked import nursery
from ledger import JUDGED, Job

from judge.statuses import was_called
from providers.calls import Lost, read_log

COUNT = 12
KEY = "a" * 64


def _counted(job: Job, said: str, judge: Command) -> tuple[int, int]:
    """(extra, possibly charged) calls by run.json, which the terminal and the summary repeat."""
    file = job.run_file()
    extra, doubtful = file["extra_calls"], file["doubtful_calls"]
    told = f"{extra} extra call{'' if extra == 1 else 's'}"
    told += f" ({doubtful} may have been charged" if doubtful else ""
    assert told in said
    assert judge("score", job.run).code == 0
    block = summary_of(job.run)["run"]
    assert (block["extra_calls"], block["doubtful_calls"]) == (extra, doubtful)
    return extra, doubtful


FAULTS: dict[str, tuple[list[dict[str, Any]], int]] = {
    "none": ([], 0),
    "rate limits": ([{"kind": "rate_limit", "attempts": [1], "retry_after": 0.01}], 0),
    "overloaded": ([{"kind": "overloaded", "attempts": [1, 2], "retry_after": 0.01}], 0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_retries_are_counted_as_the_server_counts_them(judge: Command, tmp_path: Path, name: str) -> None:
    faults, charged = FAULTS[name]
    with serve(tmp_path, JUDGED | {"latency": 0.0, "faults": faults}) as server:
        job = Job(tmp_path / "job", server, count=COUNT)
        done = judge(*job.line())
        assert done.code == 0, done.err
        extra, doubtful = _counted(job, done.out, judge)
        assert extra == len(server.requests()) - COUNT
        assert doubtful == charged


def test_after_kills_the_count_is_the_servers_and_what_was_noted_and_never_left(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, JUDGED | {"latency": 0.05}) as server:
        job = Job(tmp_path / "job", server, count=COUNT * 3)
        with nursery(tmp_path / "said") as home:
            for goal in (6, 16):
                child = home.start(*job.line())
                while child.running() and len(server.requests()) < goal:
                    pass
                child.kill()
                child.wait()
                job.settle()
        done = judge(*job.line())
        assert done.code == 0, done.err
        extra, doubtful = _counted(job, done.out, judge)
        most = 2 * 16  # a call is noted before it leaves: those that a kill fell between were noted and never sent
        assert 0 <= extra - (len(server.requests()) - job.count) <= most
        assert extra == doubtful > 0, "what was in flight at a kill may have been charged"


def test_calls_that_reached_no_server_are_in_no_count(judge: Command, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    late = FakeServer(f"http://127.0.0.1:{port}/v1", tmp_path / "ledger.jsonl", lambda: None)
    job = Job(tmp_path / "job", late, count=COUNT)
    logs = job.cache / "calls"
    early = start(*job.line())
    while not any("\n0 " in path.read_text() for path in logs.glob("*.log")):
        assert early.poll() is None, early.communicate()
    early.send_signal(signal.SIGKILL)  # while it waits for a server that is not there yet
    early.communicate()
    with _served(Fake(late.ledger, JUDGED | {"latency": 0.0}), port):
        done = judge(*job.line())
        assert done.code == 0, done.err
        assert len(late.requests()) == COUNT
        extra, doubtful = _counted(job, done.out, judge)
    assert extra <= 8, "at a kill, one call for each worker may have been on its way"
    assert (extra, doubtful) == (0, 0) or extra == doubtful


@contextlib.contextmanager
def _served(fake: Fake, port: int) -> Iterator[None]:
    stop, ready = threading.Event(), SimpleQueue[str]()
    thread = threading.Thread(target=lambda: asyncio.run(run(fake, stop, ready=ready.put, port=port)), daemon=True)
    thread.start()
    try:
        ready.get(timeout=10)
        yield
    finally:
        stop.set()
        thread.join(10)


def test_a_log_of_calls_takes_back_what_was_never_sent() -> None:
    assert read_log([f"+ {KEY}\n", f"0 {KEY}\n"]).get(KEY, Lost()) == Lost(0, 0)
    assert read_log([f"+ {KEY}\n", f"- {KEY}\n", f"+ {KEY}\n", f"0 {KEY}\n", f"+ {KEY}\n"])[KEY] == Lost(2, 1)
    assert read_log([f"0 {KEY}\n"])[KEY] == Lost(0, 0)


@pytest.mark.parametrize(
    ("kind", "extra", "doubtful", "called"),
    [("connection", 0, 0, False), ("connection", 0, 1, True), ("connection", 2, 0, True), ("server", 0, 0, True)],
)
def test_a_failed_ask_was_a_call_if_it_reached_a_server(kind: str, extra: int, doubtful: int, called: bool) -> None:
    assert was_called(kind, extra, doubtful) is called

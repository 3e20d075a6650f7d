"""Promise 4: processes that share a cache ask once; a killed holder is followed, a slow one is waited for."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from fake_server import FakeServer, serve
from figures import Figure, keep, size
from forked import Child, Nursery, nursery
from ledger import Job

SCRIPT = {"latency": 0.02, "default": {"text": "It is a joke.\nAnswer: humorous"}}
SLOW = SCRIPT | {"latency": 1.0}


def _started(home: Nursery, job: Job, name: str, *more: str) -> Child:
    return home.start(*(name if word == "k" else word for word in job.line(*more)))


def _until_asked(server: FakeServer, count: int) -> None:
    end = time.monotonic() + 30
    while len(server.requests()) < count:
        assert time.monotonic() < end, "the first process never asked"
        time.sleep(0.01)


def _answered(job: Job, name: str) -> int:
    return len((job.folder / "r" / name / "answers.jsonl").read_text().splitlines())


def test_eight_processes_with_the_same_questions_pay_once(tmp_path: Path) -> None:
    count, started = size(100, 500), time.monotonic()
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SCRIPT) as server:
        job = Job(tmp_path / "job", server, count=count)
        children = [_started(home, job, f"p{number}") for number in range(8)]
        codes = [child.wait(300) for child in children]
        said = "".join(child.said() for child in children)
        calls, whole = len(server.requests()), [_answered(job, f"p{number}") for number in range(8)]
    locks = said.count("locked") + said.count("cannot be used")
    keep(
        Figure(
            name="shared_cache",
            test="8 processes at once, one cache, the same questions",
            asked="500 calls, 0 lock errors",
            tried=8 * count,
            unit="answers",
            failed=abs(calls - count) + locks,
            measured=f"{calls} calls for {count} keys, {locks} lock errors",
            seconds=time.monotonic() - started,
        )
    )
    assert codes == [0] * 8, said
    assert (calls, locks, whole) == (count, 0, [count] * 8)


def test_the_reply_that_a_killed_process_waited_for_is_asked_for_by_the_next(tmp_path: Path) -> None:
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SLOW) as server:
        job = Job(tmp_path / "job", server, count=1)
        first = _started(home, job, "first")
        _until_asked(server, 1)
        second = _started(home, job, "second")
        time.sleep(0.3)
        assert len(server.requests()) == 1, "the second waits for the first"
        first.kill()
        assert second.wait() == 0
        assert len(server.requests()) == 2
        run = json.loads((job.folder / "r" / "second" / "run.json").read_text())
        assert (run["extra_calls"], run["doubtful_calls"]) == (1, 1), "what the killed one had sent is counted"
        assert "1 extra call (1 may have been charged" in second.said()


def test_a_slow_live_process_keeps_its_right_to_ask(tmp_path: Path) -> None:
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SLOW) as server:
        job = Job(tmp_path / "job", server, count=1)
        first = _started(home, job, "first")
        _until_asked(server, 1)
        first.kill(signal.SIGSTOP)
        second = _started(home, job, "second")
        time.sleep(1.8)
        assert second.running(), "it waits, however long the first takes"
        assert len(server.requests()) == 1
        first.kill(signal.SIGCONT)
        assert (first.wait(), second.wait()) == (0, 0)
        assert len(server.requests()) == 1
        assert "1 from the cache" in second.said()


def test_what_one_process_failed_to_get_the_other_asks_for(tmp_path: Path) -> None:
    faults = [{"kind": "bad_request", "attempts": [1]}]
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SLOW | {"faults": faults}) as server:
        job = Job(tmp_path / "job", server, count=1)
        first = _started(home, job, "first")
        _until_asked(server, 1)
        second = _started(home, job, "second")
        assert (first.wait(), second.wait()) == (1, 0), first.said() + second.said()
        assert len(server.requests()) == 2


def test_a_second_writer_of_one_results_folder_is_told_who_holds_it_and_sends_nothing(tmp_path: Path) -> None:
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SLOW) as server:
        job = Job(tmp_path / "job", server, count=1)
        first = home.start(*job.line())
        _until_asked(server, 1)
        code, said = home.run(*job.line("--cache", "off"))
        assert code == 3
        assert f"is being written by process {first.pid} (since " in said
        assert len(server.requests()) == 1
        first.kill()
        first.wait()

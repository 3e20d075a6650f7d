"""Real kills of real processes: the server's ledger, not our counter, says what was asked twice."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Done, finish, lines_of, start, write_lines
from fake_server import FakeServer, serve
from ledger import JUDGED

WORKERS = 4
COUNT = 60
TASK = """
name: kill
version: 1
about: short items
licence: CC0
data: {path: items.jsonl}
asks:
  - {name: label, qa: "{text} Answer: humorous or serious?", read: {as: label}}
labels: {humorous: [], serious: []}
target: {label: label}
metrics: [accuracy]
rubric: humor
"""
SCRIPT = JUDGED | {"latency": 0.03}


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A task of 60 items, each with its own text."""
    items = [{"id": f"k{number}", "text": f"line {number}", "label": "humorous"} for number in range(COUNT)]
    write_lines(tmp_path / "items.jsonl", items)
    (tmp_path / "kill.yaml").write_text(TASK)
    return tmp_path / "kill.yaml"


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited 20 s in vain"
        time.sleep(0.01)


def _options(task: Path, server: FakeServer) -> list[str]:
    folder = str(task.parent)
    return ["--base-url", server.base_url, "--model", "m", "--cache", f"{folder}/cache", "--concurrency", str(WORKERS)]


def _run(task: Path, server: FakeServer) -> subprocess.Popen[str]:
    out = str(task.parent / "r")
    return start("run", str(task), "--provider", "endpoint", "--out", out, "--name", "k", *_options(task, server))


def _score(task: Path, server: FakeServer) -> subprocess.Popen[str]:
    return start("score", str(task.parent / "r"), "--judge", "endpoint", *_options(task, server))


def _kill_and_finish(
    begin: Callable[[], subprocess.Popen[str]], server: FakeServer, *, kills: int, seed: int
) -> tuple[Done, int]:
    """Kill -9 so many times, each after a few more requests, then let it end; kills that hit a live process count."""
    draw = random.Random(seed)
    hit = 0
    for _ in range(kills):
        process = begin()
        goal = len(server.requests()) + draw.randint(3, 12)
        _wait_for(lambda process=process, goal=goal: process.poll() is not None or len(server.requests()) >= goal)  # type: ignore[misc]
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            hit += 1
        process.communicate()
    return finish(begin()), hit


def test_after_kill_9_a_rerun_asks_again_only_for_what_was_in_flight(task: Path, tmp_path: Path) -> None:
    with serve(tmp_path, SCRIPT) as server:
        done, kills = _kill_and_finish(lambda: _run(task, server), server, kills=3, seed=1)
        assert done.code == 0, done.err
        assert kills == 3
        assert len(server.requests()) <= COUNT + kills * WORKERS
        assert sum(count - 1 for count in server.asked_twice().values()) <= kills * WORKERS
    answers = lines_of(tmp_path / "r" / "k" / "answers.jsonl")
    assert sorted(answer["sample_id"] for answer in answers) == sorted(f"k{number}" for number in range(COUNT))


def test_scoring_with_a_killed_llm_judge_goes_on_where_it_was(task: Path, tmp_path: Path) -> None:
    with serve(tmp_path, SCRIPT) as server:
        assert finish(_run(task, server)).code == 0
        done, kills = _kill_and_finish(lambda: _score(task, server), server, kills=2, seed=2)
        assert done.code == 0, done.err
        again = finish(_score(task, server))
        assert "already scored" in again.out
        assert sum(count - 1 for count in server.asked_twice().values()) <= kills * WORKERS
    verdicts = lines_of(tmp_path / "r" / "k" / "verdicts.jsonl")
    named = [(line["sample_id"], line["criterion"], line["step"]) for line in verdicts]
    assert len(named) == len(set(named)), "no verdict stands twice"
    assert sum(line["criterion"] == "cot" for line in verdicts) == COUNT


ENDS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}


@pytest.mark.parametrize(("number", "code"), ENDS.items(), ids=[number.name for number in ENDS])
def test_a_signal_ends_cleanly_keeps_what_came_back_and_says_how_to_go_on(
    task: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with serve(tmp_path, SCRIPT | {"latency": 0.2}) as server:
        process = _run(task, server)
        _wait_for(lambda: len(server.requests()) >= 8)
        process.send_signal(number)
        done = finish(process)
        assert done.code == code
        assert "To go on:  python -m judge run " in done.out
        assert "Traceback" not in done.err
        answered = len(lines_of(tmp_path / "r" / "k" / "answers.jsonl"))
        assert answered == len(server.requests()), "what was in flight is waited for"
        assert finish(_run(task, server)).code == 0
        assert len(server.requests()) == COUNT
        assert server.asked_twice() == {}


def test_a_closed_terminal_does_not_end_a_run_below_nohup(task: Path, tmp_path: Path) -> None:
    with serve(tmp_path, SCRIPT) as server:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which the process inherits
        try:
            process = _run(task, server)
        finally:
            signal.signal(signal.SIGHUP, before)
        _wait_for(lambda: len(server.requests()) >= 8)
        process.send_signal(signal.SIGHUP)
        assert finish(process).code == 0
        assert len(server.requests()) == COUNT


def test_a_second_signal_ends_at_once(task: Path, tmp_path: Path) -> None:
    with serve(tmp_path, SCRIPT | {"faults": [{"kind": "hang"}]}) as server:
        process = _run(task, server)
        _wait_for(lambda: len(server.requests()) >= 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=4)
        assert process.returncode == 130


def test_a_second_writer_of_a_run_is_told_who_holds_it(task: Path, tmp_path: Path) -> None:
    with serve(tmp_path, SCRIPT | {"latency": 1.0}) as server:
        first = _run(task, server)
        _wait_for(lambda: len(server.requests()) >= 1)
        second = finish(_run(task, server))
        assert second.code == 3
        assert f"is being written by process {first.pid} (since " in second.err
        first.kill()
        first.communicate()

"""Errors that asking again cannot mend, met by a run of 1,000 samples: how many calls it makes, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Command, Done
from fake_server import FakeServer, serve
from figures import FULL, Figure, keep, size
from lane_runs import LANES, many, run_process

SAMPLES = size(400, 1000)
SECONDS = 5.0
"""From the moment at which the server has the call that fails."""
ONE = ("unauthorized", "forbidden", "not_found", "quota", "payment", "unsupported_param", "bad_setting")
"""Of all samples by their kind, or because they name a setting: one call."""
THREE = "bad_request"
"""It might be of the first sample's content: three calls, one after the other."""
MENDS = {
    "unauthorized": "is the key right?",
    "wrong_key": "is the key right?",
    "forbidden": "is the key right?",
    "not_found": "is the model's name, or the base URL, right?",
    "quota": "pay in or raise the limit at the vendor",
    "payment": "pay in or raise the limit at the vendor",
    "unsupported_param": "leave that setting out: --temperature none",
    "bad_setting": "change that setting, or leave it out",
    "bad_request": "3 times in a row: are model, settings and base URL right?",
}
VENDORS = ("openai", "anthropic", "gemini")
HOSTED = [(vendor, kind) for vendor in VENDORS for kind in ("wrong_key", "quota", "not_found", "bad_setting", THREE)]
SHORT = [("openai", "wrong_key"), ("anthropic", "quota"), ("gemini", "wrong_key"), ("gemini", "bad_setting")]
CASES = [*(("endpoint", kind) for kind in (*ONE, THREE)), *size(SHORT, HOSTED)]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return many(tmp_path_factory.mktemp("permanent"), SAMPLES)


@pytest.fixture
def failing(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[FakeServer]:
    with serve(tmp_path / "server", request.param) as server:
        yield server


class Runs:
    """`judge run`, in this process or, at full size, as a process of its own."""

    def __init__(self, judge: Command, task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._judge, self._task, self._monkeypatch = judge, task, monkeypatch

    def run(self, server: FakeServer, lane: str, folder: Path, *more: str) -> tuple[Done, float]:
        """How it ended, and when."""
        line = [*LANES[lane].line(server.base_url, self._task, folder), *more]
        if FULL:
            return run_process(line, LANES[lane].keys)
        for name, key in LANES[lane].keys.items():
            self._monkeypatch.setenv(name, key)
        return self._judge(*line), time.monotonic()


@pytest.fixture
def runs(judge: Command, task: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(judge, task, monkeypatch)


def wrong(done: Done, kind: str) -> list[str]:
    """What its end should have said."""
    said = [line for line in done.out.splitlines() if line.startswith("  stopped: ")]
    checks = {
        "one line says why it stopped": len(said) == 1,
        "and what mends it": any(MENDS[kind] in line for line in said),
        "and how to go on": any("To go on:  python -m judge run" in line for line in said),
        "no traceback": "Traceback" not in done.err,
    }
    return [name for name, held in checks.items() if not held]


def test_an_error_from_the_start_is_one_call_or_three_and_says_what_to_do(tmp_path: Path, runs: Runs) -> None:
    bad: dict[str, object] = {}
    slowest = 0.0
    calls: dict[int, int] = {}
    for number, (lane, kind) in enumerate(CASES):
        folder = tmp_path / str(number)
        with serve(folder, {"latency": 0, "faults": [{"kind": kind}]}) as server:
            done, ended = runs.run(server, lane, folder)
            asked = server.requests()
        seconds = ended - asked[-1]["time"] if asked else 0.0
        slowest = max(slowest, seconds)
        most = 3 if kind == THREE else 1
        calls[len(asked)] = calls.get(len(asked), 0) + 1
        if found := [*wrong(done, kind), *([] if (len(asked), done.code) == (most, 3) and seconds < SECONDS else [""])]:
            bad[f"{lane} {kind}"] = (len(asked), done.code, round(seconds, 1), found, done.out[-500:])
    keep(
        Figure(
            name="permanent_start",
            test=f"wrong key, no access, no such model, no money, bad setting, four dialects, on {SAMPLES:,} samples",
            asked="1 call (3 for a bad request that names no setting); exit code 3; ends in < 5 s; says what mends it",
            tried=len(CASES),
            unit="runs",
            failed=len(bad),
            measured=f"{calls.get(1, 0)} runs of 1 call, {calls.get(3, 0)} of 3; slowest end {slowest:.1f} s",
            seconds=slowest,
        )
    )
    assert not bad, bad


LATER = [("endpoint", kind) for kind in size(("unauthorized", THREE), (*ONE, THREE))]
LATER += size([("openai", "quota")], [(vendor, kind) for vendor in VENDORS for kind in ("wrong_key", "quota", THREE)])
BEGINS = size(150, 300)
FLYING = {"endpoint": 64, "openai": 16, "anthropic": 16, "gemini": 16}


def test_an_error_that_begins_later_is_at_most_what_was_in_flight_and_three(tmp_path: Path, runs: Runs) -> None:
    bad: dict[str, object] = {}
    slowest, most = 0.0, -1000
    for number, (lane, kind) in enumerate(LATER):
        folder = tmp_path / str(number)
        with serve(folder, {"latency": 0.1, "faults": [{"kind": kind, "after": BEGINS}]}) as server:
            done, ended = runs.run(server, lane, folder, "--concurrency", str(FLYING[lane]))
            asked = server.requests()
        further, seconds = len(asked) - BEGINS, ended - asked[min(BEGINS, len(asked) - 1)]["time"]
        slowest, most = max(slowest, seconds), max(most, further - FLYING[lane])
        kept = done.code == 1 and f"✗ {BEGINS} answered" in done.out
        if found := [*wrong(done, kind), *([] if kept and 0 < further <= FLYING[lane] + 3 else ["calls or code"])]:
            bad[f"{lane} {kind}"] = (further, done.code, round(seconds, 1), found, done.out[-700:], done.err[-300:])
        if seconds >= SECONDS:
            bad[f"{lane} {kind} slow"] = seconds
    keep(
        Figure(
            name="permanent_later",
            test=f"the same, beginning after {BEGINS} answers, with 16 or 64 calls in flight",
            asked="at most what is in flight and 3 further calls; ends in < 5 s; every answer before it is kept",
            tried=len(LATER),
            unit="runs",
            failed=len(bad),
            measured=f"at most {most:+d} calls against those in flight; slowest end {slowest:.1f} s",
            seconds=slowest,
        )
    )
    assert not bad, bad


@pytest.mark.parametrize(
    "failing",
    [{"latency": 0, "faults": [{"kind": "bad_request", "contains": f" {n} "} for n in range(2)]}],
    indirect=True,
    ids=["two"],
)
def test_one_bad_first_sample_does_not_stop_a_good_run(failing: FakeServer, tmp_path: Path, runs: Runs) -> None:
    done, _ = runs.run(failing, "endpoint", tmp_path, "--limit", "40")
    assert "✗ 38 answered (38 ok), 2 failed" in done.out
    assert done.code == 1


@pytest.mark.parametrize(
    "failing",
    [{"latency": 0, "faults": [{"kind": "bad_request", "contains": f" {n} "} for n in range(5, 1000, 7)]}],
    indirect=True,
    ids=["each seventh"],
)
def test_bad_samples_spread_over_a_run_do_not_stop_it(failing: FakeServer, tmp_path: Path, runs: Runs) -> None:
    done, _ = runs.run(failing, "endpoint", tmp_path, "--limit", "200", "--concurrency", "4")
    assert "✗ 172 answered (172 ok), 28 failed" in done.out

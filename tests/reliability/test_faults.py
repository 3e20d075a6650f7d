"""A fifth of all calls goes wrong: the run is complete all the same, at few extra calls, and no wait is cut short.

The server's ledger says what was asked and when.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from command import Command, lines_of
from fake_server import read_lines, serve
from figures import FULL, Figure, keep, size
from lane_runs import LANES, many, run_process

COUNT = {"endpoint": size(400, 10_000), "openai": size(100, 2_000)}
MOST = {"endpoint": size(1.36, 1.27), "openai": size(1.45, 1.27)}
"""Calls for each sample. With a fifth failing, 1.25 are expected; a few hundred samples scatter more widely."""
AT_ONCE = {"endpoint": 16, "openai": 4}
"""Calls at once. Of many, those that were admitted before a refusal would come long after it: the server is slow, and
LiteLLM takes some 20 ms for each before it is sent."""
SLACK = 0.25
"""Seconds after a refusal in which calls may still come in: those that had been sent before it was read."""
WAITS: list[tuple[dict[str, Any], float]] = [
    ({"retry_after": "0.5"}, 0.1),
    ({"retry_after_ms": "400"}, 0.1),
    ({"retry_after": "+1"}, 0.04),
    ({"retry_after": "soon"}, 0.16),
    ({"retry_after": "0"}, 0.2),
    ({"retry_after": "-1"}, 0.2),
    ({}, 0.2),
]
"""What a refusal says, and its share of them."""
BROKEN = ("server_error", "bad_gateway", "unavailable", "overloaded", "gateway_timeout")
CUT = ("reset", "reset_midbody", "truncated", "truncated_wrong_length")


def script() -> dict[str, Any]:
    """A quarter each of refusals for the rate, 5xx, resets and truncation: together a fifth of all calls."""
    faults = [{"kind": "rate_limit", "share": 0.05 * share, **said} for said, share in WAITS]
    faults += [{"kind": kind, "share": 0.05 / len(BROKEN)} for kind in BROKEN]
    faults += [{"kind": kind, "share": 0.1 / len(CUT)} for kind in CUT]
    return {"latency": 0.03, "faults": faults, "seed": 4, "default": {"text": "Answer: humorous"}}


def until_of(line: Mapping[str, Any]) -> float:
    """By the server's clock, when the wait is over that an answer asks for."""
    said, sent = line["waits"], float(line["sent"])
    try:
        if "retry-after-ms" in said:
            return sent + float(said["retry-after-ms"]) / 1000
        return sent + max(0.0, float(said.get("Retry-After", 0)))
    except ValueError:
        if "GMT" not in said["Retry-After"]:
            return sent
        return sent + parsedate_to_datetime(said["Retry-After"]).timestamp() - float(line["clock"])


def early(lines: Iterable[Mapping[str, Any]]) -> tuple[list[str], int]:
    """Calls that began within a wait of which the client knew; and how many waits there were."""
    lines = list(lines)
    asked = [line for line in lines if "key" in line]
    keys = {line["n"]: line["key"] for line in asked}
    waits = [line for line in lines if line.get("waits") and until_of(line) > line["sent"]]
    found = []
    for wait in waits:
        until = until_of(wait)
        for line in asked:
            since = line["time"] - wait["sent"]
            own = line["key"] == keys[wait["n"]] and since > 0
            if line["time"] < until and (own or since > SLACK):
                found.append(f"call {line['n']} began {until - line['time']:.3f} s too early, after {wait['waits']}")
    return found, len(waits)


@pytest.mark.parametrize("lane", COUNT)
def test_a_fifth_of_faults_leaves_a_complete_run(
    lane: str, tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = COUNT[lane]
    task = many(tmp_path / "task", count)
    with serve(tmp_path / "server", script()) as server:
        line = [*LANES[lane].line(server.base_url, task, tmp_path), "--concurrency", str(AT_ONCE[lane])]
        started = time.monotonic()
        if FULL:
            done, _ = run_process(line, LANES[lane].keys)
        else:
            for name, key in LANES[lane].keys.items():
                monkeypatch.setenv(name, key)
            done = judge(*line)
        seconds = time.monotonic() - started
        lines = read_lines(server.ledger)
    calls = sum("key" in line for line in lines)
    faults = sum(bool(line.get("fault")) for line in lines)
    statuses = [line["status"] for line in lines_of(done.folder / "answers.jsonl")]
    complete = len({line["sample_id"] for line in lines_of(done.folder / "answers.jsonl") if line["status"] == "ok"})
    too_early, waits = early(lines)
    kept = f"{len(too_early)} of {waits} waits broken"
    keep(
        Figure(
            name=f"faults_{lane}",
            test=f"{faults / calls:.0%} of calls fail (429, 5xx, reset, truncation): {lane}, {count:,} samples",
            asked="100% complete, <= 1.27x calls, no call before a Retry-After is over",
            tried=count,
            unit="samples",
            failed=count - complete + len(too_early),
            measured=f"{complete / count:.2%} complete, {calls / count:.3f}x calls, {kept}",
            seconds=seconds,
        )
    )
    assert (done.code, complete) == (0, count), done.err[-500:]
    assert statuses.count("ok") == count
    assert calls <= MOST[lane] * count
    assert faults > count / 6, "the faults are shown to have fired"
    assert waits > count / 500, "and the waits"
    assert not too_early, too_early[:5]
    assert f"{calls - count:,} extra call" in done.out, "the run's own count is the ledger's"

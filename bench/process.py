"""Runs and measures whole processes, and the stub server; shared by the benchmarks."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LATENCY = 0.05


class Measured(NamedTuple):
    """One process."""

    seconds: float
    megabytes: float
    code: int
    cpu: float = 0.0
    """User and system seconds."""


def measure(arguments: list[str], *, environment: dict[str, str] | None = None) -> Measured:
    """Run one process to its end, its output thrown away."""
    started = time.monotonic()
    child = subprocess.Popen(
        arguments, cwd=ROOT, env=os.environ | (environment or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(time.monotonic() - started, usage.ru_maxrss / 1024, child.returncode, cpu)


def judge(*arguments: str) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", "judge", *arguments]


@contextlib.contextmanager
def stub() -> Iterator[str]:
    """The stub server as a process of its own."""
    command = [sys.executable, "-m", "bench.stub", str(LATENCY)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def asked(url: str) -> int:
    """How many requests the stub has had."""
    with urllib.request.urlopen(f"{url}/count") as response:
        return int(json.load(response)["count"])


def row(name: str, found: list[Measured], note: str = "") -> None:
    """Print a line of the table."""
    seconds = [item.seconds for item in found]
    memory = max(item.megabytes for item in found)
    codes = {item.code for item in found}
    failed = "" if codes == {0} else f" EXIT CODES {codes}"
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    print(f"| {name} | {statistics.median(seconds):.2f} | {spread} | {memory:.0f} | {note}{failed} |", flush=True)

"""A long run stays small, and goes on at once after a kill, however much is done already."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import subprocess
import time
import urllib.parse
from pathlib import Path

from command import finish, start
from figures import FULL, Figure, keep, size
from ledger import TASK

from bench.process import stub

WARM = 0.1
"""Share of the answers after which memory is first looked at."""
LEFT = 1000
MOST_GROWTH = 50.0
LATEST_START = 2.0


def _many(folder: Path, count: int) -> Path:
    labels = ("humorous", "serious")
    with (folder / "items.jsonl").open("w") as file:
        for n in range(count):
            file.write(json.dumps({"id": f"k{n}", "number": n, "label": labels[n % 2]}) + "\n")
    (folder / "many.yaml").write_text(TASK)
    return folder / "many.yaml"


def _megabytes(process: subprocess.Popen[str]) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


class _Count:
    """The stub's count of requests, over one connection: a look must not cost the machine what is measured."""

    def __init__(self, url: str) -> None:
        place = urllib.parse.urlsplit(url)
        self._line = http.client.HTTPConnection(place.hostname or "", place.port)

    def __call__(self) -> int:
        self._line.request("GET", "/count")
        return int(json.load(self._line.getresponse())["count"])

    def close(self) -> None:
        self._line.close()


def _begun(url: str, task: Path) -> subprocess.Popen[str]:
    where: list[str | Path] = [
        "--out",
        task.parent / "r",
        "--name",
        "k",
        "--cache",
        task.parent / "cache",
        "--concurrency",
        "64",
    ]
    return start("run", task, "--provider", "endpoint", "--base-url", f"{url}/v1", "--model", "m", *where)


def _watched(process: subprocess.Popen[str], asked: _Count, until: int, warm: int) -> tuple[float, float]:
    """Resident megabytes when `warm` answers were asked for, and the most from then on until `until` were."""
    first = most = 0.0
    while process.poll() is None and (done := asked()) < until:
        if done >= warm and process.poll() is None:
            now = _megabytes(process)
            first, most = first or now, max(most, now)
        time.sleep(0.2)
    return first, most


def test_a_long_run_does_not_grow_and_goes_on_at_once_after_a_kill(tmp_path: Path) -> None:
    count, began = size(3_000, 100_000), time.monotonic()
    task = _many(tmp_path, count)
    left = min(LEFT, count // 3)
    with stub() as url, contextlib.closing(_Count(url)) as asked:
        process = _begun(url, task)
        first, most = _watched(process, asked, count - left, int(count * WARM))
        assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        calls = asked()
        begun = time.monotonic()
        again = _begun(url, task)
        while again.poll() is None and asked() == calls:
            time.sleep(0.01)
        started = time.monotonic() - begun
        done = finish(again)
        paid = asked()
    keep(
        Figure(
            name="soak",
            test=f"{count:,} samples against a stub server, killed near the end, resumed",
            asked="memory growth < 50 MB, resume starts in < 2 s",
            tried=count,
            unit="samples",
            failed=count - len((tmp_path / "r" / "k" / "answers.jsonl").read_text().splitlines()),
            measured=f"memory {first:.0f} MB after a tenth, {most:.0f} MB at most; the resumed run's first call after "
            f"{started:.2f} s; {paid - count} calls paid again",
            seconds=time.monotonic() - began,
        )
    )
    assert done.code == 0, done.err
    assert count <= paid <= count + 64
    assert len((tmp_path / "r" / "k" / "answers.jsonl").read_text().splitlines()) == count
    assert most - first < MOST_GROWTH
    assert started < LATEST_START or not FULL, "timed at full size only"

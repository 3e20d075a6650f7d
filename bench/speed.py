"""Measures the figures in bench/README.md, by `python -m bench.speed [--runs N]`.

Every figure is of a whole process: wall seconds and peak memory as the operating system counts them, the median of
several runs. The endpoint's is also a ratio to a bare aiohttp client, measured in turn with it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = 1000
CONCURRENCY = 100
LATENCY = 0.05


class Measured(NamedTuple):
    """One process."""

    seconds: float
    megabytes: float
    code: int


def measure(arguments: list[str], *, environment: dict[str, str] | None = None) -> Measured:
    """Run one process to its end, its output thrown away."""
    started = time.monotonic()
    child = subprocess.Popen(
        arguments, cwd=ROOT, env=os.environ | (environment or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Measured(time.monotonic() - started, usage.ru_maxrss / 1024, child.returncode)


def judge(*arguments: str) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", "judge", *arguments]


@contextlib.contextmanager
def stub() -> Iterator[str]:
    """The stub server as a process of its own."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.stub", str(LATENCY)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def asked(url: str) -> int:
    """How many requests the stub has had."""
    with urllib.request.urlopen(f"{url}/count") as response:
        return int(json.load(response)["count"])


def write_task(folder: Path, count: int) -> Path:
    """A task of `count` short items."""
    lines = [
        json.dumps(
            {"id": f"i{number}", "text": f"item {number} " + "word " * 60, "label": "humorous", "why": REFERENCE}
        )
        for number in range(count)
    ]
    (folder / "items.jsonl").write_text("\n".join(lines) + "\n")
    task = folder / "speed.yaml"
    task.write_text(TASK)
    return task


REFERENCE = "She was expected to scold him, but she praises the burnt cake in a playful voice and winks."
TASK = """
name: speed
version: 1
about: items for a benchmark
licence: CC0
data: {path: items.jsonl}
asks:
  - name: label
    qa: "{text} Answer: humorous or serious?"
    read: {as: label}
labels: {humorous: [funny], serious: []}
target: {label: label, reference: why}
metrics: [accuracy, bleu4, rouge_l]
"""


def replies(folder: Path, count: int) -> Path:
    """Short answers of varying words, to be imported and scored."""
    words = [
        "the",
        "cake",
        "is",
        "burnt",
        "but",
        "she",
        "praises",
        "it",
        "with",
        "a",
        "wink",
        "and",
        "a",
        "playful",
        "voice",
        "so",
        "they",
        "all",
        "laugh",
        "at",
        "him",
    ]
    path = folder / "replies.jsonl"
    with path.open("w") as file:
        for number in range(count):
            text = " ".join(words[(number * 7 + step * 3) % len(words)] for step in range(15))
            file.write(json.dumps({"id": f"i{number}", "reply": f"{text}\nAnswer: humorous"}) + "\n")
    return path


def row(name: str, found: list[Measured], note: str = "") -> None:
    """Print a line of the table."""
    seconds = [item.seconds for item in found]
    memory = max(item.megabytes for item in found)
    codes = {item.code for item in found}
    failed = "" if codes == {0} else f" EXIT CODES {codes}"
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    print(f"| {name} | {statistics.median(seconds):.2f} | {spread} | {memory:.0f} | {note}{failed} |", flush=True)


def start_up(runs: int) -> None:
    """--help and tasks list."""
    for name, arguments in (("judge --help", ["--help"]), ("judge tasks list", ["tasks", "list"])):
        measure(judge(*arguments))
        row(name, [measure(judge(*arguments)) for _ in range(runs)])


def calls(runs: int, folder: Path) -> None:
    """1,000 samples against the stub: raw client and endpoint in turn, LiteLLM, and all from the cache."""
    task = str(write_task(folder, SAMPLES))
    with stub() as url:
        raw, ours, hosted, cached = [], [], [], []
        for number in range(runs):
            out, cache = str(folder / f"out{number}"), str(folder / f"cache{number}")
            common = ["--out", out, "--cache", cache, "--concurrency", str(CONCURRENCY)]
            raw.append(measure([sys.executable, "-m", "bench.raw_client", url, str(SAMPLES), str(CONCURRENCY)]))
            endpoint = ["run", task, "--provider", "endpoint", "--base-url", f"{url}/v1", "--model", "stub", *common]
            before = asked(url)
            ours.append(measure(judge(*endpoint)))
            between = asked(url)
            cached.append(measure(judge(*endpoint, "--fresh")))
            assert between - before == SAMPLES, f"{between - before} requests for {SAMPLES} samples"
            assert asked(url) == between, "the cached run asked the server"
            openai = ["run", task, "--provider", "openai", "--base-url", f"{url}/v1", "--model", "gpt-4o", *common]
            hosted.append(measure(judge(*openai), environment={"OPENAI_API_KEY": "none"}))
        ratio = statistics.median(mine.seconds / base.seconds for mine, base in zip(ours, raw, strict=True))
        row("raw aiohttp client", raw, "the reference")
        row("endpoint", ours, f"{ratio:.2f} x the raw client")
        row("the same again, all from the cache", cached, "no request")
        row("LiteLLM", hosted)


def scoring(runs: int, folder: Path) -> None:
    """10,000 short answers with BLEU-4 and ROUGE-L."""
    task = str(write_task(folder, 10 * SAMPLES))
    file = str(replies(folder, 10 * SAMPLES))
    out = str(folder / "scored")
    row("judge import, 10,000 answers", [measure(judge("import", file, "--task", task, "--model", "m", "--out", out))])
    line = judge("score", out, "--fresh", "--metrics", "accuracy,bleu4,rouge_l")
    row("judge score, 10,000 answers, accuracy + BLEU-4 + ROUGE-L", [measure(line) for _ in range(runs)])


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}, {runs} runs\n")
    print("| what | median s | range s | peak MB | |\n|---|---:|---:|---:|---|", flush=True)
    start_up(runs)
    with tempfile.TemporaryDirectory() as folder:
        calls(runs, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        scoring(runs, Path(folder))


if __name__ == "__main__":
    main()

"""Measures the figures in bench/README.md, by `python -m bench.speed [--runs N]`.

Every figure is of a whole process: wall seconds and peak memory as the operating system counts them, the median of
several runs. The endpoint's is also a ratio to a bare aiohttp client, measured in turn with it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.process import Measured, asked, judge, measure, row, stub

SAMPLES = 1000
CONCURRENCY = 100


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


def start_up(runs: int) -> None:
    """--help and tasks list."""
    for name, arguments in (("judge --help", ["--help"]), ("judge tasks list", ["tasks", "list"])):
        measure(judge(*arguments))
        row(name, [measure(judge(*arguments)) for _ in range(runs)])


def calls(runs: int, folder: Path) -> None:
    """1,000 samples against the stub: each lane in turn with its bare client, and all from the cache."""
    task = str(write_task(folder, SAMPLES))
    with stub() as url:
        raw, ours, bare, hosted, cached = [], [], [], [], []
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
            bare.append(measure([sys.executable, "-m", "bench.raw_litellm", url, str(SAMPLES), str(CONCURRENCY)]))
            openai = ["run", task, "--provider", "openai", "--base-url", f"{url}/v1", "--model", "gpt-4o", *common]
            hosted.append(measure(judge(*openai), environment={"OPENAI_API_KEY": "none"}))
        row("raw aiohttp client", raw, "the reference")
        row("endpoint", ours, f"{_ratio(ours, raw):.2f} x the raw client")
        row("the same again, all from the cache", cached, "no request")
        row("bare litellm.acompletion", bare, "the reference")
        row("LiteLLM lane", hosted, f"{_ratio(hosted, bare):.2f} x bare LiteLLM")
        _cpu(runs, folder, url)


def _ratio(ours: list[Measured], base: list[Measured]) -> float:
    return statistics.median(mine.seconds / other.seconds for mine, other in zip(ours, base, strict=True))


def _cpu(runs: int, folder: Path, url: str) -> None:
    """CPU of one endpoint call in full: what 3,000 calls take more than 1,000, over 2,000."""
    found = []
    for number in range(runs):
        spent = []
        for count in (SAMPLES, 3 * SAMPLES):
            part = folder / f"cpu{number}-{count}"
            part.mkdir()
            task = str(write_task(part, count))
            line = ["run", task, "--provider", "endpoint", "--base-url", f"{url}/v1", "--model", "stub"]
            line += ["--out", str(part / "out"), "--cache", str(part / "cache"), "--concurrency", str(CONCURRENCY)]
            spent.append(measure(judge(*line)).cpu)
        found.append(1000 * (spent[1] - spent[0]) / (2 * SAMPLES))
    print(f"CPU of one endpoint call: median {statistics.median(found):.2f} ms ({min(found):.2f}-{max(found):.2f})")


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

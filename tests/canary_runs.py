"""What the tests of canary keys share: runs against a server that echoes, what is looked at after them, and counts."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from canaries import FORMS, files_below, traces
from command import Command, Done, write_lines
from fake_echo import PLACES
from figures import FULL, Figure, keep
from lane_runs import KEYS, TASK

HITS: dict[str, list[str]] = {}
TRIED: dict[str, int] = {}
"""Of the file that runs, by channel."""


def begin() -> None:
    """Count anew."""
    HITS.clear()
    TRIED.clear()


def kept(name: str, test: str) -> None:
    """Leave the figure of a file's tests."""
    hits = sum(map(len, HITS.values()))
    asked = "0 hits in output, tracebacks, logs, results, reports and caches"
    parts = ", ".join(f"{count:,} {channel}" for channel, count in TRIED.items())
    tried = sum(TRIED.values())
    keep(Figure(name=name, test=test, asked=asked, tried=tried, unit="echoes", failed=hits, measured=parts))


def task_of(folder: Path, cases: list[tuple[str, str]]) -> Path:
    """A sample for each place and form."""
    folder.mkdir(parents=True)
    items = [
        {"id": f"k{number}", "text": f"case {number} <{place}:{form}>", "label": "humorous"}
        for number, (place, form) in enumerate(cases)
    ]
    write_lines(folder / "items.jsonl", items)
    (folder / "many.yaml").write_text(TASK)
    return folder / "many.yaml"


BUSY = ("raw", "over lines") if FULL else ()
"""Forms for what is tried again, which takes its time."""
CASES = [case for case in itertools.product(PLACES, FORMS) if case[0] != "busy" or case[1] in BUSY]


def searched(name: str, key: str, done: list[Done], folder: Path, count: int) -> None:
    """Look for the key everywhere, and count."""
    places = files_below(folder)
    for number, one in enumerate(done):
        places |= {f"stdout {number}": one.out.encode(), f"stderr {number}": one.err.encode()}
    TRIED[name] = TRIED.get(name, 0) + count
    HITS.setdefault(name, []).extend(traces(key, places))
    assert not HITS[name], HITS[name][:10]


def looked_at(judge: Command, folder: Path) -> list[Done]:
    """What a person does with the run."""
    results, cache = folder / "r", folder / "c"
    return [
        judge("score", results, "--cache", cache),
        judge("report", results, "--out", results),
        judge("show", next(path for path in results.iterdir() if (path / "run.json").exists()), "k0"),
        judge("ls", results),
        judge("doctor", "--cache", cache),
        judge("providers", "list"),
        judge("providers", "show", "openai"),
    ]


def set_key(monkeypatch: pytest.MonkeyPatch, lane: str, key: str) -> None:
    monkeypatch.setenv(KEYS.get(lane, "JUDGE_ENDPOINT_KEY"), key)

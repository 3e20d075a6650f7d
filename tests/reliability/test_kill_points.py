"""Promise 1: kill -9 on entering each write, sync and rename of a run and of a judged score; then the same again."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from command import finish, start
from fake_server import FakeServer, serve
from figures import FULL, Figure, keep, size
from ledger import JUDGED, Job
from traced import Kill, events, need_strace, run_traced

COUNT = 4
RUN_POINTS = (
    *("mkdir results", "write run.json.tmp", "fsync run.json.tmp", "rename run.json", "fsync results"),
    *("write answers.jsonl", "fsync answers.jsonl", "pwrite64 .lock"),
    *("mkdir cache", "fsync cache", "pwrite64 replies.sqlite", "fdatasync replies.sqlite"),
    *("pwrite64 replies.sqlite-wal", "fdatasync replies.sqlite-wal", "write calls.log", "unlink calls.log"),
)
SCORE_POINTS = (
    *("write verdicts.jsonl", "fsync verdicts.jsonl", "pwrite64 replies.sqlite-wal", "fdatasync replies.sqlite-wal"),
    *("write scores.jsonl.tmp", "rename scores.jsonl"),
    *("write summary.json.tmp", "fsync summary.json.tmp", "rename summary.json", "fsync results"),
)
SHORT = {
    "run": (Kill("rename", 1), Kill("fdatasync", 4), Kill("fsync", 9)),
    "score": (Kill("rename", 2), Kill("pwrite64", 6)),
}
APPENDED = {"run": "answers.jsonl", "score": "verdicts.jsonl"}
"""Written by other threads than the first, so that they are aimed at by their name."""


@dataclass
class Seen:
    """Points that a kill was seen to hit, and what went wrong after one."""

    hit: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def _name(path: str, folder: Path) -> str:
    if path.endswith(".log") and "/calls/" in path:
        return "calls.log"
    if re.search(r"\.tmp$", path):
        return re.sub(r"^\.(.*)\.\d+\.tmp$", r"\1.tmp", Path(path).name)
    if Path(path).suffix or Path(path).name.startswith("."):
        return Path(path).name
    return "cache" if path.startswith(str(folder / "cache")) else "results"


def _points(trace: Path, folder: Path, *, killed: bool) -> list[str]:
    found = (event for event in events(trace, folder) if event.killed or not killed)
    return [f"{event.name} {_name(event.path, folder)}" for event in found]


def _most(trace: Path) -> Counter[str]:
    """How often one thread enters each call at most: beyond that a kill would not fire."""
    each = Counter(re.findall(r"^(\d+)\s+(\w+)\(", trace.read_text(), re.MULTILINE))
    most: Counter[str] = Counter()
    for (_, name), count in each.items():
        most[name] = max(most[name], count)
    return most


def _kills(what: str, calm: Path, run: Path) -> list[Kill]:
    names = ("mkdir", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "rename", "unlink")
    every = [Kill(name, which) for name in names for which in range(1, _most(calm)[name] + 1)]
    appended = [Kill(name, which, run / APPENDED[what]) for name in ("write", "fsync") for which in size((1,), (1, 2))]
    return appended + (every if FULL else list(SHORT[what]))


def _finished(job: Job, line: list[str | Path]) -> str:
    done = finish(start(*line, JUDGE_CACHE=str(job.cache)))
    return "" if done.code == 0 and "Traceback" not in done.err else f"the rerun ended with {done.code}: {done.err}"


def _fresh(folder: Path, server: FakeServer) -> Job:
    shutil.rmtree(folder, ignore_errors=True)
    return Job(folder, server, count=COUNT)


def _kill_runs(tmp_path: Path, server: FakeServer, seen: Seen) -> None:
    calm = _fresh(tmp_path / "calm", server)
    assert run_traced(*calm.line(), out=tmp_path / "calm.trace").returncode == 0
    for kill in _kills("run", tmp_path / "calm.trace", tmp_path / "job" / "r" / "k"):
        job = _fresh(tmp_path / "job", server)
        before = len(server.requests())
        run_traced(*job.line(), out=tmp_path / "trace", kill=kill)
        seen.hit.update({f"run: {name}" for name in _points(tmp_path / "trace", job.folder, killed=True)})
        job.settle()
        first, on_disk = job.asked(before), job.committed()
        middle = len(server.requests())
        problem = _finished(job, job.line())
        again = set(job.asked(middle)) & on_disk
        problem = problem or (f"paid twice: {again}" if again else "")
        problem = problem or ("" if job.answers() == calm.answers() else "other answers than the undisturbed run's")
        extra = len(first) + len(job.asked(middle)) - COUNT
        problem = problem or ("" if extra == len(set(first) - on_disk) else f"{extra} extra calls")
        seen.wrong += [f"run, {kill}: {problem}"] if problem else []


def _kill_scores(tmp_path: Path, server: FakeServer, seen: Seen) -> None:
    whole = _fresh(tmp_path / "whole", server)
    assert _finished(whole, whole.line()) == ""
    calm, job = tmp_path / "judged", tmp_path / "job"
    shutil.copytree(whole.folder, calm)
    line = ["score", "r/k", "--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--concurrency", "2"]
    assert _scored(line, calm, tmp_path / "calm.trace", None) == 0
    for kill in _kills("score", tmp_path / "calm.trace", job / "r" / "k"):
        shutil.rmtree(job, ignore_errors=True)
        shutil.copytree(whole.folder, job)
        before = len(server.requests())
        _scored(line, job, tmp_path / "trace", kill)
        seen.hit.update({f"score: {name}" for name in _points(tmp_path / "trace", job, killed=True)})
        problem = "" if _scored(line, job, tmp_path / "again.trace", None) == 0 else "the second score failed"
        problem = problem or _unlike(job / "r" / "k", calm / "r" / "k")
        calls = Counter(entry["key"] for entry in server.requests()[before:])
        twice = sum(count - 1 for count in calls.values())
        problem = problem or (f"{twice} judge calls paid twice" if twice > 2 else "")
        seen.wrong += [f"score, {kill}: {problem}"] if problem else []


def _scored(line: list[str], folder: Path, out: Path, kill: Kill | None) -> int:
    named = [word if word != "r/k" else str(folder / "r" / "k") for word in line]
    return run_traced(*named, "--cache", folder / "cache", out=out, kill=kill).returncode


def _unlike(run: Path, calm: Path) -> str:
    """How a scored run differs from the undisturbed one; a doubled verdict too."""
    if (run / "scores.jsonl").read_bytes() != (calm / "scores.jsonl").read_bytes():
        return "other scores"
    mine, theirs = (json.loads((folder / "summary.json").read_text()) for folder in (run, calm))
    if (mine["estimates"], mine["problems"]) != (theirs["estimates"], theirs["problems"]):
        return "another summary"
    lines = [json.loads(text) for text in (run / "verdicts.jsonl").read_text().splitlines()]
    named = Counter((entry["sample_id"], entry["criterion"], entry["step"]) for entry in lines)
    return "a doubled verdict" if max(named.values()) > 1 else ""


def test_killed_at_every_point_where_something_is_written_the_same_line_ends_well(tmp_path: Path) -> None:
    need_strace()
    seen, started = Seen(), time.monotonic()
    with serve(tmp_path / "server", JUDGED) as server:
        _kill_runs(tmp_path, server, seen)
        _kill_scores(tmp_path, server, seen)
    wanted = {f"run: {name}" for name in RUN_POINTS} | {f"score: {name}" for name in SCORE_POINTS}
    missed = sorted(wanted - set(seen.hit)) if FULL else []
    keep(
        Figure(
            name="kill_points",
            test="kill -9 on entering each write, sync and rename of cache, answers, verdicts, scores, summary",
            asked="all points",
            tried=seen.hit.total(),
            unit="kills",
            failed=len(seen.wrong) + len(missed),
            measured=f"{len(seen.hit)} named points, {len(wanted) - len(missed)} of the {len(wanted)} that must be hit",
            seconds=time.monotonic() - started,
            details={"hit": dict(sorted(seen.hit.items()))},
        )
    )
    assert not seen.wrong, "\n".join(seen.wrong)
    assert not missed, f"never hit: {missed}"
    assert len(seen.hit) >= size(4, len(wanted)), f"hit only {sorted(seen.hit)}"

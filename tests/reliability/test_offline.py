"""`judge score` with no network: what was answered and judged once is scored again without a single connection."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, environment, estimate
from fake_server import read_lines, serve
from figures import Figure, keep
from test_cli_score import JUDGE_SCRIPT
from watching import Watched

from judge.cli.main import main

HUMOR = "tasks/humor.yaml"
METRICS = ("accuracy", "reasoning", "cot", "final")
CALL = re.compile(
    r"\b(connect|sendto|sendmsg|bind)\(\d+, \{sa_family=(AF_INET6?|AF_NETLINK)|socket\((AF_INET6?|AF_NETLINK)"
)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs without their scores: one was judged by a server that is gone, one is for rules."""
    folder = tmp_path_factory.mktemp("offline") / "work"
    runs, cache = folder / "runs", ["--cache", str(folder / "cache")]
    with serve(folder / "server", JUDGE_SCRIPT) as server:
        at = ["--base-url", server.base_url, "--model", "m", *cache]
        asked = ["run", HUMOR, "--provider", "endpoint", *at, "--limit", "5", "--out", str(runs / "asked")]
        by_it = ["score", str(runs / "asked"), "--judge", "endpoint", *at]
        for line in (asked, by_it):
            assert main(line) == 0
        sent = len(read_lines(server.ledger))
    (folder / "at").write_text("\n".join(at))
    (folder / "before").write_text(str(_numbers(runs / "asked")))
    assert main(["run", HUMOR, "--provider", "replay", "--out", str(runs / "rules")]) == 0
    for path in runs.rglob("*"):
        if path.name in ("verdicts.jsonl", "scores.jsonl", "summary.json"):
            path.unlink()
    assert sent > 5
    return folder


def _numbers(runs: Path) -> list[float | None]:
    (folder,) = [path.parent for path in runs.glob("*/run.json")]
    return [estimate(folder, metric)["value"] for metric in METRICS]


def _lines(work: Path) -> list[list[str]]:
    judged = ["score", str(work / "runs" / "asked"), "--judge", "endpoint", *(work / "at").read_text().split("\n")]
    return [judged, ["score", str(work / "runs" / "rules")]]


def _copy(work: Path, tmp_path: Path) -> Path:
    """Scored without the first one's results: the same cache, the same answers, no verdicts."""
    copy = tmp_path / "work"
    shutil.copytree(work, copy)
    at = (copy / "at").read_text().replace(str(work), str(copy))
    (copy / "at").write_text(at)
    return copy


def _same(work: Path) -> bool:
    return str(_numbers(work / "runs" / "asked")) == (work / "before").read_text()


def test_scoring_from_the_cache_touches_no_socket_by_the_audit_hook(work: Path, tmp_path: Path) -> None:
    copy = _copy(work, tmp_path)
    with Watched() as watched:
        seen = [watched.run(line, folder=ROOT, work=copy) for line in _lines(copy)]
    assert [(item.code, item.faults) for item in seen] == [(0, ()), (0, ())]
    assert _same(copy)


def _plain(line: list[str], *before: str) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-m", "judge", *line]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)


def _allowed(*before: str) -> bool:
    """True where this machine lets us run something like that."""
    return (
        shutil.which(before[0]) is not None
        and subprocess.run([*before, "true"], capture_output=True, check=False).returncode == 0
    )


def test_scoring_from_the_cache_makes_no_call_to_the_network_by_strace(work: Path, tmp_path: Path) -> None:
    trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=network", "-o", str(tmp_path / "trace")]
    if not _allowed("strace", "-f", "--seccomp-bpf", "-o", "/dev/null"):
        pytest.skip("strace is not installed, or may trace nothing here")
    copy = _copy(work, tmp_path)
    done, calls = [], []
    for line in _lines(copy):
        done.append(_plain(line, *trace))
        calls += [text for text in (tmp_path / "trace").read_text().splitlines() if CALL.search(text)]
    same = _same(copy)
    failed = sum(item.returncode != 0 for item in done) + (not same)
    keep(
        Figure(
            name="offline",
            test="`judge score` of a run by an LLM judge and of one by rules, from the cache, under strace",
            asked="completes with equal scores, 0 connects",
            tried=len(done),
            unit="scorings",
            failed=failed + len(calls),
            measured=f"{len(calls)} calls to the network",
        )
    )
    assert [item.returncode for item in done] == [0, 0], done
    assert not calls
    assert same
    probe = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    subprocess.run([*trace, sys.executable, "-c", probe], check=True)
    assert CALL.search((tmp_path / "trace").read_text()), "a call to the network would be seen"


def test_scoring_from_the_cache_works_where_there_is_no_network(work: Path, tmp_path: Path) -> None:
    if not _allowed("unshare", "-rn"):
        pytest.skip("unshare is not here, or may make no network of its own")
    copy = _copy(work, tmp_path)
    for line in _lines(copy):
        done = _plain(line, "unshare", "-rn")
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert _same(copy)

"""A full disk, a folder that cannot be written, a torn or damaged file: said in a line, mended by the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fake_server import FakeServer, serve
from figures import Figure, keep, size
from forked import Nursery, nursery
from ledger import WORKERS, Job

SCRIPT = {"latency": 0.005, "default": {"text": "It is a joke.\nAnswer: humorous"}}
COUNT = 60
NOBODY = 65534
SMALLEST = 1024
"""Bytes: what the process says goes to a file as well, and must fit."""


@dataclass
class Seen:
    """What the tries showed."""

    tried: int = 0
    most_lost: int = 0
    """Calls whose reply could not be kept, in the worst case."""
    wrong: list[str] = field(default_factory=list)


def _told(code: int, said: str) -> str:
    """What is wrong with how a run on a full disk ended."""
    if code not in (3, 4):
        return f"exit code {code}"
    if "Traceback" in said or "a fault of its own" in said:
        return "a traceback"
    return "" if "could not be written" in said or "cannot be used" in said or "cannot be made" in said else "not said"


def _try(job: Job, home: Nursery, seen: Seen, *, fsize: int, calm: Job) -> None:
    """One run under the limit, then the same line without it."""
    shutil.rmtree(job.cache, ignore_errors=True)
    shutil.rmtree(job.folder / "r", ignore_errors=True)
    before = len(job.server.requests())
    code, said = home.run(*job.line(), fsize=fsize)
    asked, kept = set(job.asked(before)), job.committed()
    middle = len(job.server.requests())
    again, said_again = home.run(*job.line())
    problem = _told(code, said)
    lost = len(asked - kept)
    problem = problem or (f"{lost} calls whose replies were not kept" if lost > WORKERS else "")
    problem = problem or (f"the resumed run ended with {again}: {said_again[-300:]}" if again else "")
    problem = problem or ("" if job.answers() == calm.answers() else "other answers than the undisturbed run's")
    twice = set(job.asked(middle)) & kept
    problem = problem or (f"{len(twice)} paid twice" if twice else "")
    seen.tried += 1
    seen.most_lost = max(seen.most_lost, lost)
    seen.wrong += [f"at {fsize} bytes: {problem}"] if problem else []


def _largest(job: Job) -> int:
    """The size of the largest file that a run makes, its log included: below it, the limit must be met."""
    files = [*job.cache.glob("*.sqlite*"), *job.run.iterdir()]
    return max(file.stat().st_size for file in files)


def test_on_a_full_disk_nothing_more_is_paid_for_and_the_next_run_mends_it(tmp_path: Path) -> None:
    seen, started, tries = Seen(), time.monotonic(), size(8, 200)
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SCRIPT) as server:
        calm, job = (Job(tmp_path / name, server, count=COUNT) for name in ("calm", "job"))
        assert home.run(*calm.line())[0] == 0
        largest = _largest(calm) - 1
        for number in range(tries):
            _try(job, home, seen, fsize=SMALLEST + number * (largest - SMALLEST) // (tries - 1), calm=calm)
    keep(
        Figure(
            name="disk_full",
            test=f"disk full at {tries} sizes, {SMALLEST:,} to {largest:,} bytes a file (RLIMIT_FSIZE), then resumed",
            asked="200 sizes: told, no torn record after resume, no paid call beyond those in flight",
            tried=seen.tried,
            unit="sizes",
            failed=len(seen.wrong),
            measured=f"at most {seen.most_lost} calls in flight at the first failed write, of {WORKERS} workers",
            seconds=time.monotonic() - started,
        )
    )
    assert not seen.wrong, "\n".join(seen.wrong[:10])


def test_a_disk_without_space_is_told_with_no_paid_call_beyond_those_in_flight(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(small, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SCRIPT) as server:
            job = Job(disk / "job", server, count=400)
            code, said = home.run(*job.line())
            assert _told(code, said) == "", said
            assert len(set(job.asked()) - job.committed()) <= WORKERS
            assert 0 < len(server.requests()) < 400, "the disk was full in the middle of the run"
    finally:
        subprocess.run(["umount", disk], check=True)


def _refused(home: Nursery, job: Job, server: FakeServer, *named: str, **how: int) -> None:
    code, said = home.run(*job.line(), **how)
    assert code == 3, said
    assert all(name in said for name in named), said
    assert len(said.strip().splitlines()) == 1, said
    assert server.requests() == [], "nothing was paid for"


@pytest.mark.parametrize("taken", ["r", "cache", "r/k"])
def test_a_file_in_place_of_a_folder_is_named_before_anything_is_paid(tmp_path: Path, taken: str) -> None:
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SCRIPT) as server:
        job = Job(tmp_path / "job", server, count=4)
        path = job.folder / taken
        path.parent.mkdir(exist_ok=True)
        path.write_text("a file")
        if taken == "cache":
            code, said = home.run(*job.line())
            assert (code, server.requests()) == (3, []), said
            assert f"{path}" in said
            assert "Traceback" not in said
        else:
            _refused(home, job, server, str(path))
        assert path.read_text() == "a file"


@pytest.mark.parametrize("closed", ["r", "cache"])
def test_a_folder_that_the_user_may_not_write_is_named_before_anything_is_paid(closed: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become a user without rights; for others the folder's mode is enough elsewhere")
    with (
        tempfile.TemporaryDirectory() as name,  # pytest's own folders are closed to other users
        nursery(Path(name) / "said") as home,
        serve(Path(name) / "server", SCRIPT) as server,
    ):
        Path(name).chmod(0o755)
        (Path(name) / "said").chmod(0o777)
        job = Job(Path(name) / "job", server, count=4)
        for folder in ("r", "cache"):
            (job.folder / folder).mkdir()
            (job.folder / folder).chmod(0o755 if folder == closed else 0o777)
        code, said = home.run(*job.line(), user=NOBODY)
        assert (code, server.requests()) == (3, []), said
        assert str(job.folder / closed) in said
        assert "Permission denied" in said or "unable to open" in said or "readonly" in said
        (job.folder / closed).chmod(0o777)
        code, said = home.run(*job.line(), user=NOBODY)
        assert code == 0, f"it was the rights alone: {said}"

"""Hands jobs to tests/audited.py and takes what they did: exit code, what they said, time, peak, what they touched."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from command import ROOT, environment

PROGRAM = str(Path(__file__).resolve().parent / "audited.py")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of one command."""

    code: int
    out: str
    err: str
    cpu: float
    """Seconds of processor time."""
    peak: int
    """Bytes."""
    faults: tuple[str, ...]
    """What was opened, run or connected to outside of what it may."""


class Watched:
    """One nursery of processes, or, with `alone`, a whole process for each command."""

    def __init__(self, *, alone: bool = False) -> None:
        self._nursery: subprocess.Popen[str] | None = None
        self._alone = alone
        self._count = 0

    def __enter__(self) -> Self:
        if not self._alone:
            self._nursery = subprocess.Popen(
                [sys.executable, PROGRAM, "serve"],
                cwd=ROOT,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self._nursery.stdout is not None
            assert self._nursery.stdout.readline() == "ready\n"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._nursery is not None:
            assert self._nursery.stdin is not None
            assert self._nursery.stdout is not None
            self._nursery.stdin.close()
            self._nursery.wait(60)
            self._nursery.stdout.close()

    def run(
        self, argv: Sequence[str], *, folder: Path, work: Path, target: str = "judge.cli.main:main", seconds: int = 60
    ) -> Seen:
        """One command that may read `folder` and write `work`."""
        self._count += 1
        report = work.parent / f"report-{self._count}.json"
        job: dict[str, Any] = {
            "argv": list(argv),
            "cwd": str(folder),
            "target": target,
            "seconds": seconds,
            "reads": [str(folder)],
            "writes": [str(work)],
            "environment": {"JUDGE_CACHE": str(work / "cache")},
            "report": str(report),
        }
        ended = self._signal_of(job)
        said = [Path(f"{report}.{name}").read_text("utf-8", "replace") for name in ("stdout", "stderr")]
        if ended or not report.exists():
            return Seen(code=-ended, out=said[0], err=said[1], cpu=0.0, peak=0, faults=(f"killed by signal {ended}",))
        found = json.loads(report.read_text())
        faults = tuple(found["faults"])
        return Seen(code=found["code"], out=said[0], err=said[1], cpu=found["cpu"], peak=found["peak"], faults=faults)

    def _signal_of(self, job: dict[str, Any]) -> int:
        if self._nursery is None:
            done = subprocess.run([sys.executable, PROGRAM, "one", json.dumps(job)], env=_environment(), check=False)
            return max(0, -done.returncode)
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(json.dumps(job) + "\n")
        self._nursery.stdin.flush()
        return int(json.loads(self._nursery.stdout.readline())["signal"])


def _environment() -> dict[str, str]:
    return environment(PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8")

"""Runs the command line for tests: in this process, or as a process of its own that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from judge.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
KEYS = ("GEMINI_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY")


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of stdout."""
        return self.out.rstrip().rsplit("\n", 1)[-1]

    @property
    def folder(self) -> Path:
        """The run's folder, which the last line names."""
        return Path(self.last)


Command = Callable[..., Done]


def command_in_process(capsys: pytest.CaptureFixture[str]) -> Command:
    """`judge ...` called as a function; exits become codes."""

    def call(*arguments: str | Path) -> Done:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without any key; the command `judge` of an activated venv is not on its PATH."""
    clean = {name: value for name, value in os.environ.items() if name not in KEYS}
    beside = str(Path(sys.executable).parent)
    path = os.pathsep.join(part for part in clean.get("PATH", "").split(os.pathsep) if part != beside)
    return clean | {"PYTHONPATH": str(ROOT), "PATH": path} | changes


def start(*arguments: str | Path, cwd: Path = ROOT, **changes: str) -> subprocess.Popen[str]:
    """`python -m judge ...` as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "judge", *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Done:
    """Wait for a process and take what it said."""
    out, err = process.communicate(timeout=60)
    return Done(process.returncode, out, err)


def summary_of(folder: Path) -> dict[str, Any]:
    """summary.json."""
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def estimate(folder: Path, metric: str, *, mode: str = "strict", group: str = "overall") -> dict[str, Any]:
    """The one estimate of that name; fails where there are none or several."""
    found = [
        item
        for item in summary_of(folder)["estimates"]
        if (item["metric"], item["mode"], item["group"]) == (metric, mode, group)
    ]
    assert len(found) == 1, f"{len(found)} estimates of {metric}, {mode}, {group}"
    result: dict[str, Any] = found[0]
    return result


def lines_of(path: Path) -> list[dict[str, Any]]:
    """A JSON lines file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    """A JSON lines file, written."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path

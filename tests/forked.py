"""Starts `judge ...` some hundred times a minute: a process that has everything imported forks one child a command.

The children are whole processes, killed for real; what they are spared is the half second of imports.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PRELOADED = (
    *(f"judge.cli.{name}" for name in ("running", "scoring", "reporting", "doctor")),
    *("providers.endpoint", "judge.rules", "judge.agent", "judge.metrics.text"),
    *("encodings.utf_8_sig", "encodings.idna", "concurrent.futures.thread"),
)
"""A child that becomes another user may not read where Python lies."""
KEYLESS = ("GEMINI_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "JUDGE_CACHE")


class Child:
    """One command in a process of its own."""

    def __init__(self, nursery: Nursery, pid: int, said: Path) -> None:
        self.pid = pid
        self.said_file = said
        self._nursery = nursery
        self._code: int | None = None

    def running(self) -> bool:
        """Until it has ended; a dead child is not yet reaped by this."""
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2][:1]
        except OSError:
            return False
        return state not in "ZX"

    def kill(self, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send the signal; False where it had ended before."""
        if not self.running():
            return False
        os.kill(self.pid, number)
        return True

    def wait(self, seconds: float = 120.0) -> int:
        """Its exit code, or the negative number of the signal that ended it."""
        end = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError(f"still running after {seconds} s: {self.said()}")
            time.sleep(0.003)
        if self._code is None:
            self._code = self._nursery.reap(self.pid)
        return self._code

    def said(self) -> str:
        """What it wrote to stdout and stderr so far."""
        return self.said_file.read_text(errors="replace") if self.said_file.exists() else ""


class Nursery:
    """The process that forks."""

    def __init__(self, folder: Path, preloaded: Sequence[str] = PRELOADED) -> None:
        """`preloaded`: modules to import beforehand, or module:function to call."""
        self._folder = folder
        self._count = 0
        environment = {name: value for name, value in os.environ.items() if name not in KEYLESS}
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        self._process = subprocess.Popen(
            [sys.executable, __file__, *preloaded],
            cwd=ROOT,
            env=environment | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str | Path, **how: Any) -> Child:
        """Begin `judge ARGUMENTS`; `how`: fsize (bytes a file may have), nofile (files that it may open
        besides its own), user (id), die_before_append (which).

        `entry`: another module:function, which reads sys.argv; what it says on stderr is then kept apart.
        """
        self._count += 1
        said = self._folder / f"said-{self._count}.txt"
        order = {"argv": list(map(str, arguments)), "said": str(said), **how}
        return Child(self, self._ask(order), said)

    def run(self, *arguments: str | Path, **how: Any) -> tuple[int, str]:
        """The same, to its end."""
        child = self.start(*arguments, **how)
        return child.wait(), child.said()

    def reap(self, pid: int) -> int:
        return self._ask({"wait": pid})

    def _ask(self, order: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def nursery(folder: Path, preloaded: Sequence[str] = PRELOADED) -> Iterator[Nursery]:
    """A nursery whose children write what they say below the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = Nursery(folder, preloaded)
    try:
        yield opened
    finally:
        opened.close()


def _become(order: dict[str, Any]) -> None:
    """In the child: take the command's limits on, then be the command."""
    handle = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(handle, 1)
    os.dup2(
        os.open(f"{order['said']}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666) if "entry" in order else handle, 2
    )
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    if "die_before_append" in order:
        _die_before_append(int(order["die_before_append"]))
    if "fsize" in order:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(order["fsize"]), resource.RLIM_INFINITY))
    if "nofile" in order:
        there = len(list(Path("/proc/self/fd").iterdir())) - 1
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (there + int(order["nofile"]), most))
    if "user" in order:
        os.setgroups([])
        os.setgid(int(order["user"]))
        os.setuid(int(order["user"]))
    code = 1
    try:
        code = _entered(order)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _entered(order: dict[str, Any]) -> int:
    if "entry" not in order:
        from judge.cli.main import main

        return main(order["argv"])
    sys.argv = [order["entry"], *order["argv"]]
    _call(order["entry"])
    return 0


def _call(entry: str) -> None:
    """module:function, or a module that is only imported."""
    import importlib

    module, _, function = entry.partition(":")
    found = importlib.import_module(module)
    if function:
        getattr(found, function)()


def _die_before_append(which: int) -> None:
    """Between the cache's commit and the answer's line: killed before the so-manieth batch of lines."""
    from judge.store import Appender

    plain, left = Appender.append, [which]

    def append(self: Appender, records: Any) -> None:
        left[0] -= 1
        if left[0] <= 0 and self.path.name == "answers.jsonl":
            os.kill(os.getpid(), signal.SIGKILL)
        plain(self, records)

    Appender.append = append  # type: ignore[method-assign]


def _serve() -> None:
    for name in sys.argv[1:]:
        _call(name)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _become(order)
        print(pid, flush=True)


if __name__ == "__main__":
    _serve()

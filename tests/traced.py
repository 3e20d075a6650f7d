"""Runs a command under strace: what it wrote where, in order; or kill -9 as it enters its N-th write or sync."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from command import ROOT, environment

WRITES = (
    *("mkdir", "openat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync"),
    *("rename", "renameat", "renameat2", "unlink", "unlinkat"),
)
_CALL = re.compile(r"^(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+|\?)", re.DOTALL)
_UNFINISHED = re.compile(r"^(\d+)\s+(\w+)\((.*) <unfinished \.\.\.>$", re.DOTALL)
_RESUMED = re.compile(r"^(\d+)\s+<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
_HANDLE = re.compile(r"(?:\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@cache
def _usable() -> str:
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else "this machine does not let strace trace"


def need_strace() -> None:
    """Skip where it cannot be used."""
    if reason := _usable():
        pytest.skip(reason)


class Kill(NamedTuple):
    """Where to be killed: as a thread enters its N-th call of this name, of this file alone where one is named."""

    name: str
    which: int
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One call of the system that ended, or that a kill cut off."""

    name: str
    path: str
    """Of the file it writes to, or makes, renames (the new name) or unlinks."""
    old: str = ""
    data: bytes = b""
    offset: int | None = None
    """None: at the end of the file."""
    creates: bool = False
    truncates: bool = False
    killed: bool = False


def run_traced(
    *arguments: str | Path, out: Path, kill: Kill | None = None, program: str = "-m judge"
) -> subprocess.CompletedProcess[str]:
    """`judge ARGUMENTS` under strace, killed on the way where `kill` says so."""
    inject = ["-e", f"inject={kill.name}:signal=KILL:when={kill.which}"] if kill else []
    inject += ["-P", str(kill.path)] if kill and kill.path else []
    quick = [] if kill else ["--seccomp-bpf"]  # with it, nothing is injected
    strace = ["strace", "-f", *quick, "-y", "-xx", "-s", "50000000", "-o", str(out)]
    traced = [*strace, "-e", f"trace={','.join(WRITES)}", *inject, sys.executable, *program.split()]
    return subprocess.run(
        [*traced, *map(str, arguments)],
        cwd=ROOT,
        env=environment(PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def events(out: Path, below: Path) -> list[Event]:
    """What was written below the folder, in the order in which it ended."""
    found = (_event(*parts) for parts in _calls(out))
    return [event for event in found if event is not None and event.path.startswith(str(below))]


def _calls(out: Path) -> Iterator[tuple[str, str, str]]:
    begun: dict[str, str] = {}
    for line in out.read_text(encoding="ascii").splitlines():
        if unfinished := _UNFINISHED.match(line):
            begun[unfinished[1]] = f"{unfinished[2]}({unfinished[3]}"
            continue
        resumed = _RESUMED.match(line)
        whole = f"{resumed[1]} {begun.pop(resumed[1])}{resumed[3]}" if resumed and resumed[1] in begun else line
        if call := _CALL.match(whole):
            yield call[2], call[3], call[4]


def _text(hexed: str) -> str:
    return bytes.fromhex(hexed.replace("\\x", "")).decode("utf-8", "replace")


def _event(name: str, arguments: str, result: str) -> Event | None:
    if result.startswith("-"):
        return None
    killed = result == "?"
    handles = [_text(item) for item in _HANDLE.findall(arguments)]
    strings = _STRING.findall(arguments)
    if name == "openat":
        flags = arguments.rpartition('"')[2]
        writes = "O_WRONLY" in flags or "O_RDWR" in flags
        made, cut = "O_CREAT" in flags, "O_TRUNC" in flags
        return Event(name, _text(strings[0]), creates=made, truncates=cut, killed=killed) if writes else None
    if name in ("rename", "renameat", "renameat2"):
        return Event(name, _text(strings[1]), old=_text(strings[0]), killed=killed)
    if name in ("unlink", "unlinkat", "mkdir"):
        return Event(name, _text(strings[0]), killed=killed)
    if not handles:
        return None
    numbers = [part.strip() for part in arguments.split(",")]
    if name == "ftruncate":
        return Event(name, handles[0], offset=int(numbers[-1]), killed=killed)
    data = bytes.fromhex(strings[0].replace("\\x", "")) if strings else b""
    offset = int(numbers[-1]) if name == "pwrite64" else None
    return Event(name, handles[0], data=data, offset=offset, killed=killed)

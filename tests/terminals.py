"""A terminal for tests: runs the command line on a pseudo-terminal and says what reached it that should not have."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from command import ROOT, environment

ENDS_WITHIN = 240.0
OWN_PROGRESS = re.compile(r"\r {2}(?:answered \d|[^\r\n]{1,300}: judged \d)[^\r\n]*|\r {3,}\r")
"""Our progress line, which rewrites itself, and its taking away."""
HIDDEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0d\U000e0000-\U000e0fff]")


def on_terminal(
    *arguments: str | Path, cwd: Path = ROOT, changes: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """`python -m judge ...` with stdout and stderr on a terminal that passes bytes on as they are."""
    ours, theirs = os.openpty()
    mode = termios.tcgetattr(theirs)
    mode[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    process = subprocess.Popen(
        [sys.executable, "-m", "judge", *map(str, arguments)],
        cwd=cwd,
        env=environment(PYTHONUTF8="1", **(changes or {})),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        return _finished(process, ours)
    finally:
        os.close(ours)


def _finished(process: subprocess.Popen[bytes], ours: int) -> tuple[int, bytes]:
    found, until = bytearray(), time.monotonic() + ENDS_WITHIN
    while time.monotonic() < until:
        ready, _, _ = select.select([ours], [], [], 0.05)
        if ready:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not piece:
                break
            found += piece
        elif process.poll() is not None:
            break
    else:
        process.kill()
        process.wait()
        raise TimeoutError(f"the command did not end; its last words: {bytes(found[-300:])!a}")
    return process.wait(), bytes(found)


def faults_of(raw: bytes) -> list[str]:
    """What stands in the output that could move the terminal, hide from the eye or pass for a line of ours."""
    text = raw.decode("utf-8", "surrogateescape")
    bare = OWN_PROGRESS.sub("", text)
    found = [
        f"{name} {bare[max(0, at - 30) : at + 30]!a}"
        for at, letter in enumerate(bare)
        if letter not in "\n\t" and (name := _bad(letter))
    ]
    found += [f"hidden {match[0]!a}" for match in HIDDEN.finditer(bare)]
    return found + [f"a faked line: {line[:60]!r}" for line in bare.split("\n") if line.lstrip().startswith("FAKE")]


def _bad(letter: str) -> str:
    kind = unicodedata.category(letter)
    return kind if kind in ("Cc", "Cf", "Cs", "Zl", "Zp") else ""

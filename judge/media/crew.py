"""The parent's side of the workers: hands them open files, waits within limits, replaces those that fail.

A crash, a hang or too much memory costs the one clip that caused it. Answers are plain JSON and bytes.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from judge.media.orders import Bounds, Made, Order, Piece, Unusable
from judge.media.worker import LENGTH

MOST_WORKERS = 8
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[2]); from judge.media.worker import main; import judge.media.decode; "
    "main(int(sys.argv[1]))"
)
STARTING = 30.0
"""Seconds more for a worker's first clip: it has yet to import its libraries."""


class Worker:
    """One process and the socket to it; used by one thread at a time."""

    def __init__(self) -> None:
        """Started without this process's environment: no key is in reach of a decoder."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-c", _PROGRAM, str(theirs.fileno()), _ROOT]
        self._wire = ours
        self.clips = 0
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and program, no shell
                command,
                pass_fds=(theirs.fileno(),),
                env={"PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def make(self, descriptor: int, order: Order, bounds: Bounds) -> Made:
        """One result; raises Unusable for the clip's own faults and Lost where the worker is gone."""
        self._wire.settimeout(bounds.seconds + (STARTING if self.clips == 0 else 0.0))
        self.clips += 1
        text = json.dumps({"order": dataclasses.asdict(order), "bounds": dataclasses.asdict(bounds)})
        try:
            socket.send_fds(self._wire, [text.encode("ascii")], [descriptor])
            head = json.loads(self._receive(bounds))
            if "kind" in head:
                raise Unusable(str(head["kind"]), str(head["message"])[:300])
            pieces = tuple(self._piece(item, bounds) for item in head["pieces"])
            return Made(pieces=pieces, expected=int(head["expected"]))
        except TimeoutError as error:
            raise Lost("timeout", f"takes more than {bounds.seconds:.0f} s to decode") from error
        except (OSError, EOFError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise Lost("corrupt", f"ended its decoder{self._how()}") from error

    def _piece(self, item: dict[str, Any], bounds: Bounds) -> Piece:
        raw = self._receive(bounds)
        return Piece(raw=raw, mime=str(item["mime"]), at=_number(item["at"]), seconds=_number(item["seconds"]))

    def _receive(self, bounds: Bounds) -> bytes:
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size))
        if size > bounds.made_bytes:
            raise EOFError
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self._wire.recv(min(size - len(parts), 2**20))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _how(self) -> str:
        code = self._process.poll()
        return f" (signal {-code})" if code is not None and code < 0 else ""

    def end(self) -> None:
        """Kill it; a worker holds nothing that could be lost."""
        self._wire.close()
        self._process.kill()
        self._process.wait()


class Lost(Unusable):
    """The clip took its worker with it."""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


class Crew:
    """So many workers, started when first needed."""

    def __init__(self, *, workers: int | None = None, bounds: Bounds | None = None) -> None:
        """As many as there are processors, at most 8."""
        self.bounds = bounds or Bounds()
        self.size = workers or min(MOST_WORKERS, os.cpu_count() or 1)
        self._idle: list[Worker] = []
        self._threads = concurrent.futures.ThreadPoolExecutor(self.size, thread_name_prefix="media")

    async def make(self, descriptor: int, order: Order) -> Made:
        """One result, by whichever worker is free; raises Unusable. The descriptor stays the caller's."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, descriptor, order)

    def _work(self, descriptor: int, order: Order) -> Made:
        os.lseek(descriptor, 0, os.SEEK_SET)
        worker = self._idle.pop() if self._idle else Worker()
        try:
            made = worker.make(descriptor, order, self.bounds)
        except Unusable as error:
            self._back(worker, well=not isinstance(error, Lost))
            raise
        self._back(worker, well=True)
        return made

    def _back(self, worker: Worker, *, well: bool) -> None:
        if well and worker.clips < self.bounds.clips:
            self._idle.append(worker)
        else:
            worker.end()

    def close(self) -> None:
        """End all workers, once what they are at is done or timed out."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while self._idle:
            self._idle.pop().end()

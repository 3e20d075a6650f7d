"""The parent's side of the workers: hands them open files, waits within limits, replaces those that fail.

A crash, a hang or too much memory costs the one clip that caused it. Answers are plain JSON and bytes.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from judge.errors import NothingDone
from judge.media.containers import MADE
from judge.media.orders import Bounds, Made, Order, Piece, Unusable
from judge.media.worker import LENGTH

MOST_WORKERS = 8
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = """
import sys
home, *others = sys.argv[2].split("\\n")
place = [number for number, path in enumerate(sys.path) if "-packages" in path]
sys.path.insert(min(place, default=len(sys.path)), home)  # or another judge that is installed would be taken
sys.path.extend(path for path in others if path not in sys.path)
try:
    import judge.media.decode
except ImportError:
    sys.exit(77)
from judge.media.worker import main
main(int(sys.argv[1]))
"""
_NO_LIBRARIES = 77
"""How a worker ends that cannot import what it decodes with."""
LONGEST_HEAD = 2**20
STARTING = 30.0
"""Seconds more for a worker's first clip: it has yet to import its libraries."""


class Worker:
    """One process and the socket to it; used by one thread at a time."""

    def __init__(self) -> None:
        """Started without this process's environment: no key is in reach of a decoder."""
        ours, theirs = socket.socketpair()
        paths = "\n".join([_ROOT, *filter(None, sys.path)])  # where this process finds its libraries
        command = [sys.executable, "-I", "-B", "-c", _PROGRAM, str(theirs.fileno()), paths]
        self._wire = ours
        self._deadline = 0.0
        self.clips = 0
        with theirs, contextlib.ExitStack() as unless_started:
            unless_started.callback(ours.close)
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and program, no shell
                command,
                pass_fds=(theirs.fileno(),),
                env={},
                cwd="/",
                start_new_session=True,  # or a Ctrl-C at the terminal would fail the clips in work
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            unless_started.pop_all()

    def make(self, descriptor: int, order: Order, bounds: Bounds) -> Made:
        """One result; raises Unusable for the clip's own faults and Lost where the worker is gone."""
        self._deadline = time.monotonic() + bounds.seconds + (STARTING if self.clips == 0 else 0.0)
        self.clips += 1
        text = json.dumps({"order": dataclasses.asdict(order), "bounds": dataclasses.asdict(bounds)})
        try:
            self._wire.settimeout(bounds.seconds)
            socket.send_fds(self._wire, [text.encode("ascii")], [descriptor])
            head = json.loads(self._receive(LONGEST_HEAD))
            if "kind" in head:
                raise Unusable(str(head["kind"])[:40], str(head["message"])[:300])
            return self._pieces(head, bounds)
        except TimeoutError as error:
            raise Lost("timeout", f"takes more than {bounds.seconds:.0f} s to decode") from error
        except (OSError, EOFError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            if self._ended() == _NO_LIBRARIES:
                raise NothingDone("PyAV or Pillow cannot be imported: python -m pip install av pillow") from error
            raise Lost("corrupt", f"ended its decoder{self._how()}") from error

    def _pieces(self, head: dict[str, Any], bounds: Bounds) -> Made:
        """All that was asked for, and no more in all than is allowed: a worker's word is not taken for it."""
        room = bounds.made_bytes
        pieces = []
        for item in head["pieces"]:
            raw = self._receive(room)
            room -= len(raw)
            if item["mime"] not in MADE:
                raise ValueError
            at, seconds = _number(item["at"]), _number(item["seconds"])
            pieces.append(
                Piece(raw=raw, mime=item["mime"], at=at, seconds=seconds, skipped=_count(item["skipped"], bounds))
            )
        if not pieces or len(pieces) != head["expected"]:
            raise ValueError
        return Made(pieces=tuple(pieces), expected=len(pieces))

    def _receive(self, most: int) -> bytes:
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size))
        if size > most:
            raise EOFError
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._wire.settimeout(left)
            part = self._wire.recv(min(size - len(parts), 2**20))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _ended(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(1.0)  # the socket closes a moment before the process is gone
        return None

    def _how(self) -> str:
        code = self._ended()
        return f" (signal {-code})" if code is not None and code < 0 else ""

    @property
    def alive(self) -> bool:
        """False where it was killed while it had nothing to do."""
        return self._process.poll() is None

    def kill(self) -> None:
        """From any thread: whoever waits for it has its answer at once."""
        self._process.kill()

    def end(self) -> None:
        """Kill it and let go; a worker holds nothing that could be lost."""
        self._wire.close()
        self._process.kill()
        self._process.wait()


class Lost(Unusable):
    """The clip took its worker with it."""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _count(value: Any, bounds: Bounds) -> int:
    if not isinstance(value, int) or not 0 <= value <= bounds.packets:
        raise ValueError
    return value


class Crew:
    """So many workers, started when first needed."""

    def __init__(self, *, workers: int | None = None, bounds: Bounds | None = None) -> None:
        """As many as there are processors, at most 8."""
        self.bounds = bounds or Bounds()
        self.size = workers or min(MOST_WORKERS, os.cpu_count() or 1)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._threads = concurrent.futures.ThreadPoolExecutor(self.size, thread_name_prefix="media")

    async def make(self, descriptor: int, order: Order) -> Made:
        """One result, by whichever worker is free; raises Unusable. The descriptor stays the caller's."""
        own = os.dup(descriptor)  # a thread may outlast the caller, whose number then names another file
        try:
            future = self._threads.submit(self._work, own, order)
        except BaseException:
            os.close(own)
            raise
        future.add_done_callback(lambda _: os.close(own))
        return await asyncio.wrap_future(future)

    def _work(self, descriptor: int, order: Order) -> Made:
        os.lseek(descriptor, 0, os.SEEK_SET)
        worker = self._take()
        well = False
        try:
            made = worker.make(descriptor, order, self.bounds)
            well = True
        except Unusable as error:
            well = not isinstance(error, Lost)
            raise
        finally:
            self._back(worker, well=well)
        return made

    def _take(self) -> Worker:
        """One that waits for work, or a new one."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    self._busy.add(worker)
                    return worker
                worker.end()
        try:
            worker = Worker()
        except OSError as error:
            raise Unusable("no_decoder", f"finds no process to decode it: {error.strerror or error}") from error
        with self._lock:
            self._busy.add(worker)
            if self._closed:
                worker.kill()
        return worker

    def _back(self, worker: Worker, *, well: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            if well and worker.clips < self.bounds.clips:
                self._idle.append(worker)
                return
        worker.end()

    def close(self) -> None:
        """End all workers, those at work too: whoever still wanted a result has been told to stop."""
        with self._lock:
            self._closed = True
            for worker in self._busy:
                worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        while self._idle:
            self._idle.pop().end()

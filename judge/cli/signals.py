"""SIGINT, SIGTERM and SIGHUP ask a pool to stop; a second one ends the process at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

from judge.cli.terminal import warn
from judge.pool import Stop

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
"""A terminal that is closed sends SIGHUP: it ends a run as SIGTERM does."""


def heard() -> list[signal.Signals]:
    """The signals that end a command; SIGHUP is left alone where it is ignored, as below nohup."""
    return [number for number in _CODES if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN]


@contextlib.contextmanager
def catching(stop: Stop) -> Iterator[None]:
    """While inside, the first signal drains what is in flight and the second ends at once."""
    loop = asyncio.get_running_loop()

    def handle(number: signal.Signals) -> None:
        if stop.signalled.is_set():
            os._exit(_CODES[number])
        waiting = f"; waiting up to {stop.drain:.0f} s for those in flight (again: at once)" if stop.drain else ""
        warn("")  # off the progress line
        warn(f"{number.name}: no new calls{waiting}")
        kind = signal.SIGTERM if number == signal.SIGHUP else number
        stop.signal(kind.name, f"ended by {number.name}")

    numbers = heard()
    for number in numbers:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)

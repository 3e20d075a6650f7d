"""SIGINT and SIGTERM ask a pool to stop; a second one ends the process at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

from judge.cli.terminal import warn
from judge.pool import Stop

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


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
        stop.signal(number.name, f"ended by {number.name}")

    for number in _CODES:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number in _CODES:
            loop.remove_signal_handler(number)

"""A bounded asyncio map: so many at once, each result handed on as it comes, a failure as a Problem.

It holds the broad `except` for work that went wrong.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, TypeVar

from judge.errors import JudgeError
from judge.records import Problem, StageName
from providers.errors import CacheUnusable, Halt, ProviderError

Item = TypeVar("Item")
Result = TypeVar("Result")

DRAIN_SECONDS = 5.0
PAID_FOR = ("halt", "budget")
"""Reasons to begin nothing new that are no reason to throw away what is being paid for."""


class Stop:
    """Asks a pool to admit no more; carries why."""

    def __init__(self, *, drain: float | None = None) -> None:
        """Not asked yet; `drain` is how many seconds work in flight then has to end."""
        self.drain = DRAIN_SECONDS if drain is None else drain
        self.event = asyncio.Event()
        self.signalled = asyncio.Event()
        """A person wants it to end, whatever else did before."""
        self.reason: str = ""
        self.kind: str = ""

    def ask(self, kind: str, reason: str) -> None:
        """The first reason stays."""
        if not self.event.is_set():
            self.kind, self.reason = kind, reason
            self.event.set()

    def signal(self, kind: str, reason: str) -> None:
        """A signal takes the place of any other reason, and of its patience."""
        self.kind, self.reason = kind, reason
        self.event.set()
        self.signalled.set()


def problem_of(error: Exception, stage: StageName) -> Problem:
    """A failure as a value: the provider's own kind, or the class of a bug with where it happened."""
    if isinstance(error, ProviderError):
        return Problem(stage=stage, kind=error.kind, message=error.message)
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({place[0].name}, line {place[0].lineno})" if place else ""
    text = f"{type(error).__name__}: {str(error)[:200]}{where}"
    return Problem(stage=stage, kind="internal", message=text)


async def run_all(
    items: Iterable[Item],
    work: Callable[[Item], Awaitable[Result]],
    *,
    done: Callable[[Item, Result | Problem], Awaitable[None]],
    concurrency: int,
    stop: Stop,
    stage: StageName = "call",
) -> None:
    """Work through `items`; `done` is awaited before a worker takes its next item.

    A Halt or a JudgeError ends the whole map: what is not begun stays undone, which `stop` then says.
    After `stop` is asked, nothing new is begun; work in flight has the stop's few seconds to end,
    or as long as it takes where the provider or the budget is what stopped the rest.
    """
    waiting = iter(items)
    workers = [
        asyncio.create_task(_worker(waiting, work, done=done, stop=stop, stage=stage))
        for _ in range(max(1, concurrency))
    ]
    stopper = asyncio.create_task(stop.event.wait())
    everything = asyncio.gather(*workers)
    try:
        either: list[asyncio.Future[Any]] = [everything, stopper]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not everything.done() and stop.kind in PAID_FOR:
            await _either(everything, stop.signalled)
        if not everything.done():
            await asyncio.wait([everything], timeout=stop.drain)
        if everything.done():
            everything.result()
    finally:
        stopper.cancel()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, stopper, everything, return_exceptions=True)


async def _either(work: asyncio.Future[Any], event: asyncio.Event) -> None:
    """Until the work has ended or the event is set."""
    waiter = asyncio.create_task(event.wait())
    both: list[asyncio.Future[Any]] = [work, waiter]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()


async def _worker(
    waiting: Iterator[Item],
    work: Callable[[Item], Awaitable[Result]],
    *,
    done: Callable[[Item, Result | Problem], Awaitable[None]],
    stop: Stop,
    stage: StageName,
) -> None:
    for item in waiting:
        if stop.event.is_set():
            return
        outcome: Result | Problem
        try:
            outcome = await work(item)
        except Halt as halt:
            stop.ask("budget" if halt.kind == "budget" else "halt", halt.message)
            return
        except (JudgeError, CacheUnusable):
            stop.ask("error", "")
            raise
        except Exception as error:  # a bug in one sample must not lose the others
            outcome = problem_of(error, stage)
        await done(item, outcome)

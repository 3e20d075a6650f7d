"""Who waits for which request of which batch, and the money that is set aside for it.

It sends and fetches nothing.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable, Mapping

from providers.batch_vendor import Outcome
from providers.limits import Budget
from providers.records import Reply, Request


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a run may spend: the worst case of each request is set aside before it is sent."""

    budget: Budget = dataclasses.field(default_factory=lambda: Budget(None))
    worst: Callable[[Request], float] = lambda _: 0.0
    """US dollars, at the batch price."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Asked:
    """One request that is waited for."""

    request: Request
    futures: list[asyncio.Future[Reply]] = dataclasses.field(default_factory=list)
    label: str | None = None
    """Of its job; None while it is queued."""
    worst: float | None = None
    """What is set aside for it."""
    put_off: int = 0


class Queue:
    """Keys that are to be sent, in the order in which they came."""

    def __init__(self, enough: int, settle_seconds: float) -> None:
        """A batch is ready with so many keys, or after so long without another."""
        self.keys: dict[str, None] = {}
        self._enough = enough
        self._settle_seconds = settle_seconds
        self._last = 0.0
        self._full = asyncio.Event()

    def add(self, key: str) -> None:
        """One more has come."""
        self.keys[key] = None
        self._last = asyncio.get_running_loop().time()
        if len(self.keys) >= self._enough:
            self._full.set()

    def put_back(self, keys: Iterable[str]) -> None:
        """These had no room in the last batch: they come first in the next."""
        self.keys = dict.fromkeys(keys) | self.keys

    async def settle(self) -> None:
        """Wait until no key has come for a while, or there are enough for a batch."""
        loop = asyncio.get_running_loop()
        while len(self.keys) < self._enough:
            self._full.clear()
            quiet = self._last + self._settle_seconds - loop.time()
            if quiet <= 0:
                return
            try:
                async with asyncio.timeout(quiet):
                    await self._full.wait()
            except TimeoutError:
                continue


class Waiting:
    """The requests that are waited for, by key."""

    def __init__(self, purse: Purse, notes: Callable[[Request], tuple[str, ...]]) -> None:
        """`notes` says what the vendor is not sent of a request."""
        self.asked: dict[str, Asked] = {}
        self._purse = purse
        self._notes = notes
        purse.budget.renew()

    async def wait(self, key: str, asked: Asked) -> Reply:
        """Wait with those who asked the same."""
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        asked.futures.append(future)
        try:
            return await future
        finally:
            asked.futures.remove(future)
            unsent = not asked.futures and asked.label is None
            if unsent and self.asked.get(key) is asked:  # nobody wants it any more; what is sent is paid for, and stays
                del self.asked[key]
                await self._purse.budget.settle(asked.worst or 0.0, None)

    def of(self, label: str) -> list[str]:
        """Keys that wait for that job."""
        return [key for key, asked in self.asked.items() if asked.label == label]

    def unsent(self, keys: Iterable[str]) -> list[str]:
        """Those of them that stand in no job."""
        return [key for key in keys if key in self.asked and self.asked[key].label is None]

    def label(self, keys: Iterable[str], label: str | None) -> list[str]:
        """Say in which job they stand; those of them that are still waited for."""
        found = [key for key in keys if key in self.asked]
        for key in found:
            self.asked[key].label = label
        return found

    async def reserve(self, asked: Asked, *, wait: bool) -> bool:
        """Set its worst case aside, unless that is done; without `wait`, only if it can be done at once."""
        if asked.worst is not None:
            return True
        worst = self._purse.worst(asked.request)
        try:
            async with asyncio.timeout(None if wait else 0.05):
                await self._purse.budget.reserve(worst)
        except TimeoutError:
            return False
        asked.worst = worst
        return True

    async def deliver(self, outcomes: Mapping[str, Outcome]) -> None:
        """Give each request that is waited for what became of it, and the purse what it cost."""
        for key, outcome in outcomes.items():
            asked = self.asked.pop(key, None)
            if asked is None:
                continue
            cost = outcome.usage.cost if isinstance(outcome, Reply) else None
            await self._purse.budget.settle(asked.worst or 0.0, cost)
            for future in asked.futures:
                if future.done():
                    continue
                if isinstance(outcome, Reply):
                    notes = (*outcome.notes, *self._notes(asked.request))
                    future.set_result(outcome.model_copy(update={"notes": notes}))
                else:
                    future.set_exception(outcome)

    def abandon(self, error: BaseException | None) -> None:
        """End all waiting: by a fault of ours, or by closing."""
        for asked in list(self.asked.values()):
            for future in asked.futures:
                if not future.done():
                    future.cancel() if error is None else future.set_exception(error)

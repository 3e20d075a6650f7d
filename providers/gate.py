"""How many calls are in flight at once, and when failures of equal wording are no longer one sample's."""

from __future__ import annotations

import asyncio
import math
import re

from providers.errors import ProviderError, Transient
from providers.pace import Pace, Share
from providers.records import Limits, Reply, Request

REPEATS_BEFORE_HALT = 3
_IDS = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])[\w-]{8,}", re.IGNORECASE)
"""What a server writes anew into each message: req_011CSHo, a UUID."""


class Gate:
    """Concurrency that halves on a rate limit and grows again by successes (AIMD), with a shared pace."""

    def __init__(self, limits: Limits, *, batches: bool = False) -> None:
        """One call alone first: a wrong key costs one request, not a hundred.

        A provider that batches gets its whole queue at once: it is what it makes its batches of.
        """
        self.most = math.inf if batches else float(limits.concurrency)
        self.allowed = math.inf if batches else 1.0
        self.proven = False
        """True once a call has succeeded: until then they go one by one."""
        self.active = 0
        self.pace = Pace(limits)
        self.longest_pause = limits.deadline
        self._changed = asyncio.Condition()

    async def enter(self, request: Request | None = None) -> Share:
        """Wait for a place, the end of a pause and the pace."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.active + 1 <= self.allowed)
            self.active += 1
        try:
            return await self.pace.begin(request)
        except asyncio.CancelledError:
            await self._give_back()
            raise

    async def leave(self, share: Share, outcome: Reply | ProviderError | None) -> None:
        """Give the place back and learn from how the call ended; None: by no doing of the provider."""
        if isinstance(outcome, Transient) and outcome.kind in ("rate_limit", "overloaded"):
            self.allowed = max(1.0, self.allowed / 2)
            asked = outcome.retry_after or 0.0
            if asked < self.longest_pause:  # a longer one halts the provider instead of holding everybody up
                self.pace.pause(asked)
            self.proven = True  # it answers, and says that it is too much: from here on, step by step
        elif isinstance(outcome, Reply):
            self.allowed = min(self.most, self.allowed + 1.0 / self.allowed) if self.proven else self.most
            self.proven = True
        self.pace.settle(share, outcome)
        await self._give_back()

    async def _give_back(self) -> None:
        async with self._changed:
            self.active -= 1
            self._changed.notify_all()


class Repeats:
    """Permanent failures of equal wording, in a row: three of them are no longer one sample's.

    The row ends with a success of a call that was begun after its first failure came: calls that were in flight
    before may well have succeeded.
    """

    def __init__(self) -> None:
        """Nothing has failed."""
        self._begun = 0
        self._rows: dict[str, tuple[int, int]] = {}
        """Failures, and how many calls had been begun when the first one came."""

    def begin(self) -> int:
        """Number of the call."""
        self._begun += 1
        return self._begun

    def failed(self, message: str) -> bool:
        """Whether it is one of as many as are too many."""
        wording = _IDS.sub("#", message)
        count, since = self._rows.get(wording, (0, self._begun))
        self._rows[wording] = (count + 1, since)
        return count + 1 >= REPEATS_BEFORE_HALT

    def succeeded(self, number: int) -> None:
        """End every row that the call with this number came after."""
        if self._rows:
            self._rows = {wording: row for wording, row in self._rows.items() if row[1] >= number}

"""Gates every attempt: how many at once, how fast, for how much money, and until when.

It never retries; it refuses (Halt) once the provider has said that no call can succeed.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import re
from collections.abc import Awaitable
from typing import TypeVar

from providers.errors import FATAL_KINDS, Halt, Permanent, ProviderError, Transient
from providers.pace import Pace, Share, media_tokens
from providers.records import Info, Limits, Price, Provider, Reply, Request

REPEATS_BEFORE_HALT = 3
_IDS = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])[\w-]{8,}", re.IGNORECASE)
"""What a server writes anew into each message: req_011CSHo, a UUID."""
LONGEST_REPLY = 16_384
"""Tokens set aside for a reply whose length nobody limited."""
OF_ONE_SAMPLE = frozenset({"blocked", "media", "no_record", "out_of_memory", "too_large"})
"""Kinds that say nothing of the next sample, however often they come."""
Result = TypeVar("Result")


class Deadline:
    """A call's total time, counted from its first admission and not while it queues."""

    def __init__(self, seconds: float) -> None:
        """Not started yet."""
        self.seconds = seconds
        self.at: float | None = None

    def start(self) -> float:
        """The loop time at which the call must have ended; the first call of this starts the clock."""
        if self.at is None:
            self.at = asyncio.get_running_loop().time() + self.seconds
        return self.at

    def left(self) -> float:
        """Seconds that remain; the whole time while the clock has not started."""
        return self.seconds if self.at is None else self.at - asyncio.get_running_loop().time()


call_deadline: contextvars.ContextVar[Deadline | None] = contextvars.ContextVar("call_deadline", default=None)


class Budget:
    """Money spent and promised, in US dollars; a call is admitted only if its worst case still fits."""

    def __init__(self, limit: float | None) -> None:
        """No limit where `limit` is None."""
        self.limit = limit
        self.spent = 0.0
        self.renew()

    def renew(self) -> None:
        """Begin in a new event loop, in which nothing is in flight; what was spent stays spent."""
        self.reserved = 0.0
        self._settled = asyncio.Condition()

    async def reserve(self, worst: float) -> None:
        """Set the worst case of one call aside: once others have settled for less, where need be; or refuse."""
        async with self._settled:
            await self._settled.wait_for(lambda: self._fits(worst) or self.reserved <= 0)
            if not self._fits(worst):
                raise Halt(
                    f"--max-cost ${self.limit or 0:.2f}: ${self.spent:.4f} is spent, and the next call may cost "
                    f"${worst:.4f} (a lower --max-tokens lowers that)",
                    kind="budget",
                )
            self.reserved += worst

    def _fits(self, worst: float) -> bool:
        return self.limit is None or self.spent + self.reserved + worst <= self.limit

    async def settle(self, worst: float, cost: float | None) -> None:
        """Turn what was set aside into what was paid."""
        async with self._settled:
            self.reserved = max(0.0, self.reserved - worst)
            self.spent += cost or 0.0
            self._settled.notify_all()


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


class Limited:
    """A provider behind a gate."""

    def __init__(self, inner: Provider, budget: Budget | None = None) -> None:
        """The limits are the inner provider's own; a budget may be shared by backends that follow each other."""
        self.inner = inner
        self.info: Info = inner.info
        self.gate = Gate(inner.info.limits, batches=inner.info.batches)
        self.budget = budget or Budget(inner.info.limits.max_cost)
        self.budget.renew()
        self._halted: Halt | None = None
        self._repeats = Repeats()
        self._unreached = 0
        """Attempts that met no server, or no model behind it, before any call succeeded."""

    async def generate(self, request: Request) -> Reply:
        """One attempt, once it is admitted, within what is left of the call's deadline."""
        share = await self._in_time(self.gate.enter(request))
        outcome: Reply | ProviderError | None = None
        cost: float | None = None
        worst = 0.0
        try:
            if self._halted:
                raise self._halted
            worst = await self._in_time(self._reserve(request))
            number = self._repeats.begin()
            outcome = reply = self._priced(await self._attempt(request))
            self._repeats.succeeded(number)
            cost = reply.usage.cost
            return reply
        except ProviderError as error:
            outcome = error
            cost = worst if error.maybe_billed else None
            self._learn(error)
            raise
        finally:
            await self.budget.settle(worst, cost)
            await self.gate.leave(share, outcome)

    async def _in_time(self, waiting: Awaitable[Result]) -> Result:
        """A first attempt queues for as long as it takes, a later one within what is left of its call's deadline."""
        deadline = call_deadline.get()
        try:
            async with asyncio.timeout_at(deadline.at if deadline else None):
                return await waiting
        except TimeoutError as error:
            text = "the call's time was over before it could be tried again"
            raise Transient.of(text, model=self.info.model, kind="timeout") from error

    async def _attempt(self, request: Request) -> Reply:
        """A provider that batches keeps its own time: only it knows when a call of its queue begins."""
        deadline = call_deadline.get() or Deadline(self.info.limits.deadline)
        try:
            async with asyncio.timeout_at(None if self.info.batches else deadline.start()):
                return await self.inner.generate(request)
        except TimeoutError as error:
            text = f"no complete reply within {deadline.seconds:.0f} s"
            late = Transient.of(text, model=request.model, kind="timeout", maybe_billed=True)
            raise late from error

    def _priced(self, reply: Reply) -> Reply:
        """With what the vendor or LiteLLM reckoned, else the tokens at the known price."""
        usage, price = reply.usage, self.info.price
        if usage.cost is not None or price is None:
            return reply
        cost = (usage.input_tokens * price.input + usage.output_tokens * price.output) / 1e6
        return reply.model_copy(update={"usage": usage.model_copy(update={"cost": cost})})

    async def _reserve(self, request: Request) -> float:
        price = self.info.price
        if self.budget.limit is None or price is None:
            return 0.0
        worst = worst_of(request, price)
        await self.budget.reserve(worst)
        return worst

    def _learn(self, error: ProviderError) -> None:
        if isinstance(error, Halt):
            self._halted = error
        elif isinstance(error, Transient) and (error.retry_after or 0.0) >= self.info.limits.deadline:
            text = f"{error.message} (the server asks to wait {error.retry_after:.0f} s: go on later)"
            self._halted = Halt(text, model=error.model, kind=error.kind, cause=error)
        elif error.kind in ("connection", "bad_response") and not self.gate.proven:
            self._unreached += 1
            if self._unreached >= self.info.limits.attempts:
                self._halted = Halt(error.message, model=error.model, kind=error.kind, cause=error)
        elif isinstance(error, Permanent):
            said = self._said_of_all(error)
            if said is not None:
                self._halted = Halt(said, model=error.model, kind=error.kind, cause=error)

    def _said_of_all(self, error: Permanent) -> str | None:
        """What to say where the next sample would meet it too: by its kind, the settings it names, or repetition."""
        if error.kind in FATAL_KINDS or (error.kind == "setting" and not self.gate.proven):
            return error.message
        if error.kind in OF_ONE_SAMPLE or not self._repeats.failed(error.message):
            return None
        return (
            f"{error.message} (so it was {REPEATS_BEFORE_HALT} times in a row: are model, settings and base URL right?)"
        )

    async def close(self) -> None:
        """Close the backend."""
        await self.inner.close()


def worst_of(request: Request, price: Price) -> float:
    """US dollars that one call may cost at most, its reply included."""
    longest = request.sampling.max_tokens or price.longest or LONGEST_REPLY
    return _worst_in(request, price) + longest * price.output / 1e6


def _worst_in(request: Request, price: Price) -> float:
    """US dollars for the question if each character were a token, media by the dearest vendor's rule."""
    cost = 0.0
    for message in request.messages:
        cost += (len(message.text) + 200) * price.input
        for media in message.media:
            each = price.audio if media.kind == "audio" and price.audio is not None else price.input
            cost += media_tokens(media) * each
    return cost / 1e6

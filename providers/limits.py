"""Gates every attempt: how many at once, how fast, for how much money, and until when.

It never retries; it refuses (Halt) once the provider has said that no call can succeed.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import Counter

from providers.errors import FATAL_KINDS, Halt, Permanent, ProviderError, Transient
from providers.records import Info, Limits, Provider, Reply, Request

REPEATS_BEFORE_HALT = 3
LONGEST_REPLY = 16_384
"""Tokens set aside for a reply whose length nobody limited."""
OF_ONE_SAMPLE = frozenset({"blocked", "no_record", "too_large"})
"""Kinds that say nothing of the next sample, however often they come."""


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
    """Concurrency that halves on a rate limit and grows again by successes (AIMD), with a shared pause."""

    def __init__(self, limits: Limits) -> None:
        """One call alone first: a wrong key costs one request, not a hundred."""
        self.most = float(limits.concurrency)
        self.allowed = 1.0
        self.proven = False
        """True once a call has succeeded: until then they go one by one."""
        self.active = 0
        self.paused_until = 0.0
        self.longest_pause = limits.deadline
        self.spacing = 60.0 / limits.requests_per_minute if limits.requests_per_minute else 0.0
        self.next_start = 0.0
        self._changed = asyncio.Condition()

    async def enter(self) -> None:
        """Wait for a place, the end of a pause and the pace."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.active < int(self.allowed))
            self.active += 1
        try:
            while (wait := self._wait()) > 0:  # noqa: ASYNC110  another call may lengthen the pause meanwhile
                await asyncio.sleep(wait)
        except asyncio.CancelledError:
            await self._give_back()
            raise
        self.next_start = max(self.next_start, time.monotonic()) + self.spacing

    def _wait(self) -> float:
        return max(self.paused_until, self.next_start) - time.monotonic()

    async def leave(self, outcome: ProviderError | None) -> None:
        """Give the place back and learn from how the call ended."""
        if isinstance(outcome, Transient) and outcome.kind in ("rate_limit", "overloaded"):
            self.allowed = max(1.0, self.allowed / 2)
            asked = outcome.retry_after or 0.0
            if asked < self.longest_pause:  # a longer one halts the provider instead of holding everybody up
                self.paused_until = max(self.paused_until, time.monotonic() + asked)
            self.proven = True  # it answers, and says that it is too much: from here on, step by step
        elif outcome is None:
            self.allowed = min(self.most, self.allowed + 1.0 / self.allowed) if self.proven else self.most
            self.proven = True
        await self._give_back()

    async def _give_back(self) -> None:
        async with self._changed:
            self.active -= 1
            self._changed.notify_all()


class Limited:
    """A provider behind a gate."""

    def __init__(self, inner: Provider, budget: Budget | None = None) -> None:
        """The limits are the inner provider's own; a budget may be shared by backends that follow each other."""
        self.inner = inner
        self.info: Info = inner.info
        self.gate = Gate(inner.info.limits)
        self.budget = budget or Budget(inner.info.limits.max_cost)
        self.budget.renew()
        self._halted: Halt | None = None
        self._seen: Counter[str] = Counter()
        self._unreached = 0
        """Attempts that met no server, before any call succeeded."""

    async def generate(self, request: Request) -> Reply:
        """One attempt, once it is admitted, within what is left of the call's deadline."""
        await self.gate.enter()
        outcome: ProviderError | None = None
        cost: float | None = None
        worst = 0.0
        try:
            if self._halted:
                raise self._halted
            worst = await self._reserve(request)
            reply = await self._attempt(request)
            cost = self._cost_of(reply)
            return reply
        except ProviderError as error:
            outcome = error
            cost = worst if isinstance(error, Transient) and error.maybe_billed else None
            self._learn(error)
            raise
        finally:
            await self.budget.settle(worst, cost)
            await self.gate.leave(outcome)

    async def _attempt(self, request: Request) -> Reply:
        deadline = call_deadline.get() or Deadline(self.info.limits.deadline)
        try:
            async with asyncio.timeout_at(deadline.start()):
                return await self.inner.generate(request)
        except TimeoutError as error:
            text = f"no complete reply within {deadline.seconds:.0f} s"
            late = Transient.of(text, model=request.model, kind="timeout", maybe_billed=True)
            raise late from error

    def _cost_of(self, reply: Reply) -> float:
        """What the vendor or LiteLLM reckoned, else the tokens at the preset's price."""
        usage, price = reply.usage, self.info.price
        if usage.cost is not None or price is None:
            return usage.cost or 0.0
        return (usage.input_tokens * price.input + usage.output_tokens * price.output) / 1e6

    async def _reserve(self, request: Request) -> float:
        price = self.info.price
        if self.budget.limit is None or price is None:
            return 0.0
        characters = sum(len(message.text) for message in request.messages)
        worst_in = (characters + 200) * price.input / 1e6
        worst_out = (request.sampling.max_tokens or LONGEST_REPLY) * price.output / 1e6
        await self.budget.reserve(worst_in + worst_out)
        return worst_in + worst_out

    def _learn(self, error: ProviderError) -> None:
        if isinstance(error, Halt):
            self._halted = error
        elif isinstance(error, Transient) and (error.retry_after or 0.0) >= self.info.limits.deadline:
            text = f"{error.message} (the server asks to wait {error.retry_after:.0f} s: go on later)"
            self._halted = Halt(text, model=error.model, kind=error.kind, cause=error)
        elif error.kind == "connection" and not self.gate.proven:
            self._unreached += 1
            if self._unreached >= self.info.limits.attempts:
                self._halted = Halt(error.message, model=error.model, kind=error.kind, cause=error)
        elif isinstance(error, Permanent):
            self._seen[error.message] += error.kind not in OF_ONE_SAMPLE
            if error.kind in FATAL_KINDS or self._seen[error.message] >= REPEATS_BEFORE_HALT:
                self._halted = Halt(error.message, model=error.model, kind=error.kind, cause=error)

    async def close(self) -> None:
        """Close the backend."""
        await self.inner.close()

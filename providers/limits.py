"""Gates every attempt: how many at once, how fast, for how much money, and until when.

It never retries; it refuses (Halt) once the provider has said that no call can succeed.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import TypeVar

from providers.errors import FATAL_KINDS, Halt, Permanent, ProviderError, Transient
from providers.gate import REPEATS_BEFORE_HALT, Gate, Repeats
from providers.outage import Outage
from providers.pace import media_tokens
from providers.records import Info, Price, Provider, Reply, Request

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


class Limited:
    """A provider behind a gate."""

    def __init__(
        self, inner: Provider, budget: Budget | None = None, on_wait: Callable[[str], None] | None = None
    ) -> None:
        """The limits are the inner provider's own; a budget may be shared by backends that follow each other.

        `on_wait` is told once, in words, when a server that is not there begins to be waited for.
        """
        self.inner = inner
        self.info: Info = inner.info
        self.gate = Gate(inner.info.limits, batches=inner.info.batches)
        self.budget = budget or Budget(inner.info.limits.max_cost)
        self.budget.renew()
        self._halted: Halt | None = None
        self._repeats = Repeats()
        self._outage = Outage(inner.info.limits.patience)
        self._on_wait = on_wait
        self._unreached = 0
        """Attempts that met no server, or no model behind it, before any call succeeded."""

    async def generate(self, request: Request) -> Reply:
        """One attempt, once it is admitted, within what is left of the call's deadline."""
        share = await self._in_time(self.gate.enter(request))
        outcome: Reply | ProviderError | None = None
        cost: float | None = None
        worst, started = 0.0, _now()
        try:
            if self._halted:
                raise self._halted
            worst = await self._in_time(self._reserve(request))
            number, started = self._repeats.begin(), _now()
            outcome = reply = self._priced(await self._attempt(request))
            self._repeats.succeeded(number)
            self._outage.succeeded(_now())
            cost = reply.usage.cost
            return reply
        except ProviderError as error:
            outcome = error
            cost = worst if error.maybe_billed else None
            self._learn(error, started=started)
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
        if self.info.batches:
            return await self.inner.generate(request)
        started = _now()
        try:
            async with asyncio.timeout_at(deadline.start()) as bound:
                look = self._look_at(bound, started)
                try:
                    return await self.inner.generate(request)
                finally:
                    look()
        except TimeoutError as error:
            text = f"no complete reply within {min(_now() - started, deadline.seconds):.0f} s"
            late = Transient.of(text, model=request.model, kind="timeout", maybe_billed=True)
            raise late from error

    def _look_at(self, bound: asyncio.Timeout, started: float) -> Callable[[], None]:
        """End a call that hangs once nothing has succeeded for as long as the patience lasts; what ends the looking."""
        if self._outage.patience <= 0:
            return lambda: None
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None

        def look() -> None:
            nonlocal timer
            due = self._outage.due(started)
            if timer is not None and due <= loop.time():
                bound.reschedule(loop.time())
            else:
                timer = loop.call_at(due, look)

        def end() -> None:
            if timer is not None:
                timer.cancel()

        look()
        return end

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

    def _learn(self, error: ProviderError, *, started: float) -> None:
        self._outage.failed(error, started=started)
        if isinstance(error, Halt):
            self._halted = error
        elif self._outage.over(error, _now()):
            text = (
                f"no call has succeeded for {self._outage.bound(error):.0f} s (--patience): {error.message}. "
                "Run the same line again once the server answers"
            )
            self._halted = Halt(text, model=error.model, kind=error.kind, cause=error)
        elif error.unsent and self._outage.patience > 0:
            error.waits = True
            self._tell(error)
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

    def _tell(self, error: ProviderError) -> None:
        if self._on_wait is not None:
            self._on_wait(f"{error.message}: waiting for up to {self._outage.bound(error):.0f} s (--patience)")
            self._on_wait = None

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


def _now() -> float:
    return asyncio.get_running_loop().time()


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

"""The only retry loop: the SDKs' own retries are switched off, so that every call is counted once.

Transient errors are tried again after the server's Retry-After, else after a random exponential wait.
"""

from __future__ import annotations

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from providers.errors import ProviderError, Transient
from providers.limits import Deadline, call_deadline
from providers.records import Info, Provider, Reply, Request

LONGEST_WAIT = 60.0
MOST_BROKEN = 3
"""Attempts at a reply that is not a completion."""
_short = wait_random_exponential(multiplier=0.25, max=2.0)
"""Between looks for a server that is not there yet."""
_jitter = wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT)


def wait_as_told(state: RetryCallState) -> float:
    """Seconds until the next attempt: what the server asked for, else full jitter (0 to 0.5 * 2^n, at most 60)."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ProviderError) and error.waits:
        return float(_short(state))
    told = error.retry_after if isinstance(error, Transient) else None
    return told or float(_jitter(state))


class Retrying:
    """A provider that tries again, a bounded number of times and within one total deadline."""

    def __init__(self, inner: Provider) -> None:
        """The bounds are the provider's own limits."""
        self.inner = inner
        self.info: Info = inner.info

    async def generate(self, request: Request) -> Reply:
        """The reply of the first attempt that succeeds, with the number of attempts it took."""
        deadline = Deadline(self.info.limits.deadline)
        token = call_deadline.set(deadline)

        waits: dict[int, float] = {}
        doubtful = waited = unsent = 0

        def wait(state: RetryCallState) -> float:  # drawn once for each attempt: what `stop` weighs is what is slept
            return waits.setdefault(state.attempt_number, wait_as_told(state))

        def stop(state: RetryCallState) -> bool:
            most = self._most(state)
            return (most is not None and state.attempt_number - waited >= most) or wait(state) >= deadline.left()

        try:
            attempts = AsyncRetrying(retry=retry_if_exception_type(Transient), wait=wait, stop=stop, reraise=True)
            async for attempt in attempts:
                number = attempt.retry_state.attempt_number
                with attempt:
                    try:
                        reply = await self.inner.generate(request)
                    except ProviderError as error:
                        doubtful += error.maybe_billed
                        waited += error.waits
                        unsent += error.unsent
                        error.attempts, error.doubtful = number - unsent, doubtful
                        raise
            return reply.model_copy(update={"attempts": number - unsent, "doubtful": doubtful})
        finally:
            call_deadline.reset(token)

    def _most(self, state: RetryCallState) -> int | None:
        """Attempts; fewer where each may have been charged and the server sends something else than an answer.

        None while the server is waited for.
        """
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ProviderError) and error.waits:
            return None
        broken = isinstance(error, Transient) and error.kind == "bad_response"
        return min(MOST_BROKEN, self.info.limits.attempts) if broken else self.info.limits.attempts

    async def close(self) -> None:
        """Close the inner provider."""
        await self.inner.close()

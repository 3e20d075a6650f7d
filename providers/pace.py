"""When the next call may begin: after a pause that the provider asked for, and by requests and tokens per minute.

Tokens are estimated before a call and put right by its reply; who waits goes in turn, so that no large call starves.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from contextlib import suppress

from providers.errors import ProviderError
from providers.records import Limits, Media, Reply, Request

MINUTE = 60.0
BYTES_PER_TOKEN = 4
"""Of UTF-8: four letters of English, one and a third characters of Chinese."""
FIRST_REPLY = 500
"""Tokens that a reply is taken to have before any has come."""
PER_IMAGE = 1600
PER_SECOND = {"audio": 32, "video": 300}
SMALLEST_SECOND = {"audio": 32_000, "video": 50_000}
"""Bytes of one second, to tell a length that nobody gives: 16 kHz mono wav, and a poor clip."""
REMEMBERED = 20
"""Replies over which the mean length moves."""


@dataclasses.dataclass(slots=True)
class Share:
    """The tokens of one call within the last minute: estimated at first, then those it used."""

    at: float
    tokens: float
    asked: float
    """Of them, those of the question."""
    over: bool = False
    """True once the minute has passed."""


def media_tokens(media: Media) -> float:
    """About what one file costs in tokens, by what most vendors count; gpt-4o-mini counts images at far more."""
    if media.kind == "image":
        return PER_IMAGE
    seconds = media.seconds if media.seconds is not None else media.size / SMALLEST_SECOND[media.kind]
    return seconds * PER_SECOND[media.kind]


def question_tokens(request: Request) -> float:
    """About how long the question is, media included."""
    return sum(
        len(message.text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN + sum(map(media_tokens, message.media))
        for message in request.messages
    )


class Pace:
    """What all calls to one provider wait for before they begin."""

    def __init__(self, limits: Limits) -> None:
        """For one event loop, by whose clock it waits."""
        self.paused_until = 0.0
        self.next_start = 0.0
        self._spacing = MINUTE / limits.requests_per_minute if limits.requests_per_minute else 0.0
        self._most = limits.tokens_per_minute
        self._shares: deque[Share] = deque()
        self._held = 0.0
        self._mean_reply = 0.0
        self._replies = 0
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()

    def pause(self, seconds: float) -> None:
        """Nothing begins for so long; a longer pause that runs already stays."""
        self.paused_until = max(self.paused_until, _now() + seconds)

    async def begin(self, request: Request | None = None) -> Share:
        """Wait until this call may begin; its tokens are set aside."""
        async with self._turn:
            asked = question_tokens(request) if request is not None and self._most else 0.0
            tokens = asked + self._reply_tokens(request) if self._most else 0.0
            while (wait := self._wait(tokens)) > 0:
                self._news.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._news.wait()
            share = Share(at=_now(), tokens=tokens, asked=asked)
            self.next_start = max(self.next_start, share.at) + self._spacing
            if self._most:
                self._shares.append(share)
                self._held += tokens
            return share

    def _reply_tokens(self, request: Request | None) -> float:
        most = request.sampling.max_tokens if request is not None else None
        if most is not None:
            return most  # vendors reckon with it, too
        return self._mean_reply if self._replies else FIRST_REPLY

    def _wait(self, tokens: float) -> float:
        now = _now()
        wait = max(self.paused_until, self.next_start) - now
        while self._shares and self._shares[0].at + MINUTE <= now:
            gone = self._shares.popleft()
            gone.over = True
            self._held -= gone.tokens
        if self._most and self._shares and self._held > 0 and self._held + tokens > self._most:
            wait = max(wait, self._shares[0].at + MINUTE - now)  # one that is larger than a minute goes alone
        return wait

    def settle(self, share: Share, outcome: Reply | ProviderError | None) -> None:
        """Put the estimate right: what the reply used, nothing for a call that was turned away."""
        used = share.tokens
        if isinstance(outcome, Reply):
            usage = outcome.usage
            if usage.output_tokens:
                self._replies += 1
                self._mean_reply += (usage.output_tokens - self._mean_reply) / min(self._replies, REMEMBERED)
            used = (usage.input_tokens or share.asked) + (usage.output_tokens or share.tokens - share.asked)
        elif not (isinstance(outcome, ProviderError) and outcome.maybe_billed):
            used = 0.0
        if not share.over:
            self._held += used - share.tokens
        share.tokens = used
        self._news.set()


def _now() -> float:
    return asyncio.get_running_loop().time()

"""Hugging Face models on this machine: requests gather into batches, and the next is prepared while one generates.

torch and transformers are imported by the constructor, which loads the model; nothing leaves this machine.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from providers.errors import Permanent, ProviderError
from providers.local_batch import Runner
from providers.local_files import LocalSettings
from providers.local_model import load
from providers.local_prompt import Prepared, Prompter
from providers.records import Info, Reply, Request

BATCHES_AHEAD = 2
"""Prepared batches that may wait in memory while one is on the device."""


class Local:
    """One model, loaded once; it outlives the event loops that ask it."""

    def __init__(self, info: Info, *, settings: LocalSettings) -> None:
        """Loads `settings.path`, else what `info.model` names, which may take minutes.

        Raises NotInstalled, NotSupported or Permanent.
        """
        self.info = info
        loaded = load(info.model, settings)
        self._prompter = Prompter(loaded)
        self._runner = Runner(loaded, batch_size=settings.batch_size)
        self._desk: Desk | None = None

    async def generate(self, request: Request) -> Reply:
        """The reply, in a batch with what else is asked meanwhile."""
        desk = self._desk
        if desk is None or desk.loop is not asyncio.get_running_loop():
            stale, desk = desk, Desk(self._prompter, self._runner)
            self._desk = desk
            if stale is not None:
                await stale.close()
        return await desk.answer(request)

    async def close(self) -> None:
        """End the batch in hand at its next token and let go of the threads; the model goes with this object."""
        if self._desk is not None:
            desk, self._desk = self._desk, None
            await desk.close()


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class _Place:
    """A prompt that waits for its reply."""

    prompt: Prepared
    reply: asyncio.Future[Reply]
    alone: bool = False
    """True once a batch with it in has failed: then the fault of one is not the fault of all."""


class Desk:
    """Takes requests in one event loop; one thread prepares prompts, another runs the model."""

    def __init__(self, prompter: Prompter, runner: Runner) -> None:
        """Made inside the event loop that it serves."""
        self.loop = asyncio.get_running_loop()
        self._prompter = prompter
        self._runner = runner
        self._preparing = ThreadPoolExecutor(1, thread_name_prefix="local-prepare")
        self._device = ThreadPoolExecutor(1, thread_name_prefix="local-model")
        self._room = asyncio.Semaphore((1 + BATCHES_AHEAD) * runner.size)
        self._waiting: list[_Place] = []
        self._in_hand: list[_Place] = []
        self._coming = 0
        """Requests whose prompts are being prepared."""
        self._arrived = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._closed = threading.Event()

    async def answer(self, request: Request) -> Reply:
        """Prepare the request, wait for its batch."""
        async with self._room:
            place = _Place(prompt=await self._prepared(request), reply=self.loop.create_future())
            self._waiting.append(place)
            if self._pump is None or self._pump.done():
                self._pump = self.loop.create_task(self._run())
            try:
                return await place.reply
            finally:
                if place in self._waiting:
                    self._waiting.remove(place)
                self._arrived.set()

    async def _prepared(self, request: Request) -> Prepared:
        self._coming += 1
        try:
            return await self.loop.run_in_executor(self._preparing, self._prompter.prepare, request)
        except ProviderError:
            raise
        except Exception as error:
            raise _failure(error, request.model) from error
        finally:
            self._coming -= 1
            self._arrived.set()

    async def _run(self) -> None:
        """Batch after batch, as long as something waits."""
        while batch := await self._next():
            self._in_hand = batch
            prompts = [place.prompt for place in batch]
            done = self.loop.run_in_executor(self._device, self._runner.answers, prompts, self._wanted)
            await asyncio.wait({done})
            self._deliver(batch, done)

    def _wanted(self) -> bool:
        """Asked from the model's thread after each token."""
        return not self._closed.is_set() and any(not place.reply.done() for place in self._in_hand)

    async def _next(self) -> list[_Place]:
        """The next batch: once there is enough to choose from, or nothing else is on its way."""
        while self._coming and len(self._waiting) < BATCHES_AHEAD * self._runner.size:
            self._arrived.clear()
            await self._arrived.wait()
        batch = self._pick()
        for place in batch:
            self._waiting.remove(place)
        return batch

    def _pick(self) -> list[_Place]:
        """The oldest that waits, with those of its group that are nearest to it in length; the longest first."""
        if not self._waiting:
            return []
        oldest = self._waiting[0]
        if _single(oldest):
            return [oldest]
        group = [place for place in self._waiting if not place.alone and place.prompt.group == oldest.prompt.group]
        group.sort(key=lambda place: abs(place.prompt.length - oldest.prompt.length))
        return sorted(group[: self._runner.size], key=lambda place: -place.prompt.length)

    def _deliver(self, batch: Sequence[_Place], done: asyncio.Future[list[Reply | ProviderError]]) -> None:
        error = done.exception()
        answers = done.result() if error is None else [error] * len(batch)
        for place, answer in zip(batch, answers, strict=True):
            if place.reply.done():
                continue
            if isinstance(answer, Reply):
                place.reply.set_result(answer)
            elif isinstance(answer, ProviderError):
                place.reply.set_exception(answer)
            elif len(batch) > 1:
                place.alone = True
                self._waiting.append(place)
            else:
                place.reply.set_exception(_failure(answer, place.prompt.request.model))

    async def close(self) -> None:
        """What is in hand ends at its next token; what waits is cancelled."""
        self._closed.set()
        if not self.loop.is_closed():
            if self._pump is not None:
                self._pump.cancel()
            for place in [*self._waiting, *self._in_hand]:
                place.reply.cancel()
        self._preparing.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._device.shutdown)


def _single(place: _Place) -> bool:
    return place.alone or bool(place.prompt.choices)


def _failure(error: BaseException, model: str) -> Permanent:
    said = " ".join(str(error).split())[:300]
    return Permanent(f"the model failed: {type(error).__name__}: {said}", model=model, kind="model")

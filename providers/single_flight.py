"""Each distinct request is asked once: by this process, and by all that share its store; the others wait for the reply.

The right to ask is a lock that dies with its process: a killed holder's is free, a slow one's is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from providers.cache import ReplyStore, owner_mark
from providers.errors import CacheUnusable, Halt, Permanent, ProviderError
from providers.records import Info, Jobs, Provider, Reply, Request, Settles

FIRST_LOOK, LONGEST_LOOK = 0.01, 0.3
"""Seconds between two looks at a reply that another process has asked for."""


class Cached:
    """A provider that asks each distinct request once; the inner provider is built on the first miss."""

    def __init__(
        self, info: Info, build: Callable[[], Provider], store: ReplyStore | None, *, read: bool = True
    ) -> None:
        """With read=False a stored reply is not served, only replaced (to ask again on purpose).

        Without a store nothing is kept, and equal requests in flight still share one call.
        """
        self.info = info
        self.store = store
        self.inner: Provider | None = None
        self._build = build
        self._read = read
        self._flying: dict[str, asyncio.Task[Reply]] = {}
        self._building = asyncio.Lock()
        self._refused: Halt | None = None
        """Why the backend cannot be built: it is not tried again for each request."""

    async def generate(self, request: Request) -> Reply:
        """The stored reply, one that is on its way, or a new one that is committed before it is returned.

        A call that was begun goes on, and is stored, even if whoever asked for it no longer waits: it is paid for.
        Only closing the provider ends it.
        """
        key = request.key
        flight = self._flying.get(key)
        first = flight is None
        if flight is None:
            mine = self._take(key)
            try:
                stored = self._stored(request)
            except CacheUnusable:
                self._give(key)
                raise
            if stored is not None:
                if mine and self.store is not None:
                    self.store.calls.settled(key)  # a call that died between its commit and its last line in the log
                self._give(key)
                return stored
            flight = asyncio.create_task(self._fly(request, mine=mine))
            self._flying[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        reply = await asyncio.shield(flight)
        return reply if first else reply.model_copy(update={"cached": True})

    def _take(self, key: str) -> bool:
        """The right to ask, where others share the store; a batch keeps a record of its own, and lasts a day."""
        return self.store is None or self.info.batches or self.store.calls.take(key)

    def _give(self, key: str) -> None:
        if self.store is not None:
            self.store.calls.give(key)

    def _stored(self, request: Request) -> Reply | None:
        """What is kept; `cached` unless it was paid for by this same owner, who was killed before it could say so."""
        found = self.store.find(request.key) if self._read and self.store is not None else None
        if found is None:
            return None
        paid_for_it = bool(request.owner) and found.owner == owner_mark(request.owner)
        return found.reply.model_copy(update={"cached": not paid_for_it})

    def _landed(self, key: str, flight: asyncio.Task[Reply]) -> None:
        del self._flying[key]
        self._give(key)
        if not flight.cancelled():
            flight.exception()  # nobody may be waiting: then asyncio must not complain about it

    async def _fly(self, request: Request, *, mine: bool) -> Reply:
        pause = FIRST_LOOK
        while not mine:
            await asyncio.sleep(pause)
            pause = min(LONGEST_LOOK, pause * 1.5)
            mine = self._take(request.key)
            if (stored := self._stored(request)) is not None:
                return stored
            if mine and self.store is not None:
                self.store.calls.take_over()  # who held it has failed or is gone
        return await self._ask(request)

    async def _ask(self, request: Request) -> Reply:
        store = self.store
        if store is None:
            return await (await self._opened()).generate(request)
        if store.failure is not None:
            raise store.failure
        key = request.key
        store.calls.look_again()
        try:
            reply = await (await self._opened()).generate(request)
        except Halt:
            raise
        except ProviderError as error:
            lost = store.calls.lost(key)
            error.attempts, error.doubtful = error.attempts + lost.calls, error.doubtful + lost.doubtful
            store.calls.settled(key)
            raise
        lost = store.calls.lost(key)
        if lost.calls:
            counts = {"attempts": reply.attempts + lost.calls, "doubtful": reply.doubtful + lost.doubtful}
            reply = reply.model_copy(update=counts)
        await asyncio.wrap_future(store.put(key, reply, request.owner))
        store.calls.settled(key)
        if isinstance(self.inner, Settles):
            self.inner.settled(key)
        return reply

    async def _opened(self) -> Provider:
        """The backend, built once, in a thread: a model on this machine may take minutes to load."""
        async with self._building:
            if self._refused is not None:
                raise self._refused
            if self.inner is None:
                try:
                    self.inner = await asyncio.to_thread(self._build)
                except Permanent as error:  # no call at all can succeed
                    self._refused = Halt(error.message, model=error.model, kind=error.kind, cause=error)
                    raise self._refused from error
            return self.inner

    def running(self) -> list[str]:
        """Ids of the jobs that go on at the vendor."""
        return self.inner.running() if isinstance(self.inner, Jobs) else []

    async def let_go(self) -> None:
        """End what is in flight and close the backend, whose sockets belong to one event loop; it is built anew."""
        await self.land()
        if self.inner is not None:
            await self.inner.close()
            self.inner = None
        self._building = asyncio.Lock()  # the old one may belong to an event loop that ends

    async def land(self) -> None:
        """Cancel the calls that are still in flight."""
        flying = list(self._flying.values())
        for flight in flying:
            flight.cancel()
        await asyncio.gather(*flying, return_exceptions=True)

    async def close(self) -> None:
        """End what is still in flight, then close the backend, if one was built, and the file."""
        await self.let_go()
        if self.store is not None:
            self.store.close()

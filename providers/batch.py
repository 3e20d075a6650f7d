"""A provider that answers through a vendor's batch API at half price; jobs outlive the process that sent them.

It never sends what may already have been sent (batch_jobs, batch_submit), and asks nothing a second time after a
failure: that is left to the next run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from providers.batch_jobs import Job, JobStore
from providers.batch_submit import Pace, Submitting
from providers.batch_vendor import Outcome, State, Vendor, never_run
from providers.batch_waiting import Asked, Purse, Queue, Waiting
from providers.errors import FATAL_KINDS, CacheUnusable, Halt, Permanent, ProviderError, Transient
from providers.records import Info, Reply, Request

MOST_REFUSALS = 10
"""Times that a batch may be put off because the vendor's queue is full."""
LONGEST_PAUSE = 3600.0
Progress = Callable[[str, int, int], None]
"""Job id, requests done, requests in all."""


class Batching:
    """One model of one vendor, asked in batches."""

    def __init__(
        self,
        info: Info,
        *,
        vendor: Vendor,
        jobs: JobStore,
        pace: Pace | None = None,
        purse: Purse | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        """Nothing is opened; `jobs` stays the caller's to close."""
        self.info = info
        self.strangers: set[str] = set()
        """Ids in results that are none of ours; they are ignored."""
        self._vendor = vendor
        self._jobs = jobs
        self._pace = pace or Pace()
        self._on_progress = on_progress
        self._submitting = Submitting(info, vendor, jobs=jobs, pace=self._pace)
        self._waiting = Waiting(purse or Purse(), vendor.notes)
        self._queue = Queue(self._submitting.most_requests, self._pace.settle_seconds)
        self._room = asyncio.Event()
        """Set when a job has ended, so that the vendor's queue may have room again."""
        self._sender: asyncio.Task[None] | None = None
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._ours: set[str] = set()
        """Labels of the jobs that were sent or waited for here."""
        self._halted: Halt | None = None
        self._kept: set[str] = set()

    async def generate(self, request: Request) -> Reply:
        """The reply, when its batch has ended; a request that stands in an unfinished job is attached to that."""
        self._vendor.check(request)
        key = request.key
        asked = self._waiting.asked.get(key)
        if asked is None:
            label = self._jobs.label_of(key)
            if label is None and self._halted is not None:
                raise self._halted
            asked = self._waiting.asked[key] = Asked(request=request, label=label)
            if label is None:
                self._enqueue(key)
            else:
                self._follow(label)
        return await self._waiting.wait(key, asked)

    def _enqueue(self, key: str) -> None:
        self._queue.add(key)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all())
            self._sender.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A fault of ours must reach those who wait, or they would wait for ever."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._waiting.abandon(error)

    async def _send_all(self) -> None:
        while self._queue.keys:
            await self._queue.settle()
            keys: list[str] = []
            try:
                if self._halted is not None:
                    raise self._halted
                await self._choose(keys)
                await self._send(keys)
            except ProviderError as error:
                self._halt_after(error)
                unsent = self._waiting.unsent(keys)
                if self._halted is not None:
                    unsent += self._queue.keys
                    self._queue.keys.clear()
                await self._waiting.deliver(dict.fromkeys(unsent, error))

    async def _choose(self, chosen: list[str]) -> None:
        """Take from the queue what makes one batch and can be afforded; raises Halt where not even one can."""
        size = 0
        for key in list(self._queue.keys):
            asked = self._waiting.asked.get(key)
            if asked is not None:
                size += _weight(asked.request)
                full = len(chosen) >= self._submitting.most_requests or size > self._submitting.most_bytes
                if (chosen and full) or not await self._waiting.reserve(asked, wait=not chosen):
                    break
                chosen.append(key)
            self._queue.keys.pop(key, None)

    async def _send(self, keys: list[str]) -> None:
        """Send one batch; what another process has under way is attached to, and what has no room is queued again."""
        requests = {key: self._waiting.asked[key].request for key in keys if key in self._waiting.asked}
        label, held = self._jobs.begin(self._vendor.name, self.info.model, keys=list(requests))
        for key, other in held.items():
            if self._waiting.label([key], other):
                self._follow(other)
        if not label:
            return
        self._ours.add(label)
        ours = {key: request for key, request in requests.items() if key not in held}
        self._waiting.label(ours, label)
        try:
            sent = await self._submitting.send(label, ours)
        except ProviderError:
            self._waiting.label(ours, None)
            raise
        await self._waiting.deliver(sent.failed)
        self._queue.put_back(self._waiting.label(sent.left, None))
        if self._waiting.of(label):
            self._follow(label)

    def _follow(self, label: str) -> None:
        self._ours.add(label)
        if label not in self._followers:
            task = asyncio.create_task(self._watch(label))
            self._followers[label] = task
            task.add_done_callback(lambda done: self._watched(label, done))

    def _watched(self, label: str, task: asyncio.Task[None]) -> None:
        del self._followers[label]
        self._ended(task)
        if not task.cancelled() and self._waiting.of(label):  # they came while the last results were handed out
            self._follow(label)

    async def _watch(self, label: str) -> None:
        """See one job to its end; what was never created, or was another's, is queued again."""
        try:
            while (job := await self._submitting.job_of(label)) is not None and job.job is not None:
                state = await self._until_ended(job, job.job)
                if state.refused is not None:
                    await self._refused(job, state.refused)
                    return
                if await self._collect(job, job.job, state=state):
                    self._room.set()
                    return
                self._jobs.disproven(label, job.job)
            self._requeue(label)
        except ProviderError as error:
            self._halt_after(error)
            await self._waiting.deliver(dict.fromkeys(self._waiting.of(label), error))

    async def _until_ended(self, job: Job, name: str) -> State:
        delay = min(self._pace.first_poll, self._pace.poll_seconds)
        while True:
            await asyncio.sleep(delay)
            try:
                state = await self._submitting.patiently(lambda: self._vendor.look(name))
            except Permanent as error:
                if error.kind != "not_found":
                    raise
                record = self._jobs.path.name
                mend = f"Was it made with another, or deleted? To ask (and pay) anew, delete the {record} of the cache"
                text = f"the batch {name} is not known to this key. {mend}"
                raise Permanent(text, model=self.info.model, kind="not_found") from error
            if self._on_progress is not None:
                self._on_progress(name, job.count if state.ended else state.done, state.total or job.count)
            if state.ended or state.refused is not None:
                return state
            delay = min(self._pace.poll_seconds, delay * 1.5)

    async def _refused(self, job: Job, error: ProviderError) -> None:
        """The whole job came to nothing: try later where the vendor's queue was full, else say so."""
        keys = self._waiting.of(job.label)
        self._jobs.strike(self._jobs.keys_of(job.label), job.label)
        self._jobs.end(job.label)
        self._halt_after(error)
        put_off = max((self._waiting.asked[key].put_off for key in keys), default=0)
        if not isinstance(error, Transient) or error.kind != "rate_limit" or put_off >= MOST_REFUSALS:
            await self._waiting.deliver(dict.fromkeys(keys, error))
            return
        for key in keys:
            self._waiting.asked[key].put_off += 1
        self._room.clear()
        try:
            async with asyncio.timeout(min(LONGEST_PAUSE, self._pace.poll_seconds * 2**put_off)):
                await self._room.wait()
        except TimeoutError:
            pass  # perhaps somebody else's jobs have ended
        self._requeue(job.label)

    def _requeue(self, label: str) -> None:
        for key in self._waiting.label(self._waiting.of(label), None):
            self._enqueue(key)

    async def _collect(self, job: Job, name: str, *, state: State) -> bool:
        """Hand out the results of an ended job; False where it is another's, which a guessed id may be."""
        keys = self._jobs.keys_of(job.label)
        proven = job.sure
        while expected := set(self._waiting.of(job.label)):
            seen: set[str] = set()
            failed = await self._submitting.patiently(lambda seen=seen: self._fetch(name, keys, seen=seen))  # type: ignore[misc]
            if not proven and not seen:
                return False
            if not proven:
                self._jobs.proven(job.label)
                proven = True
            failed |= {key: never_run(state.lost, self.info.model) for key in expected - seen}
            self._jobs.strike(failed, job.label)  # first: whoever asks again is to be sent again
            await self._waiting.deliver(failed)
        self._jobs.end(job.label)
        return True

    async def _fetch(self, name: str, keys: frozenset[str], *, seen: set[str]) -> dict[str, Outcome]:
        """Hand out the replies as they are read; the failures are returned."""
        failed: dict[str, Outcome] = {}
        try:
            async with aclosing(self._vendor.results(name, self._jobs.folder)) as results:
                async for key, outcome in results:
                    if key not in keys:
                        self.strangers.add(key)
                    elif isinstance(outcome, Reply):
                        seen.add(key)
                        await self._waiting.deliver({key: outcome})
                    else:
                        seen.add(key)
                        failed[key] = outcome
        except Permanent as error:
            if error.kind != "not_found":
                raise
            failed |= {key: never_run("expired", self.info.model) for key in keys - seen}  # kept no longer
            seen |= keys
        except OSError as error:
            text = f"the results of {name} could not be written to {self._jobs.folder}: {error}"
            raise CacheUnusable(text, kind="cache_write") from error
        return failed

    def _halt_after(self, error: ProviderError) -> None:
        if isinstance(error, Halt):
            self._halted = error
        elif isinstance(error, Permanent) and error.kind in FATAL_KINDS:
            self._halted = Halt(error.message, model=error.model, kind=error.kind, cause=error)

    def settled(self, key: str) -> None:
        """The reply of this key is on disk: it may be struck out of its job."""
        self._kept.add(key)
        if len(self._kept) >= 200:
            self._strike_kept()

    def _strike_kept(self) -> None:
        kept, self._kept = self._kept, set()
        self._jobs.strike(kept)

    def running(self) -> list[str]:
        """Ids of the jobs that go on at the vendor, of those that were sent or waited for here."""
        return self._jobs.running(self._ours)

    async def close(self) -> None:
        """End the waiting; the jobs go on at the vendor, and the next run picks them up."""
        tasks = [*self._followers.values(), *([self._sender] if self._sender is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._submitting.close()
        self._waiting.abandon(None)
        self._strike_kept()
        await self._vendor.close()


def _weight(request: Request) -> int:
    """About how many bytes its line will have."""
    return sum(len(message.text) + sum(media.size * 4 // 3 for media in message.media) for message in request.messages)

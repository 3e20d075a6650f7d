"""Sends one batch so that it is never paid for twice: intent, file, creation, id; and finds what a kill left between.

It answers nobody: who waits for which request is the business of Batching.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, stop_never

from providers.batch_jobs import Job, JobStore
from providers.batch_vendor import Vendor, Wanted
from providers.errors import CacheUnusable, Permanent, ProviderError, Transient
from providers.records import Info, Request
from providers.retry import wait_as_told

CLOSING = 30.0
"""Seconds that closing waits for a creation that is under way, so that its id is not lost."""
_NOT_CREATED = frozenset({"rate_limit", "overloaded"})
"""Kinds of passing failures that say plainly that nothing was accepted."""
LONGEST_WAIT = 3600.0
Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How batches are cut and watched."""

    settle_seconds: float = 1.0
    """A batch is sent once no request has come for so long."""
    poll_seconds: float = 30.0
    first_poll: float = 2.0
    grace_seconds: float = 20.0
    """What was just created may take so long to be listed."""
    requests: int = 500
    """Of one batch; partial results land as each batch ends."""
    bytes: int = 64 * 2**20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the requests that were to make up one batch."""

    failed: Mapping[str, ProviderError]
    """By key: its media are gone, it is too large, ..."""
    left: tuple[str, ...]
    """Keys for which there was no room."""


def _bounded_wait(state: RetryCallState) -> float:
    """As told, but for an hour at most: a job is looked at again within that."""
    return min(LONGEST_WAIT, wait_as_told(state))


class Submitting:
    """The way of one model's batches to the vendor."""

    def __init__(self, info: Info, vendor: Vendor, *, jobs: JobStore, pace: Pace) -> None:
        """Nothing is opened."""
        self._info = info
        self._vendor = vendor
        self._jobs = jobs
        self._pace = pace
        self._creating: set[asyncio.Task[None]] = set()

    @property
    def most_requests(self) -> int:
        """Of one batch."""
        return min(self._pace.requests, self._vendor.most_requests)

    @property
    def most_bytes(self) -> int:
        """Of one batch."""
        return min(self._pace.bytes, self._vendor.most_bytes)

    async def patiently(self, call: Callable[[], Awaitable[Result]], *, attempts: int | None = None) -> Result:
        """Try again after passing failures, with full jitter; without `attempts`, for as long as it takes."""
        stop = stop_never if attempts is None else stop_after_attempt(attempts)
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(Transient), wait=_bounded_wait, stop=stop, reraise=True
        ):
            with attempt:
                result = await call()
        return result

    async def send(self, label: str, requests: Mapping[str, Request]) -> Sent:
        """Write, upload and create the batch of an intent; raises where the whole batch came to nothing."""
        self._jobs.sending.add(label)
        path = self._jobs.file_of(label)
        begun = False
        try:
            failed = await self._prepare(requests)
            ready = {key: request for key, request in requests.items() if key not in failed}
            written, unwritable = await asyncio.to_thread(self._write, path, ready)
            failed |= unwritable
            self._jobs.strike([key for key in requests if key not in written], label)
            if written:
                source = await self.patiently(lambda: self._vendor.upload(label, path), attempts=self._attempts)
                self._jobs.creating(label, len(written))
                begun = True
                await self._shielded(label, source)
            return Sent(failed=failed, left=tuple(key for key in ready if key not in written and key not in failed))
        finally:
            if not begun:
                self._jobs.withdraw(label)
                self._jobs.sending.discard(label)
            path.unlink(missing_ok=True)

    @property
    def _attempts(self) -> int:
        return self._info.limits.attempts

    async def _prepare(self, requests: Mapping[str, Request]) -> dict[str, ProviderError]:
        failed: dict[str, ProviderError] = {}
        for key, request in requests.items():
            try:
                await self.patiently(lambda request=request: self._vendor.prepare(request), attempts=self._attempts)  # type: ignore[misc]
            except ProviderError as error:
                failed[key] = error
        return failed

    def _write(self, path: Path, requests: Mapping[str, Request]) -> tuple[frozenset[str], dict[str, ProviderError]]:
        """The batch's lines, one request in memory at a time; what does not fit is left for the next batch."""
        written: list[str] = []
        failed: dict[str, ProviderError] = {}
        size = 0
        try:
            with path.open("wb") as file:
                for key, request in requests.items():
                    try:
                        line = json.dumps(self._vendor.line(request), separators=(",", ":")).encode("ascii") + b"\n"
                    except ProviderError as error:
                        failed[key] = error
                        continue
                    if len(line) > self._vendor.most_bytes:
                        text = f"one request of {len(line)} bytes is more than a batch may hold"
                        failed[key] = Permanent(text, model=request.model, kind="too_large")
                        continue
                    if written and size + len(line) > self.most_bytes:
                        break
                    file.write(line)
                    size += len(line)
                    written.append(key)
        except OSError as error:
            text = f"the batch's file {path} could not be written: {error}"
            raise CacheUnusable(text, kind="cache_write") from error
        return frozenset(written), failed

    async def _shielded(self, label: str, source: str) -> None:
        """Creation goes on even if nobody waits any longer: its id must not be lost."""
        creation = asyncio.create_task(self._create(label, source))
        self._creating.add(creation)
        creation.add_done_callback(self._creating.discard)
        await asyncio.shield(creation)

    async def _create(self, label: str, source: str) -> None:
        """Create the job once; after a failure that may hide a success, look for its label before anything else."""
        doubtful = False

        async def once() -> tuple[str, bool]:
            nonlocal doubtful
            if doubtful:
                await asyncio.sleep(self._pace.grace_seconds)
                found = await self._find(label)
                if found is not None:
                    return found, self._vendor.labels
            try:
                return await self._vendor.create(label, source), True
            except Transient as error:
                doubtful = doubtful or error.kind not in _NOT_CREATED
                raise

        try:
            try:
                job, sure = await self.patiently(once, attempts=self._attempts)
            except ProviderError:
                if not doubtful:  # the vendor has said no: nothing is there to be found
                    self._jobs.withdraw(label)
                raise
            self._jobs.created(label, job, sure=sure)
        finally:
            self._jobs.sending.discard(label)

    async def _find(self, label: str) -> str | None:
        job = self._jobs.job(label)
        if job is None or job.creating is None:
            return None
        others = self._jobs.others(label)
        return await self._vendor.find(Wanted(label=label, since=job.creating, count=job.count, others=others))

    async def job_of(self, label: str) -> Job | None:
        """The job of a label, once its id is known; None where nothing was ever created: its keys are free again."""
        while (job := self._jobs.job(label)) is not None and job.job is None:
            if self._jobs.alive(job):
                await asyncio.sleep(self._pace.first_poll)
                continue
            if job.creating is None:
                self._jobs.withdraw(label)
                return None
            await asyncio.sleep(
                min(self._pace.grace_seconds, max(0.0, job.creating + self._pace.grace_seconds - time.time()))
            )
            found = await self.patiently(lambda: self._find(label))
            if found is None:
                self._jobs.withdraw(label)
                return None
            self._jobs.created(label, found, sure=self._vendor.labels)
            self._jobs.file_of(label).unlink(missing_ok=True)
        return job

    async def close(self) -> None:
        """Let a creation that is under way come to its end, so that its id is kept."""
        if self._creating:
            await asyncio.wait(self._creating, timeout=CLOSING)
        for creation in list(self._creating):
            creation.cancel()
        await asyncio.gather(*self._creating, return_exceptions=True)

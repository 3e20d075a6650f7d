"""Builds the backend that a preset names, with its wrappers: Retrying(Limited(backend)), or batches.

Each backend's libraries are imported when it is built: on the first request that the cache cannot answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from providers.batch import Batching
from providers.batch_jobs import JobStore
from providers.batch_submit import Pace
from providers.batch_vendor import Vendor
from providers.batch_waiting import Purse
from providers.calls import Calls, Noted
from providers.errors import NotSupported, Permanent
from providers.keys import Keys
from providers.limits import Budget, Limited, worst_of
from providers.local_files import LocalSettings
from providers.records import Info, Price, Provider, Reply, Request
from providers.retry import Retrying


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What a backend needs beside its Info."""

    backend: str
    key: str | None = None
    keys: Keys = dataclasses.field(default_factory=Keys)
    """All that must not come back out of this lane."""
    base_url: str | None = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Where the proxies stand."""
    folder: Path | None = None
    """The cache folder: uploads and batches are remembered there; None where nothing is kept."""
    local: LocalSettings = dataclasses.field(default_factory=LocalSettings)
    batch: bool = False
    pace: Pace = dataclasses.field(default_factory=Pace)
    on_batch: Callable[[str, int, int], None] | None = None
    on_wait: Callable[[str], None] | None = None
    calls: Calls | None = None
    """Where attempts are noted before they leave; None where nothing is kept."""


def build(info: Info, plan: Building, budget: Budget, *, loaded: dict[str, Provider]) -> Provider:
    """The backend, ready to be asked; `loaded` keeps a model that was loaded for the next time it is built."""
    if plan.batch:
        return _batching(info, plan, budget)
    if plan.backend == "local":
        from providers.local import Local

        if info.identity not in loaded:
            loaded[info.identity] = Local(info, settings=plan.local)
        return Limited(loaded[info.identity], budget)
    if plan.backend == "endpoint":
        from providers.endpoint import Endpoint

        endpoint = Endpoint(info, base_url=plan.base_url or "", key=plan.key, environment=plan.environment)
        return _called(endpoint, plan, budget)
    from providers.hosted import Hosted
    from providers.uploads import Uploads

    uploads = None
    if info.model.startswith("gemini/") and plan.key:
        uploads = Uploads(plan.key, plan.base_url, plan.folder)
    return _called(Hosted(info, key=plan.key, base_url=plan.base_url, uploads=uploads), plan, budget)


def _called(backend: Provider, plan: Building, budget: Budget) -> Provider:
    """Without keys in what comes back; each attempt noted, gated, and tried again."""
    keyless = Keyless(backend, plan.keys)
    return Retrying(Limited(Noted(keyless, plan.calls) if plan.calls else keyless, budget, plan.on_wait))


class Keyless:
    """A backend whose replies and failures hold no key, whatever the server echoes."""

    def __init__(self, inner: Provider, keys: Keys) -> None:
        """Innermost, so that nothing else ever sees them."""
        self.inner = inner
        self.info: Info = inner.info
        self._keys = keys

    async def generate(self, request: Request) -> Reply:
        """What the backend answers."""
        return await self._keys.through(self.inner.generate(request))

    async def close(self) -> None:
        """Close the backend."""
        await self.inner.close()


BATCH_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
"""Vendors that have a batch API, by LiteLLM's names, and the usual variable of each one's key."""
BATCHES = tuple(BATCH_KEYS)


class Owned:
    """Batches with the record of their jobs, which is closed with them."""

    def __init__(self, inner: Batching, jobs: JobStore, keys: Keys) -> None:
        """Both are opened."""
        self.inner = inner
        self.info: Info = inner.info
        self._jobs = jobs
        self._keys = keys

    async def generate(self, request: Request) -> Reply:
        """The reply, once its batch has ended; without a key, whatever the vendor echoes."""
        return await self._keys.through(self.inner.generate(request))

    def settled(self, key: str) -> None:
        """The reply is kept: its line of the batch is done with."""
        self.inner.settled(key)

    def running(self) -> list[str]:
        """Jobs that go on."""
        return self.inner.running()

    async def close(self) -> None:
        """The jobs go on at the vendor."""
        await self.inner.close()
        self._jobs.close()


def _batching(info: Info, plan: Building, budget: Budget) -> Provider:
    if plan.folder is None:
        raise NotSupported("--batch remembers its jobs in the cache: leave out --cache off", kind="usage")
    key = plan.key
    if not key:
        name = BATCH_KEYS.get(info.model.partition("/")[0], "the vendor's key")
        raise Permanent(f"{name} is not set. Set it (export {name}=...)", model=info.model, kind="unauthorized")
    vendor: Vendor
    if info.model.startswith("openai/"):
        from providers.batch_openai import OpenAIBatches

        vendor = OpenAIBatches(info, key=key, base_url=plan.base_url)
    elif info.model.startswith("anthropic/"):
        from providers.batch_anthropic import AnthropicBatches

        vendor = AnthropicBatches(info, key=key, base_url=plan.base_url)
    else:
        from providers.batch_google import GoogleBatches
        from providers.uploads import Uploads

        uploads = Uploads(key, plan.base_url, plan.folder)
        vendor = GoogleBatches(info, key=key, base_url=plan.base_url, uploads=uploads)
    purse = Purse(budget=budget, worst=lambda request: _worst(request, info.price))
    jobs = JobStore(plan.folder)
    batching = Batching(info, vendor=vendor, jobs=jobs, pace=plan.pace, purse=purse, on_progress=plan.on_batch)
    return Owned(batching, jobs, plan.keys)


def _worst(request: Request, price: Price | None) -> float:
    return worst_of(request, price) * price.batch if price is not None else 0.0

"""Anthropic's message batches: one body of many messages, and a stream of results in any order.

A batch carries no label, so that one whose id was lost is found by time and size and proven by its results.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from providers import bounded
from providers.batch_vendor import (
    Outcome,
    State,
    Wanted,
    broken,
    failure_in,
    lines_in,
    never_run,
    outcome_of,
    priced,
    unopened,
)
from providers.errors import NotInstalled, NotSupported
from providers.failures import failure_of
from providers.forms import refuse_unknown
from providers.keys import Keys
from providers.litellm_library import library
from providers.native import anthropic_body, anthropic_reply, refuse_other_than_direct
from providers.records import Info, Request
from providers.taken import Takes

SLACK = 900.0
"""Seconds that the vendor's clock may be behind ours."""
ADDRESS = "https://api.anthropic.com"
"""Said outright: else the SDK would take another from the environment, unsaid in run and key."""
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicBatches:
    """Batches of one Claude model."""

    name = "anthropic"
    labels = False
    most_requests = 100_000
    most_bytes = 32 * 2**20
    """The vendor takes 256 MB, but the body is built in memory."""

    def __init__(self, info: Info, *, key: str, base_url: str | None = None) -> None:
        """Imports the SDK, whose own retries are off, and LiteLLM, which knows what the model takes."""
        try:
            import anthropic
            import httpx2
        except ImportError as error:
            raise NotInstalled.of("anthropic", "pip install 'anthropic>=2.11'") from error
        self.info = info
        self._keys = Keys(key)
        self._sdk = anthropic
        address = base_url.rstrip("/").removesuffix("/v1") if base_url else ADDRESS
        sent_with = bounded.client(httpx2, address)
        try:
            self._client = anthropic.AsyncAnthropic(api_key=key, base_url=address, max_retries=0, http_client=sent_with)
        except anthropic.AnthropicError as error:
            raise unopened(error, keys=self._keys, model=info.model) from error
        self._takes = Takes(library(), info.model)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except self._sdk.APIError as error:
            raise failure_in(error, keys=self._keys, model=self.info.model) from error
        except (self._sdk.AnthropicError, ValueError) as error:  # a stream of results that is not JSON
            raise broken(error, self.info.model) from error

    def check(self, request: Request) -> None:
        """Text and images only."""
        refuse_unknown(request.messages, self.info)
        refuse_other_than_direct(request, self._takes)
        if request.choices is not None:
            raise NotSupported("log-probabilities of choices are not available in a batch", kind="not_supported")
        for message in request.messages:
            for media in message.media:
                if media.kind != "image":
                    raise NotSupported(f"Anthropic takes no {media.kind}. Nothing was sent", kind="not_supported")

    def notes(self, request: Request) -> tuple[str, ...]:
        """What the body leaves out."""
        return self._takes.notes(request)

    async def prepare(self, request: Request) -> None:
        """Nothing: images stand in the line itself."""

    def line(self, request: Request) -> dict[str, Any]:
        """One entry of the batch's `requests`."""
        return {"custom_id": request.key, "params": anthropic_body(self._takes.fitted(request))}

    async def upload(self, label: str, path: Path) -> str:  # noqa: ARG002  the seam's
        """Nothing is uploaded: the file is the body of `create`."""
        return str(path)

    async def create(self, label: str, source: str) -> str:  # noqa: ARG002  it carries no label
        """Send the file's lines as one body."""
        requests: Any = await asyncio.to_thread(_all_lines, Path(source))
        with self._failures():
            return self._keys.named((await self._client.messages.batches.create(requests=requests)).id)

    async def look(self, job: str) -> State:
        """The counts move only when the whole batch has ended."""
        with self._failures():
            batch = await self._client.messages.batches.retrieve(job)
        counts = batch.request_counts
        done = counts.succeeded + counts.errored + counts.canceled + counts.expired
        return State(ended=batch.processing_status == "ended", done=done, total=done + counts.processing)

    async def results(self, job: str, folder: Path) -> AsyncGenerator[tuple[str, Outcome], None]:
        """By way of a file: the SDK's own reader takes a line of some MB to pieces of 64 bytes, for minutes."""
        with tempfile.TemporaryFile(dir=folder) as file:
            with self._failures():
                async with self._client.messages.batches.with_streaming_response.results(job) as response:
                    async for chunk in response.iter_bytes(2**16):
                        file.write(chunk)
            for line in lines_in(file):
                yield str(line.get("custom_id")), outcome_of(lambda line=line: self._read(line), self.info.model)  # type: ignore[misc]

    def _read(self, line: Mapping[str, Any]) -> Outcome:
        result, model = line["result"], self.info.model
        if result["type"] == "succeeded":
            return priced(anthropic_reply(result["message"], model), self.info.price)
        if result["type"] == "errored":
            error = result["error"].get("error") or result["error"]
            text = self._keys.hide(json.dumps({"error": error}))
            return failure_of(_STATUS.get(str(error.get("type")), 500), text, model=model)
        return never_run("cancelled" if result["type"] == "canceled" else "expired", model)

    async def find(self, wanted: Wanted) -> str | None:
        """The oldest batch since then with as many requests; whether it is ours is seen from its results."""
        found: str | None = None
        with self._failures():
            async for batch in self._client.messages.batches.list(limit=100):
                if batch.created_at.timestamp() < wanted.since - SLACK:
                    break
                counts = batch.request_counts
                total = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
                if total == wanted.count and batch.id not in wanted.others:
                    found = self._keys.named(batch.id)
        return found

    async def close(self) -> None:
        """Close the sockets."""
        await self._client.close()


def _all_lines(path: Path) -> list[Mapping[str, Any]]:
    with path.open("rb") as file:
        return list(lines_in(file))

"""OpenAI's batch API: a JSON Lines file of chat completions, and two files of results.

It retries nothing, and refuses whole videos, which OpenAI cannot see.
"""

from __future__ import annotations

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
    failure_in,
    lines_in,
    never_run,
    outcome_of,
    priced,
    unopened,
)
from providers.chat import body_of, reply_of
from providers.errors import NotInstalled, NotSupported, Permanent, ProviderError, Transient
from providers.failures import failure_of, refusal_of
from providers.forms import refuse_unknown
from providers.keys import Keys
from providers.litellm_library import library
from providers.native import bare, refuse_other_than_direct
from providers.records import Info, Request
from providers.taken import Takes

SLACK = 3600.0
"""Seconds that the vendor's clock may be behind ours."""
ADDRESS = "https://api.openai.com/v1"
"""Said outright: else the SDK would take another from the environment, unsaid in run and key."""
_LABEL = "label"


class OpenAIBatches:
    """Batches of one chat model."""

    name = "openai"
    labels = True
    most_requests = 50_000
    most_bytes = 200 * 10**6

    def __init__(self, info: Info, *, key: str, base_url: str | None = None) -> None:
        """Imports the SDK, whose own retries are off, and LiteLLM, which knows what the model takes."""
        try:
            import httpx
            import openai
        except ImportError as error:
            raise NotInstalled.of("openai", "pip install 'openai>=2.20'") from error
        self.info = info
        self._keys = Keys(key)
        self._sdk = openai
        sent_with = bounded.client(httpx, base_url or ADDRESS)
        try:
            self._client = openai.AsyncOpenAI(
                api_key=key, base_url=base_url or ADDRESS, max_retries=0, http_client=sent_with
            )
        except openai.OpenAIError as error:
            raise unopened(error, keys=self._keys, model=info.model) from error
        self._takes = Takes(library(), info.model)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except self._sdk.APIError as error:
            raise failure_in(error, keys=self._keys, model=self.info.model) from error

    def check(self, request: Request) -> None:
        """No whole videos, no log-probabilities."""
        refuse_unknown(request.messages, self.info)
        refuse_other_than_direct(request, self._takes)
        if request.choices is not None:
            raise NotSupported("log-probabilities of choices are not available in a batch", kind="not_supported")
        if any(media.kind == "video" for message in request.messages for media in message.media):
            raise NotSupported("OpenAI takes no whole video. Nothing was sent", kind="not_supported")

    def notes(self, request: Request) -> tuple[str, ...]:
        """What the body leaves out."""
        return self._takes.notes(request)

    async def prepare(self, request: Request) -> None:
        """Nothing: media stand in the line itself."""

    def line(self, request: Request) -> dict[str, Any]:
        """A chat completion; the limit of tokens by its present name, which every chat model takes."""
        body = body_of(self._takes.fitted(request)) | {"model": bare(request.model)}
        if "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        return {"custom_id": request.key, "method": "POST", "url": "/v1/chat/completions", "body": body}

    async def upload(self, label: str, path: Path) -> str:
        """The file, read from disk while it is sent."""
        with self._failures(), path.open("rb") as file:
            uploaded = await self._client.files.create(file=(f"{label}.jsonl", file), purpose="batch")
        return self._keys.named(uploaded.id)

    async def create(self, label: str, source: str) -> str:
        """A job that carries the label in its metadata."""
        with self._failures():
            batch = await self._client.batches.create(
                input_file_id=source,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={_LABEL: label},
            )
        return self._keys.named(batch.id)

    async def look(self, job: str) -> State:
        """A batch that fails its validation has run nothing."""
        with self._failures():
            batch = await self._client.batches.retrieve(job)
        counts = batch.request_counts
        return State(
            ended=batch.status in ("completed", "expired", "cancelled"),
            done=counts.completed + counts.failed if counts else 0,
            total=counts.total if counts else 0,
            refused=self._refusal(batch) if batch.status == "failed" else None,
            lost=batch.status if batch.status in ("expired", "cancelled") else "bad_response",
        )

    def _refusal(self, batch: Any) -> ProviderError:
        found = (batch.errors.data if batch.errors else None) or []
        said = "; ".join(f"{item.code}: {item.message}" for item in found[:3]) or "no reason is given"
        text = self._keys.hide(f"the batch was refused: {said}")[:400]
        if "token_limit_exceeded" in said or "rate_limit" in said:
            return Transient.of(text, model=self.info.model, kind="rate_limit")
        kinds = {
            "billing": "quota",
            "quota": "quota",
            "model_not_found": "not_found",
            "invalid_api_key": "unauthorized",
        }
        kind = next((kind for word, kind in kinds.items() if word in said), "bad_request")
        return Permanent(text, model=self.info.model, kind=kind)

    async def results(self, job: str, folder: Path) -> AsyncGenerator[tuple[str, Outcome], None]:
        """Both files of the job: what was answered, and what failed."""
        with self._failures():
            batch = await self._client.batches.retrieve(job)
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is None:
                continue
            with tempfile.TemporaryFile(dir=folder) as file:
                with self._failures():
                    async with self._client.files.with_streaming_response.content(file_id) as response:
                        async for chunk in response.iter_bytes(2**16):
                            file.write(chunk)
                for line in lines_in(file):
                    yield str(line.get("custom_id")), outcome_of(lambda line=line: self._read(line), self.info.model)  # type: ignore[misc]

    def _read(self, line: Mapping[str, Any]) -> Outcome:
        model = self.info.model
        response, error = line.get("response"), line.get("error")
        if not response:
            code = str((error or {}).get("code"))
            kind = {"batch_expired": "expired", "batch_cancelled": "cancelled"}.get(code)
            if kind:
                return never_run(kind, model)
            return Transient.of(f"{code}: {(error or {}).get('message')}"[:300], model=model, kind="server")
        status, body = int(response["status_code"]), response["body"]
        if status == 200:
            reply = reply_of(body, model=model, seconds=0.0)
            details = (body.get("usage") or {}).get("prompt_tokens_details") or {}
            return priced(reply, self.info.price, int(details.get("audio_tokens") or 0))
        text = self._keys.hide(json.dumps(body))
        return refusal_of(status, text, seconds=0.0) or failure_of(status, text, model=model)

    async def find(self, wanted: Wanted) -> str | None:
        """By the label, among the jobs since then; the newest come first."""
        with self._failures():
            async for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get(_LABEL) == wanted.label:
                    return self._keys.named(batch.id)
                if batch.created_at < wanted.since - SLACK:
                    return None
        return None

    async def close(self) -> None:
        """Close the sockets."""
        await self._client.close()

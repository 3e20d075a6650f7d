"""Gemini's batch API, always by way of an uploaded file of requests.

Inline requests are not used: their responses come without a key and not surely in order (python-genai 1909, 2008),
which would give answers to the wrong questions.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from providers import bounded
from providers.batch_vendor import Outcome, State, Wanted, broken, lines_in, never_run, outcome_of, priced, unopened
from providers.errors import NotInstalled, NotSupported, ProviderError, Transient
from providers.failures import failure_of, wait_asked
from providers.forms import refuse_unknown, vendor_of
from providers.keys import Keys
from providers.litellm_library import library
from providers.native import bare, gemini_audio_tokens, gemini_body, gemini_reply, refuse_other_than_direct
from providers.records import Info, Request
from providers.taken import Takes
from providers.uploads import Uploads

MOST_LISTED = 2000
ADDRESS = "https://generativelanguage.googleapis.com"
"""Said outright: else the SDK would take another from the environment, unsaid in run and key."""
_VERSION = re.compile(r"/v1(?:alpha|beta)?$")
_STATUS = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 11: 400, 13: 500, 14: 503, 16: 401}
"""HTTP's for the numbers of gRPC, by which a line's error may be given."""
_OVER = frozenset({"SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"})
_LOST = {"EXPIRED": "expired", "CANCELLED": "cancelled"}


class GoogleBatches:
    """Batches of one Gemini model."""

    name = "google"
    labels = True
    most_requests = 50_000
    most_bytes = 2 * 10**9

    def __init__(self, info: Info, *, key: str, base_url: str | None = None, uploads: Uploads | None = None) -> None:
        """Imports the SDK, whose own retries are off, and LiteLLM, which knows what the model takes.

        `uploads` brings clips that are too large for a line.
        """
        try:
            from google import genai
            from google.genai import errors, types
        except ImportError as error:
            raise NotInstalled.of("google-genai", "pip install 'google-genai>=3.4'") from error
        self.info = info
        self._key = key
        self._keys = Keys(key)
        self._sdk_error = errors.APIError
        self._uploads = uploads
        self._remote: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None
        self._genai, self._types = genai, types
        self._address = _VERSION.sub("", base_url.rstrip("/")) if base_url else ADDRESS
        self._takes = Takes(library(), info.model)
        self._opened: Any = None

    @property
    def _client(self) -> Any:
        """Opened by the first call, inside its event loop."""
        if self._opened is None:
            self._session = bounded.session(self._address)
            options = self._types.HttpOptions(
                api_version="v1beta",
                base_url=self._address,
                retry_options=self._types.HttpRetryOptions(attempts=1),  # without it the SDK tries again by itself
                aiohttp_client=self._session,
            )
            try:
                self._opened = self._genai.Client(vertexai=False, api_key=self._key, http_options=options)
            except ValueError as error:
                raise unopened(error, keys=self._keys, model=self.info.model) from error
        return self._opened.aio

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except self._sdk_error as error:
            said = self._keys.hide(json.dumps(error.details, default=str))
            headers = getattr(error.response, "headers", None) or {}
            waiting = wait_asked(headers, said)
            status = int(error.code or 500)
            raise failure_of(status, said, model=self.info.model, retry_after=waiting) from error
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise broken(error, self.info.model) from error
        except (ValueError, KeyError, AttributeError, TypeError) as error:  # the SDK's own, on a reply of another shape
            text = f"the reply is not as it should be: {type(error).__name__}"
            raise Transient.of(text, model=self.info.model, kind="bad_response", maybe_billed=True) from error

    def check(self, request: Request) -> None:
        """All senses, as far as the model has them."""
        refuse_unknown(request.messages, self.info)
        refuse_other_than_direct(request, self._takes)
        if request.choices is not None:
            raise NotSupported("log-probabilities of choices are not available in a batch", kind="not_supported")

    def notes(self, request: Request) -> tuple[str, ...]:
        """What the body leaves out."""
        return self._takes.notes(request)

    async def prepare(self, request: Request) -> None:
        """Upload the largest clips of a request that would be too large with them inside."""
        vendor = vendor_of(self.info.model)
        if self._uploads is None or vendor is None or vendor.inline is None:
            return
        media = [item for message in request.messages for item in message.media]
        left = sum(item.size for item in media) * 4 / 3
        for item in sorted(media, key=lambda item: -item.size):
            if left <= vendor.inline:
                break
            if item.kind == "video":
                self._remote[item.sha256] = await self._uploads.uri_of(item)
                left -= item.size * 4 / 3

    def line(self, request: Request) -> dict[str, Any]:
        """One line of the file, in REST's own names."""
        return {"key": request.key, "request": gemini_body(self._takes.fitted(request), self._remote)}

    async def upload(self, label: str, path: Path) -> str:
        """The file, read from disk while it is sent."""
        with self._failures(), path.open("rb") as file:
            config = {"mime_type": "application/jsonl", "display_name": label}
            uploaded = await self._client.files.upload(file=file, config=config)
        if not uploaded.name:
            raise Transient.of("the upload's reply names no file", model=self.info.model, kind="bad_response")
        return self._keys.named(str(uploaded.name))

    async def create(self, label: str, source: str) -> str:
        """A job that carries the label as its display name."""
        with self._failures():
            job = await self._client.batches.create(
                model=bare(self.info.model), src=source, config={"display_name": label}
            )
        if not job.name:
            text = "the new batch has no name"
            raise Transient.of(text, model=self.info.model, kind="bad_response", maybe_billed=True)
        return self._keys.named(str(job.name))

    async def look(self, job: str) -> State:
        """The SDK hands on no counts and, of a failed batch, no reason."""
        with self._failures():
            batch = await self._client.batches.get(name=job)
        state = str(getattr(batch.state, "value", batch.state)).removeprefix("JOB_STATE_")
        refused: ProviderError | None = None
        if state == "FAILED" and not (batch.dest and batch.dest.file_name):
            text = f"Google gave up {job}; the reason stands in its console"
            refused = Transient.of(text, model=self.info.model, kind="server")
        return State(ended=state in _OVER, refused=refused, lost=_LOST.get(state, "bad_response"))

    async def results(self, job: str, folder: Path) -> AsyncGenerator[tuple[str, Outcome], None]:
        """The file of responses; an expired job has none."""
        with self._failures():
            batch = await self._client.batches.get(name=job)
        if not batch.dest or not batch.dest.file_name:
            return
        with tempfile.TemporaryFile(dir=folder) as file:
            with self._failures():
                await self._client.files.download(file=batch.dest.file_name, destination=bounded.BoundedFile(file))
            for line in lines_in(file):
                yield str(line.get("key")), outcome_of(lambda line=line: self._read(line), self.info.model)  # type: ignore[misc]

    def _read(self, line: Mapping[str, Any]) -> Outcome:
        model, error = self.info.model, line.get("error")
        if error:
            code = int(error.get("code") or 13)
            if code == 1:
                return never_run("cancelled", model)
            text = self._keys.hide(json.dumps({"error": error}))
            return failure_of(code if code >= 100 else _STATUS.get(code, 500), text, model=model)
        body = line["response"]
        return priced(gemini_reply(body, model), self.info.price, gemini_audio_tokens(body))

    async def find(self, wanted: Wanted) -> str | None:
        """By the label, among the newest jobs."""
        seen = 0
        with self._failures():
            async for batch in await self._client.batches.list(config={"page_size": 100}):
                if batch.display_name == wanted.label:
                    return self._keys.named(str(batch.name))
                seen += 1
                if seen >= MOST_LISTED:
                    break
        return None

    async def close(self) -> None:
        """Close the sockets."""
        if self._uploads is not None:
            await self._uploads.close()
        if self._opened is not None:
            client, self._opened = self._opened, None
            await client.aio.aclose()
            client.close()
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

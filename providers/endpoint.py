"""Any OpenAI-compatible server by its base URL: vLLM, SGLang, Ollama, llama.cpp, `transformers serve`.

Speaks aiohttp directly: the fast lane. It never retries and never reads more than 16 MiB of a reply.
"""

from __future__ import annotations

import json
import time

import aiohttp

from providers.chat import body_of, failure_of, public_url, refusal_of, reply_of, without_key
from providers.errors import Permanent, Transient
from providers.records import Info, Reply, Request

LARGEST_BODY = 16 * 2**20


class Endpoint:
    """One chat model behind one base URL."""

    def __init__(self, info: Info, *, base_url: str, key: str | None) -> None:
        """The session is opened by the first call, inside its event loop."""
        self.info = info
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._key = key
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._session: aiohttp.ClientSession | None = None

    async def generate(self, request: Request) -> Reply:
        """POST the request; the deadline is the caller's, so the client itself has none."""
        body = json.dumps(body_of(request)).encode()
        started = time.monotonic()
        status, retry_after, raw = await self._post(body, request.model)
        if status != 200:
            said = without_key(raw.decode("utf-8", "replace"), self._key)
            refusal = refusal_of(status, said, seconds=time.monotonic() - started)
            if refusal is not None:
                return refusal
            raise failure_of(status, said, model=request.model, retry_after=retry_after)
        try:
            parsed = json.loads(raw)
        except (ValueError, RecursionError) as error:
            text = "the reply is not JSON: is the base URL right (it usually ends in /v1)?"
            raise Transient.of(text, model=request.model, kind="bad_response", maybe_billed=True) from error
        return reply_of(parsed, model=request.model, seconds=time.monotonic() - started)

    async def _post(self, body: bytes, model: str) -> tuple[int, str | None, bytes]:
        try:
            async with self._open().post(self._url, data=body, headers=self._headers) as response:
                raw = await _read_capped(response, model)
                return response.status, response.headers.get("Retry-After"), raw
        except aiohttp.ClientConnectorError as error:
            text = f"no server answers at {public_url(self._url)}: {error.os_error.strerror or 'connection failed'}"
            raise Transient.of(text, model=model, kind="connection") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            text = f"the connection broke: {type(error).__name__}"
            raise Transient.of(text, model=model, kind="connection", maybe_billed=True) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=None), trust_env=True
            )
        return self._session

    async def close(self) -> None:
        """Close the session's sockets."""
        if self._session is not None:
            await self._session.close()


async def _read_capped(response: aiohttp.ClientResponse, model: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(2**16):
        size += len(chunk)
        if size > LARGEST_BODY:
            text = f"the reply is larger than {LARGEST_BODY // 2**20} MiB"
            raise Permanent(text, model=model, kind="too_large")
        chunks.append(chunk)
    return b"".join(chunks)

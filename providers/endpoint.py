"""Any OpenAI-compatible server by its base URL: vLLM, SGLang, Ollama, llama.cpp, `transformers serve`.

Speaks aiohttp directly: the fast lane. It never retries and never reads more than 16 MiB of a reply.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping

import aiohttp

from providers.address import basic_of, below, public_url
from providers.bounded import read_bounded
from providers.chat import body_of, failure_of, refusal_of, reply_of, wait_asked
from providers.errors import Transient
from providers.forms import refuse_unknown
from providers.keys import Keys
from providers.records import Info, Reply, Request

LARGE_QUESTION = 2**19
"""Bytes from which a body is sent in pieces, so that the others' calls go on meanwhile."""


class Endpoint:
    """One chat model behind one base URL."""

    def __init__(self, info: Info, *, base_url: str, key: str | None) -> None:
        """The session is opened by the first call, inside its event loop."""
        self.info = info
        self._url = below(base_url, "/chat/completions")
        self._keys = Keys(key)
        self._headers = {"Content-Type": "application/json"}
        if authorization := f"Bearer {key}" if key else basic_of(base_url):
            self._headers["Authorization"] = authorization
        self._session: aiohttp.ClientSession | None = None

    async def generate(self, request: Request) -> Reply:
        """POST the request; the deadline is the caller's, so the client itself has none."""
        refuse_unknown(request.messages, self.info)
        body = json.dumps(body_of(request)).encode()
        started = time.monotonic()
        status, headers, raw = await self._post(body, request.model)
        if status != 200:
            said = self._keys.hide(raw.decode("utf-8", "replace"))
            refusal = refusal_of(status, said, seconds=time.monotonic() - started)
            if refusal is not None:
                return refusal
            raise failure_of(status, said, model=request.model, retry_after=wait_asked(headers, said))
        try:
            parsed = json.loads(raw)
        except (ValueError, RecursionError) as error:
            text = "the reply is not JSON: is the base URL right (it usually ends in /v1)?"
            raise Transient.of(text, model=request.model, kind="bad_response", maybe_billed=True) from error
        seconds = time.monotonic() - started
        return reply_of(parsed, model=request.model, seconds=seconds, wanted=request.choices)

    async def _post(self, body: bytes, model: str) -> tuple[int, Mapping[str, str], bytes]:
        try:
            data = body if len(body) < LARGE_QUESTION else io.BytesIO(body)
            async with self._open().post(
                self._url, data=data, headers=self._headers, allow_redirects=False
            ) as response:
                raw = await read_bounded(response, model)
                return response.status, response.headers, raw
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

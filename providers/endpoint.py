"""Any OpenAI-compatible server by its base URL: vLLM, SGLang, Ollama, llama.cpp, `transformers serve`.

Speaks aiohttp directly: the fast lane. It never retries and never reads more than 16 MiB of a reply.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from providers.address import basic_of, below, public_url
from providers.bounded import client, packed_as, read_bounded
from providers.chat import body_of, reply_of
from providers.connections import WIDE_HEADERS, drop_spoiled, sent_through
from providers.errors import Permanent, ProviderError, Transient
from providers.failures import ONLY_STREAMS, failure_of, refusal_of, wait_asked
from providers.forms import refuse_unknown
from providers.keys import Keys
from providers.proxy import proxy_of
from providers.records import Info, Reply, Request
from providers.stream import STREAMED, completion_of, is_stream

LARGE_QUESTION = 2**19
"""Bytes from which a body is sent in pieces, so that the others' calls go on meanwhile."""


class Endpoint:
    """One chat model behind one base URL."""

    def __init__(
        self, info: Info, *, base_url: str, key: str | None, environment: Mapping[str, str] | None = None
    ) -> None:
        """The session is opened by the first call, inside its event loop; `environment` may name a proxy."""
        self.info = info
        self._url = below(base_url, "/chat/completions")
        self._keys = Keys(key)
        self._headers = {"Content-Type": "application/json"}
        if authorization := f"Bearer {key}" if key else basic_of(base_url):
            self._headers["Authorization"] = authorization
        self._proxy = proxy_of(self._url, environment)
        self._session: aiohttp.ClientSession | None = None
        self._tolerant: Any = None
        """httpx's client, for a server whose replies aiohttp's strict parser refuses; None until there is one."""
        self._streams = False
        """The server has said that it answers only as a stream."""

    async def generate(self, request: Request) -> Reply:
        """POST the request; the deadline is the caller's, so the client itself has none."""
        refuse_unknown(request.messages, self.info)
        body = json.dumps(body_of(request) | (STREAMED if self._streams else {})).encode()
        started = time.monotonic()
        status, headers, raw = await self._post(body, request.model)
        if not 200 <= status < 300:
            said = self._keys.hide(raw.decode("utf-8", "replace"))
            refusal = refusal_of(status, said, seconds=time.monotonic() - started)
            if refusal is not None:
                return refusal
            failure = failure_of(status, said, model=request.model, retry_after=wait_asked(headers, said))
            raise self._as_stream(failure)
        parsed = _completion(raw, headers, request.model)
        seconds = time.monotonic() - started
        try:
            return reply_of(parsed, model=request.model, seconds=seconds, wanted=request.choices)
        except Permanent as failure:
            raise self._as_stream(failure) from failure

    def _as_stream(self, failure: ProviderError) -> ProviderError:
        """Another try, as a stream, where the server says that it answers only so."""
        if failure.kind != ONLY_STREAMS:
            return failure
        if self._streams:
            return Permanent(failure.message, model=failure.model, kind="not_supported")
        self._streams = True
        return Transient.of(failure.message, model=failure.model, kind=ONLY_STREAMS)

    async def _post(self, body: bytes, model: str) -> tuple[int, Mapping[str, str], bytes]:
        if self._tolerant is not None:
            return await self._post_tolerantly(body, model)
        session = self._open()
        drop_spoiled(session.connector)
        try:
            data = body if len(body) < LARGE_QUESTION else io.BytesIO(body)
            async with session.post(
                self._url, data=data, headers=self._headers, allow_redirects=False, **sent_through(self._proxy)
            ) as response:
                raw = await read_bounded(response, model)
                return response.status, response.headers, raw
        except aiohttp.ClientHttpProxyError as error:
            text = f"{self._proxy.shown if self._proxy else 'the proxy'} refuses the call: HTTP {error.status}"
            raise Transient.of(text, model=model, kind="connection") from error
        except aiohttp.ClientConnectorError as error:
            raise self._unreached(error.os_error.strerror or "connection failed", model) from error
        except aiohttp.ClientResponseError as error:
            raise self._malformed(error, model) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            text = f"the connection broke: {type(error).__name__}"
            raise Transient.of(text, model=model, kind="connection", maybe_billed=True) from error

    def _unreached(self, why: str, model: str) -> Transient:
        if self._proxy is not None:
            text = f"{self._proxy.shown} does not answer: {why}. Set it right, or set NO_PROXY to the server's host"
        else:
            text = f"no server answers at {public_url(self._url)}: {why}"
        return Transient.of(text, model=model, kind="connection")

    def _malformed(self, error: aiohttp.ClientResponseError, model: str) -> Transient:
        """A reply that aiohttp cannot read as HTTP; the next call is made with a parser that is less strict."""
        why = " ".join(error.message.split())[:120]
        if "content-encoding" in why.lower():
            packed = next((name for name in ("br", "zstd") if f"({name})" in why or name in why.lower()), "")
            return Transient.of(packed_as(packed), model=model, kind="bad_response", maybe_billed=True)
        import httpx

        self._tolerant = client(httpx, self._url)
        text = f"the server's reply is not proper HTTP: {why}"
        return Transient.of(text, model=model, kind="bad_response", maybe_billed=True)

    async def _post_tolerantly(self, body: bytes, model: str) -> tuple[int, Mapping[str, str], bytes]:
        import httpx

        try:
            response = await self._tolerant.post(self._url, content=body, headers=self._headers)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise self._unreached(str(error) or "connection failed", model) from error
        except httpx.HTTPError as error:
            text = f"the connection broke: {type(error).__name__}"
            raise Transient.of(text, model=model, kind="connection", maybe_billed=True) from error
        return response.status_code, response.headers, response.content

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=None), trust_env=False, **WIDE_HEADERS
            )
        return self._session

    async def close(self) -> None:
        """Close the session's sockets."""
        if self._session is not None:
            await self._session.close()
        if self._tolerant is not None:
            await self._tolerant.aclose()


def _completion(raw: bytes, headers: Mapping[str, str], model: str) -> Any:
    """The body of a success as JSON, put together where it came as a stream."""
    if is_stream(raw, headers.get("Content-Type", "")):
        return completion_of(raw, model=model)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        text = "the reply is not JSON: is the base URL right (it usually ends in /v1)?"
        raise Transient.of(text, model=model, kind="bad_response", maybe_billed=True) from error

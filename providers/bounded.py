"""Bounds on what a server may send through a library: bytes after unpacking, the length of a line, no redirects.

Libraries unpack a reply without a limit and follow a redirect with the key; here neither happens.
"""

from __future__ import annotations

import contextvars
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import IO, Any, NamedTuple

import aiohttp

from providers.chat import without_parts
from providers.connections import WIDE_HEADERS, drop_spoiled, sent_through
from providers.density import too_dense
from providers.errors import Permanent, ProviderError
from providers.failures import error_in
from providers.proxy import Proxy, proxy_of
from providers.stream import completion_of, is_stream

LARGEST_BODY = 16 * 2**20
"""Bytes of one reply, unpacked."""
LARGEST_FILE = 2 * 2**30
"""Bytes of the results of one batch, which go to disk line by line."""
LONGEST_REFUSAL = 20_000
"""Bytes of an error's body that are read for what kind of failure it is."""
_PIECE = 2**16
PACKED = "gzip, deflate"
"""What can be unpacked piece by piece."""
REDIRECTED = "the server sends the call on to another address, which is not followed: give that one as --base-url"
BROKEN_STREAM = "the stream cannot be read"
DENSE = "the reply would fill the memory"
_FILES = ("/content", "/results")
"""How the paths of a batch's results end."""


class Came(NamedTuple):
    """An answer that came to a call."""

    status: int
    """As the server sent it: LiteLLM makes up its own for a success that it cannot read."""
    refusal: str
    """The body of one that is no success, as far as it is read; else empty."""


answers: contextvars.ContextVar[list[Came]] = contextvars.ContextVar("answers")
"""What came to the call at hand, where somebody asks for it."""


def packed_as(encoding: str) -> str:
    """What is said of a reply in a form that was not asked for (br, zstd)."""
    return f"the reply is packed as {encoding[:40] or 'something'}, which was not asked for and cannot be read here"


def too_large(most: int, model: str = "") -> Permanent:
    """The reply is larger than that many bytes."""
    return Permanent.billed(f"the reply is larger than {most // 2**20} MiB", model=model, kind="too_large")


class Lines:
    """Counts what comes of a file of lines; raises Permanent beyond the bounds."""

    def __init__(self, most: int = LARGEST_FILE, longest: int = LARGEST_BODY) -> None:
        """Nothing has come yet."""
        self._left = most
        self._most = most
        self._longest = longest
        self._line = 0

    def add(self, piece: bytes) -> bytes:
        """The piece again."""
        self._left -= len(piece)
        last = piece.rfind(b"\n")
        self._line = self._line + len(piece) if last < 0 else len(piece) - last - 1
        if self._left < 0:
            raise too_large(self._most)
        if self._line > self._longest:
            raise too_large(self._longest)
        return piece


class BoundedFile:
    """A file into which a library downloads, within the bounds."""

    def __init__(self, file: IO[bytes]) -> None:
        """The file stays the caller's."""
        self._file = file
        self._lines = Lines()

    def write(self, piece: bytes) -> int:
        """As a file does."""
        return self._file.write(self._lines.add(piece))


async def bounded(http: Any, response: Any, *, file: bool = False) -> Any:
    """The same reply with its body unpacked and within the bounds, or one that says why there is none.

    `http` is httpx or its successor httpx2: LiteLLM and OpenAI's SDK use the one, Anthropic's the other.
    """
    if 300 <= response.status_code < 400:
        await response.aclose()
        return _said(http, 404, REDIRECTED, of=response)
    if file and response.status_code == 200:
        return _like(http, response, stream=_streamed(http, response))
    body = bytearray()
    try:
        async for piece in _unpacked(response):
            body += piece
            if len(body) > LARGEST_BODY:
                return _said(http, 413, too_large(LARGEST_BODY).message, of=response)
    except zlib.error:
        return _said(http, 502, packed_as(response.headers.get("content-encoding", "")), of=response)
    finally:
        await response.aclose()
    if too_dense(body):
        return _said(http, 413, DENSE, of=response)
    return _like(http, response, content=bytes(body))


def _said(http: Any, status: int, text: str, *, of: Any) -> Any:
    error = {"message": text, "type": "bounded", "code": status, "status": "INVALID_ARGUMENT"}
    return http.Response(status, json={"error": error}, request=_request_of(of))


def _like(http: Any, response: Any, **body: Any) -> Any:
    gone = ("content-encoding", "content-length", "transfer-encoding")
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in gone]
    return http.Response(response.status_code, headers=headers, request=_request_of(response), **body)


def _request_of(response: Any) -> Any:
    """None in a transport, where the client sets it afterwards."""
    return response._request


def _streamed(http: Any, response: Any) -> Any:
    """The lines of a file, as they come."""

    class Stream(http.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            lines = Lines()
            async for piece in _unpacked(response):
                yield lines.add(piece)

        async def aclose(self) -> None:
            await response.aclose()

    return Stream()


async def _unpacked(response: Any) -> AsyncIterator[bytes]:
    packed = response.headers.get("content-encoding", "identity").lower() != "identity"
    unpacker = zlib.decompressobj(wbits=47) if packed else None  # 47: by gzip's head or by zlib's
    async for raw in response.aiter_raw(_PIECE):
        if unpacker is None:
            yield raw
        else:
            for piece in _pieces(unpacker, raw):
                yield piece


def _pieces(unpacker: Any, raw: bytes) -> Iterator[bytes]:
    while raw:
        yield unpacker.decompress(raw, _PIECE)
        raw = unpacker.unconsumed_tail


def client(http: Any, url: str) -> Any:
    """What the SDK that is built on `http` sends with to this address, through the environment's proxy."""
    proxy = proxy_of(url)

    class Client(http.AsyncClient):  # type: ignore[misc]
        async def send(self, request: Any, *, stream: bool = False, **more: Any) -> Any:
            request.headers["Accept-Encoding"] = PACKED
            response = await super().send(request, stream=True, **more | {"follow_redirects": False})
            return await bounded(http, response, file=stream and request.url.path.endswith(_FILES))

    return Client(timeout=600.0, trust_env=False, proxy=_for_httpx(http, proxy))


def _for_httpx(http: Any, proxy: Proxy | None) -> Any:
    login = None if proxy is None or proxy.user is None else (proxy.user, proxy.password)
    return None if proxy is None else http.Proxy(proxy.url, auth=login)


def bound(http: Any, transport: Any) -> None:
    """Make LiteLLM's transport keep to the bounds and to our choice of proxy; harmless when it does."""
    inner: Callable[[Any, Any], Awaitable[Any]] = transport.handle_async_request
    if getattr(inner, "bounded", False):
        return
    tolerated: set[str] = set()

    async def handle_async_request(self: Any, request: Any) -> Any:
        request.headers["Accept-Encoding"] = PACKED
        reply = await _whole(http, request, await answer(self, request))
        refusal = b"" if reply.is_success else reply.content[:LONGEST_REFUSAL]
        answers.get([]).append(Came(reply.status_code, refusal.decode("utf-8", "replace")))
        return reply

    async def answer(self: Any, request: Any) -> Any:
        if request.url.netloc in tolerated:
            return await _tolerant(self, http, request).handle_async_request(request)
        session = self.get_valid_client_session()
        if isinstance(session, aiohttp.ClientSession):
            for name, most in WIDE_HEADERS.items():
                setattr(session, f"_{name}", most)
            drop_spoiled(session.connector)
        try:
            return await inner(self, request)
        except http.HTTPError as error:
            if isinstance(error.__cause__ or error.__context__, aiohttp.ClientResponseError):
                tolerated.add(request.url.netloc)
            raise

    async def proxy_settings(_: Any, request: Any) -> str | None:
        proxy = proxy_of(str(request.url))
        return None if proxy is None else proxy.with_login

    handle_async_request.bounded = True  # type: ignore[attr-defined]
    transport.handle_async_request = handle_async_request
    transport._get_proxy_settings = proxy_settings


def _tolerant(transport: Any, http: Any, request: Any) -> Any:
    """A transport of httpx's own, whose parser takes what aiohttp's refuses; one for each of LiteLLM's."""
    found = getattr(transport, "tolerant", None)
    if found is None:
        found = transport.tolerant = http.AsyncHTTPTransport(proxy=_for_httpx(http, proxy_of(str(request.url))))
    return found


async def _whole(http: Any, request: Any, response: Any) -> Any:
    """The reply within the bounds; a chat completion as the other lane reads it.

    LiteLLM knows neither a stream that nobody asked for, nor an error that is sent as a success, nor content in parts.
    """
    reply = await bounded(http, response)
    if not (request.url.path.endswith("/chat/completions") and reply.is_success):
        return reply
    streamed = is_stream(reply.content, reply.headers.get("content-type", ""))
    try:
        body = completion_of(reply.content, model="") if streamed else json.loads(reply.content)
    except ProviderError as error:
        broken = "" if error.kind == "connection" else f"{BROKEN_STREAM}: "
        return _said(http, 502, broken + error.message, of=reply)
    except (ValueError, RecursionError):
        return reply
    said = error_in(body)
    if said is not None:
        return _said(http, said[0], said[1], of=reply)
    whole = without_parts(body)
    if whole is body and not streamed and reply.status_code == 200:
        return reply
    return http.Response(200, json=whole, request=_request_of(reply))


class _Response(aiohttp.ClientResponse):
    async def read(self) -> bytes:
        """At most LARGEST_BODY; what is streamed to a file is bounded by BoundedFile."""
        if self._body is None:
            self._body = await read_bounded(self)
        return await super().read()


async def read_bounded(response: aiohttp.ClientResponse, model: str = "") -> bytes:
    """The body, unpacked; Permanent where it is too large."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_PIECE):
        body += chunk
        if len(body) > LARGEST_BODY:
            response.close()
            raise too_large(LARGEST_BODY, model)
    if too_dense(body):
        raise Permanent.billed(DENSE, model=model, kind="too_large")
    return bytes(body)


async def _not_followed(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    response = await handler(request)
    if 300 <= response.status < 400 and response.status != 308:  # Google's uploads say 308 for: go on
        response.close()
        raise Permanent(REDIRECTED, kind="not_found")
    return response


def session(url: str) -> aiohttp.ClientSession:
    """What Google's SDK sends with to this address; through the environment's proxy where one holds."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
        response_class=_Response,
        middlewares=(_not_followed,),
        **WIDE_HEADERS,
        **sent_through(proxy_of(url)),
    )

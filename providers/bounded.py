"""Bounds on what a server may send through a library: bytes after unpacking, the length of a line, no redirects.

Libraries unpack a reply without a limit and follow a redirect with the key; here neither happens.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import IO, Any

import aiohttp

from providers.density import too_dense
from providers.errors import Permanent

LARGEST_BODY = 16 * 2**20
"""Bytes of one reply, unpacked."""
LARGEST_FILE = 2 * 2**30
"""Bytes of the results of one batch, which go to disk line by line."""
_PIECE = 2**16
PACKED = "gzip, deflate"
"""What can be unpacked piece by piece."""
REDIRECTED = "the server sends the call on to another address, which is not followed: give that one as --base-url"
DENSE = "the reply would fill the memory"
_FILES = ("/content", "/results")
"""How the paths of a batch's results end."""


def too_large(most: int, model: str = "") -> Permanent:
    """The reply is larger than that many bytes."""
    return Permanent(f"the reply is larger than {most // 2**20} MiB", model=model, kind="too_large")


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
        return _said(http, 502, "bad gateway: the reply is packed in a way that cannot be read", of=response)
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


def client(http: Any) -> Any:
    """What the SDK that is built on `http` sends with; the proxies of the environment hold."""

    class Client(http.AsyncClient):  # type: ignore[misc]
        async def send(self, request: Any, *, stream: bool = False, **more: Any) -> Any:
            request.headers["Accept-Encoding"] = PACKED
            response = await super().send(request, stream=True, **more | {"follow_redirects": False})
            return await bounded(http, response, file=stream and request.url.path.endswith(_FILES))

    return Client(timeout=600.0)


def bound(http: Any, transport: Any) -> None:
    """Make LiteLLM's transport keep to the bounds; harmless when it does."""
    inner: Callable[[Any, Any], Awaitable[Any]] = transport.handle_async_request
    if getattr(inner, "bounded", False):
        return

    async def handle_async_request(self: Any, request: Any) -> Any:
        request.headers["Accept-Encoding"] = PACKED
        return await bounded(http, await inner(self, request))

    handle_async_request.bounded = True  # type: ignore[attr-defined]
    transport.handle_async_request = handle_async_request


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
        raise Permanent(DENSE, model=model, kind="too_large")
    return bytes(body)


async def _not_followed(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    response = await handler(request)
    if 300 <= response.status < 400 and response.status != 308:  # Google's uploads say 308 for: go on
        response.close()
        raise Permanent(REDIRECTED, kind="not_found")
    return response


def session() -> aiohttp.ClientSession:
    """What Google's SDK sends with; the proxies of the environment hold."""
    timeout = aiohttp.ClientTimeout(total=None)
    return aiohttp.ClientSession(
        timeout=timeout, trust_env=True, response_class=_Response, middlewares=(_not_followed,)
    )

"""What the fake server does wrong on the wire: odd bodies, waits in every form, connections that break or never end."""

import asyncio
import functools
import json
import math
import socket
import struct
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any

from aiohttp import web
from fake_dialects import ERRORS, error_body, reply_body

DEEP = 100_000
DENSE = 5_000_000
"""Empty lists in 15 MB, which take 320 MB of memory when they are read."""
PAGES = {
    "html": ("<html>Bad Gateway</html>", "text/html"),
    "html_as_json": ("<html>Bad Gateway</html>", "application/json"),
    "empty_body": ("", "application/json"),
    "empty_object": ("{}", "application/json"),
    "empty_list": ("[]", "application/json"),
    "null": ("null", "application/json"),
    "number": ("3", "application/json"),
    "deep": ("[" * DEEP + "]" * DEEP, "application/json"),
}
ODD_REPLIES: dict[str, dict[str, Any]] = {  # what the fault makes of the reply
    "null_content": {"text": None},
    "huge": {"text": "x" * 10_000_000},
    "bad_utf8": {"text": "Answer: \udcff\udcfe"},  # surrogateescape makes bytes ff fe of it
    "safety_stop": {"text": None, "finish": "content_filter"},
    "cut_off": {"text": None, "finish": "length"},
    "blocked": {"blocked": True},
}
ENDLESS = ("drip", "hang", "slow_headers", "flood", "many_headers")
BROKEN = ("reset", "reset_midbody", "reset_at", "truncated_wrong_length")
WIRE = (*ENDLESS, *BROKEN, "truncated", "gzip_bomb", "dense")
KINDS = frozenset({*ERRORS, *PAGES, *ODD_REPLIES, *WIRE})
SETTINGS = frozenset(
    {"kind", "contains", "attempts", "share", "at", "after", "retry_after", "retry_after_ms", "retry_info"}
)
"""Keys of a fault. `after`: calls with a greater number only; retry_after "+3" is the HTTP date in three seconds."""
BOMB_MIB = 300
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def waits_of(fault: Mapping[str, Any]) -> dict[str, str]:
    """The headers that say when to come back."""
    headers = {}
    if "retry_after" in fault:
        said = str(fault["retry_after"])
        date = said.startswith("+") and formatdate(math.ceil(time.time() + float(said)), usegmt=True)
        headers["Retry-After"] = date or said
    if "retry_after_ms" in fault:
        headers["retry-after-ms"] = str(fault["retry_after_ms"])
    return headers


def answer(call: Mapping[str, Any], fault: Mapping[str, Any], reply: dict[str, Any]) -> web.Response:
    """The reply to a call, or what the fault makes of it."""
    kind = call["error"] or fault.get("kind")
    if kind in ERRORS and not (kind == "blocked" and call["dialect"] == "gemini"):
        status, body = error_body(call["dialect"], kind, fault)
        return web.json_response(body, status=status, headers=waits_of(fault))
    if kind in PAGES:
        return web.Response(text=PAGES[kind][0], content_type=PAGES[kind][1])
    reply |= ODD_REPLIES.get(kind or "", {})
    if isinstance(reply["text"], list):
        reply["text"] = reply["text"][min(call["attempt"], len(reply["text"])) - 1]
    if kind == "gzip_bomb":
        text = json.dumps(reply_body(call, {**reply, "text": "@@"}))
        return web.Response(body=bomb(text), content_type="application/json", headers={"Content-Encoding": "gzip"})
    text = json.dumps(reply_body(call, reply), ensure_ascii=kind != "bad_utf8")
    text = f'{text[:-1]}, "more": [{"[]," * DENSE}0]}}' if kind == "dense" else text
    raw = text.encode("utf-8", "surrogateescape")
    return web.Response(body=raw[: len(raw) // 2] if kind == "truncated" else raw, content_type="application/json")


@functools.lru_cache(1)
def bomb(text: str) -> bytes:
    """The text with 300 MiB in the place of its @@, packed; 1.3 MB at the fastest level."""
    before, _, after = text.partition("@@")
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(before.encode())]
    parts += [packer.compress(b"x" * 2**20) for _ in range(BOMB_MIB)]
    return b"".join([*parts, packer.compress(after.encode()), packer.flush()])


async def deliver(request: web.Request, response: web.Response, fault: Mapping[str, Any]) -> bool:
    """Send the response or break off, as the fault says; whether all of it was sent."""
    kind, wire = fault.get("kind"), request.transport
    if kind not in (*ENDLESS, *BROKEN):
        with suppress(ConnectionError):  # the client went away
            await response.prepare(request)
            await response.write_eof()
            return True
        return False
    if wire is None:
        return False
    body = response.body if isinstance(response.body, bytes) else b""
    if kind in ENDLESS:
        await _go_on(wire, kind)
    elif kind != "reset":
        whole = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        end = int(fault["at"]) if kind == "reset_at" else len(whole) - len(body) // 2 - len(body) % 2
        wire.write(whole[:end])
    if kind == "truncated_wrong_length":
        wire.close()
        return False
    if kind == "reset_at":
        wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.abort()
    return False


async def _go_on(wire: asyncio.Transport, kind: str) -> None:
    """Until the client leaves: a body without end, slowly or as fast as it is read, a header, or nothing."""
    heads = {"drip": HEAD + b"\r\n", "flood": HEAD + b"\r\n", "slow_headers": HEAD + b"X-Slow: ", "many_headers": HEAD}
    pieces = {"drip": b" ", "flood": b" " * 2**16, "slow_headers": b"x", "many_headers": b"X-One: more\r\n"}
    wire.write(heads.get(kind, b""))
    while not wire.is_closing():
        if wire.get_write_buffer_size() < 2**20:
            wire.write(pieces.get(kind, b""))
        await asyncio.sleep(0.002 if kind in ("flood", "many_headers") else 0.2)

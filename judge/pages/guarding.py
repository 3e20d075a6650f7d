"""Who may talk to the page's server: a browser on this machine that was given the address, and nobody else.

A site that leads its own name to 127.0.0.1 fails by the Host header; one that posts across fails by its Origin.
"""

from __future__ import annotations

import hmac
import ipaddress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "judge",
}


def allowed(request: web.Request, token: str) -> bool:
    """True for a request from this machine, to our own name, by the secret address, and not from another site."""
    return (
        _from_here(request)
        and request.headers.get("Host", "") in _names(request)
        and hmac.compare_digest(request.match_info.get("token", "").encode(), token.encode())
        and request.headers.get("Origin", "") in {"", *(f"http://{name}" for name in _names(request))}
        and (_opened_by_a_person(request) or request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"))
    )


def _opened_by_a_person(request: web.Request) -> bool:
    """True for a page that is gone to, as by a click on the address in a terminal that is itself a web page."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"


def _from_here(request: web.Request) -> bool:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return peer is not None and ipaddress.ip_address(peer[0]).is_loopback


def _names(request: web.Request) -> set[str]:
    own = request.transport.get_extra_info("sockname") if request.transport else None
    return {f"{name}:{own[1]}" for name in ("127.0.0.1", "localhost")} if own else set()


def guard(token: str) -> Middleware:
    """The middleware: what is not allowed learns nothing, and every answer carries the same strict headers."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not allowed(request, token):
            return web.Response(status=404, text="not here")
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.Response(status=error.status, text=error.text or error.reason)

    return middleware


async def stamp(_request: web.Request, response: web.StreamResponse) -> None:
    """The headers, on whatever is sent."""
    response.headers.update(HEADERS)

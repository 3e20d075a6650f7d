"""How connections of aiohttp are opened and kept: wide heads, the proxy, and none that bytes came on unasked."""

from __future__ import annotations

import select
from typing import Any

from providers.proxy import Proxy

WIDE_HEADERS: dict[str, Any] = {"max_line_size": 2**16, "max_field_size": 2**16, "max_headers": 512}
"""What a head may hold: aiohttp's own 8,190 bytes a line are less than some gateways send."""


def sent_through(proxy: Proxy | None) -> dict[str, Any]:
    """What an aiohttp session or request is told of the proxy."""
    return {} if proxy is None else {"proxy": proxy.with_login}


def drop_spoiled(connector: Any) -> None:
    """Close the idle connections on which bytes came that nobody asked for.

    They would be taken for the reply to the next question: a late second answer, or the rest of one that was given up.
    """
    for key, idle in list(getattr(connector, "_conns", {}).items()):
        kept = [(protocol, since) for protocol, since in idle if not _spoiled(protocol)]
        if len(kept) < len(idle):
            for protocol, _ in idle:
                if _spoiled(protocol):
                    protocol.close()
            connector._conns[key] = type(idle)(kept)


def _spoiled(protocol: Any) -> bool:
    """Whether bytes, or the end, have been read or wait to be read."""
    if protocol.should_close or not protocol.is_connected():
        return True
    socket = protocol.transport.get_extra_info("socket")
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))

"""How each fault of the fake server must end on every lane, and a way to meet them all at once.

A Reply, or a typed error after one call or after all attempts, within the deadline.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fake_server import FakeServer

from providers.errors import ProviderError
from providers.limits import Limited
from providers.records import Info, Limits, Message, Provider, Reply, Request
from providers.retry import Retrying

ATTEMPTS = 2
DEADLINE = 1.5
"""Seconds for what would never end; everything else has far more."""
PASSING = {
    "rate_limit": "rate_limit",
    "unavailable": "overloaded",
    "overloaded": "overloaded",
    **dict.fromkeys(("server_error", "bad_gateway", "gateway_timeout"), "server"),
    **dict.fromkeys(("reset", "reset_midbody", "truncated_wrong_length"), "connection"),
    **dict.fromkeys(("html", "html_as_json", "truncated", "bad_utf8", "deep"), "bad_response"),
    **dict.fromkeys(("empty_body", "empty_object", "empty_list", "null", "number"), "bad_response"),
}
"""Fault: the kind of the Transient error that is left after all attempts."""
LASTING = {
    "quota": "quota",
    "unauthorized": "unauthorized",
    "wrong_key": "unauthorized",
    "not_found": "not_found",
    "bad_request": "bad_request",
}
"""Fault: the kind of the Permanent error after one call."""
REPLIES = {"blocked": "refused", "safety_stop": "refused", "cut_off": "length", "null_content": "stop"}
"""Fault: how the reply finished, after one call."""
ENDLESS = ("drip", "hang", "slow_headers")
CUTS = (0, 1, 17, 60, 100, 101, 150, 250)
"""Bytes after which a connection is reset: within the status line, the headers and the body."""
WAITS: dict[str, tuple[dict[str, Any], float]] = {  # what the server says, and the seconds that it must be obeyed for
    "seconds": ({"retry_after": "1"}, 1.0),
    "a fraction": ({"retry_after": "0.6"}, 0.6),
    "a date": ({"retry_after": "+1"}, 1.0),
    "milliseconds": ({"retry_after_ms": "700"}, 0.7),
    "both": ({"retry_after_ms": "700", "retry_after": "1"}, 0.7),
    "zero": ({"retry_after": "0"}, 0),
    "less than nothing": ({"retry_after": "-1"}, 0),
    "a date gone by": ({"retry_after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
    "junk": ({"retry_after": "soon"}, 0),
    "junk milliseconds": ({"retry_after_ms": "soon"}, 0),
    "nothing": ({}, 0),
}
BODY_WAIT: dict[str, tuple[dict[str, Any], float]] = {"in the body": ({"retry_info": "0.8s"}, 0.8)}
TOO_LONG: dict[str, dict[str, Any]] = {
    "for ever": {"retry_after": "9999999999"},
    "a day": {"retry_after": "99999"},
    "a day in milliseconds": {"retry_after_ms": "99999000"},
    "a date far off": {"retry_after": "Thu, 01 Jan 2099 00:00:00 GMT"},
}


@dataclass(frozen=True)
class End:
    """What came of one fault, by the client's word and the server's."""

    outcome: Reply | BaseException
    seconds: float
    times: tuple[float, ...]
    """When each request reached the server."""

    @property
    def error(self) -> ProviderError:
        """The error that it ended with."""
        assert isinstance(self.outcome, ProviderError), repr(self.outcome)
        return self.outcome


def script() -> dict[str, Any]:
    """Every fault by its name in the question; each question may be asked by several lanes."""
    faults: list[dict[str, Any]] = [
        {"kind": kind, "contains": f"<{kind}>"} for kind in (*PASSING, *LASTING, *REPLIES, *ENDLESS)
    ]
    faults += [{"kind": "reset_at", "contains": f"<cut {at}>", "at": at} for at in CUTS]
    for name, (said, _) in {**WAITS, **BODY_WAIT}.items():
        faults.append({"kind": "rate_limit", "contains": f"<wait {name}>", "attempts": [1], **said})
    faults += [{"kind": "rate_limit", "contains": f"<long {name}>", **said} for name, said in TOO_LONG.items()]
    return {"latency": 0, "faults": faults}


def limits(deadline: float) -> Limits:
    """Few attempts, so that the waits between them stay short."""
    return Limits(deadline=deadline, attempts=ATTEMPTS)


async def meet(
    backend: Provider, server: FakeServer, names: Iterable[str], *, lane: str, deadline: float = 60.0
) -> Mapping[str, End]:
    """Each question at once, behind a gate and a retry loop of its own: none halts another."""
    info = backend.info.model_copy(update={"limits": limits(deadline)})

    async def one(name: str) -> tuple[Reply | BaseException, float]:
        message = Message(role="user", text=f"{lane} <{name}>")
        request = Request(provider=lane, model=info.model, messages=(message,))
        started = time.monotonic()
        (outcome,) = await asyncio.gather(
            Retrying(Limited(_Of(backend, info))).generate(request), return_exceptions=True
        )
        return outcome, time.monotonic() - started

    names = list(names)
    ended = await asyncio.gather(*map(one, names))
    asked = server.requests()
    return {
        name: End(
            outcome=outcome,
            seconds=seconds,
            times=tuple(line["time"] for line in asked if line["prompt"] == f"{lane} <{name}>"),
        )
        for name, (outcome, seconds) in zip(names, ended, strict=True)
    }


class _Of:
    """A backend under limits of the test's own."""

    def __init__(self, backend: Provider, info: Info) -> None:
        self.info = info
        self.generate: Callable[[Request], Any] = backend.generate

    async def close(self) -> None:
        """The backend is closed by who opened it."""

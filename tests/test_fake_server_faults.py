"""The faults of the fake server, byte by byte: a test of a fault is worth as much as the fault is true."""

import asyncio
import email.utils
import json
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from fake_faults import BOMB_MIB, DEEP, PAGES
from fake_server import FakeServer, serve

ROUTES = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/v1/models/g:generateContent",
}
PLAIN: tuple[str, ...] = ("rate_limit", "quota", "wrong_key", "blocked", "safety_stop", "cut_off", "server_error")
PLAIN += ("bad_gateway", "unavailable", "gateway_timeout", "overloaded")
PLAIN += ("truncated", "truncated_wrong_length", "gzip_bomb", *PAGES)
CUTS = (0, 5, 60, 120, 300)
FORMS: dict[str, dict[str, Any]] = {
    "seconds": {"retry_after": "3"},
    "fraction": {"retry_after": 0.5},
    "negative": {"retry_after": "-1"},
    "junk": {"retry_after": "soon"},
    "date": {"retry_after": "+5"},
    "ms": {"retry_after_ms": 250},
    "info": {"retry_info": "2.5s"},
    "none": {},
}
SCRIPT: dict[str, Any] = {
    "latency": 0,
    "faults": [
        *({"kind": kind, "contains": f"<{kind}>"} for kind in (*PLAIN, "drip", "slow_headers", "hang")),
        *({"kind": "reset_at", "contains": f"<cut {at}>", "at": at} for at in CUTS),
        *({"kind": "rate_limit", "contains": f"<wait {name}>", **form} for name, form in FORMS.items()),
    ],
}
each_dialect = pytest.mark.parametrize("dialect", ROUTES)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("fake"), SCRIPT) as running:
        yield running


async def _spoken(port: int, sent: bytes, seconds: float) -> tuple[bytes, str]:
    """All that came back, and how it ended: closed, reset, or still open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    came, end = b"", "open"
    try:
        async with asyncio.timeout(seconds):
            writer.write(sent)
            while chunk := await reader.read(2**16):
                came += chunk
            end = "closed"
    except TimeoutError:
        pass
    except ConnectionResetError:
        end = "reset"
    writer.close()
    return came, end


def raw(server: FakeServer, what: str, *, dialect: str = "openai", seconds: float = 10) -> tuple[bytes, str]:
    """The bytes of one reply on a connection of its own."""
    message = {"role": "user", "content": f"<{what}>", "parts": [{"text": f"<{what}>"}]}
    body = json.dumps({"contents" if dialect == "gemini" else "messages": [message]}).encode()
    head = f"POST {ROUTES[dialect]} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    port = int(server.base_url.split(":")[2].split("/")[0])
    return asyncio.run(_spoken(port, head.encode() + body, seconds))


def parts(reply: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = reply.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}, body


def said(server: FakeServer, what: str, dialect: str) -> tuple[int, Any]:
    status, _, body = parts(raw(server, what, dialect=dialect)[0])
    return status, json.loads(body)


@each_dialect
@pytest.mark.parametrize(
    ("kind", "status"),
    [("server_error", 500), ("bad_gateway", 502), ("unavailable", 503), ("gateway_timeout", 504), ("overloaded", 529)],
)
def test_every_way_of_being_down_has_its_status(server: FakeServer, dialect: str, kind: str, status: int) -> None:
    assert said(server, kind, dialect)[0] == status


def test_each_vendor_words_a_spent_quota_in_its_own_way(server: FakeServer) -> None:
    status, body = said(server, "quota", "openai")
    assert (status, body["error"]["code"]) == (429, "insufficient_quota")
    status, body = said(server, "quota", "gemini")
    assert (status, body["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert "PerDay" in body["error"]["details"][0]["violations"][0]["quotaId"]
    status, body = said(server, "quota", "anthropic")
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert "credit balance is too low" in body["error"]["message"]


def test_each_vendor_turns_a_wrong_key_away_in_its_own_way(server: FakeServer) -> None:
    assert {dialect: said(server, "wrong_key", dialect)[0] for dialect in ROUTES} == {
        "openai": 401, "anthropic": 401, "gemini": 400
    }  # fmt: skip


def test_each_vendor_blocks_a_question_in_its_own_way(server: FakeServer) -> None:
    assert said(server, "blocked", "openai")[1]["error"]["code"] == "content_policy_violation"
    assert said(server, "blocked", "anthropic")[0] == 400
    status, body = said(server, "blocked", "gemini")
    assert (status, body["promptFeedback"]["blockReason"]) == (200, "PROHIBITED_CONTENT")
    assert "candidates" not in body


def test_each_vendor_stops_a_reply_in_its_own_way(server: FakeServer) -> None:
    choice = said(server, "safety_stop", "openai")[1]["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("content_filter", None)
    candidate = said(server, "safety_stop", "gemini")[1]["candidates"][0]
    assert candidate == {"index": 0, "finishReason": "SAFETY"}
    body = said(server, "safety_stop", "anthropic")[1]
    assert (body["stop_reason"], body["content"]) == ("refusal", [])


def test_each_vendor_cuts_a_reply_off_in_its_own_way(server: FakeServer) -> None:
    assert said(server, "cut_off", "openai")[1]["choices"][0]["finish_reason"] == "length"
    candidate = said(server, "cut_off", "gemini")[1]["candidates"][0]
    assert (candidate["finishReason"], candidate["content"]) == ("MAX_TOKENS", {"role": "model"})
    assert said(server, "cut_off", "anthropic")[1]["stop_reason"] == "max_tokens"


@pytest.mark.parametrize("form", FORMS)
def test_a_wait_can_be_asked_for_in_every_form(server: FakeServer, form: str) -> None:
    status, headers, body = parts(raw(server, f"wait {form}", dialect="gemini")[0])
    expected = {"seconds": "3", "fraction": "0.5", "negative": "-1", "junk": "soon"}
    assert status == 429
    if form == "date":
        at = email.utils.parsedate_to_datetime(headers["retry-after"]).timestamp()
        assert 3 < at - time.time() <= 6
    else:
        assert headers.get("retry-after") == expected.get(form)
    assert headers.get("retry-after-ms") == ("250" if form == "ms" else None)
    details = json.loads(body)["error"].get("details", [])
    assert [each["retryDelay"] for each in details if "retryDelay" in each] == (["2.5s"] if form == "info" else [])


@pytest.mark.parametrize("at", CUTS)
def test_a_connection_is_reset_after_the_very_byte(server: FakeServer, at: int) -> None:
    came, end = raw(server, f"cut {at}")
    assert (len(came), end) == (at, "reset")


def test_a_truncated_body_comes_with_its_own_length_or_with_that_of_the_whole(server: FakeServer) -> None:
    for kind, true in (("truncated", True), ("truncated_wrong_length", False)):
        came, end = raw(server, kind)
        status, headers, body = parts(came)
        assert (status, end) == (200, "closed")
        assert (int(headers["content-length"]) == len(body)) is true
        with pytest.raises(ValueError):
            json.loads(body)


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_that_is_no_completion_comes_with_status_200(server: FakeServer, kind: str) -> None:
    status, headers, body = parts(raw(server, kind)[0])
    assert (status, body.decode()) == (200, PAGES[kind][0])
    assert headers["content-type"].startswith(PAGES[kind][1])
    assert len(PAGES["deep"][0]) == 2 * DEEP


def test_a_bomb_is_small_on_the_wire_and_unpacks_to_a_completion(server: FakeServer) -> None:
    status, headers, body = parts(raw(server, "gzip_bomb")[0])
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert len(body) < 2_000_000
    unpacker, size, first = zlib.decompressobj(wbits=31), 0, b""
    while not unpacker.eof:
        piece = unpacker.decompress(unpacker.unconsumed_tail or body, 2**22)
        first, size = first or piece[:200], size + len(piece)
    assert b'"choices"' in first
    assert size > BOMB_MIB * 2**20


@pytest.mark.parametrize(("kind", "least"), [("drip", 4), ("slow_headers", 4), ("hang", 0)])
def test_what_never_ends_stays_open_and_goes_on(server: FakeServer, kind: str, least: int) -> None:
    came, end = raw(server, kind, seconds=1.2)
    assert end == "open"
    tail = came.partition(b"\r\n\r\n")[2] if kind == "drip" else came.partition(b"X-Slow: ")[2]
    assert len(tail) >= least
    assert (b"\r\n\r\n" in came) is (kind == "drip")

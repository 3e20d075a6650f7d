"""One table of what servers send, over real HTTP: the endpoint lane and the LiteLLM lane read each row alike."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from server_replies import ROWS, Row, chat, http

from providers.endpoint import Endpoint
from providers.errors import ProviderError, Transient
from providers.hosted import Hosted
from providers.records import Info, Message, Provider, Reply, Request

KEY = "sk-geheim-0123456789-0123456789"
LANES = ("endpoint", "hosted")


def lane(name: str, url: str) -> Provider:
    info = Info(name=name, identity=url, model="m" if name == "endpoint" else "openai/gpt-4o", kind="paid")
    return Endpoint(info, base_url=url, key=KEY) if name == "endpoint" else Hosted(info, key=KEY, base_url=url)


async def outcome(name: str, row: Row) -> tuple[Reply | ProviderError, list[bytes]]:
    """What came of a row, asked again once where the row says so, and the heads and bodies of the requests."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        seen.append(head + body)
        writer.write(row.again if row.again and len(seen) > 1 else row.sent)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        provider = lane(name, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")
        request = Request(provider="p", model=provider.info.model, messages=(Message(role="user", text="joy?"),))
        try:
            if row.again:
                with pytest.raises(Transient):
                    await provider.generate(request)
            return await provider.generate(request), seen
        except ProviderError as error:
            return error, seen
        finally:
            await provider.close()


@pytest.mark.parametrize("name", LANES)
@pytest.mark.parametrize("row", ROWS)
def test_both_lanes_read_what_a_server_sends_alike_and_in_one_call(row: str, name: str) -> None:
    expected = ROWS[row].expected
    came, seen = asyncio.run(outcome(name, ROWS[row]))
    assert len(seen) == (2 if ROWS[row].again else 1)
    if isinstance(came, Reply):
        assert (came.text, came.thinking, came.finish) == expected
    else:
        kinds = (expected[1], "server") if expected[1] in ("connection", "bad_response") else (expected[1],)
        assert isinstance(came, expected[0]), (came, came.kind)  # type: ignore[arg-type]
        assert came.kind in kinds, (came, came.kind)
        assert ROWS[row].words in came.message
        assert KEY not in came.message


@pytest.mark.parametrize("name", LANES)
def test_a_model_that_only_streams_is_asked_for_a_stream_with_its_count_of_tokens(name: str) -> None:
    came, seen = asyncio.run(outcome(name, ROWS["only streams"]))
    first, second = (json.loads(request.partition(b"\r\n\r\n")[2]) for request in seen)
    assert "stream" not in first or first["stream"] is False
    assert second["stream"] is True
    assert isinstance(came, Reply)
    assert (came.usage.input_tokens, came.usage.output_tokens) == (5, 7)


LATE = http(chat("Answer: late")).replace(b"Connection: close\r\n", b"")


@pytest.mark.parametrize("name", LANES)
def test_a_late_second_answer_on_a_kept_connection_is_not_the_next_questions_reply(name: str) -> None:
    async def whole() -> list[str]:
        count = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
                count += 1
                reply = http(chat(f"Answer: {count}")).replace(b"Connection: close\r\n", b"")
                writer.write(reply + (LATE if count == 1 else b""))
                await writer.drain()

        def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
            return _quietly(serve(reader, writer), writer)

        listening = await asyncio.start_server(one, "127.0.0.1", 0)
        async with listening:
            provider = lane(name, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")
            message = (Message(role="user", text="joy?"),)
            request = Request(provider="p", model=provider.info.model, messages=message)
            try:
                return [(await provider.generate(request)).text for _ in range(3)]
            finally:
                await provider.close()

    assert asyncio.run(whole()) == ["Answer: 1", "Answer: 2", "Answer: 3"]


async def _quietly(work: Any, writer: asyncio.StreamWriter) -> None:
    try:
        await work
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

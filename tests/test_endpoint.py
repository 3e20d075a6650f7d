"""The fast lane over real HTTP: what comes back is a Reply or a typed error, and each question is one call."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from fake_server import FakeServer, serve
from hypothesis import given
from hypothesis import strategies as st

from providers import chat, failures
from providers.bounded import LARGEST_BODY
from providers.endpoint import Endpoint
from providers.errors import NotSupported, Permanent, ProviderError, Transient
from providers.records import Info, Media, Message, Reply, Request, Sampling, dump_json, load_json

KEY = "geheim-0123456789"
FAULTS = (
    *("rate_limit", "server_error", "unavailable", "overloaded", "reset", "reset_midbody", "html", "empty_object"),
    *("quota", "unauthorized", "not_found", "bad_request", "unsupported_param", "null_content", "bad_utf8"),
)
SCRIPT: dict[str, Any] = {
    "latency": 0,
    "rules": [
        {"contains": "<thinks>", "text": "Yes.", "thinking": "hm, no, wait", "finish": "length"},
        {"contains": "<refuses>", "refusal": "I cannot."},
        {"contains": "<filtered>", "text": "", "finish": "content_filter"},
        {"contains": "<half emoji>", "text": "good \ud83d"},
        {"contains": "<alias>", "model": "m-2026-11-21"},
        {"contains": "<large>", "text": "x" * (LARGEST_BODY - 2**12)},
        {"contains": "<giant>", "text": "x" * (LARGEST_BODY + 1)},
    ],
    "faults": [{"kind": kind, "contains": f"<{kind}>", "retry_after": "7"} for kind in FAULTS],
}
Result = TypeVar("Result")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("endpoint"), SCRIPT) as running:
        yield running


def question(text: str, **more: Any) -> Request:
    usual = {"messages": (Message(role="user", text=text),), "sampling": Sampling(temperature=0)}
    return Request.model_validate({"provider": "e", "model": "m", **usual, **more})


async def answer(base_url: str, request: Request) -> Reply:
    info = Info(name="endpoint", identity=f"endpoint {base_url}", model="m", kind="local")
    endpoint = Endpoint(info, base_url=base_url, key=KEY)
    try:
        return await endpoint.generate(request)
    finally:
        await endpoint.close()


def ask(server: FakeServer, text: str, **more: Any) -> Reply:
    return asyncio.run(answer(server.base_url, question(text, **more)))


def calls(server: FakeServer, text: str) -> list[dict[str, Any]]:
    return [line for line in server.requests() if line["prompt"] == text]


def served(raw: Callable[[bytes], bytes], work: Callable[[str], Coroutine[Any, Any, Result]]) -> Result:
    """What `work` makes of a server that answers every request with these very bytes."""

    async def whole() -> Result:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
            writer.write(raw(head))
            await writer.drain()
            writer.close()

        listening = await asyncio.start_server(one, "127.0.0.1", 0)
        async with listening:
            return await work(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")

    return asyncio.run(whole())


def response(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def completion(text: str) -> bytes:
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()


def test_a_reply_carries_text_usage_and_the_model_id_that_came_back(server: FakeServer) -> None:
    reply = ask(server, "one two <alias>")
    assert (reply.text, reply.thinking, reply.finish) == ("Answer: serious", "", "stop")
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cost) == (3, 2, None)
    assert (reply.model, reply.cached, reply.attempts) == ("m-2026-11-21", False, 1)
    assert reply.seconds > 0


def test_only_what_was_asked_for_is_sent_and_the_tag_is_not(server: FakeServer) -> None:
    ask(server, "sent", sampling=Sampling(temperature=0, seed=3), answer_schema='{"type": "object"}', draw=4)
    (call,) = calls(server, "sent")
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
    messages = [{"role": "user", "content": "sent"}]
    assert call["body"] == {
        "model": "m", "messages": messages, "temperature": 0, "seed": 3, "response_format": schema
    }  # fmt: skip
    assert call["authorization_sha256"] == hashlib.sha256(f"Bearer {KEY}".encode()).hexdigest()


def test_thinking_is_kept_apart_from_the_text(server: FakeServer) -> None:
    reply = ask(server, "<thinks>")
    assert (reply.text, reply.thinking, reply.finish) == ("Yes.", "hm, no, wait", "length")


@pytest.mark.parametrize(("prompt", "text"), [("<refuses>", "I cannot."), ("<filtered>", "")])
def test_a_refusal_is_a_reply_and_no_error(server: FakeServer, prompt: str, text: str) -> None:
    reply = ask(server, prompt)
    assert (reply.finish, reply.text) == ("refused", text)


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation"])
def test_a_prompt_that_the_content_filter_blocks_is_refused_and_no_error(code: str) -> None:
    error = {"code": code, "type": "invalid_request_error", "message": "The prompt was filtered by our policy."}
    body = json.dumps({"error": error}).encode()
    reply = served(lambda _: response(body, "400 Bad Request"), lambda url: answer(url, question("sad")))
    assert reply.finish == "refused"


def test_null_content_is_an_empty_reply_and_no_error(server: FakeServer) -> None:
    reply = ask(server, "<null_content>")
    assert (reply.text, reply.finish) == ("", "stop")


def test_half_an_emoji_does_not_break_the_call(server: FakeServer) -> None:
    reply = ask(server, "<half emoji>")
    assert reply.text.startswith("good")
    assert load_json(Reply, dump_json(reply)) == reply, "it can be stored"


FAILURES = {
    "rate_limit": (Transient, "rate_limit"),
    "server_error": (Transient, "server"),
    "unavailable": (Transient, "overloaded"),
    "overloaded": (Transient, "overloaded"),
    "reset": (Transient, "connection"),
    "reset_midbody": (Transient, "connection"),
    "html": (Transient, "bad_response"),
    "empty_object": (Transient, "bad_response"),
    "bad_utf8": (Transient, "bad_response"),
    "quota": (Permanent, "quota"),
    "unauthorized": (Permanent, "unauthorized"),
    "not_found": (Permanent, "not_found"),
    "bad_request": (Permanent, "bad_request"),
    "unsupported_param": (Permanent, "not_supported"),
}


@pytest.mark.parametrize("fault", FAILURES)
def test_each_failure_is_typed_and_costs_one_call_and_tells_no_key(server: FakeServer, fault: str) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(server, f"<{fault}>")
    assert (type(caught.value), caught.value.kind) == FAILURES[fault]
    assert caught.value.model == "m"
    assert len(calls(server, f"<{fault}>")) == 1
    assert KEY not in f"{caught.value.message} {caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("fault", ["rate_limit", "unavailable", "overloaded", "server_error"])
def test_the_wait_that_the_server_asked_for_is_kept(server: FakeServer, fault: str) -> None:
    with pytest.raises(Transient) as caught:
        ask(server, f"<{fault}>")
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("fault", ["reset", "reset_midbody", "html", "empty_object"])
def test_a_call_that_may_have_been_charged_is_marked(server: FakeServer, fault: str) -> None:
    with pytest.raises(Transient) as caught:
        ask(server, f"<{fault}>")
    assert caught.value.maybe_billed


def test_a_server_that_is_not_there_is_named_and_nothing_was_charged() -> None:
    with pytest.raises(Transient, match=r"no server answers at http://127\.0\.0\.1:1/v1/") as caught:
        asyncio.run(answer("http://127.0.0.1:1/v1", question("anybody?")))
    assert (caught.value.kind, caught.value.maybe_billed) == ("connection", False)


def test_a_reply_below_16_mib_is_read_and_a_larger_one_is_not(server: FakeServer) -> None:
    assert len(ask(server, "<large>").text) == LARGEST_BODY - 2**12
    with pytest.raises(Permanent, match="larger than 16 MiB") as caught:
        ask(server, "<giant>")
    assert caught.value.kind == "too_large"


def test_the_cap_counts_unpacked_bytes() -> None:
    bomb = response(gzip.compress(completion("x" * (LARGEST_BODY + 1))), extra="Content-Encoding: gzip\r\n")
    assert len(bomb) < 100_000
    with pytest.raises(Permanent, match="larger than 16 MiB"):
        served(lambda _: bomb, lambda url: answer(url, question("unpack")))


def test_a_server_that_echoes_the_key_does_not_get_it_into_the_message() -> None:
    def echo(head: bytes) -> bytes:
        sent = next(line for line in head.decode().splitlines() if line.startswith("Authorization"))
        error = {"error": {"message": f"Incorrect API key provided: {sent}"}}
        return response(json.dumps(error).encode(), "401 Unauthorized")

    with pytest.raises(Permanent, match="Incorrect API key") as caught:
        served(echo, lambda url: answer(url, question("echo")))
    assert KEY not in caught.value.message


@pytest.mark.parametrize("base_url", ["{}", "{}/"], ids=["without a slash", "with a slash at its end"])
def test_the_base_url_may_end_in_a_slash(server: FakeServer, base_url: str) -> None:
    url = base_url.format(server.base_url)
    assert asyncio.run(answer(url, question("slash"))).text == "Answer: serious"


PICTURE = Message(role="user", text="", media=(Media(kind="image", path="a", sha256="b"),))
UNSENDABLE = {"choices": question("x", choices=("yes", "no")), "media": question("x", messages=(PICTURE,))}


@pytest.mark.parametrize("what", UNSENDABLE)
def test_what_cannot_be_sent_is_refused_before_the_call(what: str) -> None:
    with pytest.raises(NotSupported):
        asyncio.run(answer("http://127.0.0.1:1/v1", UNSENDABLE[what]))


PER_MINUTE = {  # google-gemini/gemini-cli issue 8437, shortened
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "32s"},
        ],
    }
}


def test_googles_limit_per_minute_is_worth_another_try_although_it_speaks_of_billing() -> None:
    assert isinstance(failures.failure_of(429, json.dumps(PER_MINUTE), model="m"), Transient)


DATES: dict[str | None, float | None] = {"Thu, 01 Jan 1970 00:00:00 GMT": 0.0, "Thu, 99 Jan 1970 00:00:00 GMT": None}
HEADERS: dict[str | None, float | None] = {
    "3": 3.0,
    "0.5": 0.5,
    "0": 0.0,
    "-1": 0.0,
    "soon": None,
    "": None,
    "nan": None,
    None: None,
    **DATES,
}


@pytest.mark.parametrize(("header", "seconds"), HEADERS.items())
def test_a_retry_after_header_is_seconds_or_a_date_or_nothing(header: str | None, seconds: float | None) -> None:
    assert failures.seconds_of(header) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_header_breaks_the_reading_of_it(header: str) -> None:
    seconds = failures.seconds_of(header)
    assert seconds is None or seconds >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("prompt_tokens", "completion_tokens", "completion_tokens_details", "prompt_tokens_details")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_a_malformed_usage_counts_as_zero_and_loses_no_reply(usage: dict[str, Any]) -> None:
    body = {"choices": [{"message": {"content": "Yes."}}], "usage": usage}
    reply = chat.reply_of(body, model="m", seconds=0)
    assert reply.text == "Yes."
    assert min(reply.usage.model_dump(exclude={"cost"}).values()) >= 0


@given(JSON)
def test_any_other_json_is_a_bad_response_and_never_an_empty_reply(body: Any) -> None:
    with pytest.raises(Transient) as caught:
        chat.reply_of(body, model="m", seconds=0)
    assert caught.value.kind == "bad_response"

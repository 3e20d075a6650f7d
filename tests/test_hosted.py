"""Closed APIs through LiteLLM, against a fake of each vendor's own route: what it makes of replies and failures.

LiteLLM takes seconds to import, so every question is asked once, in one loop, and the tests look at what came of it.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from fake_server import FakeServer, serve
from test_endpoint import response, served

from providers.errors import Permanent, ProviderError, Transient
from providers.hosted import Hosted
from providers.limits import Limited
from providers.records import Info, Limits, Message, Reply, Request, Sampling

KEY = "sk-geheim-0123456789-0123456789"
MODELS = {
    "gemini": "gemini/gemini-2.5-flash",
    "anthropic": "anthropic/claude-sonnet-4-5",
    "openai": "openai/gpt-4o",
}
ROUTES = {
    "gemini": "/v1/models/gemini-2.5-flash:generateContent",
    "anthropic": "/v1/messages",
    "openai": "/v1/chat/completions",
}
FAILURES: dict[str, tuple[type[ProviderError], set[str]]] = {
    "rate_limit": (Transient, {"rate_limit"}),
    "server_error": (Transient, {"server"}),
    "unavailable": (Transient, {"overloaded"}),
    "overloaded": (Transient, {"overloaded", "server"}),
    "reset": (Transient, {"connection", "server"}),
    "reset_midbody": (Transient, {"connection", "server"}),
    "html": (Transient, {"bad_response", "connection", "server"}),
    "empty_object": (Transient, {"bad_response", "connection", "server"}),
    "bad_utf8": (Transient, {"bad_response", "connection", "server"}),
    "drip": (Transient, {"timeout"}),
    "hang": (Transient, {"timeout"}),
    "quota": (Permanent, {"quota"}),
    "unauthorized": (Permanent, {"unauthorized"}),
    "not_found": (Permanent, {"not_found"}),
    "bad_request": (Permanent, {"bad_request"}),
    "unsupported_param": (Permanent, {"not_supported"}),
}
GOOD = ("plain", "alias", "thinks", "refuses", "filtered", "null_content")
SCRIPT: dict[str, Any] = {
    "latency": 0,
    "rules": [
        {"contains": "<alias>", "model": "m-2026-11-21"},
        {"contains": "<thinks>", "text": "Yes.", "thinking": "hm, no, wait", "finish": "length"},
        {"contains": "<refuses>", "refusal": "I cannot."},
        {"contains": "<filtered>", "text": "", "finish": "content_filter"},
    ],
    "faults": [{"kind": kind, "contains": f"<{kind}>", "retry_after": "7"} for kind in (*FAILURES, "null_content")],
}
Outcomes = dict[tuple[str, str], Reply | BaseException]

each_vendor = pytest.mark.parametrize("vendor", MODELS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("hosted"), SCRIPT) as running:
        yield running


def text_of(vendor: str, what: str) -> str:
    return f"{vendor} <{what}>"


def opened(vendor: str, base_url: str) -> Hosted:
    info = Info(name=vendor, identity="hosted", model=MODELS[vendor], kind="paid")
    url = base_url.removesuffix("/v1") if vendor == "anthropic" else base_url
    return Hosted(info, key=KEY, base_url=url)


async def ask(backend: Hosted, *whats: str, deadline: float = 60) -> Outcomes:
    """Each question on a gate of its own, all at once; the retry wrapper is absent."""
    backend.info = backend.info.model_copy(update={"limits": Limits(deadline=deadline)})
    system, sampling = Message(role="system", text="Be brief."), Sampling(temperature=0, max_tokens=100, seed=3)
    vendor = backend.info.name
    questions = [
        Request(
            provider="hosted",
            model=backend.info.model,
            messages=(system, Message(role="user", text=text_of(vendor, what))),
            sampling=sampling,
        )
        for what in whats
    ]
    work = (Limited(backend).generate(question) for question in questions)
    found = await asyncio.gather(*work, return_exceptions=True)
    return {(vendor, what): outcome for what, outcome in zip(whats, found, strict=True)}


@pytest.fixture(scope="module")
def outcomes(server: FakeServer) -> Outcomes:
    """What came of every question; the deadlines are tried last, when nothing is slow for the first time."""
    slow = ("drip", "hang")

    async def work() -> Outcomes:
        found: Outcomes = {}
        for vendor in MODELS:
            backend, nowhere = opened(vendor, server.base_url), opened(vendor, "http://127.0.0.1:1/v1")
            found |= await ask(backend, *GOOD, *(what for what in FAILURES if what not in slow))
            found |= await ask(backend, *slow, deadline=1)
            found |= await ask(nowhere, "nobody there")
            await backend.close()
            again = opened(vendor, server.base_url)
            found |= await ask(again, "again")
            await again.close()
        return found

    return asyncio.run(work())


def reply_of(outcomes: Outcomes, vendor: str, what: str) -> Reply:
    outcome = outcomes[vendor, what]
    assert isinstance(outcome, Reply), outcome
    return outcome


@each_vendor
def test_a_reply_is_one_call_on_the_vendors_route_with_usage_cost_and_returned_model(
    outcomes: Outcomes, server: FakeServer, vendor: str
) -> None:
    reply = reply_of(outcomes, vendor, "plain")
    assert (reply.text, reply.thinking, reply.finish) == ("Answer: serious", "", "stop")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (4, 2)
    assert reply.usage.cost is not None
    assert 0 < reply.usage.cost < 0.001
    assert reply_of(outcomes, vendor, "alias").model == "m-2026-11-21"
    (call,) = (line for line in server.requests() if line["prompt"] == text_of(vendor, "plain"))
    assert call["path"] == ROUTES[vendor]
    settings = call["body"].get("generationConfig", call["body"])
    assert (settings["temperature"], settings.get("seed")) == (0, 3 if vendor != "anthropic" else None)
    left_out = ("seed is not taken by anthropic/claude-sonnet-4-5: left out",)
    assert reply.notes == (left_out if vendor == "anthropic" else ())


@each_vendor
def test_thinking_is_kept_apart_and_a_reply_that_was_cut_off_says_so(outcomes: Outcomes, vendor: str) -> None:
    reply = reply_of(outcomes, vendor, "thinks")
    assert (reply.text, reply.thinking, reply.finish) == ("Yes.", "hm, no, wait", "length")


@each_vendor
@pytest.mark.parametrize("what", ["refuses", "filtered"])
def test_a_refusal_is_a_reply_and_no_error(outcomes: Outcomes, vendor: str, what: str) -> None:
    assert reply_of(outcomes, vendor, what).finish == "refused"


@each_vendor
def test_null_content_is_an_empty_reply_and_no_error(outcomes: Outcomes, vendor: str) -> None:
    reply = reply_of(outcomes, vendor, "null_content")
    assert (reply.text, reply.finish) == ("", "stop")


@each_vendor
@pytest.mark.parametrize("what", FAILURES)
def test_each_failure_is_typed(outcomes: Outcomes, vendor: str, what: str) -> None:
    error, (kind, names) = outcomes[vendor, what], FAILURES[what]
    assert type(error) is kind, repr(error)
    assert isinstance(error, ProviderError)
    assert error.kind in names


@each_vendor
def test_closing_one_backend_does_not_spoil_the_next(outcomes: Outcomes, vendor: str) -> None:
    assert reply_of(outcomes, vendor, "again").text == "Answer: serious"


@each_vendor
def test_each_failure_costs_exactly_one_call_and_tells_no_key(
    outcomes: Outcomes, server: FakeServer, vendor: str
) -> None:
    calls = [line["prompt"] for line in server.requests()]
    assert {what: calls.count(text_of(vendor, what)) for what in FAILURES} == dict.fromkeys(FAILURES, 1)
    for what in (*FAILURES, "nobody there"):
        error = outcomes[vendor, what]
        assert isinstance(error, ProviderError), what
        assert KEY not in f"{error.message} {error!r} {error.__cause__!r}", what


@each_vendor
def test_no_message_is_a_traceback(outcomes: Outcomes, vendor: str) -> None:
    assert not [what for what in FAILURES if "Traceback" in str(outcomes[vendor, what])]


@each_vendor
@pytest.mark.parametrize("what", ["rate_limit", "unavailable"])
def test_the_wait_that_the_vendor_asked_for_is_kept(outcomes: Outcomes, vendor: str, what: str) -> None:
    error = outcomes[vendor, what]
    assert isinstance(error, Transient)
    assert error.retry_after == 7


def test_litellm_fetched_no_price_list_when_it_was_imported(outcomes: Outcomes) -> None:
    assert outcomes
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"


PER_MINUTE = {  # as in google-gemini/gemini-cli 8437 and continuedev/continue 9570: the reason stands far behind
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details. For more "
        "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your "
        "current usage, head to: https://ai.dev/rate-limit. \n* Quota exceeded for metric: "
        "generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10, "
        "model: gemini-2.5-flash\nPlease retry in 32.57s.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [{"description": "Learn more about Gemini API quotas", "url": "https://ai.google.dev/limits"}],
            },
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "32s"},
        ],
    }
}


def test_googles_limit_per_minute_is_worth_another_try_although_it_speaks_of_billing() -> None:
    async def work(base_url: str) -> Outcomes:
        backend = opened("gemini", base_url)
        found = await ask(backend, "limited")
        await backend.close()
        return found

    body = response(json.dumps(PER_MINUTE, indent=2).encode(), "429 Too Many Requests")
    (outcome,) = served(lambda _: body, work).values()
    assert isinstance(outcome, Transient), repr(outcome)
    assert outcome.kind == "rate_limit"

"""What may have been charged counts against --max-cost, whatever came back, on every vendor's dialect."""

from __future__ import annotations

import asyncio

import pytest
from server_replies import http
from test_endpoint import served
from test_hosted import MODELS

from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.hosted import Hosted
from providers.limits import Budget, Limited, worst_of
from providers.records import Info, Limits, Message, Price, Provider, Request, Sampling

KEY = "sk-geheim-0123456789-0123456789"
PRICE = Price(input=1.0, output=10.0)
CHARGED = {
    "a page": http(b"<html>busy</html>", kind="text/html"),
    "a page that calls itself JSON": http(b"<html>busy</html>"),
    "an empty body": http(b""),
    "an empty object": http({}),
    "an empty list": http([]),
    "null": http(None),
    "a number": http(3),
    "a text": http("sorry"),
    "half an object": http(b'{"choices": [{"mess'),
    "a reply of 17 MiB": http(b'{"x": "' + b"x" * (17 * 2**20) + b'"}'),
    "201 with an empty object": http({}, "201 Created"),
}
FREE = {
    "a wrong key": http({"error": {"message": "bad key"}}, "401 Unauthorized"),
    "a bad request": http({"error": {"message": "no"}}, "400 Bad Request"),
    "too many requests": http({"error": {"message": "slow down"}}, "429 Too Many Requests"),
}
LANES = ("endpoint", *MODELS)


def spent(lane: str, sent: bytes) -> tuple[float, float, ProviderError]:
    """What a budget counts after one call that such a reply came to, the call's worst case, and how it failed."""

    async def work(url: str) -> tuple[float, float, ProviderError]:
        model = MODELS.get(lane, "m")
        info = Info(name=lane, identity=url, model=model, kind="paid", price=PRICE, limits=Limits(max_cost=5))
        backend: Provider
        if lane == "endpoint":
            backend = Endpoint(info, base_url=url, key=KEY)
        else:
            backend = Hosted(info, key=KEY, base_url=url.removesuffix("/v1") if lane == "anthropic" else url)
        budget = Budget(5)
        limited = Limited(backend, budget)
        message = (Message(role="user", text="joy?"),)
        request = Request(provider="p", model=model, messages=message, sampling=Sampling(max_tokens=1000))
        try:
            with pytest.raises(ProviderError) as caught:
                await limited.generate(request)
        finally:
            await limited.close()
        return budget.spent, worst_of(request, PRICE), caught.value

    return served(lambda _: sent, work)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("what", CHARGED)
def test_a_success_that_cannot_be_read_counts_at_its_worst_case_and_is_the_same_failure_on_every_lane(
    what: str, lane: str
) -> None:
    counted, worst, error = spent(lane, CHARGED[what])
    assert counted == worst, f"{type(error).__name__} {error.kind}: {error.message}"
    assert error.kind == ("too_large" if "MiB" in what else "bad_response"), error.message


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("what", FREE)
def test_what_a_vendor_refuses_counts_for_nothing(what: str, lane: str) -> None:
    counted, _, _ = spent(lane, FREE[what])
    assert counted == 0


def test_the_worst_case_of_a_failure_leaves_no_room_for_the_next_call() -> None:
    async def whole() -> str:
        budget = Budget(0.01)
        await budget.reserve(0.009)
        await budget.settle(0.009, 0.009)
        try:
            await budget.reserve(0.009)
        except ProviderError as error:
            return error.kind
        return "admitted"

    assert asyncio.run(whole()) == "budget"

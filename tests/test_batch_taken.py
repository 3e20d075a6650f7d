"""A batch and a direct call share their stored replies: what leaves of the sampling and the schema is the same."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bodies import KEY, SCHEMA, request, send
from fake_server import FakeServer, serve

from providers.backends import BATCH_KEYS, BATCHES, Building, build
from providers.batch_anthropic import AnthropicBatches
from providers.batch_google import GoogleBatches
from providers.batch_openai import OpenAIBatches
from providers.batch_vendor import Vendor
from providers.catalog import Opening, describe
from providers.errors import NotSupported, Permanent
from providers.hosted import Hosted
from providers.limits import Budget
from providers.native import refuse_sampling
from providers.records import Info, Price, Reply, Request, Sampling

VENDORS: dict[str, tuple[Any, str]] = {
    "openai": (OpenAIBatches, "/v1"),
    "anthropic": (AnthropicBatches, ""),
    "gemini": (GoogleBatches, "/v1beta"),
}
SAME: dict[str, tuple[str, Sampling, str | None]] = {
    "no top_p": ("openai/gpt-6.1-sol", Sampling(top_p=0.5, max_tokens=9, seed=3), None),
    "an effort": ("openai/gpt-6.1-sol", Sampling(reasoning_effort="low"), SCHEMA),
    "no effort": ("openai/gpt-4o", Sampling(temperature=0, top_p=0.5, reasoning_effort="low"), SCHEMA),
    "a temperature": ("openai/gpt-5.2", Sampling(temperature=0, max_tokens=9), None),
    "no schema": ("openai/gpt-4", Sampling(temperature=0), SCHEMA),
    "Claude draws by itself": ("anthropic/claude-sonnet-5-5", Sampling(temperature=0, max_tokens=9), SCHEMA),
    "Claude takes no seed": ("anthropic/claude-sonnet-4-5", Sampling(temperature=0, seed=3), SCHEMA),
    "Gemini 3 draws by itself": ("gemini/gemini-3.8-flash", Sampling(temperature=0, top_p=0.5, seed=3), None),
    "Gemini 2 does not": ("gemini/gemini-2.5-flash", Sampling(temperature=0, top_p=0.5, max_tokens=9), None),
}
REFUSED: dict[str, tuple[str, Sampling, str | None, str]] = {
    "a temperature while it reasons": ("openai/gpt-6.1-sol", Sampling(temperature=0), None, "--temperature none"),
    "of an older one": ("openai/o4-mini", Sampling(temperature=0, reasoning_effort="low"), None, "--temperature none"),
    "with an effort": ("openai/gpt-5.2", Sampling(temperature=0, reasoning_effort="low"), None, "--temperature none"),
    "an effort": ("anthropic/claude-sonnet-5-5", Sampling(reasoning_effort="low"), None, "or the effort"),
    "a schema as a tool": ("anthropic/claude-3-haiku-20240307", Sampling(), SCHEMA, "or --structured"),
    "a schema too rich": ("gemini/gemini-2.5-flash", Sampling(), json.dumps({"oneOf": []}), "or --structured"),
}
UNSPOKEN = {"messages", "system", "contents", "stream", "model"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("taken"), {"latency": 0}) as running:
        yield running


def vendor_of(model: str, info: Info, base_url: str | None = None) -> Vendor:
    made: Vendor = VENDORS[model.partition("/")[0]][0](info, key=KEY, base_url=base_url)
    return made


def asked_of(model: str, sampling: Sampling, schema: str | None) -> tuple[Info, Request]:
    info = describe(Opening(name="hosted", model=model))
    return info, request(info, "q").model_copy(update={"sampling": sampling, "answer_schema": schema})


def settings_in(body: dict[str, Any]) -> dict[str, Any]:
    """All that a body says beside the conversation, by one name each."""
    found = {name: value for name, value in body.items() if name not in UNSPOKEN}
    found |= found.pop("generationConfig", {})
    if "max_tokens" in found:
        found["max_completion_tokens"] = found.pop("max_tokens")
    names = {"max_output_tokens": "maxOutputTokens", "top_p": "topP"} if "contents" in body else {}
    return {names.get(name, name): value for name, value in found.items()}


@pytest.mark.parametrize("name", SAME)
def test_a_batch_says_of_the_sampling_what_a_direct_call_says(server: FakeServer, name: str) -> None:
    model, sampling, schema = SAME[name]
    info, asked = asked_of(model, sampling, schema)

    async def work() -> tuple[dict[str, Any], tuple[str, ...]]:
        url = server.base_url.removesuffix("/v1") + VENDORS[model.partition("/")[0]][1]
        backend = Hosted(info, key=KEY, base_url=url)
        sent = await send(backend, asked, server.ledger)
        await backend.close()
        assert isinstance(sent.outcome, Reply), repr(sent.outcome)
        return sent.body, sent.outcome.notes

    direct, notes = asyncio.run(work())
    vendor = vendor_of(model, info)
    vendor.check(asked)
    line = vendor.line(asked)
    batched = next(line[each] for each in ("body", "params", "request") if each in line)
    assert asked.key in line.values(), "named by the key of the whole request"
    assert vendor.notes(asked) == notes
    assert settings_in(batched) == settings_in(direct)


@pytest.mark.parametrize("name", REFUSED)
def test_what_only_one_of_the_two_would_send_is_refused_before_the_run_and_by_the_batch(name: str) -> None:
    model, sampling, schema, mend = REFUSED[name]
    info, asked = asked_of(model, sampling, schema)
    with pytest.raises(NotSupported, match=mend) as early:
        refuse_sampling(model, sampling, schema)
    assert (early.value.kind, "\n" in early.value.message) == ("usage", False)
    with pytest.raises(NotSupported, match=mend) as late:
        vendor_of(model, info).check(asked)
    assert (late.value.kind, late.value.message) == ("not_supported", early.value.message)


@pytest.mark.parametrize("name", SAME)
def test_what_both_would_send_is_not_refused(name: str) -> None:
    refuse_sampling(*SAME[name])


@pytest.mark.parametrize(("vendor", "model"), [(name, f"{name}/m") for name in BATCHES])
def test_a_missing_key_is_named_and_ends_the_run(vendor: str, model: str, tmp_path: Path) -> None:
    info = describe(Opening(name="hosted", model=model, batch=True))
    for key in (None, ""):
        plan = Building(backend="hosted", key=key, folder=tmp_path, batch=True)
        with pytest.raises(Permanent, match=f"^{BATCH_KEYS[vendor]} is not set") as caught:
            build(info, plan, Budget(None), loaded={})
        assert caught.value.kind == "unauthorized"


def test_an_sdk_that_cannot_be_opened_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_ADMIN_KEY", raising=False)
    info = Info(name="o", identity="hosted", model="openai/gpt-4o", kind="paid", price=Price(input=1, output=1))
    with pytest.raises(Permanent, match="Missing credentials") as caught:
        OpenAIBatches(info, key="")
    assert caught.value.kind == "unauthorized"
    vendor = GoogleBatches(info.model_copy(update={"model": "gemini/gemini-m"}), key="")

    async def look() -> None:
        try:
            await vendor.look("batches/1")
        finally:
            await vendor.close()

    with pytest.raises(Permanent) as refused:
        asyncio.run(look())
    assert refused.value.kind == "unauthorized"


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-m", "gemini/gemini-m"])
def test_no_variable_of_an_sdk_sends_a_batch_elsewhere(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(name, "http://elsewhere.invalid")
    vendor: Any = vendor_of(model, Info(name="o", identity="hosted", model=model, kind="paid"))

    async def address() -> str:
        client = vendor._client
        options = getattr(getattr(client, "_api_client", None), "_http_options", None)
        found = str(options.base_url if options is not None else client.base_url)
        await vendor.close()
        return found

    assert "elsewhere" not in asyncio.run(address())

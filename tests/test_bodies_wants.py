"""What a model does not take of the question: said in the reply's notes or refused, never dropped without a word."""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from bodies import ASKED, KEY, SCHEMA, Sent, blobs, media, request, send
from fake_server import FakeServer, serve

from providers.catalog import Opening, describe
from providers.chat import body_of
from providers.errors import NotSupported, Permanent
from providers.forms import VENDORS, Vendor
from providers.hosted import Hosted
from providers.records import Form, Reply, Request, Sampling
from providers.witness import Witness

WITHOUT = "response_format is not taken by {}: left out"
NOTES: dict[str, tuple[str, str, Sampling, tuple[str, ...]]] = {
    "Gemini 3.8 draws by itself": (
        "gemini/gemini-3.8-flash", "/v1beta", Sampling(temperature=0, top_p=0.5), ("temperature", "top_p"),
    ),
    "so does Claude 5.5": (
        "anthropic/claude-sonnet-5-5", "", Sampling(temperature=0, top_p=0.5, max_tokens=9), ("temperature", "top_p"),
    ),
    "Gemini 2.5 does not": ("gemini/gemini-2.5-flash", "/v1beta", Sampling(temperature=0, top_p=0.5), ()),
    "Claude takes no seed": ("anthropic/claude-sonnet-4-5", "", Sampling(temperature=0, seed=3), ("seed",)),
    "GPT-6.1 takes no top_p": ("openai/gpt-6.1-sol", "/v1", Sampling(top_p=0.5, max_tokens=9), ("top_p",)),
    "GPT Audio does not reason": (
        "openai/gpt-audio-1.5", "/v1", Sampling(temperature=0, reasoning_effort="low"), ("reasoning_effort",),
    ),
    "Grok has no effort to choose": ("xai/grok-4.7", "/v1", Sampling(temperature=0, seed=3), ()),
}  # fmt: skip
"""Model, end of the base URL, what is asked for, what is left out."""
SCHEMAS: dict[str, tuple[str, str, str | None]] = {
    "gemini/gemini-3.8-flash": ("/v1beta", "generationConfig", None),
    "openai/gpt-6.1-sol": ("/v1", "response_format", None),
    "anthropic/claude-sonnet-5-5": ("", "output_config", None),
    "anthropic/claude-3-haiku-20240307": ("", "tools", None),
    "perplexity/sonar-pro": ("/v1", "response_format", None),
    "openai/gpt-4": ("/v1", "", WITHOUT),
}
"""Model: end of the base URL, the key of the body that holds the schema, the note where none does."""
Found = Mapping[str, Sent]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wants")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[FakeServer]:
    with serve(folder, {"latency": 0}) as running:
        yield running


def opened(server: FakeServer, model: str, end: str, accepts: tuple[Form, ...] | None = None) -> Hosted:
    info = describe(Opening(name="hosted", model=model, accepts=accepts))
    return Hosted(info, key=KEY, base_url=server.base_url.removesuffix("/v1") + end)


async def ask(server: FakeServer, backend: Hosted, asked: Request) -> Sent:
    sent = await send(backend, asked, server.ledger)
    await backend.close()
    return sent


@pytest.fixture(scope="module")
def drawn(server: FakeServer) -> Found:
    async def work() -> Found:
        found = {}
        for name, (model, end, sampling, _) in NOTES.items():
            backend = opened(server, model, end)
            asked = request(backend.info, f"q ({name})").model_copy(update={"sampling": sampling})
            found[name] = await ask(server, backend, asked)
        return found

    return asyncio.run(work())


@pytest.mark.parametrize("name", NOTES)
def test_what_the_model_does_not_take_of_the_sampling_is_left_out_and_said(drawn: Found, name: str) -> None:
    model, _, sampling, left_out = NOTES[name]
    outcome, body = drawn[name].outcome, drawn[name].body
    assert isinstance(outcome, Reply), repr(outcome)
    assert outcome.notes == tuple(f"{each} is not taken by {model}: left out" for each in left_out)
    settings = body.get("generationConfig", body)
    given = {"temperature": 0, "top_p": 0.5, "seed": 3}
    kept = {each for each, value in given.items() if settings.get(each) == value and each in sampling.sent()}
    assert kept == set(sampling.sent()) - set(left_out) - {"max_tokens"}


def test_a_setting_that_only_litellm_knows_to_be_wrong_is_refused_with_the_way_out(server: FakeServer) -> None:
    backend = opened(server, "openai/gpt-6.1-sol", "/v1")
    asked = request(backend.info, "q").model_copy(update={"sampling": Sampling(temperature=0)})
    sent = asyncio.run(ask(server, backend, asked))
    assert sent.calls == []
    assert isinstance(sent.outcome, Permanent)
    assert sent.outcome.kind == "not_supported"
    assert "--temperature none" in sent.outcome.message


@pytest.fixture(scope="module")
def structured(server: FakeServer) -> Found:
    async def work() -> Found:
        found = {}
        for model, (end, _, _) in SCHEMAS.items():
            backend = opened(server, model, end)
            asked = request(backend.info, f"q ({model})")
            asked = asked.model_copy(update={"answer_schema": SCHEMA, "sampling": Sampling(max_tokens=9)})
            found[model] = await ask(server, backend, asked)
        return found

    return asyncio.run(work())


@pytest.mark.parametrize("model", SCHEMAS)
def test_a_schema_reaches_the_model_or_the_reply_says_that_it_did_not(structured: Found, model: str) -> None:
    (_, place, note), sent = SCHEMAS[model], structured[model]
    assert isinstance(sent.outcome, Reply), repr(sent.outcome)
    assert sent.outcome.notes == ((note.format(model),) if note else ())
    fields = json.dumps(json.loads(SCHEMA)["properties"])
    assert (fields in json.dumps(sent.body)) == (not note)
    assert not place or fields in json.dumps(sent.body[place])


def test_litellm_asks_nobody_else_for_anything(structured: Found) -> None:
    assert structured
    for name in ("LITELLM_LOCAL_MODEL_COST_MAP", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"):
        assert os.environ[name] == "True"


@pytest.mark.parametrize("vendor", [name for name, known in VENDORS.items() if known.loses])
def test_of_a_vendor_that_nobody_has_looked_at_a_reply_without_the_file_is_thrown_away(
    server: FakeServer, folder: Path, vendor: str
) -> None:
    """Where this fails because LiteLLM has learned to send sound, take it out of the vendor's `loses`."""
    backend = opened(server, ASKED[vendor].model, ASKED[vendor].end, ("text", "audio"))
    backend._vendor = Vendor(("text",))
    sent = asyncio.run(ask(server, backend, request(backend.info, "q", (media(folder, "audio", "voice"),))))
    assert len(sent.calls) == 1
    assert blobs(sent.body) == []
    assert isinstance(sent.outcome, NotSupported), repr(sent.outcome)
    assert "LiteLLM left input_audio out" in sent.outcome.message


OPEN: dict[str, dict[str, Any]] = {
    "a key that may be absent": {"required": ["label", "score"]},
    "keys beside those named": {"additionalProperties": True},
    "nothing said of other keys": {"additionalProperties": None},
    "an open object inside": {"properties": {"x": {"type": "object"}}, "required": ["x"]},
    "an open object in a list": {
        "properties": {"x": {"type": "array", "items": {"type": "object", "properties": {"y": {}}}}}, "required": ["x"],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_a_schema_that_openai_would_refuse_as_strict_is_not_called_so(name: str) -> None:
    schema = json.dumps(json.loads(SCHEMA) | OPEN[name])
    asked = Request(provider="p", model="m", messages=(), answer_schema=schema)
    assert body_of(asked)["response_format"]["json_schema"] == {"name": "answer", "schema": json.loads(schema)}


def part(kind: str, data: str) -> dict[str, Any]:
    return {"messages": [{"content": [{"type": kind, kind: {"data": data}}, {"type": "text", "text": "q"}]}]}


@pytest.mark.parametrize(
    ("sent", "lost"),
    [
        pytest.param({"x": [{"y": "A" * 100}]}, (), id="as it is"),
        pytest.param({"x": [{"y": "data:image/png;base64," + "A" * 100}]}, (), id="in a data URI"),
        pytest.param({"x": {"images": ["A" * 100]}}, (), id="in a list of strings"),
        pytest.param(json.dumps({"x": [{"y": "A" * 100}]}), (), id="as JSON text"),
        pytest.param({"x": [{"y": "A" * 99}]}, ("image",), id="cut"),
        pytest.param({"x": [{"y": "A" * 99 + "B"}]}, ("image",), id="changed"),
        pytest.param({"x": "q"}, ("image",), id="gone"),
        pytest.param("not JSON", (), id="not told"),
        pytest.param(None, (), id="nothing told"),
    ],
)
def test_a_file_is_found_in_what_was_sent_wherever_it_stands(sent: Any, lost: tuple[str, ...]) -> None:
    witness = Witness()
    witness({"additional_args": {"complete_input_dict": sent}})
    assert witness.lost(part("image", "A" * 100)) == lost


def test_of_two_files_that_are_the_same_one_that_is_gone_is_noticed() -> None:
    witness, body = Witness(), part("image", "A" * 100)
    body["messages"] *= 2
    witness({"additional_args": {"complete_input_dict": {"x": "A" * 100}}})
    assert witness.lost(body) == ("image",)
    witness({"additional_args": {"complete_input_dict": {"x": ["A" * 100, "A" * 100]}}})
    assert witness.lost(body) == ()


def test_an_odd_reply_has_no_ending_and_breaks_nothing() -> None:
    for came in (
        "",
        "[]",
        "3",
        '{"choices": [3]}',
        '{"candidates": {}}',
        '{"promptFeedback": 3}',
        '{"stop_reason": 3}',
    ):
        witness = Witness()
        witness({"original_response": came})
        assert witness.ending() is None

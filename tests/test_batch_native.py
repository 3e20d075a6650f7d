"""Native bodies and replies without a server: what is left out, what is refused, what is malformed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from batching import info_of, question
from fake_batches import KEY

from providers import native
from providers.batch_google import GoogleBatches
from providers.batch_vendor import outcome_of, priced
from providers.errors import NotSupported, Transient
from providers.records import Media, Message, Price, Reply, Request, Sampling, Usage
from providers.uploads import Uploads


def schema_of(schema: dict[str, Any]) -> Any:
    body = native.gemini_body(question("google", "a", answer_schema=json.dumps(schema)))
    return body["generationConfig"].get("responseSchema")


def test_a_schema_is_written_in_the_subset_that_gemini_reads() -> None:
    assert schema_of({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1, "$schema": "x"}) == {
        "type": "ARRAY",
        "items": {"type": "STRING", "enum": ["a", "b"]},
        "minItems": 1,
    }
    assert schema_of({"anyOf": [{"type": "null"}, {"const": "x"}]}) == {
        "anyOf": [{"nullable": True}, {"type": "STRING", "enum": ["x"]}]
    }


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "#/x"}, {"type": ["string", "integer"]}, {"type": "array", "items": {"oneOf": []}}],
    ids=["reference", "two types", "one of"],
)
def test_a_schema_beyond_that_subset_is_refused_because_a_direct_call_would_send_it(schema: dict[str, Any]) -> None:
    assert schema_of(schema) is None
    with pytest.raises(NotSupported, match="Leave out --batch, or --structured"):
        native.refuse_sampling("gemini/gemini-m", Sampling(), json.dumps(schema))


@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-5-5", "gemini/gemini-3.8-flash"])
def test_an_effort_that_a_direct_call_would_send_is_refused_in_a_batch(model: str) -> None:
    with pytest.raises(NotSupported, match="no reasoning effort in a batch") as caught:
        native.refuse_sampling(model, Sampling(reasoning_effort="low"), None)
    assert (caught.value.kind, "\n" in caught.value.message) == ("usage", False)
    native.refuse_sampling(model, Sampling(), None)


def test_anthropic_is_always_told_a_limit() -> None:
    def body(**sampling: Any) -> dict[str, Any]:
        found = native.anthropic_body(question("anthropic", "a", sampling=Sampling(**sampling)))
        return {name: found[name] for name in ("max_tokens", "temperature", "top_p") if name in found}

    assert body() == {"max_tokens": 4096}
    assert body(temperature=0.0, top_p=0.5) == {"max_tokens": 4096, "temperature": 0.0, "top_p": 0.5}
    assert body(top_p=0.5, max_tokens=7) == {"max_tokens": 7, "top_p": 0.5}


@pytest.mark.parametrize("make", [native.anthropic_body, native.gemini_body])
def test_media_in_a_system_prompt_are_refused_and_not_dropped(make: Any) -> None:
    shown = Media(kind="image", path="x", sha256="y")
    with pytest.raises(NotSupported):
        make(question("google", "a", messages=(Message(role="system", text="s", media=(shown,)),)))


@pytest.mark.parametrize("body", [{}, {"content": None}, {"candidates": []}, {"promptFeedback": {}}])
@pytest.mark.parametrize("read", [native.anthropic_reply, native.gemini_reply])
def test_a_reply_without_content_is_a_passing_failure(read: Any, body: dict[str, Any]) -> None:
    with pytest.raises(Transient, match="no c"):
        read(body, "m")


@pytest.mark.parametrize(
    "line", [{}, {"candidates": [1]}, {"candidates": "x"}, {"candidates": [{"content": {"parts": [1]}}]}]
)
def test_a_result_of_another_shape_fails_its_own_request_only(line: dict[str, Any]) -> None:
    outcome = outcome_of(lambda: native.gemini_reply(line, "m"), "m")
    assert isinstance(outcome, Transient)
    assert outcome.kind == "bad_response"


def test_a_candidate_without_parts_is_an_empty_reply() -> None:
    found = native.gemini_reply({"candidates": [{"finishReason": "MAX_TOKENS", "content": {"role": "model"}}]}, "m")
    assert (found.text, found.finish) == ("", "length")


def test_sound_has_a_price_of_its_own() -> None:
    body = {"usageMetadata": {"promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 600}, {"modality": "TEXT"}]}}
    assert native.gemini_audio_tokens(body) == 600
    reply = Reply(text="", usage=Usage(input_tokens=1000, output_tokens=100))
    price = Price(input=1.0, output=10.0, audio=3.0, batch=0.5)
    assert priced(reply, price, 600).usage.cost == pytest.approx((400 * 1 + 600 * 3 + 100 * 10) / 1e6 / 2)
    assert priced(reply, None).usage.cost is None


def test_a_clip_that_is_too_large_for_a_line_is_uploaded_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought: list[str] = []

    async def uri_of(self: Uploads, media: Media) -> str:
        brought.append(media.sha256)
        return f"uri of {media.sha256}"

    monkeypatch.setattr(Uploads, "uri_of", uri_of)
    clips = [Media(kind="video", path="gone", sha256=name, mime="video/mp4", size=15 * 2**20) for name in "ab"]
    small = tmp_path / "small"
    small.write_bytes(b"")
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    clips.append(Media(kind="video", path=str(small), sha256=digest, mime="video/mp4", size=0))
    vendor = GoogleBatches(info_of("google"), key=KEY, uploads=Uploads(KEY, None, None))
    request = question("google", "a", messages=(Message(role="user", text="?", media=tuple(clips)),))
    asyncio.run(vendor.prepare(request))
    parts = vendor.line(request)["request"]["contents"][0]["parts"]
    assert brought == ["a", "b"]
    assert parts == [
        {"fileData": {"mimeType": "video/mp4", "fileUri": "uri of a"}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": "uri of b"}},
        {"inlineData": {"mimeType": "video/mp4", "data": ""}},
        {"text": "?"},
    ]


def test_a_reply_whose_length_nobody_limits_may_be_as_long_as_by_a_direct_call() -> None:
    message = Message(role="user", text="Why?")
    request = Request(provider="hosted", model="anthropic/claude-sonnet-5-5", messages=(message,))
    assert native.anthropic_body(request)["max_tokens"] == 128_000  # as in tests/golden/bodies/anthropic.json

"""The golden bodies held against each vendor's own description of its requests: the types of their SDKs."""

import base64
import json
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as AnthropicRequest
from bodies import ASKED, BYTES, GOLDEN, SCHEMA
from google.genai import types
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming as OpenAIRequest
from pydantic import TypeAdapter

OPENAI = ("openai", "openai-audio", "azure", "mistral", "xai", "together_ai", "groq", "fireworks_ai", "deepseek")
VIDEO = ("hosted_vllm", "openrouter", "endpoint")
"""Servers that speak OpenAI's protocol with vLLM's video_url beside it."""
OWN = {"mistral": {"random_seed"}, "openrouter": {"usage"}, "hosted_vllm": {"seed"}}


def bodies_of(vendor: str) -> dict[str, dict[str, Any]]:
    golden = json.loads((GOLDEN / f"{vendor}.json").read_text(encoding="utf-8"))
    assert golden["model"] == ASKED[vendor].model
    return {name: whole(each["body"]) for name, each in golden["questions"].items()}


def whole(value: Any) -> Any:
    """A body as it left: the bytes where its digests are."""
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "sha256" in value:
        return value.get("head", "") + base64.b64encode(BYTES[value["of"]]).decode()
    return {name: whole(inner) for name, inner in value.items()}


def drained(value: Any) -> Any:
    """The SDKs' iterables are only looked into as they are read."""
    if isinstance(value, dict):
        return {name: drained(inner) for name, inner in value.items()}
    return (
        value if isinstance(value, str | bytes) or not hasattr(value, "__iter__") else [drained(each) for each in value]
    )


@pytest.mark.parametrize("vendor", OPENAI)
def test_bodies_in_openais_protocol_are_what_its_sdk_describes(vendor: str) -> None:
    for name, body in bodies_of(vendor).items():
        assert drained(TypeAdapter(OpenAIRequest).validate_python(body)), name
        assert set(body) <= set(OpenAIRequest.__annotations__) | OWN.get(vendor, set()), name


@pytest.mark.parametrize("vendor", VIDEO)
def test_a_clip_for_a_server_that_takes_clips_is_the_one_part_that_openai_does_not_know(vendor: str) -> None:
    for name, body in bodies_of(vendor).items():
        for message in body["messages"]:
            parts = message["content"] if isinstance(message["content"], list) else []
            clips = [part for part in parts if part["type"] == "video_url"]
            assert all(part["video_url"]["url"].startswith("data:video/mp4;base64,") for part in clips)
            if parts:
                message["content"] = [part for part in parts if part not in clips]
        assert drained(TypeAdapter(OpenAIRequest).validate_python(body)), name
        assert set(body) <= set(OpenAIRequest.__annotations__) | OWN.get(vendor, set()), name


def test_bodies_for_claude_are_what_anthropics_sdk_describes() -> None:
    for name, body in bodies_of("anthropic").items():
        assert drained(TypeAdapter(AnthropicRequest).validate_python(body)), name
        assert set(body) <= set(AnthropicRequest.__annotations__), name
        assert body["max_tokens"] > 0, "Anthropic wants one"


def test_bodies_for_gemini_are_what_googles_sdk_describes() -> None:
    """Its models forbid what they do not know, and take each field in both of the spellings that the API takes."""
    known = {"contents", "system_instruction", "generationConfig"}
    bodies = bodies_of("gemini")
    assert {name for name, body in bodies.items() if "generationConfig" in body} == {"schema", "sampling"}
    for name, body in bodies.items():
        assert set(body) <= known, name
        assert [types.Content.model_validate(content) for content in body["contents"]], name
        types.Content.model_validate(body.get("system_instruction", {}))
        types.GenerationConfig.model_validate(body.get("generationConfig", {}))


def schema_in(vendor: str) -> dict[str, Any]:
    """The JSON schema at the place where the vendor reads it."""
    body = bodies_of(vendor)["schema"]
    if vendor == "gemini":
        assert body["generationConfig"]["response_mime_type"] == "application/json"
        return dict(body["generationConfig"]["response_json_schema"])
    if vendor == "anthropic":
        assert body["output_config"]["format"]["type"] == "json_schema"
        assert "output_format" not in body, "it has given that up"
        return dict(body["output_config"]["format"]["schema"])
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["strict"] is True
    return dict(body["response_format"]["json_schema"]["schema"])


@pytest.mark.parametrize("vendor", ASKED)
def test_the_schema_reaches_each_vendor_whole_as_its_own_parameter(vendor: str) -> None:
    assert schema_in(vendor) == json.loads(SCHEMA)


@pytest.mark.parametrize("vendor", ASKED)
def test_the_system_prompt_and_the_turns_reach_each_vendor(vendor: str) -> None:
    body = bodies_of(vendor)["turns"]
    system = body.get("system_instruction", {}).get("parts") or body.get("system") or body["messages"][0]["content"]
    assert system in ("Be brief.", [{"text": "Be brief."}], [{"type": "text", "text": "Be brief."}])
    turns = [turn for turn in body.get("contents") or body["messages"] if turn["role"] != "system"]
    assert [turn["role"] for turn in turns] == ["user", "model" if vendor == "gemini" else "assistant", "user"]

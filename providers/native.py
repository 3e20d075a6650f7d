"""Anthropic's messages and Gemini's generateContent as data: bodies out, replies in; used for batches.

Pure but for the bytes of media. What a vendor cannot take is refused, or left out with a note, never dropped unsaid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.errors import NotSupported, Transient
from providers.litellm_library import library
from providers.media import base64_of
from providers.prices import facts_of
from providers.records import Finish, Media, Message, Reply, Request, Sampling, Usage
from providers.taken import DRAWN, Takes

LONGEST_UNSAID = 4096
"""Anthropic wants a limit of tokens in every request: the model's own, as LiteLLM sends it, or this."""
_ANTHROPIC_FINISH: Mapping[str, Finish] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
}
_GEMINI_REFUSED = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "ESCALATION"}
)
_GEMINI_SAMPLING = {"temperature": "temperature", "top_p": "topP", "max_tokens": "maxOutputTokens", "seed": "seed"}
_SCHEMA_KEPT = frozenset(
    {"description", "title", "required", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"}
)


def bare(model: str) -> str:
    """A LiteLLM name without its vendor."""
    return model.partition("/")[2] or model


def refuse_sampling(model: str, sampling: Sampling, answer_schema: str | None = None) -> None:
    """Refuse, before a run in batches begins, what no request of it could be sent; imports LiteLLM if it must."""
    said = _differing(model, sampling, answer_schema)
    if said is None and {*DRAWN, "reasoning_effort"} & set(sampling.sent()):
        said = Takes(library(), model).refusal(sampling)
    if said is not None:
        raise NotSupported(said, model=model, kind="usage")


def refuse_other_than_direct(request: Request, takes: Takes) -> None:
    """A batch and a direct call share their stored replies: what only one of the two would send is refused here."""
    said = _differing(request.model, request.sampling, request.answer_schema) or takes.refusal(request.sampling)
    if said is not None:
        raise NotSupported(said, model=request.model, kind="not_supported")


def _differing(model: str, sampling: Sampling, answer_schema: str | None) -> str | None:
    """Why a batch cannot be sent what a direct call would be."""
    vendor = model.partition("/")[0]
    if vendor != "openai" and sampling.reasoning_effort is not None:
        return f"{model} is sent no reasoning effort in a batch. Leave out --batch, or the effort"
    if answer_schema is None:
        return None
    facts = facts_of(model)
    if vendor == "anthropic" and not (facts and facts.structured_natively):
        text = f"{model} takes a JSON schema as a tool only, which it is not sent in a batch"
        return f"{text}. Leave out --batch, or --structured"
    if vendor == "gemini" and _gemini_schema(answer_schema) is None:
        return f"this JSON schema cannot be sent to {model} in a batch. Leave out --batch, or --structured"
    return None


def _longest(model: str) -> int:
    """So that a batch and a direct call, which share their stored replies, allow the same length."""
    facts = facts_of(model)
    return (facts.longest_reply if facts else None) or LONGEST_UNSAID


def anthropic_body(request: Request) -> dict[str, Any]:
    """The parameters of one message (taken.fitted); a system prompt stands apart, media before the text."""
    _refuse_choices(request)
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": bare(request.model),
        "max_tokens": sampling.max_tokens or _longest(request.model),
        "messages": [
            {"role": message.role, "content": _blocks(message)}
            for message in request.messages
            if message.role != "system"
        ],
    }
    if system := _system(request):
        body["system"] = system
    body |= {name: value for name, value in sampling.sent().items() if name in DRAWN}
    if request.answer_schema is not None:
        schema = {"type": "json_schema", "schema": json.loads(request.answer_schema)}
        body["output_config"] = {"format": schema}
    return body


def _blocks(message: Message) -> Any:
    if not message.media:
        return message.text
    blocks: list[dict[str, Any]] = []
    for media in message.media:
        if media.kind != "image":
            raise NotSupported(f"Anthropic takes no {media.kind}. Nothing was sent", kind="not_supported")
        source = {"type": "base64", "media_type": media.mime or "image/jpeg", "data": base64_of(media)}
        blocks.append({"type": "image", "source": source})
    return [*blocks, {"type": "text", "text": message.text}] if message.text else blocks


def anthropic_reply(body: Mapping[str, Any], model: str) -> Reply:
    """A message; thinking blocks are kept apart."""
    content = body.get("content")
    if not isinstance(content, list):
        raise Transient.of("the reply has no content", model=model, kind="bad_response", maybe_billed=True)
    usage = _mapping(body.get("usage"))
    cached = _count(usage.get("cache_read_input_tokens"))
    return Reply(
        text="".join(str(block.get("text", "")) for block in content if block.get("type") == "text"),
        thinking="\n".join(str(block.get("thinking", "")) for block in content if block.get("type") == "thinking"),
        finish=_ANTHROPIC_FINISH.get(str(body.get("stop_reason")), "stop"),
        usage=Usage(
            input_tokens=_count(usage.get("input_tokens")) + cached + _count(usage.get("cache_creation_input_tokens")),
            output_tokens=_count(usage.get("output_tokens")),
            reasoning_tokens=_count(_mapping(usage.get("output_tokens_details")).get("thinking_tokens")),
            cached_tokens=cached,
        ),
        model=str(body.get("model") or ""),
    )


def gemini_body(request: Request, remote: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A GenerateContentRequest as REST writes it; `remote` maps the sha256 of an uploaded clip to its address."""
    _refuse_choices(request)
    contents = [
        {"role": "model" if message.role == "assistant" else "user", "parts": _parts(message, remote or {})}
        for message in request.messages
        if message.role != "system"
    ]
    body: dict[str, Any] = {"contents": contents}
    if system := _system(request):
        body["systemInstruction"] = {"parts": [{"text": system}]}
    sent = request.sampling.sent()
    config = {theirs: sent[ours] for ours, theirs in _GEMINI_SAMPLING.items() if ours in sent}
    if request.answer_schema is not None and (schema := _gemini_schema(request.answer_schema)) is not None:
        # not responseJsonSchema: in batches it yields broken JSON without an error (crmne/ruby_llm 894)
        config |= {"responseMimeType": "application/json", "responseSchema": schema}
    return body | ({"generationConfig": config} if config else {})


def _parts(message: Message, remote: Mapping[str, str]) -> list[dict[str, Any]]:
    parts = [_part(media, remote) for media in message.media]
    return [*parts, {"text": message.text}] if message.text or not parts else parts


def _part(media: Media, remote: Mapping[str, str]) -> dict[str, Any]:
    mime = media.mime or {"image": "image/jpeg", "audio": "audio/wav", "video": "video/mp4"}[media.kind]
    if media.sha256 in remote:
        return {"fileData": {"mimeType": mime, "fileUri": remote[media.sha256]}}
    return {"inlineData": {"mimeType": mime, "data": base64_of(media)}}


def _gemini_schema(answer_schema: str) -> dict[str, Any] | None:
    """The schema in the subset of OpenAPI that Gemini reads; None where it says more than that subset can."""
    try:
        return _subset(json.loads(answer_schema))
    except (NotSupported, RecursionError):
        return None


def _subset(schema: Mapping[str, Any]) -> dict[str, Any]:
    if any(word in schema for word in ("$ref", "allOf", "oneOf", "not", "patternProperties")):
        raise NotSupported("beyond the subset", kind="not_supported")
    types = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type") or [])
    named = [name for name in types if name != "null"]
    kept: dict[str, Any] = {name: schema[name] for name in sorted(_SCHEMA_KEPT & schema.keys())}
    if len(named) > 1:
        raise NotSupported("beyond the subset", kind="not_supported")
    if named:
        kept["type"] = str(named[0]).upper()
    if "null" in types:
        kept["nullable"] = True
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values and all(isinstance(value, str) for value in values):
        kept |= {"type": "STRING", "enum": list(values)}
    if "properties" in schema:
        kept["properties"] = {name: _subset(inner) for name, inner in schema["properties"].items()}
        kept["propertyOrdering"] = list(schema["properties"])
    if "items" in schema:
        kept["items"] = _subset(schema["items"])
    if "anyOf" in schema:
        kept["anyOf"] = [_subset(inner) for inner in schema["anyOf"]]
    return kept


def gemini_reply(body: Mapping[str, Any], model: str) -> Reply:
    """A GenerateContentResponse's first candidate; a blocked question is a reply that refuses."""
    usage = _mapping(body.get("usageMetadata"))
    thoughts = _count(usage.get("thoughtsTokenCount"))
    counted = Usage(
        input_tokens=_count(usage.get("promptTokenCount")),
        output_tokens=_count(usage.get("candidatesTokenCount")) + thoughts,
        reasoning_tokens=thoughts,
        cached_tokens=_count(usage.get("cachedContentTokenCount")),
    )
    returned = str(body.get("modelVersion") or "")
    candidates = body.get("candidates") or []
    if not candidates:
        blocked = _mapping(body.get("promptFeedback")).get("blockReason")
        if not blocked:
            text = "the reply has no candidate in it"
            raise Transient.of(text, model=model, kind="bad_response", maybe_billed=True)
        return Reply(text="", finish="refused", usage=counted, model=returned)
    reason = str(candidates[0].get("finishReason"))
    finish: Finish = "refused" if reason in _GEMINI_REFUSED else "length" if reason == "MAX_TOKENS" else "stop"
    parts = _mapping(candidates[0].get("content")).get("parts") or []
    return Reply(
        text="".join(str(part.get("text", "")) for part in parts if not part.get("thought")),
        thinking="".join(str(part.get("text", "")) for part in parts if part.get("thought")),
        finish=finish,
        usage=counted,
        model=returned,
    )


def gemini_audio_tokens(body: Mapping[str, Any]) -> int:
    """Tokens of sound in the question: they may have a price of their own."""
    details = _mapping(body.get("usageMetadata")).get("promptTokensDetails") or []
    return sum(_count(item.get("tokenCount")) for item in details if item.get("modality") == "AUDIO")


def _system(request: Request) -> str:
    spoken = [message for message in request.messages if message.role == "system"]
    if any(message.media for message in spoken):
        raise NotSupported("a system prompt takes no media here. Nothing was sent", kind="not_supported")
    return "\n\n".join(message.text for message in spoken)


def _refuse_choices(request: Request) -> None:
    if request.choices is not None:
        raise NotSupported("log-probabilities of choices are not available here", kind="not_supported")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0

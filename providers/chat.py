"""The OpenAI chat protocol as data: request bodies out, reply bodies in.

Pure: it opens no connection. Used by `endpoint` and, for the messages, by `hosted`; refusals are read in `failures`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from providers import choices
from providers.errors import Transient
from providers.failures import failure_in
from providers.forms import VideoPart, content_of
from providers.records import Finish, Reply, Request, Usage

MOST_TOKENS = 10**12
"""A count above it is malformed; one of 400 digits could not be multiplied by a price."""
_CUT_OFF = (
    "length", "max_tokens", "max_token", "max_length", "max_output_tokens", "model_length", "token_limit",
    "max_completion_tokens", "model_context_window_exceeded", "context_length_exceeded", "context_window_exceeded",
)  # fmt: skip
_DECLINED = (
    "content_filter", "content_filtered", "content-filter", "sensitive", "safety", "refusal", "recitation", "blocklist",
    "prohibited_content", "spii", "image_safety", "image_prohibited_content", "guardrail_intervened", "moderation",
    "language",
)  # fmt: skip
_FINISH: dict[str, Finish] = {**dict.fromkeys(_CUT_OFF, "length"), **dict.fromkeys(_DECLINED, "refused")}
"""Why a model stopped, in all vendors' words, in small letters; every other word is a stop."""
_BROKE_OFF = ("error", "abort", "aborted", "network_error", "insufficient_system_resource")
"""Of a router whose own vendor failed amid the reply, and of a server that was stopped: not what the model said."""


def body_of(
    request: Request, *, video: VideoPart = "video_url", remote: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The JSON body of POST /chat/completions; reads the bytes of the request's media.

    What the model does not keep was refused before (forms.refuse_unknown).
    """
    messages = [{"role": message.role, "content": content_of(message, video, remote)} for message in request.messages]
    body: dict[str, Any] = {"model": request.model, "messages": messages} | request.sampling.sent()
    if request.answer_schema is not None:
        schema = json.loads(request.answer_schema)
        named = {"name": "answer", "schema": schema} | ({"strict": True} if _closed(schema) else {})
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    return body if request.choices is None else body | choices.asked(request.choices)


def _closed(schema: Any) -> bool:
    """Whether OpenAI takes it as strict: every object requires all its keys and allows no other."""
    if isinstance(schema, list):
        return all(map(_closed, schema))
    if not isinstance(schema, dict):
        return True
    fields = schema.get("properties")
    if isinstance(fields, dict):
        whole = schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(fields)
        return whole and all(map(_closed, fields.values()))
    return schema.get("type") != "object" and all(map(_closed, schema.values()))


def reply_of(
    body: Any, *, model: str, seconds: float, ending: str | None = None, wanted: Sequence[str] | None = None
) -> Reply:
    """A chat completion's first choice; a body without one is a Transient failure, never an empty reply.

    `ending` is why the model stopped, where the caller knows it better than the body; `wanted` the answers whose
    log-probabilities were asked for.
    """
    failure = failure_in(body, model=model)
    if failure is not None:
        raise failure
    try:
        choice = body["choices"][0]
        message = choice["message"]
        text, thought = split_parts(message.get("content"))
        thinking = message.get("reasoning_content") or message.get("reasoning") or thought
        refusal = message.get("refusal") or (message.get("provider_specific_fields") or {}).get("refusal") or ""
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Transient.of(
            "the reply has no choice in it", model=model, kind="bad_response", maybe_billed=True
        ) from error
    if text is None or not isinstance(thinking, str):
        raise Transient.of("the reply's content is not text", model=model, kind="bad_response", maybe_billed=True)
    said = _word(ending).lower() or _word(choice.get("finish_reason")).lower()
    if said in _BROKE_OFF:
        raise Transient.of("the reply broke off at the vendor", model=model, kind="server", maybe_billed=True)
    finish: Finish = _FINISH.get(said) or _FINISH.get(_word(choice.get("finish_reason")).lower(), "stop")
    returned = body.get("model")
    refused = bool(refusal) or finish == "refused"
    return Reply(
        text=text or _word(refusal),
        thinking=thinking,
        finish="refused" if refusal else finish,
        usage=usage_of(body.get("usage")),
        model=returned if isinstance(returned, str) else "",
        seconds=seconds,
        choices=choices.choices_in(choice, wanted, model=model) if wanted is not None and not refused else None,
    )


def split_parts(content: Any) -> tuple[str | None, str]:
    """(text, thinking) of a message's content: a text, or a list of parts (Mistral's, and gateways'); None: neither."""
    if content is None or isinstance(content, str):
        return content or "", ""
    if not isinstance(content, list):
        return None, ""
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif not isinstance(part, dict):
            return None, ""
        elif part.get("type") in ("thinking", "reasoning", "redacted_thinking"):
            thoughts.append(_thought(part))
        else:
            texts.append(_word(part.get("text")) or _word(part.get("refusal")))
    return "".join(texts), "".join(thoughts)


def without_parts(body: Any) -> Any:
    """The same completion with the first choice's content as one text; the body itself where it is one, or is none."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        parts = message["content"]
    except (KeyError, IndexError, TypeError):
        return body
    text, thinking = split_parts(parts)
    if not isinstance(parts, list) or text is None:
        return body
    kept = {"reasoning_content": thinking} if thinking else {}
    return body | {"choices": [choice | {"message": kept | message | {"content": text}}]}


def _thought(part: Mapping[str, Any]) -> str:
    """A part's thinking: a text, or parts of its own."""
    inner = part.get("thinking") or part.get("reasoning") or part.get("text") or part.get("summary")
    pieces = inner if isinstance(inner, list) else [inner]
    return "".join(_word(piece.get("text") if isinstance(piece, dict) else piece) for piece in pieces)


def usage_of(body: Any) -> Usage:
    """Token counts; what is absent or malformed counts as 0."""
    if not isinstance(body, dict):
        return Usage()
    reasoning = _mapping(body.get("completion_tokens_details")).get("reasoning_tokens")
    cached = _mapping(body.get("prompt_tokens_details")).get("cached_tokens")
    return Usage(
        input_tokens=_count(body.get("prompt_tokens")),
        output_tokens=_count(body.get("completion_tokens")),
        reasoning_tokens=_count(reasoning),
        cached_tokens=_count(cached),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else 0


def _word(value: Any) -> str:
    """A text; anything else, which may be nested as deep as the stack, is none."""
    return value if isinstance(value, str) else ""

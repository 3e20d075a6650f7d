"""The OpenAI chat protocol as data: request bodies out, reply bodies in, failures by status and body code.

Pure: it opens no connection. Used by `endpoint` and, for the messages and the failures, by `hosted`.
"""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from providers import choices
from providers.errors import Permanent, ProviderError, Transient
from providers.forms import VideoPart, content_of
from providers.records import Finish, Reply, Request, Usage

LONGEST_MESSAGE = 300
MOST_TOKENS = 10**12
"""A count above it is malformed; one of 400 digits could not be multiplied by a price."""
_NO_MORE_MONEY = (
    "insufficient_quota", "billing", "spend limit", "spend_limit", "credit balance", "insufficient balance",
    "exceeded your current quota",
)  # fmt: skip
_WRONG_KEY = ("api key not valid", "api_key_invalid", "invalid api key", "incorrect api key", "api key expired")
"""Google says 400 of a key, and so do some servers."""
_TOO_LONG = ("context_length", "context length", "context window", "context size", "too long", "too many tokens")
"""Of a question that is larger than the model takes: it says nothing of the next sample."""
_NO_MODEL = re.compile(
    r"\bmodel\b[^.]{0,80}\b(?:exist|found|unknown|deprecated|access)|\b(?:invalid|unknown|no such) model\b",
    re.IGNORECASE,
)
_SETTINGS = re.compile(
    r"temperature|top_?[pk]\b|max_?(?:completion_|output_)?tokens|\bseed\b|reasoning|thinking|response_?(?:format|schema)"
    r"|response_?mime|json_?schema|output_config|generation_?config|\bmodel\b[^.]{0,80}\b(?:support|invalid)",
    re.IGNORECASE,
)
"""What every request of a run has alike; not what is in a question."""
_PER_MINUTE = ("perminute", "per minute", "retryinfo", "retrydelay", "please retry in")
"""Gemini words a limit per minute as an exceeded quota, and says when to come back."""
_FILTERED = ("content_filter", "content_policy_violation", "responsibleaipolicyviolation")
_FINISH: dict[str, Finish] = {
    "length": "length",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "refused",
    "sensitive": "refused",
}
_BROKE_OFF = ("error", "abort", "network_error")
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
    try:
        choice = body["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        thinking = message.get("reasoning_content") or message.get("reasoning") or ""
        refusal = message.get("refusal") or (message.get("provider_specific_fields") or {}).get("refusal") or ""
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Transient.of(
            "the reply has no choice in it", model=model, kind="bad_response", maybe_billed=True
        ) from error
    if not isinstance(text, str) or not isinstance(thinking, str):
        raise Transient.of("the reply's content is not text", model=model, kind="bad_response", maybe_billed=True)
    if (ending or choice.get("finish_reason")) in _BROKE_OFF:
        raise Transient.of("the reply broke off at the vendor", model=model, kind="server", maybe_billed=True)
    finish: Finish = _FINISH.get(_word(ending)) or _FINISH.get(_word(choice.get("finish_reason")), "stop")
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


def refusal_of(status: int, text: str, *, seconds: float) -> Reply | None:
    """A content filter that answers with an error: the question was declined, which is a reply and no failure."""
    if status not in (400, 403, 422) or not any(word in text.lower() for word in _FILTERED):
        return None
    return Reply(text=_message_in(text), finish="refused", seconds=seconds)


def failure_of(status: int, text: str, *, model: str, retry_after: str | None = None) -> ProviderError:
    """Which error an HTTP status and its body are; money that is gone is Permanent even as a 429."""
    message = f"HTTP {status}: {_message_in(text)}"
    lowered = text.lower()
    passing = status == 429 and any(word in lowered for word in _PER_MINUTE) and "perday" not in lowered
    broke = any(word in lowered for word in _NO_MORE_MONEY) and status in (400, 403, 429) and not passing
    if broke or status == 402:
        mend = "pay in or raise the limit at the vendor"
        return Permanent(f"{message} ({mend})", model=model, kind="quota")
    kind = {429: "rate_limit", 503: "overloaded", 529: "overloaded", 408: "server"}.get(status)
    if kind is None and status >= 500:
        kind = "overloaded" if "overloaded" in lowered else "server"
    if kind is not None:
        return Transient.of(message, model=model, kind=kind, retry_after=seconds_of(retry_after))
    return _lasting(status, message, lowered, model=model)


def _lasting(status: int, message: str, lowered: str, *, model: str) -> Permanent:
    """A 4xx, with what mends it: of the key, the name, one question, a setting that all questions have, or unknown."""
    if status in (401, 403) or (status == 400 and any(word in lowered for word in _WRONG_KEY)):
        return Permanent(f"{message} (is the key right?)", model=model, kind="unauthorized")
    if status == 404 or (status in (400, 422) and _NO_MODEL.search(message)):
        return Permanent(f"{message} (is the model's name, or the base URL, right?)", model=model, kind="not_found")
    if 300 <= status < 400:
        text = f"HTTP {status}: the server sends the call on to another address: give that one as --base-url"
        return Permanent(text, model=model, kind="not_found")
    if status == 413 or any(word in lowered for word in _TOO_LONG):
        return Permanent(message, model=model, kind="too_large")
    mend = "--temperature none, --top-p none, ..."
    if "unsupported" in lowered and "parameter" in lowered:
        return Permanent(f"{message} (leave that setting out: {mend})", model=model, kind="not_supported")
    if _SETTINGS.search(message):
        return Permanent(f"{message} (change that setting, or leave it out: {mend})", model=model, kind="setting")
    return Permanent(message, model=model, kind="bad_request")


def _message_in(text: str) -> str:
    """The vendor's own sentence, which may stand in JSON within a library's; else the whole text."""
    found: Any = text
    try:
        body, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
        error = body["error"]
        found = error["message"] if isinstance(error, dict) else error
        found = found if isinstance(found, str) else json.dumps(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        found = text
    return " ".join(str(found)[: LONGEST_MESSAGE * 20].split())[:LONGEST_MESSAGE] or "(empty body)"


def wait_in(text: str) -> str | None:
    """The wait that Gemini writes into the body of a 429: "retryDelay": "32s", or "retry in 32.57s"."""
    found = re.search(r'(?:retryDelay"?\s{0,3}:\s{0,3}"|retry in )(\d{1,6}(?:\.\d{1,6})?)s', text)
    return found[1] if found else None


def wait_asked(headers: Mapping[str, str], said: str = "") -> str | None:
    """The seconds that a refusal asks to wait: OpenAI's header in milliseconds, else the standard one, else the body's.

    A date is held against the server's own clock where it says the time: ours may run ahead of it.
    """
    known = {name.lower(): value for name, value in headers.items() if isinstance(value, str)}
    milliseconds = seconds_of(known.get("retry-after-ms"))
    if milliseconds is not None:
        return str(milliseconds / 1000)
    wait = known.get("retry-after")
    until, now = _moment(wait), _moment(known.get("date"))
    if until is not None and now is not None:
        return str(max(0.0, until - now))
    return wait if seconds_of(wait) is not None else wait_in(said)


def _moment(date: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def seconds_of(header: str | None) -> float | None:
    """A Retry-After header in seconds: a number or an HTTP date; None where it says nothing usable."""
    if header is None:
        return None
    try:
        seconds = float(header.replace("_", "x"))  # which float would read over
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError, OSError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None

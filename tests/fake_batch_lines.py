"""How the fake of the batch endpoints is to behave, and one line of results in each vendor's shape:
the words in the question say which (<errored>, <refused>, ...)."""

import dataclasses
from typing import Any

KEY = "geheim-0123456789"
NOT_TEXT = ("data", "url", "role", "type", "mimeType", "media_type", "format")


@dataclasses.dataclass
class Fault:
    """The next `times` calls whose method and path fit are answered with this status."""

    method: str
    path: str
    status: int
    times: int = 1
    accepted: bool = False
    """The call takes effect all the same: only its answer is lost."""
    body: str = '{"error": {"message": "a fault of the fake"}}'


@dataclasses.dataclass
class Script:
    looks: int = 1
    """Looks after which a batch has ended."""
    held: bool = False
    """No batch ends while this is set."""
    ends_as: str | None = None
    """The vendor's own word for how batches end, where not well."""
    errors: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    """OpenAI's reasons for a failed batch."""
    full_for: int = 0
    """So many of OpenAI's batches fail because its queue is full."""
    slow_create: float = 0.0
    """Seconds between the creation of a batch and the answer that tells its id."""
    stranger: bool = False
    """Each batch has a result that nobody asked for."""
    faults: list[Fault] = dataclasses.field(default_factory=list)


def text_in(value: Any) -> str:
    """All texts of a body, in any dialect."""
    if isinstance(value, dict):
        return " ".join(text_in(inner) for name, inner in value.items() if name not in NOT_TEXT)
    if isinstance(value, list):
        return " ".join(map(text_in, value))
    return value if isinstance(value, str) else ""


def prompt_of(body: dict[str, Any]) -> str:
    """The text of the last turn."""
    return text_in((body.get("messages") or body["contents"])[-1]).strip()


def openai_line(request: dict[str, Any]) -> dict[str, Any] | None:
    text = prompt_of(request["body"])
    line: dict[str, Any] = {"id": "r", "custom_id": request["custom_id"], "response": None, "error": None}
    if "<missing>" in text:
        return None
    if "<expired>" in text:
        return line | {"error": {"code": "batch_expired", "message": "This request could not be executed"}}
    if "<errored>" in text:
        body: dict[str, Any] = {
            "error": {"message": f"Invalid image, {KEY}", "type": "invalid_request_error", "code": None}
        }
        return line | {"response": {"status_code": 400, "request_id": "q", "body": body}}
    if "<server>" in text:
        return line | {"response": {"status_code": 500, "request_id": "q", "body": {"error": {"message": "oops"}}}}
    if "<filtered>" in text:
        body = {"error": {"message": "no", "code": "content_filter"}}
        return line | {"response": {"status_code": 400, "request_id": "q", "body": body}}
    message: dict[str, Any] = {"role": "assistant", "content": f"Answer: {text}", "refusal": None}
    if "<refused>" in text:
        message |= {"content": None, "refusal": "I cannot."}
    if "<thinks>" in text:
        message["reasoning_content"] = "hm"
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "total_tokens": 1100,
        "prompt_tokens_details": {"cached_tokens": 200, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 40},
    }
    choice = {"index": 0, "message": message, "finish_reason": "length" if "<length>" in text else "stop"}
    whole: dict[str, Any] = {
        "id": "c",
        "object": "chat.completion",
        "model": "m-2026",
        "choices": [choice],
        "usage": usage,
    }
    return line | {"response": {"status_code": 200, "request_id": "q", "body": whole}}


def anthropic_line(request: dict[str, Any]) -> dict[str, Any] | None:
    text = prompt_of(request["params"])
    if "<missing>" in text:
        return None
    result: dict[str, Any] = {"type": "expired"}
    errors = {"<errored>": "invalid_request_error", "<server>": "api_error"}
    kind = next((name for word, name in errors.items() if word in text), None)
    if kind is not None:
        error = {"type": "error", "error": {"type": kind, "message": f"said of {KEY}"}}
        result = {"type": "errored", "error": error}
    elif "<expired>" not in text:
        content: list[dict[str, Any]] = [{"type": "text", "text": f"Answer: {text}"}]
        if "<thinks>" in text:
            content.insert(0, {"type": "thinking", "thinking": "hm", "signature": ""})
        refused = "<refused>" in text or "<filtered>" in text
        stop = "refusal" if refused else "max_tokens" if "<length>" in text else "end_turn"
        usage = {"input_tokens": 800, "cache_read_input_tokens": 200, "output_tokens": 100}
        usage_and = {**usage, "output_tokens_details": {"thinking_tokens": 40}}
        message: dict[str, Any] = {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "m-2026",
            "content": content,
        }
        result = {"type": "succeeded", "message": message | {"stop_reason": stop, "usage": usage_and}}
    return {"custom_id": request["custom_id"], "result": result}


def google_line(request: dict[str, Any]) -> dict[str, Any] | None:
    text = prompt_of(request["request"])
    line: dict[str, Any] = {"key": request["key"]}
    codes = {"<errored>": 3, "<server>": 13, "<expired>": 4}
    code = next((number for word, number in codes.items() if word in text), None)
    if "<missing>" in text:
        return None
    if code is not None:
        return line | {"error": {"code": code, "message": f"said of {KEY}"}}
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 60, "thoughtsTokenCount": 40}
    head: dict[str, Any] = {"usageMetadata": usage | {"cachedContentTokenCount": 200}, "modelVersion": "m-2026"}
    if "<filtered>" in text:
        return line | {"response": head | {"promptFeedback": {"blockReason": "SAFETY"}}}
    parts = [{"text": "hm", "thought": True}] if "<thinks>" in text else []
    reason = "SAFETY" if "<refused>" in text else "MAX_TOKENS" if "<length>" in text else "STOP"
    content = {"role": "model", "parts": [*parts, {"text": f"Answer: {text}"}]}
    return line | {"response": head | {"candidates": [{"content": content, "finishReason": reason}]}}

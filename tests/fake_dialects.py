"""The three dialects of the fake server, as data: questions in, replies and errors out, in each vendor's own words."""

import time
from collections.abc import Mapping
from typing import Any

OPENAI, ANTHROPIC = "/{version:(v1/)?}chat/completions", "/v1/messages"
GEMINI = "/{version:((v1|v1beta)/)?}models/{model}:generateContent"
GEMINI_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
ANTHROPIC_FINISH = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
ERRORS = {  # fault kind: status, OpenAI's code, type (OpenAI, Anthropic), Gemini's status
    "rate_limit": (429, "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"),
    "quota": (429, "insufficient_quota", "insufficient_quota", "RESOURCE_EXHAUSTED"),
    "unauthorized": (401, "invalid_api_key", "authentication_error", "UNAUTHENTICATED"),
    "wrong_key": (401, "invalid_api_key", "authentication_error", "UNAUTHENTICATED"),
    "bad_request": (400, "invalid_value", "invalid_request_error", "INVALID_ARGUMENT"),
    "blocked": (400, "content_policy_violation", "invalid_request_error", "INVALID_ARGUMENT"),
    "forbidden": (403, "permission_denied", "permission_error", "PERMISSION_DENIED"),
    "payment": (402, "insufficient_balance", "billing_error", "FAILED_PRECONDITION"),
    "bad_setting": (400, "invalid_value", "invalid_request_error", "INVALID_ARGUMENT"),
    "not_found": (404, "model_not_found", "not_found_error", "NOT_FOUND"),
    "server_error": (500, "server_error", "api_error", "INTERNAL"),
    "bad_gateway": (502, "bad_gateway", "api_error", "UNAVAILABLE"),
    "unavailable": (503, "service_unavailable", "api_error", "UNAVAILABLE"),
    "gateway_timeout": (504, "gateway_timeout", "api_error", "DEADLINE_EXCEEDED"),
    "overloaded": (529, "overloaded", "overloaded_error", "UNAVAILABLE"),
    "unsupported_param": (400, "unsupported_parameter", "invalid_request_error", "INVALID_ARGUMENT"),
}
GOOGLE_QUOTA = "You exceeded your current quota, please check your plan and billing details."
WORDS = {  # fault kind: what is said, where it is not "Fake error"; by dialect where they differ
    "unsupported_param": "Unsupported parameter: 'temperature' is not supported with this model.",
    "forbidden": "Your project has no access here.",
    "payment": "Payment required.",
    "bad_setting": "Invalid 'max_tokens': integer above maximum value.",
    "bad_setting anthropic": "max_tokens: 200000 > 8192, which is the maximum allowed number of output tokens.",
    "bad_setting gemini": "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), 9999999999",
    "quota": GOOGLE_QUOTA,
    "quota anthropic": "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    "wrong_key openai": "Incorrect API key provided: sk-ab***yz.",
    "wrong_key gemini": "API key not valid. Please pass a valid API key.",
    "wrong_key anthropic": "invalid x-api-key",
    "blocked openai": "Your request was rejected as a result of our safety system.",
    "blocked anthropic": "Output blocked by content filtering policy",
}


def text_of(value: Any) -> str:
    """The text in a message, a part or a list of them, in any dialect."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_of, value)))
    if isinstance(value, dict):
        return text_of(next((value[name] for name in ("content", "parts", "text") if name in value), None))
    return value if isinstance(value, str) else ""


def turns_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Role and text of each message, the system prompt first; empty if there is no message."""
    messages = body.get("messages") or body.get("contents") or []
    system = [body[name] for name in ("system", "systemInstruction", "system_instruction") if name in body]
    turns = [(str(turn.get("role", "user")), text_of(turn)) for turn in messages if isinstance(turn, dict)]
    return [("system", text_of(system)), *turns] if turns else []


def _logprobs(reply: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of the first token, by the rule's `logprobs`: each token's natural log-probability."""
    listed = reply.get("logprobs")
    if listed is None:
        return None
    tokens = [{"token": token, "logprob": value, "bytes": None} for token, value in listed.items()]
    return {"content": [{**tokens[0], "top_logprobs": tokens}], "refusal": None}


def reply_body(call: Mapping[str, Any], reply: Mapping[str, Any]) -> dict[str, Any]:
    """A reply in the shape of its dialect; without text it has no content."""
    text, thinking, refusal, model = (reply.get(name) for name in ("text", "thinking", "refusal", "model"))
    finish, asked, said = reply.get("finish", "stop"), call["words"], len((text or "").split())
    if call["dialect"] == "openai":
        message = {"role": "assistant", "content": text, "refusal": refusal, "reasoning_content": thinking}
        usage = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
        choices = [{"index": 0, "message": message, "finish_reason": finish, "logprobs": _logprobs(reply)}]
        head = {"id": f"chatcmpl-{call['n']}", "object": "chat.completion", "created": int(time.time())}
        return {**head, "model": model, "choices": choices, "usage": usage}
    finish = "content_filter" if refusal else finish
    parts = [] if text is None else [{"text": text}]
    if call["dialect"] == "gemini":
        return _gemini(reply, [{"text": thinking, "thought": True}, *parts] if thinking else parts, (asked, said))
    content = [{"type": "thinking", "thinking": thinking, "signature": ""}] if thinking else []
    content += [{"type": "text", **part} for part in parts]
    usage = {"input_tokens": asked, "output_tokens": said}
    head = {"id": f"msg_{call['n']}", "type": "message", "role": "assistant", "model": model}
    return {**head, "content": content, "stop_reason": ANTHROPIC_FINISH.get(finish), "usage": usage}


def _gemini(reply: Mapping[str, Any], parts: list[dict[str, Any]], tokens: tuple[int, int]) -> dict[str, Any]:
    """As Google does: what is filtered has no content at all, what is cut off while thinking has no parts."""
    finish = "content_filter" if reply.get("refusal") else reply.get("finish", "stop")
    usage = {"promptTokenCount": tokens[0], "candidatesTokenCount": tokens[1], "totalTokenCount": sum(tokens)}
    head = {"usageMetadata": usage, "modelVersion": reply.get("model")}
    if reply.get("blocked"):
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **head}
    candidate: dict[str, Any] = {"index": 0, "finishReason": GEMINI_FINISH.get(finish)}
    if parts or finish != "content_filter":
        candidate["content"] = {"role": "model", **({"parts": parts} if parts else {})}
    return {"candidates": [candidate], **head}


def error_body(dialect: str, kind: str, fault: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of an error as that vendor words it."""
    status, code, error_type, gemini_status = ERRORS[kind]
    message = WORDS.get(f"{kind} {dialect}") or WORDS.get(kind) or f"Fake error: {code}."
    if (dialect, kind) == ("anthropic", "quota"):
        status, error_type = 400, "invalid_request_error"
    if (dialect, kind) == ("gemini", "wrong_key"):
        status, gemini_status = 400, "INVALID_ARGUMENT"
    error: dict[str, Any] = {"message": message, "type": error_type, "status": gemini_status}
    error |= {"code": status if dialect == "gemini" else code, "param": None}
    if "retry_info" in fault or (dialect, kind) == ("gemini", "quota"):  # Google's OpenAI-compatible server, too
        wait = str(fault.get("retry_info", "31s"))
        error |= {"message": f"{GOOGLE_QUOTA} Please retry in {wait}.", "details": _google_quota(kind, wait)}
    return status, {"type": "error", "error": error}


def _google_quota(kind: str, wait: str) -> list[dict[str, Any]]:
    span = "Day" if kind == "quota" else "Minute"
    violation = {"quotaId": f"GenerateRequestsPer{span}PerProjectPerModel-FreeTier", "quotaValue": "10"}
    return [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": wait},
    ]

"""What servers send, as raw HTTP, with what must come of it; tests/test_reply_table.py holds both lanes to it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from providers.errors import Permanent, ProviderError, Transient


def http(body: Any, status: str = "200 OK", *, kind: str = "application/json", extra: bytes = b"") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n".encode()
    return head + extra + b"Connection: close\r\n\r\n" + raw


def chat(content: Any, finish: Any = "stop", **message: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice], "usage": usage}


def events(*deltas: dict[str, Any], finish: str | None = "stop", done: bool = True) -> bytes:
    chunks: list[dict[str, Any]] = [
        {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}] if finish else []
    chunks += [{"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 7}}]
    lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return (": keep-alive\n\n" + lines + ("data: [DONE]\n\n" if done else "")).encode()


BODY = json.dumps(chat("Answer: joy")).encode()
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n"
)
THOUGHT = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Answer: joy"}]


class Row(NamedTuple):
    """What a server sends, and what must come of it: (text, thinking, finish), or an error's class and kind."""

    sent: bytes
    expected: tuple[str, str, str] | tuple[type[ProviderError], str]
    words: str = ""
    again: bytes = b""
    """Sent to the second call; the table then holds what came of that one."""


JOY = ("Answer: joy", "", "stop")
BAD = "400 Bad Request"
ROWS = {
    "a plain reply": Row(http(chat("Answer: joy")), JOY),
    "201 Created": Row(http(chat("Answer: joy"), "201 Created"), JOY),
    "content as one text part": Row(http(chat([{"type": "text", "text": "Answer: joy"}])), JOY),
    "thinking and text parts": Row(http(chat(THOUGHT)), ("Answer: joy", "hm", "stop")),
    "length": Row(http(chat("Ans", "length")), ("Ans", "", "length")),
    "model_length": Row(http(chat("Ans", "model_length")), ("Ans", "", "length")),
    "MAX_TOKENS": Row(http(chat("Ans", "MAX_TOKENS")), ("Ans", "", "length")),
    "max_output_tokens": Row(http(chat("Ans", "max_output_tokens")), ("Ans", "", "length")),
    "SAFETY": Row(http(chat("", "SAFETY")), ("", "", "refused")),
    "Content_Filter": Row(http(chat("", "Content_Filter")), ("", "", "refused")),
    "refusal as an ending": Row(http(chat("No.", "refusal")), ("No.", "", "refused")),
    "eos": Row(http(chat("Answer: joy", "eos")), JOY),
    "END_TURN": Row(http(chat("Answer: joy", "END_TURN")), JOY),
    "an ending that is null": Row(http(chat("Answer: joy", None)), JOY),
    "error as an ending": Row(http(chat("Ans", "error")), (Transient, "server")),
    "a stream that nobody asked for": Row(
        http(events({"content": "Answer"}, {"content": ": joy"}), kind="text/event-stream"), JOY
    ),
    "a stream with thinking": Row(
        http(
            events({"reasoning_content": "h"}, {"reasoning_content": "m"}, {"content": "Answer: joy"}),
            kind="text/event-stream; charset=utf-8",
        ),
        ("Answer: joy", "hm", "stop"),
    ),
    "a stream that is cut off by length": Row(
        http(events({"content": "Ans"}, finish="length"), kind="text/event-stream"), ("Ans", "", "length")
    ),
    "a stream that breaks off": Row(
        http(events({"content": "Ans"}, finish=None, done=False), kind="text/event-stream"), (Transient, "connection")
    ),
    "a stream with an error in it": Row(
        http(b'data: {"error": {"message": "Insufficient credits", "code": 402}}\n\n', kind="text/event-stream"),
        (Permanent, "quota"),
        "Insufficient credits",
    ),
    "only streams": Row(
        http(
            {
                "error": {
                    "code": "invalid_parameter_error",
                    "message": "This model only support stream mode, please "
                    "enable the stream parameter to access the model. ",
                }
            },
            BAD,
        ),
        JOY,
        again=http(events({"content": "Answer: joy"}), kind="text/event-stream"),
    ),
    "no credit, as 200": Row(
        http({"error": {"message": "Insufficient credits. Add more", "code": 402}}), (Permanent, "quota"), "Add more"
    ),
    "upstream down, as 200": Row(
        http({"id": "g", "error": {"message": "Upstream error: it is down", "code": 502}}),
        (Transient, "server"),
        "it is down",
    ),
    "rate limit, as 200": Row(
        http({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}), (Transient, "rate_limit"), "slow down"
    ),
    "wrong key, as 200": Row(
        http({"error": {"message": "bad token", "type": "authentication_error"}}),
        (Permanent, "unauthorized"),
        "bad token",
    ),
    "no such model, as 200": Row(
        http({"object": "error", "message": "The model x does not exist.", "type": "NotFoundError", "code": 404}),
        (Permanent, "not_found"),
        "does not exist",
    ),
    "MiniMax's error, as 200": Row(
        http({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
        (Permanent, "quota"),
        "insufficient balance",
    ),
    "an error in the choice": Row(
        http(
            {
                "choices": [
                    {
                        "error": {"code": 502, "message": "Provider fell over"},
                        "finish_reason": "error",
                        "message": {"content": ""},
                    }
                ]
            }
        ),
        (Transient, "server"),
        "fell over",
    ),
    "an empty object": Row(http({}), (Transient, "bad_response")),
    "a list": Row(http([]), (Transient, "bad_response")),
    "no JSON": Row(http(b"<html>busy</html>", kind="text/html"), (Transient, "bad_response")),
    "a filter that only the code names": Row(
        http({"error": {"message": "No.", "type": "invalid_request_error", "code": "content_filter"}}, BAD),
        ("No.", "", "refused"),
    ),
    "an empty account that only the code names": Row(
        http({"error": {"message": "No.", "code": "insufficient_quota"}}, "429 Too Many Requests"),
        (Permanent, "quota"),
    ),
    "a question too long that only the code names": Row(
        http({"error": {"message": "No.", "type": "invalid_request_error", "code": "context_length_exceeded"}}, BAD),
        (Permanent, "too_large"),
    ),
    "408": Row(http({"error": {"message": "timed out"}}, "408 Request Timeout"), (Transient, "server")),
    "409": Row(http({"error": {"message": "conflict"}}, "409 Conflict"), (Transient, "server")),
    "425": Row(http({"error": {"message": "too early"}}, "425 Too Early"), (Transient, "server")),
    "499": Row(http({"error": {"message": "closed"}}, "499 Client Closed Request"), (Transient, "server")),
    "--max-tokens beyond the context": Row(
        http(
            {
                "object": "error",
                "message": "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's "
                "maximum context length is 4096 tokens and your request has 41 input tokens (8192 > 4096 - 41).",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
            BAD,
        ),
        (Permanent, "setting"),
        "lower --max-tokens: with this question 4,055 fit",
    ),
    "messages and completion beyond the context": Row(
        http(
            {
                "error": {
                    "message": "This model's maximum context length is 4096 tokens. However, you requested "
                    "8233 tokens (41 in the messages, 8192 in the completion).",
                    "code": "context_length_exceeded",
                }
            },
            BAD,
        ),
        (Permanent, "setting"),
        "lower --max-tokens",
    ),
    "a question beyond the context": Row(
        http(
            {
                "error": {
                    "message": "This model's maximum context length is 4096 tokens. However, your messages "
                    "resulted in 9000 tokens.",
                    "code": "context_length_exceeded",
                }
            },
            BAD,
        ),
        (Permanent, "too_large"),
    ),
    "a line of 9,000 bytes in the head": Row(http(chat("Answer: joy"), extra=b"X-Policy: %b\r\n" % (b"a" * 9000)), JOY),
    "150 headers": Row(http(chat("Answer: joy"), extra=b"".join(b"X-%d: a\r\n" % n for n in range(150))), JOY),
    "brotli, unasked": Row(
        http(b"\x1b\x02\x00", extra=b"Content-Encoding: br\r\n"), (Transient, "bad_response"), "packed as br"
    ),
    "zstd, unasked": Row(
        http(b"\x28\xb5\x2f\xfd", extra=b"Content-Encoding: zstd\r\n"), (Transient, "bad_response"), "packed as zstd"
    ),
    "chunked beside a length": Row(
        CHUNKED % len(BODY) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        JOY,
        again=CHUNKED % len(BODY) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    ),
}

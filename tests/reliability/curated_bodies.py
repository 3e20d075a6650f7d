"""What servers send, written case by case, with what must be made of it: replies, usage, failures, waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from providers.chat import reply_of, usage_of
from providers.errors import ProviderError
from providers.failures import failure_of, refusal_of, seconds_of, wait_in
from providers.records import Usage

Made = Callable[[], Any]


class Curated(NamedTuple):
    """One call, and what it must give."""

    name: str
    make: Made
    wanted: Any


def _reply(body: Any) -> Any:
    try:
        reply = reply_of(body, model="m", seconds=0)
    except ProviderError as error:
        return error.kind
    return reply.text, reply.thinking, reply.finish


def _chat(message: Any, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish}]} | more


DEEP: Any = []
for _ in range(5000):
    DEEP = [DEEP]
REPLIES: list[tuple[Any, Any]] = [
    (_chat({"content": "sad"}), ("sad", "", "stop")),
    (_chat({"content": " \n"}), (" \n", "", "stop")),
    (_chat({"content": ""}), ("", "", "stop")),
    (_chat({"content": None}), ("", "", "stop")),
    (_chat({}), ("", "", "stop")),
    (_chat({"content": "\ud800\x00"}), ("\ud800\x00", "", "stop")),
    (_chat({"content": "a", "reasoning_content": "b"}), ("a", "b", "stop")),
    (_chat({"content": "a", "reasoning": "c"}), ("a", "c", "stop")),
    (_chat({"content": "a", "reasoning": None}), ("a", "", "stop")),
    (_chat({"content": "a"}, "length"), ("a", "", "length")),
    (_chat({"content": "a"}, "max_tokens"), ("a", "", "length")),
    (_chat({"content": "a"}, "content_filter"), ("a", "", "refused")),
    (_chat({"content": "a"}, "sensitive"), ("a", "", "refused")),
    (_chat({"content": "a"}, "tool_calls"), ("a", "", "stop")),
    (_chat({"content": "a"}, None), ("a", "", "stop")),
    (_chat({"content": "a"}, 3), ("a", "", "stop")),
    (_chat({"content": "a"}, "LENGTH"), ("a", "", "length")),
    (_chat({"content": None, "refusal": "No."}), ("No.", "", "refused")),
    (_chat({"content": "a", "refusal": "No."}), ("a", "", "refused")),
    (_chat({"content": "a", "refusal": ""}), ("a", "", "stop")),
    (_chat({"content": None, "provider_specific_fields": {"refusal": "No."}}), ("No.", "", "refused")),
    (_chat({"content": "a", "provider_specific_fields": None}), ("a", "", "stop")),
    (_chat({"content": "a"}, model=["m"], usage=[]), ("a", "", "stop")),
    (_chat({"content": "a"}, "error"), "server"),
    (_chat({"content": "a"}, "abort"), "server"),
    (_chat({"content": "a"}, "network_error"), "server"),
    (_chat({"content": ["a"]}), ("a", "", "stop")),
    (_chat({"content": 3}), "bad_response"),
    (_chat({"content": {"text": "a"}}), "bad_response"),
    (_chat({"content": DEEP}), "bad_response"),
    (_chat({"content": "a", "reasoning": ["b"]}), "bad_response"),
    (_chat("a"), "bad_response"),
    (_chat(None), "bad_response"),
    (_chat(["a"]), "bad_response"),
    (_chat({"content": "a", "provider_specific_fields": "x"}), "bad_response"),
    ({"choices": []}, "bad_response"),
    ({"choices": None}, "bad_response"),
    ({"choices": {}}, "bad_response"),
    ({"choices": [None]}, "bad_response"),
    ({"choices": "a"}, "bad_response"),
    ({}, "bad_response"),
    ([], "bad_response"),
    (None, "bad_response"),
    ("a", "bad_response"),
    (3, "bad_response"),
    ({"error": "x"}, "server"),
]
COUNTS: list[tuple[Any, int]] = [
    (0, 0), (7, 7), (10**12, 10**12), (10**12 + 1, 0), (10**400, 0), (-1, 0), (-(10**400), 0), (True, 0), (1.0, 0),
    (7.5, 0), (float("nan"), 0), (float("inf"), 0), ("7", 0), (None, 0), ([7], 0), ({"n": 7}, 0),
]  # fmt: skip
NO_USAGE: list[Any] = [None, [], "7", 7, {}, {"prompt_tokens_details": 3, "completion_tokens_details": []}]
FAILURES: list[tuple[int, str, str]] = [
    (429, "", "rate_limit"),
    (429, '{"error": {"message": "slow down"}}', "rate_limit"),
    (429, '{"error": {"code": "insufficient_quota"}}', "quota"),
    (429, "You exceeded your current quota, check your plan and billing", "quota"),
    (429, "billing ... quotaId: GenerateRequestsPerMinutePerProject", "rate_limit"),
    (429, "billing ... PerMinute ... PerDay", "quota"),
    (429, "billing. Please retry in 32.5s", "rate_limit"),
    (400, "Your credit balance is too low", "quota"),
    (403, "BILLING is not enabled", "quota"),
    (402, "spend limit", "quota"),
    (500, "billing", "server"),
    (500, "Overloaded", "overloaded"),
    (503, "", "overloaded"),
    (529, "{}", "overloaded"),
    (502, "<html>Bad Gateway</html>", "server"),
    (408, "", "server"),
    (401, "no key", "unauthorized"),
    (403, "no", "unauthorized"),
    (404, "no such model", "not_found"),
    (400, "Unsupported parameter: temperature", "not_supported"),
    (400, "[" * 100_000, "bad_request"),
    (400, '{"error": ' * 20_000, "bad_request"),
    (400, '{"error": ' + "9" * 5000 + "}", "bad_request"),
    (400, '{"error": null}', "bad_request"),
    (400, '{"error": NaN}', "bad_request"),
    (400, "\x00\ud800", "bad_request"),
    (418, "", "bad_request"),
]
REFUSALS: list[tuple[int, str, str | None]] = [
    (400, '{"error": {"code": "content_filter", "message": "No."}}', "No."),
    (403, "CONTENT_FILTER", "CONTENT_FILTER"),
    (422, "content_policy_violation", "content_policy_violation"),
    (400, "ResponsibleAIPolicyViolation", "ResponsibleAIPolicyViolation"),
    (500, "content_filter", None),
    (429, "content_filter", None),
    (200, "content_filter", None),
    (400, "content", None),
    (400, "", None),
]
WAITS: list[tuple[str, str | None]] = [
    ('"retryDelay": "32s"', "32"),
    ('retryDelay:"1.5s', "1.5"),
    ("Please retry in 32.57s.", "32.57"),
    ("retry in 5 s", None),
    ("retry in -5s", None),
    ("retry in 1e9s", None),
    ("retry in infs", None),
    ("retry in 9999999s", None),
    ('"retryDelay": 32', None),
    ("", None),
]
SECONDS: list[tuple[str | None, float | None]] = [
    ("0", 0), ("32", 32), (" 32 ", 32), ("1.5", 1.5), ("1e1", 10), ("-5", 0), ("-0", 0), ("99999", 99999),
    ("inf", None), ("-inf", None), ("Infinity", None), ("nan", None), ("1e999", None), ("1_0", None), ("_", None),
    ("", None), (" ", None), (None, None), ("soon", None), ("5 s", None), ("0x10", None), ("1,5", None),
    ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct 2015 07:28:00 GMT", None), ("1; 2", None),
    ("Wed, 21 Oct 99999 07:28:00 GMT", None), ("\x00", None), ("9" * 400, None),
]  # fmt: skip


def _counted(value: Any) -> list[int]:
    details = {
        "completion_tokens_details": {"reasoning_tokens": value},
        "prompt_tokens_details": {"cached_tokens": value},
    }
    used = usage_of({"prompt_tokens": value, "completion_tokens": value} | details)
    return [used.input_tokens, used.output_tokens, used.reasoning_tokens, used.cached_tokens]


def _failed(status: int, text: str) -> str:
    return failure_of(status, text, model="m").kind


def _refused(status: int, text: str) -> str | None:
    reply = refusal_of(status, text, seconds=0)
    return reply.text if reply else None


def body_cases() -> list[Curated]:
    """All of them."""
    return [
        *(Curated(f"reply {_short(body)}", partial(_reply, body), wanted) for body, wanted in REPLIES),
        *(Curated(f"count {_short(value)}", partial(_counted, value), [n] * 4) for value, n in COUNTS),
        *(Curated(f"usage {_short(body)}", partial(usage_of, body), Usage()) for body in NO_USAGE),
        *(Curated(f"failure {status} {text}", partial(_failed, status, text), kind) for status, text, kind in FAILURES),
        *(
            Curated(f"refusal {status} {text}", partial(_refused, status, text), said)
            for status, text, said in REFUSALS
        ),
        *(Curated(f"wait {text}", partial(wait_in, text), wanted) for text, wanted in WAITS),
        *(Curated(f"seconds {text}", partial(seconds_of, text), wanted) for text, wanted in SECONDS),
    ]


def _short(value: Any) -> str:
    """A name of its own for each case; what json cannot write is named by its kind."""
    try:
        return json.dumps(value)[:500]
    except (RecursionError, ValueError):
        return type(value).__name__ + " that cannot be written"

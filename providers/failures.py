"""Which error a server's refusal is: by its HTTP status, by the code and words of its body, or by an error sent as 200.

Pure: it opens no connection. Both lanes read refusals here, so that the same words are the same failure in each.
"""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from providers.errors import Permanent, ProviderError, Transient
from providers.records import Reply

LONGEST_MESSAGE = 300
ONLY_STREAMS = "stream"
"""Kind of the refusal of a model that answers only as a stream: the lanes ask once more, and so."""
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
_RETRIED = {
    408: "server",
    409: "server",
    425: "server",
    429: "rate_limit",
    499: "server",
    503: "overloaded",
    529: "overloaded",
}
"""Of a 4xx that passes by itself: time out, conflict, too early, closed by a gateway."""
_ONLY_STREAMS = re.compile(r"only\W{1,3}supports?\W{1,3}stream|(?:enable|set)\b[^.]{0,30}\bstream\b", re.IGNORECASE)
_CONTEXT = re.compile(
    r"(?:context (?:length|window|size)|maximum context|n_ctx|max_model_len)[^0-9.;]{0,60}?(\d{2,9})", re.IGNORECASE
)
_QUESTION = re.compile(
    r"(\d{1,9}) (?:input tokens|tokens? (?:in|from) the (?:messages|prompt|input)|in the (?:messages|prompt|input))",
    re.IGNORECASE,
)
_CODES = {
    "insufficient_quota": 402, "insufficient_balance": 402, "billing_hard_limit_reached": 402,
    "rate_limit_exceeded": 429, "rate_limit_error": 429, "ratelimiterror": 429, "too_many_requests": 429,
    "resource_exhausted": 429, "throttling": 429,
    "invalid_api_key": 401, "authentication_error": 401, "authenticationerror": 401, "unauthorized": 401,
    "unauthenticated": 401, "permission_denied": 403, "permission_error": 403,
    "model_not_found": 404, "not_found": 404, "notfounderror": 404, "not_found_error": 404,
    "context_length_exceeded": 400, "invalid_request_error": 400, "badrequesterror": 400,
    "invalid_parameter_error": 400, "invalidparameter": 400, "invalid_argument": 400, "unprocessableentityerror": 422,
    "server_error": 500, "internal_error": 500, "internal_server_error": 500, "internalservererror": 500,
    "api_error": 500, "internal": 500, "unavailable": 503, "service_unavailable": 503, "overloaded_error": 529,
    "overloaded": 529, "upstream_error": 502, "timeout": 504, "deadline_exceeded": 504,
}  # fmt: skip
"""What HTTP status an error's own code or type stands for, where a server sends it with another one."""
_PER_MINUTE = ("perminute", "per minute", "retryinfo", "retrydelay", "please retry in")
"""Gemini words a limit per minute as an exceeded quota, and says when to come back."""
_FILTERED = ("content_filter", "content_policy_violation", "responsibleaipolicyviolation")


def refusal_of(status: int, text: str, *, seconds: float) -> Reply | None:
    """A content filter that answers with an error: the question was declined, which is a reply and no failure."""
    if status not in (400, 403, 422) or not any(word in text.lower() for word in _FILTERED):
        return None
    return Reply(text=_message_in(text), finish="refused", seconds=seconds)


def failure_of(
    status: int, text: str, *, model: str, retry_after: str | None = None, said: str | None = None
) -> ProviderError:
    """Which error an HTTP status and its body are; money that is gone is Permanent even as a 429.

    `said` is the message, where the body came with another status than the one it stands for.
    """
    message = said or f"HTTP {status}: {_message_in(text)}"
    lowered = text.lower()
    passing = status == 429 and any(word in lowered for word in _PER_MINUTE) and "perday" not in lowered
    broke = any(word in lowered for word in _NO_MORE_MONEY) and status in (400, 403, 429) and not passing
    if broke or status == 402:
        mend = "pay in or raise the limit at the vendor"
        return Permanent(f"{message} ({mend})", model=model, kind="quota")
    kind = _RETRIED.get(status)
    if kind is None and status >= 500:
        kind = "overloaded" if "overloaded" in lowered else "server"
    if kind is not None:
        return Transient.of(message, model=model, kind=kind, retry_after=seconds_of(retry_after))
    return _lasting(status, message, lowered, model=model)


def _lasting(status: int, message: str, lowered: str, *, model: str) -> Permanent:
    """A 4xx, with what mends it: of the key, the name, one question, a setting that all questions have, or unknown."""
    if _ONLY_STREAMS.search(message):
        return Permanent(f"{message} (the model answers only as a stream)", model=model, kind=ONLY_STREAMS)
    if status in (401, 403) or (status == 400 and any(word in lowered for word in _WRONG_KEY)):
        return Permanent(f"{message} (is the key right?)", model=model, kind="unauthorized")
    if status == 404 or (status in (400, 422) and _NO_MODEL.search(message)):
        return Permanent(f"{message} (is the model's name, or the base URL, right?)", model=model, kind="not_found")
    if status == 407:
        text = "HTTP 407: the proxy wants a user and a password: write them into the variable that names it"
        return Permanent(text, model=model, kind="unauthorized")
    if 300 <= status < 400:
        text = f"HTTP {status}: the server sends the call on to another address: give that one as --base-url"
        return Permanent(text, model=model, kind="not_found")
    reply = _reply_beyond(message, lowered)
    if reply:
        return Permanent(f"{message} ({reply})", model=model, kind="setting")
    if status == 413 or any(word in lowered for word in _TOO_LONG):
        return Permanent(message, model=model, kind="too_large")
    mend = "--temperature none, --top-p none, ..."
    if "unsupported" in lowered and "parameter" in lowered:
        return Permanent(f"{message} (leave that setting out: {mend})", model=model, kind="not_supported")
    if _SETTINGS.search(message):
        return Permanent(f"{message} (change that setting, or leave it out: {mend})", model=model, kind="setting")
    return Permanent(message, model=model, kind="bad_request")


def _reply_beyond(message: str, lowered: str) -> str:
    """The mend where not the question but the reply that --max-tokens allows is beyond the context; "" otherwise."""
    named = "max_tokens" in lowered or "max_completion_tokens" in lowered or "in the completion" in lowered
    context, question = _CONTEXT.search(message), _QUESTION.search(message)
    fits = context is not None and question is not None and int(question[1]) < int(context[1])
    if not fits and not (named and "too large" in lowered):
        return ""
    room = f": with this question {int(context[1]) - int(question[1]):,} fit" if context and question and fits else ""
    return f"lower --max-tokens{room}"


def failure_in(body: Any, *, model: str) -> ProviderError | None:
    """The failure that a body is which came with a status of success; None where it is none.

    `{"error": ...}` and its kin: OpenRouter, vLLM and its forks, FastAPI, MiniMax, DashScope. Its code is read as the
    HTTP status that it stands for; one that says nothing may pass, and may have been charged.
    """
    said = _error_of(body)
    if said is None:
        return None
    status = said.status
    if status is None:
        message = f"the server answers with an error: {said.message}"
        return Transient.of(message, model=model, kind="server", maybe_billed=True)
    shown = f"error {said.shown or status}: {said.message}"
    return failure_of(status, json.dumps(body), model=model, said=shown)


def error_in(body: Any) -> tuple[int, str] | None:
    """(HTTP status, message) that a body stands for which came with a status of success; None where it is none."""
    said = _error_of(body)
    return None if said is None else (said.status or 500, said.message)


class _Said(NamedTuple):
    """An error as a server writes it."""

    message: str
    codes: tuple[Any, ...] = ()
    shown: str = ""

    @property
    def status(self) -> int | None:
        """The HTTP status that it stands for: by its codes, else 400 where its words tell a lasting failure."""
        found = (_status_of(code) for code in self.codes)
        known = next((status for status in found if status is not None), None)
        return 400 if known is None and _speaks_of_more(self.message) else known


def _error_of(body: Any, depth: int = 0) -> _Said | None:
    """The error within a body: under `error`, `errors` or the first choice, or the body itself."""
    if not isinstance(body, dict) or depth > 2:
        return None
    if body.get("choices"):
        first = body["choices"][0] if isinstance(body["choices"], list) else None
        inner = first.get("error") if isinstance(first, dict) else None
        return _error_of({"error": inner}, depth + 1) if inner else None
    error = body.get("error") or (body.get("errors") if isinstance(body.get("errors"), list) else None)
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, str):
        return _said(error, body)
    if isinstance(error, dict):
        inner = _error_of(error, depth + 1) if "message" not in error else None
        return inner or _said(error.get("message") or json.dumps(error), error)
    base = body.get("base_resp")
    if isinstance(base, dict) and base.get("status_code"):
        return _said(base.get("status_msg"), {"code": base["status_code"]})
    if body.get("object") == "error" or (body.get("message") and ("code" in body or "type" in body)):
        return _said(body.get("message"), body)
    if body.get("detail") and "choices" not in body:
        return _said(body["detail"], body)
    return None


def _said(message: Any, error: Mapping[str, Any]) -> _Said:
    text = message if isinstance(message, str) else json.dumps(message)
    codes = tuple(error.get(name) for name in ("code", "status", "status_code", "type"))
    shown = next(
        (str(code)[:40] for code in codes if isinstance(code, int | str) and code not in ("", True, False)), ""
    )
    return _Said(_one_line(text), codes, shown)


def _status_of(code: Any) -> int | None:
    """400 to 599 as a number or as digits, or a code in words."""
    if isinstance(code, bool):
        return None
    if isinstance(code, int):
        return code if 400 <= code <= 599 else None
    if not isinstance(code, str):
        return None
    word = code.strip().lower()
    return int(word) if re.fullmatch(r"[45]\d\d", word) else _CODES.get(word)


def _speaks_of_more(message: str) -> bool:
    """Whether the words alone tell a lasting failure: key, money, model, or the question's length."""
    lowered = message.lower()
    words = (*_NO_MORE_MONEY, *_WRONG_KEY, *_TOO_LONG)
    return any(word in lowered for word in words) or bool(_NO_MODEL.search(message) or _ONLY_STREAMS.search(message))


def _one_line(text: str) -> str:
    return " ".join(text[: LONGEST_MESSAGE * 20].split())[:LONGEST_MESSAGE] or "(no words)"


def _message_in(text: str) -> str:
    """The vendor's own sentence, which may stand in JSON within a library's; else the whole text."""
    try:
        body, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
        said = _error_of(body)
        if said is not None:
            return said.message
    except (ValueError, TypeError, RecursionError):
        pass
    return _one_line(text) if text.split() else "(empty body)"


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

"""A chat completion that a server sends as a stream of events, put together as one body. Pure.

Some servers answer only so (`stream: true`), others do it unasked. The events are those of the OpenAI protocol:
`data: {"choices": [{"delta": {...}}]}` lines, ended by `data: [DONE]` (WHATWG HTML, 9.2: server-sent events).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from providers.chat import split_parts
from providers.errors import Transient

STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
"""What a request says beside its body, to be answered as a stream that ends with the count of tokens."""
_BREAK = re.compile(r"\r\n|\n|\r")
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def is_stream(raw: bytes | bytearray, content_type: str) -> bool:
    """Whether a body is a stream of events, by its type or by how it begins."""
    begins = raw[:64].lstrip().lower()
    return "event-stream" in content_type.lower() or begins.startswith((b"data:", b"event:"))


def completion_of(raw: bytes | bytearray, *, model: str) -> Any:
    """The body that the same server would have sent in one piece; an error within the stream is its whole body.

    Raises Transient (bad_response) for events that are not JSON, and for a stream that breaks off.
    """
    whole: dict[str, Any] = {}
    texts: dict[str, list[str]] = {}
    listed: list[Any] = []
    ending: Any = None
    closed = False
    for data in _events(raw):
        if data == "[DONE]":
            closed = True
            continue
        event = _parsed(data, model)
        if event.get("error") or event.get("object") == "error":
            return event
        whole |= {name: event[name] for name in ("id", "model", "usage") if event.get(name)}
        choice = _first(event)
        ending = choice.get("finish_reason") or ending
        _add(texts, choice)
        listed += _logprobs(choice)
    if ending is None and not closed:
        text = "the reply's stream broke off before its end"
        raise Transient.of(text, model=model, kind="connection", maybe_billed=True)
    if not texts and ending is None:
        raise Transient.of("the reply's stream holds nothing", model=model, kind="bad_response", maybe_billed=True)
    message = {name: "".join(parts) for name, parts in texts.items()}
    choice = {"index": 0, "message": message, "finish_reason": ending}
    choice |= {"logprobs": {"content": listed}} if listed else {}
    return whole | {"choices": [choice]}


def _events(raw: bytes | bytearray) -> Iterator[str]:
    """The data of each event; several data lines of one are joined by line breaks, other fields are passed over."""
    lines: list[str] = []
    for line in [*_BREAK.split(bytes(raw).decode("utf-8", "replace")), ""]:
        if not line.strip():
            if lines:
                yield "\n".join(lines).strip()
            lines = []
        elif line.startswith("data:"):
            if len(lines) == 1 and _is_whole(lines[0]):  # a server that leaves the empty line out
                yield lines.pop()
            lines.append(line[5:].strip())


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text == "[DONE]"
    return True


def _parsed(data: str, model: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        text = "an event of the reply's stream is not JSON"
        raise Transient.of(text, model=model, kind="bad_response", maybe_billed=True) from error
    return event if isinstance(event, dict) else {}


def _first(event: dict[str, Any]) -> dict[str, Any]:
    """The event's first choice; those of other indices are other replies, which nobody asked for."""
    choices = event.get("choices")
    found = choices if isinstance(choices, list) else []
    return next((item for item in found if isinstance(item, dict) and item.get("index", 0) in (0, None)), {})


def _add(texts: dict[str, list[str]], choice: dict[str, Any]) -> None:
    delta = choice.get("delta") or choice.get("message")
    if not isinstance(delta, dict):
        return
    for name in _TEXTS:
        text, thinking = split_parts(delta.get(name))
        if text:
            texts.setdefault(name, []).append(text)
        if thinking:
            texts.setdefault("reasoning_content", []).append(thinking)


def _logprobs(choice: dict[str, Any]) -> list[Any]:
    found = choice.get("logprobs")
    content = found.get("content") if isinstance(found, dict) else None
    return content if isinstance(content, list) else []

"""What LiteLLM really sent and what really came back, told by its own log hook.

A part that it removed on the way is found out for every vendor, those too whose bodies nobody has looked at.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_TAIL = 64
"""Characters of a file's base64 that are compared, beside its length."""


class Witness:
    """Of one call: LiteLLM calls it with its record before the request and after the reply."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._sent: Any = None
        self._came: Any = None

    def __call__(self, details: Mapping[str, Any]) -> None:
        """LiteLLM's logger_fn."""
        sent = (details.get("additional_args") or {}).get("complete_input_dict")
        self._sent = _parsed(sent) or self._sent
        came = details.get("original_response")
        self._came = _parsed(came) if isinstance(came, str | bytes) else self._came

    @property
    def saw(self) -> bool:
        """Whether LiteLLM said what it sends: some of its roads do not."""
        return self._sent is not None

    def lost(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Types of the parts of our body that are not in what was sent."""
        if not self.saw:
            return ()
        there = Counter(map(_mark, _strings(self._sent)))
        missing = []
        for part in _parts(body):
            mark = _mark(max(_strings(part), key=len))
            if there[mark] == 0:
                missing.append(str(part["type"]))
            there[mark] -= 1
        return tuple(dict.fromkeys(missing))

    def lost_schema(self, schema: str) -> bool:
        """Whether the fields of our JSON schema are nowhere in what was sent."""
        fields = json.loads(schema).get("properties")
        return self.saw and all(set(node.get("properties") or ()) != set(fields or ()) for node in _nodes(self._sent))

    def ending(self) -> str | None:
        """Why the model stopped, in the vendor's own word: LiteLLM calls a reply that it cannot place finished."""
        came = _mapping(self._came)
        first = _first(came.get("candidates")) or _first(came.get("choices"))
        words = (
            _mapping(came.get("promptFeedback")).get("blockReason"),
            came.get("stop_reason"),
            first.get("finishReason"),
            first.get("finish_reason"),
        )
        return next((word for word in words if isinstance(word, str)), None)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: Any) -> dict[str, Any]:
    return _mapping(value[0]) if isinstance(value, list) and value else {}


def _parsed(value: Any) -> Any:
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _parts(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for message in body["messages"]:
        if isinstance(message["content"], list):
            yield from (part for part in message["content"] if part["type"] != "text")


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list | tuple):
            waiting.extend(node)


def _strings(value: Any) -> Iterator[str]:
    for node in _nodes(value):
        for inner in node.values():
            yield from (
                text for text in (inner if isinstance(inner, list | tuple) else [inner]) if isinstance(text, str)
            )


def _mark(text: str) -> tuple[int, str]:
    """Length and end of what stands behind a data URI's head: a clip's 20 MB are not compared letter by letter."""
    start = text.rfind(",") + 1
    return len(text) - start, text[max(start, len(text) - _TAIL) :]

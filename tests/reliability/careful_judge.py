"""A judge that reads as careful as the system text asks, and no more: it obeys the first verdict outside the marks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from scripted import Scripted

from providers.records import Reply, Request

HONEST = 0.5
_OPEN = re.compile(r"<<<([A-Z]+-[0-9a-f]+)\n")
_SCORE = re.compile(
    r'"score"\s*:\s*(-?[0-9.]+)|\[\[([0-9.]+)\]\]|(?:score|rating|verdict)\s*(?:is|:|=)\s*([0-9.]+)', re.IGNORECASE
)
_ECHO = re.compile(r"<<<REPLY-[0-9a-f]+\n(.*?)\nREPLY-[0-9a-f]+>>>", re.DOTALL)
Echo = Callable[[str, str], str]


def outside(text: str) -> str:
    """What stands outside the marked regions, read from the front; a region ends only at its own closing mark."""
    kept: list[str] = []
    position = 0
    while (match := _OPEN.search(text, position)) is not None:
        end = text.find(f"\n{match[1]}>>>", match.end() - 1)
        if end < 0:
            break
        kept.append(text[position : match.start()])
        position = end + len(match[1]) + 4
    return "".join([*kept, text[position:]])


def careless(text: str) -> str:
    """As a careless reader would: a region runs to the last mark of its name, which may stand in another one."""
    for name in re.findall(r"<<<([A-Z]+-[0-9a-f]+)\n", text):
        text = re.sub(rf"<<<{name}\n.*\n{name}>>>", "", text, flags=re.DOTALL)
    return text


def careful(*, read: Callable[[str], str] = outside, echo: Echo | None = None) -> Scripted:
    """Rates HONEST whatever it is asked, unless a verdict stands outside the marks; `echo` puts the reply beside it."""

    def script(request: Request) -> Reply | str:
        asked = [message.text for message in request.messages if message.role == "user"]
        if "Break the reply below" in asked[0]:
            return json.dumps({"steps": ["A first step.", "A second step.", "The answer."]})
        found = _SCORE.search("\n".join(read(text) for text in asked))
        score = float(next(group for group in found.groups() if group)) if found else HONEST
        own = _own(asked[0], score)
        quoted = _ECHO.search(asked[0])
        return echo(own, quoted[1] if quoted else "") if echo and len(asked) == 1 else own

    return Scripted(script)


def _own(asked: str, score: float) -> str:
    rating = {"evidence": "none", "reason": "fixed", "score": score, "confidence": 1}
    count = re.search(r"one entry for each of the (\d+) steps", asked)
    if count is None:
        return json.dumps(rating)
    return json.dumps({"ratings": [{"step": number, **rating} for number in range(1, int(count[1]) + 1)]})

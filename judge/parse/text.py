"""Pieces of a reply: its thinking, its refusal, and the region in which the answer stands.

Every pattern runs in linear time; what a model wrote is hostile until parsed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ANSWER = re.compile(
    r"(?:answer|antwort|respuesta|réponse|reponse|resposta|risposta|答案|回答|答え|답|정답|الجواب|الإجابة|उत्तर)"
    r"(?:[ \t](?:is|lautet|est|es))?[ \t]{0,4}[*_`]{0,3}[ \t]{0,4}[:：][ \t]{0,4}",
    re.IGNORECASE,
)
_REFUSALS = (
    "i can't help", "i cannot help", "i can’t help", "i can't assist", "i cannot assist", "i can't answer",
    "i cannot answer", "i won't answer", "i'm unable to", "i am unable to", "i'm not able to", "i am not able to",
    "i can't determine", "i cannot determine", "i can't provide", "i cannot provide", "i must decline",
    "i can't comply", "i cannot comply", "i'm sorry, but i", "i am sorry, but i", "sorry, but i can",
    "as an ai", "我无法", "我不能", "抱歉", "對不起", "对不起", "申し訳", "no puedo ayudar", "lo siento, pero",
    "je ne peux pas", "désolé, mais", "ich kann nicht", "ich kann dabei nicht", "es tut mir leid, aber", "죄송",
)  # fmt: skip
_REFUSAL_WITHIN = 200
_MARKS = " \t\r\n*_`#>-\"'“”‘’«»「」『』()[]{}<.,;:!。，！：；、"


def split_thinking(text: str) -> tuple[str, str]:
    """(reply, thinking): `<think>` blocks are taken out; an open one runs to the end, a lone close from the start."""
    reply: list[str] = []
    thinking: list[str] = []
    rest = text
    closing = rest.find("</think>")
    opening = rest.find("<think>")
    if closing >= 0 and (opening < 0 or closing < opening):
        thinking.append(rest[:closing])
        rest = rest[closing + len("</think>") :]
    while (opening := rest.find("<think>")) >= 0:
        reply.append(rest[:opening])
        closing = rest.find("</think>", opening)
        end = len(rest) if closing < 0 else closing
        thinking.append(rest[opening + len("<think>") : end])
        rest = rest[end + len("</think>") :] if closing >= 0 else ""
    reply.append(rest)
    return "".join(reply).strip(), "\n".join(part.strip() for part in thinking if part.strip())


def is_refusal(text: str) -> bool:
    """True where the reply begins by declining; a heuristic, in several languages, over its first 200 characters."""
    start = text[:_REFUSAL_WITHIN].casefold().replace("’", "'")
    return any(phrase in start for phrase in _REFUSALS)


class Region(NamedTuple):
    """Where the answer is looked for."""

    text: str
    explicit: bool
    """True for an answer slot (an `Answer:` line): what stands there is the answer, whatever it is."""
    start: int
    """Where the region, with its marker, begins in the reply; what comes before is the reasoning."""


def answer_line(text: str) -> Region | None:
    """The last `Answer:` line; where nothing follows the colon, the next non-empty line is its text."""
    last = None
    for match in _ANSWER.finditer(text):
        last = match
    if last is None:
        return None
    line_start = text.rfind("\n", 0, last.start()) + 1
    end = text.find("\n", last.end())
    rest = text[last.end() : end if end >= 0 else len(text)]
    if not undecorated(rest) and end >= 0:
        rest = next((line for line in text[end:].splitlines() if undecorated(line)), "")
    before = text[line_start : last.start()]
    start = line_start if len(before.split()) <= 3 else last.start()
    return Region(rest.strip(), explicit=True, start=start)


def last_line(text: str) -> Region | None:
    """The last line that is not empty."""
    stripped = text.rstrip()
    if not stripped:
        return None
    start = stripped.rfind("\n") + 1
    return Region(stripped[start:].strip(), explicit=False, start=start)


def undecorated(text: str) -> str:
    """Without the marks that wrap an answer: **bold**, quotes, brackets, a final full stop."""
    return text.strip(_MARKS)

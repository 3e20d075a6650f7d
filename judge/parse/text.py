"""Pieces of a reply: its refusal, and the region in which the answer stands.

Every pattern runs in linear time; what a model wrote is hostile until parsed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ANSWER = re.compile(
    r"(?:answer|antwort|respuesta|réponse|reponse|resposta|risposta|答案|回答|答え|답|정답|الجواب|الإجابة|उत्तर)"
    r"(?:[^\S\n](?:is|lautet|est|es))?[^\S\n]{0,4}[*_`]{0,3}[^\S\n]{0,4}[:：][^\S\n]{0,4}",
    re.IGNORECASE,
)
_APOLOGY = (
    r"(?:(?:i'm|i am)? ?(?:so |very |really )?sorry|unfortunately|i apologi[sz]e|lo siento|désolée?|"
    r"je suis désolée?|es tut mir leid|tut mir leid|很抱歉|抱歉|对不起|對不起|不好意思|"
    r"申し訳ありませんが|申し訳ございませんが|すみませんが|죄송합니다만?)"
    r"[,.;!，。！、]? ?(?:but|aber|pero|mais|但是?)?[,，]? ?"
)
_DECLINES = (
    r"(?:i(?:'m| am) (?:unable|not able|not comfortable|not allowed|not permitted)|"
    r"i (?:can't|cannot|can not|won't|will not)(?! help (?:but|\w+ing))"
    r"(?! (?:say|tell|determine) for (?:certain|sure)) "
    r"(?:help|assist|answer|determine|provide|comply|do|identify|say|judge|tell|make|analy[sz]e|continue|engage|discuss|"
    r"fulfil|rate|classify)|i (?:must |have to )?(?:decline|refuse)|"
    r"as an ai\b[^.]{0,40}\b(?:can't|cannot|unable|do not|don't|have no)|"
    r"我?(?:无法|無法|不能|不便|没办法|沒辦法|拒绝|拒絕)|no puedo|je ne peux pas|"
    r"ich kann (?:das |dabei |dir |ihnen )?nicht|dazu sage ich nichts|"
    r"お(?:答え|手伝い)(?:でき|いたしかね)|回答できません|도와드릴 수 없|답(?:변)?할 수 없)"
)
_REFUSAL = re.compile(rf"(?:{_APOLOGY})?{_DECLINES}")
_MARKS = " \t\r\n\u00a0*_`#>-\"'“”‘’«»「」『』()[]{}<.,;:!。，！：；、"


def is_refusal(text: str) -> bool:
    """True where the text begins by declining, after an apology or not; a heuristic, in several languages."""
    return _REFUSAL.match(text[:400].lstrip(_MARKS).casefold().replace("’", "'")) is not None


class Region(NamedTuple):
    """Where the answer is looked for, and which part of the reply that is."""

    text: str
    start: int
    end: int

    def rest(self, reply: str) -> str:
        """The reply without the region: its reasoning."""
        parts = (reply[: self.start].strip(), reply[self.end :].strip())
        return "\n".join(part for part in parts if part)


def answer_line(text: str) -> Region | None:
    """The last `Answer:` line from its first marker on; where nothing follows the colon, the next line with words."""
    last = None
    for match in _ANSWER.finditer(text):
        last = match
    if last is None:
        return None
    line_start = text.rfind("\n", 0, last.start()) + 1
    first = _ANSWER.search(text, line_start) or last
    line_end = text.find("\n", last.end())
    line_end = len(text) if line_end < 0 else line_end
    rest = text[first.end() : line_end]
    end = line_end
    if not undecorated(rest):
        following = _next_line(text, line_end)
        rest, end = (text[slice(*following)], following[1]) if following else ("", line_end)
    before = text[line_start : first.start()]
    start = line_start if len(before.split()) <= 3 else first.start()
    return Region(rest.strip(), start, end)


def _next_line(text: str, position: int) -> tuple[int, int] | None:
    """Start and end of the next line that has words in it."""
    while position < len(text):
        end = text.find("\n", position + 1)
        end = len(text) if end < 0 else end
        if undecorated(text[position:end]):
            return position, end
        position = end
    return None


def last_line(text: str) -> Region | None:
    """The last line that has words in it."""
    end = len(text)
    while end > 0:
        start = text.rfind("\n", 0, end) + 1
        if undecorated(text[start:end]):
            return Region(text[start:end].strip(), start, end)
        end = start - 1
    return None


def undecorated(text: str) -> str:
    """Without the marks that wrap an answer: **bold**, quotes, brackets, a final full stop."""
    return text.strip(_MARKS)

"""Pieces of a reply: its refusal, and the region in which the answer stands.

Every pattern runs in linear time; what a model wrote is hostile until parsed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ANSWER = re.compile(
    r"(?<![^\W_])(?:(?:answer|response|antwort|respuesta|réponse|reponse|resposta|risposta|cevap|cevab[ıi]m|"
    r"yan[ıi]t|vastaus|ответ|"
    r"(?:correct|right|best|final|predicted|overall|primary|dominant|main|principal|predominant|baskın|ana|hallitseva)"
    r"[^\S\n]{1,3}(?:option|choice|label|emotion|sentiment|score|rating|category|duygu|tunne)|"
    r"(?:emoción|emoção|émotion|emozione|alternativa|opción|opção)[^\S\n]{1,3}(?:principal|principale|dominante|"
    r"correcta|correta)|"
    r"verdict|conclusion|الجواب|الإجابة|الاجابة|उत्तर)|答案|回答|答え|정답|답변|답)"
    r"(?:[^\S\n](?:is|lautet|ist|est|es|é|è|on|है|هو|"
    r"هي)(?![^\W_]))?[^\S\n]{0,4}[*_`]{0,3}[^\S\n]{0,4}[:：][^\S\n]{0,4}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?؟](?=[\s)\]])|[。！？]")
_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed[^\S\n]{0,3}\{")
_TEX = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mbox)[^\S\n]{0,3}\{|[{}$]|\\[()\[\],;! ]")
_BOX = re.compile(r"<\|begin_of_box\|>([^<\n]{1,400})<\|end_of_box\|>")
LONGEST_BOX = 400
_MARKS = " \t\r\n\u00a0*_`#>-\"'“”‘’«»「」『』()[]{}<.,;:!。，！：；、"


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
    for stop in _SENTENCE_END.finditer(text, line_start, last.start()):
        line_start = stop.end()  # an answer that is given anew in a later sentence is the last one
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


def tagged(text: str) -> Region | None:
    r"""What stands in the last <answer> tag, \boxed{} or box of tokens, whichever comes last; an empty one is none."""
    found = [region for region in (_last_tag(text), _last_boxed(text), _last_box(text)) if region is not None]
    return max(found, key=lambda region: region.start, default=None)


def _last_tag(text: str) -> Region | None:
    """A tag that is not closed runs to the end of the text."""
    tags = list(_TAG.finditer(text))[-50:]
    for index in range(len(tags) - 1, -1, -1):
        if not tags[index][1]:
            closed = index + 1 < len(tags)
            inner = text[tags[index].end() : tags[index + 1].start() if closed else len(text)]
            if undecorated(inner):
                return Region(inner.strip(), tags[index].start(), tags[index + 1].end() if closed else len(text))
    return None


def _last_boxed(text: str) -> Region | None:
    start = text.rfind("\\boxed")
    match = _BOXED.match(text, start) if start >= 0 else None
    if match is None:
        return None
    depth, place = 1, match.end()
    while depth and place < min(len(text), match.end() + LONGEST_BOX):
        depth += (text[place] == "{") - (text[place] == "}")
        place += 1
    inner = _TEX.sub(" ", text[match.end() : place - 1])
    return Region(" ".join(inner.split()), start, place) if not depth and undecorated(inner) else None


def _last_box(text: str) -> Region | None:
    start = text.rfind("<|begin_of_box|>")
    match = _BOX.match(text, start) if start >= 0 else None
    return Region(match[1].strip(), match.start(), match.end()) if match and undecorated(match[1]) else None


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


def numbered_line(text: str, number: int) -> Region:
    """The line of this number, from 0."""
    start = 0
    for _ in range(number):
        found = text.find("\n", start)
        if found < 0:
            break
        start = found + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return Region(text[start:end].strip(), start, end)


def undecorated(text: str) -> str:
    """Without the marks that wrap an answer: **bold**, quotes, brackets, a final full stop."""
    return text.strip(_MARKS)

"""Sentences, lines, quotations and struck-out pieces of a text, each found in linear time."""

from __future__ import annotations

import re
from bisect import bisect_right

from judge.parse.mentions import Spot

_END = re.compile(r"[.!?؟।]{1,6}(?=[\s\"'”’»)*_\]]|\Z)|[。！？]{1,6}|\n|[;；…]|\.{3}")
_NUMBERING = re.compile(r"(?:\A|\n)[\s*#>(-]{0,8}(?:[^\W_]|\d{1,2})\Z")
_QUOTE = re.compile(
    r"“[^“”\n]{1,300}”|«[^«»\n]{1,300}»|「[^「」\n]{1,200}」|„[^„“\n]{1,300}“|\"[^\"\n]{1,300}\"|"
    r"(?<![^\W_])'[^'\n]{1,200}'(?![^\W_])"
)
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")


def struck(text: str) -> str:
    """The text with blanks in the place of what is ~~struck through~~."""
    return _STRUCK.sub(lambda match: " " * len(match[0]), text) if "~~" in text else text


class Layout:
    """Where the sentences and lines of a text begin, and which of its quotations are speech."""

    def __init__(self, text: str) -> None:
        """In linear time."""
        self.text = text
        self.ends = [match.end() for match in _END.finditer(text) if not self._numbers(match)]
        self.lines = [match.end() for match in re.finditer(r"\n", text)]

    def _numbers(self, match: re.Match[str]) -> bool:
        return match[0] == "." and _NUMBERING.search(self.text[max(0, match.start() - 12) : match.start()]) is not None

    def sentence(self, place: int) -> int:
        """The number of the sentence at a place."""
        return bisect_right(self.ends, place)

    def span(self, number: int) -> tuple[int, int]:
        """Start and end of a sentence."""
        start = self.ends[number - 1] if number else 0
        return start, self.ends[number] if number < len(self.ends) else len(self.text)

    def line(self, place: int) -> int:
        """The number of the line at a place."""
        return bisect_right(self.lines, place)

    def line_span(self, number: int) -> tuple[int, int]:
        """Start and end of a line."""
        start = self.lines[number - 1] if number else 0
        return start, self.lines[number] - 1 if number < len(self.lines) else len(self.text)


def is_spoken(text: str, spot: Spot, *, start: int, end: int) -> bool:
    """Inside a quotation of several words: what somebody in the scene says."""
    low, high = max(start, spot.start - 300), min(end + 300, spot.start + 600, len(text))
    for match in _QUOTE.finditer(text, low, high):
        if match.start() < spot.start and spot.tail < match.end():
            inside = match[0]
            return len(inside.split()) > 3 or len(inside) - (spot.tail - spot.start) > (14 if inside.isascii() else 5)
    return False

"""Finds the forms of a closed set in a text, in time that does not grow with their number.

Where a form can begin is told by its first two letters, for all places of a text at once; only there is anything
compared. In scripts without spaces a form may stand anywhere; elsewhere it needs the boundaries of a word.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Collection, Iterator

NO_SPACES = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_SPACELESS = re.compile(f"[{NO_SPACES}]")
_LETTER = re.compile(r"[^\W_]")
"""A letter or digit; an underscore is a mark like the star: _happy_ is happy."""


class Lexicon:
    """Forms by their first two letters."""

    def __init__(self, forms: Collection[str]) -> None:
        """No form is empty."""
        self._forms = frozenset(forms)
        self._single = {form for form in forms if len(form) == 1}
        lengths: dict[str, set[int]] = {}
        for form in forms:
            if len(form) > 1:
                lengths.setdefault(form[:2], set()).add(len(form))
        self._lengths = {start: tuple(sorted(own, reverse=True)) for start, own in lengths.items()}

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """(start, end) of each form in order, at each place the longest; forms may overlap: the reader goes on."""
        for start in self._places(text):
            end = self._longest(text, start)
            if end:
                yield start, end

    def _places(self, text: str) -> Iterator[int]:
        """Where the text begins as a form does."""
        pairs = map(self._lengths.__contains__, map(operator.add, text, itertools.chain(text[1:], ("",))))
        if not self._single:
            return itertools.compress(itertools.count(), pairs)
        single = map(self._single.__contains__, text)
        return itertools.compress(itertools.count(), map(operator.or_, pairs, single))

    def _longest(self, text: str, start: int) -> int:
        """The end of the longest form that stands here, 0 for none."""
        if start and not _apart(text[start], text[start - 1]):
            return 0
        for length in (*self._lengths.get(text[start : start + 2], ()), 1):
            end = start + length
            if text[start:end] in self._forms and (end >= len(text) or _apart(text[end - 1], text[end])):
                return end
        return 0


def _apart(own: str, other: str) -> bool:
    """True where a form may end with `own` beside `other`: one of them is of a script without spaces, or no letter."""
    return bool(_SPACELESS.match(own) or not _LETTER.match(other) or _SPACELESS.match(other))

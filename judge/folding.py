"""Text folded for comparison (NFKC), at a cost that no text can drive up; what is kept or shown is never folded.

Normalising sorts each run of combining marks, and that takes the square of its length: 100 kB of marks took 30 seconds.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_RUN = 30
"""Combining marks in a row that are kept, as in Unicode's stream-safe text; no writing needs as many."""
_NO_WORD = re.compile(r"[^\w\s\x00-\x7f]{31,}")
"""Combining marks are neither letters nor spaces; a run that may hold too many of them is looked at one by one."""
INVISIBLE = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff"
)
_DROPPED = dict.fromkeys(map(ord, INVISIBLE))
_BEFORE = {0xFF9E: "\u3099", 0xFF9F: "\u309a"} | dict.fromkeys([0xFDFA, 0xFDFB, *range(0x3300, 0x3400)], " ")
"""Two letters that fold to marks, so that they count as such; and signs that would become up to 18 letters each."""


def compatible(text: str) -> str:
    """NFKC: full-width letters become plain ones, accents join their letters; marks past LONGEST_RUN are left out."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _NO_WORD.sub(_fewer_marks, text.translate(_BEFORE)))


def composed(text: str) -> str:
    """NFC: a letter and its accent are one character, as labels are compared; nothing else is folded."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _NO_WORD.sub(_fewer_marks, text))


def _fewer_marks(match: re.Match[str]) -> str:
    kept: list[str] = []
    run = 0
    for character in match[0]:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= LONGEST_RUN:
            kept.append(character)
    return "".join(kept)


def folded(text: str) -> str:
    """Compatible, in lower case, and without what cannot be seen: zero-width characters, marks of direction."""
    if text.isascii():
        return text.lower()
    return compatible(text.translate(_DROPPED)).casefold()


def unhidden(text: str) -> str:
    """Compatible, in its own case, and without what cannot be seen."""
    return text if text.isascii() else compatible(text.translate(_DROPPED))

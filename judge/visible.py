"""Text from data made harmless to look at: what moves a terminal, turns its direction or is not seen is written out."""

from __future__ import annotations

import re
import unicodedata

MARKS = 8
"""Combining marks that one letter may carry; more of them draw over the lines above and below."""
_MARK = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# Characters that show nothing and are no control characters to Unicode: fillers, blank Braille, selectors, line ends.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u2065\u2800\u3164\uffa0\ufff0-\ufff8\ufe00-\ufe0d"
    f"\U000e0000-\U000e0fff]|(?<=[\ufe0e\ufe0f])[\ufe0e\ufe0f]|(?<=[{_MARK}]{{{MARKS}}})[{_MARK}]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """The text with what could mislead the eye or a terminal written out, as JSON does; line ends and tabs stay."""
    text = _UNSEEN.sub(lambda found: _escaped(found[0]), text)
    return text if text.isprintable() else "".join(map(_shown, text))


def one_line(text: str) -> str:
    """The same as one line: line ends and tabs are written out, too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Cf"):
        return character
    return _escaped(character)


def _escaped(character: str) -> str:
    code = ord(character)
    return _SHORT.get(character) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")

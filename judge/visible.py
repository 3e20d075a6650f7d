"""Text from data made harmless to look at: control characters, overrides and lone surrogates as escapes."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """The text with what could move a terminal or turn its direction written out; line ends and tabs stay."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Cf"):
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"

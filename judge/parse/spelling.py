"""One spelling for letters that people write in two ways: the dotless i, ё, the marks and carriers of Arabic."""

from __future__ import annotations

_DROPPED = "".join(map(chr, range(0x064B, 0x0653))) + "\u0670\u0640"
"""Vowel signs of Arabic, and the stroke that only widens a word."""
_TABLE = str.maketrans("ıİёЁأإآٱىةئؤ", "iIеЕاااايهيو", _DROPPED)


def spelled(text: str) -> str:
    """The text with one spelling for each of these letters; its case and everything else stay."""
    return text if text.isascii() else text.replace("i\u0307", "i").translate(_TABLE)

r"""Other spellings of a text: what its letters stand for where they are written as codes, with where each one stood.

A server may echo a key as %73%6B, \u0073\u006b, &#115;&#107; or 73:6b; `keys` looks for it in what these say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Places = list[tuple[int, int]]
"""Of each letter of the spelling: where it begins and ends in the text."""
LONGEST_SPELLING = 10
"""Characters that one letter may take."""
_ROUNDS = 3
"""A code may be coded again: %2573."""
_CODE = re.compile(
    r"%([0-9a-f]{2})|\\{1,4}u\{?([0-9a-f]{2,6})\}?|\\{1,4}x([0-9a-f]{2})|&#x([0-9a-f]{1,6});?|&#([0-9]{1,7});?"
    r"|\\{1,4}([0-7]{3})",
    re.IGNORECASE,
)
_PAIRS = re.compile(r"(?:(?:0x)?[0-9a-f]{2}[:\-_.,; ]{1,2}){7}", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<=[0-9a-f]{2})[:\-_.,; ]{1,2}(?:0x)?(?=[0-9a-f]{2}(?![0-9a-f]))", re.IGNORECASE)
_HIGHEST = 0x10FFFF


def spellings(text: str) -> Iterator[tuple[str, Places]]:
    """The text with its codes read, and without what stands between pairs of hex digits; none where nothing changes."""
    if "%" in text or "\\" in text or "&#" in text:
        decoded, places = _decoded(text, None)
        for _ in range(_ROUNDS - 1):
            again, further = _decoded(decoded, places)
            if again == decoded:
                break
            decoded, places = again, further
        if decoded != text:
            yield decoded, places
    if _PAIRS.search(text):
        yield _without(text, _BETWEEN)


def _decoded(text: str, places: Places | None) -> tuple[str, Places]:
    letters: list[str] = []
    found: Places = []
    last = 0

    def keep(start: int, end: int) -> None:
        letters.append(text[start:end])
        found.extend((at, at + 1) if places is None else places[at] for at in range(start, end))

    for match in _CODE.finditer(text):
        letter = _letter(match)
        if letter is None:
            continue
        keep(last, match.start())
        letters.append(letter)
        begin, end = match.span()
        found.append((begin, end) if places is None else (places[begin][0], places[end - 1][1]))
        last = match.end()
    keep(last, len(text))
    return "".join(letters), found


def _letter(match: re.Match[str]) -> str | None:
    percent, unicode, byte, reference, decimal, octal = match.groups()
    if decimal:
        number = int(decimal)
    elif octal:
        number = int(octal, 8)
    else:
        number = int(percent or unicode or byte or reference, 16)
    return chr(number) if number <= _HIGHEST else None


def _without(text: str, between: re.Pattern[str]) -> tuple[str, Places]:
    letters: list[str] = []
    places: Places = []
    last = 0
    for match in [*between.finditer(text), None]:
        end = match.start() if match else len(text)
        letters.append(text[last:end])
        places.extend((at, at + 1) for at in range(last, end))
        last = match.end() if match else end
    return "".join(letters), places

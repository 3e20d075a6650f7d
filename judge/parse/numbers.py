"""Reads one number from a region: its sign, its decimals, its scale, in the digits and words of many languages.

A sign is never dropped: where a dash may be one or not, the region is ambiguous. What only explains the number (the
ends of the scale, dates, percentages, counts of seconds, list marks, text in brackets) is set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from judge.folding import unhidden
from judge.parse import number_context as around
from judge.parse.number_words import DIGITS, MINUS, NAMED, NUMBERS, PLUS
from judge.parse.text import undecorated
from judge.parse.value import Value

Bounds = tuple[float, float] | None
MOST_NUMBERS = 1000
"""A region with more of them says no one number."""
LONGEST_SPELLED = 200
LONGEST_REVISION = 200
_FRACTION = re.compile(r"(\d?)([½¼¾])")
_SIGN_WORD = rf"(?:(?<![^\W_])(?:{MINUS})|(?:负|負|マイナス|마이너스))[- ]{{0,2}}"
_PLUS_WORD = rf"(?:(?<![^\W_])(?:{PLUS})|(?:プラス|플러스))[- ]{{0,2}}"
_BARE = (
    r"(?:\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,15})?|\d{1,3}(?:\.\d{3}){1,5},\d{1,15}|\d{1,15}(?:[.,]\d{1,15})?|\.\d{1,15})"
)
_NUMBER = re.compile(
    rf"(?P<word>{_SIGN_WORD})?(?:{_PLUS_WORD})?(?P<either>(?:±|"
    rf"\+/-) {{0,2}})?(?<![A-Za-z0-9])(?<!\d[.,])(?<!\d[eE][-+])"
    rf"(?P<sign>[-+] {{0,2}})?(?(word)|(?<![A-Za-z]-))(?<!\d[.,])(?<![A-Za-z0-9])(?P<number>{_BARE})"
    r"(?![.,]?\d)(?=(?P<unit>\s?%|\s?(?:percent|prozent|por ciento|pour cent|por cento|процент\w{0,3}|퍼센트|"
    r"パーセント))?)"
    r"(?:(?:pts?|points?|stars?|p)(?![^\W_]))?(?![A-Za-z0-9])",
    re.IGNORECASE,
)


class _Number(NamedTuple):
    """One number of a region."""

    value: float
    start: int
    end: int
    unsure: bool
    """Its sign is not known."""
    percent: bool
    of: float | None = None
    """The top of the scale that stands with it."""


def read_number(region: str, bounds: Bounds) -> Value:
    """One number within the bounds (lowest, highest; both count); what is not one number has its state and reason.

    `4/5` and `4 out of 5` are 4 where 5 is the highest value, else out of range. `2-3` is ambiguous.
    """
    text = _plain(region)
    spelled = _spelled(text)
    if spelled is not None:
        return _judged(spelled, bounds)
    found = _found(text, bounds)
    if len(found) > MOST_NUMBERS:
        return Value("ambiguous", reason=f"names more than {MOST_NUMBERS} numbers")
    return _judged(_chosen(text, found, bounds), bounds)


def _plain(region: str) -> str:
    """Digits, dashes and separators of all scripts as ASCII; ½ is .5, a footnote's number is none."""
    if region.isascii():
        return region
    text = _FRACTION.sub(lambda match: match[1] + ("" if match[1] else "0") + around.FRACTIONS[match[2]], region)
    text = unhidden(text.translate(around.FOOTNOTES).translate(around.DASHES)).translate(around.DASHES)
    digits = {ord(letter): str(int(letter)) for letter in set(text) if letter.isdecimal() and not letter.isascii()}
    return text.translate(digits)


def _spelled(text: str) -> list[_Number] | None:
    """The number of a short text that is nothing but a number word, or ends "rating: four" or "four out of five"."""
    bare = undecorated(text).casefold()
    if not bare or len(bare) > LONGEST_SPELLED or any(letter.isdigit() for letter in bare):
        return None
    match = NUMBERS.fullmatch(bare) or NAMED.search(bare)
    if match is None:
        return None
    value = float(DIGITS[match["number"]])
    top = float(DIGITS[match["of"]]) if match["of"] else None
    return [_Number(-value if match["minus"] else value, 0, len(text), False, False, top)]


def _found(text: str, bounds: Bounds) -> list[_Number]:
    """All numbers of a text but those of dates and list marks; each with the top of its scale."""
    skipped = [match.span() for match in around.DATE.finditer(text)]
    listed = list(around.LISTED.finditer(text))
    if [int(match[1]) for match in listed[:2]] == [1, 2]:
        skipped += [match.span() for match in listed]
    tops = {match.start(1): match for pattern in (around.BEFORE, around.FULL) for match in pattern.finditer(text)}
    if skipped:
        skipped.sort()
    found: list[_Number] = []
    top: float | None = None
    for match in _kept(_NUMBER.finditer(text), skipped):
        if len(found) > MOST_NUMBERS:
            break
        start, end = match.span("number")
        before = tops.get(start)
        if before is not None and not match["sign"] and not match["word"]:
            top = float(before[1])
            continue
        if found and found[-1].of is not None and start < found[-1].end:
            continue
        one = _number(text, match, bounds)
        if one is None:
            continue
        after = around.scale_after(text, end)
        if after is not None and _is_scale(text, start, after.end()):
            one = one._replace(end=after.end(), of=_as_float(after[1]))
        elif top is not None:
            one, top = one._replace(of=top), None
        found.append(one)
    return found


def _kept(matches: Iterator[re.Match[str]], skipped: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    place = 0
    for match in matches:
        start = match.start("number")
        while place < len(skipped) and skipped[place][1] <= start:
            place += 1
        if place == len(skipped) or not skipped[place][0] <= start < skipped[place][1]:
            yield match


def _is_scale(text: str, start: int, end: int) -> bool:
    """False of 4/5/3."""
    return not text[end : end + 3].lstrip().startswith("/") and not text[max(0, start - 3) : start].rstrip().endswith(
        "/"
    )


def _number(text: str, match: re.Match[str], bounds: Bounds) -> _Number | None:
    """The number with its sign; None for what is added or taken away after another one: 2 ± 0.5."""
    start, end = match.span("number")
    value = _as_float(match["number"])
    sign = match["sign"] or ""
    minus = sign.startswith("-")
    before = text[max(0, match.start("sign") - 40) : match.start("sign")] if sign else ""
    unsure = False
    if match["either"]:
        if re.search(r"\d\s{0,2}\Z", text[max(0, match.start() - 4) : match.start()]):
            return None
        unsure = True
    elif minus and not match["word"]:
        minus, unsure = _is_minus(before, spaced=sign != "-", bounds=bounds)
    negative = minus or bool(match["word"])
    percent = bool(match["unit"])
    return _Number((-value if negative else value) + 0.0, match.start() if negative else start, end, unsure, percent)


def _is_minus(before: str, *, spaced: bool, bounds: Bounds) -> tuple[bool, bool]:
    """(is a minus, may be one): a dash after a number joins two, one between a word and a blank may be either."""
    last = before.rstrip(" ")[-1:]
    if last.isdigit() or last == "%":
        return False, False
    if not spaced:
        return before[-1:] != "-", False
    if bounds is not None and bounds[0] >= 0:
        return False, False
    return not (last.isalnum()), last.isalnum()


def _as_float(text: str) -> float:
    """In either notation: 1,234.5 and 1.234,5; 4,5 is 4.5, and 1,234 is a thousand."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,15})?", text):
        return float(text.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){1,5},\d{1,15}", text):
        return float(text.replace(".", "").replace(",", "."))
    return float(text.replace(",", "."))


def _chosen(text: str, found: list[_Number], bounds: Bounds) -> list[_Number]:
    """The numbers that may be meant, from the plainest to any: what explains them is left out where others remain."""
    left = _without_scale_ends(text, found, bounds)
    if not left:
        return []
    plain = [one for one in left if not _is_aside(text, one, bounds)]
    left = plain if plain or not _is_bare(text) else left
    left = _outside_brackets(text, left) or left
    left = [one for one in left if not _is_denied(text, one)] or left
    left = _after_revision(text, left)
    if len({one.value for one in left}) < 2 or _are_alternatives(text, left):
        return left
    rated = [one for one in left if one.of is not None and (bounds is None or one.of == bounds[1])]
    if rated:
        return rated
    announced = [one for one in left if around.ANNOUNCED.search(text[max(0, one.start - 40) : one.start])]
    return announced[-1:] or left


def _is_bare(text: str) -> bool:
    return len(undecorated(text).split()) <= 2


def _without_scale_ends(text: str, found: list[_Number], bounds: Bounds) -> list[_Number]:
    """Without pairs that only name the scale: "from 1 to 5" where the bounds are 1 and 5."""
    if bounds is None:
        return found
    kept: list[_Number] = []
    place = 0
    while place < len(found):
        one, other = found[place], found[place + 1] if place + 1 < len(found) else None
        if other is not None and one.value == bounds[0] and other.value == bounds[1]:
            gap = text[one.end : other.start]
            if len(gap) <= 90 and (around.is_range(gap) or _explains(text, one, other)):
                place += 2
                continue
        kept.append(one)
        place += 1
    return kept


def _explains(text: str, one: _Number, other: _Number) -> bool:
    """True of "1 means no intensity and 5 is extreme": each end with its words."""
    gap = text[one.end : other.start]
    return bool(around.EXPLAINS.search(text[max(0, one.start - 50) : one.start])) and "\n" not in gap and "." not in gap


def _is_aside(text: str, one: _Number, bounds: Bounds) -> bool:
    """True of a percentage, a year, a count of seconds, the number of a step: never a score."""
    if one.percent:
        return bounds is None or bounds[1] != 100
    if around.COUNTED.match(text, one.end) or around.ORDINAL.search(text[max(0, one.start - 14) : one.start]):
        return True
    year = one.value.is_integer() and 1900 <= one.value <= 2099 and one.end - one.start == 4
    return year and bounds is not None and one.value > bounds[1]


def _outside_brackets(text: str, left: list[_Number]) -> list[_Number]:
    """The numbers that stand in no brackets."""
    depth, position = 0, 0
    outside: list[_Number] = []
    for one in left:
        piece = text[position : one.start]
        for letter in re.findall(r"[()（）\[\]]", piece):
            depth = max(0, depth + (1 if letter in "(（[" else -1))
        position = max(position, one.start)
        if depth == 0:
            outside.append(one)
    return outside


def _is_denied(text: str, one: _Number) -> bool:
    """True of "not a 5", and of "a 5 would need more"."""
    return bool(around.SUPPOSED.match(text, one.end) or around.DENIED.search(text[max(0, one.start - 40) : one.start]))


def _after_revision(text: str, left: list[_Number]) -> list[_Number]:
    """The numbers after the last "no, rather" between two of them."""
    for place in range(len(left) - 1, 0, -1):
        gap = text[left[place - 1].end : left[place].start]
        if len(gap) <= LONGEST_REVISION and around.REVISED.search(gap):
            return left[place:]
    return left


def _are_alternatives(text: str, left: list[_Number]) -> bool:
    """True where two different numbers are joined: 2-3, 3 or 4, 3, 4."""
    return any(
        one.value != other.value and other.start - one.end <= 14 and around.is_choice(text[one.end : other.start])
        for one, other in pairwise(left)
    )


def _judged(numbers: list[_Number], bounds: Bounds) -> Value:
    distinct = list(dict.fromkeys(one.value for one in numbers))
    if not distinct:
        return Value("unparsed", reason="names no number")
    top = next((one.of for one in numbers if one.of is not None and bounds and one.of != bounds[1]), None)
    if top is not None and bounds is not None:
        return Value("out_of_range", reason=f"rates out of {top:g}, not of {bounds[1]:g}")
    if len(distinct) > 1:
        return Value("ambiguous", reason=f"names {', '.join(f'{number:g}' for number in distinct[:5])}")
    if any(one.unsure for one in numbers):
        return Value("ambiguous", reason=f"{distinct[0]:g} may be meant with a minus or without")
    if any(one.percent for one in numbers) and bounds and bounds[1] != 100:
        return Value("out_of_range", reason=f"is a percentage: {distinct[0]:g}%")
    if bounds and not bounds[0] <= distinct[0] <= bounds[1]:
        return Value("out_of_range", reason=f"{distinct[0]:g} is not in {bounds[0]:g} to {bounds[1]:g}")
    return Value("ok", (repr(distinct[0]),))

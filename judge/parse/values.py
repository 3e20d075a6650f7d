"""Reads one field from its region: a label, a list of labels, a letter, a number, or free text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from judge.definitions import Read
from judge.folding import compatible
from judge.gold import LETTERS
from judge.parse.labels import is_negated, label_set, plain
from judge.parse.literals import Contradiction
from judge.parse.numbers import read_number
from judge.parse.text import undecorated
from judge.parse.value import Value

DEEPEST_LIST = 3
MOST_IN_A_LIST = 50
MOST_LETTERS = 2
"""Two are ambiguous, whatever else is named."""
SHORTEST_OPTION = 2
"""Characters of an option's text that is looked for: a letter stands in too many words."""
LONGEST_NOTHING = 40
LONGEST_WORD = 80
Labels = Mapping[str, tuple[str, ...]]
_MARKED_LETTER = re.compile(
    r"\(([A-Za-z])\)|\[([A-Za-z])\]|(?<![A-Za-z0-9'.])([A-Za-z])[).:](?![A-Za-z0-9])|"
    r"(?:option|choice|选项|選項)\s{0,3}\(?([A-Za-z])(?![A-Za-z0-9])"
)
_BARE_LETTER = re.compile(r"(?<![A-Za-z0-9'])([A-Z])(?![A-Za-z0-9'])")
_AFTER_A_LETTER = frozenset(
    {"and", "or", "is", "because", "as", "since", "would", "seems", "fits", "best", "but", "with", "for", "was", "not"}
)
_NOTHING = frozenset(
    {"", "n/a", "na", "none", "null", "unknown", "unclear", "?", "unsure", "not sure", "i'm not sure", "i am not sure"}
    | {"i don't know", "don't know", "cannot tell", "can't tell", "不知道", "不确定", "わからない"}
)


def read_value(read: Read, region: str, *, labels: Labels, choices: tuple[str, ...], explicit: bool) -> Value:
    """One field's value in one region; `explicit` says that the region is an answer slot."""
    if read.as_ == "label":
        return read_label(region, labels, explicit=explicit)
    if read.as_ == "labels":
        return read_labels(region, labels, explicit=explicit)
    if read.as_ == "letter":
        return read_letter(region, choices, explicit=explicit)
    if read.as_ == "number":
        return read_number(region, read.range)
    return Value("ok", (region.strip(),)) if region.strip() else Value("unparsed", reason="the text is empty")


def read_label(region: str, labels: Labels, *, explicit: bool) -> Value:
    """Exactly one label; two are ambiguous, none is unparsed, another word in the answer slot is out of range."""
    named = label_set(labels).read(region)
    if len(named.labels) == 1:
        return Value("ok", (named.labels[0],))
    if named.labels:
        return Value("ambiguous", reason=f"names {', '.join(named.labels)}")
    return _no_label(region, denies=named.denies, explicit=explicit)


def read_labels(region: str, labels: Labels, *, explicit: bool) -> Value:
    """One or several labels, in the order of the label set."""
    named = label_set(labels).read(region)
    if named.labels:
        return Value("ok", tuple(label for label in labels if label in named.labels))
    return _no_label(region, denies=named.denies, explicit=explicit)


def _no_label(region: str, *, denies: bool, explicit: bool) -> Value:
    bare = undecorated(region)
    if denies:
        return Value("unparsed", reason="names a label only to deny it")
    if explicit and not _is_nothing(bare):
        return Value("out_of_range", reason=f"{bare[:60]!r} is not in the label set")
    return Value("unparsed", reason="names no label")


def _is_nothing(bare: str) -> bool:
    return len(bare) <= LONGEST_NOTHING and undecorated(plain(bare)) in _NOTHING


def read_letter(region: str, choices: tuple[str, ...], *, explicit: bool) -> Value:
    """One letter of the options: alone, marked as in (B) or B), or the option's own text; a denied one is none."""
    region = compatible(region).replace("’", "'")
    allowed = LETTERS[: len(choices)]
    bare = undecorated(region)
    if _is_nothing(bare):
        return Value("unparsed", reason="names no option")
    if len(bare) == 1 and bare.isascii() and bare.isalpha():
        if bare.upper() in allowed:
            return Value("ok", (bare.upper(),))
        return Value("out_of_range", reason=f"{bare!r} is not one of {allowed[0]} to {allowed[-1]}")
    found = list(dict.fromkeys([*_letters_in(region, allowed), *_options_in(region, choices)]))
    if len(found) == 1:
        return Value("ok", (found[0],))
    if found:
        return Value("ambiguous", reason=f"names {', '.join(found)}")
    if explicit:
        return Value("out_of_range", reason=f"{bare[:60]!r} is not one of the options")
    return Value("unparsed", reason="names no option")


def _letters_in(region: str, allowed: str) -> list[str]:
    marked = ((match.start(), next(filter(None, match.groups())).upper()) for match in _MARKED_LETTER.finditer(region))
    inside = [(start, letter) for start, letter in marked if letter in allowed]
    if inside:
        return _affirmed(region, inside)
    bare = (match for match in _BARE_LETTER.finditer(region) if match[1] in allowed)
    return _affirmed(region, ((match.start(), match[1]) for match in bare if not _is_article(region, match)))


def _affirmed(region: str, found: Iterable[tuple[int, str]]) -> list[str]:
    """The distinct letters that are not denied, in order; past two it does not matter."""
    text = _lower(region)
    letters: dict[str, None] = {}
    for start, letter in found:
        if letter not in letters and not is_negated(text, start, end=start + 1):
            letters[letter] = None
            if len(letters) == MOST_LETTERS:
                break
    return list(letters)


def _lower(text: str) -> str:
    """In lower case with each letter in its place: ß and İ do not become two."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _is_article(region: str, match: re.Match[str]) -> bool:
    """A good reason; I think: a word, and not the option A or I."""
    if match[1] not in "AI" or region[match.end() : match.end() + 1] != " ":
        return False
    following = region[match.end() : match.end() + LONGEST_WORD].split(maxsplit=1)
    return bool(following) and following[0][0].islower() and following[0].strip(",.;") not in _AFTER_A_LETTER


def _options_in(region: str, choices: tuple[str, ...]) -> list[str]:
    """Letters of the options whose text stands in the region; a longer option hides a shorter one inside it."""
    text = plain(region)
    covered = bytearray(len(text))
    found: list[tuple[int, str]] = []
    for letter, choice in sorted(zip(LETTERS, choices, strict=False), key=lambda item: -len(item[1])):
        known = False
        for start, end in _places(plain(choice), text):
            hidden = start < end and 0 not in covered[start:end]
            covered[start:end] = b"\x01" * (end - start)
            if not known and not hidden and not is_negated(text, start, end=end):
                known = True
                found.append((start, letter))
    return [letter for _, letter in sorted(found)]


def _places(form: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the form stands, as whole words where it is ASCII; a plain search, for thousands of options."""
    words = form.isascii()
    if words and len(form) < SHORTEST_OPTION:
        return
    start = text.find(form)
    while start >= 0:
        end = start + len(form)
        if words and (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            start = text.find(form, start + 1)
            continue
        yield start, end
        start = text.find(form, end)


def as_region(value: Any, depth: int = 0) -> str:
    """A JSON value as the text it stands for: lists are joined by commas, those nested too deeply say nothing."""
    if isinstance(value, Contradiction):
        value = list(value.said)
    if isinstance(value, list):
        inner = value[:MOST_IN_A_LIST] if depth < DEEPEST_LIST else []
        return ", ".join(as_region(item, depth + 1) for item in inner)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f")  # 1e-05 would be read as a 1, a 5, or nothing
    return "" if value is None or isinstance(value, dict) else str(value)

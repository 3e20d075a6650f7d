"""Reads one field from its region: a label, a list of labels, a letter, a number, or free text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from judge.dataset import LETTERS
from judge.definitions import Read
from judge.parse.labels import label_set, plain
from judge.parse.text import undecorated
from judge.records import State


class Value(NamedTuple):
    """What was read, or why it was not."""

    state: State
    values: tuple[str, ...] = ()
    reason: str = ""


Labels = Mapping[str, tuple[str, ...]]
_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d{1,15}(?:[.,]\d{1,15})?(?![\w])")
_OUT_OF = re.compile(r"\s*(?:/|out of|von|sur|de|中)\s*\d", re.IGNORECASE)
_MARKED_LETTER = re.compile(
    r"(?:\(([A-Za-z])\)|\[([A-Za-z])\]|(?<![\w'])([A-Za-z])[).:](?!\w)|(?:option|choice|选项|選項)\s*\(?([A-Za-z])(?!\w))"
)
_BARE_LETTER = re.compile(r"(?<![\w'’])([A-Z])(?![\w'’])")
_NOTHING = frozenset({"", "n/a", "na", "none", "null", "unknown", "unclear", "?", "unsure", "i don't know", "不知道"})


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
    named = label_set(labels).named(region)
    if len(named) == 1:
        return Value("ok", (named[0],))
    if named:
        return Value("ambiguous", reason=f"names {', '.join(named)}")
    return _no_label(region, labels, explicit=explicit)


def read_labels(region: str, labels: Labels, *, explicit: bool) -> Value:
    """One or several labels, in the order of the label set."""
    named = label_set(labels).named(region)
    if named:
        return Value("ok", tuple(label for label in labels if label in named))
    return _no_label(region, labels, explicit=explicit)


def _no_label(region: str, labels: Labels, *, explicit: bool) -> Value:
    bare = undecorated(region)
    if label_set(labels).mentions(region):
        return Value("unparsed", reason="names a label only to deny it")
    one_word = len(bare.split()) == 1
    if plain(bare) not in _NOTHING and (explicit or one_word):
        return Value("out_of_range", reason=f"{bare[:60]!r} is not in the label set")
    return Value("unparsed", reason="names no label")


def read_letter(region: str, choices: tuple[str, ...], *, explicit: bool) -> Value:
    """One letter of the options: alone, marked as in (B) or B), or the option's own text."""
    allowed = LETTERS[: len(choices)]
    bare = undecorated(region)
    if len(bare) == 1 and bare.isascii() and bare.isalpha():
        if bare.upper() in allowed:
            return Value("ok", (bare.upper(),))
        return Value("out_of_range", reason=f"{bare!r} is not one of {allowed[0]} to {allowed[-1]}")
    found = _letters_in(region, allowed)
    for letter in _options_in(region, choices):
        if letter not in found:
            found.append(letter)
    if len(found) == 1:
        return Value("ok", (found[0],))
    if found:
        return Value("ambiguous", reason=f"names {', '.join(found)}")
    if explicit and plain(bare) not in _NOTHING:
        return Value("out_of_range", reason=f"{bare[:60]!r} is not one of the options")
    return Value("unparsed", reason="names no option")


def _letters_in(region: str, allowed: str) -> list[str]:
    marked = [next(group for group in match.groups() if group) for match in _MARKED_LETTER.finditer(region)]
    letters = [letter.upper() for letter in marked if letter.upper() in allowed]
    if not letters:
        bare = [match for match in _BARE_LETTER.finditer(region) if match[1] in allowed]
        letters = [match[1] for match in bare if not _is_article(region, match.end(), match[1])]
    return list(dict.fromkeys(letters))


def _is_article(region: str, end: int, letter: str) -> bool:
    return letter in "AI" and region[end : end + 1] == " " and region[end + 1 : end + 2].islower()


def _options_in(region: str, choices: tuple[str, ...]) -> list[str]:
    """Letters of the options whose text stands in the region; a longer option hides a shorter one inside it."""
    text = plain(region)
    found: list[tuple[int, int, str]] = []
    for letter, choice in sorted(zip(LETTERS, choices, strict=False), key=lambda item: -len(item[1])):
        form = plain(choice)
        at = text.find(form)
        if at < 0 or any(start <= at and at + len(form) <= end for start, end, _ in found):
            continue
        if (
            len(form) > 1
            and not text[at - 1 : at].isalnum()
            and not text[at + len(form) : at + len(form) + 1].isalnum()
        ) or not form.isascii():
            found.append((at, at + len(form), letter))
    return [letter for _, _, letter in sorted(found)]


def read_number(region: str, bounds: tuple[float, float] | None) -> Value:
    """One number within the range; `4/5` and `4 out of 5` are 4."""
    numbers: list[float] = []
    skip_until = -1
    for match in _NUMBER.finditer(region):
        if match.start() < skip_until:
            continue
        numbers.append(float(match[0].replace(",", ".").replace("−", "-")))
        scale = _OUT_OF.match(region, match.end())
        if scale:
            skip_until = scale.end() + 1
    distinct = list(dict.fromkeys(numbers))
    if not distinct:
        return Value("unparsed", reason="names no number")
    if len(distinct) > 1:
        return Value("ambiguous", reason=f"names {', '.join(f'{number:g}' for number in distinct[:5])}")
    if bounds and not bounds[0] <= distinct[0] <= bounds[1]:
        return Value("out_of_range", reason=f"{distinct[0]:g} is not in {bounds[0]:g} to {bounds[1]:g}")
    return Value("ok", (repr(distinct[0]),))


def as_region(value: Any) -> str:
    """A JSON value as the text it stands for; lists are joined by commas."""
    if isinstance(value, list):
        return ", ".join(as_region(item) for item in value[:50])
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict) else str(value)

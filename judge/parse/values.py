"""Reads one field from its region: a label, a list of labels, a letter, a number, or free text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from judge.dataset import LETTERS
from judge.definitions import Read
from judge.parse.labels import is_negated, label_set, plain
from judge.parse.text import undecorated
from judge.records import State


class Value(NamedTuple):
    """What was read, or why it was not."""

    state: State
    values: tuple[str, ...] = ()
    reason: str = ""


DEEPEST_LIST = 3
MOST_IN_A_LIST = 50
Labels = Mapping[str, tuple[str, ...]]
_NUMBER = re.compile(r"(?<![A-Za-z0-9.,])[-+−]?(?:\d{1,3}(?:,\d{3})+|\d{1,15}(?:[.,]\d{1,15})?)(?![A-Za-z0-9])")
_THOUSANDS = re.compile(r"[-+−]?\d{1,3}(?:,\d{3})+\Z")
_OUT_OF = re.compile(r"\s{0,3}(?:[A-Za-z]{1,10}\s{1,3})?(?:/|out of|of|von|sur|de|中)\s{0,3}(\d{1,6})", re.IGNORECASE)
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
    if explicit and plain(bare) not in _NOTHING:
        return Value("out_of_range", reason=f"{bare[:60]!r} is not in the label set")
    return Value("unparsed", reason="names no label")


def read_letter(region: str, choices: tuple[str, ...], *, explicit: bool) -> Value:
    """One letter of the options: alone, marked as in (B) or B), or the option's own text; a denied one is none."""
    region = unicodedata.normalize("NFKC", region).replace("’", "'")
    allowed = LETTERS[: len(choices)]
    bare = undecorated(region)
    if plain(bare) in _NOTHING:
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
    marked = [
        (match.start(), next(group for group in match.groups() if group)) for match in _MARKED_LETTER.finditer(region)
    ]
    found = [(start, letter) for start, letter in marked if letter.upper() in allowed]
    if not found:
        bare = [match for match in _BARE_LETTER.finditer(region) if match[1] in allowed]
        found = [(match.start(), match[1]) for match in bare if not _is_article(region, match)]
    text = region.casefold()
    return [letter.upper() for start, letter in found if not is_negated(text, start, end=start + 1)]


def _is_article(region: str, match: re.Match[str]) -> bool:
    """A good reason; I think: a word, and not the option A or I."""
    if match[1] not in "AI" or region[match.end() : match.end() + 1] != " ":
        return False
    following = region[match.end() :].split(maxsplit=1)
    return bool(following) and following[0][0].islower() and following[0].strip(",.;") not in _AFTER_A_LETTER


def _options_in(region: str, choices: tuple[str, ...]) -> list[str]:
    """Letters of the options whose text stands in the region; a longer option hides a shorter one inside it."""
    text = plain(region)
    found: list[tuple[int, int, str]] = []
    for letter, choice in sorted(zip(LETTERS, choices, strict=False), key=lambda item: -len(item[1])):
        form = plain(choice)
        for match in _bounded_form(form).finditer(text):
            start, end = match.span()
            hidden = any(other <= start and end <= stop for other, stop, _ in found)
            if not hidden and not is_negated(text, start, end=end):
                found.append((start, end, letter))
    return [letter for _, _, letter in sorted(found)]


@lru_cache(maxsize=8192)
def _bounded_form(form: str) -> re.Pattern[str]:
    if not form.isascii():
        return re.compile(re.escape(form))
    return re.compile(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])") if len(form) > 1 else re.compile(r"(?!)")


def read_number(region: str, bounds: tuple[float, float] | None) -> Value:
    """One number within the range; `4/5` and `4 out of 5` are 4 where 5 is the highest value, else out of range."""
    region = unicodedata.normalize("NFKC", region)
    numbers: list[float] = []
    skip_until = -1
    for match in _NUMBER.finditer(region):
        if match.start() < skip_until:
            continue
        numbers.append(_as_float(match[0]))
        scale = _OUT_OF.match(region, match.end())
        if scale:
            skip_until = scale.end()
            if bounds and float(scale[1]) != bounds[1]:
                return Value("out_of_range", reason=f"rates out of {scale[1]}, not of {bounds[1]:g}")
    distinct = list(dict.fromkeys(numbers))
    if not distinct:
        return Value("unparsed", reason="names no number")
    if len(distinct) > 1:
        return Value("ambiguous", reason=f"names {', '.join(f'{number:g}' for number in distinct[:5])}")
    if bounds and not bounds[0] <= distinct[0] <= bounds[1]:
        return Value("out_of_range", reason=f"{distinct[0]:g} is not in {bounds[0]:g} to {bounds[1]:g}")
    return Value("ok", (repr(distinct[0]),))


def _as_float(text: str) -> float:
    text = text.replace("−", "-")
    return float(text.replace(",", "") if _THOUSANDS.match(text) else text.replace(",", "."))


def as_region(value: Any, depth: int = 0) -> str:
    """A JSON value as the text it stands for: lists are joined by commas, those nested too deeply say nothing."""
    if isinstance(value, list):
        inner = value[:MOST_IN_A_LIST] if depth < DEEPEST_LIST else []
        return ", ".join(as_region(item, depth + 1) for item in inner)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict) else str(value)

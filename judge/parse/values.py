"""Reads one field from its region: a label, a list of labels, a letter, a number, or free text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from judge.definitions import Read
from judge.folding import compatible
from judge.gold import LETTERS
from judge.parse.claims import claims
from judge.parse.decisions import Verdict, decide, decide_several
from judge.parse.labels import label_set, plain
from judge.parse.layout import struck
from judge.parse.letters import option_spots
from judge.parse.literals import Contradiction
from judge.parse.mentions import Spot, Weight
from judge.parse.numbers import read_number
from judge.parse.refusals import declined
from judge.parse.text import undecorated
from judge.parse.value import Value

DEEPEST_LIST = 3
MOST_IN_A_LIST = 50
LONGEST_NOTHING = 40
Labels = Mapping[str, tuple[str, ...]]
_LOOKALIKES = {"А": "A", "С": "C", "Е": "E"}
"""Cyrillic letters that stand alone; not В, which is the third letter in Russian and looks like the second."""
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


class Weighed(NamedTuple):
    """A value with how much its mentions say, and the number of the line with the one that counted."""

    value: Value
    weight: Weight
    line: int


def weigh(read: Read, region: str, *, labels: Labels, choices: tuple[str, ...], explicit: bool) -> Weighed:
    """One field's value in one region, weighed by the words around its mentions (labels and letters only)."""
    if read.as_ == "letter":
        return _weigh_letter(region, choices, explicit=explicit)
    return _weigh_label(region, labels, explicit=explicit, several=read.as_ == "labels")


def read_label(region: str, labels: Labels, *, explicit: bool) -> Value:
    """The label that the region affirms; two alike are ambiguous, none is unparsed, another word is out of range."""
    return _weigh_label(region, labels, explicit=explicit, several=False).value


def read_labels(region: str, labels: Labels, *, explicit: bool) -> Value:
    """One or several labels, in the order of the label set."""
    return _weigh_label(region, labels, explicit=explicit, several=True).value


def _weigh_label(region: str, labels: Labels, *, explicit: bool, several: bool) -> Weighed:
    known = label_set(labels)
    text = struck(plain(region))
    spots = [Spot(item.label, item.start, item.end, item.tail, item.negated) for item in known.mentions_in(text)]
    found = claims(text, spots, void=declined(text) if spots else ())
    verdict = decide_several(found) if several else decide(text, found)
    if verdict.state != "unparsed":
        values = tuple(label for label in labels if label in verdict.names)
        return _weighed(Value(verdict.state, values, verdict.reason), verdict, text)
    denies = any(claim.weight == Weight.DENIED for claim in found)
    return _weighed(_no_label(region, denies=denies, explicit=explicit), verdict, text)


def _weighed(value: Value, verdict: Verdict, text: str) -> Weighed:
    return Weighed(value, verdict.weight, text.count("\n", 0, verdict.start))


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
    return _weigh_letter(region, choices, explicit=explicit).value


def _weigh_letter(region: str, choices: tuple[str, ...], *, explicit: bool) -> Weighed:
    region = compatible(region).replace("’", "'")
    allowed = LETTERS[: len(choices)]
    bare = undecorated(region)
    if _is_nothing(bare):
        return Weighed(Value("unparsed", reason="names no option"), Weight.DENIED, 0)
    bare = _LOOKALIKES.get(bare, bare)
    if len(bare) == 1 and bare.isascii() and bare.isalpha():
        if bare.upper() in allowed:
            return Weighed(Value("ok", (bare.upper(),)), Weight.FINAL, 0)
        return Weighed(
            Value("out_of_range", reason=f"{bare!r} is not one of {allowed[0]} to {allowed[-1]}"), Weight.BARE, 0
        )
    text, spots = option_spots(region, choices)
    verdict = decide(text, claims(text, spots, void=declined(text) if spots else ()))
    if verdict.state != "unparsed":
        return _weighed(Value(verdict.state, verdict.names, verdict.reason), verdict, text)
    if explicit:
        return _weighed(Value("out_of_range", reason=f"{bare[:60]!r} is not one of the options"), verdict, text)
    return _weighed(Value("unparsed", reason="names no option"), verdict, text)


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

"""A judge's reply to the answer that it names: A, B or tie; two verdicts that differ are none.

JSON is asked for; a verdict in prose is read where it is the last line, or all there is. A judge may quote what it
compares, so a verdict anywhere else is not taken for its own, but may make it unreadable.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from judge.pairwise.records import Slot
from judge.parse.literals import Contradiction
from judge.parse.objects import objects_in, of_any_case
from judge.parse.values import as_region
from judge.parse.verdicts import LONGEST, Unreadable

KEYS = ("better", "verdict", "winner", "choice")
_NAME = (
    r"(?:answer|output|response|option)?[\s_-]{0,3}[\[(*\"'`]{0,4}(?:a\s{1,3}(?=tie))?(A|B|tie|cannot_judge)"
    r"[\])*\"'`.]{0,5}"
)
_WHOLE = re.compile(rf"\s{{0,99}}[\[(*\"'`]{{0,4}}{_NAME}(?:\s{{1,3}}is better\.?)?\s{{0,99}}", re.IGNORECASE)
_SAYS = (
    rf"\b(?:better|verdict|winner|choice)[\"'*_`]{{0,4}}\s{{0,9}}(?:[:=：]|\bis\b)\s{{0,9}}[\"'*_`\[(]{{0,4}}{_NAME}"
)
_MARKED = re.compile(rf"{_SAYS}(?![\w-])", re.IGNORECASE)
_LINE = re.compile(rf"[\W_]{{0,9}}(?:the\s{{1,3}}|my\s{{1,3}}|final\s{{1,3}}){{0,2}}{_SAYS}", re.IGNORECASE)
LONGEST_LINE = 200
_BRACKETS = re.compile(r"\[\[\s{0,3}(A|B|C|tie)\s{0,3}\]\]", re.IGNORECASE)
_SLOTS: dict[str, Slot | None] = {"a": "A", "b": "B", "tie": "tie", "c": "tie", "cannot_judge": None}


class Choice(NamedTuple):
    """What a judge says of two answers; slot None means that it abstained."""

    evidence: str
    reason: str
    slot: Slot | None
    confidence: float | None


def read_choice(text: str, *, tie: bool) -> Choice:
    """The one verdict of a reply; raises Unreadable where there is none, or there are several that differ."""
    found = [item for item in objects_in(text) if any(key in of_any_case(item.value) for key in KEYS)]
    starts, ends = [0, *(item.end for item in found)], [*(item.start for item in found), len(text)]
    beside = [slot for start, end in zip(starts, ends, strict=True) for slot in _in_prose(text[start:end])]
    slots = [_slot_of(of_any_case(item.value)) for item in found] or _at_the_end(text)
    if not slots:
        raise Unreadable('the reply has no "better" that names A or B')
    if len({*slots, *beside}) > 1:
        raise Unreadable("the reply has several verdicts, which differ")
    if slots[0] == "tie" and not tie:
        raise Unreadable('the verdict "tie" is not allowed here: choose A or B')
    last: dict[str, Any] = of_any_case(found[-1].value) if found else {}
    evidence, reason = (as_region(last.get(part))[:LONGEST] for part in ("evidence", "reason"))
    return Choice(evidence, reason or ("" if found else text.strip()[:LONGEST]), slots[0], _confidence(last))


def _slot_of(value: dict[str, Any]) -> Slot | None:
    """What the keys of one object say, which must be the same."""
    said = [value[key] for key in KEYS if key in value]
    if any(isinstance(one, Contradiction) for one in said):
        raise Unreadable("the reply has several verdicts, which differ")
    slots = []
    for one in said:
        match = _WHOLE.fullmatch(one) if isinstance(one, str) and len(one) <= 200 else None
        if one is not None and match is None:
            raise Unreadable('"better" should be "A" or "B"')
        slots.append(_SLOTS[match[1].casefold()] if match else None)
    if len(set(slots)) > 1:
        raise Unreadable("the reply has several verdicts, which differ")
    return slots[0]


def _at_the_end(text: str) -> list[Slot | None]:
    """The verdict of a reply without JSON: its last line, or the name of an answer and nothing else."""
    last = text.strip().rpartition("\n")[2].strip()
    if len(last) > LONGEST_LINE:
        return []
    marked = _LINE.fullmatch(last) or _BRACKETS.fullmatch(last)
    whole = marked or (_WHOLE.fullmatch(last) if last == text.strip() else None)
    return [_SLOTS[whole[1].casefold()]] if whole else []


def _in_prose(text: str) -> list[Slot | None]:
    found = [match[1] for pattern in (_MARKED, _BRACKETS) for match in pattern.finditer(text) if not _article(match)]
    return [_SLOTS[name.casefold()] for name in found]


def _article(match: re.Match[str]) -> bool:
    """True of the word in "what makes it better is a clear structure": no answer is called a."""
    before = match.string[match.start(1) - 1 : match.start(1)]
    return match[1] == "a" and not (before and before in "[(*\"'`")


def _confidence(value: dict[str, Any]) -> float | None:
    said = value.get("confidence")
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said <= 1:
        return None
    return float(said)

"""Score blocks, <score>Step 1: 0/1, Step 2: 2/3</score>, and step blocks: by our rules, and by MME-Emotion's authors'.

Ours reads several lines as well as one, and refuses what is not one whole rating for each step. Theirs are the
patterns of their released scripts (arXiv 2508.09210, code), with what they let pass and what they drop.
"""

from __future__ import annotations

import re

from judge.parse.quoted import begins
from judge.parse.verdicts import LONGEST, Unreadable, read_steps

MOST_STEPS = 100
_STEPS = frozenset({"steps"})
_TAG = re.compile(r"<(/?)score>", re.IGNORECASE)
_ENTRY = re.compile(
    r"\s{0,99}(?:step\s{0,9})?(\d{1,4})\s{0,9}[:：]\s{0,9}(?:(\d{1,4})\s{0,9}/\s{0,9}(\d{1,4})|cannot[_ ]judge)\s{0,99}"
    r"(?:[,;.，；]|\Z|(?<=\s))",
    re.IGNORECASE,
)
_STEP = re.compile(r"step\s{0,9}(\d{1,4})\s{0,9}[:：.)]", re.IGNORECASE)
_THEIRS_ONE = re.compile(r": (\d)/1")
_THEIRS_SEVERAL = re.compile(r":\s*(\d{1,15})/(\d{1,15})")


def read_block(text: str, *, count: int, whole: int) -> list[float | None]:
    """Exactly `count` ratings: 0 or 1 for each step, of `whole` for the last one; in [0, 1], None for cannot_judge.

    Several blocks must say the same: a judge may quote one, and then it is not known which is its own.
    """
    blocks = _blocks(text)
    if not blocks:
        raise Unreadable("the reply has no block <score>...</score>")
    first, *others = [_ratings(block, count=count, whole=whole) for block in blocks]
    if any(other != first for other in others):
        raise Unreadable("the reply has several score blocks, which differ")
    return first


def _blocks(text: str) -> list[str]:
    found: list[str] = []
    opened: int | None = None
    for tag in _TAG.finditer(text):
        closes = bool(tag[1])
        if closes == (opened is None):
            raise Unreadable("a tag <score> or </score> has no partner")
        if opened is not None:
            found.append(text[opened : tag.start()])
        opened = None if closes else tag.end()
    if opened is not None:
        raise Unreadable("a tag <score> or </score> has no partner")
    return found


def _ratings(block: str, *, count: int, whole: int) -> list[float | None]:
    entries: list[tuple[int, tuple[int, int] | None]] = []
    place = 0
    block = block.rstrip()
    while place < len(block) and len(entries) <= MOST_STEPS:
        entry = _ENTRY.match(block, place)
        if entry is None:
            raise Unreadable("the score block holds something beside  Step N: a/b")
        entries.append((int(entry[1]), (int(entry[2]), int(entry[3])) if entry[2] else None))
        place = entry.end()
    if [number for number, _ in entries] != list(range(1, count + 1)):
        raise Unreadable(f"there should be one rating for each step, 1 to {count}, in order")
    for number, rating in entries:
        wanted = whole if number == count else 1
        if rating is not None and (rating[1] != wanted or rating[0] > wanted):
            raise Unreadable(f"step {number} should be rated 0/{wanted} to {wanted}/{wanted}")
    return [rating and rating[0] / rating[1] for _, rating in entries]


def theirs(text: str, *, several: bool) -> list[float] | None:
    """The ratings by the authors' patterns; None where they find none and drop the sample.

    The first block that opens and closes within one line counts. Single-label scripts take ": ", one digit and "/1", so
    that 1/10 is 1 and 3/1 is 3; those of several labels, and the one over all tasks, take any a/b, and a/0 as 0.
    """
    for line in text.split("\n"):
        start = line.find("<score>")
        end = line.find("</score>", start + 1) if start >= 0 else -1
        if end < 0:
            continue
        block = line[start + len("<score>") : end]
        if not several:
            return [float(digit) for digit in _THEIRS_ONE.findall(block)] or None
        pairs = [(int(right), int(of)) for right, of in _THEIRS_SEVERAL.findall(block)]
        return [right / of if of else 0.0 for right, of in pairs] or None
    return None


def read_step_list(text: str) -> list[str]:
    """The steps of a judge's reply: JSON {"steps": [...]}, or the authors' <step>Step 1: ... Step 2: ...</step>."""
    start = text.rfind("<step>")
    end = text.find("</step>", start) if start >= 0 else -1
    if end < 0 or begins(text, _STEPS):
        return read_steps(text)
    steps = split_steps_text(text[start:end])
    if not steps:
        raise Unreadable("the step block is empty")
    return steps


def split_steps_text(text: str) -> list[str]:
    """The claims of `Step 1: ... Step 2: ...`, each cut where the next number in order is called; tags are left out."""
    body = text.replace("<step>", " ").replace("</step>", " ")
    marks: list[tuple[int, int]] = []
    for match in _STEP.finditer(body):
        if int(match[1]) == len(marks) + 1 and len(marks) < MOST_STEPS:
            marks.append(match.span())
    if not marks:
        return [claim] if (claim := " ".join(body.split())[:LONGEST]) else []
    ends = [start for start, _ in marks[1:]] + [len(body)]
    claims = [" ".join(body[start:end].split())[:LONGEST] for (_, start), end in zip(marks, ends, strict=True)]
    return [claim.rstrip(" ,;") or "(empty)" for claim in claims]

r"""Where the answer to a closed question is looked for in a reply that holds no JSON object.

The last <answer> tag or \boxed{}; else, of letters, a last line that is one by itself; else the last `Answer:` line,
where no final statement comes after it; else the whole text, whose mentions are weighed (judge/parse/claims.py).
Numbers: behind their name, in the last line, in the whole text.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from judge.definitions import Ask
from judge.parse.mentions import Weight
from judge.parse.objects import without_fences
from judge.parse.refusals import is_refusal
from judge.parse.statements import statement
from judge.parse.text import Region, answer_line, last_line, numbered_line, tagged, undecorated
from judge.parse.value import Value
from judge.parse.values import Labels, Weighed, weigh
from judge.records import State

LONGEST_BARE_WORDS = 6
LONGEST_BARE = 24


class ReadRegion(Protocol):
    """Reads one region of a reply."""

    def __call__(self, region: str, *, explicit: bool) -> Value:
        """`explicit`: the region is an answer slot."""


class Reading(NamedTuple):
    """What one ask's reply says."""

    values: dict[str, tuple[str, ...]]
    state: State
    reasoning: str
    region: str
    reason: str


def read_text(
    ask: Ask, text: str, value_in: ReadRegion, *, labels: Labels, choices: tuple[str, ...], truncated: bool
) -> Reading:
    """The reply outside JSON: a tag, the answer's line, the whole text."""
    tag = tagged(text)
    if tag is not None:
        return read_slot(ask, value_in(tag.text, explicit=True), reasoning=tag.rest(text), region=tag.text)
    lone = _lone_letter(text) if ask.read.as_ == "letter" and not truncated else None
    if lone is not None:
        return read_slot(ask, value_in(lone.text, explicit=True), reasoning=_before(text, lone), region=lone.text)
    line = answer_line(text)
    if ask.read.as_ == "number":
        return _read_number(ask, text, value_in, line=line, truncated=truncated)
    one_word = _is_one_word(text)
    whole = weigh(ask.read, text, labels=labels, choices=choices, explicit=one_word)
    if line is not None and not _restated(text, line, whole):
        return _in_line(ask, text, value_in, line=line, truncated=truncated)
    return _in_text(ask, text, whole, truncated=truncated and not (one_word and whole.value.state == "ok"))


def _lone_letter(text: str) -> Region | None:
    """A last line that is one letter by itself, in either case; none where the line above is one, too: a list."""
    last = last_line(text)
    if last is None or not _is_letter(last.text):
        return None
    above = last_line(text[: last.start])
    return last if above is None or not _is_letter(above.text) else None


def _is_letter(line: str) -> bool:
    bare = undecorated(line)
    return len(bare) == 1 and bare.isascii() and bare.isalpha()


def _restated(text: str, line: Region, whole: Weighed) -> bool:
    """True where a final statement stands in a line below the answer's."""
    return whole.value.state == "ok" and whole.weight == Weight.FINAL and whole.line > text.count("\n", 0, line.end)


def _in_line(ask: Ask, text: str, value_in: ReadRegion, *, line: Region, truncated: bool) -> Reading:
    value = value_in(line.text, explicit=True)
    if truncated and value.state != "ok" and not undecorated(text[line.end :]):
        return Reading({}, "unparsed", line.rest(text), line.text, "cut off within its answer")
    return read_slot(ask, value, reasoning=line.rest(text), region=line.text)


def _in_text(ask: Ask, text: str, whole: Weighed, *, truncated: bool) -> Reading:
    """The whole text, each mention weighed by the words around it."""
    value = whole.value
    at = numbered_line(text, whole.line)
    if is_refusal(text) and (value.state != "ok" or whole.weight <= Weight.DOUBTED):
        return Reading({}, "refused", text, "", "the reply declines")
    if truncated and not (value.state == "ok" and whole.weight >= Weight.BARE and undecorated(text[at.end :])):
        return Reading({}, "unparsed", text, "", "cut off before an answer")
    if _is_bare(text):
        rest = without_fences(at.rest(text)) if whole.weight >= Weight.BARE else ""
        return _reading(ask, value, reasoning=rest, region=at.text)
    kept = without_fences(at.rest(text)) if _is_bare(at.text) and value.state == "ok" else without_fences(text)
    return _reading(ask, value, reasoning=kept, region=at.text if value.state == "ok" else text)


def read_slot(ask: Ask, value: Value, *, reasoning: str, region: str) -> Reading:
    """What stands in an answer slot; a refusal there is one."""
    if value.state != "ok" and is_refusal(region):
        return Reading({}, "refused", reasoning, region, "the reply declines")
    return _reading(ask, value, reasoning=reasoning, region=region)


def _read_number(ask: Ask, text: str, value_in: ReadRegion, *, line: Region | None, truncated: bool) -> Reading:
    """A number: after its name or a final statement, in the last line, or in the whole text."""
    stated = statement(text)
    if stated is not None and (line is None or stated.start >= line.end):
        value = value_in(stated.text, explicit=True)
        if value.state not in ("unparsed", "ambiguous") and not (truncated and stated.end >= len(text)):
            return read_slot(ask, value, reasoning=stated.rest(text), region=stated.text)
    if line is not None:
        return _in_line(ask, text, value_in, line=line, truncated=truncated)
    last = last_line(text)
    one_word = _is_one_word(text)
    one_line = last is None or not undecorated(text[: last.start])
    value = value_in(last.text, explicit=one_word) if last else Value("unparsed", reason="names no number")
    if is_refusal(text) and (one_line or value.state != "ok"):
        return Reading({}, "refused", text, "", "the reply declines")
    if truncated and not (one_word and value.state == "ok"):
        return Reading({}, "unparsed", text, "", "cut off before an answer")
    if last is not None and value.state != "unparsed":
        return _reading(ask, value, reasoning=_before(text, last), region=last.text)
    whole = value_in(text, explicit=False)
    return _reading(ask, whole, reasoning="" if _is_bare(text) else text, region=text)


def _reading(ask: Ask, value: Value, *, reasoning: str, region: str) -> Reading:
    values = {ask.name: value.values} if value.state == "ok" else {}
    return Reading(values, value.state, reasoning, region, value.reason)


def _before(text: str, last: Region) -> str:
    """The reasoning: what precedes the last line, and that line too where it is more than a bare answer."""
    kept = without_fences(text[: last.start])
    return kept if _is_bare(last.text) else f"{kept}\n{last.text}".strip()


def _is_one_word(text: str) -> bool:
    """One word, in any script: a sentence without spaces is more than one."""
    bare = undecorated(text)
    return len(bare.split()) == 1 and (bare.isascii() or len(bare) <= LONGEST_BARE)


def _is_bare(text: str) -> bool:
    return len(text.split()) <= LONGEST_BARE_WORDS and len(text) <= LONGEST_BARE * 2

"""A reply and the thoughts before it, told apart by the marks of the model families; thoughts are never reply text.

Marks: `<think>` and its kin in angle brackets (Qwen, DeepSeek, GLM, Nemotron, Seed's `<seed:think>`, EXAONE's
`<thought>`, `<thinking>`, `<reasoning>`), between bars (`<|begin_of_thought|>`, Cohere's `<|START_THINKING|>`),
Magistral's `[THINK]`, Kimi's `◁think▷`, Gemma's channels, Granite's and Apriel's frames; harmony's: see channels.
A text that only speaks of a mark keeps it: in quotation marks, beside "tag" or "and", alone between two blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice, pairwise
from typing import NamedTuple

from judge.parse.channels import split_channels

_WORDS = (
    r"(?:[a-z]{1,16}[:_-])?(?:think(?:ing)?|thoughts?)(?:[_ -]process)?|reasoning(?:[_ -]process)?|scratch_?pad|cot|"
    r"(?:inner|internal)_(?:monologue|thoughts?)|chain_of_thoughts?|(?:self_)?reflection|思考(?:过程|過程)?|"
    r"推理(?:过程|過程)?"
)
_MARK = re.compile(
    rf"(?:<|＜|&lt;)\s?(?P<shut>\\?/)?\s?(?P<angle>{_WORDS})(?:\s\w{{1,20}}=[^<>\n]{{0,60}})?\s?(?P<empty>/)?(?:>|＞|"
    rf"&gt;)|"
    r"<[|｜](?P<barred_shut>/)?(?P<way>(?:begin|start|end)[_▁](?:of[_▁])?)?(?P<barred>thoughts?|think(?:ing)?|"
    r"reasoning|cot)"
    r"(?P<ending>[_▁](?:start|begin|end))?[|｜]>|"
    r"[\[【](?P<square_shut>/)?(?P<square>think(?:ing)?|reasoning|thoughts?|思考|推理)[\]】]|"
    r"◁(?P<kimi_shut>/)?(?P<kimi>think(?:ing)?|thoughts?)▷|"
    r"(?P<gemma><\|channel>(?:thought|analysis)?|<unused94>(?:thought)?|<\|inner_prefix\|>)|"
    r"(?P<gemma_shut><channel\|>|<unused95>|<\|inner_suffix\|>)|"
    r"(?P<solar_shut><\|end\|>\s?<\|begin\|>assistant<\|content\|>)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"\s{0,20}here(?:['’]s| is| are) my (?:thought process|reasoning steps|reasoning)\b", re.IGNORECASE)
_FRAME_END = re.compile(
    r"here(?:['’]s| is) my (?:final )?(?:response|answer)[:.]?|\[BEGIN FINAL RESPONSE\]", re.IGNORECASE
)
_FINAL_RESPONSE = re.compile(r"\[(BEGIN|END) FINAL RESPONSE\]")
_SHELL = re.compile(r"<\|(?:begin_of|end_of|start|end)_(?:solution|response)\|>", re.IGNORECASE)
_FIRST = re.compile(r"[<＜◁\[【]|&lt;")
_QUOTES = frozenset("`\"'“”‘’«»「」『』")
_JOINS = frozenset(
    {"and", "or", "to", "/", ",", "-", "–", "und", "oder", "et", "ou", "y", "o", "e", "и", "или", "ve", "veya", "ja"}
    | {"tai", "和", "与", "與", "或", "、", "と", "와", "및", "و", "أو"}
)
"""What stands between two marks that are only named."""
_NAMED_AFTER = re.compile(
    r"[`'\"”’»」』]?[^\S\n]{0,2}(?:(?:tags?|tokens?|markers?|marks?|blocks?|sections?|elements?)\b|标签|标记|標籤|"
    r"タグ|태그)",
    re.IGNORECASE,
)
_NAMED_BEFORE = re.compile(
    r"(?:^|[^\w<])(?:the|a|an|with|without|use|uses|using|inside|within|tags?|tokens?|called|named|no)[^\S\n]{1,3}\Z",
    re.IGNORECASE,
)
MOST_MARKS = 20_000
"""Those that come after them are text: no reply has as many that was not made to be slow."""
DEEPEST = 99
LONGEST_NAMED = 60
"""Characters between two marks that stand together in quotation marks."""
_ANSWERS = ("answer", "final_answer", "response", "output", "conclusion", "solution")
_ANSWER_MARKS = ("<|begin_of_solution|>", "<|start_response|>", "<|begin_of_box|>")


class _Mark(NamedTuple):
    start: int
    end: int
    shuts: bool
    family: str


def split_thinking(text: str) -> tuple[str, str]:
    """(reply, thinking): thoughts are taken out, nested ones too, in any case of letters.

    A mark that is not closed runs to the end, or to an `<answer>` that ends the text; a close that was never opened
    ends thoughts that began the text, as chat templates eat the first mark. Time is linear in the text.
    """
    channels = split_channels(text)
    if channels is not None:
        return channels
    framed = _framed(text)
    if framed is not None:
        return framed
    if _FIRST.search(text) is None:
        return text.strip(), ""
    marks = _structural(text, [_mark_of(match) for match in islice(_MARK.finditer(text), MOST_MARKS)])
    reply, thinking = _parted(text, marks) if marks else (text, [])
    if "<|" in reply:
        reply = _SHELL.sub("", reply)
    return reply.strip(), "\n".join(part.strip() for part in thinking if part.strip())


def strip_thinking(text: str, *, keep: bool = False) -> str:
    """The text that an authors' rule reads: without its thinking, or, to keep it, as it came."""
    return text if keep else split_thinking(text)[0]


def _framed(text: str) -> tuple[str, str] | None:
    """By the sentences that some models begin their thoughts and their answer with; both must be there."""
    begin = _FRAME.match(text)
    end = _FRAME_END.search(text, begin.end()) if begin is not None else None
    if begin is None or end is None:
        return None
    return _FINAL_RESPONSE.sub("", text[end.end() :]).strip(), text[begin.end() : end.start()].strip(" :\n")


def _mark_of(match: re.Match[str]) -> _Mark:
    found = match.groupdict()
    shuts = any(name.endswith("shut") and said for name, said in found.items())
    shuts = shuts or (found["way"] or "").lower().startswith("end") or (found["ending"] or "").lower().endswith("end")
    named = next((found[name] for name in ("angle", "barred", "square", "kimi") if found[name]), "")
    if found["square"] and match[0] in ("[THINK]", "[/THINK]"):
        named = "[think]"
    elif found["square"]:
        named = "[]"
    family = "empty" if found["empty"] else named.casefold() or "channel"
    return _Mark(match.start(), match.end(), shuts, family)


def _structural(text: str, marks: list[_Mark]) -> list[_Mark]:
    """The marks that part the text, without those that it only speaks of."""
    named = {place for place, mark in enumerate(marks) if _is_named(text, mark)}
    for place, (one, other) in enumerate(pairwise(marks)):
        if not one.shuts and other.shuts and _are_named(text, one, other):
            named |= {place, place + 1}
    kept = [mark for place, mark in enumerate(marks) if place not in named]
    last = {mark.family: place for place, mark in enumerate(kept) if mark.shuts}
    first = {mark.family: place for place, mark in reversed([*enumerate(kept)]) if not mark.shuts}
    return [mark for place, mark in enumerate(kept) if _parts(text, mark, place=place, first=first, last=last)]


def _parts(text: str, mark: _Mark, *, place: int, first: dict[str, int], last: dict[str, int]) -> bool:
    """True of a mark that has its partner, of a close whose opening was eaten, and of an open one that is no aside."""
    if mark.shuts:
        return mark.family != "[]" or place > first.get("[]", place)  # [/REASONING] alone is noise
    return last.get(mark.family, -1) > place or not _is_aside(text, mark)


def _is_named(text: str, mark: _Mark) -> bool:
    """True of one mark that the text speaks of: in quotation marks, before "tag", after "the" and before a blank."""
    before, after = text[mark.start - 1 : mark.start], text[mark.end : mark.end + 1]
    if before in _QUOTES and after in _QUOTES and before and after:
        return True
    if _NAMED_AFTER.match(text, mark.end):
        return True
    if not after or after.isalnum() or after == "\n":
        return False
    return _NAMED_BEFORE.search(text[max(0, mark.start - 12) : mark.start]) is not None


def _are_named(text: str, one: _Mark, other: _Mark) -> bool:
    """True of a pair: `<think> and </think>`, or both within one pair of quotation marks."""
    if other.start - one.end > LONGEST_NAMED:
        return False
    gap = text[one.end : other.start]
    if gap.strip(" `'\"“”").casefold() in _JOINS:
        return True
    before, after = text[one.start - 1 : one.start], text[other.end : other.end + 1]
    quoted = before in _QUOTES and after in _QUOTES and bool(before and after) and "\n" not in gap
    return quoted and (before not in "\"'" or not any(letter.isalpha() for letter in gap))


def _is_aside(text: str, mark: _Mark) -> bool:
    """True of an opening mark that nothing closes and that stands as a word among words, or in a JSON text."""
    before, after = text[mark.start - 1 : mark.start], text[mark.end : mark.end + 1]
    if mark.family == "[]" or (before and before in _QUOTES):
        return True
    return (
        before in (" ", "\t")
        and bool(text[: mark.start].strip())
        and not (after and (after.isalnum() or after == "\n"))
    )


def _parted(text: str, marks: Iterable[_Mark]) -> tuple[str, list[str]]:
    """The reply's text, and the pieces of its thoughts."""
    marks = list(marks)
    last = {mark.family: place for place, mark in enumerate(marks) if mark.shuts}
    reply: list[str] = []
    thinking: list[str] = []
    opened: list[str] = []
    position, closed = 0, False
    for place, mark in enumerate(marks):
        _add(thinking if opened else reply, text[position : mark.start])
        position = mark.end
        if mark.family == "empty":
            continue
        if not mark.shuts:
            opened.append(mark.family)
        elif opened:
            closed = _close(opened, mark.family, later=last.get(opened[-1], -1) > place) or closed
        elif not (closed and place + 1 == len(marks) and not text[position:].strip()):
            thinking += reply
            reply = []
            closed = True
    rest = text[position:]
    answer = _last_answer(rest) if opened else 0
    _add(thinking, rest[:answer])
    _add(reply, rest[answer:])
    return "".join(reply), thinking


def _add(pieces: list[str], piece: str) -> None:
    """Words that a mark stood between do not become one word."""
    if piece:
        glued = bool(pieces) and pieces[-1][-1:].isalnum() and piece[:1].isalnum()
        pieces.append(f" {piece}" if glued else piece)


def _close(opened: list[str], family: str, *, later: bool) -> bool:
    """Close the innermost mark of this family and those in it; else the innermost, if its own close does not come."""
    if family in opened[-DEEPEST:]:
        while opened.pop() != family:
            pass
        return True
    if not later:
        opened.pop()
    return not later


def _last_answer(rest: str) -> int:
    """Where an answer begins that ends thoughts that were never closed; the length where there is none."""
    lowered = rest.rstrip()[-20_000:].lower()
    offset = len(rest.rstrip()) - len(lowered)
    for name in _ANSWERS:
        start = lowered.rfind(f"<{name}>") if lowered.endswith(f"</{name}>") else -1
        if start >= 0:
            return offset + start
    start = max(lowered.rfind(mark) for mark in _ANSWER_MARKS)
    return offset + start if start >= 0 else len(rest)

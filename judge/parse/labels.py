"""Finds the labels of a closed set in a piece of text: word boundaries, longest match, negation.

In scripts without spaces a label is found anywhere, the longest first; `not happy` is not happy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from judge.folding import folded

_NO_SPACES = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_SPACELESS = re.compile(f"[{_NO_SPACES}]")
_FILLER = (
    r"at all|in the least|really|very|so|that|too|quite|even|particularly|especially|truly|entirely|exactly|actually|"
    r"necessarily|clearly|meant|intended|to|be|been|being|feel|feels|feeling|sound|sounds|look|looks|seem|seems|appear|"
    r"appears|find|consider|a|an|the|any|as|sehr|wirklich|ganz|besonders|gerade|so|très|vraiment|du tout|"
    r"particulièrement|si|es|está|era|fue|parece|muy|tan|realmente|nada|é|foi|muito|um|uma|un|una|ein|eine"
)
_THINKS = (
    r"(?:(?:(?:think|believe|say|see|suppose|mean|the[^\S\n]+case|true)(?:[^\S\n]+that)?|that)[^\S\n]+"
    r"(?:it|this|that|he|she|they|the[^\S\n]+\w{1,12})(?:'s|[^\S\n]+(?:is|was|are|were))?|"
    r"(?:about|in)[^\S\n]+(?:it|this|that)[^\S\n]+(?:is|was))"
)
"""I don't think that it is ..., nothing about it is ...: the denial stands before the thought."""
_NEGATED_BEFORE = re.compile(
    r"(?:\b(?:not|never|no|no longer|hardly|barely|scarcely|rarely|far from|anything but|neither|nor|cannot|\w{1,9}n't|"
    r"nothing|without|false|untrue|unlikely|devoid of|(?<!no )lack(?:s|ed|ing)?(?:[^\S\n]+of)?|"
    r"(?:is|was|are|were|do|does|did|wo|ca|could|would|should)nt|"
    r"nicht|kein|keine|keinen|keineswegs|pas|jamais|nunca|nem|não|nie|нет|не)"
    rf"(?:[^\S\n]+{_THINKS})?(?:[^\S\n]+(?:{_FILLER})){{0,4}}[^\S\n]+|\bnon[- ]?|\bnot-)\Z"
)
_MARKS_BETWEEN = re.compile(r"[*_`\"“”„«»「『\[(]")
_DEGREE_CJK = "太|是|很|怎么|那么|多|特别|特別|十分|真的|真|再"
_VERB_CJK = "有|任何|算|够|夠|觉得|覺得|感到|感觉|感覺|在|什么|什麼|会|會|能|显得|顯得|上"
_NEGATED_BEFORE_CJK = re.compile(rf"(?:不|没|沒|非|無|无|未|别|缺乏|缺少)(?:{_DEGREE_CJK}|{_VERB_CJK}){{0,3}}\Z")
_NEGATED_AFTER_CJK = re.compile(
    r"[”\"」』]?(?:(?:では|じゃ|で|は|が|とは|でも|には|く)(?:ない|なく|なかっ|ありません|言え|いえ|思え|思わ|感じられな))"
)
_LOOK_BACK = 60


class Mention(NamedTuple):
    """One label found in a text."""

    label: str
    start: int
    end: int
    negated: bool


def plain(text: str) -> str:
    """The text as it is compared: NFKC, lower case, straight apostrophes, nothing invisible."""
    return folded(text).replace("’", "'")


class Named(NamedTuple):
    """What a text says of a closed set."""

    labels: list[str]
    """Those that it affirms, in order."""
    denies: bool
    """It denies at least one."""


class LabelSet:
    """A compiled label set: each label and its aliases, in any language."""

    def __init__(self, labels: Mapping[str, tuple[str, ...]]) -> None:
        """The label itself always stands for itself."""
        self.owner: dict[str, str] = {}
        for label, aliases in labels.items():
            for form in (label, label.replace("_", " "), *aliases):
                if plain(form).strip():
                    self.owner.setdefault(plain(form), label)
        self._pattern = _any_of(sorted(self.owner, key=len, reverse=True))

    def mentions(self, text: str) -> list[Mention]:
        """Every label in the text, in order, the longest form at each place."""
        lowered = plain(text)
        return [
            Mention(label, start, end, is_negated(lowered, start, end=end))
            for label, start, end in self._found(lowered)
        ]

    def _found(self, lowered: str) -> Iterator[tuple[str, int, int]]:
        match = self._pattern.search(lowered)
        while match is not None:
            start, end = match.span()
            if _inside_a_word(lowered, start, end):
                end = start + 1
            else:
                yield self.owner[match[0]], start, end
            match = self._pattern.search(lowered, end)

    def read(self, text: str) -> Named:
        """The distinct labels that the text affirms, and whether it denies one; what is known is not weighed again."""
        lowered = plain(text)
        labels: dict[str, None] = {}
        denies = False
        for label, start, end in self._found(lowered):
            if label in labels:
                continue
            if is_negated(lowered, start, end=end):
                denies = True
            else:
                labels[label] = None
        return Named(list(labels), denies)

    def named(self, text: str) -> list[str]:
        """The distinct labels that the text affirms, in order."""
        return self.read(text).labels


_LETTER = r"[^\W_]"
"""A letter or digit; an underscore is a mark like the star: _happy_ is happy."""


def _any_of(forms: list[str]) -> re.Pattern[str]:
    """Any of the forms between word boundaries; beside a script without spaces there is none to ask for.

    The left boundary is looked at once for all forms, so that many labels cost a long text no more than few.
    """
    free = [form for form in forms if _SPACELESS.match(form[0])]
    bound = [form for form in forms if not _SPACELESS.match(form[0])]
    ways = [rf"(?:(?<!{_LETTER})|(?<=[{_NO_SPACES}])){_ended(bound)}"] if bound else []
    ways += [_ended(free)] if free else []
    return re.compile("|".join(ways) or "(?!)")


def _ended(forms: list[str]) -> str:
    """Any of the forms with a boundary after it; written once where all need one, as it is slow to compile."""
    right = rf"(?:(?!{_LETTER})|(?=[{_NO_SPACES}]))"
    needs = [not _SPACELESS.match(form[-1]) for form in forms]
    if all(needs):
        return rf"(?:{'|'.join(map(re.escape, forms))}){right}"
    ends = [re.escape(form) + (right if need else "") for form, need in zip(forms, needs, strict=True)]
    return f"(?:{'|'.join(ends)})"


def _inside_a_word(text: str, start: int, end: int) -> bool:
    """A vowel sign or other mark beside the match belongs to a longer word (Devanagari, Arabic, ...)."""
    for character in text[max(0, start - 1) : start] + text[end : end + 1]:
        if character >= "\u0300" and unicodedata.category(character).startswith("M"):
            return True
    return False


def is_negated(text: str, start: int, *, end: int) -> bool:
    """True where what stands at start:end of a `plain` text is denied."""
    return _denies(text[max(0, start - _LOOK_BACK) : start]) or _NEGATED_AFTER_CJK.match(text, end) is not None


@lru_cache(maxsize=1024)
def _denies(before: str) -> bool:
    """Cached: a text that says one thing over and over is weighed once."""
    before = _MARKS_BETWEEN.sub("", before)
    return (_NEGATED_BEFORE.search(before) or _NEGATED_BEFORE_CJK.search(before)) is not None


@lru_cache(maxsize=64)
def _compiled(items: tuple[tuple[str, tuple[str, ...]], ...]) -> LabelSet:
    return LabelSet(dict(items))


def label_set(labels: Mapping[str, tuple[str, ...]]) -> LabelSet:
    """The compiled set, kept for the next reply."""
    return _compiled(tuple((label, tuple(aliases)) for label, aliases in labels.items()))

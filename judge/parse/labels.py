"""Finds the labels of a closed set in a piece of text: word boundaries, longest match, negation.

In scripts without spaces a label is found anywhere, the longest first; `not happy` is not happy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

_NO_SPACES = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_SPACELESS = re.compile(f"[{_NO_SPACES}]")
_FILLER = (
    r"at all|in the least|really|very|so|that|too|quite|particularly|especially|truly|entirely|exactly|actually|"
    r"necessarily|clearly|meant|intended|to|be|being|feel|feeling|sound|look|seem|appear|a|an|the|any"
)
_NEGATED_BEFORE = re.compile(
    r"(?:\b(?:not|never|hardly|isn't|wasn't|aren't|weren't|doesn't|don't|didn't|can't|cannot|couldn't|wouldn't|"
    r"nicht|kein|keine|keinen|pas|jamais|nunca|nem|não|nie|нет|не|neither|nor|anything but)"
    rf"(?:[ \t]+(?:{_FILLER})){{0,4}}[ \t]+|\bnon[- ]?|\bnot-)[\"'“‘*_]*\Z"
)
_NEGATED_BEFORE_CJK = re.compile(
    r"(?:不|没|沒|非|無|无|未|并非|並非)(?:太|是|是很|怎么|那么|很|有|算|够|夠)?[“\"「『]?\Z"
)
_NEGATED_AFTER_CJK = re.compile(r"[”\"」』]?(?:では|じゃ|でも|とは)(?:あり|な|言え)")
_LOOK_BACK = 60


class Mention(NamedTuple):
    """One label found in a text."""

    label: str
    start: int
    end: int
    negated: bool


def plain(text: str) -> str:
    """The text as it is compared: NFKC, lower case, straight apostrophes."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


class LabelSet:
    """A compiled label set: each label and its aliases, in any language."""

    def __init__(self, labels: Mapping[str, tuple[str, ...]]) -> None:
        """The label itself always stands for itself."""
        self.owner: dict[str, str] = {}
        for label, aliases in labels.items():
            for form in (label, label.replace("_", " "), *aliases):
                self.owner.setdefault(plain(form), label)
        forms = sorted(self.owner, key=len, reverse=True)
        self._pattern = re.compile("|".join(_bounded(form) for form in forms)) if forms else None

    def mentions(self, text: str) -> list[Mention]:
        """Every label in the text, in order, the longest form at each place."""
        if self._pattern is None:
            return []
        lowered = plain(text)
        found = []
        for match in self._pattern.finditer(lowered):
            negated = _is_negated(lowered, match.start(), match.end())
            found.append(Mention(self.owner[match[0]], match.start(), match.end(), negated))
        return found

    def named(self, text: str) -> list[str]:
        """The distinct labels that the text affirms, in order."""
        return list(dict.fromkeys(mention.label for mention in self.mentions(text) if not mention.negated))


def _bounded(form: str) -> str:
    left = "" if _SPACELESS.match(form[0]) else r"(?<!\w)"
    right = "" if _SPACELESS.match(form[-1]) else r"(?!\w)"
    if not left or not right:
        return left + re.escape(form) + right
    # beside a character of a script without spaces there is no word boundary to ask for
    return rf"(?:(?<!\w)|(?<=[{_NO_SPACES}])){re.escape(form)}(?:(?!\w)|(?=[{_NO_SPACES}]))"


def _is_negated(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start]
    if _NEGATED_BEFORE.search(before) or _NEGATED_BEFORE_CJK.search(before):
        return True
    return _NEGATED_AFTER_CJK.match(text, end) is not None


@lru_cache(maxsize=64)
def _compiled(items: tuple[tuple[str, tuple[str, ...]], ...]) -> LabelSet:
    return LabelSet(dict(items))


def label_set(labels: Mapping[str, tuple[str, ...]]) -> LabelSet:
    """The compiled set, kept for the next reply."""
    return _compiled(tuple((label, tuple(aliases)) for label, aliases in labels.items()))

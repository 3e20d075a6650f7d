"""Finds the labels of a closed set in a piece of text: word boundaries, word forms, longest match, negation.

In scripts without spaces a label is found anywhere, the longest first; `not happy` is not happy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from judge.folding import folded
from judge.parse.denials import carried, is_denied
from judge.parse.forms import BEFORE, ENDINGS, LONGEST_WORD, japanese, script_of, stems
from judge.parse.languages import languages_of
from judge.parse.lexicon import Lexicon
from judge.parse.spelling import spelled

_WORD = re.compile(r"[^\W\d_]{1,60}(?:'[^\W\d_]{1,8})?")
_ROMANCE = frozenset({"es", "pt", "fr", "it"})
MOST_LOOKED = 10_000
"""Mentions at a text's beginning, and at its end, of which it is asked whether they are denied: a reply that names
labels hundreds of thousands of times says no more by those in between."""
MOST_KNOWN = 50_000
"""Words that were taken apart and are remembered."""


class Mention(NamedTuple):
    """One label found in a text."""

    label: str
    start: int
    end: int
    negated: bool
    tail: int = -1
    """Where the word ends, with its endings."""


def plain(text: str) -> str:
    """The text as it is compared: NFKC, lower case, straight apostrophes, one spelling, nothing invisible."""
    return spelled(folded(text).replace("’", "'"))


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
        forms = dict(self.owner)
        for form, label in self.owner.items():
            for other in japanese(form):
                forms.setdefault(other, label)
        self._forms = forms
        self._lexicon = Lexicon(forms)
        self._stems: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._known: dict[tuple[str, str], tuple[str, int] | None] = {}
        self._own = frozenset(language for form in self.owner for language in languages_of(form))
        self._joint = languages_of(" ".join(self.owner))

    def mentions(self, text: str) -> list[Mention]:
        """Every label in the text, in order, the longest form at each place."""
        return self.mentions_in(plain(text))

    def mentions_in(self, lowered: str) -> list[Mention]:
        """The same of a text that is `plain` already; places are its own."""
        found = sorted(
            {**{item[1]: item for item in self._inflected(lowered)}, **self._exact(lowered)}.values(), key=_start
        )
        looked = len(found) if len(found) <= 2 * MOST_LOOKED else MOST_LOOKED
        denied = [
            (number < looked or number >= len(found) - looked) and is_denied(lowered, start, end)
            for number, (_, start, end, _) in enumerate(found)
        ]
        denied = carried(lowered, [(item[1], item[3]) for item in found], denied)
        return [
            Mention(label, start, end, no, tail) for (label, start, end, tail), no in zip(found, denied, strict=True)
        ]

    def _exact(self, lowered: str) -> dict[int, tuple[str, int, int, int]]:
        found: dict[int, tuple[str, int, int, int]] = {}
        reached = 0
        for start, end in self._lexicon.spans(lowered):
            if start >= reached and not _inside_a_word(lowered, start, end):
                found[start] = self._forms[lowered[start:end]], start, end, end
                reached = end
        return found

    def _inflected(self, lowered: str) -> Iterator[tuple[str, int, int, int]]:
        latin = self._latin(lowered)
        if lowered.isascii() and not latin:
            return
        for match in _WORD.finditer(lowered):
            word = match[0]
            language = script_of(word)
            for one in latin if language == "latin" else [language] if language else []:
                found = self._taken_apart(word, one)
                if found is not None and not _inside_a_word(lowered, match.start(), match.end()):
                    yield found[0], match.start(), match.start() + found[1], match.end()
                    break

    def _latin(self, lowered: str) -> list[str]:
        """Whose endings count: those of the text's languages; in a few words, of a label's own language for itself."""
        spoken = _families(languages_of(lowered))
        if len(lowered) > LONGEST_WORD:
            return spoken
        own = [one for one in _families(self._own) if one not in spoken]
        if len(_WORD.findall(lowered)) > 1 and "en" not in self._joint:
            return spoken + own
        return spoken + [f"own {one}" for one in own]

    def _taken_apart(self, word: str, language: str) -> tuple[str, int] | None:
        key = (word, language)
        if key not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = self._apart(word, language) if len(word) <= LONGEST_WORD else None
        return self._known[key]

    def _apart(self, word: str, language: str) -> tuple[str, int] | None:
        """(label, end of the stem) of a word of this language that is a form of a label."""
        table = self._stems_of(language)
        begins = {0}
        before = BEFORE.get(language.removeprefix("own "))
        if before and (prefix := before.match(word)):
            begins.add(prefix.end())
        for start in sorted(begins):
            for end in range(len(word), start, -1):
                for label, kind in table.get(word[start:end], ()):
                    if (start and end == len(word)) or ENDINGS[kind].fullmatch(word, end):
                        return label, end
        return None

    def _stems_of(self, language: str) -> dict[str, list[tuple[str, str]]]:
        if language not in self._stems:
            table = self._stems.setdefault(language, {})
            spoken = language.removeprefix("own ")
            wanted = language if language in ("ko", "ru", "ar") else "latin"
            for form, label in self.owner.items():
                own = spoken == language or spoken in _families(languages_of(form))
                if own and form.isalpha() and script_of(form) == wanted:
                    for stem, kind in stems(form, spoken):
                        alone = " alone" if spoken != language and kind == "de adjective" else ""
                        table.setdefault(stem, []).append((label, kind + alone))
        return self._stems[language]

    def read(self, text: str) -> Named:
        """The distinct labels that the text affirms, and whether it denies one."""
        found = self.mentions(text)
        labels = list(dict.fromkeys(item.label for item in found if not item.negated))
        return Named(labels, any(item.negated for item in found))

    def named(self, text: str) -> list[str]:
        """The distinct labels that the text affirms, in order."""
        return self.read(text).labels


def _families(languages: frozenset[str]) -> list[str]:
    """The tables of endings for these languages: the Romance ones have one in common, English has none."""
    return sorted({"romance" if one in _ROMANCE else one for one in languages if one != "en"})


def _start(item: tuple[str, int, int, int]) -> int:
    return item[1]


def _inside_a_word(text: str, start: int, end: int) -> bool:
    """A vowel sign or other mark beside the match belongs to a longer word (Devanagari, Arabic, ...)."""
    for character in text[max(0, start - 1) : start] + text[end : end + 1]:
        if character >= "\u0300" and unicodedata.category(character).startswith("M"):
            return True
    return False


def is_negated(text: str, start: int, *, end: int) -> bool:
    """True where what stands at start:end of a `plain` text is denied."""
    return is_denied(text, start, end)


@lru_cache(maxsize=64)
def _compiled(items: tuple[tuple[str, tuple[str, ...]], ...]) -> LabelSet:
    return LabelSet(dict(items))


def label_set(labels: Mapping[str, tuple[str, ...]]) -> LabelSet:
    """The compiled set, kept for the next reply."""
    return _compiled(tuple((label, tuple(aliases)) for label, aliases in labels.items()))

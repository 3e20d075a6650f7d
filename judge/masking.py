"""Hides labels in a text: the words, their aliases and their word forms; rather too much than too little.

Masked text is folded to plain letters first (NFKC, nothing invisible): wide and styled letters do not slip through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from judge.definitions import Task
from judge.folding import unhidden
from judge.gold import LETTERS
from judge.metrics.words import stemmer
from judge.records import Sample

MASK = "[label]"
LONG = 5
"""Letters from which any ending makes a word form; a shorter form takes only the endings below."""
LONGEST_ENDING = 10
MOST_KNOWN = 50_000
"""Words that were weighed and are remembered."""
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff' -]+")
_BEFORE = ("un", "non", "dis", "in", "im", "anti", "semi", "pseudo", "over", "super", "ultra")
_ENDINGS = re.compile(
    "s|es|ed|ers?|est|ings?|i?ly|y|ier|iest|ness(?:es)?|ful(?:ly|ness)?|less(?:ly)?|ous(?:ly)?|ish|some|sters?|"
    "en(?:s|ed|ing)?|ic(?:al)?|ists?|abl[ey]|ment"
)
"""Of short forms: sad, sadly, sadness, saddened; not ira, irate."""
_LETTER = re.compile(
    r"(?i:\b(?:options?|choices?|answers?|选项|選項)(?:\s{1,3}(?:is|was|are))?\s{0,3}[:：]?\s{0,3})[(\[]?(?-i:[A-Z])[)\]]?(?![^\W_])"
    r"|[(\[][A-Za-z][)\]]|(?<![^\W_])(?<!['.])[A-Z][).:](?![^\W_])"
)
Labels = Mapping[str, Sequence[str]]


class Mask:
    """A compiled label set that can be taken out of texts."""

    def __init__(self, labels: Labels, *, letters: bool = False) -> None:
        """Each label with its aliases; `letters`: options are also named by letters, as in (B) or answer: B."""
        forms = {unhidden(form).strip().lower() for label, aliases in labels.items() for form in (label, *aliases)}
        forms |= {form.replace("_", " ") for form in forms}
        self._letters = letters
        self._words = {form for form in forms if _WORD.fullmatch(form) and _LATIN.fullmatch(form)}
        self._stems = {stemmer()(word) for word in self._words}
        rest = sorted((form for form in forms if form and form not in self._words), key=len, reverse=True)
        self._phrases = re.compile(_any_of(rest), re.IGNORECASE)
        self._known: dict[str, bool] = {}

    def hide(self, text: str) -> str:
        """The text with MASK in the place of each label; idempotent."""
        pieces = unhidden(text).split(MASK)
        return MASK.join(self._hidden(piece) for piece in pieces)

    def _hidden(self, text: str) -> str:
        text = self._phrases.sub(MASK, text)
        parts = [_WORD.sub(self._word, part) for part in text.split(MASK)]
        text = MASK.join(parts)
        return MASK.join(_LETTER.sub(MASK, part) for part in text.split(MASK)) if self._letters else text

    def _word(self, match: re.Match[str]) -> str:
        word = match[0].lower()
        if word not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[word] = self._names(word)
        return MASK if self._known[word] else match[0]

    def _names(self, word: str) -> bool:
        bare = [word, *(word[len(start) :] for start in _BEFORE if word.startswith(start) and len(word) > len(start))]
        return any(self._is_form(each) for each in bare)

    def _is_form(self, word: str) -> bool:
        if word in self._words or stemmer()(word) in self._stems:
            return True
        return any(_ends(word, form) for form in (*self._words, *self._stems) if word.startswith(form))


def _ends(word: str, form: str) -> bool:
    """True where the rest of the word is an ending, the last letter of a short form doubled or not: sad, sadder."""
    rest = word[len(form) :]
    if len(form) >= LONG:
        return len(rest) <= LONGEST_ENDING
    doubled = rest[:1] == form[-1:] and _ENDINGS.fullmatch(rest[1:])
    return bool(_ENDINGS.fullmatch(rest) or doubled)


def _any_of(forms: Sequence[str]) -> str:
    """A pattern of any of these; the first letter is looked at before all else, which takes half the time or less."""
    firsts = "".join(sorted({form[0] for form in forms}))
    return f"(?=[{re.escape(firsts)}])(?:{'|'.join(map(_phrase, forms))})" if forms else "(?!)"


def _phrase(form: str) -> str:
    """Several words stand between boundaries, with any space between them; other scripts' words anywhere."""
    body = r"\s{1,9}".join(map(re.escape, form.split()))
    return rf"(?<![^\W_]){body}(?![^\W_])" if _LATIN.fullmatch(form) else body


def closed(task: Task) -> bool:
    """True where the task's answers are named by labels or options, so that they can be hidden."""
    return any(read.as_ in ("label", "labels", "letter") for ask in task.asks for read in ask.reads().values())


def mask_of(task: Task, sample: Sample) -> Mask:
    """What hides every label that could be the answer to this item."""
    return _compiled(*hidden_of(task, sample))


def hidden_of(task: Task, sample: Sample) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], bool]:
    """Every label that could be the answer, with its aliases, and whether options are named by letters, too."""
    labels: dict[str, tuple[str, ...]] = {}
    letters = False
    for ask in task.asks:
        for name, read in ask.reads().items():
            if read.as_ in ("label", "labels"):
                labels |= sample.labels or task.labels_of(read)
            elif read.as_ == "letter":
                letters = True
                labels |= dict.fromkeys(sample.choices.get(name, ())[: len(LETTERS)], ())
    return tuple((label, tuple(aliases)) for label, aliases in labels.items()), letters


@lru_cache(maxsize=64)
def _compiled(items: tuple[tuple[str, tuple[str, ...]], ...], letters: bool) -> Mask:
    return Mask(dict(items), letters=letters)

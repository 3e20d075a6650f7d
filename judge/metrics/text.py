"""BLEU-4 by nltk and ROUGE by rouge-score, one pair at a time, with a tokenizer that fits the script.

Latin script: BLEU on whitespace, ROUGE with rouge-score's own tokenizer and stemmer. Chinese and Japanese:
characters. Other scripts with spaces: Unicode words. Scripts without spaces that have no tokenizer here: no value.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from judge.folding import compatible
from judge.metrics.words import add_one, sentence_bleu, stemmer

Tokenizer = str
_NOT_ROUGE = re.compile(r"[^a-z0-9]+")
_CHARACTER_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA")
_NO_TOKENIZER = ("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


class Measured(NamedTuple):
    """A value in [0, 1] and the tokenizer behind it, or why there is none."""

    value: float | None
    tokenizer: Tokenizer = ""
    reason: str = ""


@lru_cache(maxsize=65536)
def _script(character: str) -> str:
    return unicodedata.name(character, "").split(" ")[0].split("-")[0]


def script_of(text: str) -> str:
    """The script of most letters of a text, as Unicode names it (LATIN, CJK, ...); LATIN where it has none."""
    counts = Counter(_script(character) for character in text[:5000] if character.isalpha())
    merged: Counter[str] = Counter()
    for script, count in counts.items():
        merged["CJK" if script in _CHARACTER_SCRIPTS else script] += count
    return merged.most_common(1)[0][0] if merged else "LATIN"


def tokenizer_for(reference: str) -> Tokenizer | None:
    """latin, characters or words; None where a script has no tokenizer here."""
    script = script_of(reference)
    if script == "LATIN":
        return "latin"
    if script == "CJK":
        return "characters"
    return None if script in _NO_TOKENIZER else "words"


def _words(text: str) -> list[str]:
    """Runs of letters, digits and the marks that belong to them (vowel signs), in lower case."""
    found: list[str] = []
    piece = ""
    for character in compatible(text).casefold():
        if character.isalnum() or (piece and unicodedata.category(character).startswith("M")):
            piece += character
        elif piece:
            found.append(piece)
            piece = ""
    return [*found, piece] if piece else found


def _characters(text: str) -> list[str]:
    """Each CJK character by itself, other words whole."""
    tokens: list[str] = []
    for word in _words(text):
        piece = ""
        for character in word:
            if _script(character) in _CHARACTER_SCRIPTS:
                tokens += [piece] if piece else []
                tokens.append(character)
                piece = ""
            else:
                piece += character
        tokens += [piece] if piece else []
    return tokens


def bleu4(candidate: str, reference: str) -> Measured:
    """Nltk's sentence_bleu, weights 1/4 each, unsmoothed, one reference, case kept (Papineni et al. 2002)."""
    return _bleu(candidate, reference, smoothing=None)


def bleu4_smoothed(candidate: str, reference: str) -> Measured:
    """The same with one added to the counts of each order above the first (Lin and Och 2004; nltk's method2)."""
    return _bleu(candidate, reference, smoothing=add_one())


def _bleu(candidate: str, reference: str, *, smoothing: Any) -> Measured:
    tokenizer = tokenizer_for(reference)
    if tokenizer is None:
        return Measured(None, reason=f"no tokenizer for the script {script_of(reference).lower()}")
    split: Callable[[str], list[str]] = str.split if tokenizer != "characters" else _characters
    named = "whitespace" if tokenizer != "characters" else tokenizer
    hypothesis = split(candidate)
    if not hypothesis:
        return Measured(0.0, named)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nltk warns of every pair without a shared 4-gram: that is a plain 0 here
        value = sentence_bleu()([split(reference)], hypothesis, smoothing_function=smoothing)
        return Measured(float(value), named)


class _Tokens:
    """A rouge-score tokenizer; `latin` gives exactly its default tokens, each word stemmed once."""

    def __init__(self, name: Tokenizer) -> None:
        self._name = name
        self._stem = stemmer()

    def tokenize(self, text: str) -> list[str]:
        if self._name == "characters":
            return _characters(text)
        if self._name == "words":
            return _words(text)
        words = _NOT_ROUGE.sub(" ", text.lower()).split()
        return [self._stem(word) if len(word) > 3 else word for word in words]


@lru_cache(maxsize=16)
def _scorer(metric: str, tokenizer: Tokenizer) -> Any:
    stemmer()  # so that nltk, which rouge-score needs, is imported without what it does not
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([metric], use_stemmer=True, tokenizer=_Tokens(tokenizer))


def rouge(metric: str, candidate: str, reference: str) -> Measured:
    """rouge-score's F measure of rouge1, rouge2 or rougeL (Lin 2004)."""
    tokenizer = tokenizer_for(reference)
    if tokenizer is None:
        return Measured(None, reason=f"no tokenizer for the script {script_of(reference).lower()}")
    named = f"rouge+stem {tokenizer}" if tokenizer == "latin" else tokenizer
    if metric == "rougeL":
        tokens = _Tokens(tokenizer)
        return Measured(_rouge_l(tokens.tokenize(reference), tokens.tokenize(candidate)), named)
    score = _scorer(metric, tokenizer).score(reference, candidate)
    return Measured(float(score[metric].fmeasure), named)


def _rouge_l(reference: list[str], candidate: list[str]) -> float:
    """rouge-score's F from the longest common subsequence, in its own order of operations."""
    if not reference or not candidate:
        return 0.0
    length = longest_common(reference, candidate)
    precision, recall = length / len(candidate), length / len(reference)
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def longest_common(reference: list[str], candidate: list[str]) -> int:
    """Length of the longest common subsequence, a whole row of rouge-score's table as one number (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for place, token in enumerate(reference):
        places[token] = places.get(token, 0) | 1 << place
    full = (1 << len(reference)) - 1
    row = full
    for token in candidate:
        matches = row & places.get(token, 0)
        if matches:
            row = (row + matches | row - matches) & full
    return len(reference) - row.bit_count()


TEXT_METRICS: dict[str, Callable[[str, str], Measured]] = {
    "bleu4": bleu4,
    "bleu4_smoothed": bleu4_smoothed,
    "rouge1": lambda candidate, reference: rouge("rouge1", candidate, reference),
    "rouge2": lambda candidate, reference: rouge("rouge2", candidate, reference),
    "rouge_l": lambda candidate, reference: rouge("rougeL", candidate, reference),
}

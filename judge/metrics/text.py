"""BLEU-4 by nltk and ROUGE by rouge-score, one pair at a time, on tokens that keep every script.

Three ways to make tokens: `english` and `plain` are ours (metrics/tokens.py), the first with Porter's stems for ROUGE;
`library` is what benchmarks have used: BLEU on nltk's whitespace words, ROUGE on rouge-score's own ASCII tokens.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol

from judge.metrics import tokens
from judge.metrics.words import add_one, sentence_bleu, stemmer

Words = Literal["english", "plain", "library"]
EMPTY = "the reference holds no word"


class Measured(NamedTuple):
    """A value in [0, 1] and the tokenizer behind it, or why there is none."""

    value: float | None
    tokenizer: str = ""
    reason: str = ""


class TextMetric(Protocol):
    """Compares a candidate with one reference."""

    def __call__(self, candidate: str, reference: str, words: Words = "english", /) -> Measured:
        """The value; by the tokens that `words` names."""


def bleu4(candidate: str, reference: str, words: Words = "english", /) -> Measured:
    """Nltk's sentence_bleu, weights 1/4 each, unsmoothed, one reference, case kept (Papineni et al. 2002)."""
    return _bleu(candidate, reference, words=words, smoothing=None)


def bleu4_smoothed(candidate: str, reference: str, words: Words = "english", /) -> Measured:
    """The same with one added to the counts of each order above the first (Lin and Och 2004; nltk's method2)."""
    return _bleu(candidate, reference, words=words, smoothing=add_one())


def _bleu(candidate: str, reference: str, *, words: Words, smoothing: Any) -> Measured:
    library = words == "library"
    split: Callable[[str], list[str]] = str.split if library else tokens.words_and_marks
    name = "whitespace" if library else tokens.named(reference, "13a-unicode")
    expected = split(reference)
    if not expected:
        return Measured(0.0, name) if library else Measured(None, reason=EMPTY)
    hypothesis = split(candidate)
    if not hypothesis:
        return Measured(0.0, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nltk warns of every pair without a shared 4-gram: that is a plain 0 here
        value = sentence_bleu()([expected], hypothesis, smoothing_function=smoothing)
        return Measured(float(value), name)


class _Tokens:
    """A tokenizer as rouge-score wants one."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def tokenize(self, text: str) -> list[str]:
        if self._words == "library":
            return tokens.rouge_score_words(text)
        return tokens.words(text, stem=self._words == "english")


@lru_cache(maxsize=16)
def _scorer(metric: str, words: Words) -> Any:
    stemmer()  # so that nltk, which rouge-score needs, is imported without what it does not
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([metric], use_stemmer=True, tokenizer=_Tokens(words))


_BASES: dict[Words, str] = {"english": "words+porter", "plain": "words"}


def rouge(metric: str, candidate: str, reference: str, *, words: Words = "english") -> Measured:
    """rouge-score's F measure of rouge1, rouge2 or rougeL (Lin 2004)."""
    name = "rouge-score+porter" if words == "library" else tokens.named(reference, _BASES[words])
    split = _Tokens(words)
    expected = split.tokenize(reference)
    if not expected and words != "library":
        return Measured(None, reason=EMPTY)
    if metric == "rougeL":
        return Measured(_rouge_l(expected, split.tokenize(candidate)), name)
    score = _scorer(metric, words).score(reference, candidate)
    return Measured(float(score[metric].fmeasure), name)


def rouge1(candidate: str, reference: str, words: Words = "english", /) -> Measured:
    """Words in common."""
    return rouge("rouge1", candidate, reference, words=words)


def rouge2(candidate: str, reference: str, words: Words = "english", /) -> Measured:
    """Pairs of neighbouring words in common."""
    return rouge("rouge2", candidate, reference, words=words)


def rouge_l(candidate: str, reference: str, words: Words = "english", /) -> Measured:
    """The longest common subsequence of words."""
    return rouge("rougeL", candidate, reference, words=words)


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


TEXT_METRICS: dict[str, TextMetric] = {
    "bleu4": bleu4,
    "bleu4_smoothed": bleu4_smoothed,
    "rouge1": rouge1,
    "rouge2": rouge2,
    "rouge_l": rouge_l,
}

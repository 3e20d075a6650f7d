"""The two parts of nltk that are used here: Porter's stemmer and sentence BLEU.

Importing nltk also imports scipy and scikit-learn wherever they are installed, for parts that nothing here uses, at
more than a second: they are kept out while it is imported. nltk itself copes, as it does where they are absent.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

LONGEST_WORD = 40
_NOT_NEEDED = ("scipy", "sklearn")


@contextlib.contextmanager
def _kept_out() -> Iterator[None]:
    blocked = [name for name in _NOT_NEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(blocked))  # type: ignore[arg-type]  # None makes an import fail
    try:
        yield
    finally:
        for name in blocked:
            del sys.modules[name]


@lru_cache(maxsize=1)
def stemmer() -> Callable[[str], str]:
    """Porter's stem of a word, each word stemmed once; long ones, which are no words, are not kept."""
    with _kept_out():
        from nltk.stem import porter

    plain: Callable[[str], str] = porter.PorterStemmer().stem
    kept = lru_cache(maxsize=200_000)(plain)
    return lambda word: kept(word) if len(word) <= LONGEST_WORD else plain(word)


@lru_cache(maxsize=1)
def add_one() -> Any:
    """The smoothing of nltk's SmoothingFunction().method2: one is added to the counts of each order above the first."""
    with _kept_out():
        from nltk.translate.bleu_score import SmoothingFunction

    return SmoothingFunction().method2


@lru_cache(maxsize=1)
def sentence_bleu() -> Callable[..., float]:
    """nltk.translate.bleu_score.sentence_bleu."""
    with _kept_out():
        from nltk.translate.bleu_score import sentence_bleu as function

    return function  # type: ignore[no-any-return]

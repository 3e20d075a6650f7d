"""Tokens of a text in any script, for BLEU and ROUGE: one rule for each kind of writing, also inside mixed text.

Words: runs of letters, digits and the marks that belong to them (accents, vowel signs). Han: each character. Kana,
Thai, Lao, Khmer, Burmese and their kin, which have no spaces between words: pairs of neighbouring letters, as search
engines make them (Lucene's CJKBigramFilter); single letters of these recur in any two texts. Tibetan: syllables, which
its own point parts. docs/metrics.md has the rules by language.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata

from judge.folding import INVISIBLE, compatible
from judge.metrics.words import stemmer

_HAN = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3100-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00016fe0-\U00018dff\U00020000-\U0003ffff"
)
"""Characters that are words or syllables: Han with its radicals and marks of repetition, Bopomofo, Tangut, Nüshu."""
_KANA = (
    "\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f\U0001aff0-\U0001b16f"
)
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f\ua980-\ua9ff\uaa60-\uaadf"
"""Thai, Lao, Burmese, Khmer, Tai Le, New Tai Lue, Tai Tham, Balinese, Javanese, Tai Viet."""
HAN = re.compile(f"[{_HAN}]")
PAIRED = re.compile(f"[{_KANA}]+|[{_SPACELESS}]+")
"""A run of letters whose neighbours make pairs."""
_STACKED = "\u1039\u17d2"
"""Burmese and Khmer signs that put the next letter below the one before."""
LONGEST_KNOWN = 64
"""Characters of a piece whose tokens are remembered: a long reply says most of its words many times."""
LONGEST_LETTER = 32
"""Signs that are stacked on one letter; more of them make a letter of their own."""
_HIDDEN = re.compile("[\u0640\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Chooses or stretches the form of a letter: variation selectors and the Arabic tatweel."""
_PARTING = "\u0f0b\u0f0c\u200b"
"""Between syllables or words: the Tibetan points, the zero-width space (Khmer, Thai)."""
_NOT_ROUGE_SCORE = re.compile(r"[^a-z0-9]+")
_MARKS_13A = (
    (re.compile(r"([!-&(-+/:-@\[-`{-~])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
"""NIST's mteval-v13a on ASCII marks: each by itself, but for apostrophes, hyphens and what stands between digits."""


class _Table(dict[int, str]):
    """How a character stands in the tokens, for str.translate; each character is looked at once."""

    def __init__(self, *, marks: bool = False, whole: bool = False) -> None:
        """`marks`: punctuation makes tokens of its own; `whole`: Han is not parted, and signs part words."""
        self._marks, self._whole = marks, whole

    def __missing__(self, code: int) -> str:
        self[code] = found = self._form(chr(code))
        return found

    def _form(self, character: str) -> str:
        kind = unicodedata.category(character)
        if character in _PARTING:
            return " "
        if character in INVISIBLE or _HIDDEN.match(character):
            return ""
        if kind[0] in "LNM":
            return f" {character} " if HAN.match(character) and not self._whole else character
        if character.isascii() and self._marks:
            return " " if kind[0] in "CZ" else character
        apart = kind[0] == "S" and not character.isascii()
        apart |= kind in ("Co", "Cn", "Cs") or (kind[0] == "P" and self._marks)
        return f" {character} " if apart and not self._whole else " "


_WORDS, _MARKED, _WHOLE = _Table(), _Table(marks=True), _Table(whole=True)


def words(text: str, *, stem: bool = False) -> list[str]:
    """Words in lower case without punctuation; `stem`: Porter's stem of English words, as rouge-score has them.

    On ASCII text with `stem` these are rouge-score's own tokens. Emoji and other signs beyond ASCII are tokens.
    """
    plain = compatible(text).casefold().replace("i\u0307", "i")  # a Turkish capital İ is an i
    found = _split(plain.translate(_WORDS))
    if not stem:
        return found
    shorter = stemmer()
    return [shorter(word) if len(word) > 3 and word.isascii() else word for word in found]


def whole_words(text: str) -> list[str]:
    """Runs of letters, digits and their marks in lower case; a run of any script is whole, and signs are no words."""
    return compatible(text).casefold().translate(_WHOLE).split()


def words_and_marks(text: str) -> list[str]:
    """Words in their own case and punctuation marks, as sacrebleu's tokenizers 13a (ASCII) and zh (Han) make them.

    Beyond ASCII each mark and sign is a token, as in its tokenizer intl.
    """
    found: list[str] = []
    for piece in _split(compatible(text).replace("’", "'").translate(_MARKED)):
        if len(piece) == 1 or piece.isalnum():
            found.append(piece)
        else:
            found += _known_by_13a(piece) if len(piece) <= LONGEST_KNOWN else _by_13a(piece)
    return found


def _by_13a(piece: str) -> tuple[str, ...]:
    spaced = f" {piece} "
    for pattern, apart in _MARKS_13A:
        spaced = pattern.sub(apart, spaced)
    return tuple(spaced.split())


_known_by_13a = functools.lru_cache(maxsize=16_384)(_by_13a)


def rouge_score_words(text: str) -> list[str]:
    """What rouge-score's default tokenizer makes with its stemmer on: runs of a-z and 0-9, all else dropped."""
    shorter = stemmer()
    return [shorter(word) if len(word) > 3 else word for word in _NOT_ROUGE_SCORE.sub(" ", text.lower()).split()]


def named(text: str, base: str) -> str:
    """The tokenizer's name in a signature: its base, and what else the text's scripts call for."""
    if text.isascii():
        return base
    characters = "+characters" if HAN.search(text) else ""
    return f"{base}{characters}{'+pairs' if PAIRED.search(text) else ''}"


def _split(text: str) -> list[str]:
    return (text if text.isascii() else PAIRED.sub(_paired, text)).split()


def _paired(match: re.Match[str]) -> str:
    return f" {' '.join(pairs(match[0]))} "


def pairs(run: str) -> list[str]:
    """Neighbouring letters of a run, each with its marks, two and two; a letter alone is itself."""
    letters: list[str] = []
    for character in run:
        joins = letters and (unicodedata.category(character)[0] == "M" or letters[-1][-1] in _STACKED)
        if joins and len(letters[-1]) < LONGEST_LETTER:
            letters[-1] += character
        else:
            letters.append(character)
    return [first + second for first, second in itertools.pairwise(letters)] or letters

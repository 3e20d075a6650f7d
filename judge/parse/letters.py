"""Finds the options of a question in a text: letters that are marked or stand alone, ordinals, the options' texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from judge.folding import unhidden
from judge.gold import LETTERS
from judge.parse.denials import carried, is_denied
from judge.parse.languages import languages_of
from judge.parse.layout import struck
from judge.parse.mentions import Spot
from judge.parse.spelling import spelled

SHORTEST_OPTION = 2
"""Characters of an option's text that is looked for: a letter stands in too many words."""
LONGEST_WORD = 80
_ENDING = r"(?:'(?:[dt][iıuü]r|[dt][ae]n?|y[aeiıuü]|[iıuü]n?|n[iıuü]n|[ae]|ye|deki|daki)(?![^\W_]))"
"""Of Turkish, behind an apostrophe: B'dir."""
_NO_LETTER = r"(?![A-Za-z0-9\u00c0-\u024f\u0400-\u04ff])"
_MARKED = re.compile(
    r"\(([A-Za-z])\)|\[([A-Za-z])\]|(?<![A-Za-z0-9'.\u00c0-\u024f])([A-Za-z])[).:](?![A-Za-z0-9])|"
    r"(?:option|choice|opción|opção|opzione|proposition|alternativa|vaihtoehto|seçenek|вариант|الخيار|möglichkeit|"
    r"选项|選項|選択肢)"
    r"\s{0,3}\(?([A-Za-z])(?![A-Za-z0-9])",
)
_BARE = re.compile(rf"(?<![A-Za-z0-9'\u00c0-\u024f\u0400-\u04ff])([A-Z])(?:(?={_ENDING})|{_NO_LETTER}(?!'))")
_AFTER_A_LETTER = frozenset(
    [
        "and",
        "or",
        "is",
        "because",
        "as",
        "since",
        "would",
        "seems",
        "fits",
        "best",
        "but",
        "with",
        "for",
        "was",
        "not",
        "only",
        "must",
        "also",
        "describes",
        "can",
        "cannot",
        "could",
        "are",
        "does",
        "isn't",
        "doesn't",
        "wouldn't",
        "describe",
        "fit",
        "et",
        "ou",
        "est",
        "n'est",
        "serait",
        "correspond",
        "convient",
        "und",
        "oder",
        "ist",
        "wäre",
        "passt",
        "scheidet",
        "entfällt",
        "fällt",
        "bleibt",
        "y",
        "o",
        "es",
        "no",
        "está",
        "sería",
        "queda",
        "corresponde",
        "e",
        "ou",
        "é",
        "não",
        "seria",
        "está",
        "fica",
        "è",
        "o",
        "sarebbe",
        "ve",
        "veya",
        "değil",
        "ise",
        "yok",
        "ja",
        "tai",
        "on",
        "ei",
        "olisi",
        "sopii",
        "voisi",
        "vai",
        "и",
        "или",
        "не",
        "верно",
        "подходит",
        "são",
        "in",
    ]
)
_WITHOUT_ARTICLE = frozenset({"de", "tr", "fi"})
"""Languages in which no word is the letter A alone."""
_ORDINALS = (
    "first|erste|première|premier|primera|primeira|prima|первый|первая|الاول|الاولي|birinci|ensimmäinen|पहला|第一",
    "second|zweite|deuxième|seconde|segunda|seconda|второй|вторая|الثاني|الثانيه|ikinci|toinen|दूसरा|第二",
    "third|dritte|troisième|tercera|terceira|terza|третий|третья|الثالث|الثالثه|üçüncü|kolmas|तीसरा|第三",
    "fourth|vierte|quatrième|cuarta|quarta|четвертый|четвертая|الرابع|الرابعه|dördüncü|neljäs|चौथा|第四",
)
"""The first to the fourth, in the languages of the rules."""
_NOUNS = (
    r"(?:options?|choice|answer option|opción|opção|opzione|proposition|réponse|respuesta|resposta|risposta|"
    r"alternativa|antwort|möglichkeit|"
    r"vaihtoehto|seçenek|şik|вариант|विकल्प|个?选项|個?選項|项|項|の選択肢)"
)


@lru_cache(maxsize=1)
def _ordinal() -> re.Pattern[str]:
    """An ordinal and the word for an option, in either order; one group for each place."""
    groups = "|".join(f"({spelled(words)})" for words in _ORDINALS)
    return re.compile(rf"(?<![^\W\d_\u3400-\u9fff])(?:{groups})[^\S\n]?{_NOUNS}|الخيار (?:{groups})(?![^\W_])")


def option_spots(region: str, choices: tuple[str, ...]) -> tuple[str, list[Spot]]:
    """The region as it is compared, and every mention of an option in it, in order."""
    cased = struck(spelled(unhidden(region)).replace("’", "'"))
    text = lowered(cased)
    allowed = LETTERS[: len(choices)]
    found = {start: (letter, start, start + 1) for start, letter in _letters(cased, allowed)}
    for letter, start, end in [*_options(text, choices), *_ordinals(text, allowed)]:
        found[start] = (letter, start, end)
    spots = _merged(text, sorted(found.values(), key=lambda item: item[1]))
    denied = carried(
        text, [(start, end) for _, start, end in spots], [is_denied(text, start, end) for _, start, end in spots]
    )
    return text, [
        Spot(letter, start, end, _tail(text, end), no) for (letter, start, end), no in zip(spots, denied, strict=True)
    ]


def _tail(text: str, end: int) -> int:
    """Past a Turkish or Korean ending."""
    match = _ENDED.match(text, end)
    return match.end() if match else end


_ENDED = re.compile(r"'[^\W\d_]{1,5}|:n\b|[가-힣]{1,4}|[)\].:]")


_BETWEEN = re.compile(r"[ \t.):\]*_–—,\"'“(「是-]{0,8}")


def _merged(text: str, found: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """A letter and the text of its own option behind it are one mention."""
    merged: list[tuple[str, int, int]] = []
    for letter, start, end in found:
        between = text[merged[-1][2] : start][:9] if merged else ""
        if merged and merged[-1][0] == letter and _BETWEEN.fullmatch(between):
            merged[-1] = (letter, merged[-1][1], end)
        elif not merged or start >= merged[-1][2]:
            merged.append((letter, start, end))
    return merged


def _letters(cased: str, allowed: str) -> Iterator[tuple[int, str]]:
    for match in _MARKED.finditer(cased):
        group = next(index for index in range(1, 5) if match[index])
        letter = match[group].upper()
        if letter in allowed:
            yield match.start(group), letter
    languages = languages_of(cased.lower())
    articles = not languages or bool(languages - _WITHOUT_ARTICLE)
    for match in _BARE.finditer(cased):
        if match[1] in allowed and not (articles and _is_article(cased, match)):
            yield match.start(), match[1]


def _is_article(region: str, match: re.Match[str]) -> bool:
    """A good reason; I think; E depois: a word, and not the option A, I, E or O."""
    if match[1] not in "AIEOY" or region[match.end() : match.end() + 1] != " ":
        return False
    following = region[match.end() : match.end() + LONGEST_WORD].split(maxsplit=1)
    return bool(following) and following[0][0].islower() and following[0].strip(",.;") not in _AFTER_A_LETTER


def _ordinals(text: str, allowed: str) -> Iterator[tuple[str, int, int]]:
    for match in _ordinal().finditer(text):
        place = (next(index for index, group in enumerate(match.groups()) if group)) % len(_ORDINALS)
        if place < len(allowed):
            yield allowed[place], match.start(), match.end()


def lowered(text: str) -> str:
    """In lower case with each letter in its place: ß and İ do not become two."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(one if len(one := letter.lower()) == 1 else letter for letter in text)


def _options(text: str, choices: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Where the options' own texts stand; a longer option hides a shorter one inside it."""
    covered = bytearray(len(text))
    found: list[tuple[str, int, int]] = []
    for letter, choice in sorted(zip(LETTERS, choices, strict=False), key=lambda item: -len(item[1])):
        form = lowered(spelled(unhidden(choice)).replace("’", "'")).strip()
        for start, end in _places(form, text):
            if start < end and 0 in covered[start:end]:
                found.append((letter, start, end))
            covered[start:end] = b"\x01" * (end - start)
    return found


def _places(form: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the form stands, as whole words where it is ASCII; a plain search, for thousands of options."""
    words = form.isascii()
    if words and len(form) < SHORTEST_OPTION:
        return
    start = text.find(form) if form else -1
    while start >= 0:
        end = start + len(form)
        around = text[max(0, start - 1) : start] + text[end : end + 1]
        if not words or not any(character.isalnum() for character in around):
            yield start, end
        start = text.find(form, end)

"""Word forms of labels: stems and endings by language, as tables; a word is taken apart, never a whole text searched.

Finnish and Russian cases, Turkish suffixes, Korean particles and copulas, the article and clitics of Arabic, German
inflection and compounds, gender and number in Romance languages. A form that denies (mutsuz, freudlos, ilotta) has no
entry, so that it is no form of the label.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_WORD = 40
SHORTEST_STEM = 3
"""Letters; shorter labels are found as they stand only (a Korean syllable counts for two letters)."""

_TR = (
    r"(?:l[iuü]k|l[iuü]ğ(?=[iuü])|l[iuü]|c[ae]|ç[ae]|l[ae]r|[iuü]m[iuü]z|[iuü]n[iuü]z|y?l[ae](?:y?d[iuü]r?)?|"
    r"n?[dt][ae]n?|[dt][iuü]r|"
    r"y?m[iuü]ş|y?[dt][iuü]|y?ken|y?s[ae]|[yn]?[iuü]n?|s[iuü]|y?[ae]|[iuü]m|n[iuü]n|ki)"
)
_FI = (
    r"(?:(?:[aäeioöuy]?n|t|j?[aä]|t[aä]|n[aä]|ksi|(?:i|j)?ss[aä]|(?:i|j)?st[aä]|(?:i|j)?ll[aä]|(?:i|j)?lt[aä]|(?:i|"
    r"j)?lle|h[aäeioöuy]n|"
    r"a[aä]|n?tun(?:ne|teen|netta|teella|teesta|teita))?(?:ns[aä]|mme|nne)?(?:kin|h[aä]n|k[oö]|p[aä])?)"
)
_DE_HEADS = (
    r"(?:ausbruch|anfall|gefühle?n?|gefühls|zustand|zustände|schrei|schweiß|schweiss|stimmung|reaktion|ausdruck|moment|"
    r"tränen?|sprung|erfüllt|voll|verzerrt|entbrannt|strahlend|gesicht|miene|attacke|schub|effekt)(?:e[nmrs]?|s|en)?"
)
ENDINGS: dict[str, re.Pattern[str]] = {
    "ko": re.compile(
        r"(?=[가-힣]|\Z)(?:(?:스러|로)?(?:움|운|워|웠)?|해|한|함|했|하|할|합|히)?(?:감|심)?"
        r"(?:이|가|은|는|을|를|과|와|로|으로|의|에|에서|도|만|까지|부터|보다|처럼|이나|나|이며|며|고|이고|지만|게|"
        r"이라고|라고|이라는|라는|이라|라|이란|란)?"
        r"(?:입니다|이에요|예요|이예요|이다|다|였다|이었다|입니다만|인|일|임|이죠|죠|이네요|네요|요|니다|습니다|었|"
        r"었다|었습니다|었어요|어요|"
        r"해요|합니다|한다|했다|했습니다|하다|하고|하게|해|해서|하며|하는|한|할|함|보이|이지만|이었습니다|였습니다|"
        r"이었고|였고|인데|이니|이라면|라면|었다면|였다면|지|던|네|군|하다고|하다는|다고|다는)?(?:요|도|만)?"
    ),
    "ko short": re.compile(r"(?:가|를|는|도|와|의|입니다|이다|다|예요|라고)?"),
    "tr": re.compile(rf"(?:'?{_TR}{{1,4}})"),
    "fi": re.compile(_FI),
    "de adjective": re.compile(r"e[nms]?|er|keit|sten?|heit"),
    "de adjective alone": re.compile(r"e[nms]?|keit|sten?|heit"),
    "de noun": re.compile(rf"(?:e?s|e?n|e|ern)?|(?:e?n|e?s)?{_DE_HEADS}"),
    "romance": re.compile(r"e?s|mente"),
    "romance o": re.compile(r"o|as?|os|[ie]|amente"),
    "romance fr": re.compile(r"e?s?"),
    "romance x": re.compile(r"x|ses?"),
    "romance z": re.compile(r"z|ces"),
    "romance e": re.compile(r"es?|i|emente"),
    "ru fem soft": re.compile(r"ь|и|ью|ей|ям|ями|ях"),
    "ru neuter": re.compile(r"[иь](?:е|я|ю|ем|и|ями|ях)"),
    "ru fem": re.compile(r"а|я|ы|и|е|у|ю|ой|ей|ам|ами|ах|ям|ями|ях"),
    "ru masc": re.compile(r"а|у|ом|ем|е|ы|и|ов|ам|ами|ах"),
    "ru adjective": re.compile(
        r"[ыио]й|[ая]я|[ое]е|[ыи]е|[ое]го|[ое]му|[ыи]мм?|[ое]м|[ое]й|[ую]ю|[ыи]х|[ыи]ми|о|а|ы|и|ен"
    ),
    "ru short": re.compile(r"а|о|ы|н?(?:ый|ая|ое|ые|ого|ому|ым|ом|ой|ую|ых|ыми)"),
    "ar": re.compile(r"(?:ا|ه|ين|ون|ان|ات|تها?|ته|ها|هم|ي|يه|نا)?(?:ا)?"),
}
"""What may follow a stem, whole."""
BEFORE: dict[str, re.Pattern[str]] = {
    "ar": re.compile(r"(?:[وف]?(?:[بك]?ال|لل|[بلك])|[وف])(?=..)"),
    "de": re.compile(
        r"(?:lebens|vor|riesen|heiden|todes|prüfungs|verlust|höllen|mords|versagens|wiedersehens|sieges|stink)"
        r"(?=freude|angst|wut|trauer)|tief|hoch|tod|toten|stink|sau|super|hyper|grund|ober"
    ),
    "romance": re.compile(r"(?:super|hiper|iper|ultra|mega|archi|re)-?(?=...)"),
}
"""What may stand before a stem, in one word with it."""
_GRADES = (
    ("lk", "l"), ("rk", "r"), ("nk", "ng"), ("nt", "nn"), ("lt", "ll"), ("rt", "rr"), ("mp", "mm"), ("kk", "k"),
    ("pp", "p"), ("tt", "t"), ("ht", "hd"), ("lp", "lv"), ("rp", "rv"),
)  # fmt: skip
"""Strong and weak grade of Finnish consonants, at the end of a stem before its vowel."""


def stems(form: str, language: str) -> Iterator[tuple[str, str]]:
    """(stem, kind of ending) of one form, a single word in its `plain` spelling; kinds are the keys of ENDINGS."""
    makers = {"ko": _korean, "tr": _turkish, "fi": _finnish, "de": _german, "ru": _russian, "ar": _arabic}
    yield from makers.get(language, _romance)(form)


def _korean(form: str) -> Iterator[tuple[str, str]]:
    if len(form) == 1:
        yield form, "ko short"
        return
    yield form, "ko"
    base, final = _without_final(form)
    if final not in ("ㅁ", "ㄴ"):
        return
    yield base, "ko"  # 슬프다, 놀라고
    for other in "ㄴㄹㅁㅆㅂ":
        yield _with_final(base, other), "ko"
    contracted = _contracted(base)
    if contracted:
        yield contracted, "ko"
        yield _with_final(contracted, "ㅆ"), "ko"
    if base[-1] == "우":  # 두려움 is 두렵다, 두려워
        yield _with_final(base[:-1], "ㅂ"), "ko"
        yield base[:-1] + "워", "ko"
        yield base[:-1] + "웠", "ko"


_FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]


def _without_final(form: str) -> tuple[str, str]:
    """The form without the last syllable's final consonant, and that consonant."""
    code = ord(form[-1]) - 0xAC00
    if not 0 <= code < 11172:
        return form, ""
    return form[:-1] + chr(0xAC00 + code - code % 28), _FINALS[code % 28]


def _with_final(form: str, final: str) -> str:
    code = ord(form[-1])
    return form[:-1] + chr(code + _FINALS.index(final)) if (code - 0xAC00) % 28 == 0 else form


def _contracted(base: str) -> str:
    """The stem before a past or polite ending: 슬프 is 슬퍼, 기쁘 is 기뻐; else nothing."""
    code = ord(base[-1]) - 0xAC00
    if 0 <= code < 11172 and (code // 28) % 21 == 18:  # the vowel eu
        return base[:-1] + chr(0xAC00 + (code // 588) * 588 + 4 * 28)
    return ""


def _turkish(form: str) -> Iterator[tuple[str, str]]:
    if len(form) >= SHORTEST_STEM:
        yield form, "tr"
        if form.endswith("k"):
            yield form[:-1] + "ğ", "tr"
        if form.endswith("ç"):
            yield form[:-1] + "c", "tr"


def _finnish(form: str) -> Iterator[tuple[str, str]]:
    if len(form) < SHORTEST_STEM:
        return
    yield form, "fi"
    if form.endswith("nen"):
        yield form[:-3] + "s", "fi"
        yield form[:-3] + "se", "fi"
    elif form.endswith(("nyt", "nut")):
        yield form[:-2] + "ee", "fi"
        yield form[:-1], "fi"
    elif form.endswith(("kas", "käs")):
        yield form[:-2] + "k" + form[-2], "fi"
        yield form[:-2] + "k" + form[-2] * 2, "fi"
    elif form.endswith(("ys", "us", "os", "ös")):
        yield form[:-1] + "kse", "fi"
        yield form[:-1] + "ks", "fi"
    elif form[-1] in "aäeioöuy":
        for strong, weak in _GRADES:
            if form[:-1].endswith(strong):
                yield form[: -1 - len(strong)] + weak + form[-1], "fi"
                return


_GERMAN_ADJECTIVE = ("ig", "lich", "isch", "end", "t", "al", "los", "sam", "bar", "voll", "haft", "ief", "ral", "iv")


def _german(form: str) -> Iterator[tuple[str, str]]:
    if len(form) < SHORTEST_STEM:
        return
    yield form, "de adjective" if form.endswith(_GERMAN_ADJECTIVE) and form not in _GERMAN_NOUNS else "de noun"
    if form.endswith("e") and len(form) > 4:
        yield form[:-1], "de noun"


_GERMAN_NOUNS = frozenset({"wut", "angst", "furcht", "lust", "sucht", "not"})


def _romance(form: str) -> Iterator[tuple[str, str]]:
    if len(form) < SHORTEST_STEM + 1:
        return
    yield form, "romance"
    last = form[-1]
    if last == "o" and len(form) > 4:
        yield form[:-1], "romance o"
    elif last in "xz":
        yield form[:-1], f"romance {last}"
    elif last == "e":
        yield form[:-1], "romance e"
    elif last == "é" or form.endswith(("is", "eux")):
        yield form, "romance fr"


def _russian(form: str) -> Iterator[tuple[str, str]]:
    if len(form) < SHORTEST_STEM:
        return
    last, two = form[-1], form[-2:]
    if two in ("ый", "ий", "ой", "ая", "ое"):
        yield form[:-2], "ru adjective"
        if form[-3:-2] == "н" and len(form) > 5:
            yield form[:-3], "ru adjective"  # радостен
    elif two in ("ие", "ье"):
        yield form[:-2], "ru neuter"
    elif last == "о" and len(form) > 4:
        yield form[:-1], "ru adjective"
        if form[-2] == "н":
            yield form[:-2], "ru adjective"
    elif last == "ь":
        yield form[:-1], "ru fem soft"
    elif last in "ая":
        yield form[:-1], "ru fem"
    elif two in ("ен", "ан", "ив", "ад"):
        yield form, "ru short"
    else:
        yield form, "ru masc"


def _arabic(form: str) -> Iterator[tuple[str, str]]:
    if len(form) >= SHORTEST_STEM:
        yield form, "ar"
        if form.endswith("ه"):
            yield form[:-1] + "ت", "ar"


def japanese(form: str) -> list[str]:
    """Further forms of an adjective in い and of a verb in ている: they are found anywhere, as the label itself is."""
    if form.endswith("ている") and len(form) > 3:
        return [form[:-3] + end for end in ("てい", "てる", "ており", "た")]
    if form.endswith("い") and len(form) > 1 and not unicodedata.name(form[-2], "").startswith("KATAKANA"):
        return [form[:-1] + end for end in ("くて", "かった", "そう", "げな", "さ", "がって")]
    return []


def script_of(form: str) -> str:
    """ko, ru or ar for words of one script that has endings; latin; else nothing."""
    name = unicodedata.name(form[0], "") if form else ""
    scripts = {"HANGUL": "ko", "CYRILLIC": "ru", "ARABIC": "ar", "LATIN": "latin"}
    return scripts.get(name.partition(" ")[0], "")

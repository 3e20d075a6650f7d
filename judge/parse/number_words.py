"""The words for signs, units, scores and the numbers zero to ten, in the languages of the suite's tasks."""

from __future__ import annotations

import re

MINUS = (
    r"minus|negative|negativ|negativo|negativa|négatif|menos|moins|meno|минус|отрицательн\w{1,3}|سالب|ناقص|eksi|miinus|"
    r"माइनस|ऋण|âm|trừ|ujemn\w{1,2}|neg\."
)
PLUS = r"plus|positive|más|mais|più|плюс|موجب|زائد|artı|प्लस"
UNITS = (
    r"points?|pts?|stars?|punkte?n?|sternen?|puntos?|points|étoiles?|pontos?|estrelas?|estrellas?|punti|баллов|балла|"
    r"балл|"
    r"نقاط|نقطة|puan|pistettä|अंक|점|点|點|分|星"
)
SCORES = (
    r"scores?|ratings?|rating|grade|value|verdict|answer|final|overall|sentiment|intensity|note|wert|bewertung|"
    r"punktzahl|"
    r"puntuación|puntaje|nota|pontuação|оценк\w|балл|التقييم|الدرجة|puan[ıi]?|yoğunluk|arvosana|pisteet|valor"
)
GIVES = (
    r"i(?:'d| would)? (?:give|rate|say|put|assign|score)|vergebe|gebe|sage|pondría|doy|daría|donne|dirais|mets|"
    r"attribue|dou|daria|"
    r"поставил[аи]?|ставлю|даю|дам|veriyorum|veririm|annan|antaisin|أعطي"
)
"""How a rater announces a number."""
_WORDS: dict[int, str] = {
    0: "zero null cero zéro ноль нуль صفر sıfır nolla 零 〇 ゼロ 영 शून्य",
    1: "one eins ein uno un une um uma один одна واحد bir yksi 一 壱 いち 하나 일 एक",
    2: "two zwei dos deux dois duas due два две اثنان اثنين iki kaksi 二 两 兩 に 둘 이 दो",
    3: "three drei tres trois três tre три ثلاثة üç kolme 三 さん 셋 삼 तीन",
    4: "four vier cuatro quatre quatro quattro четыре أربعة dört neljä 四 よん 넷 사 चार",
    5: "five fünf cinco cinq cinque пять خمسة beş viisi 五 ご 다섯 오 पाँच पांच",
    6: "six sechs seis sei шесть ستة altı kuusi 六 ろく 여섯 육 छह",
    7: "seven sieben siete sept sete sette семь سبعة yedi seitsemän 七 なな 일곱 칠 सात",
    8: "eight acht ocho huit oito otto восемь ثمانية sekiz kahdeksan 八 はち 여덟 팔 आठ",
    9: "nine neun nueve neuf nove девять تسعة dokuz yhdeksän 九 きゅう 아홉 구 नौ",
    10: "ten zehn diez dix dez dieci десять عشرة on kymmenen 十 じゅう 열 십 दस",
}
DIGITS = {word: number for number, words in _WORDS.items() for word in words.split()} | {
    "fünfen": 5, "пяти": 5, "десяти": 10, "viidestä": 5, "kymmenestä": 10,
}  # fmt: skip
"""A number word to its number, in lower case."""
_ANY = "|".join(sorted(DIGITS, key=len, reverse=True))
_NAMES = (
    r"(?:final |overall |my |the )?(?:answer|score|rating|grade|bewertung|note|nota|puntuación|puan|arvosana|оценка|"
    r"التقييم|评分|評価|점수)"
)
_ONE = (
    rf"(?P<minus>(?:{MINUS}|负|負|マイナス|마이너스)[- ]{{0,2}})?"
    rf"(?:(?:{PLUS}) )?(?P<number>{_ANY})(?:\s{{0,2}}(?:{UNITS}))?"
    rf"(?: (?:out of|of|von|sur|de|sobre|su|из|من) (?P<of>{_ANY})(?: (?:{UNITS}))?)?"
)
NUMBERS = re.compile(rf"(?:{_NAMES}(?: is)?\s{{0,2}}[:：=]?\s{{0,2}})?{_ONE}")
"""A text in lower case that is nothing but a number in words."""
NAMED = re.compile(
    rf"(?:(?<![^\W_])(?:{SCORES})[\w']{{0,4}}(?: d'[^\W\d]{{1,20}})?(?:\s{{0,2}}[:：=]\s{{0,2}}| (?:is|of|ist|est|é|"
    rf"es) )|"
    rf"(?<![^\W_])arvosanaksi ){_ONE}\Z"
)
"""One at the end of a text, after the word for a score."""

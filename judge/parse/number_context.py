"""What stands around a number and says what it is: the top of its scale, a range, a date, a count, an announcement."""

from __future__ import annotations

import re

from judge.parse.number_words import GIVES, SCORES, UNITS

DATE = re.compile(
    r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}:\d{2}(?::\d{2})?|"
    r"\d{1,4}\s?[年月日号號년월일時时시])"
    r"(?!\d)|(?<![^\W_])(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}(?:st|nd|rd|th)?"
    r"(?![\d.,])(?:, \d{4})?|"
    r"(?<!\d)\d{1,2}(?:st|nd|rd|th)?\.? (?:jan|feb|mar|apr|mai|may|juni?|june|july?|juli|aug|sept?|oct|okt|nov|dec|"
    r"dez)[a-zä]{0,6}"
    r"(?![^\W_])(?: \d{4})?",
    re.IGNORECASE,
)
OUT_OF = (
    r"(?:/|⁄|out of(?: a (?:maximum|possible total|total) of)?|of|von|aus|sur|de|sobre|em|su|из|от|من(?: أصل)?|dari|"
    r"trên|na|"
    r"de um máximo de|de un máximo de|di|viidestä|中)"
)
UNIT = rf"(?:\s{{0,2}}(?:{UNITS}))?"
_AFTER = re.compile(rf"{UNIT}\s{{0,3}}(?<![^\W_]){OUT_OF}\s{{0,3}}(\d{{1,6}}(?:[.,]\d{{1,3}})?)(?![\d])", re.IGNORECASE)
_AFTER_GLUED = re.compile(
    rf"{UNIT}\s{{0,3}}(?:/|⁄|中|out of|von|of)\s{{0,3}}(\d{{1,6}}(?:[.,]\d{{1,3}})?)(?!\d)", re.IGNORECASE
)
BEFORE = re.compile(
    r"(\d{1,6})\s{0,2}(?:(?:점|点|點|分)?\s?(?:만점|満点|满分|滿分|分制|段階(?:評価)?|中|중)|(?:puan )?üzerinden|"
    r"में से)"
    r"[^\d.;。\n]{0,20}?\s{0,2}(?=[-+]?\.?\d)",
    re.IGNORECASE,
)
FULL = re.compile(r"(?:满分|滿分|満点|만점)\s?(?:为|為|是|は|은)?\s?(\d{1,6})")
_RANGE = re.compile(
    r"\s{0,2}(?:\([^()\n]{0,60}\)|（[^（）\n]{0,60}）)?\s{0,2}(?:-|~|〜|～|to|through|and|bis|und|à|a|et|y|e|до|и|إلى|"
    r"الى|و|から|부터|에서|到|至|"
    r"ile|ve|ja|och|til|,|\.{2,3}|…|->|→)\s{0,2}(?:plus |\+)?\Z",
    re.IGNORECASE,
)
_OR = re.compile(
    r"\s{0,2}[^\s\w]{0,2}\s{0,2}(?:-|~|〜|～|to|or|and|bis|oder|und|à|ou|et|o|u|y|e|ou|или|и|до|أو|و|から|か|や|또는|"
    r"이나|나|에서|或|到|至|"
    r"或者|ya da|veya|ve|tai|ja|,|/|\.{2,3}|…)?\s{0,2}(?:maybe |perhaps |even |没准)?\Z",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"[- ]?(?:seconds?|secs?|minutes?|mins?|hours?|times|people|persons?|years?|frames?|days?|weeks?|months?|sekunden|"
    r"minuten|"
    r"segundos|secondes|секунд\w?|秒|分钟|分鐘|초|회|次|歳|岁|歲|살)(?![A-Za-z])",
    re.IGNORECASE,
)
ORDINAL = re.compile(
    r"(?:^|[^A-Za-z])(?:steps?|clip|scene|frame|line|turn|item|stage|speaker|person|utterance|option|version|schritt|"
    r"paso|étape|шаг|#|no\.|"
    r"第|步骤|ステップ|단계)[ #]{0,2}\Z",
    re.IGNORECASE,
)
ANNOUNCED = re.compile(
    rf"(?:(?<![^\W_])(?:{SCORES})[\w']{{0,4}}|打分|评分|評分|得分|分数|分數|スコア|評価|점수|평점)[^\w\n-]{{0,6}}"
    r"(?:(?:is|of|at|as|be|ist|bei|von|es|de|est|é|är|on|は|为|為|是|는|은|:|=)[^\w\n-]{0,4})?\Z|"
    rf"(?<![^\W_])(?:{SCORES})[\w']{{0,4}}(?: [^\W\d]{{1,20}}){{1,2}}\s?[:=：][^\w\n-]{{0,4}}\Z|"
    rf"(?<![^\W_])(?:{GIVES})(?: [^\W\d]{{1,12}}){{0,3}} [^\w\n-]{{0,3}}\Z",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"(?<![^\W_])(?:not|\w{1,6}n't|never|hardly|pas|nicht|kein\w{0,2}|não|не|ни|less than|more than|above|below|değil|"
    r"不是|没有|没到)"
    r"[^\d.,;:!?\n]{0,20}\Z",
    re.IGNORECASE,
)
SUPPOSED = re.compile(
    r"[^\S\n]{1,2}(?:would|could|might|wäre|würde|sería|seria|serait|был[аои]? бы|olurdu|olisi)\b", re.IGNORECASE
)
REVISED = re.compile(
    r"(?<![^\W_])(?:no|nope|rather|actually|correction|wait|on reflection|нет|скорее|вернее|nein|vielmehr|eher|non|"
    r"plutôt|mejor|sino|"
    r"melhor|hayır|ei|pikemminkin|لا|بل)(?![^\W_])|不对|不對|不，|应该是|應該是|いや|아니",
    re.IGNORECASE,
)
LISTED = re.compile(r"(?m)^[ \t*>-]{0,6}(\d{1,2})[.)][ \t]+(?=[^\s\d])")


EXPLAINS = re.compile(r"(?:where|scale|from|skala|escala|échelle|шкал\w{1,2})[^.\n]{0,30}\Z", re.IGNORECASE)
FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−⁻➖﹣－˗"), "-") | {0x066B: ".", 0x066C: ",", 0xFF0B: "+"}
FOOTNOTES = dict.fromkeys(map(ord, "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def scale_after(text: str, end: int) -> re.Match[str] | None:
    """The top of the scale that stands after a number: /5, out of 5; the number is group 1."""
    return _AFTER.match(text, end) or _AFTER_GLUED.match(text, end)


def is_range(gap: str) -> bool:
    """True of what stands between the ends of a range: 1 to 5."""
    return _RANGE.fullmatch(gap) is not None


def is_choice(gap: str) -> bool:
    """True of what stands between two numbers of which either may be meant: 3 or 4, 2-3."""
    return _OR.fullmatch(gap) is not None

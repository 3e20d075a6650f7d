"""Where a reply states its number: behind the name of a score, or behind the words of a final answer."""

from __future__ import annotations

import re

from judge.parse.text import Region

_NAME = (
    r"(?:(?:sentiment|emotion|intensity|overall|final|empathy)[^\S\n]{1,3})?(?:score|rating|sentiment|intensity|"
    r"grade)|my[^\S\n]rating|"
    r"bewertung|wertung|punktzahl|note|stimmungswert|intensität|puntuación|puntaje|calificación|intensidad|"
    r"pontuação|nota|intensidade|"
    r"punteggio|voto|intensità|puan[ıi]?|skor|yoğunluk|arvosana|pisteet|lukema|voimakkuus|оценк[аи]|балл|интенсивность|"
    r"درجة|الدرجة|التقييم|الشدة|अंक|rating|answer|antwort|respuesta|réponse|resposta|cevap|vastaus|ответ"
)
_CJK = (
    r"(?:情感|情绪|情緒)?(?:评分|得分|打分|分数|評分|分數|强度|強度|评级)|スコア|評価|点数|強さ|점수|평점|강도|"
    r"답|答案|答え"
)
_STATED = re.compile(
    rf"(?:(?<![^\W_])(?:{_NAME})(?:[^\S\n][^\W\d_]{{1,14}}){{0,3}}?|(?:{_CJK}))[*_`]{{0,3}}[^\S\n]{{0,3}}"
    r"(?::|：|=|(?<![^\W_])(?:is|would be|ist|lautet|liegt bei|est(?: de)?|es(?: de)?|é(?: de)?|on|равна|"
    r"составляет|هي|هو|है)(?![^\W_])|是|为|為|は|은|는)"
    r"[^\S\n]{0,3}[*_`]{0,3}[^\S\n]{0,3}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?؟](?=\s|\Z)|[。！？\n；;(（]|,[^\S\n]|，")


def statement(text: str) -> Region | None:
    """The rest of the clause behind the last name of a score with a colon or a copula; None where there is none."""
    last = None
    for match in _STATED.finditer(text):
        last = match
    if last is None:
        return None
    end = _SENTENCE_END.search(text, last.end())
    stop = end.start() if end else len(text)
    return Region(text[last.end() : stop].strip(), last.start(), stop)

"""The top of a ranking: the highest percentage, the left of `>`, the first of a list that is called a ranking."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from judge.parse.cues import cue
from judge.parse.mentions import Claim

_GREATER = re.compile(r"[^\S\n]{0,4}[*_]{0,3}(?:\([^()\n]{0,20}\))?[^\S\n]{0,4}[>≻＞][^\S\n]{0,4}[*_]{0,3}")
_PERCENT_AFTER = re.compile(r"[^\d%\n.,;]{0,14}?%?[^\S\n]?(\d{1,3}(?:[.,]\d{1,2})?)[^\S\n]?%?")
_PERCENT_BEFORE = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)[^\S\n]?%[^\w\n]{0,6}(?:of |de |für |for )?\Z")
_LEVEL = re.compile(
    r"[^\w\n]{1,4}(?:(?:置信度|可能性|confidence|probability|likelihood|確信度|확신도|가능성|wahrscheinlichkeit|"
    r"probabilité|probabilidad|probabilidade|вероятность|"
    r"olasilik|todennäköisyys)[^\w\n]{1,3})?(?:(very low|low|gering|niedrig|faible|baja|baixa|bassa|низк\w{1,2}|"
    r"düşük|matala|低|낮음|منخفض)|"
    r"(medium|moderate|mittel|moyenne?|media|média|средн\w{1,2}|orta|keskinkertainen|中|중간|보통|متوسط)|"
    r"(very high|high|hoch|élevée?|forte|alta|высок\w{1,2}|yüksek|korkea|高|높음|عالي))(?![^\W_])"
)
_ENUMERATED = re.compile(
    r"(?:(?:\A|\n|[^\S\n])[\s*#>]{0,8}(?:\d{1,2}[.)、:]?|#\d|\d(?:st|nd|rd|th))|第[一二三四五1-9](?:候補|候选|"
    r"位)?[:：は]?|\d順位[:：]?|\d위[:：]?)[^\S\n]{0,3}[*_\"“「]{0,4}\Z"
)
REACH = 400
"""Characters around the first item of a list in which it is called a ranking."""


def tops_of_ranking(text: str, live: Sequence[Claim]) -> list[Claim]:
    """The mentions at the top of a ranking, several where they are equal; none where the text ranks nothing."""
    shares = _shares(text, live)
    if len({claim.spot.name for claim in shares}) > 1:
        highest = max(shares.values())
        return [claim for claim, share in shares.items() if share == highest]
    for one, two in pairwise(live):
        if _GREATER.fullmatch(text[one.spot.tail : two.spot.start][:60]):
            return [one]
    listed = [claim for claim in live if is_listed(text, claim)]
    if len({claim.spot.name for claim in listed}) < 2:
        return []
    first, last = listed[0].spot.start, listed[-1].spot.start
    said = cue("ranked").search(text, max(0, first - REACH), min(last, first + REACH))
    named = any("候" in text[max(0, claim.spot.start - 8) : claim.spot.start] for claim in listed)
    return listed[:1] if said or named else listed


def is_listed(text: str, claim: Claim) -> bool:
    """Behind a number of a list."""
    return _ENUMERATED.search(text[max(0, claim.spot.start - 20) : claim.spot.start]) is not None


def _shares(text: str, live: Sequence[Claim]) -> dict[Claim, float]:
    """Mentions with a percentage or a level of confidence right beside them."""
    found: dict[Claim, float] = {}
    for claim in live:
        ahead = text[claim.spot.tail : claim.spot.tail + 26]
        match = _PERCENT_AFTER.match(ahead)
        if match is None or "%" not in match[0]:
            match = _PERCENT_BEFORE.search(text[max(0, claim.spot.start - 14) : claim.spot.start])
        level = _LEVEL.match(ahead)
        if match is not None:
            found[claim] = float(match[1].replace(",", "."))
        elif level is not None:
            found[claim] = float(level.lastindex or 0)
    return found

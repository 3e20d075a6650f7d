"""What a text says of labels or options: each mention is weighed by the words beside it, and the heaviest one is the answer.

The weights, from low to high: denied; void (in the words of a refusal); doubted (could be, although, in a question);
minor (at first, a bit of, second place); plain; stated (the emotion is); concluded (therefore); bare (a line of its own); final (the
answer is, I choose). Of final and concluded mentions the last counts, of the others only one that is alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from judge.parse.cues import cue
from judge.records import State

MOST_WEIGHED = 400
"""Mentions that are weighed: the first and the last ones, and the first of each name."""
LOOK_BACK = 160
LOOK_AHEAD = 60
FARTHEST = 60
"""Characters between a cue and its mention."""


class Weight(IntEnum):
    """How much a mention says."""

    DENIED = 0
    VOID = 1
    DOUBTED = 2
    MINOR = 3
    PLAIN = 4
    STATED = 5
    CONCLUDED = 6
    BARE = 7
    FINAL = 8


class Spot(NamedTuple):
    """One mention of a label or an option in a `plain` text; `tail` is where its word ends."""

    name: str
    start: int
    end: int
    tail: int
    denied: bool


class Claim(NamedTuple):
    """A mention with its weight, and the number of its sentence and of its line."""

    spot: Spot
    weight: Weight
    sentence: int
    line: int


class Verdict(NamedTuple):
    """The names that a text affirms, or why it affirms none; `weight` is that of the names, `start` their place."""

    state: State
    names: tuple[str, ...]
    reason: str
    weight: Weight
    start: int


_END = re.compile(r"[.!?؟।]{1,6}(?=[\s\"'”’»)*_\]]|\Z)|[。！？]{1,6}|\n|[;；…]|\.{3}")
_NUMBERING = re.compile(r"(?:\A|\n)[\s*#>(-]{0,8}(?:[^\W_]|\d{1,2})\Z")
_CLAUSE = re.compile(
    r"[,，、:：()（）—–]|[^\S\n]-[^\S\n]|(?<![^\W_])(?:but|however|yet|aber|sondern|mais|pero|sino|mas|ma|но|а|ama|fakat|mutta|vaan|لكن|بل)(?![^\W_])|"
    r"但是?|不过|然而|而是|反而|却|しかし|でも、|が、|하지만|그러나|지만"
)
_QUOTE = re.compile(r"“[^“”\n]{1,300}”|«[^«»\n]{1,300}»|「[^「」\n]{1,200}」|„[^„“\n]{1,300}“|\"[^\"\n]{1,300}\"|(?<![^\W_])'[^'\n]{1,200}'(?![^\W_])")
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")
_LINK = re.compile(r"[^\S\n]{0,4}[*_\"'”“」「]{0,4}[^\S\n]{0,4}(?:[,、，/&+]|and|or|und|oder|et|ou|y|e|o|и|или|ve|veya|ja|tai|او|و|和|或|与|と|か|와|과)?[^\S\n]{0,4}(?:an?|and|or|the|und|oder|et|ou|y|e|o|de|la|и|или|ve|ja|tai)?[^\S\n]{0,4}[*_\"'”“」「]{0,4}")
_OR = re.compile(r"[^\S\n]{0,4}[*_\"'”“」「]{0,4},?[^\S\n]{0,4}(?:or|oder|ou|o|или|veya|ya da|tai|vai|او|或者?|还是|か|또는|아니면|/)[^\S\n]{0,4}(?:an?|the|de|la)?[^\S\n]{0,4}[*_\"'”“」「]{0,4}")
_GREATER = re.compile(r"[^\S\n]{0,4}[*_]{0,3}(?:\([^()\n]{0,20}\))?[^\S\n]{0,4}[>≻＞][^\S\n]{0,4}[*_]{0,3}")
_NO = re.compile(
    r"[^\S\n]{0,4}[*_)\].:]{0,4}[^\S\n]{0,4}[:：—–-]?[^\S\n]{0,4}(?:❌|✗|✘|✖|×|(?:no|nope|wrong|incorrect|false|nein|falsch|non|faux|não|errad[oa]|falso|нет|неверно|hayir|yanliş|ei|väärin|لا|خطا|아니오|아님|いいえ|不正解|错误?|錯誤?|नहीं)"
    r"(?=[^\S\n]{0,4}(?:[.,;:!—–(-]|\n|\Z)))"
)
_YES = re.compile(
    r"[^\S\n]{0,4}[*_)\].:]{0,4}[^\S\n]{0,4}[:：—–-]?[^\S\n]{0,4}(?:✅|✓|✔|☑|(?:yes|correct|right|true|ja|richtig|korrekt|oui|vrai|correcte|sí|correct[oa]|sim|corret[oa]|cert[oa]|да|верно|правильно|evet|doğru|kyllä|oikein|نعم|صحيح|예|네|맞음|はい|正解|正确|對|对)"
    r"(?=[^\S\n]{0,4}(?:[.,;:!—–(-]|\n|\Z)))"
)
_ARROW = re.compile(r"->|=>|→|[—–:：]")
_PERCENT_AFTER = re.compile(r"[^\d%\n.,;]{0,14}?%?[^\S\n]?(\d{1,3}(?:[.,]\d{1,2})?)[^\S\n]?%?")
_PERCENT_BEFORE = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)[^\S\n]?%[^\w\n]{0,6}(?:of |de |für |for )?\Z")
_LEVEL = re.compile(
    r"[^\w\n]{1,4}(?:(?:置信度|可能性|confidence|probability|likelihood|確信度|확신도|가능성|wahrscheinlichkeit|probabilité|probabilidad|probabilidade|вероятность|"
    r"olasilik|todennäköisyys)[^\w\n]{1,3})?(?:(very low|low|gering|niedrig|faible|baja|baixa|bassa|низк\w{1,2}|düşük|matala|低|낮음|منخفض)|"
    r"(medium|moderate|mittel|moyenne?|media|média|средн\w{1,2}|orta|keskinkertainen|中|중간|보통|متوسط)|"
    r"(very high|high|hoch|élevée?|forte|alta|высок\w{1,2}|yüksek|korkea|高|높음|عالي))(?![^\W_])"
)
_ENUMERATED = re.compile(r"(?:(?:\A|\n|[^\S\n])[\s*#>]{0,8}(?:\d{1,2}[.)、:]?|#\d|\d(?:st|nd|rd|th))|第[一二三四五1-9](?:候補|候选|位)?[:：は]?|\d順位[:：]?|\d위[:：]?)[^\S\n]{0,3}[*_\"“「]{0,4}\Z")
_PARENS = re.compile(r"\([^()\n]{0,200}\)|（[^（）\n]{0,200}）|\[[^\[\]\n]{0,80}\]")
_WORDS = re.compile(r"[^\W_]{1,60}")
_BARE_WORDS = frozenset(
    "it's its it is i'm she he she's he's is a an the feeling feels emotion label answer option choice category final c'est est la le "
    "l'option l es está e é è das ist die der er sie on hän это 选项 選項 選択肢 答案 答案是 です だ である でした 입니다 이다 예요 이에요 요 번 번입니다 項 "
    "項目 项 of tunne tila and or und et ou y o и ve ja both mixed with s と 和 와 과 或 text".split()
)


def struck(text: str) -> str:
    """The text with blanks in the place of what is ~~struck through~~."""
    return _STRUCK.sub(lambda match: " " * len(match[0]), text) if "~~" in text else text


class Layout:
    """Where the sentences and lines of a text begin, and which of its quotations are speech."""

    def __init__(self, text: str) -> None:
        """In linear time."""
        self.text = text
        self.ends = [match.end() for match in _END.finditer(text) if not self._numbers(match)]
        self.lines = [match.end() for match in re.finditer(r"\n", text)]

    def _numbers(self, match: re.Match[str]) -> bool:
        return match[0] == "." and _NUMBERING.search(self.text[max(0, match.start() - 12) : match.start()]) is not None

    def sentence(self, place: int) -> int:
        """The number of the sentence at a place."""
        return bisect_right(self.ends, place)

    def span(self, number: int) -> tuple[int, int]:
        """Start and end of a sentence."""
        start = self.ends[number - 1] if number else 0
        return start, self.ends[number] if number < len(self.ends) else len(self.text)

    def line(self, place: int) -> int:
        """The number of the line at a place."""
        return bisect_right(self.lines, place)

    def line_span(self, number: int) -> tuple[int, int]:
        """Start and end of a line."""
        start = self.lines[number - 1] if number else 0
        return start, self.lines[number] - 1 if number < len(self.lines) else len(self.text)


def _fewer(spots: Sequence[Spot]) -> list[Spot]:
    if len(spots) <= MOST_WEIGHED:
        return list(spots)
    half = MOST_WEIGHED // 2
    firsts = {spot.name: spot for spot in reversed(spots)}
    return sorted({*spots[:half], *spots[-half:], *firsts.values()}, key=lambda spot: spot.start)


def claims(text: str, spots: Sequence[Spot], *, void: Sequence[tuple[int, int]] = ()) -> list[Claim]:
    """Each mention with its weight, in order; those inside `void` say nothing."""
    layout = Layout(text)
    found: list[Claim] = []
    for spot in _fewer(spots):
        number = layout.sentence(spot.start)
        weight = _weight(layout, spot, number, found[-1] if found else None)
        if weight > Weight.VOID and any(start <= spot.start < end for start, end in void):
            weight = Weight.VOID
        found.append(Claim(spot, weight, number, layout.line(spot.start)))
    found = _predicate(layout, _bracketed(text, _alternatives(text, found)))
    return _corrected(text, _bare(layout, found))


def _weight(layout: Layout, spot: Spot, number: int, previous: Claim | None) -> Weight:
    text = layout.text
    start, end = layout.span(number)
    mark = _mark_at(layout, spot)
    if spot.denied or _NO.match(text, spot.end) or (mark and _NO.match(text, mark)):
        return Weight.DENIED
    if _YES.match(text, spot.end) or (mark and _YES.match(text, mark)):
        return Weight.FINAL
    linked = previous is not None and _is_linked(text, previous, spot)
    decides = cue("final after").match(text, spot.end, end) is not None
    if linked and previous is not None and previous.weight > Weight.VOID and not decides:
        return previous.weight
    begin = max(start, spot.start - LOOK_BACK)
    begin += len(text[begin : spot.start]) - len(text[begin : spot.start].lstrip())
    fence = previous.spot.tail if previous and previous.weight > Weight.DENIED else 0
    asked = text[max(0, end - 3) : end].rstrip().endswith(("?", "？", "؟"))
    before, after = text[begin : spot.start], text[spot.end : min(end, spot.end + LOOK_AHEAD)]
    return _weighed(before, after, max(0, fence - begin), asked or _is_spoken(text, spot, start, end))


def _mark_at(layout: Layout, spot: Spot) -> int:
    """Where a yes or no may stand that ends the line of this mention, behind an arrow or dash; 0 where there is none."""
    end = layout.line_span(layout.line(spot.start))[1]
    arrows = list(_ARROW.finditer(layout.text, spot.tail, min(end, spot.tail + 200)))
    return arrows[-1].end() if arrows and end - arrows[-1].end() <= 12 else 0


def _is_linked(text: str, previous: Claim, spot: Spot) -> bool:
    between = text[previous.spot.tail : spot.start]
    return len(between) <= 16 and "\n" not in between and _LINK.fullmatch(between) is not None


@lru_cache(maxsize=4096)
def _weighed(before: str, after: str, fence: int, asked: bool) -> Weight:
    """By the words of the sentence before and after; a cue before `fence` belongs to an earlier mention."""
    clause = max((match.end() for match in _CLAUSE.finditer(before)), default=0)
    doubt = _last(cue("doubt"), before, clause)
    minor = _last(cue("minor"), before, clause)
    for kind, weight in (("final", Weight.FINAL), ("concluded", Weight.CONCLUDED), ("stated", Weight.STATED)):
        place = _last(cue(kind), before, fence)
        near = place >= 0 and len(before) - place <= FARTHEST
        if near and place >= max(doubt, minor) and not asked and (weight == Weight.FINAL or not _doubted(after)):
            return weight
    if cue("final after").match(after) and not asked and doubt < 0:
        return Weight.FINAL
    if asked or doubt >= 0 or _doubted(after):
        return Weight.DOUBTED
    return Weight.MINOR if minor >= 0 else Weight.PLAIN


def _doubted(after: str) -> bool:
    return cue("doubt after").match(after) is not None


def _last(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Where the last match ends; -1 where there is none."""
    return max((match.end() for match in pattern.finditer(text, start)), default=-1)


def _is_spoken(text: str, spot: Spot, start: int, end: int) -> bool:
    """Inside a quotation of several words: what somebody in the scene says."""
    low, high = max(start, spot.start - 300), min(end + 300, spot.start + 600, len(text))
    for match in _QUOTE.finditer(text, low, high):
        if match.start() < spot.start and spot.tail < match.end():
            inside = match[0]
            return len(inside.split()) > 3 or len(inside) - (spot.tail - spot.start) > (14 if inside.isascii() else 5)
    return False


def _alternatives(text: str, found: list[Claim]) -> list[Claim]:
    """X or Y: both are doubted, so that a word that decides between them counts more."""
    for index in range(1, len(found)):
        one, two = found[index - 1 : index + 1]
        between = text[one.spot.tail : two.spot.start]
        different = one.spot.name != two.spot.name and min(one.weight, two.weight) > Weight.VOID
        if different and len(between) <= 16 and _OR.fullmatch(between):
            found[index - 1] = one._replace(weight=min(one.weight, Weight.DOUBTED))
            found[index] = two._replace(weight=min(two.weight, Weight.DOUBTED))
    return found


def _bracketed(text: str, found: list[Claim]) -> list[Claim]:
    """Joy (with some sadness): a label in brackets behind another one is a remark; of options both count."""
    for index in range(1, len(found)):
        claim, before = found[index], found[index - 1]
        opening = max(text.rfind("(", 0, claim.spot.start), text.rfind("（", 0, claim.spot.start))
        opened = before.spot.tail <= opening and claim.spot.start - opening <= 80 and claim.sentence == before.sentence
        shut = ")" in text[opening : claim.spot.start] or "）" in text[opening : claim.spot.start]
        if opened and not shut and len(claim.spot.name) > 1 and before.weight > Weight.VOID and claim.spot.name != before.spot.name:
            found[index] = claim._replace(weight=min(claim.weight, Weight.MINOR))
    return found


def _predicate(layout: Layout, found: list[Claim]) -> list[Claim]:
    """A short last line that ends with its only label concludes: this is funny."""
    if not found or layout.line(len(layout.text.rstrip())) != found[-1].line or found[0].line == found[-1].line:
        return found
    start, end = layout.line_span(found[-1].line)
    last = found[-1]
    alone = len(found) < 2 or found[-2].line != last.line
    short = end - start <= (60 if layout.text[start:end].isascii() else 24)
    if alone and short and last.weight >= Weight.PLAIN and not _WORDS.search(layout.text, last.spot.tail, end):
        found[-1] = last._replace(weight=max(last.weight, Weight.CONCLUDED))
    return found


def _corrected(text: str, found: list[Claim]) -> list[Claim]:
    """What stands before a correction is doubted where something is said after it."""
    if len({claim.spot.name for claim in found}) < 2:
        return found
    first = found[0].spot.tail
    place = _last(cue("corrected"), text[: found[-1].spot.start][-20_000:], 0) + max(0, found[-1].spot.start - 20_000)
    if place <= first or not any(claim.spot.start >= place and claim.weight > Weight.DOUBTED for claim in found):
        return found
    return [
        claim._replace(weight=min(claim.weight, Weight.DOUBTED)) if claim.spot.start < place else claim for claim in found
    ]


def _bare(layout: Layout, found: list[Claim]) -> list[Claim]:
    """Mentions that are all of their line, or of the first sentence, say more than those in a text."""
    by_line: dict[int, list[int]] = {}
    for index, claim in enumerate(found):
        by_line.setdefault(claim.line, []).append(index)
    for line, indices in by_line.items():
        start, end = layout.line_span(line)
        spots = [found[index].spot for index in indices]
        if end - start > 400:
            end = start + 400
        if any(found[index].weight <= Weight.DOUBTED for index in indices) and len(indices) == 1:
            continue
        if _is_bare(layout.text, start, end, spots):
            for index in indices:
                if found[index].weight >= Weight.PLAIN:
                    found[index] = found[index]._replace(weight=max(found[index].weight, Weight.BARE))
            continue
        first = found[indices[0]]
        low, high = layout.span(first.sentence)
        ends = _head_end(layout.text, first.spot, high)
        inside = [found[index].spot for index in indices if found[index].spot.start < ends]
        if first.weight >= Weight.PLAIN and _is_bare(layout.text, max(low, start), ends, inside):
            for index in indices[: len(inside)]:
                found[index] = found[index]._replace(weight=max(found[index].weight, Weight.BARE))
    return found


def _head_end(text: str, spot: Spot, end: int) -> int:
    """Where the first piece of a line ends: before a dash, or with its sentence."""
    dash = re.compile(r"[^\S\n](?:[—–-]|--)[^\S\n]").search(text, spot.tail, min(end, spot.tail + 40))
    return dash.start() if dash else end


def _is_bare(text: str, start: int, end: int, spots: Iterable[Spot]) -> bool:
    """Nothing but the mentions stands there, beside marks, brackets and words like `the answer is`."""
    parts: list[str] = []
    for spot in spots:
        parts.append(text[start : max(start, spot.start)])
        start = max(start, spot.tail)
    parts.append(text[start:end])
    rest = _PARENS.sub(" ", " ".join(parts))
    return all(word in _BARE_WORDS or word.isdigit() or len(word) == 1 and not word.isascii() for word in _WORDS.findall(rest))


def decide(text: str, found: Sequence[Claim]) -> Verdict:
    """The one name that the text affirms; `ambiguous` where it affirms several alike."""
    live = [claim for claim in found if claim.weight > Weight.VOID]
    if not live:
        return Verdict("unparsed", (), "", Weight.DENIED, 0)
    names = list(dict.fromkeys(claim.spot.name for claim in live))
    top = max(claim.weight for claim in live)
    if len(names) == 1:
        return _one(names[0], live)
    final = _last_of(live, Weight.FINAL)
    if final:
        return _unless_undecided(text, found, final)
    ranked = _first_of_ranking(text, live)
    if ranked is not None:
        listed = {claim for claim in live if _is_listed(text, claim)}
        concluded = _last_of([claim for claim in live if claim not in listed], Weight.CONCLUDED)
        return _unless_undecided(text, found, concluded) if concluded and ranked.state != "ok" else ranked
    best = _last_of(live, Weight.CONCLUDED) if top == Weight.CONCLUDED else [item for item in live if item.weight == top]
    return _unless_undecided(text, found, best)


def _one(name: str, live: Sequence[Claim]) -> Verdict:
    best = max(live, key=lambda claim: (claim.weight, claim.spot.start))
    return Verdict("ok", (name,), "", best.weight, best.spot.start)


def _last_of(live: Sequence[Claim], weight: Weight) -> list[Claim]:
    """The mentions of this weight in the last sentence that has one."""
    all_of = [claim for claim in live if claim.weight == weight]
    return [claim for claim in all_of if claim.sentence == all_of[-1].sentence]


def _between(names: Sequence[str], at: Claim) -> Verdict:
    return Verdict("ambiguous", (), f"names {', '.join(names)}", at.weight, at.spot.start)


def _unless_undecided(text: str, found: Sequence[Claim], best: Sequence[Claim]) -> Verdict:
    live = [claim for claim in found if claim.weight > Weight.VOID]
    names = list(dict.fromkeys(claim.spot.name for claim in best))
    if len(names) > 1:
        return _between(list(dict.fromkeys(claim.spot.name for claim in live)), best[-1])
    place = _undecided(text, found, best[-1])
    if place is not None:
        return _between(list(dict.fromkeys(claim.spot.name for claim in live)), best[-1])
    return _one(names[0], best)


def _undecided(text: str, found: Sequence[Claim], best: Claim) -> int | None:
    """A place after the answer, or in its sentence, at which the text calls two names equal."""
    layout = Layout(text)
    live = [claim for claim in found if claim.weight > Weight.VOID]
    start = max(layout.span(best.sentence)[0], len(text) - 20_000)
    if best.weight == Weight.FINAL:
        start = max(start, best.spot.start)
    for match in cue("undecided").finditer(text, start):
        number = layout.sentence(match.start())
        here = {claim.spot.name for claim in live if claim.sentence == number}
        tops = {claim.spot.name for claim in live if claim.weight == best.weight}
        if (len(here) > 1 and best.spot.start < match.end() + FARTHEST) or (not here and len(tops) > 1):
            return match.start()
    return None


def _first_of_ranking(text: str, live: Sequence[Claim]) -> Verdict | None:
    """The top of a ranking: the highest percentage, the left of `>`, the first of a list that is called a ranking."""
    shares = _shares(text, live)
    if len({claim.spot.name for claim in shares}) > 1:
        highest = max(shares.values())
        tops = [claim for claim, share in shares.items() if share == highest]
        names = list(dict.fromkeys(claim.spot.name for claim in tops))
        return _one(names[0], tops) if len(names) == 1 else _between(names, tops[0])
    for one, two in zip(live, live[1:], strict=False):
        if _GREATER.fullmatch(text[one.spot.tail : two.spot.start][:60]):
            return _one(one.spot.name, [one])
    listed = [claim for claim in live if _is_listed(text, claim)]
    names = list(dict.fromkeys(claim.spot.name for claim in listed))
    if len(names) < 2:
        return None
    named = any("候" in text[max(0, claim.spot.start - 8) : claim.spot.start] for claim in listed)
    if named or cue("ranked").search(text, max(0, listed[0].spot.start - 400), min(listed[-1].spot.start, listed[0].spot.start + 400)):
        return _one(names[0], listed[:1])
    return _between(names, listed[0])


def _is_listed(text: str, claim: Claim) -> bool:
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


def decide_several(found: Sequence[Claim]) -> Verdict:
    """All names that the text affirms: those of the last final sentence, of bare lines, or else all that are not doubted."""
    live = [claim for claim in found if claim.weight > Weight.VOID]
    if not live:
        return Verdict("unparsed", (), "", Weight.DENIED, 0)
    top = max(claim.weight for claim in live)
    if top == Weight.FINAL:
        best = _last_of(live, Weight.FINAL)
    elif top >= Weight.MINOR:
        low = Weight.BARE if top == Weight.BARE else Weight.MINOR
        best = [claim for claim in live if claim.weight >= low]
    else:
        best = live
    return Verdict("ok", tuple(dict.fromkeys(claim.spot.name for claim in best)), "", top, best[0].spot.start)

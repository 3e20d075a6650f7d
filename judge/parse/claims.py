"""What a text says of labels or options: each mention is weighed by the words beside it.

The weights, from low to high: denied; void (in the words of a refusal); doubted (could be, although, in a question);
minor (at first, a bit of, second place); plain; stated (the emotion is); concluded (therefore); bare (a line of its
own); final (the answer is, I choose). judge/parse/decisions.py says which of them counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from judge.parse.cues import cue
from judge.parse.layout import Layout, is_spoken
from judge.parse.mentions import Claim, Spot, Weight
from judge.parse.predicates import NO, YES, predicate

MOST_WEIGHED = 400
"""Mentions that are weighed: the first and the last ones, and the first of each name."""
LOOK_BACK = 160
LOOK_AHEAD = 60
FARTHEST = 60
"""Characters between a cue and its mention."""
LONGEST_KEY = 24
"""Characters between a cue and the mention behind its colon."""


_CLAUSE = re.compile(
    r"[,，、:：()（）—–]|[^\S\n]-[^\S\n]|(?<![^\W_])(?:but|however|yet|aber|sondern|mais|pero|sino|mas|ma|но|а|ama|"
    r"fakat|mutta|vaan|لكن|بل)(?![^\W_])|"
    r"但是?|不过|然而|而是|反而|却|しかし|でも、|が、|하지만|그러나|지만"
)
_LINK = re.compile(
    r"[^\S\n]{0,4}[*_\"'”“」「]{0,4}[^\S\n]{0,4}(?:[,、，/&+]|and|or|und|oder|et|ou|y|e|o|и|или|ve|veya|ja|tai|او|"
    r"و|和|或|与|と|か|와|과)?[^\S\n]{0,4}(?:an?|and|or|the|und|oder|et|ou|y|e|o|de|la|и|или|ve|ja|"
    r"tai)?[^\S\n]{0,4}[*_\"'”“」「]{0,4}"
)
_OR = re.compile(
    r"[^\S\n]{0,4}[*_\"'”“」「]{0,4},?[^\S\n]{0,4}(?:or|oder|ou|o|или|veya|ya da|tai|vai|او|或者?|还是|か|또는|"
    r"아니면|/)[^\S\n]{0,4}(?:an?|the|de|la)?[^\S\n]{0,4}[*_\"'”“」「]{0,4}"
)
_KEY = re.compile(
    r"[\s*_#>•-]{0,8}(?:explanation|reason(?:ing)?|rationale|note|why|evidence|erklärung|begründung|hinweis|explication|raison|"
    r"explicación|razón|motivo|nota|explicação|razão|açiklama|neden|gerekçe|selitys|perustelu|huomio|объяснение|причина|"
    r"обоснование|التفسير|الشرح|السبب|解释|解釋|理由|原因|说明|說明|説明|根拠|설명|이유|근거)[*_]{0,2}[^\S\n]{0,2}[:：]"
)
_ARROW = re.compile(r"->|=>|→|[—–:：]")
_DASH = re.compile(r"[^\S\n](?:[—–-]|--)[^\S\n]")
_PARENS = re.compile(r"\([^()\n]{0,200}\)|（[^（）\n]{0,200}）|\[[^\[\]\n]{0,80}\]")
_WORDS = re.compile(r"[^\W_]{1,60}")
_LETTER = re.compile(r"[^\W\d_]")
_AROUND = " \t\r\n\u00a0*_`#>-\"'“”‘’()[]<>.|"
_BARE = (
    "it's its it is i'm she he she's he's is a an the feeling feels emotion label answer option "
    "choice category final c'est est la le l'option l es está e é è das ist die der er sie on hän "
    "это 选项 選項 選択肢 答案 答案是 です だ である でした 입니다 이다 예요 이에요 요 번 번입니다 項 項目 项 "
    "of tunne tila and or und et ou y o и ve ja both mixed with s と 和 와 과 或 text"
)
_BARE_WORDS = frozenset(_BARE.split())


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
        weight = _weight(layout, spot, number=number, previous=found[-1] if found else None)
        if weight > Weight.VOID and any(start <= spot.start < end for start, end in void):
            weight = Weight.VOID
        found.append(Claim(spot, weight, number, layout.line(spot.start)))
    found = _predicate(layout, _bracketed(text, _alternatives(text, found)))
    return _corrected(text, _bare(layout, found))


def _weight(layout: Layout, spot: Spot, *, number: int, previous: Claim | None) -> Weight:
    text = layout.text
    start, end = layout.span(number)
    mark = _mark_at(layout, spot)
    if spot.denied or NO.match(text, spot.end) or (mark and NO.match(text, mark)):
        return Weight.DENIED
    if YES.match(text, spot.end) or (mark and YES.match(text, mark)):
        return Weight.FINAL
    linked = previous is not None and _is_linked(text, previous, spot)
    decides = predicate("final").match(text, spot.end, end) is not None
    if linked and previous is not None and previous.weight > Weight.VOID and not decides:
        return previous.weight
    begin = max(start, spot.start - LOOK_BACK)
    begin += len(text[begin : spot.start]) - len(text[begin : spot.start].lstrip())
    fence = previous.spot.tail if previous and previous.weight > Weight.DENIED else 0
    asked = text[max(0, end - 3) : end].rstrip().endswith(("?", "？", "؟"))
    before, after = text[begin : spot.start], text[spot.end : min(end, spot.end + LOOK_AHEAD)]
    return _weighed(
        before, after, fence=max(0, fence - begin), asked=asked or is_spoken(text, spot, start=start, end=end)
    )


def _mark_at(layout: Layout, spot: Spot) -> int:
    """Where a yes or no may stand that ends the line of this mention, behind an arrow or dash; else 0."""
    end = layout.line_span(layout.line(spot.start))[1]
    arrows = list(_ARROW.finditer(layout.text, spot.tail, min(end, spot.tail + 200)))
    return arrows[-1].end() if arrows and end - arrows[-1].end() <= 12 else 0


def _is_linked(text: str, previous: Claim, spot: Spot) -> bool:
    between = text[previous.spot.tail : spot.start]
    return len(between) <= 16 and "\n" not in between and _LINK.fullmatch(between) is not None


@lru_cache(maxsize=4096)
def _weighed(before: str, after: str, *, fence: int, asked: bool) -> Weight:
    """By the words of the sentence before and after; a cue before `fence` belongs to an earlier mention."""
    clause = max((match.end() for match in _CLAUSE.finditer(before)), default=0)
    doubt = _last(cue("doubt"), before, clause)
    parted = max((match.end() for match in _CLAUSE.finditer(before) if match[0] not in ":："), default=0)
    minor = _last(cue("minor"), before, parted)
    if minor >= 0 and len(before) - minor <= LONGEST_KEY and before.rstrip(' *_"“「').endswith((":", "：")):
        return Weight.MINOR  # `secondary emotion:` says it of what stands behind its colon
    for kind, weight in (("final", Weight.FINAL), ("concluded", Weight.CONCLUDED), ("stated", Weight.STATED)):
        place = _last(cue(kind), before, fence)
        near = place >= 0 and len(before) - place <= FARTHEST
        if near and place >= max(doubt, minor) and not asked and (weight == Weight.FINAL or not _doubted(after)):
            return weight
    if predicate("final").match(after) and not asked and doubt < 0:
        return Weight.FINAL
    if asked or doubt >= 0 or _doubted(after):
        return Weight.DOUBTED
    return Weight.MINOR if minor >= 0 else Weight.PLAIN


def _doubted(after: str) -> bool:
    return predicate("doubt").match(after) is not None


def _last(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Where the last match ends; -1 where there is none."""
    return max((match.end() for match in pattern.finditer(text, start)), default=-1)


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
        if (
            opened
            and not shut
            and len(claim.spot.name) > 1
            and before.weight > Weight.VOID
            and claim.spot.name != before.spot.name
        ):
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
    keyed = _KEY.match(layout.text, start, last.spot.start) is not None  # `explanation: some sadness` concludes nothing
    rest = _WORDS.search(layout.text, last.spot.tail, end)
    if alone and short and not keyed and last.weight >= Weight.PLAIN and not rest:
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
        claim._replace(weight=min(claim.weight, Weight.DOUBTED)) if claim.spot.start < place else claim
        for claim in found
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
        if _is_bare(layout.text, start, end=end, spots=spots):
            for index in indices:
                if found[index].weight >= Weight.PLAIN:
                    found[index] = found[index]._replace(weight=max(found[index].weight, Weight.BARE))
            continue
        first = found[indices[0]]
        low, high = layout.span(first.sentence)
        ends = _head_end(layout.text, first.spot, high)
        inside = [found[index].spot for index in indices if found[index].spot.start < ends]
        if first.weight >= Weight.PLAIN and _is_bare(layout.text, max(low, start), end=ends, spots=inside):
            for index in indices[: len(inside)]:
                found[index] = found[index]._replace(weight=max(found[index].weight, Weight.BARE))
    return _last_line(layout, found)


def _last_line(layout: Layout, found: list[Claim]) -> list[Claim]:
    """A name that is all of the text's last line is its final answer, unless that line is the last one of a list."""
    text = layout.text
    line = layout.line(len(text.rstrip(_AROUND)))
    inside = [index for index, claim in enumerate(found) if claim.line == line]
    names = {found[index].spot.name for index in inside}
    if len(names) != 1 or any(found[index].weight != Weight.BARE for index in inside):
        return found
    start, end = layout.line_span(line)
    if not _is_bare(text, start, end=end, spots=[found[index].spot for index in inside]):
        return found
    above = text[:start].rstrip(_AROUND)
    begins = above.rfind("\n") + 1
    head = next((claim for claim in found if claim.spot.start >= begins), None)
    if head is not None and head.spot.start < start and not _LETTER.search(text, begins, head.spot.start):
        return found  # the line above begins with a name, too: a list
    for index in inside:
        found[index] = found[index]._replace(weight=Weight.FINAL)
    return found


def _head_end(text: str, spot: Spot, end: int) -> int:
    """Where the first piece of a line ends: before a dash, or with its sentence."""
    dash = _DASH.search(text, spot.tail, min(end, spot.tail + 40))
    return dash.start() if dash else end


def _is_bare(text: str, start: int, *, end: int, spots: Iterable[Spot]) -> bool:
    """Nothing but the mentions stands there, beside marks, brackets and words like `the answer is`."""
    parts: list[str] = []
    for spot in spots:
        parts.append(text[start : max(start, spot.start)])
        start = max(start, spot.tail)
    parts.append(text[start:end])
    rest = _PARENS.sub(" ", " ".join(parts))
    return all(
        word in _BARE_WORDS or word.isdigit() or (len(word) == 1 and not word.isascii())
        for word in _WORDS.findall(rest)
    )

"""The embedded judge `rules`: deterministic, offline, and only a heuristic, as every verdict of it says.

A step is rated by the content words it shares with the clues; the whole answer by the senses it cites. It
sees words, not meaning: a step that contradicts a clue in the clue's own words still scores high.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from judge.case import Case, Hearing, lines_of, split_steps
from judge.metrics.tokens import PAIRED, pairs, whole_words
from judge.metrics.words import stemmer
from judge.records import Clue, Problem, Verdict
from judge.rubric import EXTRACT, LAST, Stage

NAME = "rules"
VERSION = 4
"""Raise it when a rating could come out differently. 4: a reply of more than 100 sentences has neighbours as one step.
3: vowel signs and other marks belong to their words (Hindi,
Arabic), and Thai and other writing without spaces gives pairs of letters, as Chinese does."""
HEURISTIC = "heuristic: "
LONGEST_EVIDENCE = 1000
"""Characters of a clue that a verdict repeats."""
LONGEST_KNOWN = 2000
"""Characters; the words of a longer text are not kept, as thousands of long replies would fill the memory."""
STRONG = 2
"""Content words of one clue that a step must share to rest on it."""
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOP_WORDS = """
a about after again all also am an and any are as at be because been before being but by can could did do does doing
down for from had has have having he her here hers him his how i if in into is it its itself just like made make me
might more most my no nor not now of off on once one only or other our out over own same say says said saying she
should so some someone something speaker person still such than that the their them then there these they thing this
those through to too two under until up very was way we were what when where which while who whom why will with would
you your answer step reply emotion feel feeling
"""
_STOP = frozenset(_STOP_WORDS.split())


class Overlap(NamedTuple):
    """How far a text rests on one clue."""

    clue: Clue
    shared: tuple[str, ...]
    strong: bool


def content(text: str) -> frozenset[str]:
    """Stems of the content words; a run of CJK, Thai or the like gives its pairs of letters."""
    return _known(text) if len(text) <= LONGEST_KNOWN else _content(text)


def _content(text: str) -> frozenset[str]:
    stems: set[str] = set()
    for word in whole_words(text):
        if _CJK.search(word):
            stems |= {word[index : index + 2] for index in range(max(1, len(word) - 1))}
        elif PAIRED.search(word):
            stems |= set(pairs(word))
        elif word not in _STOP and len(word) > 1:
            stems.add(stemmer()(word))
    return frozenset(stems)


_known = lru_cache(maxsize=4096)(_content)


def overlaps(text: str, clues: tuple[Clue, ...]) -> list[Overlap]:
    """Every clue that shares a content word with the text, the closest first."""
    words = content(text)
    found = []
    for clue in clues:
        cue = content(clue.cue)
        shared = tuple(sorted(words & cue))
        if shared:
            found.append(Overlap(clue, shared, len(shared) >= min(STRONG, max(1, len(cue)))))
    return sorted(found, key=lambda item: -len(item.shared))


class RulesJudge:
    """Rates by overlap; needs no key, no network and no model."""

    name = NAME
    method = f"{NAME}-{VERSION}"

    async def rate(self, hearing: Hearing) -> tuple[Verdict, ...]:
        """Steps first, then each rating stage; a scale's points are used from its lowest to its highest."""
        parsed = hearing.case.parsed
        by_line = hearing.rubric.by_line
        steps = lines_of(hearing.case.reply) if by_line else split_steps(parsed.reasoning)
        if by_line:
            steps = steps or ["(no answer)"]
        elif parsed.region != parsed.reasoning or not steps:  # a free text is its own last step
            steps.append(parsed.region or "(no answer)")
        verdicts = [
            hearing.verdict(criterion=EXTRACT, step=number, claim=step[:500], reason=f"{HEURISTIC}a sentence")
            for number, step in enumerate(steps, start=1)
        ]
        reasons = steps if by_line else steps[:-1]  # the last step is the answer, which recognition covers
        for stage in hearing.rubric.rated():
            if stage.rate == "steps":
                verdicts += [
                    _rate_step(hearing, stage, number=number, step=step) for number, step in enumerate(reasons, start=1)
                ]
                verdicts += [_rate_last(hearing, number=len(steps), step=steps[-1])] if stage.last else []
            else:
                verdicts.append(_rate_answer(hearing, stage, steps=reasons))
        return tuple(verdicts)


def _rate_step(hearing: Hearing, stage: Stage, *, number: int, step: str) -> Verdict:
    found = overlaps(step, hearing.case.sample.target.clues)
    level = 0.0 if not found else (1.0 if found[0].strong else 0.5)
    return hearing.verdict(
        criterion=stage.name,
        step=number,
        claim=step[:500],
        evidence=found[0].clue.cue[:LONGEST_EVIDENCE] if found else "",
        reason=_why(found),
        score=_point(stage, level),
    )


def _rate_last(hearing: Hearing, *, number: int, step: str) -> Verdict:
    """The share of the gold labels that were read: what the rubric asks of the last step needs no judge."""
    gold = {label for labels in hearing.case.sample.target.values.values() for label in labels}
    named = {label for labels in hearing.case.parsed.values.values() for label in labels}
    score = len(gold & named) / len(gold) if gold else 0.0
    reason = f"{HEURISTIC}{len(gold & named)} of {len(gold)} gold labels are read in the reply"
    return hearing.verdict(criterion=LAST, step=number, claim=step[:500], reason=reason, score=score)


def _rate_answer(hearing: Hearing, stage: Stage, *, steps: list[str]) -> Verdict:
    if stage.name != "cot" and not _gold(hearing.case):
        text = "the item has no reference, clue or label to share words with"
        return hearing.verdict(
            criterion=stage.name,
            reason=f"{HEURISTIC}{text}",
            problem=Problem(stage="judge", kind="cannot_judge", message=text),
        )
    if stage.name == "cot":
        level, evidence, reason = _chain(hearing.case, steps)
    else:
        level, evidence, reason = _against_reference(hearing.case)
    score = _point(stage, level)
    return hearing.verdict(criterion=stage.name, evidence=evidence, reason=HEURISTIC + reason, score=score)


def _why(found: list[Overlap]) -> str:
    if not found:
        return f"{HEURISTIC}shares no content word with any clue"
    words = ", ".join(found[0].shared[:6])
    return f"{HEURISTIC}shares {words} with a clue ({found[0].clue.sense or 'evidence'})"


def _point(stage: Stage, level: float) -> float:
    """The point of the scale at a level from 0 (lowest) to 1 (highest)."""
    points = sorted(stage.scale or {})
    return points[min(len(points) - 1, int(level * (len(points) - 1) + 0.5))]


def _chain(case: Case, steps: list[str]) -> tuple[float, str, str]:
    """0 no steps; then a quarter each: any step, one sense cited, two senses, and most steps resting on a clue."""
    if not steps:
        return 0.0, "", "no step before the answer"
    strong = [[item for item in overlaps(step, case.sample.target.clues) if item.strong] for step in steps]
    senses = sorted({item.clue.sense for found in strong for item in found})
    cues = "; ".join(sorted({item.clue.cue for found in strong for item in found})[:3])
    if not senses:
        return 0.25, "", f"{len(steps)} steps, none cites a clue"
    if len(senses) == 1:
        return 0.5, cues, f"cites one sense: {senses[0] or 'evidence'}"
    resting = sum(bool(found) for found in strong)
    full = resting * 2 > len(steps)
    return (1.0 if full else 0.75), cues, f"cites {', '.join(senses)}; {resting} of {len(steps)} steps rest on a clue"


def _against_reference(case: Case) -> tuple[float, str, str]:
    """Share of the reference's content words that the reply holds, over a half counting as full."""
    gold = _gold(case)
    shared = gold & content(case.reply)
    level = min(1.0, 2 * len(shared) / len(gold))
    return level, ", ".join(sorted(shared)[:8]), f"holds {len(shared)} of {len(gold)} content words of the reference"


def _gold(case: Case) -> frozenset[str]:
    """The content words of the reference; without one, of the clues, else of the gold labels."""
    target = case.sample.target
    labels = " ".join(label for labels in target.values.values() for label in labels)
    return content(target.reference or " ".join(clue.cue for clue in target.clues) or labels)

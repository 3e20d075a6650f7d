"""Which senses of the evidence a reply's steps cite, and whether the cue cited for a step is there: by rule.

Definitions and formulas: docs/evidence.md. Where an item has no clues there is nothing to cover, and so no number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from judge.folding import folded
from judge.parse.text import undecorated
from judge.records import Clue, Problem, Sample, Verdict
from judge.rules import STRONG, content, overlaps

SHORTEST_QUOTE = 8
"""Characters from which a quotation that stands in the evidence, letter by letter, is a match by itself."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What the steps of one reply cite."""

    senses: frozenset[str]
    """Senses of the evidence that a step which rests on it cites."""
    offered: frozenset[str]
    """Senses of the evidence."""
    found: int
    """Steps whose cited cue is in the evidence."""
    steps: int

    @property
    def coverage(self) -> float | Problem:
        """Share of the offered senses that are cited."""
        if not self.offered:
            return _nothing("no_senses", "the item's clues name no sense")
        return len(self.senses) / len(self.offered)

    @property
    def grounding(self) -> float | Problem:
        """Share of the steps whose cited cue is found."""
        return self.found / self.steps if self.steps else _nothing("no_steps", "no step was rated")


def cited(sample: Sample, rated: Sequence[Verdict], *, lowest: float, words: str = "") -> Cited | Problem:
    """Of the ratings of one reply's steps; `lowest`: the scale's point for a step that rests on nothing."""
    clues = sample.target.clues
    if not clues:
        return _nothing("no_clues", "the item has no clues")
    steps = [verdict for verdict in rated if verdict.score is not None]
    if not steps:
        return _nothing("no_steps", "no step was rated")
    senses = {
        _sense(clue)
        for verdict in steps
        if verdict.score is not None and verdict.score > lowest
        for text in (verdict.claim, verdict.evidence)
        for clue in _cues(text, clues)
    }
    return Cited(
        senses=frozenset(senses - {""}),
        offered=frozenset(_sense(clue) for clue in clues) - {""},
        found=sum(is_found(verdict.evidence or verdict.claim, clues, words=words) for verdict in steps),
        steps=len(steps),
    )


def is_found(quoted: str, clues: Sequence[Clue], *, words: str = "") -> bool:
    """True where the text quotes a clue (or the words that were said), or shares its content words with one."""
    texts = [*(clue.cue for clue in clues), *words.splitlines()]
    quote = _plain(quoted)
    if len(quote) >= SHORTEST_QUOTE and any(quote in _plain(text) for text in texts):
        return True
    if any(len(_plain(text)) >= SHORTEST_QUOTE and _plain(text) in quote for text in texts):
        return True
    own = content(quoted)
    return any(len(own & content(text)) >= min(STRONG, max(1, len(content(text)))) for text in texts if content(text))


def _cues(text: str, clues: tuple[Clue, ...]) -> list[Clue]:
    return [found.clue for found in overlaps(text, clues) if found.strong]


def _sense(clue: Clue) -> str:
    return clue.sense.strip().casefold()


def _plain(text: str) -> str:
    return " ".join(folded(undecorated(text)).split()).strip("\"'.…")


def _nothing(kind: str, message: str) -> Problem:
    return Problem(stage="metric", kind=kind, message=message)

"""What a rubric file means: Rubric and its stages, frozen and strict, with the digest that names a judge's work.

It reads no file and knows no line numbers; `spec` turns files into these.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictInt, StrictStr

from judge.entries import Entry, Number, digest

Sight = Literal["question", "reply", "thinking", "reference", "clues", "target", "frames", "audio", "transcript"]


class Stage(Entry):
    """One stage of judging: extract the steps, rate each step, or rate the whole answer by one criterion."""

    extract: Literal["steps"] | None = None
    rate: Literal["steps", "answer"] | None = None
    criterion: StrictStr | None = None
    question: StrictStr | None = None
    scale: dict[Number, StrictStr] | None = None
    weight: Number = 1.0
    sees: tuple[Sight, ...] | None = None
    """Overrides what the rubric's judge sees."""

    @property
    def name(self) -> str:
        """The criterion's name; the rating of steps is called `steps`."""
        return self.criterion or "steps"


class Source(Entry):
    """How one score is made from ratings; exactly one way is given."""

    rule: Literal["label"] | None = None
    mean: StrictStr | None = None
    criterion: StrictStr | tuple[StrictStr, ...] | None = None
    derived: dict[Literal["recognition", "reasoning"], Number] | None = None


class Scores(Entry):
    """Which scores the rubric gives, and the weights of `final` (they sum to 1)."""

    recognition: Source | None = None
    reasoning: Source | None = None
    cot: Source | None = None
    final: dict[Literal["recognition", "reasoning", "cot"], Number] | None = None


class Rubric(Entry):
    """A rubric file."""

    name: StrictStr = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: StrictInt
    about: StrictStr
    sees: tuple[Sight, ...] = ("question", "reply", "reference", "clues")
    judge: StrictStr = "rules"
    answer: tuple[Literal["evidence", "reason", "score", "confidence"], ...] = (
        "evidence",
        "reason",
        "score",
        "confidence",
    )
    """The parts of a verdict in the order in which the judge must give them: the score after its grounds."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    scores: Scores

    @property
    def digest(self) -> str:
        """Digest of everything but the prose about it: another digest is another judge."""
        return digest(self.model_dump(mode="json", by_alias=True, exclude={"about", "judge"}))

    def rated(self) -> tuple[Stage, ...]:
        """The stages that give ratings."""
        return tuple(stage for stage in self.stages if stage.rate)

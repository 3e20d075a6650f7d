"""What a rubric file means: Rubric and its stages, frozen and strict, with the digest that names a judge's work.

It reads no file and knows no line numbers; `spec` turns files into these.
"""

from __future__ import annotations

import functools
from typing import Literal

from pydantic import Field, StrictInt, StrictStr

from judge.entries import Entry, Grown, Number, digest

EXTRACT, LAST, SAID = "extract", "last", "said"
"""Under which a judge's lines are stored beside those of a rubric's ratings: the steps, the rating of the last one, and
the judge's own words."""
TAKEN = (EXTRACT, LAST, SAID)
DIGITS = 12
"""Significant digits of a point as it is shown and read back: a third of a point must be sayable."""
Sight = Literal["question", "reply", "thinking", "reference", "clues", "target", "frames", "audio", "transcript"]


class Last(Entry):
    """How the last step, which is the answer, is rated in the same breath as the others: on the gold and nothing else.

    The judge then replies in one score block, <score>Step 1: 0/1, ..., Step n: C/K</score>, as MME-Emotion's does.
    """

    label: StrictStr
    """What the judge is told where one label is right: 1/1 or 0/1."""
    labels: StrictStr
    """Where several are: C of the K gold ones."""


class Stage(Grown):
    """One stage of judging: extract the steps, rate each step, or rate the whole answer by one criterion."""

    LATER = frozenset({"last", "tie", "blind"})

    extract: Literal["steps", "lines"] | None = None
    """steps: the judge breaks the reply up, and the last step is its answer. lines: each line of the reply is a step as
    it stands, no call is made, and all of them are rated."""
    rate: Literal["steps", "answer", "pair"] | None = None
    """pair: two answers are compared, in both orders; it stands alone, and the rubric has no scores."""
    criterion: StrictStr | None = None
    question: StrictStr | None = None
    """Of a rating; of an extraction, what is said beside the suite's own instruction."""
    scale: dict[Number, StrictStr] | None = None
    weight: Number = 1.0
    last: Last | None = None
    """Of rate: steps. Without it the last step is not rated."""
    tie: StrictStr | None = None
    """Of rate: pair, when the two are as good as each other; without it the judge has to choose."""
    sees: tuple[Sight, ...] | None = None
    """Overrides what the rubric's judge sees."""
    blind: Literal["label"] | None = None
    """Of a rating; label: every label with its aliases and word forms is masked in all that is shown."""

    @property
    def name(self) -> str:
        """The criterion's name; the rating of steps is called `steps`."""
        return self.criterion or "steps"


class Source(Grown):
    """How one score is made from ratings; exactly one way is given."""

    LATER = frozenset({"last", "count", "single", "faithful", "cites"})

    rule: Literal["label", "recall"] | None = None
    """label: right or wrong, of lists their F1. recall: the share of the gold labels that were found."""
    mean: StrictStr | None = None
    """Of the ratings of all steps but the last."""
    single: Number | None = None
    """Beside mean: what a reply of one step scores; without it such a reply has no score."""
    last: StrictStr | None = None
    """The rating of the last step."""
    count: StrictStr | None = None
    """How many steps were rated, the last one included."""
    cites: StrictStr | None = None
    """Of coverage and grounding: the rating of steps whose claims and evidence are held against the clues."""
    criterion: StrictStr | tuple[StrictStr, ...] | None = None
    derived: dict[Literal["recognition", "reasoning"], Number] | None = None
    faithful: Source | None = None
    """In faithful mode: made this way instead, from the judge's own words as the benchmark's authors read them."""


RatingName = Literal[
    "logic",
    "multimodal",
    "emotional_reactions",
    "interpretations",
    "explorations",
    "understanding",
    "validation",
    "support",
    "word_precision",
    "word_recall",
    "no_contradiction",
    "total",
]


class Rated(Entry):
    """A metric on a scale of its own: a criterion's rating, times a factor, or a sum of such metrics."""

    criterion: StrictStr | None = None
    times: Number = Field(default=1.0, gt=0)
    sum: tuple[RatingName, ...] | None = Field(default=None, min_length=2)


class Scores(Grown):
    """Which scores the rubric gives, and the weights of `final` (they sum to 1)."""

    LATER = frozenset({"ratings", "avg_step", "coverage", "grounding"})

    recognition: Source | None = None
    reasoning: Source | None = None
    cot: Source | None = None
    final: dict[Literal["recognition", "reasoning", "cot"], Number] | None = None
    ratings: dict[RatingName, Rated] = Field(default_factory=dict)
    """Metrics that keep the scale of their ratings, by name."""
    avg_step: Source | None = None
    coverage: Source | None = None
    grounding: Source | None = None


class Rubric(Grown):
    """A rubric file."""

    LATER = frozenset({"failed", "refusals"})
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
    failed: Literal["missing", "zero"] = "missing"
    """What a rating that the judge failed to give is in faithful mode: missing, or the 0 that some authors average."""
    refusals: Literal["left", "rated"] = "left"
    """rated: the judge is given replies that decline, and empty ones, as well, and faithful mode counts what it says of
    them."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    scores: Scores

    @functools.cached_property
    def digest(self) -> str:
        """Digest of everything but the prose about it: another digest is another judge."""
        return digest(self.model_dump(mode="json", by_alias=True, exclude={"about", "judge"}))

    @property
    def pairwise(self) -> Stage | None:
        """The stage that compares two answers; None in a rubric that rates one."""
        return next((stage for stage in self.stages if stage.rate == "pair"), None)

    def sights(self, stage: Stage) -> tuple[Sight, ...]:
        """What the judge is given at this rating."""
        return self.sees if stage.sees is None else stage.sees

    def shows(self, sight: Sight) -> bool:
        """True where the judge is given this at any of its ratings."""
        return any(sight in self.sights(stage) for stage in self.rated())

    @property
    def by_authors(self) -> bool:
        """True where faithful mode reads the judge's own words in another way than strict mode."""
        plan = self.scores
        sources = (plan.recognition, plan.reasoning, plan.cot, plan.avg_step)
        return any(source is not None and source.faithful is not None for source in sources)

    @property
    def extracts(self) -> bool:
        """True where the reply is taken apart into steps."""
        return any(stage.extract for stage in self.stages)

    @property
    def by_line(self) -> bool:
        """True where the reply's own lines are its steps."""
        return any(stage.extract == "lines" for stage in self.stages)

    def scale_of(self, metric: str) -> tuple[float, float]:
        """Lowest and highest value of a metric, by the scales of its ratings; shares lie between 0 and 1."""
        rated = self.scores.ratings.get(metric)  # type: ignore[call-overload]  # any other name is just not there
        if rated is None:
            return (0.0, 1.0)
        if rated.sum is not None:
            ends = [self.scale_of(name) for name in rated.sum]
            return (sum(low for low, _ in ends), sum(high for _, high in ends))
        points = next((stage.scale for stage in self.rated() if stage.name == rated.criterion), None) or {0.0: ""}
        return (min(points) * rated.times, max(points) * rated.times)

    def rated(self) -> tuple[Stage, ...]:
        """The stages that give ratings."""
        return tuple(stage for stage in self.stages if stage.rate)


def shown_point(point: float) -> str:
    """A point of a scale as judges and people read it: 4, 0.5, 0.333333333333."""
    return f"{point:.{DIGITS}g}"

"""What a rubric file means: Rubric and its stages, frozen and strict, with the digest that names a judge's work.

It reads no file and knows no line numbers; `spec` turns files into these.
"""

from __future__ import annotations

import functools
from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, StrictInt, StrictStr

from judge.entries import Entry, Grown, Number, digest
from judge.metrics.names import NEEDS

EXTRACT, LAST, SAID = "extract", "last", "said"
"""Under which a judge's lines are stored beside those of a rubric's ratings: the steps, the rating of the last one, and
the judge's own words."""
JUDGED = ("recognition", "reasoning", "cot", "final")
COVERED = ("coverage", "grounding")
OPEN = ("avg_step",)
"""Scores of a rubric that count and have no highest value."""
TAKEN = (EXTRACT, LAST, SAID)
SINGLE = ("recognition", "reasoning", "cot", "avg_step", "coverage", "grounding")
"""Keys of `scores` that the suite has a meaning for and that are made of one source."""
RULED = frozenset({"final", "ratings", "avg_step", "coverage", "grounding"}) | {
    name for name, need in NEEDS.items() if need != "rubric"
}
"""Names that no criterion gives its own score: the suite makes them by a rule."""
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

    def source(self) -> Source:
        """How its ratings alone make a score: as a share of their scale, of steps their mean."""
        return Source(mean=self.name) if self.rate == "steps" else Source(criterion=self.name)


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

    def alone(self) -> frozenset[str]:
        """The rating that this score is made of, where it is made of one and no other."""
        several = (self.criterion,) if isinstance(self.criterion, str) else self.criterion or ()
        found = {name for name in (self.mean, self.last, *several) if name is not None}
        return frozenset(found) if len(found) == 1 else frozenset()


class Rated(Entry):
    """A metric on a scale of its own: a criterion's rating, times a factor, or a sum of such metrics."""

    criterion: StrictStr | None = None
    times: Number = Field(default=1.0, gt=0)
    sum: tuple[StrictStr, ...] | None = Field(default=None, min_length=2)


class Scores(Grown):
    """Which scores the rubric gives, by any name, and the weights of `final` (they sum to 1).

    A name that is not one of these keys is a score of its own, made as `cot` is: warmth: {criterion: warmth}.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Source] = Field(init=False)
    LATER = frozenset({"ratings", "avg_step", "coverage", "grounding"})
    FURTHER: ClassVar[type[Entry]] = Source

    recognition: Source | None = None
    reasoning: Source | None = None
    cot: Source | None = None
    final: dict[StrictStr, Number] | None = None
    ratings: dict[StrictStr, Rated] = Field(default_factory=dict)
    """Metrics that keep the scale of their ratings, by any name."""
    avg_step: Source | None = None
    coverage: Source | None = None
    grounding: Source | None = None

    def named(self) -> dict[str, Source]:
        """The scores that are made of one source, by name."""
        found = {name: getattr(self, name) for name in SINGLE}
        return {name: source for name, source in found.items() if source is not None} | self.__pydantic_extra__


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

    @functools.cached_property
    def sources(self) -> dict[str, Source]:
        """The scores that are made of one source, by name: those under `scores`, then the criteria that are their own.

        A criterion that no score is made of alone is a score of its own.
        """
        named = self.scores.named()
        alone = {name for source in named.values() for name in source.alone()}
        alone |= {rated.criterion for rated in self.scores.ratings.values() if rated.criterion}
        taken = {*named, *self.scores.ratings, *RULED, *alone}
        own = [stage for stage in self.rated() if stage.criterion and stage.criterion not in taken]
        return named | {stage.name: stage.source() for stage in own if stage.rate != "pair" and stage.last is None}

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
        return any(source.faithful is not None for source in self.sources.values())

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
        rated = self.scores.ratings.get(metric)
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


def scores_named(rubric: Rubric) -> list[str]:
    """The metrics that a rubric gives: those that the suite has a meaning for, then its own ones."""
    given = {*rubric.sources, *(["final"] if rubric.scores.final is not None else [])}
    first = [name for name in (*JUDGED, *OPEN, *COVERED) if name in given]
    return [*first, *(name for name in rubric.sources if name not in first), *rubric.scores.ratings]


def own_scores(rubric: Rubric) -> list[str]:
    """Of these, the ones that stand in no list of the suite: they are shown wherever the rubric is used."""
    return [name for name in scores_named(rubric) if name not in NEEDS]

"""What a judge's card holds: ten measurements for each criterion, each with its rulings; frozen, strict, versioned.

A measurement that was not made says why; it is never a pass. The thresholds and their sources: docs/trust.md.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field

from judge.records import Record

SCHEMA = 1
"""Of card.json; a reader refuses a newer one."""
MOST = 2000
Ruling = Literal["pass", "warn", "fail", "not assessable"]
RULINGS: tuple[Ruling, ...] = ("pass", "warn", "fail", "not assessable")
Badge = Literal["validity measured", "reliability only", "not measured"]
BADGES: tuple[Badge, ...] = ("validity measured", "reliability only", "not measured")
Text = Annotated[str, Field(max_length=4000)]
TITLES = {
    1: ("Agreement with people", "Does it rate as people do, beyond chance?"),
    2: ("Replaceability", "May it stand in for one of these people?"),
    3: ("Ranking", "Does it put answers in people's order?"),
    4: ("Leniency and spread", "Does it rate on people's level and over people's range?"),
    5: ("Test and retest", "Does it say the same when asked again?"),
    6: ("Prompt invariance", "Does it move when the same is asked in another order or other words?"),
    7: ("Length, style, authority", "Do words that say nothing move it?"),
    8: ("Attack resistance", "Can an empty or hostile reply win, and does the evidence count?"),
    9: ("Self and family preference", "Does it favour models of its own family?"),
    10: ("Coverage and use", "Does it give a rating, and what is the rating worth?"),
}
"""Each measurement's name, and the question that it answers."""


class Figure(Record):
    """One number of a measurement; with a ruling where a threshold is set for it, else only told."""

    name: Text
    value: float | None = None
    low: float | None = None
    high: float | None = None
    """The 95% interval."""
    n: int | None = None
    """Items, or trials, behind it."""
    unit: Literal["", "share", "levels", "steps", "labels", "usd", "p"] = ""
    """levels: steps of the criterion's scale, with a sign; steps: the same without one."""
    ruling: Ruling | None = None
    wanted: Text = ""
    """What passes, in words."""
    good: tuple[float | None, float | None] | None = None
    """Where a pass lies: from, to; None for no bound."""
    ends: tuple[float, float] = (0.0, 1.0)
    """The range over which it is drawn."""
    reason: Text = ""


class Histogram(Record):
    """Shares of the ratings at each level of the scale."""

    levels: tuple[float, ...] = Field(max_length=MOST)
    judge: tuple[float, ...] = Field(max_length=MOST)
    people: tuple[float, ...] = Field(max_length=MOST)


class Measurement(Record):
    """One of the ten, of one criterion."""

    number: int = Field(ge=1, le=10)
    ruling: Ruling
    reason: Text = ""
    """Why it is not a plain pass."""
    figures: tuple[Figure, ...] = Field(default=(), max_length=MOST)
    """The first is the one to show where there is room for one."""
    histogram: Histogram | None = None

    @property
    def title(self) -> str:
        """Its name."""
        return TITLES[self.number][0]


class CriterionCard(Record):
    """All ten of one criterion: a judge is trusted for a criterion, never as a whole."""

    criterion: Text
    scale: Text = ""
    badge: Badge
    measurements: tuple[Measurement, ...] = Field(max_length=10)

    def counts(self) -> dict[Ruling, int]:
        """How many measurements have each ruling."""
        found = Counter(item.ruling for item in self.measurements)
        return {ruling: found[ruling] for ruling in RULINGS}


class DataSet(Record):
    """What the numbers are of."""

    name: Text
    licence: Text = ""
    items: int | None = None


class Card(Record):
    """A judge, by one rubric, asked in one way: any other digest is another judge, of which this says nothing."""

    schema_version: int = SCHEMA
    kind: Literal["judge card"] = "judge card"
    title: Text = ""
    judge: Text
    method: Text = ""
    """Digest of how the judge is asked; empty where its ratings came from files."""
    returned_models: tuple[Text, ...] = Field(default=(), max_length=MOST)
    """The ids that the vendor gave for the model that answered."""
    rubric: Text = ""
    rubric_version: int | None = None
    rubric_digest: Text = ""
    sampling: dict[str, float | int | str] | None = None
    """As it was sent; None where it is not known."""
    repeats: int | None = None
    """How often each answer was rated for test and retest."""
    made: Text = ""
    judge_version: Text = ""
    data_sets: tuple[DataSet, ...] = Field(default=(), max_length=MOST)
    people: Text = ""
    """Who the people are, in the words of whoever made the card."""
    raters: tuple[Text, ...] = Field(default=(), max_length=MOST)
    family: Text = ""
    contestants: tuple[Text, ...] = Field(default=(), max_length=MOST)
    """Families of the models whose answers were judged."""
    criteria: tuple[CriterionCard, ...] = Field(default=(), max_length=MOST)
    warnings: tuple[Text, ...] = Field(default=(), max_length=MOST)
    sources: tuple[Text, ...] = Field(default=(), max_length=MOST)
    """Files that it was made from, each with its digest."""

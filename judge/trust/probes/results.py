"""What probes found, as probes.json beside the card keeps it: effects by probe and criterion, frozen and strict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from judge.lines import read_one
from judge.records import Record
from judge.regular import MIB
from judge.trust.probes.effects import Number

SCHEMA = 1
LARGEST = 64 * MIB
MOST = 100_000
Text = Annotated[str, Field(max_length=4000)]
Name = Literal["retest", "scale-order", "score-ids", "wording", "length", "style", "authority", "keys", "injection",
               "evidence", "swap", "family"]  # fmt: skip
NAMES: tuple[Name, ...] = (
    "retest", "scale-order", "score-ids", "wording", "length", "style", "authority", "keys", "injection", "evidence",
    "swap", "family",
)  # fmt: skip


class Effect(Record):
    """One number of a probe's effect."""

    name: Text
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    """Trials, or items."""
    reason: Text = ""

    @classmethod
    def of(cls, name: str, number: Number) -> Effect:
        """From the number as it was computed."""
        return cls(name=name, value=number.value, low=number.low, high=number.high, n=number.n, reason=number.reason)


class Trial(Record):
    """One rating under a probe, beside the one without it."""

    item: Text
    variant: Text = ""
    base: float | None = None
    probed: float | None = None
    problem: Text = ""


class Found(Record):
    """What one probe did to one criterion."""

    probe: Name
    criterion: Text
    effects: tuple[Effect, ...] = ()
    reason: Text = ""
    """Why there is no effect to tell."""
    failed: int = 0
    """Trials without a rating because a call failed or could not be read."""
    dropped: int = 0
    """Items that the probe could not be made of."""
    trials: tuple[Trial, ...] = Field(default=(), max_length=MOST)

    def effect(self, name: str) -> Effect:
        """By its name; one that is not there has no value."""
        return next((item for item in self.effects if item.name == name), Effect(name=name, reason=self.reason))


class Probes(Record):
    """All that was probed of one judge with one rubric on one run."""

    schema_version: int = SCHEMA
    kind: Literal["judge probes"] = "judge probes"
    judge: Text
    method: Text
    returned_models: tuple[Text, ...] = ()
    rubric: Text
    rubric_version: int
    rubric_digest: Text
    scales: dict[Text, tuple[float, ...]]
    """The levels of each criterion."""
    sampling: dict[str, float | int | str] | None = None
    run: Text
    model: Text
    """Whose answers were judged."""
    task: Text
    licence: Text = ""
    items: int
    repeats: int
    seed: int = 0
    made: Text
    judge_version: Text
    hearings: int
    cost: float | None = None
    """US dollars of the calls that were made for it; None where no price is known."""
    stopped: Text = ""
    """Why not everything was asked; empty where it was."""
    results: tuple[Found, ...] = Field(max_length=MOST)


def read_probes(path: Path) -> Probes | None:
    """The file; None where there is none."""
    return read_one(path, Probes, most=LARGEST, newest=SCHEMA)

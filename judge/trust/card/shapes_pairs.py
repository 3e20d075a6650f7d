"""What a card needs of pairs.json, which `trust pairs` writes; a file may come from elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from judge.records import SCHEMA
from judge.trust.card.shapes import Loose, Text

MOST = 100


class Number(Loose):
    """A share with its interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    reason: Text = ""


class Compared(Loose):
    """The rubric by which pairs were compared."""

    name: str
    version: int = 1
    digest: str
    criterion: str = "better"


class Again(Loose):
    """How often a comparison that was made twice came out otherwise."""

    flip_rate: float | None = None
    n: int = 0
    reason: Text = ""


class Place(Loose):
    """The pull of the first place."""

    first_share: Number = Number()
    preference: float | None = None


class Gold(Loose):
    """The verdicts beside what people say."""

    accuracy: Number = Number()
    accuracy_decided: Number = Number()
    kappa: Number = Number()
    commonest: float | None = None


class PairsBlock(Loose):
    """One judge on one set of pairs."""

    task: str = ""
    licence: str = ""
    judge: str
    method: str
    returned_models: tuple[str, ...] = Field(default=(), max_length=MOST)
    rubric: Compared
    pairs: int
    repeats: int = 1
    comparisons: int
    problems: dict[str, int] = Field(default_factory=dict)
    consistency: Number = Number()
    place: Place = Place()
    repetition: Again = Again()
    gold: Gold | None = None


class PairsFile(Loose):
    """pairs.json of one judge, or what `--json` writes of all."""

    newest: ClassVar[int] = SCHEMA
    schema_: int = Field(alias="schema")
    kind: Literal["pairs"]
    judges: tuple[PairsBlock, ...] = Field(min_length=1, max_length=MOST)

    @model_validator(mode="before")
    @classmethod
    def _of_one(cls, data: Any) -> Any:
        """The file of one judge is its block, with schema and kind in it."""
        if isinstance(data, dict) and "judges" not in data:
            return {"schema": data.get("schema"), "kind": data.get("kind"), "judges": [data]}
        return data

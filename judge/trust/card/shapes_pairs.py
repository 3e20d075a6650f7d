"""What a card needs of pairs.json, which `trust pairs` writes; a file may come from elsewhere."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from judge.records import SCHEMA
from judge.trust.card.shapes import Loose, Text

MOST = 100


End = Annotated[float, Field(ge=-1, le=1)]
Count = Annotated[int, Field(ge=0)]


class Number(Loose):
    """A share, or a kappa, with its interval."""

    value: End | None = None
    low: End | None = None
    high: End | None = None
    n: Count = 0
    reason: Text = ""


class Compared(Loose):
    """The rubric by which pairs were compared."""

    name: str
    version: int = 1
    digest: str
    criterion: str = "better"


class Again(Loose):
    """How often a comparison that was made twice came out otherwise."""

    flip_rate: float | None = Field(default=None, ge=0, le=1)
    n: Count = 0
    reason: Text = ""


class Place(Loose):
    """The pull of the first place."""

    first_share: Number = Number()
    preference: End | None = None


class Gold(Loose):
    """The verdicts beside what people say."""

    accuracy: Number = Number()
    accuracy_decided: Number = Number()
    kappa: Number = Number()
    commonest: End | None = None


class PairsBlock(Loose):
    """One judge on one set of pairs."""

    task: str = ""
    licence: str = ""
    judge: str
    method: str
    returned_models: tuple[str, ...] = Field(default=(), max_length=MOST)
    rubric: Compared
    pairs: Count
    repeats: Annotated[int, Field(ge=1)] = 1
    comparisons: Count
    problems: dict[str, Count] = Field(default_factory=dict)
    consistency: Number = Number()
    place: Place = Place()
    repetition: Again = Again()
    gold: Gold | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(self.problems.values()) > self.comparisons:
            raise ValueError("more problems than comparisons")
        return self


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

"""What a card needs of the JSON that `trust agree` and `trust correct` write; a file may come from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judge.errors import Fault, ResultsError
from judge.regular import MIB, read_regular

LARGEST = 64 * MIB
SCHEMA = 1
Shape = TypeVar("Shape", bound="Loose")


class Loose(BaseModel):
    """What else stands there is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Stat(Loose):
    """A number, its interval, and why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    lowest: float | None = None
    highest: float | None = None
    reason: str = ""
    note: str = ""


class Pair(Loose):
    """All coefficients of two raters."""

    n: int
    statistics: dict[str, Stat]


class Levels(Loose):
    """The scale of a criterion."""

    levels: tuple[float, ...]
    nominal: bool = False

    @property
    def step(self) -> float:
        """One level, in the scale's own unit: the mean distance of neighbours."""
        return (max(self.levels) - min(self.levels)) / (len(self.levels) - 1) if len(self.levels) > 1 else 1.0


class Alt(Loose):
    """The alt-test."""

    epsilon: float
    omega: float | None = None
    rho: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    people: tuple[dict[str, object], ...] = ()


class Use(Loose):
    """A number of the use of the scale."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class Histograms(Loose):
    """How judge and people use the scale."""

    levels: tuple[float, ...] = ()
    judge: tuple[float, ...] = ()
    people: tuple[float, ...] = ()
    n: int = 0
    distance: Use = Use()
    judge_modal: Use = Use()
    people_modal: Use = Use()
    judge_entropy: Use = Use()
    people_entropy: Use = Use()
    reason: str = ""


class Agreed(Loose):
    """One judge on one criterion."""

    criterion: str
    judge: str | None
    humans: tuple[str, ...]
    scale: Levels
    n: int
    judge_human: dict[str, Stat]
    human_human: dict[str, Stat]
    gap: dict[str, Stat] = {}
    ratio: dict[str, Stat] = {}
    consensus: Pair | None = None
    humans_alpha: Stat = Stat()
    alt: Alt | None = None
    spread: Histograms | None = None


class Named(Loose):
    """A rubric by name and digest."""

    name: str
    digest: str


class AgreeFile(Loose):
    """What `trust agree --json` writes."""

    schema_: int = Field(alias="schema")
    kind: Literal["agreement"]
    items: int = 0
    rubric: Named | None = None
    results: tuple[Agreed, ...]


class Mean(Loose):
    """A mean with its interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


class CorrectedMean(Loose):
    """A mean put right with labels."""

    labelled: int
    unlabelled: int
    judge_only: Mean
    human_only: Mean
    ppi: Mean
    weight: float | None = None
    correlation: float | None = None
    effective_n: float | None = None


class CorrectedRow(Loose):
    """One judge on one criterion."""

    judge: str
    criterion: str
    mean: CorrectedMean


class CorrectFile(Loose):
    """What `trust correct --json` writes."""

    schema_: int = Field(alias="schema")
    kind: Literal["correction"]
    results: tuple[CorrectedRow, ...]


def read_shape(path: Path, shape: type[Shape], what: str) -> Shape:
    """The file; raises ResultsError with the place of what is wrong with it."""
    try:
        raw = read_regular(path, LARGEST)
    except OSError as error:
        raise ResultsError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    try:
        found = shape.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100]
        text = f"is not what {what} writes: {first['msg'].lower()[:120]}"
        raise ResultsError(Fault(str(path), None, place, text)) from error
    version = getattr(found, "schema_", SCHEMA)
    if version > SCHEMA:
        text = f"was written by a newer version (schema {version}, this one reads {SCHEMA}): update"
        raise ResultsError(Fault(str(path), None, "schema", text))
    return found

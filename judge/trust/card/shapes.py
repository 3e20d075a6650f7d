"""What a card needs of the JSON that `trust agree` and `trust correct` write; a file may come from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judge.errors import Fault, ResultsError
from judge.regular import MIB, read_regular

LARGEST = 64 * MIB
SCHEMA = 1
Text = Annotated[str, Field(max_length=2000)]
Shape = TypeVar("Shape", bound="Loose")


class Loose(BaseModel):
    """What else stands there is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)
    newest: ClassVar[int] = SCHEMA
    """The schema up to which a file of this shape is read."""


class Stat(Loose):
    """A number, its interval, and why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    lowest: float | None = None
    highest: float | None = None
    reason: Text = ""
    note: Text = ""


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


class LeftOut(Loose):
    """One person against the judge."""

    human: str
    n: int


class Alt(Loose):
    """The alt-test."""

    epsilon: float
    omega: float | None = None
    rho: float | None = None
    low: float | None = None
    high: float | None = None
    reason: Text = ""
    people: tuple[LeftOut, ...] = ()
    notes: tuple[Text, ...] = ()


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
    reason: Text = ""


class Agreed(Loose):
    """One judge on one criterion."""

    criterion: str
    judge: str | None
    humans: tuple[str, ...]
    scale: Levels
    n: int
    people_n: int | None = None
    units: int | None = None
    judge_human: dict[str, Stat]
    human_human: dict[str, Stat]
    gap: dict[str, Stat] = {}
    ratio: dict[str, Stat] = {}
    consensus: Pair | None = None
    humans_alpha: Stat = Stat()
    alt: Alt | None = None
    spread: Histograms | None = None


class Named(Loose):
    """A rubric by name and digest, or a system by name and items."""

    name: str
    digest: str = ""
    n: int = Field(default=0, ge=0)


class Differs(Loose):
    """Whether a judge's leniency is the same in all groups."""

    groups: int = 0
    n: int = 0
    lowest: float | None = None
    highest: float | None = None
    p: float | None = None
    p_holm: float | None = None
    reason: Text = ""


class Part(Loose):
    """One group of items."""

    value: str
    agreement: Agreed


class Grouped(Loose):
    """A judge on a criterion, group by group."""

    by: str
    judge: str | None
    criterion: str
    groups: tuple[Part, ...]
    differs: Differs | None = None


class Ranked(Loose):
    """The order of systems, and the judge's preference for its own family."""

    by: str
    judge: str
    criterion: str
    systems: tuple[Named, ...] = ()
    kendall_tau_b: Stat = Stat()
    ordered: Stat = Stat()
    within: Stat | None = None
    inputs: int = 0
    family: str = ""
    own: tuple[str, ...] = ()
    preference: Stat = Stat()


class Calibrated(Loose):
    """Confidence beside people."""

    judge: str
    criterion: str
    n: int
    ece: Stat = Stat()
    brier: Stat = Stat()
    concordance: Stat = Stat()
    reason: Text = ""


class Measured(Loose):
    """Length beside ratings."""

    judge: str
    criterion: str
    n: int
    partial: Stat = Stat()
    reason: Text = ""


class AgreeFile(Loose):
    """What `trust agree --json` writes."""

    schema_: int = Field(alias="schema")
    kind: Literal["agreement"]
    items: int = 0
    rubric: Named | None = None
    methods: dict[str, str] = {}
    """Of judges of a run: the digest of how each was asked."""
    results: tuple[Agreed, ...]
    groups: tuple[Grouped, ...] = ()
    systems: tuple[Ranked, ...] = ()
    calibration: tuple[Calibrated, ...] = ()
    lengths: tuple[Measured, ...] = ()


class Mean(Loose):
    """A mean with its interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: Text = ""


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
    half_width: float | None = None
    needed: int | None = None
    needed_alone: int | None = None


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
    version = getattr(found, "schema_", shape.newest)
    if version > shape.newest:
        text = f"was written by a newer version (schema {version}, this one reads {shape.newest}): update"
        raise ResultsError(Fault(str(path), None, "schema", text))
    return found

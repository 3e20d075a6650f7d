"""Ratings by people and judges, as one table of raters, items and criteria; how a cell is read.

A rating that is not there is NaN in the table and counted; one that cannot be read is a fault with its place.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from judge.errors import Fault, TaskError
from judge.folding import composed
from judge.rows import MOST_VALUES
from judge.stats import Array
from judge.trust.traits import Traits

ABSENT = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
NO_LABEL = frozenset({"", "na", "n/a", "nan", "-"})
"""Among labels none is one, as in data sets of emotions."""
LARGEST, SMALLEST = 1e9, 1e-9
"""Sizes between which a rating lies, or is 0: beyond them differences are rounding."""
_YES_NO = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_NUMBER = re.compile(r"[-+]?(?:\d{1,15}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,2})?", re.ASCII)
MOST_FAULTS = 50
LONGEST_NAME = 200
Bounds = Callable[[str], tuple[float, float] | None]
"""The smallest and the largest score that a criterion may have, where that is known."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rating and where it stands."""

    item: str
    rater: str
    criterion: str
    score: float
    """NaN where it is there but empty."""
    cluster: str | None
    place: Fault
    confidence: float | None = None
    """How sure the rater says it is, in [0, 1]; of a judge's repeats the mean."""
    claim: str = ""
    """Of a step: its words, by which the same step is known in what another judge took apart."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Reader:
    """How files are read, and what is found out on the way."""

    id_column: str | None = None
    cluster_column: str = "cluster"
    words: dict[str, float] | None = None
    """For nominal ratings: each label's number; None where scores are numbers."""
    closed: bool = False
    """No label but those of `words`."""
    bounds: Bounds = lambda _: None
    traits: Traits = dataclasses.field(default_factory=Traits)
    faults: list[Fault] = dataclasses.field(default_factory=list)
    methods: dict[str, str] = dataclasses.field(default_factory=dict)
    """Of a run's judges: the digest of how each was asked."""
    notes: list[str] = dataclasses.field(default_factory=list)
    """What was passed over, for the person who gave the file."""

    def score(self, text: str, criterion: str, place: Fault) -> float:
        """A number, or NaN where the cell is empty; else a fault."""
        bare = text.strip()
        if bare.lower() in (ABSENT if self.words is None else NO_LABEL):
            return math.nan
        if self.words is not None:
            label = _plain(bare)
            if self.closed and label not in self.words:
                message = f"{bare[:60]!r} is none of the labels {', '.join(list(self.words)[:12])}"
                self.faults.append(place._replace(key=criterion, message=message))
                return math.nan
            return self.words.setdefault(label, float(len(self.words)))
        value = number(bare)
        if value is None:
            self.faults.append(place._replace(key=criterion, message=f"{bare[:60]!r} is not a number"))
            return math.nan
        if value and not SMALLEST <= abs(value) <= LARGEST:
            self.faults.append(place._replace(key=criterion, message=f"{bare[:60]} is no size that a rating has"))
            return math.nan
        low, high = self.bounds(criterion) or (-math.inf, math.inf)
        if not low <= value <= high:
            message = f"{bare[:60]} is outside the scale {low:g} to {high:g}"
            self.faults.append(place._replace(key=criterion, message=message))
        return value

    def confidence(self, text: str, place: Fault) -> float | None:
        """From 0 to 1, or None where the cell is empty; else a fault."""
        bare = text.strip()
        if bare.lower() in ABSENT:
            return None
        value = number(bare)
        if value is None or not 0 <= value <= 1:
            self.faults.append(place._replace(key="confidence", message=f"{bare[:60]!r} is not a number from 0 to 1"))
            return None
        return value


def number(text: str) -> float | None:
    """A plain number, or yes and no as 1 and 0; None for anything else."""
    bare = text.strip()
    if bare.lower() in _YES_NO:
        return _YES_NO[bare.lower()]
    return float(bare) if _NUMBER.fullmatch(bare) else None


def _plain(label: str) -> str:
    """1.0 and 1 are one label, and so are a composed and a decomposed letter."""
    value = float(label) if _NUMBER.fullmatch(label) else None
    return composed(label[:LONGEST_NAME]) if value is None else f"{value:g}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ratings:
    """All ratings of some raters."""

    items: tuple[str, ...]
    raters: tuple[str, ...]
    criteria: tuple[str, ...]
    scores: Array
    """Shape (raters, items, criteria); NaN where there is no rating."""
    clusters: tuple[str, ...] | None = None
    """Each item's cluster, where one is given; an item without one is its own."""
    confidence: Array | None = None
    """As `scores`, in [0, 1]; None where nobody gave any."""
    words: tuple[str, ...] = ()
    """Of nominal ratings, the label of each number."""

    def of(self, rater: str, criterion: str) -> Array:
        """One rater's scores on one criterion, shape (items,)."""
        scores: Array = self.scores[self.raters.index(rater), :, self.criteria.index(criterion)]
        return scores

    def sure(self, rater: str, criterion: str) -> Array:
        """One rater's confidence on one criterion, shape (items,); NaN where none was given."""
        if self.confidence is None:
            return np.full(len(self.items), np.nan)
        found: Array = self.confidence[self.raters.index(rater), :, self.criteria.index(criterion)]
        return found


def assemble(rows: Sequence[Rating], reader: Reader) -> Ratings:
    """The table; raises TaskError with all faults found so far, doubled ratings and unsteady clusters among them."""
    first: dict[tuple[str, str, str], Fault] = {}
    clusters: dict[str, tuple[str, Fault]] = {}
    for row in rows:
        earlier = first.setdefault((row.item, row.rater, row.criterion), row.place)
        if earlier is not row.place:
            where = f"line {earlier.line}" if earlier.file == row.place.file else f"{earlier.file}:{earlier.line}"
            text = f"{row.rater} has rated {row.item} already in {where}"
            reader.faults.append(row.place._replace(key=row.criterion, message=text))
        if row.cluster is not None:
            known, place = clusters.setdefault(row.item, (row.cluster, row.place))
            if known != row.cluster:
                text = f"{row.item} is in {row.cluster!r} here, in {known!r} in {place.file}:{place.line}"
                reader.faults.append(row.place._replace(key=reader.cluster_column, message=text))
    refuse(reader.faults)
    items, raters, criteria = (
        tuple(dict.fromkeys(getattr(row, name) for row in rows)) for name in ("item", "rater", "criterion")
    )
    if len(items) * len(raters) * len(criteria) > 4 * MOST_VALUES:
        raise TaskError(
            f"{len(items):,} items x {len(raters):,} raters x {len(criteria):,} criteria are too many to compare"
        )
    scores = np.full((len(raters), len(items), len(criteria)), np.nan)
    at: list[dict[str, int]] = [
        {name: place for place, name in enumerate(names)} for names in (raters, items, criteria)
    ]
    sure = np.full(scores.shape, np.nan) if any(row.confidence is not None for row in rows) else None
    for row in rows:
        cell = (at[0][row.rater], at[1][row.item], at[2][row.criterion])
        scores[cell] = row.score
        if sure is not None and row.confidence is not None:
            sure[cell] = row.confidence
    own = tuple(clusters[item][0] if item in clusters else f"item {item}" for item in items) if clusters else None
    words = tuple(reader.words) if reader.words else ()
    return Ratings(
        items=items, raters=raters, criteria=criteria, scores=scores, clusters=own, confidence=sure, words=words
    )


def refuse(faults: Sequence[Fault]) -> None:
    """Raise TaskError where there are any, by file and line: the first of them, and how many more."""
    if faults:
        shown = sorted(faults, key=lambda fault: (fault.file, fault.line or 0))[:MOST_FAULTS]
        more = len(faults) - len(shown)
        raise TaskError([*shown, *([Fault("", None, "", f"... and {more} more")] if more else [])])

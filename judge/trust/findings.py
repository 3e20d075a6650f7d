"""What the agreement of a judge with people is made of: frozen records, for the table, the files and the card."""

from __future__ import annotations

import dataclasses

from judge.trust.alt_test import AltTest
from judge.trust.resampling import RESAMPLES
from judge.trust.scale import Scale
from judge.trust.spread import Spread


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """One number with its 95% bootstrap interval; None with the reason where there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    note: str = ""
    interval: str = ""
    """Why the interval is wide; empty where it is not."""


UNMADE = Statistic()
"""A number that was not made."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """One coefficient over several pairs of raters: the median (of the offset the mean), and the range."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    """The 95% interval of the value."""
    lowest: float | None = None
    highest: float | None = None
    """The smallest and the largest of the pairs."""
    pairs: int = 0
    """Pairs that have a value."""
    of: int = 0
    reason: str = ""
    note: str = ""
    interval: str = ""
    """Why the interval is wide; empty where it is not."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """All coefficients of two raters; of judge and human, the judge is the first."""

    first: str
    second: str
    n: int
    """Items that both rated."""
    dropped: int
    """Items that only one of them rated: left out of this pair alone."""
    statistics: dict[str, Statistic]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CriterionAgreement:
    """One judge on one criterion; without a judge, the people alone."""

    criterion: str
    judge: str | None
    humans: tuple[str, ...]
    scale: Scale
    n: int
    """Items rated by the judge and at least one person; without a judge, by at least two people."""
    people_n: int
    """Items rated by two people or more: those that people's own agreement is of."""
    dropped: int
    """Items with a rating that are not among them."""
    units: int
    """What the bootstrap draws: items, or clusters."""
    judge_human: dict[str, Pooled]
    human_human: dict[str, Pooled]
    gap: dict[str, Statistic]
    """Judge with people minus people with each other, by coefficient."""
    ratio: dict[str, Statistic]
    """Judge with people over people with each other; no interval: see `gap`."""
    consensus: PairAgreement | None
    """The judge and the mean of the people's ratings."""
    humans_alpha: Statistic
    """Krippendorff's alpha over all people: ordinal, or nominal for labels."""
    alt: AltTest | None
    pairs: tuple[PairAgreement, ...]
    spread: Spread | None = None
    """How judge and people use the scale; none without a judge."""
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The coefficient of agreement to show first: quadratic kappa; kappa for labels; alpha for fractions."""
        if self.scale.nominal:
            return "kappa"
        shown = self.judge_human or self.human_human
        fractions = shown["kappa_quadratic"].value is None and shown["alpha_interval"].value is not None
        return "alpha_interval" if fractions else "kappa_quadratic"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the numbers are made."""

    epsilon: float = 0.2
    resamples: int = RESAMPLES
    seed: int = 0

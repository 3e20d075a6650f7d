"""What `judge trust agree` tells beyond agreement over all items: by group, by system, confidence, length."""

from __future__ import annotations

import argparse
import dataclasses
import functools
from typing import Any

import numpy as np

from judge.cli.trust_input import Given
from judge.errors import UsageError
from judge.stats import Array
from judge.trust.both import Both, both_of
from judge.trust.calibration import Calibration, Lengths, calibration, lengths
from judge.trust.findings import Settings
from judge.trust.groups import Grouped, corrected, difference, grouped
from judge.trust.judged import LENGTH
from judge.trust.ratings import number
from judge.trust.scale import Scale
from judge.trust.systems import Ranking, ranking


@dataclasses.dataclass(kw_only=True)
class Further:
    """All of it, by judge, then by criterion."""

    groups: list[Grouped] = dataclasses.field(default_factory=list)
    systems: list[Ranking] = dataclasses.field(default_factory=list)
    calibration: list[Calibration] = dataclasses.field(default_factory=list)
    lengths: list[Lengths] = dataclasses.field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            field.name: [dataclasses.asdict(item) for item in getattr(self, field.name)]
            for field in dataclasses.fields(self)
        }


def further(given: Given, options: argparse.Namespace, how: Settings) -> Further:
    """Whatever was asked for, and what is there in any case: confidence, and the length of a run's replies."""
    making = _Making(given=given, options=options, how=how)
    found = Further()
    named = [name for name, _ in options.by] + ([options.systems[0]] if options.systems else [])
    for judge in given.judges or (None,):
        for by in dict.fromkeys(named):
            found.groups += making.groups(judge, by)
        if judge is not None:
            for criterion in given.criteria:
                making.add(found, judge, criterion)
    return found


@dataclasses.dataclass(kw_only=True)
class _Making:
    given: Given
    options: argparse.Namespace
    how: Settings

    @functools.cached_property
    def length(self) -> Array | None:
        """Each item's length; None where nobody knows it."""
        given = self.options.length
        name = given[0] if given else LENGTH
        values = self.given.trait(name)
        if given is None and not any(values):
            return None
        told = [None if value is None else number(value) for value in values]
        bad = next(
            (value for value, read in zip(values, told, strict=True) if value is not None and read is None), None
        )
        if bad is not None:
            raise UsageError(f"--length {name}: {bad[:60]!r} is not a number")
        if all(value is None for value in told):
            raise UsageError(f"--length {name}: no item has one: name a column of people's files, or give {name}=FILE")
        return np.array([np.nan if value is None else value for value in told])

    def scale(self, criterion: str) -> Scale:
        return self.given.scale(criterion, choice=self.options.scale, nominal=self.options.level == "nominal")

    def both(self, judge: str, criterion: str) -> Both:
        humans, scale = self.given.humans, self.scale(criterion)
        return both_of(self.given.ratings, humans=humans, judge=judge, criterion=criterion, scale=scale, how=self.how)

    def groups(self, judge: str | None, by: str) -> list[Grouped]:
        """Of every criterion, with p-values corrected for their number."""
        return corrected([self._grouped(judge, by, criterion) for criterion in self.given.criteria])

    def _grouped(self, judge: str | None, by: str, criterion: str) -> Grouped:
        values = self.given.trait(by)
        found = grouped(
            self.given.ratings,
            sides=(self.given.humans, judge),
            criterion=criterion,
            scale=self.scale(criterion),
            how=self.how,
            trait=(by, values),
        )
        if judge is None:
            return found
        return dataclasses.replace(found, differs=difference(self.both(judge, criterion), values))

    def add(self, found: Further, judge: str, criterion: str) -> None:
        """What there is of one judge on one criterion."""
        both, options = self.both(judge, criterion), self.options
        if options.systems:
            by = options.systems[0]
            asked = self.given.trait(options.within[0]) if options.within else None
            found.systems.append(ranking(both, self.given.trait(by), by=by, inputs=asked, family=options.family))
        sure = self.given.ratings.sure(judge, criterion)
        if not np.isnan(sure).all():
            found.calibration.append(calibration(both, sure))
        if self.length is not None:
            found.lengths.append(lengths(both, self.length))

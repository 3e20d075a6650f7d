"""What `judge trust` compares: ratings by people and by judges, from files or a scored run, on common criteria."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from judge.cli import opening
from judge.errors import UsageError, nearest
from judge.rubric import Rubric
from judge.store import Folder
from judge.trust.judged import LENGTH, Wanted, read_run
from judge.trust.rating_files import read_long, read_traits, read_wide
from judge.trust.ratings import Rating, Ratings, Reader, assemble, refuse
from judge.trust.scale import Choice, Scale, between, observed_range
from judge.trust.traits import Traits


@dataclasses.dataclass(frozen=True, kw_only=True)
class Given:
    """All ratings, who is a person and who a judge, and what to say about the files."""

    ratings: Ratings
    humans: tuple[str, ...]
    judges: tuple[str, ...]
    criteria: tuple[str, ...]
    rubric: Rubric | None
    range: tuple[int, int] | None
    notes: tuple[str, ...]
    traits: Traits
    methods: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Of judges of a run: how each was asked."""

    def trait(self, name: str) -> tuple[str | None, ...]:
        """Each item's value of a trait, None for none."""
        return self.traits.of(name, self.ratings.items)

    def scale(self, criterion: str, *, choice: Choice = "full", nominal: bool = False) -> Scale:
        """From the rubric, else --range, else all whole numbers between the smallest and the largest rating."""
        if nominal:
            values = self._values(criterion)
            levels = values if self.range is None else tuple(float(place) for place in range(len(self.ratings.words)))
            words = self.ratings.words
            return Scale(levels=levels, origin="labels", choice=choice, nominal=True, words=words)
        points = _points(self.rubric, criterion)
        if points:
            return Scale(levels=points, origin="rubric", choice=choice)
        if self.range is not None:
            return Scale(levels=between(*self.range), origin="range", choice=choice)
        return Scale(levels=observed_range(self._values(criterion)), origin="whole numbers", choice=choice)

    def _values(self, criterion: str) -> tuple[float, ...]:
        column = self.ratings.scores[:, :, self.ratings.criteria.index(criterion)]
        return tuple(np.unique(column[~np.isnan(column)]).tolist())


def read_given(options: argparse.Namespace, *, nominal: bool = False, judge_needed: bool = False) -> Given:
    """Read every file, then say every fault of all of them; then see what can be compared."""
    _check(options, judge_needed=judge_needed)
    rubric = opening.open_rubric(options.rubric) if options.rubric else None
    reader = _reader(options, rubric, nominal=nominal)
    traits = _traits(options)
    reader.traits.wanted = tuple(dict.fromkeys([name for name, _ in traits] + ([LENGTH] if options.run else [])))
    human = [row for name in options.human for row in read_long(Path(name), reader)]
    human += [row for rater, name in options.wide for row in read_wide(Path(name), rater, reader)]
    judge = [row for name in options.verdicts for row in read_long(Path(name), reader, rater=Path(name).stem)]
    judge += [row for rater, name in options.wide_judge for row in read_wide(Path(name), rater, reader)]
    for name, file in traits:
        if file is not None:
            read_traits(Path(file), name, reader)
    refuse(reader.faults)
    if options.run and rubric is not None:
        wanted = Wanted(
            judges=tuple(dict.fromkeys(options.judges)),
            rubric=rubric,
            human=tuple(human),
            data=Path(options.data) if options.data else None,
        )
        judge += read_run(Folder(Path(options.run)), reader, wanted)
    humans, judges = _names(human), _names(judge)
    both = [name for name in judges if name in humans]
    if both:
        raise UsageError(f'"{both[0]}" stands among the people and among the judges: rename one of them')
    ratings = _by_question(assemble([*human, *judge], reader), reader, options)
    criteria = _criteria(human, judge, asked=options.criteria, notes=reader.notes)
    return Given(
        ratings=ratings,
        humans=humans,
        judges=judges,
        criteria=criteria,
        rubric=rubric,
        range=options.range,
        notes=tuple(dict.fromkeys(reader.notes)),
        traits=reader.traits,
        methods=reader.methods,
    )


def _traits(options: argparse.Namespace) -> list[tuple[str, str | None]]:
    """What is asked for of items, each with the file that it stands in, if it has one of its own."""
    given: list[tuple[str, str | None]] = [*getattr(options, "by", ())]
    given += [one for name in ("systems", "within", "length") if (one := getattr(options, name, None)) is not None]
    if getattr(options, "within", None) is not None and options.systems is None:
        raise UsageError("--within ranks the systems of one question: name the systems by --systems")
    return list(dict.fromkeys(given))


def _by_question(ratings: Ratings, reader: Reader, options: argparse.Namespace) -> Ratings:
    """Answers to one question are not independent: where no clusters are given, the questions are."""
    if getattr(options, "within", None) is None or ratings.clusters is not None:
        return ratings
    name = options.within[0]
    values = reader.traits.of(name, ratings.items)
    own = tuple(
        f"{name} {value}" if value else f"item {item}" for item, value in zip(ratings.items, values, strict=True)
    )
    reader.notes.append(f"intervals: the answers to one {name} are drawn together")
    return dataclasses.replace(ratings, clusters=own)


def _check(options: argparse.Namespace, *, judge_needed: bool) -> None:
    if not options.human and not options.wide:
        raise UsageError("no ratings by people: give --human FILE, or --wide RATER=FILE for each person")
    parts = {"--judge": options.judges, "--rubric": options.rubric, "--run": options.run}
    if (options.judges or options.run) and not all(parts.values()):
        missing = ", ".join(name for name, value in parts.items() if not value)
        raise UsageError(f"a judge's ratings of a run need --judge, --rubric and --run together: {missing} is missing")
    if judge_needed and not (options.verdicts or options.wide_judge or options.run):
        raise UsageError("no ratings by a judge: give --verdicts FILE, --wide-judge NAME=FILE, or --judge with --run")


def _reader(options: argparse.Namespace, rubric: Rubric | None, *, nominal: bool) -> Reader:
    def bounds(criterion: str) -> tuple[float, float] | None:
        points = _points(rubric, criterion)
        return (min(points), max(points)) if points else options.range

    words: dict[str, float] | None = {} if nominal else None
    if words is not None and options.range is not None:
        words.update({f"{level:g}": float(place) for place, level in enumerate(between(*options.range))})
    closed = bool(words)
    return Reader(id_column=options.id, cluster_column=options.cluster, words=words, closed=closed, bounds=bounds)


def _points(rubric: Rubric | None, criterion: str) -> tuple[float, ...]:
    stages = {stage.name: stage for stage in rubric.rated()} if rubric else {}
    stage = stages.get(criterion) or stages.get(criterion.rpartition("/")[2])
    return tuple(sorted(float(point) for point in stage.scale)) if stage and stage.scale else ()


def _names(rows: Sequence[Rating]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.rater for row in rows))


def _criteria(
    human: Sequence[Rating], judge: Sequence[Rating], *, asked: str | None, notes: list[str]
) -> tuple[str, ...]:
    """The criteria of both, in people's order; what only one side has is said."""
    of: Mapping[str, tuple[str, ...]] = {
        "people": tuple(dict.fromkeys(row.criterion for row in human)),
        "the judges": tuple(dict.fromkeys(row.criterion for row in judge)),
    }
    both = tuple(name for name in of["people"] if not judge or name in of["the judges"])
    if not both:
        people, judges = (", ".join(names[:8]) or "none" for names in of.values())
        raise UsageError(f"people and judges have no criterion in common (people: {people}; judges: {judges})")
    if judge:
        rated = [{row.item for row in rows if row.criterion in both} for rows in (human, judge)]
        if not rated[0] & rated[1]:
            one, other = (min(items) for items in rated)
            raise UsageError(f"people and judges have no item in common (people: {one!r}, ...; judges: {other!r}, ...)")
        for who, names in of.items():
            only = [name for name in names if name not in both]
            if only and not asked:
                notes.append(f"only {who} rated: {', '.join(only[:12])}{', ...' if len(only) > 12 else ''}")
    wanted = list(dict.fromkeys(name.strip() for name in (asked or "").split(",") if name.strip()))
    for name in wanted:
        if name not in both:
            raise UsageError(f'--criteria: no criterion "{name}"{nearest(name, both)}   (in common: {", ".join(both)})')
    return tuple(wanted) or both

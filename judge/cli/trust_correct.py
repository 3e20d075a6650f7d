"""`judge trust correct`: the mean of all that a judge rated, put right with the items that people rated, too."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from judge.cli.main import COMPLETE
from judge.cli.terminal import plural, say, table
from judge.cli.trust_input import Given, read_given
from judge.errors import UsageError
from judge.stats import Array
from judge.store import write_whole
from judge.trust.correction import Corrected, Mean, correct, labels_needed
from judge.trust.prevalence import Prevalence, rogan_gladen

NARROW = 0.02
"""Of the scale's range: the half width of an interval for which the labels are counted that it takes."""


class Row(NamedTuple):
    """One judge on one criterion."""

    judge: str
    criterion: str
    mean: Corrected
    share: Prevalence | None
    ties: int
    """Items on which people are split between yes and no: left out of the share."""


def _rows(given: Given, pass_at: float | None) -> list[Row]:
    rows = []
    for name in given.judges:
        for criterion in given.criteria:
            table_ = np.stack([given.ratings.of(human, criterion) for human in given.humans])
            judge = given.ratings.of(name, criterion)
            share, ties = _share(table_, judge, pass_at=pass_at, clusters=given.ratings.clusters)
            levels = given.scale(criterion).levels
            ends = (min(levels), max(levels)) if len(levels) > 1 else None
            mean = correct(_mean(table_), judge, given.ratings.clusters, scale=ends)
            width = NARROW * (ends[1] - ends[0]) if ends else 0.0
            mean = labels_needed(_mean(table_), judge, mean, half_width=width, clusters=given.ratings.clusters)
            rows.append(Row(name, criterion, mean, share, ties))
    return rows


def _mean(people: Array) -> Array:
    """Each item's mean over the people who rated it; NaN where nobody did."""
    rated = (~np.isnan(people)).sum(axis=0)
    result: Array = np.divide(np.nansum(people, axis=0), rated, out=np.full(people.shape[1], np.nan), where=rated > 0)
    return result


def _share(
    people: Array, judge: Array, *, pass_at: float | None, clusters: Sequence[str] | None
) -> tuple[Prevalence | None, int]:
    """Yes and no, by the bound or because all ratings are 1 or 0; people's by their majority."""
    if pass_at is None:
        given = np.concatenate([people.ravel(), judge])
        if not np.isin(given[~np.isnan(given)], (0.0, 1.0)).all():
            return None, 0
    else:
        people, judge = (np.where(np.isnan(own), np.nan, own >= pass_at) for own in (people, judge))
    votes = _mean(people)
    ties = int((votes == 0.5).sum())
    majority = np.where(np.isnan(votes), np.nan, np.where(votes == 0.5, np.nan, votes > 0.5))
    return rogan_gladen(majority, judge, labelled=~np.isnan(votes), clusters=clusters), ties


def correction(options: argparse.Namespace) -> int:
    """Read, compute, print, and write the file that was asked for."""
    given = read_given(options, judge_needed=True)
    rows = _rows(given, options.pass_at)
    if not any(row.mean.labelled for row in rows):
        raise UsageError("no item was rated by people and by a judge: there is nothing to put the judge right with")
    for note in given.notes:
        say(f"  {note}")
    say("means, [95%]; people's labels must be of a random sample of the judged items")
    say("last: labels for an interval of ±2% of the scale, with the judge (without it)")
    say()
    for line in _means(rows):
        say(line)
    if any(row.share for row in rows):
        say()
        say("share of yes: the judge's own, and put right by its errors (Rogan-Gladen), [95%]")
        say()
        for line in _shares(rows):
            say(line)
    for line in _warnings(rows):
        say(line)
    if options.json:
        body = {"schema": 1, "kind": "correction", "results": [_as_json(row) for row in rows]}
        write_whole(Path(options.json), json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n")
        say(options.json)
    return COMPLETE


def _means(rows: Sequence[Row]) -> list[str]:
    head = [
        "judge",
        "criterion",
        "labels",
        "judged",
        "judge alone",
        "people alone",
        "PPI++",
        "lambda",
        "r",
        "worth",
        "for ±2%",
    ]
    lines = [head]
    for row in rows:
        found = row.mean
        judged = found.labelled + found.unlabelled
        lines.append(
            [
                row.judge,
                row.criterion,
                str(found.labelled),
                str(judged),
                _text(found.judge_only),
                _text(found.human_only),
                _text(found.ppi),
                _number(found.weight),
                _number(found.correlation),
                "–" if found.effective_n is None else f"{found.effective_n:.0f} labels",
                _needed(found),
            ]
        )
    return table(lines, right=frozenset({2, 3}))


def _needed(found: Corrected) -> str:
    """Labels for an interval of ±2% of the scale: with the judge, and without it."""
    if found.needed_alone is None:
        return "–"
    return f"{found.needed if found.needed is not None else '> pool'} ({found.needed_alone})"


def _shares(rows: Sequence[Row]) -> list[str]:
    lines = [
        ["judge", "criterion", "yes/no labels", "judged", "sensitivity", "specificity", "judge alone", "corrected"]
    ]
    for row in rows:
        if row.share is not None:
            found = row.share
            labels = f"{found.positives}/{found.negatives}"
            rates = [_number(found.sensitivity), _number(found.specificity), _number(found.raw)]
            lines.append([row.judge, row.criterion, labels, str(found.judged), *rates, _text(found.estimate)])
    return table(lines, right=frozenset({2, 3}))


def _text(mean: Mean) -> str:
    if mean.value is None:
        return "–"
    return (
        f"{mean.value:.2f}"
        if mean.low is None or mean.high is None
        else (f"{mean.value:.2f} [{mean.low:.2f}, {mean.high:.2f}]")
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _warnings(rows: Sequence[Row]) -> list[str]:
    lines = []
    for row in rows:
        name = f"  {row.judge}, {row.criterion}: "
        lines += [name + text for text in (*row.mean.warnings, row.mean.ppi.reason) if text]
        lines += [f"{name}interval: {text}" for text in _wide(row.mean)]
        if row.share is not None and row.share.estimate.reason:
            lines.append(f"{name}share of yes: {row.share.estimate.reason}")
        if row.ties:
            lines.append(f"{name}people are split on {plural(row.ties, 'item')}: left out of the share of yes")
    return ["", *lines] if lines else []


def _wide(mean: Corrected) -> list[str]:
    """Why intervals are wide, each reason once: wide, 6 clusters (people alone, PPI++)."""
    named = {"judge alone": mean.judge_only, "people alone": mean.human_only, "PPI++": mean.ppi}
    reasons = dict.fromkeys(own.interval for own in named.values() if own.interval)
    return [f"{text} ({', '.join(name for name, own in named.items() if own.interval == text)})" for text in reasons]


def _as_json(row: Row) -> dict[str, object]:
    share = dataclasses.asdict(row.share) if row.share else None
    named = {"judge": row.judge, "criterion": row.criterion}
    return {**named, "mean": dataclasses.asdict(row.mean), "share": share, "split": row.ties}

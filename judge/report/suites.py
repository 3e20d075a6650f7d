"""The sections of suites: each task and each average, models across; other protocols never share a row."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from judge.composites import Average
from judge.entries import digest
from judge.records import Estimate, Mode
from judge.report.citations import Asked, of_suites
from judge.report.naming import cell
from judge.report.scores import ACROSS
from judge.report.tables import Section, Table
from judge.suite import Suite
from judge.suite_folder import SuiteSummary, suite_of
from judge.suite_summary import lacking
from judge.summary import Summary, age

Row = tuple[str, str | None, str]
"""A task or an average, its judge, and a digest of how the number was made."""
Number = Estimate | Average


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A scored suite with the summaries of its runs."""

    summary: SuiteSummary
    runs: Mapping[str, Summary]
    stale: Sequence[str] = ()
    """Tasks that have changed since the averages were made."""


def sections(entries: Sequence[Entry], first: Mode) -> Iterable[Section]:
    """One part for each suite and way of asking."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        run = entry.summary.suite
        asked = [run.variant] if run.variant else []
        asked += [f"{name}={value}" for name, value in sorted(run.settings.items())]
        title = " · ".join([f"Suite {run.suite} v{run.suite_version}", *asked])
        found.setdefault((title, suite_of(run).score_digest()), []).append(entry)
    titles = Counter(title for title, _ in found)
    for (title, made), members in sorted(found.items()):
        yield from _one(title if titles[title] == 1 else f"{title} · averages {made[:8]}", members, first)


def _one(title: str, members: Sequence[Entry], first: Mode) -> Iterable[Section]:
    suite = suite_of(members[0].summary.suite)
    said = [suite.about, f"Licence: {suite.licence}.", *([suite.citation] if suite.citation else [])]
    yield Section(title=title, paragraphs=tuple(said))
    for mode in (first, _other(first)):
        yield _scores(suite, members, mode)
    yield Section(title="What is not there", level=3, paragraphs=tuple(_lacks(suite, members)))
    asked = [Asked(summary=entry.summary, runs=entry.runs) for entry in members]
    yield of_suites(suite, dict(zip(_models(members), asked, strict=True)), first)


def _other(mode: Mode) -> Mode:
    return "faithful" if mode == "strict" else "strict"


def _scores(suite: Suite, members: Sequence[Entry], mode: Mode) -> Section:
    found = _beside([_numbers(entry.summary, mode) for entry in members])
    known = [row for own in found for row in own]
    several = Counter((name, judge) for name, judge, _ in dict.fromkeys(known))
    order = {name: place for place, name in enumerate([*suite.tasks, *suite.scores])}
    rows = sorted(dict.fromkeys(known), key=lambda row: order.get(row[0].partition(" ")[0], len(order)))
    names = [_named(suite, row, several[row[0], row[1]] > 1) for row in rows]
    models = _models(members)
    cells = [[cell(own.get(row)) for own in found] for row in rows]
    if len(models) <= ACROSS:
        header = ("task or average", *models)
        body = [(name, *row) for name, row in zip(names, cells, strict=True)]
    else:
        header = ("model", *names)
        body = [(model, *row) for model, row in zip(models, zip(*cells, strict=True), strict=True)]
    caption = "An average is null where one of its tasks is: it is never the mean of fewer."
    table = Table(caption=caption, header=header, rows=tuple(body))
    return Section(title=f"Suite scores, {mode}", level=3, tables=(table,) if body else ())


def _numbers(summary: SuiteSummary, mode: Mode) -> dict[Row, Number]:
    every: list[tuple[str, Number]] = [(item.task, item.estimate) for item in summary.scores]
    every += [(item.name, item) for item in summary.averages]
    return {(name, item.judge, _protocol(item)): item for name, item in every if item.mode == mode}


def _beside(found: list[dict[Row, Number]]) -> list[dict[Row, Number]]:
    """A null number stands in the first row of its name: there is nothing in it that could be compared."""
    made: dict[tuple[str, str | None], Row] = {}
    for own in found:
        for row in own:
            if row[2]:
                made.setdefault(row[:2], row)
    return [{row if row[2] else made.get(row[:2], row): item for row, item in own.items()} for own in found]


def _protocol(item: Number) -> str:
    """Digest of the signature without the model and the count; a null number was made in no way."""
    if item.value is None:
        return ""
    kept = [part for part in item.signature.split("|") if not part.startswith(("model:", "n:"))]
    return digest(kept)[:8]


def _named(suite: Suite, row: Row, several: bool) -> str:
    name, judge, protocol = row
    metric = f" · {suite.metric_of(name)}" if name in suite.tasks else ""
    by = f" ({judge})" if judge else ""
    return f"{name}{metric}{by}" + (f" · protocol {protocol}" if several else "")


def _models(members: Sequence[Entry]) -> list[str]:
    """By model; by folder, too, where a model has several."""
    counts = Counter(entry.summary.suite.model for entry in members)
    runs = (entry.summary.suite for entry in members)
    return [run.model if counts[run.model] == 1 else f"{run.model}, {run.name}" for run in runs]


def _lacks(suite: Suite, members: Sequence[Entry]) -> Iterable[str]:
    for name, entry in zip(_models(members), members, strict=True):
        for key, why in lacking(entry.summary).items():
            more = f" ({suite.optional[key]})" if key in suite.optional else ""
            yield f"{name} · {key}: {why}{more}."
        if entry.stale:
            again = "score again, then report"
            yield f"{name}: {', '.join(entry.stale)} changed since these averages were made: {again}."
        if age(entry.summary.scoring_rule):
            yield f"{name}: {age(entry.summary.scoring_rule)}."
        if entry.summary.note:
            yield f"{name}: {entry.summary.note}."

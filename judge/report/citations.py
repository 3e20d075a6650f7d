"""The reader's runs set into the published tables, each row marked as what it is; nothing is ranked.

A published number that was made with other settings than the runs is not set beside them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from pydantic import TypeAdapter

from judge.composites import Average
from judge.definitions import Reference
from judge.records import MODES, Estimate, Mode
from judge.report.naming import cell, other_words, who
from judge.report.published import Cited, Own, blocks_of_suite, blocks_of_task, of_suite, of_task, tables
from judge.report.tables import Section, Table
from judge.suite import Suite
from judge.suite_folder import SuiteSummary
from judge.summary import Summary

MARK = "▸"
OTHER_WORDS = (
    "a published number was made by the prompts of its authors, so that a difference to it may come from the wording"
)
_REFERENCES = TypeAdapter(tuple[Reference, ...])
Number = Estimate | Average


def references_of(summary: Summary) -> tuple[Reference, ...]:
    """The published numbers of the run's task, as they were when it was scored."""
    return _REFERENCES.validate_python(summary.run["references"])


def of_runs(members: Sequence[Summary], first: Mode) -> Section:
    """A task's published numbers with the runs of one protocol."""
    cited = fitting(of_task(references_of(members[0])), members[0].run["settings"])
    mine = {
        _with_words(who(summary), other_words(summary)): [
            (item.metric if item.group == "overall" else f"{item.metric} · {item.group}", item)
            for item in summary.estimates
        ]
        for summary in members
    }
    found, notes = tables(blocks_of_task(cited), cited, partial(rows, mine, first=first))
    return _section(found, [*notes, *_warned(members)])


def _with_words(name: str, said: str) -> str:
    return f"{name}, {said}" if said else name


def _warned(members: Iterable[Summary]) -> list[str]:
    """What rows of other words than the published ones are to be read with."""
    said = dict.fromkeys(other_words(summary) for summary in members)
    return [f"{text}: {OTHER_WORDS}." for text in said if text]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A suite as one model answered it: its averages and its tasks' runs by their short names."""

    summary: SuiteSummary
    runs: Mapping[str, Summary]

    def numbers(self, suite: Suite) -> list[tuple[str, Number]]:
        """By the suite's columns: tasks, groups of tasks, averages."""
        found: list[tuple[str, Number]] = [(item.task, item.estimate) for item in self.summary.scores]
        for key, run in self.runs.items():
            own = [item for item in run.estimates if item.metric == suite.metric_of(key) and item.group != "overall"]
            found += [(f"{key}.{item.group}", item) for item in own]
        return [*found, *((item.name, item) for item in self.summary.averages)]

    def words(self) -> str:
        """Of which of its tasks the prompts are not the authors'."""
        found: dict[str, list[str]] = {}
        for key, run in self.runs.items():
            found.setdefault(other_words(run), []).append(key)
        said = [(text, keys) for text, keys in found.items() if text]
        return ", ".join(text if len(keys) == len(self.runs) else f"{text} in {' '.join(keys)}" for text, keys in said)


def of_suites(suite: Suite, members: Mapping[str, Asked], first: Mode) -> Section:
    """A suite's published numbers with those of each model's run of it."""
    runs = [(key, run) for asked in members.values() for key, run in asked.runs.items()]
    own: dict[str, list[Reference]] = {}
    for key, run in runs:
        own.setdefault(key, []).extend(references_of(run))
    settings = {name: value for _, run in runs for name, value in run.run["settings"].items()}
    cited = fitting(of_suite(suite, own), settings)
    mine = {_with_words(name, asked.words()): asked.numbers(suite) for name, asked in members.items()}
    found, notes = tables(blocks_of_suite(suite, cited), cited, partial(rows, mine, first=first))
    return _section(found, [*notes, *_warned(run for _, run in runs)])


def fitting(cited: Iterable[Cited], settings: Mapping[str, str]) -> list[Cited]:
    """Without the numbers that other settings made; those of these settings need not name them."""
    kept = (item for item in cited if all(settings.get(name, value) == value for name, value in item.settings))
    return [item._replace(settings=()) for item in kept]


def rows(numbers: Mapping[str, Sequence[tuple[str, Number]]], columns: Sequence[str], *, first: Mode) -> list[Own]:
    """For each run a row of each mode and judge; what no judge gives stands in each of them."""
    found = []
    for name, own in numbers.items():
        here = [(column, item) for column, item in own if column in columns]
        known = dict.fromkeys(item.judge for _, item in here)
        judges: list[str | None] = [judge for judge in known if judge is not None]
        for judge in judges or [None]:
            by = f", judged by {judge}" if judge else ""
            cells = {
                mode: {column: cell(item) for column, item in here if item.mode == mode and item.judge in (None, judge)}
                for mode in (first, *(mode for mode in MODES if mode != first))
            }
            same = len({tuple(each.items()) for each in cells.values()}) == 1
            for mode in (first,) if same else cells:
                said = "strict and faithful" if same else mode
                found.append(Own(name=f"{MARK} {name} (this run, {said}{by})", cells=cells[mode]))
    return [row for row in found if row.cells]


def _section(found: Sequence[Table], notes: Sequence[str]) -> Section:
    lead = (f"{MARK} marks your runs. Published numbers are as their authors print them; nothing here is ranked: read "
            "the note that a mark stands for before you compare.",)  # fmt: skip
    return Section(title="Published numbers", level=3, tables=tuple(found), paragraphs=(*lead, *notes) if found else ())

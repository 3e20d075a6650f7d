"""The averages of a suite, after its runs are scored: summary.json in the suite's folder, and what a person reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from judge.cli.main import COMPLETE, ERRORS
from judge.cli.scoreboard import Shown, counts, interval, same, shown
from judge.cli.terminal import plural, say, table, warn
from judge.errors import JudgeError
from judge.records import Mode
from judge.regular import is_file
from judge.spec.suite import read_suite
from judge.store import CannotWrite, Folder, locked, runs_below
from judge.suite import Suite
from judge.suite_folder import SuiteFolder, SuiteRun, SuiteSummary, suite_of
from judge.suite_summary import lacking, summarise
from judge.summary import age


def runs_of(path: Path, suites: Sequence[SuiteFolder]) -> list[Folder]:
    """The runs below a path; for a suite's folder those that it names, which lie beside it."""
    if not any(suite.path == path for suite in suites):
        return runs_below(path)
    suite = SuiteFolder(path)
    found = [suite.run_of(place) for place in suite.read().members.values()]
    return [run for run in found if run is not None and run.run_file.is_file()]


def score_suite(folder: SuiteFolder, *, first: Mode) -> int:
    """Write the averages and print them; a suite that cannot be read is said, and the others go on."""
    try:
        run = folder.read()
        suite, note = _suite(run)
        with locked(folder.path):
            summary = summarise(folder, run, suite, note=note)
            folder.write_summary(summary)
    except CannotWrite:
        raise
    except JudgeError as error:
        for fault in error.faults:
            warn(str(fault))
        return ERRORS
    print_suite(folder, suite, summary, first=first)
    if note:
        warn(f"  {note}")
    return COMPLETE


def _suite(run: SuiteRun) -> tuple[Suite, str]:
    """By its file, where that is still the same suite; else by the copy in suite.json."""
    kept = suite_of(run)
    path = Path(run.suite_file)
    said = "averaged by the copy of the suite in suite.json"
    if not is_file(path):
        return kept, f"{run.suite_file} is not there: {said}"
    try:
        now = read_suite(path)
    except JudgeError:
        return kept, f"{run.suite_file} cannot be read: {said}"
    if (now.name, dict(now.tasks)) != (kept.name, dict(kept.tasks)):
        return kept, f"{run.suite_file} has other tasks now: {said}"
    return now, ""


def print_suite(folder: SuiteFolder, suite: Suite, summary: SuiteSummary, *, first: Mode) -> None:
    """Each task under its dimension, then each average; null with its reason."""
    run = summary.suite
    asked = [run.variant] if run.variant else []
    asked += [f"{name}={value}" for name, value in sorted(run.settings.items())]
    say(" · ".join([f"{folder.path.name}  {suite.name} v{suite.version}", run.model, *asked]))
    order = (first, "faithful" if first == "strict" else "strict")
    blocks = [(title, [row for key in keys for row in _task_rows(suite, summary, key, order=order)])
              for title, keys in grouped(suite)]  # fmt: skip
    blocks.append(("averages", list(_average_rows(suite, summary, order))))
    lines = iter(table([row for _, rows in blocks for row in rows], right=frozenset({1})))
    for title, rows in blocks:
        if rows:
            say(f"  {title}")
        for _ in rows:
            say(f"    {next(lines)}")
    _end(suite, summary)


def grouped(suite: Suite) -> Iterable[tuple[str, Sequence[str]]]:
    """The tasks by dimension; those of none come last."""
    yield from suite.dimensions.items()
    rest = [key for key in suite.tasks if not any(key in keys for keys in suite.dimensions.values())]
    if rest:
        yield ("other tasks" if suite.dimensions else "tasks"), rest


def _task_rows(suite: Suite, summary: SuiteSummary, key: str, *, order: Sequence[str]) -> Iterable[list[str]]:
    own = [item.estimate for item in summary.scores if item.task == key]
    if own:
        yield from _rows(key, own, order, about=suite.metric_of(key))
    else:
        why = lacking(summary).get(key, f"has no {suite.metric_of(key)}")
        yield [key, "–", "", "", "", "", why]


def _average_rows(suite: Suite, summary: SuiteSummary, order: Sequence[str]) -> Iterable[list[str]]:
    for name in dict.fromkeys(item.name for item in summary.averages):
        own = [item for item in summary.averages if item.name == name]
        yield from _rows(name, own, order, about=suite.scores[own[0].score].about)


def _rows(name: str, items: Sequence[Shown], order: Sequence[str], *, about: str) -> Iterable[list[str]]:
    """One line for each judge and mode; one for both modes where they agree."""
    for judge in dict.fromkeys(item.judge for item in items):
        own = {item.mode: item for item in items if item.judge == judge}
        ordered = [own[mode] for mode in order if mode in own]
        both = len(ordered) > 1 and same(ordered)
        for item in ordered[:1] if both else ordered:
            value = "null" if item.value is None else shown(item)
            mode = "strict, faithful" if both else item.mode
            why = item.reason or "" if item.value is None else about
            yield [name, value, interval(item), counts(item), mode, item.judge or "", why]


def _end(suite: Suite, summary: SuiteSummary) -> None:
    if age(summary.scoring_rule):
        warn(f"  {age(summary.scoring_rule)}")
    gone = lacking(summary)
    there = len(summary.members) - len(gone)
    say(f"  {there} of {plural(len(summary.members), 'task')} scored")
    for key in gone:
        if key in suite.optional:
            text = (
                f"{key}: {gone[key]} ({suite.optional[key]}); averages without it say so and are not the published ones"
            )
            say(f"  {text}")

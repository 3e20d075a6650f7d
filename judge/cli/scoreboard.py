"""The lines that `score` prints for one run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from judge.cli.badging import badge_beside
from judge.cli.terminal import plural, say, table, warn
from judge.composites import Average
from judge.differing import told as told_gaps
from judge.differing import told_nulls
from judge.positions import told as told_positions
from judge.records import Estimate
from judge.report.naming import wordings
from judge.shell import command
from judge.statuses import told
from judge.store import Folder
from judge.summary import Summary, age
from judge.thinking import thinking_line

Shown = Estimate | Average
EXACT = 9
"""Digits that a rate x 100 is rounded to before it is cut to two: 0.31875 is 31.875, and no 31.874999999999996."""
PARSE_STATES = ("unparsed", "ambiguous", "out_of_range")


def print_scores(folder: Folder, summary: Summary, *, first: str, note: str, only: frozenset[str]) -> None:
    """Name, judges, then a line for each metric and mode; `only` names the metrics to print, or is empty for all."""
    judges = "; ".join(judge_line(block) for block in summary.run["judges"] if not block.get("combine"))
    say(f"{folder.path.name}" + (f"  judge: {judges}" if judges else ""))
    if note:
        warn(f"  {note}")
    modes = [first, "faithful" if first == "strict" else "strict"]
    overall = [item for item in summary.estimates if item.group == "overall" and (not only or item.metric in only)]
    rows = []
    for metric, judge in dict.fromkeys((item.metric, item.judge) for item in overall):
        found = {item.mode: item for item in overall if (item.metric, item.judge) == (metric, judge)}
        ordered = [found[mode] for mode in modes if mode in found]
        rows += [estimate_row(ordered[0], both=True)] if same(ordered) else [estimate_row(item) for item in ordered]
    for row in rows:
        row[-1] = badge_beside(summary.run["judges"], row[0], row[-1] or None)
    for line in table(rows, right=frozenset({1})):
        say("  " + line)
    for text in wide_intervals(overall):
        say(f"  {text}")
    _cards(folder, summary)
    for text in _remarks(summary, only):
        say(f"  {text}")
    _counted(folder, summary)


def _remarks(summary: Summary, only: frozenset[str]) -> Iterator[str]:
    """What a reader must know of the numbers above it."""
    if age(summary.rule):
        yield age(summary.rule)
    yield from told_nulls(summary.estimates, only)
    gaps = summary.run["modes_differ"]
    yield from told_gaps({name: gap for name, gap in gaps.items() if not only or name.partition(" ")[0] in only})
    yield from filter(None, [thinking_line(summary.run.get("thinking"))])
    yield from filter(None, ["" if only else told_positions(summary.run.get("positions") or {})])


def _cards(folder: Folder, summary: Summary) -> None:
    for block in summary.run["judges"]:
        if block.get("card"):
            say(f"  card of {block['judge']}: {os.path.normpath(folder.path / block['card'])}")
        for text in block.get("card_warnings", ()):
            warn(f"  {block['judge']}: {text}")


def wide_intervals(items: Sequence[Estimate]) -> list[str]:
    """A line for each reason why intervals are wide or not there: interval: wide, 6 clusters (accuracy, uar)."""
    reasons: dict[str, dict[str, None]] = {}
    for item in items:
        if item.interval is not None:
            reasons.setdefault(item.interval, {})[item.metric] = None
    return [f"interval: {reason} ({', '.join(names)})" for reason, names in reasons.items()]


def judge_line(block: dict[str, object]) -> str:
    """Rules (a heuristic; reliability not measured)."""
    what = "a heuristic; " if block["heuristic"] else ""
    return f"{block['judge']} ({what}{block['validity']})"


def same(items: Sequence[Shown]) -> bool:
    """True where both modes say the same, so that one line is enough."""
    first, *others = items
    if first.value is None:
        return all(other.value is None and other.reason == first.reason for other in others)
    return all((other.value, other.n, other.valid) == (first.value, first.n, first.valid) for other in others)


def estimate_row(item: Estimate, *, both: bool = False) -> list[str]:
    """metric, value, interval, counts, mode, judge."""
    mode = "strict, faithful" if both else item.mode
    return [item.metric, shown(item), interval(item), counts(item), mode, item.judge or ""]


def counts(item: Shown) -> str:
    """The denominator, and what is valid and missing where something is."""
    return f"n {item.n}" + (f", valid {item.valid}, missing {item.missing}" if item.missing else "")


def shown(item: Shown) -> str:
    """Rates x 100 with two decimals; ratings on their own scale; null with its reason."""
    if item.value is None:
        return f"null: {item.reason}"
    return f"{round(item.value * factor(item), EXACT):.2f}"


def factor(item: Shown) -> float:
    """100 for rates, 1 for what has a scale of its own."""
    return 100.0 if item.scale == (0.0, 1.0) else 1.0


def interval(item: Shown) -> str:
    """[62.50, 87.68], or nothing where there is none."""
    if item.low is None or item.high is None:
        return ""
    return f"[{item.low * factor(item):.2f}, {item.high * factor(item):.2f}]"


def _counted(folder: Folder, summary: Summary) -> None:
    """Whose prompts were asked and what came; which answers were not read, and how to look at one; other problems."""
    for text in [*wordings([summary]), told(summary.run)]:
        say(f"  {text}")
    states = summary.problems.get("parse", {})
    unread = [(kind, states[kind]) for kind in PARSE_STATES if kind in states]
    if unread:
        count = sum(int(entry["n"]) for _, entry in unread)
        kinds = ", ".join(f"{entry['n']} {kind}" for kind, entry in unread)
        example = unread[0][1]["samples"][0]
        say(f"  {plural(count, 'answer')} not read ({kinds}): {command('show', folder.path, *_name(example))}")
    for stage, kinds_of in summary.problems.items():
        for kind, entry in kinds_of.items():
            if stage == "parse" and kind in PARSE_STATES:
                continue
            samples = ", ".join(entry["samples"][:3])
            said = summary.run["messages"].get(f"{stage}.{kind}", "")
            more = ", ..." if int(entry["n"]) > 3 else ""
            say(f"  {stage}: {entry['n']} {kind} ({samples}{more})" + (f": {said[:160]}" if said else ""))


def _name(given: str) -> list[str]:
    """An id as a word of a command line: one that begins with a dash would be taken for an option."""
    return ["--", given] if given.startswith("-") else [given]

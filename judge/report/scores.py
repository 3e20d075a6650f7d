"""The sections with a task's scores: the whole in each mode, why the modes differ, and the groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from judge.differing import told, told_nulls
from judge.positions import told as told_positions
from judge.records import CATEGORY, OVERALL, Mode
from judge.report.naming import cell, column_of, columns, is_overall, titles, who
from judge.report.tables import Section, Table
from judge.summary import Summary, age
from judge.thinking import thinking_line

ACROSS = 5


def scores(members: Sequence[Summary], mode: Mode) -> Section:
    """Metrics down and models across, as long as the models fit across; else the other way round."""
    wanted = columns(members, mode)
    ordered = sorted(members, key=lambda item: str(item.run["model"]))
    found = [
        {column_of(summary, item): item for item in summary.estimates if is_overall(item, mode)} for summary in ordered
    ]
    names = list(titles(wanted).values())
    models = [who(summary) for summary in ordered]
    cells = [[cell(own.get(column)) for own in found] for column in wanted]
    if len(models) <= ACROSS:
        rows = [(name, *row) for name, row in zip(names, cells, strict=True)]
        header = ("metric", *models)
    else:
        rows = [(model, *row) for model, row in zip(models, zip(*cells, strict=True), strict=True)]
        header = ("model", *names)
    caption = {
        "strict": "Every expected answer counts: what the model did not deliver as 0, or as the lowest rating.",
        "faithful": "By the benchmark authors' own rule for answers that cannot be read.",
    }[mode]
    said = [(who(summary), thinking_line(summary.run.get("thinking"))) for summary in ordered]
    lines = [f"{who(summary)}: {age(summary.rule)}." for summary in ordered if age(summary.rule)]
    lines += [f"{name}: {text}." for name, text in said if text and mode == "faithful"]
    if mode == "strict":
        lines += [f"{who(summary)}: {text}." for summary in ordered for text in told_nulls(summary.estimates)]
    table = Table(caption=caption, header=header, rows=tuple(rows))
    return Section(title=f"Scores, {mode}", level=3, tables=(table,), paragraphs=tuple(lines))


def differences(members: Sequence[Summary]) -> Section:
    """Why strict and faithful are more than one point apart, from the counts of the answers."""
    found = [f"{who(summary)}: {text}." for summary in members for text in told(summary.run.get("modes_differ") or {})]
    return Section(title="Why the modes differ", level=3, paragraphs=tuple(found))


def letters(members: Sequence[Summary]) -> Section:
    """Which letters were chosen, and which are gold: a model may like some places better than others."""
    tables, lines = [], []
    for summary in members:
        block = summary.run.get("positions") or {}
        lines += [f"{who(summary)}: {told_positions(block)}."] if block else []
        for name, field in block.get("fields", {}).items():
            rows = [
                (letter, *(_share(count, field["read"]) for count in (chosen, field["gold"].get(letter, 0))))
                for letter, chosen in field["chosen"].items()
            ]
            caption = f"{who(summary)}, {name}: letters of the {field['read']} of {field['n']} answers that were read"
            tables.append(Table(caption=caption, header=("letter", "chosen", "gold"), rows=tuple(rows)))
    return Section(title="Places among the options", level=3, paragraphs=tuple(lines), tables=tuple(tables))


def _share(count: int, read: int) -> str:
    return f"{count} ({100 * count / read:.1f})" if read else str(count)


def categories(members: Sequence[Summary], mode: Mode) -> Iterable[Section]:
    """A table for each metric that is broken down by gold label: labels down and models across."""
    every = dict.fromkeys(column_of(summary, item) for summary in members for item in summary.estimates)
    for column, title in titles(every).items():
        own = [
            {item.group.removeprefix(CATEGORY): item for item in summary.estimates
             if item.mode == mode and item.group.startswith(CATEGORY) and column_of(summary, item) == column}
            for summary in members
        ]  # fmt: skip
        names = dict.fromkeys(name for found in own for name in found)
        rows = tuple((name, *(cell(found.get(name)) for found in own)) for name in names)
        if rows:
            header = ("gold label", *(who(summary) for summary in members))
            table = Table(caption=f"{title}, {mode}", header=header, rows=rows)
            yield Section(title=f"{title} by gold label", level=3, tables=(table,))


def groups(members: Sequence[Summary], mode: Mode) -> Iterable[Section]:
    """A table for each metric that has groups."""
    every = dict.fromkeys(column_of(summary, item) for summary in members for item in summary.estimates)
    for column, title in titles(every).items():
        rows = []
        names: dict[str, None] = {}
        for summary in members:
            own = [item for item in summary.estimates if item.mode == mode and column_of(summary, item) == column]
            found = {item.group: item for item in own if item.group != OVERALL and not item.group.startswith(CATEGORY)}
            names |= dict.fromkeys(found)
            rows.append((who(summary), found))
        if names:
            table = Table(
                caption=f"{title}, {mode}",
                header=("model", *names),
                rows=tuple((model, *(cell(found.get(name)) for name in names)) for model, found in rows),
            )
            yield Section(title=f"{title} by group", level=3, tables=(table,))

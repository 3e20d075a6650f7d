"""`judge references NAME`: the published numbers of a task or a suite, each with its source and what to beware of."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Sequence

from judge.cells import cell
from judge.cli.main import COMPLETE
from judge.cli.naming import Named, named
from judge.cli.terminal import say, table, warn
from judge.definitions import Reference, Task
from judge.errors import JudgeError, NothingDone, UsageError
from judge.report import latex, markdown
from judge.report.published import APART, Block, Cited, blocks_of_suite, blocks_of_task, of_suite, of_task, tables
from judge.report.tables import Document, Section, Table
from judge.visible import one_line

FIELDS = ("benchmark", "table", "model", "settings", "metric", "value", "source", "caveat")


def references(options: argparse.Namespace) -> int:
    """Print them in the order of the file; nothing is ranked."""
    title, cited, blocks, words = _read(named(options.name))
    if not cited:
        raise NothingDone(f"{title} has no published numbers")
    if options.format == "json":
        return _lines(json.dumps(_records(title, cited, blocks), indent=1, ensure_ascii=True))
    if options.format == "csv":
        return _lines(_csv(_records(title, cited, blocks)))
    found, notes = tables(blocks, cited)
    if options.format in ("md", "latex"):
        section = Section(title="Published numbers", tables=tuple(found), paragraphs=(*notes, *words))
        document = Document(title=title, lead=(), sections=(section,))
        return _lines((markdown if options.format == "md" else latex).render(document))
    say(f"{title} · published numbers, as their authors print them; nothing here is ranked")
    for item in found:
        say()
        _print(item)
    say()
    for note in [*notes, *words]:
        say(f"  {note}")
    return COMPLETE


def _lines(text: str) -> int:
    for line in text.rstrip("\n").split("\n"):
        say(line)
    return COMPLETE


def _read(meant: Named) -> tuple[str, list[Cited], list[Block], list[str]]:
    words: dict[str, list[str]] = {}
    own: dict[str, tuple[Reference, ...]] = {}
    names: dict[str, str] = {}
    for key in meant.tasks:
        try:
            task, _ = meant.open(key)
        except JudgeError as error:
            if meant.suite is None:
                raise
            warn(f"{key}: {error.faults[0]}")
            continue
        own[key], names[key] = task.references, f"{task.name} v{task.version}"
        for text in _worded(task):
            words.setdefault(text, []).append(key)
    if meant.suite is not None:
        cited = of_suite(meant.suite, own)
        said = [text if len(keys) == len(own) else f"{', '.join(keys)}: {text}" for text, keys in words.items()]
        return f"{meant.suite.name} v{meant.suite.version}", cited, blocks_of_suite(meant.suite, cited), said
    if len(own) != 1:
        raise UsageError(f"{len(own)} tasks and no suite: name one of {', '.join(own)}")
    key = next(iter(own))
    cited = of_task(own[key])
    return names[key], cited, blocks_of_task(cited), list(words)


def _worded(task: Task) -> list[str]:
    """In whose words a run of this task asks: what is set beside these numbers may have been asked in others."""
    found = []
    for wording in filter(None, [task.wording, *(case.wording for case in task.cases)]):
        paths = [each[0] for each in wording.files.values()]
        if paths:
            found.append(f"a run has own wording, unless {' and '.join(paths)} of the authors lie in its data folder")
            continue
        by = {variant: wording.said(variant) for variant in task.variants()}
        whose = {"own": "own wording", "authors": "the authors' wording"}
        found.append("a run has " + ", ".join(f"{whose[said]} (--prompt {name})" for name, said in by.items()))
    return list(dict.fromkeys(found))


def _records(title: str, cited: Sequence[Cited], blocks: Sequence[Block]) -> list[dict[str, object]]:
    where = {column: block.title for block in blocks for column in block.columns}
    return [
        {
            "benchmark": title.partition(" ")[0],
            "table": where.get(item.column, ""),
            "model": item.model,
            "settings": dict(item.settings),
            "metric": item.column,
            "value": item.value,
            "source": item.source,
            "caveat": item.caveat or None,
            "comparable": not item.apart,
        }
        for item in cited
    ]


def _csv(records: Sequence[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for record in records:
        settings = record["settings"]
        said = " ".join(f"{name}={value}" for name, value in settings.items()) if isinstance(settings, dict) else ""
        writer.writerow([_cell(said if name == "settings" else record[name]) for name in FIELDS])
    return text.getvalue()


def _cell(value: object) -> str:
    """No cell begins as a formula would: a spreadsheet must not run what a task file says."""
    return cell("" if value is None else one_line(str(value)))


def _print(item: Table) -> None:
    if item.caption:
        say(f"  {item.caption}")
    lines = table([item.header, *item.rows], right=frozenset(range(1, len(item.header))))
    for line in lines:
        say(f"  {line}")
    if APART in item.caption:
        say("  (made by another protocol: do not set a number of the other table beside these)")

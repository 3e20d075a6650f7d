"""`judge data NAME`: where the data comes from, how it should lie, and how what is there differs from what is stated.

Exit code 0: all is there and as stated; 1: it differs, or clips are missing; 3: nothing is there. Nothing is fetched.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from judge.cli import placing
from judge.cli.main import COMPLETE, ERRORS, NOTHING
from judge.cli.naming import Named, named
from judge.cli.terminal import plural, say, table, warn
from judge.definitions import Task
from judge.errors import JudgeError, NothingDone
from judge.holding import Held, hold

Entry = tuple[str, Task, Path]
MARKS = {"as stated": "✓", "no clips": "!", "no clues": "!", "differs": "✗", "not there": "–"}
ALIKE = 4
"""Words with which sources begin alike."""


def data(options: argparse.Namespace) -> int:
    """Say it, then look."""
    for name in ("data", "media"):
        given = getattr(options, name)
        if given is not None and not Path(given).exists():
            raise NothingDone(f"--{name} {given}: no such file or folder")
    meant = named(options.name)
    entries, wrong = _opened(meant)
    if not entries:
        return NOTHING
    found = [(entry, _held(entry, options)) for entry in entries]
    if meant.suite is not None or len(entries) > 1:
        _family(meant, found)
    else:
        _one(*found[0])
    states = {held.state for _, held in found}
    if states == {"not there"}:
        say(f"  nothing is there: give --data DIR, or set {placing.VARIABLE} to the folder")
        return NOTHING
    return COMPLETE if states == {"as stated"} and not wrong else ERRORS


def _opened(meant: Named) -> tuple[list[Entry], bool]:
    """The tasks that can be read; the others are said."""
    entries: list[Entry] = []
    for key in meant.tasks:
        try:
            entries.append((key, *meant.open(key)))
        except JudgeError as error:
            for fault in error.faults:
                warn(str(fault))
    return entries, len(entries) < len(meant.tasks)


def _held(entry: Entry, options: argparse.Namespace) -> Held:
    _, task, path = entry
    place = placing.place_of(task, path, options.data)
    return hold(task, path, given=place, media=Path(options.media) if options.media else None)


def _one(entry: Entry, held: Held) -> None:
    _, task, path = entry
    say(f"{task.name} v{task.version} · {task.about}")
    rows = [["from", task.data.source or ("it ships with the task" if held.file else "")]]
    rows += [["licence", task.licence], ["cite", task.citation or ""], ["layout", _layout(task)]]
    rows += [["", f"or DIR/{text}"] for text in _elsewhere(task)]
    rows += [["stated", plural(task.data.count, "record") if task.data.count is not None else ""]]
    rows += [["clips", ", ".join(f"{sense}: the field {ref if isinstance(ref, str) else ref.from_}, a path below DIR"
                                 for sense, ref in task.media.sources().items())]]  # fmt: skip
    rows += [["known", text] for text in task.data.known]
    for line in table([row for row in rows if row[1]]):
        say("  " + line)
    if held.state == "not there":
        say(f"  ✗ not found, neither beside {path.name} nor where --data or {placing.VARIABLE} points")
        say(f"    {held.gone}") if held.gone else None
        return
    parts = f" ({', '.join(f'{name} {count:,}' for name, count in held.parts.items())})" if held.parts else ""
    file = f"{MARKS[held.state]} {held.file or task.data.path}"
    say(f"  {file}: {plural(held.records, 'record')}{parts}, {_verdict(task, held)}")
    for text in (held.gone or held.media, held.clues):
        say(f"    {text}") if text else None
    for text in held.differences:
        say(f"    {text}")


def _elsewhere(task: Task) -> list[str]:
    """Where else below DIR the file is looked for."""
    paths = [text for text in (task.data.path, *task.data.also) if text is not None]
    return list(dict.fromkeys([*task.data.also, *(Path(text).name for text in paths if "/" in text)]))


def _layout(task: Task) -> str:
    return f"{task.data.hub} (Hugging Face), split {task.data.split}" if task.data.hub else f"DIR/{task.data.path}"


def _verdict(task: Task, held: Held) -> str:
    if held.differences:
        return f"{len(held.differences)} difference{'s' if len(held.differences) > 1 else ''}:"
    return (
        "as stated; every gold label is in its set" if task.data.count is not None else "every gold label is in its set"
    )


def _family(meant: Named, found: Sequence[tuple[Entry, Held]]) -> None:
    suite = meant.suite
    if suite is not None:
        say(f"{suite.name} v{suite.version} · {suite.about}")
        rows = [["licence", suite.licence], ["cite", suite.citation or ""]]
    else:
        say(f"{plural(len(found), 'task')}")
        rows = [["licence", text] for text in dict.fromkeys(task.licence for (_, task, _), _ in found)]
    sources = _together([task.data.source or "ships with the task" for (_, task, _), _ in found])
    known = Counter(text for (_, task, _), _ in found for text in dict.fromkeys(task.data.known))
    shared = [text for text, count in known.items() if count > 1 and count == len(found)]
    rows += [["known", text] for text in shared]
    for line in table([["from", text] for text in sources] + [row for row in rows if row[1]]):
        say("  " + line)
    lines = table([_row(entry, held) for entry, held in found], right=frozenset({3}))
    for line, ((key, task, _), held) in zip(lines, found, strict=True):
        say(f"  {line}")
        for text in (*held.differences, held.gone, held.clues if held.lacks_clues else ""):
            if not text:
                continue
            say(f"      {text}")
        for text in task.data.known:
            if text not in shared:
                say(f"      known: {text}")
        if held.state == "not there" and suite is not None and key in suite.optional:
            say(f"      {suite.optional[key]}")
    there = sum(held.state != "not there" for _, held in found)
    good = sum(held.state in ("as stated", "no clips", "no clues") for _, held in found)
    bare = sum(held.state == "no clips" for _, held in found)
    deaf = sum(held.lacks_clues for _, held in found)
    total = sum(held.records for _, held in found)
    lacking = f", {bare} of them without all their clips" if bare else ""
    lacking += f", {deaf} of them without clues for the judge" if deaf else ""
    say(f"  {there} of {plural(len(meant.tasks), 'task')} there, {good} as stated{lacking}; {plural(total, 'record')}")


def _together(sources: Sequence[str]) -> list[str]:
    """Each source once; several that begin with the same words as those."""
    found = list(dict.fromkeys(sources))
    words: list[str] = []
    for column in zip(*(text.split(" ") for text in found), strict=False):
        if len(set(column)) > 1:
            break
        words.append(column[0])
    if len(found) < 3 or len(words) < ALIKE:
        return found
    return [f"{' '.join(words).rstrip(' :,;')} ({plural(len(found), 'file')})"]


def _row(entry: Entry, held: Held) -> list[str]:
    key, task, _ = entry
    records = f"{held.records:,}" if held.state != "not there" else ""
    stated = f"of {task.data.count:,} stated" if task.data.count is not None else ""
    known = not held.file or held.file.endswith(task.data.path or "")
    return [
        MARKS[held.state],
        key,
        _layout(task) if known else held.file,
        records,
        stated,
        "not found" if held.state == "not there" else held.media,
    ]

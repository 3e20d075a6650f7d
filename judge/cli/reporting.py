"""`judge report`: report.md, report.json and report.html of every scored run below a folder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from judge.cli.badging import refreshed
from judge.cli.main import COMPLETE
from judge.cli.suite_scoring import runs_of
from judge.cli.terminal import plural, say, warn
from judge.errors import NothingDone
from judge.records import SCHEMA
from judge.report import html, markdown
from judge.report.document import compose
from judge.report.suites import Entry
from judge.shell import command
from judge.store import make_folder, write_whole
from judge.suite_folder import SuiteFolder, suites_below
from judge.suite_summary import stale
from judge.summary import Summary, age, read_summary


def _entry(folder: SuiteFolder, found: Mapping[Path, Summary]) -> Entry | None:
    """A suite that was averaged, with its runs' summaries."""
    summary = folder.read_summary()
    if summary is None:
        return None
    places = {key: folder.run_of(place) for key, place in summary.suite.members.items()}
    runs = {key: found[run.path] for key, run in places.items() if run is not None and run.path in found}
    return Entry(summary=summary, runs=runs, stale=stale(folder, summary))


def report(options: argparse.Namespace) -> int:
    """Write the three files and name them."""
    path = Path(options.path)
    out = Path(options.out) if options.out else path
    summaries: list[Summary] = []
    unscored: list[str] = []
    found: dict[Path, Summary] = {}
    folders = suites_below(path)
    for folder in runs_of(path, folders):
        summary = read_summary(folder)
        if summary is None:
            unscored.append(folder.path.name)
        else:
            summary = refreshed(summary, run=folder.path, out=out)
            summaries.append(summary)
            found[folder.path] = summary
    for own, summary in found.items():
        if age(summary.rule):
            warn(f"{own}: {age(summary.rule)}:  {command('score', own)}")
    if not summaries:
        raise NothingDone(f"nothing below {path} is scored. Score it:  {command('score', path)}")
    entries = [entry for entry in (_entry(folder, found) for folder in folders) if entry is not None]
    for entry in entries:
        if entry.stale:
            warn(f"{entry.summary.suite.name}: {', '.join(entry.stale)} changed since: score {path} again")
    document = compose(summaries, unscored=unscored, first=options.mode, suites=entries)
    body = {
        "schema": SCHEMA,
        "runs": [
            {
                "run": summary.run,
                "estimates": [item.model_dump(mode="json") for item in summary.estimates],
                "problems": summary.problems,
            }
            for summary in summaries
        ],
        "suites": [entry.summary.model_dump(mode="json") for entry in entries],
        "unscored": unscored,
    }
    make_folder(out)
    write_whole(out / "report.md", markdown.render(document))
    write_whole(out / "report.json", json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n")
    write_whole(out / "report.html", html.render(document))
    if unscored:
        warn(f"{plural(len(unscored), 'run')} not scored yet: {', '.join(unscored[:5])}")
    for name in ("report.md", "report.json", "report.html"):
        say(str(out / name))
    return COMPLETE

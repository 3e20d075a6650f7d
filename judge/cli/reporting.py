"""`judge report`: report.md, report.json and report.html of every scored run below a folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from judge.cli.main import COMPLETE
from judge.cli.terminal import plural, say, warn
from judge.errors import NothingDone
from judge.records import SCHEMA
from judge.report import html, markdown
from judge.report.document import compose
from judge.store import make_folder, runs_below, write_whole
from judge.summary import Summary, read_summary


def report(options: argparse.Namespace) -> int:
    """Write the three files and name them."""
    path = Path(options.path)
    summaries: list[Summary] = []
    unscored: list[str] = []
    for folder in runs_below(path):
        summary = read_summary(folder)
        if summary is None:
            unscored.append(folder.path.name)
        else:
            summaries.append(summary)
    if not summaries:
        raise NothingDone(f"nothing below {path} is scored. Score it:  python -m judge score {path}")
    document = compose(summaries, unscored=unscored, first=options.mode)
    out = Path(options.out) if options.out else path
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

"""What `judge trust` does to a run apart from its scores: opens run and judge, and tells how it ended."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from judge.cli.judges import Session, release_all
from judge.cli.main import COMPLETE, ERRORS, INTERRUPTED, NOTHING, TERMINATED
from judge.cli.placing import reopened
from judge.cli.terminal import warn
from judge.errors import NothingDone
from judge.items import Item
from judge.pool import Stop
from judge.runs import Opened
from judge.score import read_items
from judge.shell import command
from judge.stats import Interval
from judge.store import Folder
from providers.limits import Budget

NONE = "–"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A run with its answers, as far as --limit goes."""

    folder: Folder
    opened: Opened
    items: list[Item]
    """Every expected answer of the first samples."""


def opened_run(options: argparse.Namespace) -> Apart:
    """The run that is named; raises where nothing of it can be judged."""
    folder = Folder(Path(options.run))
    run = folder.read_run()
    opened = reopened(run, options.data, near=folder.path, media=getattr(options, "media", None))
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    samples = opened.samples[: options.limit]
    items = read_items(opened.task, samples, run=opened.run, answers=answers)
    if not any(item.judgeable() for item in items):
        raise NothingDone(f"{folder.path}: no answer that could be judged. Ask first:  {command('run')} ...")
    return Apart(folder=folder, opened=opened, items=items)


@contextlib.contextmanager
def session_of(options: argparse.Namespace) -> Iterator[Session]:
    """What opens the judge; its cache is closed at the end."""
    options.judges, options.rubrics = [options.judge], [options.rubric] if getattr(options, "rubric", None) else []
    options.judge_repeats = 1
    session = Session(options=options, budget=Budget(options.max_cost))
    try:
        yield session
    finally:
        if session.store is not None:
            session.store.close()


async def let_go(session: Session) -> None:
    """Close the sockets of every judge."""
    await release_all(session)


def ended(stop: Stop, *, line: str, failures: int, said: bool) -> int:
    """The exit code, with what a person should know; `said`: there was at least one reply."""
    if stop.kind in ("halt", "budget"):
        warn(f"  stopped: {stop.reason}. The same line goes on; what was answered is kept.")
        return NOTHING if stop.kind == "halt" and not said else ERRORS
    if stop.kind in ("SIGINT", "SIGTERM"):
        warn(f"  what was answered is kept. To go on:  {line}")
        return INTERRUPTED if stop.kind == "SIGINT" else TERMINATED
    return ERRORS if failures else COMPLETE


def percent(value: float | None) -> str:
    """A share x 100 with two decimals."""
    return NONE if value is None else f"{100 * value:.2f}"


def between(found: Interval | None) -> str:
    """Its interval, x 100."""
    if found is None or found.low is None or found.high is None:
        return ""
    return f"[{100 * found.low:.2f}, {100 * found.high:.2f}]"

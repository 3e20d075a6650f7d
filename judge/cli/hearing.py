"""Asks every panel in turn, with what their rubrics show made on the way; what was said is logged before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from judge.case import Case
from judge.cli import evidence
from judge.cli.judges import Session, release_all
from judge.cli.signals import catching
from judge.cli.terminal import Progress
from judge.pool import Stop
from judge.records import Verdict
from judge.runs import Opened
from judge.score import Panel, hear
from judge.store import Appender

Heard = list[tuple[Panel, list[Verdict]]]


def hear_all(
    opened: Opened,
    panels: Sequence[Panel],
    session: Session,
    *,
    cases: Sequence[Case],
    known: Sequence[Verdict],
    log: Appender,
) -> tuple[Heard, Stop]:
    """Each panel with the verdicts that hold, old and new; the log is closed at the end."""
    progress = Progress()

    async def main() -> tuple[Heard, Stop]:
        stop = Stop()
        found: Heard = []
        with evidence.frames(opened, panels, session.options.cache) as (ready, makes), catching(stop):
            try:
                for panel in ready:
                    shown = partial(_show_judged, progress, panel.judge.name)
                    said = await hear(panel, cases, known=known, log=log, stop=stop, on_progress=shown)
                    found.append((panel, said))
            finally:
                if makes is not None:
                    await makes.close()
        await release_all(session)
        return found, stop

    try:
        return asyncio.run(main())
    finally:
        progress.clear()
        log.close()


def _show_judged(progress: Progress, name: str, *counts: int) -> None:
    done, total = counts
    progress.show(f"{name}: judged {done} of {total}")

"""What a judge is shown of a run's clips: frames by the task's own policy, for rubrics that see them.

A judge that takes no frames, or a clip that is not there, is refused before anything is sent.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

from judge.agent import AgentJudge
from judge.cli import attaching
from judge.datafile import DataFile
from judge.entries import digest
from judge.errors import UsageError
from judge.media.sending import Sender
from judge.runs import Opened
from judge.score import Panel
from judge.senses import used

SENSES = {"video": "frames"}


def check(opened: Opened, panels: Sequence[Panel]) -> None:
    """Everything that can be refused is refused here."""
    wanting = [panel for panel in panels if _looks(panel)]
    for panel in wanting:
        if opened.task.media.video is None:
            raise UsageError(f"the rubric {panel.rubric.name} shows frames, and {opened.task.name} has no clips")
        if isinstance(panel.judge, AgentJudge) and "frames" not in panel.judge.provider.info.accepts:
            text = f"the rubric {panel.rubric.name} shows frames, and {panel.judge.name} takes none"
            raise UsageError(f"{text}: take another judge, or a rubric without them. Nothing was sent.")
    if wanting:
        attaching.check_files(used(opened.samples, SENSES), opened.root, len(opened.samples))


def _looks(panel: Panel) -> bool:
    return isinstance(panel.judge, AgentJudge) and panel.rubric.shows("frames")


@contextlib.contextmanager
def frames(opened: Opened, panels: Sequence[Panel], cache: str | None) -> Iterator[tuple[list[Panel], Sender | None]]:
    """The panels, those whose rubric shows frames with what makes them; None where none does."""
    if not any(_looks(panel) for panel in panels):
        yield list(panels), None
        return
    root = DataFile(path=None, hub=None, shown="", sha256="", root=opened.root)
    with attaching.sender(opened.task, SENSES, data=root, cache=cache) as makes:
        yield [_equipped(panel, makes) if _looks(panel) else panel for panel in panels], makes


def equal_method(opened: Opened, panel: Panel) -> Panel:
    """The panel under the method that it will rate by: another way to choose frames is another judge."""
    if not isinstance(panel.judge, AgentJudge) or not _looks(panel):
        return panel
    media = opened.task.media
    look = digest([media.frames.model_dump(mode="json"), media.size, media.quality])[:12]
    return dataclasses.replace(panel, judge=dataclasses.replace(panel.judge, look=look))


def _equipped(panel: Panel, makes: Sender) -> Panel:
    if not isinstance(panel.judge, AgentJudge):
        return panel
    return dataclasses.replace(panel, judge=dataclasses.replace(panel.judge, attach=makes.of))

"""What a judge is shown of a run's clips: frames by the task's own policy, and sound, for rubrics that show them.

What a judge does not take, a clip that is gone, a transcript that no field holds: refused before anything is sent.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

from judge.agent import AgentJudge
from judge.cli import attaching
from judge.cli.terminal import plural
from judge.datafile import DataFile
from judge.entries import digest
from judge.errors import NothingDone, UsageError
from judge.joining import lacking
from judge.masking import closed
from judge.media.provenance import MEND, Provenance, provenance_of
from judge.media.sending import Sender
from judge.metrics.names import need_of
from judge.records import Sample
from judge.rubric import Sight
from judge.rules import RulesJudge
from judge.runs import OWN_DATA, Opened
from judge.score import Panel
from judge.senses import used
from judge.store import Folder
from judge.stored import StoredJudge

FRAMES, SOUND = {"video": "frames"}, {"audio": "audio"}
_SHOWN: tuple[tuple[Sight, str, str], ...] = (("frames", "clips", "frames"), ("audio", "sound", "audio"))
"""What a rubric may show, what a task without it lacks, and the form in which a judge must take it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Makers:
    """What makes frames, and what makes sound; they share their workers."""

    frames: Sender
    sound: Sender

    async def close(self) -> None:
        """End both."""
        await self.sound.close()
        await self.frames.close()


def check(opened: Opened, panels: Sequence[Panel]) -> None:
    """Everything that can be refused is refused here."""
    agents = [panel for panel in panels if isinstance(panel.judge, AgentJudge)]
    for panel in panels:
        _check_clues(opened, panel)
    for panel in agents:
        _check_media(opened, panel)
        _check_words(opened, panel)
    senses = FRAMES if any(panel.rubric.shows("frames") for panel in agents) else {}
    senses = senses | (SOUND if any(panel.rubric.shows("audio") for panel in agents) else {})
    if senses:
        files = used(opened.samples, senses)
        _refuse_unproven(opened, [sample for sample, _, _ in files])
        attaching.check_files(files, opened.root, len(opened.samples), archives=opened.archives)


def _provenance(opened: Opened) -> Provenance:
    """By the run's own answers."""
    answers = Folder(opened.near).read_answers() if opened.near is not None else {}
    mine = (answer for key, answer in answers.items() if key.variant == opened.run.variant)
    return provenance_of(mine, vouched=opened.vouched)


def _refuse_unproven(opened: Opened, samples: Sequence[Sample]) -> None:
    """Nothing is opened in a folder that only run.json names, but what an answer's sha256 says was sent from there."""
    if opened.vouched or opened.near is None or opened.root is None:
        return
    known = _provenance(opened)
    answered = {key.sample_id for key, answer in Folder(opened.near).read_answers().items() if answer.status != "error"}
    lacks = {sample.id for sample in samples if sample.id in answered and not known.may_read(sample)}
    if lacks:
        where = f"only run.json says that the clips lie below {opened.root}"
        text = f"{where}, and the answers to {plural(len(lacks), 'item')} hold no sha256 of a file"
        raise NothingDone(f"{text}: {MEND}. Nothing was sent.")


def _check_clues(opened: Opened, panel: Panel) -> None:
    """Where the judge's evidence lies in a file of its own, it is there; what came with files was rated by it."""
    task, rubric = opened.task, panel.rubric
    apart = task.data.join is not None and task.data.join.needed_by == "judge"
    if not apart or not rubric.shows("clues") or any(sample.target.clues for sample in opened.samples):
        return
    offline = isinstance(panel.judge, RulesJudge) and opened.run.data_file == OWN_DATA
    if isinstance(panel.judge, StoredJudge) or offline:
        return
    free = [name for name in task.metrics if need_of(name) != "rubric"]
    mend = "import the files again with --data DIR" if opened.run.data_file == OWN_DATA else lacking(task)
    without = "--rubric NAME for one that shows no clues" + (f", or --metrics {','.join(free)}" if free else "")
    text = f"the rubric {rubric.name} shows clues to the judge, and those of {task.name} are not there"
    raise NothingDone(f"{text}: {mend}; without them: {without}. Nothing was sent.")


def _check_media(opened: Opened, panel: Panel) -> None:
    media = opened.task.media
    there = {"frames": media.video is not None, "audio": media.audio is not None}
    for sight, lacks, form in _SHOWN:
        if not panel.rubric.shows(sight):
            continue
        if not there[sight]:
            raise UsageError(f"the rubric {panel.rubric.name} shows {sight}, and {opened.task.name} has no {lacks}")
        if isinstance(panel.judge, AgentJudge) and form not in panel.judge.provider.info.accepts:
            text = f"the rubric {panel.rubric.name} shows {sight}, and {panel.judge.name} takes none"
            raise UsageError(f"{text}: take another judge, or a rubric without them. Nothing was sent.")


def _check_words(opened: Opened, panel: Panel) -> None:
    """A transcript needs the task's words or notes; what hides the label needs labels."""
    task, rubric = opened.task, panel.rubric
    if rubric.shows("transcript") and not task.media.words and "audio" not in task.media.notes:
        text = f"the rubric {rubric.name} shows a transcript, and {task.name} names no fields for one"
        raise UsageError(f"{text} (media: words, or notes: audio). Nothing was sent.")
    blind = next((stage.name for stage in rubric.rated() if stage.blind), None)
    if blind is not None and not closed(task):
        text = f"the rubric {rubric.name} rates {blind} blind to the label, and {task.name} has no labels or options"
        raise UsageError(f"{text} that could be hidden. Nothing was sent.")


def _looks(panel: Panel) -> bool:
    return isinstance(panel.judge, AgentJudge) and panel.rubric.shows("frames")


def _listens(panel: Panel) -> bool:
    return isinstance(panel.judge, AgentJudge) and panel.rubric.shows("audio")


@contextlib.contextmanager
def frames(opened: Opened, panels: Sequence[Panel], cache: str | None) -> Iterator[tuple[list[Panel], Makers | None]]:
    """The panels, those whose rubric shows frames or sound with what makes them; None where none does."""
    if not any(_looks(panel) or _listens(panel) for panel in panels):
        yield list(panels), None
        return
    root = DataFile(path=None, hub=None, shown="", sha256="", root=opened.root)
    with attaching.sender(opened.task, FRAMES, data=root, cache=cache) as makes:
        both = Makers(makes, Sender(opened.task, SOUND, root=makes.root, shelf=makes.shelf, crew=makes.crew))
        makes.provenance = both.sound.provenance = _provenance(opened)
        yield [_equipped(panel, both) for panel in panels], both


def equal_method(opened: Opened, panel: Panel) -> Panel:
    """The panel under the method that it will rate by: another way to choose frames is another judge."""
    if not isinstance(panel.judge, AgentJudge) or not _looks(panel):
        return panel
    media = opened.task.media
    look = digest([media.frames.model_dump(mode="json"), media.size, media.quality])[:12]
    return dataclasses.replace(panel, judge=dataclasses.replace(panel.judge, look=look))


def _equipped(panel: Panel, makes: Makers) -> Panel:
    """Each panel with what its own rubric shows."""
    if not isinstance(panel.judge, AgentJudge):
        return panel
    attach = makes.frames.of if _looks(panel) else None
    listen = makes.sound.of if _listens(panel) else None
    return dataclasses.replace(panel, judge=dataclasses.replace(panel.judge, attach=attach, listen=listen))

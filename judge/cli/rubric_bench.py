"""What `judge rubrics try` and `diff` share: a run with its verdicts, and a judge that leaves no trace in it.

New replies are kept in the cache, so that scoring later pays for none of them again; the run's folder is only read.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from judge.agent import AgentJudge
from judge.case import Case
from judge.cli import evidence
from judge.cli.foreseeing import Waiting, calls_for, find_in
from judge.cli.hearing import hear_all
from judge.cli.judges import Session
from judge.cli.placing import reopened
from judge.cli.terminal import warn
from judge.errors import UsageError
from judge.items import Item
from judge.pool import Stop
from judge.records import Run, Verdict
from judge.rehearsal import Find, Rehearsal
from judge.roles import judges_in
from judge.rubric import Rubric
from judge.runs import Opened
from judge.score import Panel, case_of, current, has_rated, read_items, standing
from judge.shell import command
from judge.store import Appender, Folder
from judge.summary import Summary, read_summary
from providers.errors import ProviderError
from providers.limits import Budget
from providers.records import Info, Provider, Reply, Request


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A run, opened, with what there is to judge and what was said of it."""

    folder: Folder
    opened: Opened
    run: Run
    items: Sequence[Item]
    cases: Sequence[Case]
    known: Sequence[Verdict]
    summary: Summary | None


def open_scene(options: argparse.Namespace) -> Scene:
    """The run that --on names; nothing of it is changed."""
    path = Path(options.run)
    if not (path / "run.json").is_file():
        raise UsageError(f"--on {options.run}: is no run's folder   (all: {command('ls')})")
    folder = Folder(path)
    run = folder.read_run()
    opened = reopened(run, options.data, near=folder.path, media=getattr(options, "media", None))
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    items = read_items(opened.task, opened.samples, run=run, answers=answers)
    worth = [item for item in items if item.judgeable() or item.declined() or item.silent()]
    return Scene(
        folder=folder,
        opened=opened,
        run=run,
        items=items,
        cases=[case_of(opened.task, item, run) for item in worth],
        known=folder.read_verdicts(),
        summary=read_summary(folder),
    )


def session_of(options: argparse.Namespace, rubrics: Sequence[str]) -> Session:
    """As `score` opens its judges; one judge, so that only the rubric differs."""
    options.judges = judges_in(options.judges)
    if len(options.judges) > 1:
        raise UsageError("--judge: one judge at a time, so that only the rubric differs")
    options.rubrics = list(rubrics)
    options.repeats_asked, options.judge_repeats = options.judge_repeats, options.judge_repeats or 1
    return Session(options=options, budget=Budget(options.max_cost))


def check_rubric(scene: Scene, panels: Sequence[Panel], session: Session) -> list[Panel]:
    """The panels under the method by which they will rate; what cannot be asked is refused here."""
    evidence.check(scene.opened, panels)
    asked = session.options.repeats_asked
    made = [evidence.equal_method(scene.opened, one) for one in panels]
    return [dataclasses.replace(one, repeats=asked or repeats_in(scene, one.judge.name)) for one in made]


def repeats_in(scene: Scene, judge: str) -> int:
    """How often this judge rated each answer when the run was scored: two sides are compared over as many."""
    blocks = scene.summary.run["judges"] if scene.summary else []
    return max((int(block["repeats"]) for block in blocks if block["name"] == judge), default=1)


def cases_for(panel: Panel, cases: Sequence[Case]) -> list[Case]:
    """Those that a rubric has rated: refusals and empty replies only where it says so."""
    return [case for case in cases if has_rated(panel.rubric, case)]


@dataclasses.dataclass(slots=True)
class Bill:
    """Calls of one judge: those made, those served from the cache, those that failed; US dollars and tokens."""

    asked: int = 0
    stored: int = 0
    failed: int = 0
    cost: float = 0.0
    tokens: int = 0


class Tally:
    """A provider that counts what goes through it.

    Whether a reply was stored is looked up beforehand: one that this hearing paid for earlier comes back as its own.
    """

    def __init__(self, inner: Provider, find: Find, *, bill: Bill | None = None) -> None:
        """Everything but the counting is the inner provider's; two that share a bill are counted together."""
        self.inner = inner
        self._find = find
        self.bill = bill or Bill()

    @property
    def info(self) -> Info:
        """The inner provider's."""
        return self.inner.info

    async def generate(self, request: Request) -> Reply:
        """The inner provider's reply."""
        stored = self._find(request.key) is not None
        try:
            reply = await self.inner.generate(request)
        except ProviderError:
            self.bill.failed += 1
            raise
        if stored or reply.cached:
            self.bill.stored += 1
        else:
            self.bill.asked += 1
            self.bill.cost += reply.usage.cost or 0.0
            self.bill.tokens += reply.usage.input_tokens + reply.usage.output_tokens
        return reply

    async def close(self) -> None:
        """The inner provider is closed by who opened it."""


class _Unwritten(Appender):
    """A log of verdicts that keeps none: what is tried leaves no line in the run."""

    def __init__(self) -> None:
        self.path = Path(os.devnull)

    def append(self, records: object) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def counted(panel: Panel, find: Find) -> tuple[Panel, Bill | None]:
    """The panel with its calls counted; None for a judge that makes none."""
    if not isinstance(panel.judge, AgentJudge):
        return panel, None
    bill = Bill()
    judge = panel.judge.through(lambda provider: Tally(provider, find, bill=bill))
    return dataclasses.replace(panel, judge=judge), bill


def stored_only(panel: Panel, find: Find) -> Panel:
    """The panel answered from the cache alone: what is not there is a failure of the kind `not_asked`."""
    if not isinstance(panel.judge, AgentJudge):
        return panel
    judge = panel.judge.through(lambda provider: Rehearsal(provider.info, find))
    return dataclasses.replace(panel, judge=judge)


def heard(
    scene: Scene, panels: Sequence[Panel], session: Session, *, cases: Sequence[Case]
) -> tuple[list[list[Verdict]], Stop]:
    """The verdicts of each panel on the cases: stored ones that hold, and new ones, which only the cache keeps."""
    found, stop = hear_all(scene.opened, panels, session, cases=cases, known=scene.known, log=_Unwritten())
    return [said for _, said in found], stop


def forecast_of(scene: Scene, panels: Sequence[Panel], session: Session, *, cases: Sequence[Case]) -> str:
    """What it takes to have one judge's panels judge these cases; a call that is stored, or shared, is made once."""
    judge = panels[0].judge
    if not isinstance(judge, AgentJudge):
        return "no calls: this judge is offline"
    waiting = [Waiting(panel.rubric, *each) for panel in panels for each in _unsaid(scene, panel, cases)]
    return calls_for(judge, waiting, task=scene.opened.task, find=find_in(session))


def _unsaid(scene: Scene, panel: Panel, cases: Sequence[Case]) -> list[tuple[Case, int]]:
    """The hearings of which no verdict is in the run."""
    said = current(scene.known, cases, like=panel.identity, rubric=panel.rubric, panel=panel)
    draws = range(panel.repeats)
    return [
        (case, draw)
        for case in cases_for(panel, cases)
        for draw in draws
        if not standing(said.get((case.answer.key, draw), []), panel.rubric)
    ]


def warn_of_version(first: Rubric, second: Rubric) -> None:
    """Scores under two digests are never mixed; a person tells them apart by the version."""
    if (first.name, first.version) == (second.name, second.version) and first.digest != second.digest:
        warn(f"  both are {first.name} v{first.version}: raise the version, so that reports tell them apart")

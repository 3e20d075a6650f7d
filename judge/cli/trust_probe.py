"""`judge trust probe`: asks a judge about the answers of a run as they are and changed, and keeps what moved it."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import judge
from judge.agent import AgentJudge
from judge.case import Case
from judge.cli import evidence
from judge.cli.foreseeing import Waiting, calls_for, find_in
from judge.cli.judges import Session, panels_of, release_all
from judge.cli.main import COMPLETE, ERRORS, INTERRUPTED, NOTHING, TERMINATED
from judge.cli.placing import reopened
from judge.cli.signals import catching
from judge.cli.terminal import Progress, dollars, plural, say, warn
from judge.cli.trust_probe_table import print_effects
from judge.errors import NothingDone, UsageError
from judge.pool import Stop, run_all
from judge.records import Problem, Verdict
from judge.roles import judges_in
from judge.runs import Opened, now
from judge.score import Panel, case_of, current, read_items, standing
from judge.shell import command
from judge.store import Folder, locked, make_folder, write_whole
from judge.stored import StoredJudge
from judge.summary import read_summary
from judge.trust.card.keeping import CARDS, PROBES, Identity
from judge.trust.families import family_of, known_family
from judge.trust.probes import effects
from judge.trust.probes.finding import Finder
from judge.trust.probes.planning import Asked, Planner
from judge.trust.probes.reading import levels_of
from judge.trust.probes.results import NAMES, Found, Name, Probes
from judge.trust.probes.varying import Varied
from providers.limits import Budget


@dataclasses.dataclass(slots=True, kw_only=True)
class Work:
    """One judge, one rubric, the answers that were drawn, and what is asked of them."""

    folder: Folder
    opened: Opened
    panel: Panel
    cases: list[Case]
    wanted: tuple[Name, ...]
    planner: Planner
    plan: list[Asked]
    heard: dict[int, tuple[Verdict, ...] | Problem]
    stood: frozenset[int] = frozenset()
    """What the scored run's verdicts say already."""

    @property
    def waiting(self) -> list[int]:
        """What is still to be asked."""
        return [place for place in range(len(self.plan)) if place not in self.heard]


def probe(options: argparse.Namespace) -> int:
    """Ask, compute, print, and keep probes.json beside the card."""
    session = Session(options=options, budget=Budget(options.max_cost))
    try:
        return _probe(options, session)
    finally:
        if session.store is not None:
            session.store.close()


def _probe(options: argparse.Namespace, session: Session) -> int:
    work = _work(options, session)
    identity = Identity(
        judge=work.panel.judge.name,
        method=work.panel.judge.method,
        rubric=work.panel.rubric.name,
        rubric_digest=work.panel.rubric.digest,
    )
    home = Path(options.cards) if options.cards else Path(os.path.normpath(work.folder.path / ".." / CARDS))
    counted = Counter(work.plan[place].probe for place in work.waiting)
    say(f"{identity.judge} by {identity.rubric} v{work.panel.rubric.version} · {plural(len(work.cases), 'answer')}")
    told = ", ".join(f"{name} {count}" for name, count in counted.items()) or "all of it stands already"
    most = f": {_forecast(work, session)}" if isinstance(work.panel.judge, AgentJudge) else ", offline"
    say(f"{plural(len(work.waiting), 'hearing')} to ask ({told}){most}")
    if options.dry_run:
        return COMPLETE
    folder = home / identity.folder
    make_folder(folder)
    with locked(folder):
        stop = _ask(work, session)
        results = _results(work)
        kept = _kept(work, options, results=results, stop=stop)
        if not any(found.effects for found in results):
            why = "; ".join(dict.fromkeys(f"{found.probe}: {found.reason}" for found in results if found.reason))
            text = f"{identity.judge} gave no rating that could be held against another"
            raise NothingDone(". ".join(part for part in (text, why, stop.reason) if part))
        text = json.dumps(kept.model_dump(mode="json"), indent=1, allow_nan=False)
        write_whole(folder / PROBES, text + "\n")
    print_effects(results)
    if kept.cost:
        say(f"  cost {dollars(kept.cost)}")
    if stop.kind:
        warn(f"  not whole: {stop.reason}. What was answered is in the cache: the same line goes on.")
    scored = read_summary(work.folder)
    blocks = scored.run["judges"] if scored is not None else []
    known = any((one["name"], one["method"]) == (identity.judge, identity.method) for one in blocks)
    of = [work.folder.path, "--judge", identity.judge] if known else ["--probes", folder / PROBES]
    more = ["--cards", options.cards] if options.cards else []
    say(f"  next:  {command('trust', 'card', *of, *more)}")
    say(str(folder / PROBES))
    return _code(stop, results)


def _forecast(work: Work, session: Session) -> str:
    """What the hearings would take, those in other forms too."""
    judge = work.panel.judge
    if not isinstance(judge, AgentJudge):
        return "no calls"
    waiting = []
    for asked in (work.plan[place] for place in work.waiting):
        own = asked.judge.provider if isinstance(asked.judge, AgentJudge) else None
        wrap = own.around if isinstance(own, Varied) else None
        waiting.append(Waiting(asked.hearing.rubric, asked.hearing.case, asked.hearing.draw, wrap))
    return calls_for(judge, waiting, task=work.opened.task, find=find_in(session))


def _code(stop: Stop, results: Sequence[Found]) -> int:
    if stop.kind in ("SIGINT", "SIGTERM"):
        return INTERRUPTED if stop.kind == "SIGINT" else TERMINATED
    if stop.kind == "halt" and not any(found.effects for found in results):
        return NOTHING
    return ERRORS if stop.kind or any(found.failed for found in results) else COMPLETE


def _work(options: argparse.Namespace, session: Session) -> Work:
    folder = Folder(Path(options.run))
    run = folder.read_run()
    opened = reopened(run, options.data, near=folder.path, media=options.media)
    if len(judges_in(options.judges)) > 1 or len(options.rubrics) > 1:
        raise UsageError("one judge and one rubric at a time: each has a card of its own")
    options.judge_repeats = options.repeats
    panels = panels_of(opened, session, folder.path)
    if not panels:
        raise UsageError(f"{opened.task.name} names no rubric: give --rubric")
    if isinstance(panels[0].judge, StoredJudge):
        raise UsageError(f"--judge {panels[0].judge.name}: ratings that came with files cannot be asked anything")
    evidence.check(opened, panels[:1])
    panel = evidence.equal_method(opened, panels[0])
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    items = read_items(opened.task, opened.samples, run=run, answers=answers)
    every = [case_of(opened.task, item, run) for item in items if item.judgeable()]
    if not every:
        raise NothingDone(f"{folder.path} has no answer that can be judged")
    cases = _drawn(every, options.limit, options.drawn)
    wanted: tuple[Name, ...] = tuple(name for name in NAMES if name in options.probes) or NAMES
    family = known_family(options.family) or family_of(panel.judge.name)
    repeats = max(2, options.repeats) if "retest" in wanted else 1
    planner = Planner(
        judge=panel.judge, rubric=panel.rubric, cases=cases, repeats=repeats, seed=options.drawn, family=family
    )
    probes: list[Name] = ["retest", *(name for name in wanted if name != "retest")]
    plan = [asked for name in probes for asked in planner.of(name)]
    work = Work(
        folder=folder, opened=opened, panel=panel, cases=cases, wanted=wanted, planner=planner, plan=plan, heard={}
    )
    _stand(work)
    return work


def _drawn(cases: Sequence[Case], limit: int, seed: int) -> list[Case]:
    """So many at random, in their order."""
    chosen = set(random.Random(seed).sample(range(len(cases)), min(limit, len(cases))))
    return [case for place, case in enumerate(cases) if place in chosen]


def _stand(work: Work) -> None:
    """Verdicts of the scored run that hold need not be asked for again."""
    said = current(work.folder.read_verdicts(), work.cases, like=work.panel.identity, rubric=work.panel.rubric)
    for place, asked in enumerate(work.plan):
        if asked.probe == "retest":
            group = said.get((asked.hearing.case.answer.key, asked.hearing.draw), [])
            if standing(group, work.panel.rubric):
                work.heard[place] = tuple(group)
    work.stood = frozenset(work.heard)


def _ask(work: Work, session: Session) -> Stop:
    progress = Progress()

    async def main() -> Stop:
        stop = Stop()
        with evidence.frames(work.opened, [work.panel], session.options.cache) as (panels, makes), catching(stop):
            ready = panels[0].judge

            async def rate(place: int) -> tuple[Verdict, ...]:
                own = work.plan[place].judge
                if isinstance(own, AgentJudge) and isinstance(ready, AgentJudge):
                    own = dataclasses.replace(own, attach=ready.attach, listen=ready.listen)
                return await own.rate(work.plan[place].hearing)

            async def done(place: int, outcome: tuple[Verdict, ...] | Problem) -> None:
                work.heard[place] = outcome
                progress.show(f"{work.panel.judge.name}: {len(work.heard)} of {len(work.plan)} hearings")

            try:
                waiting = work.waiting
                await run_all(waiting, rate, done=done, concurrency=work.panel.concurrency, stop=stop, stage="judge")
            finally:
                if makes is not None:
                    await makes.close()
        await release_all(session)
        return stop

    try:
        return asyncio.run(main())
    finally:
        progress.clear()


def _results(work: Work) -> list[Found]:
    keys = [case.answer.key for case in work.cases]
    clusters = [case.sample.cluster or case.sample.id for case in work.cases]
    varied = work.planner.forms.values()
    unread, weighed = "", isinstance(work.panel.judge, AgentJudge) and work.panel.judge.weighed
    if not isinstance(work.panel.judge, AgentJudge):
        unread = f"{work.panel.judge.name} reads no prompt"
    elif varied and not any(one.varied for one in varied) and not work.waiting:
        unread = "no question of this rubric shows a scale"
    found: list[Found] = []
    for stage in work.panel.rubric.rated():
        finder = Finder(
            rubric=work.panel.rubric,
            stage=stage,
            plan=work.plan,
            heard=work.heard,
            names=[key.sample_id if not key.draw else f"{key.sample_id}#{key.draw}" for key in keys],
            units=clusters,
            near=effects.NEAR if weighed and stage.rate == "answer" else effects.SAME,
            unread=unread,
        )
        found += finder.found(work.wanted)
    return found


def _kept(work: Work, options: argparse.Namespace, *, results: list[Found], stop: Stop) -> Probes:
    rubric, own = work.panel.rubric, work.panel.judge
    verdicts = [verdict for said in work.heard.values() if isinstance(said, tuple) for verdict in said]
    return Probes(
        judge=own.name,
        method=own.method,
        returned_models=tuple(sorted({verdict.returned_model for verdict in verdicts if verdict.returned_model})),
        rubric=rubric.name,
        rubric_version=rubric.version,
        rubric_digest=rubric.digest,
        scales={stage.name: levels_of(stage) for stage in rubric.rated()},
        sampling=own.sampling.sent() if isinstance(own, AgentJudge) else {},
        run=work.folder.path.name,
        model=work.opened.run.model,
        task=work.opened.run.task,
        licence=work.opened.run.licence,
        items=len(work.cases),
        repeats=work.planner.repeats,
        seed=options.drawn,
        made=now(),
        judge_version=judge.__version__,
        hearings=len(work.heard),
        cost=_cost(work),
        stopped=stop.reason or stop.kind,
        results=tuple(results),
    )


def _cost(work: Work) -> float | None:
    """Of what was asked here; verdicts of the scored run were paid by it."""
    asked = [said for place, said in work.heard.items() if place not in work.stood and isinstance(said, tuple)]
    costs = [verdict.cost for said in asked for verdict in said if verdict.cost is not None]
    return sum(costs) if costs else None

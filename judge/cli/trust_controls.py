"""`judge trust controls`: a judge's ratings with each item's own evidence, with another item's, and with none."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import judge
from judge.agent import AgentJudge
from judge.case import Case
from judge.cli import evidence
from judge.cli.foreseeing import Waiting, calls_for, find_in
from judge.cli.judges import Session, panels_of
from judge.cli.main import COMPLETE
from judge.cli.signals import catching
from judge.cli.terminal import Progress, plural, say, table
from judge.cli.trust_apart import Apart, between, ended, let_go, opened_run, percent, session_of
from judge.errors import NothingDone, UsageError
from judge.evaluate import NOT_FAILURES
from judge.items import Item, item_name
from judge.lines import read_lines
from judge.pool import Stop
from judge.records import Key, Sample, Verdict
from judge.score import Panel, case_of, current, hear, standing
from judge.store import Appender, locked, write_whole
from judge.stored import StoredJudge
from judge.trust import controls as core
from judge.trust.controls import CONDITIONS, Condition, Fall

MOST_NAMED = 6
NAMES: dict[Condition, str] = {"own": "its own", "shuffled": "another item's", "none": "none"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One panel and the answers that it rates under every condition."""

    apart: Apart
    panel: Panel
    items: list[Item]
    donors: dict[str, Sample]
    hide_question: bool

    def cases(self, condition: Condition) -> list[Case]:
        """What the judge is given under this condition."""
        made = [case_of(self.apart.opened.task, item, self.apart.opened.run) for item in self.items]
        if self.hide_question:
            made = [dataclasses.replace(case, question="") for case in made]
        if condition == "shuffled":
            return [core.shuffled(case, self.donors[case.sample.id]) for case in made if case.sample.id in self.donors]
        return [core.withheld(case) for case in made] if condition == "none" else made

    def file(self, condition: Condition) -> Path:
        """Where the verdicts of this condition are kept, apart from the run's own."""
        return self.apart.folder.path / f"controls.{condition}.jsonl"


def controls(options: argparse.Namespace) -> int:
    """Open, refuse, hear, compare, print."""
    apart = opened_run(options)
    with session_of(options) as session:
        work = _work(apart, session)
        say(f"to ask: {_forecast(work, session)}")
        if options.dry_run:
            return COMPLETE
        with locked(apart.folder.path):
            said, stop = _hear(work, session)
    metrics = core.measured(work.panel.rubric)
    numbers = {
        metric: {name: _numbers(work, said[name], metric=metric) for name in CONDITIONS if name in said}
        for metric in metrics
    }
    falls = [
        core.fall(metric, name, items=work.items, numbers=numbers[metric])
        for metric in metrics
        for name in ("shuffled", "none")
        if "own" in said and name in said
    ]
    lost = {name: _lost(verdicts) for name, verdicts in said.items()}
    _print(work, falls)
    _print_lost(lost)
    if options.json:
        more = {"problems": lost, "stopped": stop.reason or stop.kind}
        write_whole(Path(options.json), _json(work, falls, seed=options.draw_seed, more=more))
        say(options.json)
    failures = sum(
        verdict.problem is not None and verdict.problem.kind not in NOT_FAILURES
        for verdicts in said.values()
        for verdict in verdicts
    )
    heard = any(verdict.problem is None for verdicts in said.values() for verdict in verdicts)
    return ended(stop, line=options.line, failures=failures, said=heard)


def _work(apart: Apart, session: Session) -> Work:
    """Everything that can be refused is refused here."""
    options, task = session.options, apart.opened.task
    panels = panels_of(apart.opened, session, apart.folder.path)
    if not panels:
        raise UsageError(f"{task.name} has no rubric of its own: give --rubric")
    if isinstance(panels[0].judge, StoredJudge):
        raise UsageError(f"--judge {options.judge}: ratings that came with a run cannot be made again")
    evidence.check(apart.opened, panels)
    panel = evidence.equal_method(apart.opened, panels[0])
    if not core.measured(panel.rubric):
        raise UsageError(f"the rubric {panel.rubric.name} makes neither reasoning nor cot of ratings: nothing can fall")
    items = [item for item in apart.items if item.judgeable() and core.has_evidence(task, item.sample, panel.rubric)]
    if not items:
        text = f"{apart.folder.path}: no answer to an item with evidence that the rubric {panel.rubric.name} shows"
        raise NothingDone(f"{text}. Nothing was sent.")
    donors = core.donors_of(task, apart.opened.samples, panel.rubric, seed=options.draw_seed)
    return Work(apart=apart, panel=panel, items=items, donors=donors, hide_question=options.hide_question)


def _forecast(work: Work, session: Session) -> str:
    """Of all three conditions, what the run's own scoring or an earlier call has not had rated already."""
    judge, panel = work.panel.judge, work.panel
    if not isinstance(judge, AgentJudge):
        return "no calls: this judge is offline"
    waiting: list[Waiting] = []
    for name in CONDITIONS:
        cases = work.cases(name)
        said = current(_known(work, name), cases, like=panel.identity, rubric=panel.rubric)
        waiting += [
            Waiting(panel.rubric, case)
            for case in cases
            if panel.hears(case) and not standing(said.get((case.answer.key, 0), []), panel.rubric)
        ]
    return calls_for(judge, waiting, task=work.apart.opened.task, find=find_in(session))


def _known(work: Work, name: Condition) -> list[Verdict]:
    known = read_lines(work.file(name), Verdict)
    return [*work.apart.folder.read_verdicts(), *known] if name == "own" else known


def _hear(work: Work, session: Session) -> tuple[dict[Condition, list[Verdict]], Stop]:
    """The verdicts under each condition, as far as a stop lets it come."""
    progress = Progress()

    async def main() -> tuple[dict[Condition, list[Verdict]], Stop]:
        stop = Stop()
        said: dict[Condition, list[Verdict]] = {}
        with evidence.frames(work.apart.opened, [work.panel], session.options.cache) as (panels, makes), catching(stop):
            try:
                for name in CONDITIONS:
                    said[name] = await _heard(work, panels[0], name, stop=stop, progress=progress)
                    if stop.event.is_set():
                        break
            finally:
                if makes is not None:
                    await makes.close()
        await let_go(session)
        return said, stop

    try:
        return asyncio.run(main())
    finally:
        progress.clear()


async def _heard(work: Work, panel: Panel, name: Condition, *, stop: Stop, progress: Progress) -> list[Verdict]:
    """One condition; with its own evidence, what the run's own scoring holds is not asked again."""
    path = work.file(name)
    log = Appender(path)
    known = _known(work, name)

    def show(done: int, total: int) -> None:
        progress.show(f"{panel.judge.name}, evidence {NAMES[name]}: judged {done} of {total}")

    try:
        return await hear(panel, work.cases(name), known=known, log=log, stop=stop, on_progress=show)
    finally:
        log.close()


def _numbers(work: Work, verdicts: Sequence[Verdict], *, metric: str) -> dict[Key, float]:
    return core.numbers_of(work.panel.rubric, verdicts, work.items, task=work.apart.opened.task, metric=metric)


def _print(work: Work, falls: Sequence[Fall]) -> None:
    panel, rubric = work.panel, work.panel.rubric
    total = plural(len(work.apart.items), "answer")
    say(f"{work.apart.folder.path.name} · judge: {panel.judge.name} · rubric {rubric.name} v{rubric.version}")
    say(f"{len(work.items)} of {total} are to items with evidence that the rubric shows")
    rows = [["  score", "evidence", "own", "control", "drop, paired", "[95%]", "falls", "rises", "n"]]
    rows += [_row(found) for found in falls]
    for line in table(rows, right=frozenset({2, 3, 4, 6, 7, 8})):
        say(line)
    alike = sum(_same_label(item, work.donors) for item in work.items)
    if not work.donors:
        say("  only one item has evidence: there is no other to take")
    if alike:
        say(f"  {alike} of {len(work.items)} got evidence of an item with the same label: too few have another")
    if rubric.shows("question") and not work.hide_question:
        say("  the question stays: where it tells the evidence itself, a judge need not fall (--hide-question)")
    say(f"  verdicts: {work.file('shuffled').name}, {work.file('none').name} beside the run's own")


def _lost(verdicts: Sequence[Verdict]) -> dict[str, list[str]]:
    """By kind, the answers of which a rating is missing."""
    found: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        if verdict.problem is not None:
            name = item_name(verdict.sample_id, draw=verdict.draw)
            found.setdefault(verdict.problem.kind, {})[name] = None
    return {kind: list(names) for kind, names in found.items()}


def _print_lost(lost: Mapping[Condition, Mapping[str, Sequence[str]]]) -> None:
    for condition, kinds in lost.items():
        for kind, names in kinds.items():
            shown = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
            say(f"  {NAMES[condition]} evidence: {kind}, {plural(len(names), 'answer')}: {shown}")


def _same_label(item: Item, donors: Mapping[str, Sample]) -> bool:
    donor = donors.get(item.sample.id)
    return donor is not None and core.label_of(donor) == core.label_of(item.sample)


def _row(found: Fall) -> list[str]:
    drop = percent(found.drop and found.drop.value)
    values = [percent(found.own), percent(found.control), drop, between(found.drop)]
    shares = [percent(found.falls), percent(found.rises)]
    counted = f"{found.n}, {found.missing} missing" if found.missing else str(found.n)
    return [f"  {found.metric}", NAMES[found.condition], *values, *shares, counted]


def _json(work: Work, falls: Sequence[Fall], *, seed: int, more: Mapping[str, object]) -> str:
    panel = work.panel
    results = [dataclasses.asdict(found) | {"drop": found.drop._asdict() if found.drop else None} for found in falls]
    body = {
        "schema": 1,
        "kind": "controls",
        "judge_version": judge.__version__,
        "run": work.apart.folder.path.name,
        **panel.identity,
        "rubric_name": panel.rubric.name,
        "answers": len(work.apart.items),
        "with_evidence": len(work.items),
        "draw_seed": seed,
        "hide_question": work.hide_question,
        "results": results,
        **more,
    }
    return json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n"

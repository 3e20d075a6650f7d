"""`judge rubrics diff A B --on RUN`: what differs between two rubrics, and which answers move with it."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from judge.agent import AgentJudge
from judge.case import Case, Hearing
from judge.cli.foreseeing import find_in
from judge.cli.judges import Session, panels_of
from judge.cli.main import COMPLETE, ERRORS, INTERRUPTED
from judge.cli.opening import open_rubric
from judge.cli.rubric_bench import (
    Scene,
    cases_for,
    check_rubric,
    counted,
    forecast_of,
    heard,
    open_scene,
    repeats_in,
    session_of,
    stored_only,
    warn_of_version,
)
from judge.cli.rubric_table import comparison_lines, moved_lines
from judge.cli.terminal import dollars, plural, say, warn
from judge.errors import NothingDone, UsageError
from judge.evaluate import NOT_FAILURES
from judge.paired import Comparison
from judge.records import Key, Problem, Verdict
from judge.rehearsal import NOT_ASKED
from judge.revision import Move, Side, comparable, moves, rescaled, table, text_diff
from judge.rubric import EXTRACT, Rubric
from judge.rules import NAME as RULES
from judge.score import Panel
from judge.store import write_whole


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A judge of whom only the stored verdicts are known: it can be read, and not be asked."""

    name: str
    method: str

    async def rate(self, hearing: Hearing) -> tuple[Verdict, ...]:
        """What is not stored is missing."""
        return (hearing.verdict(criterion=EXTRACT, problem=Problem(stage="judge", kind=NOT_ASKED)),)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that the comparison gives."""

    judge: str
    sides: tuple[Side, Side]
    criteria: Sequence[Comparison]
    scores: Sequence[Comparison]
    moved: Sequence[Move]
    moved_scores: Sequence[Move]
    shares: Sequence[str]
    missing: tuple[int, int]


def diff(options: argparse.Namespace) -> int:
    """Read both, take what is stored, ask for the rest if that is wanted, and compare."""
    scene = open_scene(options)
    rubrics = (open_rubric(options.first), open_rubric(options.second))
    session = session_of(options, [options.first, options.second])
    try:
        panels = _panels(scene, session, rubrics)
        cases = cases_for(panels[1], cases_for(panels[0], scene.cases))
        if not cases:
            raise NothingDone(f"{scene.folder.path} has no answer that could be judged")
        _head(scene, panels, options, count=len(cases))
        return _compared(scene, panels, session, cases=cases)
    finally:
        if session.store is not None:
            session.store.close()


def _panels(scene: Scene, session: Session, rubrics: tuple[Rubric, Rubric]) -> list[Panel]:
    """The judge with each rubric; who judged the run by one of them, where --judge names nobody."""
    options = session.options
    digests = [rubric.digest for rubric in rubrics]
    mine = [item for item in scene.known if item.rubric_digest in digests]
    names = sorted({item.judge for item in mine})
    if not options.judges and len(names) > 1:
        raise UsageError(f"--judge: name one of those who judged {scene.folder.path}: {', '.join(names[:10])}")
    given = options.judges[0] if options.judges else names[0] if names else None
    if given is None or given not in names or given == RULES:
        options.judges = [given] if given else []
        return check_rubric(scene, panels_of(scene.opened, session, scene.folder.path), session)
    if options.ask:
        text = f"--ask: of {given} there are stored verdicts only; to ask it, name its provider"
        raise UsageError(f"{text}: --judge PROVIDER[:MODEL]")
    methods = [[item.method for item in mine if item.judge == given and item.rubric_digest == one] for one in digests]
    return [
        Panel(
            judge=_Stored(name=given, method=own[-1] if own else ""),
            rubric=rubric,
            repeats=options.repeats_asked or repeats_in(scene, given),
        )
        for own, rubric in zip(methods, rubrics, strict=True)
    ]


def _head(scene: Scene, panels: Sequence[Panel], options: argparse.Namespace, *, count: int) -> None:
    for sign, panel, given in zip("AB", panels, (options.first, options.second), strict=True):
        rubric = panel.rubric
        say(f"{sign}  {rubric.name} v{rubric.version} {rubric.digest[:8]}  {given}")
    say(f"on {scene.folder.path} · judge {panels[0].judge.name} · {plural(count, 'answer')}")
    if panels[0].judge.method != panels[1].judge.method and all(panel.judge.method for panel in panels):
        warn("  the judge was asked in two ways (sampling, server or prompts): not only the rubric differs")
    lines = text_diff(panels[0].rubric, panels[1].rubric)
    for line in lines or ["(the same name, version, stages and scores)"]:
        say(f"  {line}")
    warn_of_version(panels[0].rubric, panels[1].rubric)


def _compared(scene: Scene, panels: Sequence[Panel], session: Session, *, cases: Sequence[Case]) -> int:
    options = session.options
    ready = [counted(panel, find_in(session)) for panel in panels] if options.ask else []
    asked = [panel for panel, _ in ready] or [stored_only(panel, find_in(session)) for panel in panels]
    said, stop = heard(scene, asked, session, cases=cases)
    if stop.kind:
        warn(f"  stopped: {stop.reason}" if stop.reason else "  stopped; what was judged is in the cache")
        return INTERRUPTED if stop.kind not in ("halt", "budget") else ERRORS
    tallies = [tally for _, tally in ready if tally is not None]
    if tallies:
        calls, cost = sum(tally.asked for tally in tallies), sum(tally.cost for tally in tallies)
        say(f"  {plural(calls, 'call')} made{f', {dollars(cost)}' if cost else ''}; the replies are in the cache")
    sides = [Side(rubric=panel.rubric, verdicts=own) for panel, own in zip(panels, said, strict=True)]
    found = _found(scene, panels[0].judge.name, (sides[0], sides[1]), keys=[case.answer.key for case in cases])
    _print(found, options)
    _say_missing(found, scene, panels, session=session, cases=cases)
    if options.json:
        _write(Path(options.json), found)
    return ERRORS if any(found.missing) else COMPLETE


def _found(scene: Scene, judge: str, sides: tuple[Side, Side], *, keys: Sequence[Key]) -> Found:
    shares = rescaled(*sides)
    ratings = (comparable(sides[0], shares), comparable(sides[1], shares))
    scores = (sides[0].scores(scene.opened.task, scene.items), sides[1].scores(scene.opened.task, scene.items))
    lacking = [_lacking(side, keys) for side in sides]
    return Found(
        judge=judge,
        sides=sides,
        criteria=table(*ratings, scene.items),
        scores=table(*scores, scene.items),
        moved=moves(*ratings),
        moved_scores=moves(*scores),
        shares=shares,
        missing=(lacking[0], lacking[1]),
    )


def _lacking(side: Side, keys: Sequence[Key]) -> int:
    """Answers of which a verdict is missing: not asked for yet, or failed."""
    there = {item.key for item in side.verdicts}
    failed = {item.key for item in side.verdicts if item.problem and item.problem.kind not in NOT_FAILURES}
    return sum(key not in there or key in failed for key in keys)


def _print(found: Found, options: argparse.Namespace) -> None:
    only = [
        f"only in {sign}: {', '.join(names)}" for sign, names in zip("AB", _unshared(found.sides), strict=True) if names
    ]
    for title, rows in (("criteria, each on its own scale", found.criteria), ("scores, strict", found.scores)):
        say()
        say(title)
        for line in comparison_lines(rows):
            say(f"  {line}")
    for line in only:
        say(f"  {line}")
    if found.shares:
        say(f"  as shares of their scales, which have other ends in A and B: {', '.join(found.shares)}")
    say()
    for line in moved_lines(found.moved, found.moved_scores, top=options.top):
        say(line)


def _unshared(sides: tuple[Side, Side]) -> list[list[str]]:
    names = [[stage.name for stage in side.rubric.rated()] for side in sides]
    return [[name for name in names[at] if name not in names[1 - at]] for at in (0, 1)]


def _say_missing(
    found: Found, scene: Scene, panels: Sequence[Panel], *, session: Session, cases: Sequence[Case]
) -> None:
    """How many answers each side lacks, and what asking for them would take."""
    for sign, count in zip("AB", found.missing, strict=True):
        if count:
            warn(f"  {plural(count, 'answer')} {'lacks' if count == 1 else 'lack'} verdicts by {sign}")
    lacking = [panel for panel, count in zip(panels, found.missing, strict=True) if count]
    if not lacking or session.options.ask:
        return
    if isinstance(lacking[0].judge, AgentJudge):
        warn(f"  --ask asks for them: {forecast_of(scene, lacking, session, cases=cases)}")
    else:
        warn("  name the judge's provider with --judge, and --ask asks for them")


def _write(path: Path, found: Found) -> None:
    body: dict[str, Any] = {
        "judge": found.judge,
        "rubrics": [{"name": side.rubric.name, "digest": side.rubric.digest} for side in found.sides],
        "diff": text_diff(found.sides[0].rubric, found.sides[1].rubric),
        "criteria": [dataclasses.asdict(row) for row in found.criteria],
        "scores": [dataclasses.asdict(row) for row in found.scores],
        "as_shares": list(found.shares),
        "moved": [_moved(move) for move in found.moved],
        "moved_scores": [_moved(move) for move in found.moved_scores],
        "missing": dict(zip("AB", found.missing, strict=True)),
    }
    write_whole(path, json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n")
    say(str(path))


def _moved(move: Move) -> dict[str, Any]:
    return {**move.key._asdict(), "name": move.name, "A": move.first, "B": move.second}

"""`judge rubrics try FILE --on RUN`: old and new verdicts of some answers side by side, and the cost of the rest."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from judge.case import Case
from judge.cli.foreseeing import find_in
from judge.cli.judges import Session, panels_of
from judge.cli.main import COMPLETE, ERRORS, INTERRUPTED, NOTHING
from judge.cli.rubric_bench import (
    Bill,
    Scene,
    cases_for,
    check_rubric,
    counted,
    forecast_of,
    heard,
    open_scene,
    session_of,
    warn_of_version,
)
from judge.cli.rubric_sides import side_by_side
from judge.cli.terminal import dollars, plural, say, warn
from judge.errors import NothingDone
from judge.evaluate import NOT_FAILURES
from judge.pool import Stop
from judge.records import Verdict
from judge.revision import Side, moves, text_diff
from judge.rubric import Rubric
from judge.score import Panel, current
from judge.shell import command
from judge.store import write_whole


def try_(options: argparse.Namespace) -> int:
    """Ask about the chosen answers, show them beside what was said before, and foresee the rest."""
    scene = open_scene(options)
    session = session_of(options, [options.name])
    try:
        panel = check_rubric(scene, panels_of(scene.opened, session, scene.folder.path)[:1], session)[0]
        cases = cases_for(panel, scene.cases)
        if not cases:
            raise NothingDone(f"{scene.folder.path} has no answer that could be judged")
        chosen, rest = _chosen(cases, options)
        old = _old_side(scene, panel, chosen)
        _head(scene, panel, old, counts=(len(chosen), len(cases)), seed=options.seed)
        if options.dry_run:
            say(f"  for these: {forecast_of(scene, [panel], session, cases=chosen)}; nothing was sent")
            _rest(panel, session, scene=scene, rest=rest)
            return COMPLETE
        return _tried(scene, panel, session, chosen=chosen, rest=rest, old=old)
    finally:
        if session.store is not None:
            session.store.close()


def _chosen(cases: Sequence[Case], options: argparse.Namespace) -> tuple[list[Case], list[Case]]:
    """The first ones, or with a seed random ones, in the run's order; and the others."""
    places = range(len(cases))
    if options.seed is not None:
        picked = set(random.Random(options.seed).sample(places, min(options.limit, len(cases))))
    else:
        picked = set(places[: options.limit])
    return [cases[at] for at in places if at in picked], [cases[at] for at in places if at not in picked]


def _old_side(scene: Scene, panel: Panel, cases: Sequence[Case]) -> Side | None:
    """What this judge said when the run was scored: by the rubric of the same name, else by the task's, else by any."""
    blocks = [block for block in (scene.summary.run["judges"] if scene.summary else []) if _is(block, panel)]
    task_rubric = scene.opened.task.rubric
    named = [block for block in blocks if block["rubric"] == panel.rubric.name]
    named = named or [block for block in blocks if block["rubric"] == task_rubric] or blocks
    if not named:
        return None
    block = named[0]
    rubric = Rubric.model_validate_json(json.dumps(block["rubric_spec"]))
    like = {"judge": block["name"], "rubric": rubric.digest, "method": block["method"]}
    said = current(scene.known, cases, like=like, rubric=rubric, panel=panel)
    return Side(rubric=rubric, verdicts=[verdict for group in said.values() for verdict in group])


def _is(block: dict[str, Any], panel: Panel) -> bool:
    return bool(block["name"] == panel.judge.name)


def _head(scene: Scene, panel: Panel, old: Side | None, *, counts: tuple[int, int], seed: int | None) -> None:
    new, (few, of) = panel.rubric, counts
    which = "the first" if seed is None else f"random, seed {seed}"
    say(f"{new.name} v{new.version} {new.digest[:8]} on {scene.folder.path} · judge {panel.judge.name}")
    say(f"  {few} of {plural(of, 'answer')} ({which}); nothing is written into the run")
    if old is None:
        judges = ", ".join(block["judge"] for block in scene.summary.run["judges"]) if scene.summary else ""
        have = f"it was judged by {judges}" if judges else "it has not been judged yet"
        say(f"  old: none by {panel.judge.name} ({have}): only the new verdicts are shown")
    elif old.rubric.digest == new.digest:
        say("  old: the same rubric (name, stages and scores): nothing to ask again")
    else:
        say(f"  old: {old.rubric.name} v{old.rubric.version} {old.rubric.digest[:8]}, as the run was scored")
        for line in text_diff(old.rubric, new):
            say(f"    {line}")
        warn_of_version(old.rubric, new)


def _tried(
    scene: Scene, panel: Panel, session: Session, *, chosen: Sequence[Case], rest: Sequence[Case], old: Side | None
) -> int:
    asking, tally = counted(panel, find_in(session))
    found, stop = heard(scene, [asking], session, cases=chosen)
    new = Side(rubric=panel.rubric, verdicts=found[0] if found else [])
    keys = [case.answer.key for case in chosen]
    for key in keys:
        say()
        for line in side_by_side(key, old, new):
            say(line)
    say()
    for line in _changes(old, new, count=len(keys)):
        say(line)
    _spent(tally, session)
    _rest(panel, session, scene=scene, rest=rest)
    if session.options.json:
        _write(Path(session.options.json), keys=keys, old=old, new=new)
    return _ended(stop, new.verdicts)


def _changes(old: Side | None, new: Side, *, count: int) -> list[str]:
    """By criterion: how many of the answers moved."""
    if old is None:
        return []
    ratings = new.ratings()
    before = {
        name: {key: value for key, value in by_key.items() if key in ratings.get(name, {})}
        for name, by_key in old.ratings().items()
    }
    found = moves(before, ratings)
    lines = []
    for name in ratings:
        if name not in before:
            lines.append(f"  {name}: new, nothing to compare it with")
            continue
        mine = [move.by for move in found if move.name == name]
        both = len(before[name])
        mean = f", mean change {sum(mine) / both:+.2f}" if mine else ""
        lines.append(
            f"  {name}: {len(mine)} of {both} changed{mean}"
            + (f" ({count - both} not rated by both)" if both < count else "")
        )
    return lines


def _spent(tally: Bill | None, session: Session) -> None:
    if tally is None:
        return
    kept = "kept in the cache: scoring with this rubric will not pay for them again"
    where = kept if session.store is not None else "NOT kept (--cache off): scoring will pay for them again"
    money = f", {dollars(tally.cost)}" if tally.cost else ""
    say(
        f"  {plural(tally.asked, 'call')} made ({tally.tokens:,} tokens{money}), {tally.stored} from the cache; {where}"
    )


def _rest(panel: Panel, session: Session, *, scene: Scene, rest: Sequence[Case]) -> None:
    """What the whole change would cost for the answers that were not tried."""
    if not rest:
        say("  no other answers: the whole run was tried")
    else:
        said = forecast_of(scene, [panel], session, cases=rest)
        say(f"  the other {plural(len(rest), 'answer')}: {said}")
    judge = session.options.judges[0] if session.options.judges else panel.judge.name
    words = ["--rubric", session.options.name, "--judge", judge, *_as_asked(session.options, panel)]
    say(f"  to score with it:  {command('score', scene.folder.path, *words)}")


def _as_asked(options: argparse.Namespace, panel: Panel) -> list[str]:
    """The options by which the judge was asked: with any other, nothing that was paid for would be found again."""
    given = {name: getattr(options, name) for name in ("model", "base_url", "accepts", "temperature", "cache", "data")}
    words = {name: value for name, value in given.items() if value is not None}
    words |= {"weigh": options.weigh} if options.weigh else {}
    words |= {"schema": options.schema} if options.schema != "auto" else {}
    words |= {"judge_repeats": panel.repeats} if panel.repeats > 1 else {}
    return [part for name, value in words.items() for part in (f"--{name.replace('_', '-')}", str(value))]


def _ended(stop: Stop, verdicts: Sequence[Verdict]) -> int:
    if stop.kind in ("halt", "budget"):
        warn(f"  stopped: {stop.reason}")
        return ERRORS if verdicts else NOTHING
    if stop.kind:
        return INTERRUPTED
    failed = [item for item in verdicts if item.problem and item.problem.kind not in NOT_FAILURES]
    for kind, message in sorted({(item.problem.kind, item.problem.message) for item in failed if item.problem})[:5]:
        warn(f"  not judged: {kind}: {message[:200]}")
    return ERRORS if failed else COMPLETE


def _write(path: Path, *, keys: Sequence[Any], old: Side | None, new: Side) -> None:
    """Everything that was compared, as JSON."""
    body = {
        "rubric": {"name": new.rubric.name, "digest": new.rubric.digest},
        "old": {"name": old.rubric.name, "digest": old.rubric.digest} if old else None,
        "answers": [
            {
                "key": key._asdict(),
                "old": [item.model_dump(mode="json") for item in (old.verdicts if old else ()) if item.key == key],
                "new": [item.model_dump(mode="json") for item in new.verdicts if item.key == key],
            }
            for key in keys
        ],
    }
    write_whole(path, json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n")
    say(str(path))

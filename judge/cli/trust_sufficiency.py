"""`judge trust sufficiency`: do a run's reasons alone, with every label hidden, lead a reader to its answers?"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import judge
from judge.agent import AgentJudge, why_unread
from judge.asking import again_messages
from judge.cli.foreseeing import find_in, questions_for
from judge.cli.judges import Session, judge_named
from judge.cli.main import COMPLETE
from judge.cli.signals import catching
from judge.cli.terminal import Progress, dollars, plural, say, table
from judge.cli.trust_apart import Apart, between, ended, let_go, opened_run, percent, session_of
from judge.errors import NothingDone, UsageError
from judge.masking import mask_of
from judge.parse.thinking import split_thinking
from judge.parse.verdicts import Unreadable
from judge.pool import Stop, run_all
from judge.records import Problem
from judge.store import write_whole
from judge.trust import sufficiency as core
from judge.trust.sufficiency import Rationale, Reading, Sufficiency
from providers.records import Message, Reply, Request


class Question(NamedTuple):
    """One text with the labels that it may lead to; equal ones are asked once."""

    text: str
    labels: tuple[tuple[str, tuple[str, ...]], ...]


def sufficiency(options: argparse.Namespace) -> int:
    """Read, ask, compute, print."""
    apart = opened_run(options)
    task = apart.opened.task
    if core.field_of(task) is None:
        raise UsageError(f"{task.name} is answered neither by one label nor by one option: there is nothing to name")
    found, left_out = core.rationales(task, apart.items)
    if not found:
        why = ", ".join(f"{kind} {count}" for kind, count in left_out.most_common())
        raise NothingDone(f"{apart.folder.path}: no answer with reasons and a label ({why}). Nothing was sent.")
    own = [_question(apart, each, reasons=each) for each in found]
    targets = {
        place: target for place, target in enumerate(core.pairing(found, options.draw_seed)) if target is not None
    }
    other = {place: _question(apart, found[target], reasons=found[place]) for place, target in targets.items()}
    with session_of(options) as session:
        reader = judge_named(options.judge, session)
        if not isinstance(reader, AgentJudge):
            raise UsageError(f"--judge {options.judge}: it reads no text; give a provider with a model")
        if reader.extractor is not None:
            raise UsageError(f"--judge {options.judge}: no steps are extracted here: give one model")
        questions = list(dict.fromkeys([*own, *other.values()]))
        asked = [_request(reader, core.messages(each.text, list(dict(each.labels))), each.labels) for each in questions]
        say(f"to ask: {questions_for(reader, asked, find_in(session))}")
        if options.dry_run:
            return COMPLETE
        readings, stop, cost = _ask(reader, questions, session)
    waiting = Problem(stage="call", kind="not_asked")
    result = core.sufficiency(
        found,
        own=[readings.get(question, waiting) for question in own],
        targets=targets,
        other={place: readings.get(question, waiting) for place, question in other.items()},
    )
    _print(apart, reader, result=result, left_out=left_out)
    if cost:
        say(f"  cost {dollars(cost)}")
    if options.json:
        write_whole(Path(options.json), _json(apart, reader, result=result, left_out=left_out))
        say(options.json)
    return ended(
        stop,
        line=options.line,
        failures=result.failed + result.unparsed + result.control_failed + result.control_unparsed,
        said=result.n > 0,
    )


def _question(apart: Apart, each: Rationale, *, reasons: Rationale) -> Question:
    """Reasons for a choice from this item's labels, which are masked in them as well as their own."""
    text = mask_of(apart.opened.task, each.item.sample).hide(reasons.text)
    return Question(text, tuple((label, tuple(aliases)) for label, aliases in each.labels.items()))


def _ask(
    reader: AgentJudge, questions: Sequence[Question], session: Session
) -> tuple[dict[Question, Reading], Stop, float]:
    """The reading of each question, how it ended, and what it cost in US dollars."""
    bill: list[float] = []
    readings: dict[Question, Reading] = {}
    progress = Progress()

    async def done(question: Question, said: Reading) -> None:
        readings[question] = said
        progress.show(f"{reader.name}: read {len(readings)} of {len(questions)}")

    async def work(question: Question) -> Reading:
        return await _read(reader, question, bill)

    async def main() -> Stop:
        stop = Stop()
        concurrency = session.options.concurrency or reader.provider.info.limits.concurrency
        with catching(stop):
            await run_all(questions, work, done=done, concurrency=concurrency, stop=stop, stage="judge")
        await let_go(session)
        return stop

    try:
        stop = asyncio.run(main())
        return readings, stop, sum(bill)
    finally:
        progress.clear()


async def _read(reader: AgentJudge, question: Question, bill: list[float]) -> Reading:
    """One reading; once more where it could not be read."""
    labels = dict(question.labels)
    asked = core.messages(question.text, list(labels))
    reply = await _call(reader, asked, labels)
    for last in (False, True):
        bill.append(0.0 if reply.cached else reply.usage.cost or 0.0)
        if reply.finish == "refused":
            return Problem(stage="judge", kind="refused", message=reply.text[:200])
        said = split_thinking(reply.text)[0]
        try:
            return core.read_label(said, labels)
        except Unreadable as error:
            why = why_unread(reply, error)
            if last:
                return Unreadable(why)
            reply = await _call(reader, again_messages(asked, said=said, why=why), labels)
    raise AssertionError("unreachable")


def _request(reader: AgentJudge, asked: tuple[Message, ...], labels: Iterable[tuple[str, tuple[str, ...]]]) -> Request:
    info = reader.provider.info
    schema = core.schema_of([label for label, _ in labels]) if reader.structured else None
    return Request(
        provider=info.identity, model=info.model, messages=asked, sampling=reader.sampling, answer_schema=schema
    )


async def _call(reader: AgentJudge, asked: tuple[Message, ...], labels: Mapping[str, tuple[str, ...]]) -> Reply:
    return await reader.provider.generate(_request(reader, asked, labels.items()))


def _print(apart: Apart, reader: AgentJudge, *, result: Sufficiency, left_out: Counter[str]) -> None:
    total = len(apart.items)
    run = apart.folder.path.name
    read = result.n + result.unparsed + result.failed
    say(f"{run} · read by {reader.name} · {read} of {plural(total, 'answer')} give reasons and one label")
    rows = [
        ["  the reasons lead to their own answer", percent(result.score and result.score.value), between(result.score)]
    ]
    rows[0].append(f"n {result.n}")
    control = result.control
    rows.append(["  ... to the answer of another item", percent(control and control.value), between(control)])
    rows[1].append(f"n {result.control_n}")
    apart_by = result.difference
    rows.append(
        ["  difference, paired", percent(apart_by and apart_by.value), between(apart_by), f"n {result.control_n}"]
    )
    rows.append(["  chance: one of the labels", percent(result.chance), "", ""])
    if result.by_margins is not None:
        rows.append(["  chance: by how often each is named", percent(result.by_margins), "", ""])
    for line in table(rows, right=frozenset({1})):
        say(line)
    counted = [
        ("lead nowhere (cannot_judge)", result.abstained),
        ("not read", result.unparsed),
        ("failed", result.failed),
        ("of the control not read", result.control_unparsed),
        ("of the control failed", result.control_failed),
    ]
    parts = [f"{count} {name}" for name, count in counted if count]
    parts += [f"{count} left out: {kind}" for kind, count in left_out.most_common()]
    if parts:
        say(f"  {' · '.join(parts)}")
    if result.reason:
        say(f"  {result.reason}")


def _json(apart: Apart, reader: AgentJudge, *, result: Sufficiency, left_out: Counter[str]) -> str:
    values: dict[str, Any] = {
        name: value._asdict() if hasattr(value, "_asdict") else value
        for name, value in ((field.name, getattr(result, field.name)) for field in dataclasses.fields(result))
    }
    body = {
        "schema": 1,
        "kind": "sufficiency",
        "judge_version": judge.__version__,
        "run": apart.folder.path.name,
        "judge": reader.name,
        "method": f"{reader.method}-{core.VERSION}",
        "left_out": dict(left_out),
        **values,
    }
    return json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n"

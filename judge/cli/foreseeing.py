"""What hearings would take before any of them is made: calls, tokens, money; and what of it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from judge.agent import AgentJudge
from judge.case import Case
from judge.cli.judges import Session
from judge.cli.progress import told
from judge.definitions import Task
from judge.rehearsal import Find, Rehearsal, Wrap, foreseen, rehearse
from judge.roles import EXTRACT, RATE, Extractor
from judge.rubric import Rubric
from providers.records import Info, Request


class Waiting(NamedTuple):
    """A hearing that is still to be made."""

    rubric: Rubric
    case: Case
    draw: int = 0
    wrap: Wrap | None = None
    """What stands between judge and provider, and changes the questions on their way."""


def find_in(session: Session) -> Find:
    """Looks a reply up in the cache; finds nothing where there is none."""
    store = session.store
    return (lambda _: None) if store is None else store.get


def calls_for(judge: AgentJudge, waiting: Sequence[Waiting], *, task: Task, find: Find) -> str:
    """Estimated 16 calls, 13k tokens, $0.06: a call that is stored, or that two hearings share, is made once.

    Of two models, each by itself: they have prices of their own.
    """

    async def rehearsed() -> list[Rehearsal]:
        return [await rehearse(judge, one.rubric, one.case, find=find, draw=one.draw, wrap=one.wrap) for one in waiting]

    stages = asyncio.run(rehearsed())
    missing = {request.key: request for stage in stages for request in stage.missing}
    stored = {request.key for stage in stages for request in stage.asked} - set(missing)
    frames = task.media.frames.count
    told_of = [
        name + told(foreseen(own, info=one.provider.info, sampling=one.sampling, frames=frames), one.provider.info)
        for name, one, own in _shares(judge, list(missing.values()))
    ]
    more = f"; {len(stored):,} more are in the cache" if stored else ""
    if any(one.rubric.shows("frames") or one.rubric.shows("audio") for one in waiting):
        more += "; what is stored of calls with frames or sound is not looked up: it may be fewer"
    return "; ".join(told_of) + more


def _shares(
    judge: AgentJudge, requests: Sequence[Request]
) -> list[tuple[str, AgentJudge | Extractor, Sequence[Request]]]:
    """What is asked of each model of a judge, with the model's part."""
    other = judge.extractor
    if other is None:
        return [("", judge, requests)]
    who = (other.provider.info.identity, other.provider.info.model)
    theirs = [one for one in requests if (one.provider, one.model) == who]
    ours = [one for one in requests if (one.provider, one.model) != who]
    return [(f"{EXTRACT[:-1]}: ", other, theirs), (f"{RATE[:-1]}: ", judge, ours)]


def questions_for(judge: AgentJudge, requests: Sequence[Request], find: Find) -> str:
    """The same of questions that are known word for word."""
    missing = {request.key: request for request in requests if find(request.key) is None}
    info: Info = judge.provider.info
    found = foreseen(list(missing.values()), info=info, sampling=judge.sampling, frames=0)
    stored = len({request.key for request in requests}) - len(missing)
    return told(found, info) + (f"; {stored:,} more are in the cache" if stored else "")

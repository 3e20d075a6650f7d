"""A hearing without its judge: which calls it would make, which replies to them are stored, what the rest would cost.

Nothing is sent. Where a reply's steps are not known yet, its sentences stand in for them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence

from judge.agent import WEIGHING, AgentJudge
from judge.asking import FRAMES
from judge.case import Case, Hearing, split_steps
from judge.forecast import IMAGE_TOKENS, Forecast, text_tokens
from judge.rubric import Rubric
from providers.errors import Permanent
from providers.records import Info, Provider, Reply, Request, Sampling

NOT_ASKED = "not_asked"
REPLY_TOKENS = 250
"""Assumed of a judge's verdict; what it says of several steps is longer, of one criterion shorter."""
Wrap = Callable[[Provider], Provider]
Find = Callable[[str], Reply | None]
"""The stored reply of a request's key."""


class Rehearsal:
    """A provider that serves what is stored, sends nothing, and keeps what it was asked."""

    def __init__(self, info: Info, find: Find, *, steps: Sequence[str] | None = None) -> None:
        """`steps` are given where they are asked for and none are stored; None: such a call fails like any other."""
        self.info = info
        self.asked: list[Request] = []
        self.missing: list[Request] = []
        """Of them, those whose reply is not stored."""
        self._find = find
        self._steps = steps

    def beside(self, info: Info) -> Rehearsal:
        """In place of another provider: what it is asked is kept with this one's."""
        other = Rehearsal(info, self._find, steps=self._steps)
        other.asked, other.missing = self.asked, self.missing
        return other

    async def generate(self, request: Request) -> Reply:
        """The stored reply, or the guess of the steps; else a failure whose kind is `not_asked`."""
        self.asked.append(request)
        stored = self._find(request.key)
        if stored is not None:
            return stored.model_copy(update={"cached": True})
        self.missing.append(request)
        if self._steps is not None and asks_for_steps(request):
            return Reply(text=json.dumps({"steps": list(self._steps)}), model=self.info.model, cached=True)
        raise Permanent("no reply to it is stored", model=self.info.model, kind=NOT_ASKED)

    async def close(self) -> None:
        """There is nothing to close."""


def asks_for_steps(request: Request) -> bool:
    """By the last line of the prompt, which is ours: what a reply holds stands further up, between marks."""
    return request.messages[-1].text.rsplit("\n", 1)[-1].startswith('Reply with JSON only: {"steps"')


def _of_steps(request: Request) -> bool:
    return '{"ratings": [' in request.messages[-1].text.rsplit("\n\n", 1)[-1]


def guessed_steps(case: Case) -> list[str]:
    """The sentences of the reasoning, and the answer as the last step."""
    return [*split_steps(case.parsed.reasoning), case.parsed.region or "(no answer)"]


async def rehearse(
    judge: AgentJudge, rubric: Rubric, case: Case, *, find: Find, draw: int = 0, wrap: Wrap | None = None
) -> Rehearsal:
    """All calls of one hearing, rendered as they would be sent; no frames are made for it."""
    stage = Rehearsal(judge.provider.info, find, steps=guessed_steps(case))
    other = judge.extractor
    if other is not None:
        other = dataclasses.replace(other, provider=stage.beside(other.provider.info))
    provider = wrap(stage) if wrap else stage
    stand_in = dataclasses.replace(judge, provider=provider, extractor=other, attach=None, listen=None)
    await stand_in.rate(Hearing(judge=judge.name, rubric=rubric, case=case, draw=draw, method=judge.method))
    if judge.weighed:  # each rating that is still to be made is followed by the question for its probabilities
        whole = [request for request in stage.missing if request.choices is None and not asks_for_steps(request)]
        rated = [request for request in whole if not _of_steps(request)]
        stage.missing += [request.model_copy(update={"choices": ("1",), "sampling": WEIGHING}) for request in rated]
    return stage


def foreseen(missing: Sequence[Request], *, info: Info, sampling: Sampling, frames: int) -> Forecast:
    """What calls that are still to be made would take; `frames` pictures go with each prompt that shows any."""
    into = sum(sum(text_tokens(message.text) for message in request.messages) for request in missing)
    into += sum(frames * IMAGE_TOKENS for request in missing if FRAMES in request.messages[-1].text)
    longest = [request.sampling.max_tokens or sampling.max_tokens for request in missing]
    out = sum(min(REPLY_TOKENS, limit or REPLY_TOKENS) for limit in longest)
    price = info.price
    cost = (into * price.input + out * price.output) / 1e6 if price else None
    most = None
    if price and (price.longest or all(longest)):
        most = (into * price.input + sum(limit or price.longest or 0 for limit in longest) * price.output) / 1e6
    return Forecast(calls=len(missing), input_tokens=into, output_tokens=out, cost=cost, most=most)

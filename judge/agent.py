"""The judge agent: a model extracts the steps of a reply, rates each on the evidence, then rates the whole.

Evidence before reason before score; an unreadable verdict is asked for once more, then it is a Problem. Every
call goes through the same cache, retries and limits as the calls to models under test.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from judge import asking
from judge.case import Hearing, lines_of
from judge.entries import digest
from judge.judged_schema import rating_schema, steps_schema
from judge.media.orders import Unusable
from judge.parse.blocks import read_block, read_step_list
from judge.parse.thinking import split_thinking
from judge.parse.verdicts import Rating, Unreadable, read_rating, read_ratings
from judge.pool import problem_of
from judge.prompts import Attached
from judge.records import Problem, Sample, Verdict
from judge.roles import Extractor
from judge.rubric import EXTRACT, LAST, SAID, Stage
from providers.errors import CacheUnusable, Halt, ProviderError
from providers.records import UNLISTED, Message, Provider, Reply, Request, Sampling

Attach = Callable[[Sample], Awaitable[Attached]]
Read = TypeVar("Read")
WEIGHING = Sampling(temperature=1.0, max_tokens=1)
"""Of the question for probabilities: at any other temperature they would not be the model's own."""
WHOLE = 6
"""Decimals of what is made of probabilities: more of them are noise."""
SAID_CUT = 4000
"""Characters of an unreadable reply that are kept, for a person to look at."""
LEAST_MASS = 0.5
"""Of the probability, on points of the scale: below it the model meant to say something else."""
CUT_OFF = "the judge was cut off at its token limit before a whole verdict: raise max_tokens of its sampling"


class Failed(Exception):
    """A verdict that was not got; carries the Problem."""

    def __init__(self, problem: Problem, said: str = "") -> None:
        """The problem says at which stage and why; `said` is what the judge replied and could not be read."""
        super().__init__(problem.message)
        self.problem = problem
        self.said = said if len(said) <= SAID_CUT else f"{said[:SAID_CUT]}..."


def _lacking(kind: str, message: str) -> Failed:
    return Failed(Problem(stage="judge", kind=kind, message=message))


def why_unread(reply: Reply, error: Unreadable) -> str:
    """Why a judge's reply holds no verdict: cut off at its token limit, or what the reader says."""
    return CUT_OFF if reply.finish == "length" else str(error)


def unread(reply: Reply, error: Unreadable) -> Problem:
    """The problem of a verdict that could not be read twice: `truncated` is a kind of its own."""
    kind = "truncated" if reply.finish == "length" else "unreadable"
    return Problem(stage="judge", kind=kind, message=why_unread(reply, error))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AgentJudge:
    """A model as a judge; or two, of which one extracts the steps."""

    name: str
    provider: Provider
    sampling: Sampling
    look: str = ""
    """Digest of how frames are chosen, where it is shown any."""
    attach: Attach | None = None
    """Makes the frames of a sample, where its rubric shows them; raises Unusable."""
    listen: Attach | None = None
    """Makes its sound."""
    structured: bool = False
    """Its verdicts are held to a JSON schema."""
    weighed: bool = False
    """Ratings of whole answers are the mean of the scale by its own probabilities."""
    extractor: Extractor | None = None

    @property
    def method(self) -> str:
        """Its sampling, its server, the version of our prompts, how frames are chosen, by a schema, who extracts."""
        body: list[object] = [self.sampling.sent(), self.provider.info.identity, asking.VERSION]
        body += [self.look] if self.look else []
        body += ["structured"] if self.structured else []
        body += [self.extractor.method] if self.extractor else []
        return digest([*body, "weighed"] if self.weighed else body)[:12]

    def through(self, around: Callable[[Provider], Provider]) -> AgentJudge:
        """The same judge with something between it and every provider of its."""
        other = self.extractor
        other = None if other is None else dataclasses.replace(other, provider=around(other.provider))
        return dataclasses.replace(self, provider=around(self.provider), extractor=other)

    async def rate(self, hearing: Hearing) -> tuple[Verdict, ...]:
        """Extract, then rate by every stage of the rubric; a failed stage does not take the others with it."""
        session = _Session(agent=self, hearing=hearing)
        try:
            steps = await session.extract() if hearing.rubric.extracts else []
        except Failed as failed:
            names = [stage.name for stage in hearing.rubric.rated()]
            names += [LAST] if any(stage.last for stage in hearing.rubric.rated()) else []
            lost = session.verdict(criterion=EXTRACT, problem=failed.problem, reason=failed.said)
            session.forget()
            return (lost, *(session.verdict(criterion=name, problem=failed.problem) for name in names))
        verdicts = [
            session.verdict(criterion=EXTRACT, step=number, claim=step) for number, step in enumerate(steps, start=1)
        ]
        session.forget()
        for stage in hearing.rubric.rated():
            if stage.last is not None:
                verdicts += await session.rate_chain(stage, steps)
                continue
            rated = steps if hearing.rubric.by_line else steps[:-1]  # the last step is the answer: see recognition
            try:
                verdicts += await session.rate(stage, rated)
            except Failed as failed:
                verdicts.append(session.verdict(criterion=stage.name, problem=failed.problem, reason=failed.said))
        return tuple(verdicts)


@dataclasses.dataclass(slots=True, kw_only=True)
class _Session:
    """The calls behind one hearing; each dollar is written into one verdict only."""

    agent: AgentJudge
    hearing: Hearing
    cost: float | None = None
    seconds: float | None = None
    said: list[str] = dataclasses.field(default_factory=list)
    """The judge's own words of this stage."""
    model: str = ""
    """The id of the model that answered last."""
    asked: AgentJudge | Extractor | None = None
    """Who is asked in the judge's place."""

    def verdict(self, **fields: object) -> Verdict:
        (cost, self.cost), (seconds, self.seconds) = (self.cost, None), (self.seconds, None)
        return self.hearing.verdict(cost=cost, seconds=seconds, returned_model=self.model, **fields)

    def forget(self) -> None:
        """After the steps: where another model rates, that one has not answered yet."""
        self.model = self.model if self.agent.extractor is None else ""

    async def extract(self) -> list[str]:
        case = self.hearing.case
        if self.hearing.rubric.by_line:
            return lines_of(case.reply) or ["(no answer)"]
        if case.reply.strip() and not case.parsed.reasoning.strip():
            return [case.parsed.region or case.reply]  # a bare answer is one step; no call is needed to see it
        messages = asking.extract_messages(self.hearing.rubric, case)
        self.asked = self.agent.extractor
        try:
            return await self._ask(messages, read_step_list, schema=steps_schema())
        finally:
            self.asked = None

    async def rate(self, stage: Stage, steps: list[str]) -> list[Verdict]:
        if stage.rate == "steps" and not steps:
            return []
        scale = tuple(stage.scale or {})
        messages = await self._with_media(stage, asking.rate_messages(self.hearing, stage, steps=steps))
        schema = rating_schema(self.hearing.rubric, stage)
        if stage.rate == "answer":
            rating = await self._ask(messages, lambda text: read_rating(text, scale), schema=schema)
            weights = await self._weigh(stage, messages, rating) if self.agent.weighed else {}
            return [self._rated(stage, rating, **weights)]
        ratings = await self._ask(messages, lambda text: read_ratings(text, scale, count=len(steps)), schema=schema)
        pairs = zip(steps, ratings, strict=True)
        return [
            self._rated(stage, rating, step=number, claim=step) for number, (step, rating) in enumerate(pairs, start=1)
        ]

    async def _weigh(self, stage: Stage, messages: tuple[Message, ...], rating: Rating) -> dict[str, float]:
        """The mean of the scale by the probabilities of its points, given the grounds that were given.

        G-Eval, arXiv 2303.16634, section 2: sum of p(s) x s, over the points' share of the probability.
        """
        if rating.score is None:
            return {}
        levels = asking.levels_of(stage)
        asked = asking.weigh_messages(messages, stage, evidence=rating.evidence, reason=rating.reason)
        reply = await self._reply(asked, WEIGHING, choices=tuple(levels))
        shares = [math.exp(one) if one > UNLISTED else 0.0 for one in reply.choices or ()]
        mass = min(1.0, sum(shares))
        if mass < LEAST_MASS:
            text = f"only {mass:.0%} of the probability lies on points of the scale"
            raise _lacking("off_scale", text)
        expected = sum(share * point for share, point in zip(shares, levels.values(), strict=True)) / sum(shares)
        return {"expected": round(expected, WHOLE), "mass": round(mass, WHOLE)}

    async def rate_chain(self, stage: Stage, steps: list[str]) -> list[Verdict]:
        """All steps in one score block; the judge's own words are kept, for those who read them otherwise."""
        self.said.clear()
        whole = self.hearing.case.gold_count
        try:
            messages = await self._with_media(stage, asking.chain_messages(self.hearing, stage, steps=steps))
            ratings = await self._ask(
                messages, lambda text: read_block(text, count=len(steps), whole=whole), form=asking.BLOCK
            )
        except Failed as failed:
            rated = [self.verdict(criterion=name, problem=failed.problem) for name in (stage.name, LAST)]
        else:
            pairs = enumerate(zip(steps, ratings, strict=True), start=1)
            abstained = Problem(stage="judge", kind="cannot_judge")
            rated = [
                self.verdict(
                    criterion=LAST if number == len(steps) else stage.name,
                    step=number,
                    claim=step,
                    score=one,
                    problem=abstained if one is None else None,
                )
                for number, (step, one) in pairs
            ]
        said = enumerate(self.said, start=1)
        return rated + [self.verdict(criterion=SAID, step=number, reason=text) for number, text in said]

    async def _with_media(self, stage: Stage, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """The clip's frames and its sound before the text, where this stage sees and hears them."""
        case, sees = self.hearing.case, self.hearing.rubric.sights(stage)
        if case.withheld:
            return messages
        if "transcript" in sees and not case.transcript:
            raise _lacking("no_transcript", "the item has no words and no notes to show")
        media, manifest = messages[-1].media, messages[-1].manifest
        for sight, make in (("frames", self.agent.attach), ("audio", self.agent.listen)):
            if sight not in sees or make is None:
                continue
            try:
                made = await make(case.sample)
            except Unusable as error:
                raise _lacking(f"no_{sight}", error.message) from error
            if not made.media:
                raise _lacking(f"no_{sight}", "the item has no clip to show")
            media, manifest = (*media, *made.media), (*manifest, *made.manifest)
        return (*messages[:-1], messages[-1].model_copy(update={"media": media, "manifest": manifest}))

    def _rated(self, stage: Stage, rating: Rating, **fields: object) -> Verdict:
        abstained = Problem(stage="judge", kind="cannot_judge", message=rating.reason[:200])
        problem = abstained if rating.score is None else None
        return self.verdict(criterion=stage.name, problem=problem, **rating._asdict(), **fields)

    async def _ask(
        self, messages: tuple[Message, ...], read: Callable[[str], Read], *, form: str = asking.JSON, schema: str = ""
    ) -> Read:
        """Ask, read, and ask once more where it could not be read."""
        reply = await self._call(messages, schema)
        said = self._heard(reply)
        try:
            return read(said)
        except Unreadable as first:
            again = asking.again_messages(messages, said=said, why=why_unread(reply, first), form=form)
            reply = await self._call(again, schema)
            said = self._heard(reply)
        try:
            return read(said)
        except Unreadable as second:
            raise Failed(unread(reply, second), said) from second

    def _heard(self, reply: Reply) -> str:
        """The judge's words without its thoughts; they are kept."""
        self.said.append(split_thinking(reply.text)[0])
        return self.said[-1]

    def _owner(self) -> str:
        """This hearing of this answer: a reply that it paid for before a kill is its own when it comes back."""
        hearing = self.hearing
        key = hearing.case.answer.key
        parts = [hearing.case.payer, hearing.rubric.digest, str(hearing.attempt), key.variant, str(key.draw)]
        parts += [hearing.judge] if self.agent.extractor else []  # which several judges may share
        return "|".join([*parts, key.sample_id])

    async def _call(self, messages: tuple[Message, ...], schema: str) -> Reply:
        reply = await self._reply(messages, (self.asked or self.agent).sampling, schema=schema)
        if reply.finish == "refused":
            raise Failed(Problem(stage="judge", kind="refused", message=reply.text[:200]))
        return reply

    async def _reply(
        self,
        messages: tuple[Message, ...],
        sampling: Sampling,
        *,
        schema: str = "",
        choices: tuple[str, ...] | None = None,
    ) -> Reply:
        asked = self.asked or self.agent
        provider = asked.provider
        request = Request(
            provider=provider.info.identity,
            model=provider.info.model,
            messages=messages,
            sampling=sampling,
            answer_schema=schema if schema and asked.structured else None,
            choices=choices,
            draw=self.hearing.draw,
            owner=self._owner() if self.hearing.case.payer else "",
        )
        try:
            reply = await provider.generate(request)
        except (Halt, CacheUnusable):
            raise
        except ProviderError as error:
            raise Failed(problem_of(error, "judge")) from error
        if not reply.cached:
            self.seconds = round((self.seconds or 0.0) + reply.seconds, 3)
        if not reply.cached and reply.usage.cost is not None:
            self.cost = (self.cost or 0.0) + reply.usage.cost
        self.model = reply.model
        return reply

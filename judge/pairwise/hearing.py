"""Asks a judge of each pair twice, once in each order; what failed is a Problem, what stands is not asked again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from judge import asking as judge_asking
from judge.agent import unread
from judge.entries import digest
from judge.evaluate import NOT_FAILURES
from judge.pairwise import asking
from judge.pairwise.reading import Choice, read_choice
from judge.pairwise.records import ORDERS, Comparison, Order, Pair, Place, side_of
from judge.parse.thinking import split_thinking
from judge.parse.verdicts import Unreadable
from judge.pool import Stop, problem_of, run_all
from judge.records import Problem, Sampling
from judge.rubric import Rubric
from judge.store import Appender
from judge.writing import BatchWriter
from providers.errors import CacheUnusable, Halt, ProviderError
from providers.records import Message, Provider, Reply, Request


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PairJudge:
    """One model that compares by one rubric."""

    name: str
    provider: Provider
    sampling: Sampling
    rubric: Rubric
    repeats: int = 1

    @property
    def method(self) -> str:
        """Its sampling, its server, and the version of our prompts."""
        return digest([self.sampling.sent(), self.provider.info.identity, "pair", asking.VERSION])[:12]

    def owns(self, line: Comparison) -> bool:
        """True for what this judge said by this rubric."""
        return (line.judge, line.method, line.rubric_digest) == (self.name, self.method, self.rubric.digest)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One pair in one order, asked once or again."""

    pair: Pair
    order: Order
    draw: int = 0
    attempt: int = 1

    @property
    def place(self) -> Place:
        """Which comparison it is."""
        return self.pair.id, self.order, self.draw


@dataclasses.dataclass(slots=True, kw_only=True)
class _Session:
    """The calls behind one comparison."""

    judge: PairJudge
    look: Look
    cost: float | None = None
    model: str = ""

    def line(self, *, choice: Choice | None = None, problem: Problem | None = None) -> Comparison:
        judge, look = self.judge, self.look
        slot = choice.slot if choice is not None else None
        return Comparison(
            pair=look.pair.id,
            shown=look.pair.digest,
            order=look.order,
            draw=look.draw,
            judge=judge.name,
            method=judge.method,
            rubric=judge.rubric.name,
            rubric_digest=judge.rubric.digest,
            attempt=look.attempt,
            evidence=choice.evidence if choice else "",
            reason=choice.reason if choice else "",
            slot=slot,
            better=side_of(slot, look.order),
            confidence=choice.confidence if choice else None,
            problem=problem,
            model=self.model,
            cost=self.cost,
        )

    async def compare(self) -> Comparison:
        """Ask, read, and ask once more where it could not be read."""
        messages = asking.pair_messages(self.judge.rubric, self.look.pair, self.look.order)
        failure = Problem(stage="judge", kind="unreadable")
        for _ in range(2):
            reply = await self._call(messages)
            if isinstance(reply, Problem):
                return self.line(problem=reply)
            said = split_thinking(reply.text)[0]
            try:
                choice = self._read(said)
            except Unreadable as error:
                failure = unread(reply, error)
                messages = judge_asking.again_messages(messages, said=said, why=failure.message, form=asking.FORM)
                continue
            abstained = Problem(stage="judge", kind="cannot_judge", message=choice.reason[:200])
            return self.line(choice=choice, problem=abstained if choice.slot is None else None)
        return self.line(problem=failure)

    def _read(self, said: str) -> Choice:
        stage = self.judge.rubric.pairwise
        return read_choice(said, tie=stage is not None and stage.tie is not None)

    async def _call(self, messages: tuple[Message, ...]) -> Reply | Problem:
        provider = self.judge.provider
        info = provider.info
        request = Request(
            provider=info.identity,
            model=info.model,
            messages=messages,
            sampling=self.judge.sampling,
            draw=self.look.draw,
        )
        try:
            reply = await provider.generate(request)
        except (Halt, CacheUnusable):
            raise
        except ProviderError as error:
            return problem_of(error, "judge")
        self.model = reply.model
        if not reply.cached and reply.usage.cost is not None:
            self.cost = (self.cost or 0.0) + reply.usage.cost
        return Problem(stage="judge", kind="refused", message=reply.text[:200]) if reply.finish == "refused" else reply


def standing(line: Comparison) -> bool:
    """True where nothing failed: a verdict, or an abstention."""
    return line.problem is None or line.problem.kind in NOT_FAILURES


async def hear_pairs(
    judge: PairJudge,
    pairs: Sequence[Pair],
    *,
    known: Sequence[Comparison],
    log: Appender,
    stop: Stop,
    on_progress: Callable[[int, int], None],
) -> list[Comparison]:
    """Every comparison that holds, by pair, repeat and order: on file, or new and written before it counts."""
    shown = {pair.id: pair.digest for pair in pairs}
    said = {line.place: line for line in known if judge.owns(line) and shown.get(line.pair) == line.shown}
    every = [
        Look(pair=pair, order=order, draw=draw) for pair in pairs for draw in range(judge.repeats) for order in ORDERS
    ]
    looks = [
        dataclasses.replace(look, attempt=1 + said[look.place].attempt if look.place in said else 1)
        for look in every
        if look.place not in said or not standing(said[look.place])
    ]
    writer = BatchWriter(log)
    heard = 0

    async def done(look: Look, outcome: Comparison | Problem) -> None:
        nonlocal heard
        line = outcome if isinstance(outcome, Comparison) else _Session(judge=judge, look=look).line(problem=outcome)
        await writer.add([line])
        said[line.place] = line
        heard += 1
        on_progress(heard, len(looks))

    async def work(look: Look) -> Comparison:
        return await _Session(judge=judge, look=look).compare()

    concurrency = judge.provider.info.limits.concurrency
    await run_all(looks, work, done=done, concurrency=concurrency, stop=stop, stage="judge")
    return [said[look.place] for look in every if look.place in said]

"""Task + Provider to answers.jsonl: asks every sample that is not answered yet, and stores raw replies.

Nothing is parsed here but what a later ask needs. Order of writing: cache commit (in the provider), answer
line (append, fsync), then progress.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from judge import prompts
from judge.definitions import Ask, Task, Variant
from judge.media.orders import Unusable
from judge.parse.reply import answer_text
from judge.parse.thinking import split_thinking
from judge.pool import Stop, problem_of, run_all
from judge.prompts import Asking, Attached
from judge.records import Answer, AskReply, Key, Problem, Sample, Sampling, Status
from judge.schema import schema_of
from judge.statuses import was_called
from judge.store import Appender
from judge.writing import BatchWriter
from providers.errors import CacheUnusable, Halt, ProviderError
from providers.records import Info, Reply, Request
from providers.records import Provider as ProviderProtocol

Attach = Callable[[Sample], Awaitable[Attached]]
"""Makes what is sent beside a sample's text; raises Unusable."""
PASSING = frozenset({"rate_limit", "overloaded", "server", "connection", "timeout", "bad_response", "expired"})
"""Kinds of failure that a sweep at the end tries once more."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to ask and how."""

    how: Asking
    sampling: Sampling
    info: Info
    structured: bool = False
    """Hold answers that are read as JSON to a schema."""
    attach: Attach | None = None
    """None where nothing is sent beside the text."""
    payer: str = ""
    """Names this run: a reply that it paid for and lost sight of in a kill is its own when it comes back."""

    @property
    def task(self) -> Task:
        """Whose samples are asked."""
        return self.how.task

    @property
    def variant(self) -> Variant:
        """Which of its prompts."""
        return self.how.variant


@dataclasses.dataclass(slots=True, kw_only=True)
class Tally:
    """What has happened so far; progress shows it and the run's end reports it."""

    total: int
    statuses: Counter[Status] = dataclasses.field(default_factory=Counter)
    cached: int = 0
    cost: float = 0.0
    unpriced: int = 0
    """Calls without a known price."""
    extra_calls: int = 0
    models: Counter[str] = dataclasses.field(default_factory=Counter)
    notes: Counter[str] = dataclasses.field(default_factory=Counter)
    errors: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, answer: Answer) -> None:
        """Count one answer that is on disk."""
        self.statuses[answer.status] += 1
        if answer.problem is not None:
            self.errors[f"{answer.problem.kind}: {answer.problem.message}"] += 1
        fresh = [reply for reply in answer.replies if not reply.cached]
        self.cached += bool(answer.replies) and not fresh
        for reply in answer.replies:
            self.models[reply.model] += bool(reply.model)
            self.notes.update(reply.notes)
        self.extra_calls += answer.extra_calls
        for reply in fresh:
            self.cost += reply.usage.cost or 0.0
            self.unpriced += reply.usage.cost is None
            self.extra_calls += reply.attempts - 1

    def take_back(self, answer: Answer) -> None:
        """A failed answer is about to be asked again: its calls were extra ones."""
        self.statuses[answer.status] -= 1
        self.extra_calls += (
            was_called(answer.problem.kind, answer.extra_calls, answer.doubtful) if answer.problem else 1
        )
        for reply in answer.replies:  # they come from the store, and are counted again, as its own
            if not reply.cached:
                self.cost -= reply.usage.cost or 0.0
                self.unpriced -= reply.usage.cost is None
                self.extra_calls -= reply.attempts - 1
        if answer.problem is not None:
            self.errors[f"{answer.problem.kind}: {answer.problem.message}"] -= 1

    @property
    def answered(self) -> int:
        """Answers that are not errors."""
        return self.statuses.total() - self.statuses["error"]


Todo = tuple[Sample, int]


def still_to_ask(samples: Sequence[Sample], statuses: Mapping[Key, Status], *, variant: str, draws: int) -> list[Todo]:
    """Every (sample, draw) without an answer; an error is no answer."""
    return [
        (sample, draw)
        for draw in range(draws)
        for sample in samples
        if statuses.get(Key(sample.id, variant, draw), "error") == "error"
    ]


async def run(
    plan: Plan,
    todo: Sequence[Todo],
    *,
    provider: ProviderProtocol,
    log: Appender,
    stop: Stop,
    on_progress: Callable[[Tally], None],
) -> Tally:
    """Ask everything in `todo`; each answer is on disk before `on_progress` hears of it.

    What failed by something that may have passed is asked once more at the end.
    """
    tally = Tally(total=len(todo))
    writer = BatchWriter(log)
    again: list[tuple[Todo, Answer]] = []

    async def work(item: Todo) -> Answer:
        writer.check()  # nothing is paid for once an answer could not be written
        return await ask_sample(plan, item, provider=provider)

    async def done(item: Todo, outcome: Answer | Problem) -> None:
        answer = outcome if isinstance(outcome, Answer) else _failed(plan, item, outcome)
        await writer.add([answer])
        tally.add(answer)
        if answer.problem is not None and answer.problem.stage == "call" and answer.problem.kind in PASSING:
            again.append((item, answer))
        on_progress(tally)

    concurrency = len(todo) if plan.info.batches else plan.info.limits.concurrency
    await run_all(todo, work, done=done, concurrency=concurrency, stop=stop)
    at_the_vendor = plan.info.batches and plan.info.kind == "paid"  # another batch may take another day
    if again and not stop.event.is_set() and not at_the_vendor:
        swept = list(again)
        for _, answer in swept:
            tally.take_back(answer)
        await run_all([item for item, _ in swept], work, done=done, concurrency=concurrency, stop=stop)
    return tally


def _failed(plan: Plan, item: Todo, problem: Problem) -> Answer:
    return Answer(sample_id=item[0].id, variant=plan.variant, draw=item[1], status="error", problem=problem)


async def ask_sample(plan: Plan, item: Todo, *, provider: ProviderProtocol) -> Answer:
    """All asks of one sample, in order; a failed ask ends the sample as an error, never as an empty reply."""
    sample, draw = item
    try:
        attached = await plan.attach(sample) if plan.attach is not None and sample.sources else Attached()
    except Unusable as error:
        return _failed(plan, item, Problem(stage="media", kind=error.kind, message=error.message))
    replies: list[AskReply] = []
    earlier: dict[str, str] = {}
    problem: Problem | None = None
    extra = doubtful = 0
    for ask in plan.task.asks:
        request = _request(plan, ask, item, earlier=earlier, attached=attached)
        try:
            reply = await provider.generate(request)
        except (Halt, CacheUnusable):
            raise
        except ProviderError as error:
            problem = problem_of(error, "media" if error.kind == "media" else "call")
            extra, doubtful = max(0, error.attempts - 1), error.doubtful
            break
        replies.append(_record(ask.name, request, reply, keep_key=plan.info.kind != "free"))
        if ask is not plan.task.asks[-1]:  # nobody asks after the last one
            earlier[ask.name] = answer_text(plan.task, sample, replies[-1])
    return Answer(
        sample_id=sample.id,
        variant=plan.variant,
        draw=draw,
        status="error" if problem else status_of(replies),
        replies=tuple(replies),
        media=attached.manifest,
        problem=problem,
        extra_calls=extra,
        doubtful=doubtful,
    )


def _request(plan: Plan, ask: Ask, item: Todo, *, earlier: dict[str, str], attached: Attached) -> Request:
    sample, draw = item
    return Request(
        provider=plan.info.identity,
        model=plan.info.model,
        messages=prompts.messages(ask, sample, plan.how, earlier=earlier, attached=attached),
        sampling=plan.sampling,
        answer_schema=schema_of(plan.task, ask) if plan.structured else None,
        draw=draw,
        item=prompts.identity(plan.task, sample),
        tag=prompts.tag(plan.task, ask, sample=sample, variant=plan.variant),
        owner="|".join((plan.payer, ask.name, plan.variant, str(draw), sample.id)) if plan.payer else "",
    )


def _record(ask: str, request: Request, reply: Reply, *, keep_key: bool) -> AskReply:
    return AskReply(
        ask=ask,
        text=reply.text,
        thinking=reply.thinking,
        finish=reply.finish,
        model=reply.model,
        usage=reply.usage,
        seconds=round(reply.seconds, 3),
        attempts=reply.attempts,
        doubtful=reply.doubtful,
        cached=reply.cached,
        request=request.key if keep_key else "",
        notes=reply.notes,
    )


def status_of(replies: Sequence[AskReply]) -> Status:
    """How the replies of one answer count together: refused, empty, truncated or ok."""
    if any(reply.finish == "refused" for reply in replies):
        return "refused"
    if any(not split_thinking(reply.text)[0] for reply in replies):
        return "truncated" if any(reply.finish == "length" for reply in replies) else "empty"
    return "truncated" if any(reply.finish == "length" for reply in replies) else "ok"

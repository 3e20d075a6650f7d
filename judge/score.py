"""results + rubrics + judges to verdicts.jsonl, scores.jsonl and summary.json.

Answers are parsed once per mode; verdicts that stand are never asked for again; what cannot be computed is
null with its reason.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from judge import prompts
from judge.case import Case, Hearing, Judge
from judge.definitions import Rubric, Task, Variant
from judge.parse.reply import answer_text, parse
from judge.pool import Stop, run_all
from judge.records import MODES, Answer, Key, Mode, Parsed, Problem, Run, Sample, Verdict
from judge.scores import Item
from judge.store import Appender
from judge.writing import BatchWriter

RESULTS_OF_JUDGING = frozenset({"cannot_judge", "no_steps"})
"""Kinds that are a judge's answer and not a failure of it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One judge with one rubric, asked so many times."""

    judge: Judge
    rubric: Rubric
    repeats: int = 1
    concurrency: int = 8

    @property
    def rubric_id(self) -> str:
        """For signatures: name:version:digest."""
        return f"{self.rubric.name}:v{self.rubric.version}:{self.rubric.digest[:8]}"


def read_items(task: Task, samples: Sequence[Sample], *, run: Run, answers: Mapping[Key, Answer]) -> list[Item]:
    """Every expected answer of a run, parsed once per mode; one that was never asked is there, as missing."""
    items = []
    for sample in samples:
        for draw in range(run.selection.repeats):
            key = Key(sample.id, run.variant, draw)
            answer = answers.get(key)
            parsed = {mode: _parsed(task, sample, answer, key=key, mode=mode) for mode in MODES}
            items.append(Item(sample=sample, key=key, answer=answer, parsed=parsed))
    return items


def _parsed(task: Task, sample: Sample, answer: Answer | None, *, key: Key, mode: Mode) -> Parsed:
    if answer is None or answer.status == "error":
        return Parsed(key=key, mode=mode, state="unparsed", values={}, reasoning="", reason="no reply")
    return parse(task, sample, answer=answer, mode=mode)


def case_of(task: Task, item: Item, run: Run) -> Case:
    """The case that judges are given; the question is rendered again from task and sample."""
    replies = {reply.ask: reply for reply in item.answer.replies} if item.answer else {}
    earlier: dict[str, str] = {}
    questions = []
    for ask in task.asks:
        if ask.name not in replies:
            break
        variant: Variant = "cot" if run.variant == "cot" else "qa"
        rendered = prompts.messages(
            ask, item.sample, variant=variant, settings=run.settings, earlier=earlier, system=None
        )
        questions.append("\n".join(message.text for message in rendered if message.role == "user"))
        earlier[ask.name] = answer_text(task, item.sample, replies[ask.name])
    return Case(
        task=task,
        sample=item.sample,
        answer=item.answer or Answer(sample_id=item.key.sample_id, variant=run.variant, status="error"),
        parsed=item.parsed["strict"],
        question="\n\n".join(questions),
    )


def standing(verdicts: Sequence[Verdict]) -> bool:
    """True where a hearing needs no repeat: something was said, and nothing failed."""
    failed = any(item.problem and item.problem.kind not in RESULTS_OF_JUDGING for item in verdicts)
    return bool(verdicts) and not failed


async def hear(
    panel: Panel,
    cases: Sequence[Case],
    *,
    known: Sequence[Verdict],
    log: Appender,
    stop: Stop,
    on_progress: Callable[[int, int], None],
) -> list[Verdict]:
    """The verdicts of one panel on every case: those that stand, and new ones, written before they count."""
    by_hearing: dict[tuple[Key, int], list[Verdict]] = {}
    digests = {case.answer.key: case.digest for case in cases}
    for verdict in known:
        same = verdict.judge == panel.judge.name and verdict.rubric_digest == panel.rubric.digest
        if same and digests.get(verdict.key) == verdict.answer:
            by_hearing.setdefault((verdict.key, verdict.judge_draw), []).append(verdict)
    hearings = [
        Hearing(judge=panel.judge.name, rubric=panel.rubric, case=case, draw=draw)
        for case in cases
        for draw in range(panel.repeats)
        if not standing(by_hearing.get((case.answer.key, draw), []))
    ]
    writer = BatchWriter(log)
    heard = 0

    async def done(hearing: Hearing, outcome: tuple[Verdict, ...] | Problem) -> None:
        nonlocal heard
        new = outcome if isinstance(outcome, tuple) else (hearing.verdict(criterion="extract", problem=outcome),)
        await writer.add(new)
        by_hearing[hearing.case.answer.key, hearing.draw] = list(new)
        heard += 1
        on_progress(heard, len(hearings))

    await run_all(hearings, panel.judge.rate, done=done, concurrency=panel.concurrency, stop=stop, stage="judge")
    return [verdict for group in by_hearing.values() for verdict in group]

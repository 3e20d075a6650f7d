"""Whether an answer's request is the question of its item: puts it again as the run put it, and compares the keys.

Only of questions in text alone: which bytes of a clip were sent is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from judge import prompts
from judge.definitions import Ask
from judge.parse.reply import answer_text
from judge.records import Answer, Run, Sample
from judge.runs import Opened
from judge.schema import schema_of
from judge.score import asking_of
from providers.records import Request

_KEY = re.compile(r"[0-9a-f]{64}")
Numbered = Sequence[tuple[int, Answer]]


def wrong_requests(run: Run, opened: Opened, answers: Numbered) -> tuple[list[tuple[int, Answer]], bool]:
    """The answers whose requests are not those of their items; True where none is, so that nothing can be said."""
    if run.provider_kind not in ("paid", "local"):
        return [], False
    samples = {sample.id: sample for sample in opened.samples}
    compared = 0
    wrong = []
    for number, answer in answers:
        keys = [reply.request for reply in answer.replies]
        if not keys:
            continue
        if answer.media or run.media_root or run.senses.keys() - {"text"}:
            if not all(_KEY.fullmatch(key) for key in keys):
                wrong.append((number, answer))
            continue
        compared += 1
        if _keys(run, opened, samples[answer.sample_id], answer=answer) != keys:
            wrong.append((number, answer))
    return wrong, compared > 1 and len(wrong) == compared


def _keys(run: Run, opened: Opened, sample: Sample, *, answer: Answer) -> list[str]:
    """The keys of the questions as they would be put now."""
    how = asking_of(opened.task, run, system=run.system)
    earlier: dict[str, str] = {}
    keys = []
    for ask, reply in zip(opened.task.asks, answer.replies, strict=False):
        request = Request(
            provider=run.provider_identity,
            model=run.model,
            messages=prompts.messages(ask, sample, how, earlier=earlier),
            sampling=run.sampling,
            answer_schema=_schema(run, opened, ask),
            draw=answer.draw,
            item=prompts.identity(opened.task, sample),
        )
        keys.append(request.key)
        earlier[ask.name] = answer_text(opened.task, sample, reply)
    return keys


def _schema(run: Run, opened: Opened, ask: Ask) -> str | None:
    return schema_of(opened.task, ask) if run.structured else None

"""results + rubrics + judges to verdicts.jsonl, scores.jsonl and summary.json.

Answers are parsed once per mode; verdicts that stand are never asked for again; what cannot be computed is
null with its reason.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from judge import prompts
from judge.case import Case, Hearing, Judge
from judge.definitions import Task, Variant
from judge.errors import Fault, ResultsError
from judge.evaluate import NOT_FAILURES
from judge.items import Item
from judge.parse.reply import answer_text, parse_by_modes
from judge.pool import Stop, run_all
from judge.records import MODES, UNREADABLE, Answer, Key, Mode, Parsed, Problem, Run, Sample, Verdict
from judge.rubric import EXTRACT, LAST, SAID, Rubric, shown_point
from judge.runs import payer_of
from judge.store import Appender
from judge.stored import StoredJudge
from judge.sweeping import unswept
from judge.writing import BatchWriter


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One judge with one rubric, asked so many times."""

    judge: Judge
    rubric: Rubric
    repeats: int = 1
    concurrency: int = 8
    only_unread: bool = False
    """Only hearings are made again of which the judge's reply could not be read."""

    def hears(self, case: Case) -> bool:
        """What its rubric has rated; of an empty reply, a stored rating where there is one."""
        if isinstance(self.judge, StoredJudge) and not case.reply.strip():
            return self.judge.has(case.sample.id)
        return has_rated(self.rubric, case)

    @property
    def identity(self) -> dict[str, str]:
        """What a verdict must name to be this panel's."""
        return {"judge": self.judge.name, "rubric": self.rubric.digest, "method": self.judge.method}


def has_rated(rubric: Rubric, case: Case) -> bool:
    """True for a reply that answers; for one that declines, or has no word in it, where the rubric says so."""
    silent = not case.reply.strip() and case.answer.status in ("empty", "refused")
    return rubric.refusals == "rated" or not (silent or case.parsed.state == "refused")


@unswept()
def read_items(task: Task, samples: Sequence[Sample], *, run: Run, answers: Mapping[Key, Answer]) -> list[Item]:
    """Every expected answer of a run, parsed once per mode; one that was never asked is there, as missing."""
    items = []
    for sample in samples:
        for draw in range(run.selection.repeats):
            key = Key(sample.id, run.variant, draw)
            answer = answers.get(key)
            parsed = _parsed(task, sample, answer, key=key)
            dropped = answer is None and run.provider_kind == "imported"
            items.append(Item(sample=sample, key=key, answer=answer, parsed=parsed, dropped=dropped))
    return items


def _parsed(task: Task, sample: Sample, answer: Answer | None, *, key: Key) -> dict[Mode, Parsed]:
    if answer is None or answer.status == "error":
        blank = Parsed(key=key, mode="strict", state="unparsed", values={}, reasoning="", reason="no reply")
        return {mode: dataclasses.replace(blank, mode=mode) for mode in MODES}
    return parse_by_modes(task, sample, answer=answer)


def asking_of(task: Task, run: Run, *, system: str | None) -> prompts.Asking:
    """How the questions of a stored run were put."""
    variant: Variant = "cot" if run.variant == "cot" else "qa"
    return prompts.Asking(task=task, variant=variant, settings=run.settings, system=system, senses=run.senses)


def case_of(task: Task, item: Item, run: Run) -> Case:
    """The case that judges are given; the question is rendered again from task and sample."""
    replies = {reply.ask: reply for reply in item.answer.replies} if item.answer else {}
    how = asking_of(task, run, system=None)
    earlier: dict[str, str] = {}
    questions = []
    for ask in task.asks:
        if ask.name not in replies:
            break
        rendered = prompts.messages(ask, item.sample, how, earlier=earlier)
        questions.append("\n".join(message.text for message in rendered if message.role == "user"))
        if ask is not task.asks[-1]:  # nobody asks after the last one
            earlier[ask.name] = answer_text(task, item.sample, replies[ask.name])
    return Case(
        task=task,
        sample=item.sample,
        answer=item.answer or Answer(sample_id=item.key.sample_id, variant=run.variant, status="error"),
        parsed=item.parsed["strict"],
        question="\n\n".join(questions),
        payer=payer_of(run),
    )


EARLIER_CUT = 16_000
"""Characters at which earlier versions cut a judge's words off: such a hearing is made again, from the cache."""
Said = dict[tuple[Key, int], list[Verdict]]
"""What one judge says of each answer in each of its draws."""


def standing(verdicts: Sequence[Verdict], rubric: Rubric | None = None) -> bool:
    """True where a hearing needs no repeat: nothing failed, and nothing that its rubric asks for is missing."""
    failed = any(item.problem and item.problem.kind not in NOT_FAILURES for item in verdicts)
    cut = any(item.criterion == SAID and len(item.reason) == EARLIER_CUT for item in verdicts)
    return bool(verdicts) and not failed and not cut and (rubric is None or _whole(verdicts, rubric))


def unread(verdicts: Sequence[Verdict]) -> bool:
    """True where a reply of the judge could not be read."""
    return any(item.problem is not None and item.problem.kind in UNREADABLE for item in verdicts)


def _whole(verdicts: Sequence[Verdict], rubric: Rubric) -> bool:
    """True where every step and every rating is there that a hearing has: a file may have lost some of its lines."""
    steps = sorted(item.step for item in verdicts if item.criterion == EXTRACT and item.step is not None)
    if steps != list(range(1, len(steps) + 1)):
        return False
    for stage in rubric.rated():
        own = [item for item in verdicts if item.criterion == stage.name]
        if stage.rate != "steps" or any(item.step is None for item in own):
            if not own:
                return False
            continue
        count = len(steps) if rubric.by_line else max(len(steps) - 1, 0)
        if sorted(item.step or 0 for item in own) != list(range(1, count + 1)):
            return False
        if stage.last is not None and not any(item.criterion == LAST for item in verdicts):
            return False
    return True


def current(
    known: Sequence[Verdict],
    cases: Sequence[Case],
    *,
    like: Mapping[str, str],
    rubric: Rubric,
    panel: Panel | None = None,
) -> Said:
    """The verdicts that hold: of these same answers, by this judge, rubric and method; the latest of each hearing."""
    digests = {case.answer.key: case.digest_by(rubric) for case in cases}
    found: Said = {}
    for verdict in known:
        same = (verdict.judge, verdict.rubric_digest, verdict.method) == (like["judge"], like["rubric"], like["method"])
        if not same or digests.get(verdict.key) != verdict.answer:
            continue
        if panel is not None and verdict.judge_draw >= panel.repeats:
            continue
        group = found.setdefault((verdict.key, verdict.judge_draw), [])
        if group and group[0].attempt < verdict.attempt:
            group.clear()
        if not group or group[0].attempt == verdict.attempt:
            group.append(verdict)
    return found


def refuse_off_scale(file: Path, known: Sequence[Verdict], rubrics: Sequence[Rubric]) -> None:
    """Raise ResultsError for a stored score that its rubric's scale does not have: it is nobody's rating."""
    points = {
        (rubric.digest, stage.name): tuple(stage.scale or {})
        for rubric in rubrics
        for stage in rubric.rated()
        if stage.last is None
    }
    for number, verdict in enumerate(known, start=1):
        allowed = points.get((verdict.rubric_digest, verdict.criterion))
        if not allowed or verdict.score is None or any(math.isclose(verdict.score, point) for point in allowed):
            continue
        shown = ", ".join(map(shown_point, sorted(allowed)))
        text = f"{verdict.score:g} is no point of the scale of {verdict.criterion} ({shown}): take the line out"
        raise ResultsError(Fault(str(file), number, "score", text))


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
    said = current(known, cases, panel=panel, like=panel.identity, rubric=panel.rubric)
    hearings = [
        Hearing(
            judge=panel.judge.name,
            rubric=panel.rubric,
            case=case,
            draw=draw,
            method=panel.judge.method,
            attempt=1 + max((item.attempt for item in said.get((case.answer.key, draw), [])), default=0),
        )
        for case in cases
        if panel.hears(case)
        for draw in range(panel.repeats)
        if not standing(said.get((case.answer.key, draw), []), panel.rubric)
        if not panel.only_unread or unread(said.get((case.answer.key, draw), []))
    ]
    writer = BatchWriter(log)
    heard = 0

    async def done(hearing: Hearing, outcome: tuple[Verdict, ...] | Problem) -> None:
        nonlocal heard
        new = outcome if isinstance(outcome, tuple) else (hearing.verdict(criterion=EXTRACT, problem=outcome),)
        await writer.add(new)
        said[hearing.case.answer.key, hearing.draw] = list(new)
        heard += 1
        on_progress(heard, len(hearings))

    await run_all(hearings, panel.judge.rate, done=done, concurrency=panel.concurrency, stop=stop, stage="judge")
    return [verdict for group in said.values() for verdict in group]

"""`judge import`: answers made elsewhere become a run, which is scored like any other."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from judge.cli import opening
from judge.cli.main import COMPLETE
from judge.cli.preparing import folder_name
from judge.cli.running import set_aside
from judge.cli.terminal import plural, say
from judge.dataset import locate, read_samples
from judge.definitions import Task, Variant
from judge.errors import Fault, TaskError, UsageError, nearest
from judge.records import Answer, AskReply, Key, Run, Sample, Selection
from judge.regular import sha256_of
from judge.replies import ReplyLine, read_replies
from judge.rows import LARGEST
from judge.run import status_of
from judge.runs import Identity, Who, new_run, now
from judge.store import Appender, Folder, locked
from providers.records import Sampling

Lines = Sequence[tuple[Fault, ReplyLine]]
MOST_SHOWN = 50


def import_(options: argparse.Namespace) -> int:
    """Read, check everything, then write; the last line of stdout is the run's folder."""
    task, task_file = opening.open_task(options.task)
    settings = opening.settings_of(task, options.settings)
    data = locate(task, task_file, Path(options.data) if options.data else None)
    samples = read_samples(task, data, settings)
    lines = read_replies(Path(name) for name in options.files)
    if not lines:
        raise TaskError(Fault(", ".join(options.files), None, "", "holds no reply"))
    variant = _variant(task, lines, options.prompt)
    answers = _answers(task, samples, lines=lines, variant=variant)
    raw = sha256_of(*map(Path, options.files), most=LARGEST)
    identity = Identity(
        task=task,
        variant=variant,
        settings=settings,
        data=data,
        provider="import",
        model=options.model,
        sampling=Sampling(),
        modalities=task.modalities,
        replies=raw,
    )
    folder = Folder(Path(options.out) / (folder_name(options.name) or identity.folder_name(None)))
    if options.fresh:
        set_aside(folder.path)
    run = _run(identity, task_file, answers=answers, expected=len(samples), name=folder.path.name)
    with locked(folder.path):
        _write(folder, run, answers)
    absent = len(samples) * run.selection.repeats - len(answers)
    missing = f"; {absent} of {len(samples) * run.selection.repeats} expected answers are missing" if absent else ""
    say(f"{task.name} v{task.version} · {variant} · {options.model}: {plural(len(answers), 'answer')}{missing}")
    say(f"licence {task.licence}")
    say(f"  next:  python -m judge score {folder.path}")
    say(str(folder.path))
    return COMPLETE


def _variant(task: Task, lines: Lines, given: str | None) -> Variant:
    """--prompt, else what all lines say, else the task's default; a line that says another is a fault."""
    said = {line.variant for _, line in lines if line.variant is not None}
    wanted = given or (next(iter(said)) if len(said) == 1 else task.first_variant())
    if wanted not in task.variants():
        raise UsageError(f"{task.name} has no {wanted} prompt (it has: {', '.join(task.variants())})")
    wrong = [
        place._replace(key="variant", message=f"{line.variant!r}, but this run is {wanted!r}: import them apart")
        for place, line in lines
        if line.variant not in (None, wanted)
    ]
    if wrong:
        raise TaskError(wrong[:MOST_SHOWN])
    return "cot" if wanted == "cot" else "qa"


def _answers(task: Task, samples: Sequence[Sample], *, lines: Lines, variant: Variant) -> list[Answer]:
    """One answer for each (id, draw); unknown and doubled ids are a list of faults."""
    known = {sample.id for sample in samples}
    asks = [ask.name for ask in task.asks]
    grouped: dict[Key, dict[str, AskReply]] = {}
    first: dict[tuple[Key, str], Fault] = {}
    faults: list[Fault] = []
    for place, line in lines:
        ask = line.ask or asks[0]
        key = Key(line.id, variant, line.draw)
        if line.id not in known:
            hint = nearest(line.id, known) if len(faults) < MOST_SHOWN else ""
            faults.append(place._replace(key="id", message=f"{line.id!r} is not in the task's data{hint}"))
        elif ask not in asks:
            faults.append(
                place._replace(key="ask", message=f"{ask!r} is not an ask of {task.name}{nearest(ask, asks)}")
            )
        elif (key, ask) in first:
            earlier = first[key, ask]
            where = f"{earlier.file}:{earlier.line}" if earlier.file != place.file else f"line {earlier.line}"
            faults.append(place._replace(key="id", message=f"{line.id!r} (draw {line.draw}) stands already in {where}"))
        else:
            first[key, ask] = place
            reply = AskReply(ask=ask, text=line.reply, thinking=line.thinking, finish=line.finish)
            grouped.setdefault(key, {})[ask] = reply
    if faults:
        more = [Fault("", None, "", f"... and {len(faults) - MOST_SHOWN} more")] if len(faults) > MOST_SHOWN else []
        raise TaskError([*faults[:MOST_SHOWN], *more])
    order = {sample.id: position for position, sample in enumerate(samples)}
    answers = []
    for key, replies in sorted(grouped.items(), key=lambda item: (item[0].draw, order[item[0].sample_id])):
        given = tuple(replies[ask] for ask in asks if ask in replies)
        answers.append(
            Answer(sample_id=key.sample_id, variant=variant, draw=key.draw, status=status_of(given), replies=given)
        )
    return answers


def _run(identity: Identity, task_file: Path, *, answers: Sequence[Answer], expected: int, name: str) -> Run:
    repeats = max((answer.draw for answer in answers), default=0) + 1
    complete = len(answers) == expected * repeats
    run = new_run(identity, task_file, who=Who("import", "imported"), selection=Selection(repeats=repeats), name=name)
    reason = "" if complete else "some answers were not in the files"
    state = "complete" if complete else "incomplete"
    return run.model_copy(update={"state": state, "reason": reason, "ended": now()})


def _write(folder: Folder, run: Run, answers: Sequence[Answer]) -> None:
    """Append what is not there yet; the same files imported twice change nothing."""
    if folder.run_file.exists() and folder.read_run().digest != run.digest:
        raise UsageError(f"{folder.path} holds another run: give another --name, or --fresh")
    present = folder.read_answers()
    new = [answer for answer in answers if answer.key not in present]
    log = Appender(folder.answers_file)
    try:
        if new:
            log.append(new)
    finally:
        log.close()
    folder.write_run(run)

"""`judge import`: answers made elsewhere become a run, which is scored like any other."""

from __future__ import annotations

import argparse
import contextlib
import csv
import dataclasses
import io
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.cells import cell
from judge.cli import opening, placing
from judge.cli.main import COMPLETE
from judge.cli.preparing import folder_name
from judge.cli.running import set_aside
from judge.cli.terminal import plural, say
from judge.datafile import DataFile, locate
from judge.dataset import read_samples
from judge.definitions import Task, Variant
from judge.errors import Fault, TaskError, UsageError, nearest
from judge.folding import composed
from judge.importers.formats import BY_AUTHORS, FORMATS
from judge.importers.shape import Given, Imported
from judge.records import Answer, AskReply, Key, Run, Sample, Selection
from judge.regular import sha256_of
from judge.replies import ReplyLine
from judge.rows import LARGEST
from judge.run import status_of
from judge.runs import OWN_DATA, Identity, Who, new_run, now
from judge.shell import command
from judge.store import Appender, Folder, locked, write_whole
from judge.stored import RATINGS
from judge.votes import STORED
from judge.wording import UNKNOWN
from providers.records import Sampling

Lines = Sequence[tuple[Fault, ReplyLine]]
MOST_SHOWN = 50
HUMAN = "human.csv"
"""People's ratings that came with the answers, in the run's folder."""


def import_(options: argparse.Namespace) -> int:
    """Read, check everything, then write; the last line of stdout is the run's folder."""
    task, task_file = opening.open_task(options.task)
    located = placing.located_if_there(task, task_file, options.data)
    files = [Path(name) for name in options.files]
    given = Given(paths=files, task=task, settings=dict(options.settings), data=located)
    imported = FORMATS[options.format](given)
    if not imported.lines:
        raise TaskError(Fault(", ".join(options.files), None, "", "holds no reply"))
    task, settings, variant = _settled(task, options, imported)
    with _own_data(task, imported) as own:
        data = own or located or locate(task, task_file, None)
        samples = read_samples(task, data, settings)
    answers = _answers(task, samples, imported=imported, variant=variant)
    identity = Identity(
        task=task,
        variant=variant,
        settings=settings,
        data=data,
        provider="import",
        model=options.model,
        sampling=Sampling(),
        modalities=task.modalities,
        replies=sha256_of(*files, most=LARGEST),
        wording=("authors" if options.format in BY_AUTHORS else UNKNOWN) if task.wording is not None else "",
    )
    folder = Folder(Path(options.out) / (folder_name(options.name) or identity.folder_name(None)))
    if options.fresh:
        set_aside(folder.path)
    run = _run(identity, task_file, answers=answers, expected=len(samples), name=folder.path.name)
    if imported.records is not None:
        run = run.model_copy(update={"data_file": OWN_DATA})
    run = run.model_copy(update={"notes": imported.notes})
    with locked(folder.path):
        _write(folder, run, answers, records=imported.records)
        if imported.ratings:
            write_whole(folder.path / RATINGS, _lines_of(imported.ratings).decode("ascii"))
        if imported.human:
            write_whole(folder.path / HUMAN, _table_of(imported.human))
    _say(task, options, imported=imported, run=run, counts=(len(answers), len(samples) * run.selection.repeats))
    if imported.human:
        say(f"  people's ratings: {folder.path / HUMAN} (read by {command('trust', 'agree', '--human')})")
    say(f"  next:  {command('score', folder.path)}")
    say(str(folder.path))
    return COMPLETE


def _settled(task: Task, options: argparse.Namespace, imported: Imported) -> opening.Settled:
    """--set and --prompt over what the files say of themselves; the two may not contradict each other."""
    given = dict(options.settings)
    for name, value in imported.settings.items():
        if given.get(name, value) != value:
            raise UsageError(f"--set {name}={given[name]}: these files are {name}={value}")
    said = {line.variant for _, line in imported.lines if line.variant is not None}
    prompt: Variant | None = options.prompt
    if prompt is None and len(said) == 1:
        only = next(iter(said))
        if only not in ("qa", "cot"):
            raise UsageError(f"{task.name} has no {only} prompt (it has: {', '.join(task.variants())})")
        prompt = "cot" if only == "cot" else "qa"
    settled = opening.settled(task, [*given.items(), *imported.settings.items()], prompt, imported=True)
    _refuse_others(imported.lines, settled.variant)
    if settled.task.faithful.rule == STORED and not any(imported.predictions.values()):
        raise UsageError("no reply of these files has a stored prediction: give --set predictions=read")
    return settled


def _refuse_others(lines: Lines, wanted: Variant) -> None:
    """A line that says another variant is a fault."""
    wrong = [
        place._replace(key="variant", message=f"{line.variant!r}, but this run is {wanted!r}: import them apart")
        for place, line in lines
        if line.variant not in (None, wanted)
    ]
    if wrong:
        raise TaskError(wrong[:MOST_SHOWN])


def _say(task: Task, options: argparse.Namespace, *, imported: Imported, run: Run, counts: tuple[int, int]) -> None:
    """What came in, what is missing, and what the reader of the format noticed."""
    there, expected = counts
    missing = f"; {expected - there} of {expected} expected answers are missing" if there < expected else ""
    say(f"{task.name} v{task.version} · {run.variant} · {options.model}: {plural(there, 'answer')}{missing}")
    say(f"licence {task.licence}")
    for note in imported.notes:
        say(f"  {note}")


@contextlib.contextmanager
def _own_data(task: Task, imported: Imported) -> Iterator[DataFile | None]:
    """The items that the files themselves hold, as a data file; None where they hold none."""
    if imported.records is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / OWN_DATA
        path.write_bytes(_lines_of(imported.records))
        yield dataclasses.replace(locate(task, path, path), shown=f"{task.name} in the imported files")


def _lines_of(records: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=True, allow_nan=False).encode() + b"\n" for record in records)


def _table_of(rows: Sequence[Mapping[str, str]]) -> str:
    """Ratings as CSV, in the columns of the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _answers(task: Task, samples: Sequence[Sample], *, imported: Imported, variant: Variant) -> list[Answer]:
    """One answer for each (id, draw); unknown and doubled ids are a list of faults."""
    known = {sample.id for sample in samples}
    spelled = {composed(name): name for name in known}
    asks = [ask.name for ask in task.asks]
    grouped: dict[Key, dict[str, AskReply]] = {}
    first: dict[tuple[Key, str], Fault] = {}
    faults: list[Fault] = []
    for place, line in imported.lines:
        ask = line.ask or asks[0]
        name = line.id if line.id in known else spelled.get(composed(line.id), line.id)
        key = Key(name, variant, line.draw)
        if name not in known:
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
            stored = imported.predictions.get((line.id, line.draw, ask), "")
            told = AskReply(ask=ask, text=line.reply, thinking=line.thinking, finish=line.finish, prediction=stored)
            grouped.setdefault(key, {})[ask] = told
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
    repeats = max(identity.task.repeats, 1 + max((answer.draw for answer in answers), default=0))
    complete = len(answers) == expected * repeats
    run = new_run(identity, task_file, who=Who("import", "imported"), selection=Selection(repeats=repeats), name=name)
    reason = "" if complete else "some answers were not in the files"
    state = "complete" if complete else "incomplete"
    return run.model_copy(update={"state": state, "reason": reason, "ended": now()})


def _write(folder: Folder, run: Run, answers: Sequence[Answer], *, records: Sequence[Mapping[str, Any]] | None) -> None:
    """Append what is not there yet; the same files imported twice change nothing."""
    if folder.run_file.exists() and folder.read_run().digest != run.digest:
        raise UsageError(f"{folder.path} holds another run: give another --name, or --fresh")
    if records is not None:
        write_whole(folder.path / OWN_DATA, _lines_of(records).decode("ascii"))
    present = folder.read_answers()
    new = [answer for answer in answers if answer.key not in present]
    log = Appender(folder.answers_file)
    try:
        if new:
            log.append(new)
    finally:
        log.close()
    folder.write_run(run)

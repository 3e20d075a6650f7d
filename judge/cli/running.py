"""`judge run`: opens task, data and provider, asks what is not answered yet, and says how it went."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import hashlib
import os
import re
import time
from pathlib import Path

from judge import baselines
from judge.cli import opening, providing
from judge.cli.main import INTERRUPTED, NOTHING, TERMINATED
from judge.cli.progress import header, progress_text, report_end
from judge.cli.signals import catching
from judge.cli.terminal import Progress, plural, warn
from judge.dataset import locate, read_samples
from judge.definitions import Variant
from judge.errors import Fault, NothingDone, TaskError, UsageError
from judge.parse.reply import parse
from judge.pool import Stop
from judge.prompts import unknown_fields
from judge.records import Answer, Key, Run, Sample, Selection
from judge.replies import as_records, read_replies, records_of_run
from judge.run import Plan, Tally, Todo, still_to_ask
from judge.run import run as run_plan
from judge.runs import Identity, Who, new_run, now, select, widen
from judge.store import Appender, Folder, locked
from providers import catalog
from providers.catalog import Opening
from providers.records import Info, RecordKey, Reply


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything that was decided before the first call."""

    identity: Identity
    plan: Plan
    samples: list[Sample]
    """All samples of the data; the run's selection picks among them."""
    selection: Selection
    opening: Opening
    task_file: Path
    folder: Folder


def run(options: argparse.Namespace) -> int:
    """Run one task against one provider; the last line of stdout is the run's folder."""
    work = _prepare(options)
    if options.fresh:
        set_aside(work.folder.path)
    with locked(work.folder.path):
        return _run_locked(work, options)


def _prepare(options: argparse.Namespace) -> Work:
    task, task_file = opening.open_task(options.task)
    settings = opening.settings_of(task, options.settings)
    variant: Variant = options.prompt or task.first_variant()
    if variant not in task.variants():
        raise UsageError(f"{task.name} has no {variant} prompt (it has: {', '.join(task.variants())})")
    data = locate(task, task_file, Path(options.data) if options.data else None)
    samples = read_samples(task, data, settings)
    selection = Selection(limit=options.limit, ids=_ids(options.ids), repeats=options.repeats, shard=options.shard)
    chosen = select(samples, selection)
    lacking = unknown_fields(task, chosen, settings)
    if lacking:
        sample, ask, name = lacking[0]
        more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        text = f"{sample} has no field {{{name}}}, which the prompt of {ask!r} names{more}. Nothing was asked."
        raise TaskError(Fault(data.shown, None, "", text))
    records, replies_digest = _records(options, task_file)
    opened = Opening(
        name=providing.known_provider(options.provider),
        model=options.model,
        base_url=options.base_url,
        environment=os.environ,
        concurrency=options.concurrency,
        max_cost=options.max_cost,
        read_cache=options.only != "unparsed",
        seed=options.seed or 0,
        commonest=baselines.commonest_replies(task, samples),
        pools=baselines.text_pools(task, samples),
        records=records,
    )
    info = catalog.require(opened)
    providing.refuse_if_away(info, local_only=options.local_only)
    modalities = _modalities(options.modalities, task.modalities, info)
    sampling = providing.sampling_of(info, options)
    system = _text_of(options.system) if options.system else None
    identity = Identity(
        task=task,
        variant=variant,
        settings=settings,
        data=data,
        provider=info.identity,
        model=info.model,
        sampling=sampling,
        modalities=modalities,
        system=system,
        seed=options.seed,
        replies=replies_digest,
    )
    plan = Plan(task=task, variant=variant, settings=settings, sampling=sampling, system=system, info=info)
    folder = Folder(Path(options.out) / (_named(options) or identity.folder_name(options.shard)))
    return Work(
        identity=identity,
        plan=plan,
        samples=samples,
        selection=selection,
        opening=opened,
        task_file=task_file,
        folder=folder,
    )


def _text_of(given: str) -> str:
    try:
        return Path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{given} cannot be read: {reason}") from error


def _ids(given: str | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    return tuple(dict.fromkeys(line.strip() for line in _text_of(given).splitlines() if line.strip()))


def _records(options: argparse.Namespace, task_file: Path) -> tuple[dict[RecordKey, Reply], str]:
    if options.provider != "replay":
        return {}, ""
    path = Path(options.replies) if options.replies else task_file.parent / task_file.stem / "replies.jsonl"
    if (path / "answers.jsonl").is_file():
        raw = (path / "answers.jsonl").read_bytes()
        records = records_of_run(Folder(path).read_answers().values())
    elif path.is_file():
        raw = path.read_bytes()
        records = as_records(line for _, line in read_replies([path]))
    else:
        raise NothingDone(
            f"{path} is not there: give --replies FILE (lines of id and reply) or an earlier run's folder"
        )
    return records, hashlib.sha256(raw).hexdigest()


def _modalities(given: str | None, task_has: tuple[str, ...], info: Info) -> tuple[str, ...]:
    """The senses to send; refused before anything is sent where the provider could not take them."""
    wanted = tuple(dict.fromkeys(given.split(","))) if given else task_has
    unknown = [name for name in wanted if name not in task_has]
    if unknown:
        raise UsageError(f"--modalities {given}: this task has {', '.join(task_has)}, not {', '.join(unknown)}")
    refused = [name for name in wanted if name not in info.accepts]
    if refused:
        shown = " and ".join(refused)
        raise NothingDone(f"{info.name} takes no {shown} as yet. Leave it out (--modalities text). Nothing was sent.")
    return tuple(name for name in task_has if name in wanted)


def _named(options: argparse.Namespace) -> str | None:
    """--name, with the shard: shards never share a folder."""
    name = folder_name(options.name)
    return f"{name}--{options.shard[0]}of{options.shard[1]}" if name and options.shard else name


def folder_name(given: str | None) -> str | None:
    """--name, which is one folder below --out and nothing else."""
    if given is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}", given):
        raise UsageError(f"--name {given}: a folder's name has letters, digits, dots, dashes and underscores only")
    return given


def set_aside(path: Path) -> None:
    """Move an existing run to .old/ beside it, where no command looks."""
    if not path.exists():
        return
    with locked(path):
        target = path.parent / ".old" / f"{path.name}--{time.strftime('%Y%m%d-%H%M%S')}"
        target.parent.mkdir(exist_ok=True)
        serial = 1
        while target.exists():
            serial += 1
            target = target.with_name(f"{path.name}--{time.strftime('%Y%m%d-%H%M%S')}-{serial}")
        path.rename(target)
    warn(f"the earlier run is now {target}")


def _run_locked(work: Work, options: argparse.Namespace) -> int:
    folder = work.folder
    log = Appender(folder.answers_file)
    try:
        answers = folder.read_answers()
        run = _begin(work)
        todo = _todo(work, run, answers, only=options.only)
        header(work.plan, run, items=len(select(work.samples, run.selection)))
        if not todo:
            return report_end(folder, _finish(work, run, None), tally=None, seconds=0.0)
        return _ask(work, run, todo=todo, log=log, cache=options.cache)
    finally:
        log.close()


def _todo(work: Work, run: Run, answers: dict[Key, Answer], *, only: str | None) -> list[Todo]:
    expected = select(work.samples, work.selection)
    if only is None:
        return still_to_ask(expected, answers, variant=run.variant, draws=work.selection.repeats)
    by_id = {sample.id: sample for sample in expected}
    found = []
    for key, answer in answers.items():
        sample = by_id.get(key.sample_id)
        if sample is not None and _is(work, sample, answer, only=only):
            found.append((sample, key.draw))
    return found


def _is(work: Work, sample: Sample, answer: Answer, *, only: str) -> bool:
    if only == "failed" or answer.status == "error":
        return only == "failed" and answer.status == "error"
    return parse(work.plan.task, sample, answer=answer, mode="strict").state not in ("ok", "refused")


def _begin(work: Work) -> Run:
    """run.json as this run begins; an earlier one of the same digest is continued."""
    who = Who(work.plan.info.name, work.plan.info.kind)
    name = work.folder.path.name
    run = new_run(work.identity, work.task_file, who=who, selection=work.selection, name=name)
    if work.folder.run_file.exists():
        old = work.folder.read_run()
        if old.digest != run.digest:
            raise UsageError(f"{work.folder.path} holds another run ({old.task}, {old.model}): give another --name")
        selection = widen(work.samples, old.selection, work.selection)
        kept = {"selection": selection, "started": old.started, "extra_calls": old.extra_calls}
        run = run.model_copy(update=kept | {"returned_models": old.returned_models, "notes": old.notes})
    work.folder.write_run(run)
    return run


def _ask(work: Work, run: Run, *, todo: list[Todo], log: Appender, cache: str | None) -> int:
    progress = Progress()
    kind = work.plan.info.kind
    store = None if kind == "free" else providing.open_store(cache)
    provider = catalog.open_provider(dataclasses.replace(work.opening, store=store))

    async def main() -> tuple[Tally, Stop]:
        stop = Stop()
        with catching(stop):
            try:
                tally = await run_plan(
                    work.plan,
                    todo,
                    provider=provider,
                    log=log,
                    stop=stop,
                    on_progress=lambda tally: progress.show(progress_text(tally, progress.seconds)),
                )
            finally:
                progress.clear()
                await provider.close()
        return tally, stop

    tally, stop = asyncio.run(main())
    if store is not None and store.damaged:
        warn(f"  {plural(store.damaged, 'stored reply')} did not match its checksum and was not used: {store.path}")
    run = _finish(work, run, tally, stop=stop)
    return exit_code(report_end(work.folder, run, tally=tally, seconds=progress.seconds), tally, stop)


def exit_code(plain: int, tally: Tally, stop: Stop) -> int:
    """A signal first, then a provider that refused everything."""
    if stop.kind == "SIGINT":
        return INTERRUPTED
    if stop.kind == "SIGTERM":
        return TERMINATED
    if stop.kind == "halt" and tally.answered == 0:
        return NOTHING
    return plain


def _finish(work: Work, run: Run, tally: Tally | None, *, stop: Stop | None = None) -> Run:
    """run.json as the run ends: complete only where every answer that the run expects is there."""
    answers = work.folder.read_answers()
    expected = select(work.samples, run.selection)
    left = still_to_ask(expected, answers, variant=run.variant, draws=run.selection.repeats)
    states = {"SIGINT": "interrupted", "SIGTERM": "interrupted", "halt": "stopped", "budget": "stopped"}
    state = states.get(stop.kind if stop else "", "incomplete" if left else "complete")
    changes: dict[str, object] = {"state": state, "ended": now(), "reason": stop.reason if stop else ""}
    if tally is not None:
        changes["extra_calls"] = run.extra_calls + tally.extra_calls
        changes["returned_models"] = tuple(dict.fromkeys([*run.returned_models, *tally.models]))
        changes["notes"] = tuple(dict.fromkeys([*run.notes, *tally.notes]))
    run = run.model_copy(update=changes)
    work.folder.write_run(run)
    return run

"""From the options of `judge run` to everything that is decided before the first call; nothing is sent here."""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
from pathlib import Path

from judge import baselines
from judge.cli import attaching, opening, placing, providing
from judge.datafile import DataFile, locate, rooted, with_media
from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import Fault, NothingDone, TaskError, UsageError
from judge.prompts import Asking, unknown_fields
from judge.records import MOST_REPEATS, Sample, Selection
from judge.regular import MIB, is_file, leads_out, read_regular, sha256_of, stands
from judge.released_wording import with_released
from judge.replies import as_records, read_replies, records_of_run
from judge.rows import LARGEST
from judge.run import Plan
from judge.runs import Identity, select
from judge.schema import schema_of
from judge.senses import used
from judge.store import Folder
from providers import catalog
from providers.catalog import Opening
from providers.preset import read_preset
from providers.records import Info, RecordKey, Reply

LARGEST_TEXT = 16 * MIB
LARGEST_RUN = 4096 * MIB


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything that was decided before the first call."""

    identity: Identity
    plan: Plan
    samples: list[Sample]
    """All samples of the data; the run's selection picks among them."""
    selection: Selection
    opening: Opening
    data: DataFile
    sends: bool
    """True where files go to the model beside the text."""
    task_file: Path
    folder: Folder
    fresh: bool = False
    """True of a single run whose folder this call makes; it goes again where no answer comes."""


def prepare(options: argparse.Namespace) -> Work:
    """Everything that can be refused is refused here, before a folder is made or anything is sent."""
    task, task_file = opening.open_task(options.task)
    task, settings, variant = opening.settled(task, options.settings, options.prompt)
    repeats = options.repeats or task.repeats
    if repeats > MOST_REPEATS:
        raise UsageError(f"--repeats {repeats}: {MOST_REPEATS:,} draws of an item are the most")
    data = located(task, task_file, options)
    samples = read_samples(task, data, settings)
    data = rooted(data, samples)
    selection = Selection(limit=options.limit, ids=_ids(options.ids), repeats=repeats, shard=options.shard)
    chosen = select(samples, selection)
    records, replies_digest = _records(options, task_file)
    opened = _opening(options, task, samples=samples, records=records)
    info = catalog.require(opened, key=not options.dry_run)
    task = with_released(task, data, settings, model=info.model)
    _refuse_lacking(task, chosen, settings=settings, shown=data.shown)
    providing.refuse_if_away(info, local_only=options.local_only)
    attaching.refuse_lost(info)
    modalities = attaching.modalities_of(options.modalities, task)
    chosen_senses = attaching.settle(task, modalities, info=info, settings=settings, asked=options.settings)
    files = used(chosen, chosen_senses) if info.reads_input else []
    attaching.check_files(files, data.media or data.root, len(chosen), archives=data.archives)
    system = _text_of(options.system) if options.system else None
    how = Asking(task=task, variant=variant, settings=settings, system=system, senses=chosen_senses)
    sampling = providing.sampling_of(info, options)
    plan = Plan(how=how, sampling=sampling, info=info, structured=_structured(options, task, info))
    if options.batch:
        _refuse_batch(plan, options)
    identity = Identity(
        task=task,
        variant=variant,
        settings=settings,
        data=data,
        provider=info.identity,
        model=info.model,
        sampling=plan.sampling,
        modalities=modalities,
        senses=chosen_senses,
        structured=plan.structured,
        system=system,
        seed=options.seed,
        replies=replies_digest,
    )
    return Work(
        identity=identity,
        plan=plan,
        samples=samples,
        selection=selection,
        opening=opened,
        data=data,
        sends=info.reads_input and any(sample.sources for sample in chosen),
        task_file=task_file,
        folder=Folder(Path(options.out) / (_named(options) or identity.folder_name(options.shard))),
    )


def _opening(
    options: argparse.Namespace, task: Task, *, samples: list[Sample], records: dict[RecordKey, Reply]
) -> Opening:
    """Whom to ask, with what a baseline or a replay needs to know."""
    baseline = read_preset(providing.known_provider(options.provider)).backend in ("majority", "random")
    known = samples if baseline else []
    return Opening(
        name=providing.known_provider(options.provider),
        model=options.model,
        base_url=options.base_url,
        accepts=attaching.forms_of(options.accepts),
        local=providing.local_of(options),
        batch=options.batch,
        environment=os.environ,
        concurrency=options.concurrency,
        patience=options.patience,
        max_cost=options.max_cost,
        read_cache=options.only != "unparsed",
        seed=options.seed or 0,
        commonest=baselines.commonest_replies(task, known),
        pools=baselines.text_pools(task, known),
        records=records,
    )


def _refuse_lacking(task: Task, chosen: list[Sample], *, settings: dict[str, str], shown: str) -> None:
    """A prompt names a field that a sample does not have."""
    lacking = unknown_fields(task, chosen, settings)
    if lacking:
        sample, ask, name = lacking[0]
        more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        text = f"{sample} has no field {{{name}}}, which the prompt of {ask!r} names{more}. Nothing was asked."
        raise TaskError(Fault(shown, None, "", text))


def located(task: Task, task_file: Path, options: argparse.Namespace) -> DataFile:
    """The data, and the folder of its files where --media names one."""
    data = locate(task, task_file, placing.place_of(task, task_file, options.data))
    if options.media is None:
        return data
    if not Path(options.media).is_dir():
        raise NothingDone(f"--media {options.media}: no such folder. Nothing was sent.")
    return with_media(task, data, Path(options.media))


def _refuse_batch(plan: Plan, options: argparse.Namespace) -> None:
    """What a batch could not be sent, and a batch that nothing would remember."""
    if providing.cache_folder(options.cache) is None:
        raise UsageError("--batch remembers its jobs in the cache: leave out --cache off")
    from providers.native import refuse_sampling

    for schema in [schema_of(plan.task, ask) for ask in plan.task.asks] if plan.structured else [None]:
        refuse_sampling(plan.info.model, plan.sampling, schema)


def _structured(options: argparse.Namespace, task: Task, info: Info) -> bool:
    """--structured, where the model takes a schema."""
    if options.structured and not info.structured and info.reads_input:
        raise NothingDone(f"--structured: {info.model} takes no JSON schema. Leave it out. Nothing was sent.")
    if options.structured and not any(ask.read.as_ == "json" for ask in task.asks):
        raise UsageError(f"--structured: no answer of {task.name} is read as JSON. Leave it out.")
    return bool(options.structured)


def _text_of(given: str) -> str:
    try:
        return read_regular(Path(given), LARGEST_TEXT).decode("utf-8")
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
    own = task_file.parent / task_file.stem / "replies.jsonl"
    path = Path(options.replies) if options.replies else own
    if not options.replies and leads_out(task_file.parent, own):
        raise NothingDone(f"{own} is a link that leads out of the task's folder: name the file by --replies")
    answers = path / "answers.jsonl"
    try:
        if is_file(answers):
            raw = sha256_of(answers, most=LARGEST_RUN)
            records = records_of_run(Folder(path).read_answers().values())
        elif is_file(path):
            raw = sha256_of(path, most=LARGEST)
            records = as_records(line for _, line in read_replies([path]))
        else:
            text = "is no regular file" if stands(path) and not path.is_dir() else "is not there"
            raise NothingDone(f"{path} {text}: give --replies FILE (lines of id and reply) or an earlier run's folder")
    except OSError as error:
        raise NothingDone(f"{path} cannot be read: {error.strerror}") from error
    return records, raw


def _named(options: argparse.Namespace) -> str | None:
    """--name, with the shard: shards never share a folder."""
    name = folder_name(options.name)
    return f"{name}--{options.shard[0]}of{options.shard[1]}" if name and options.shard else name


def folder_name(given: str | None) -> str | None:
    """--name, which is one folder below --out and nothing else."""
    if given is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}", given):
        raise UsageError(f"--name {given}: a folder's name has letters, digits, dots, dashes and underscores only")
    return given

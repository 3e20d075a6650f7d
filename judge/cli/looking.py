"""`judge media TASK --sample ID`: what a model would see, hear and read of one item; nothing is sent."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from judge import prompts, senses
from judge.cli import attaching, opening, providing
from judge.cli.main import COMPLETE, ERRORS
from judge.cli.preparing import located
from judge.cli.progress import manifest_line
from judge.cli.terminal import say, say_text, warn
from judge.datafile import DataFile, rooted
from judge.dataset import read_samples
from judge.errors import Fault, UsageError, nearest
from judge.media.orders import Unusable
from judge.media.sheet import contact_sheet
from judge.prompts import Asking, Attached
from judge.records import Sample
from judge.released_wording import with_released
from judge.runs import plain_name
from judge.store import CannotWrite
from providers import catalog
from providers.catalog import Opening
from providers.records import Info, Media

ALL = Info(name="any", identity="any", model="any model", kind="local", accepts=attaching.FORMS)


def media(options: argparse.Namespace) -> int:
    """The contact sheet, the sound and the text of one item."""
    task, task_file = opening.open_task(options.task)
    task, settings, variant = opening.settled(task, options.settings, options.prompt)
    data = located(task, task_file, options)
    samples = {sample.id: sample for sample in read_samples(task, data, settings)}
    sample = samples.get(options.sample)
    if sample is None:
        raise UsageError(f"{task.name} has no item {options.sample!r}{nearest(options.sample, samples)}")
    info = _info(options)
    wanted = attaching.modalities_of(options.modalities, task)
    chosen = attaching.settle(task, wanted, info=info, settings=settings, asked=options.settings)
    data = rooted(data, [sample])
    attaching.check_files(senses.used([sample], chosen), data.media or data.root, 1, archives=data.archives)
    task = with_released(task, data, settings, model=info.model)
    how = Asking(task=task, variant=variant, settings=settings, senses=chosen)
    say(f"{task.name} · {sample.id} · {senses.described(task, chosen)} · {info.model} · {variant}")
    try:
        _look(how, sample, data=data, options=options)
    except Unusable as error:
        warn(f"{error.message} ({error.kind}): this item would fail, the others go on")
        return ERRORS
    return COMPLETE


def _info(options: argparse.Namespace) -> Info:
    if options.provider is None:
        accepts = attaching.forms_of(options.accepts)
        return ALL if accepts is None else ALL.model_copy(update={"accepts": accepts})
    opened = Opening(
        name=providing.known_provider(options.provider),
        model=options.model,
        base_url=options.base_url,
        accepts=attaching.forms_of(options.accepts),
        environment=os.environ,
    )
    return catalog.describe(opened)


def _look(how: Asking, sample: Sample, *, data: DataFile, options: argparse.Namespace) -> None:
    name = f"{plain_name(how.task.name)}--{plain_name(sample.id)}"
    with attaching.sender(how.task, how.senses, data=data, cache=options.cache, workers=1) as sender:

        async def main() -> Attached:
            try:
                return await sender.of(sample)
            finally:
                await sender.close()

        attached = asyncio.run(main())
        try:
            _files(attached, Path(options.out), name=name)
        except OSError as error:
            reason = f"could not be written: {error.strerror or error}"
            raise CannotWrite(Fault(str(error.filename or options.out), None, "", reason)) from error
    _texts(how, sample, attached)


def _files(attached: Attached, out: Path, *, name: str) -> None:
    """Beside each other: NAME.png, NAME.wav, NAME.mp4."""
    for manifest in attached.manifest:
        say(f"  {manifest_line(manifest)}")
    if not attached.media:
        say("  no file is sent with this item")
        return
    out.mkdir(parents=True, exist_ok=True)
    pictures = [item for item in attached.media if item.kind == "image"]
    if pictures:
        path = out / f"{name}.png"
        path.write_bytes(contact_sheet(pictures))
        say(f"  seen    {path}  ({len(pictures)} pictures, {_bytes(pictures)} bytes sent)")
    others = [item for item in attached.media if item.kind != "image"]
    for number, item in enumerate(others, start=1):
        same = sum(Path(other.path).suffix == Path(item.path).suffix for other in others)
        path = out / f"{name}{f'-{number}' if same > 1 else ''}{Path(item.path).suffix}"
        shutil.copyfile(item.path, path)
        length = f"{item.seconds:.2f} s, " if item.seconds is not None else ""
        sense = "heard" if item.kind == "audio" else "whole"
        say(f"  {sense}   {path}  ({length}{item.mime}, {item.size:,} bytes sent)")


def _bytes(media: Sequence[Media]) -> str:
    return f"{sum(item.size for item in media):,}"


def _texts(how: Asking, sample: Sample, attached: Attached) -> None:
    earlier: dict[str, str] = {}
    for ask in how.task.asks:
        for message in prompts.messages(ask, sample, how, earlier=earlier, attached=attached):
            say(f"[{message.role}]")
            say_text(message.text)
        earlier[ask.name] = f"(the answer to {ask.name})"

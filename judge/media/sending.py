"""One sample's files to what its message carries: Media and their manifests, by way of workers and shelf.

Equal work in flight is done once. A file that gives nothing raises Unusable, which becomes its sample's Problem.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from judge.definitions import Task
from judge.media.crew import Crew
from judge.media.orders import Bounds, Order, Unusable
from judge.media.provenance import Provenance
from judge.media.shelf import Shelf
from judge.media.sources import digest_of, open_below, safe_path
from judge.prompts import Attached, shown
from judge.records import Answer, Modality, Sample
from judge.senses import AWAY, NOTES, Senses, noted
from judge.store import CannotWrite
from providers.records import Manifest, ManifestForm, Media

_ORDER_OF_SENSES: tuple[Modality, ...] = ("image", "video", "audio")


class Sender:
    """Makes what a run sends of its samples' files."""

    def __init__(self, task: Task, senses: Senses, *, root: Path, shelf: Shelf, crew: Crew) -> None:
        """The root is the folder below which all files must lie."""
        self.task = task
        self.senses = senses
        self.root = root
        self.shelf = shelf
        self.crew = crew
        self.provenance: Provenance | None = None
        """Of the files of a stored run, which are held against what was sent."""
        self.decoded = 0
        """Orders that a worker carried out; the others stood on the shelf."""
        self._open = asyncio.Semaphore(4 * crew.size)
        """Files open at once, however many samples wait."""
        self._flying: dict[tuple[str, str], asyncio.Task[tuple[Media, ...]]] = {}

    async def of(self, sample: Sample) -> Attached:
        """All that is sent beside the text of this sample; raises Unusable."""
        media: list[Media] = []
        manifests: list[Manifest] = []
        for sense in _ORDER_OF_SENSES:
            form = self.senses.get(sense, AWAY)
            if form in (AWAY, NOTES) or self._heard_with_its_video(sense, sample):
                continue
            for path in sample.sources.get(sense, ()):
                async with self._open:
                    made, manifest = await self._one(sense, path, sample)
                media.extend(made)
                manifests.append(manifest)
        for sense, field in noted(self.task, sample, self.senses).items():
            raw = shown(sample.inputs.get(field)).encode("utf-8", "surrogatepass")
            digest = hashlib.sha256(raw).hexdigest()
            manifests.append(Manifest(sense=sense, form="notes", source=digest, sent_bytes=len(raw)))
        return Attached(media=tuple(media), manifest=tuple(manifests))

    def _heard_with_its_video(self, sense: str, sample: Sample) -> bool:
        """A whole clip brings its own sound along to models that hear it."""
        whole = self.senses.get("video") == "video+sound"
        return sense == "audio" and whole and sample.sources.get("audio") == sample.sources.get("video")

    def order_of(self, sense: Modality, sample: Sample) -> Order:
        """What is to be made of a file of this sense."""
        spec = self.task.media
        form = self.senses[sense]
        if form == "frames":
            frames = spec.frames
            return Order(
                work="frames",
                policy=frames.policy,
                count=frames.count,
                fps=frames.fps or 0.0,
                size=spec.size,
                quality=spec.quality,
            )
        if form == "image":
            return Order(work="image", size=spec.size, quality=spec.quality)
        if form == "audio":
            return Order(work="audio")
        with_it = self._heard_with_its_video("audio", sample) and self.senses.get("audio") not in (AWAY, NOTES)
        heard = form == "video+sound" and with_it
        return Order(work="whole" if heard else "mute")

    async def _one(self, sense: Modality, given: str, sample: Sample) -> tuple[tuple[Media, ...], Manifest]:
        order = self.order_of(sense, sample)
        descriptor = await asyncio.to_thread(open_below, self.root, given, self.crew.bounds)
        try:
            source = await asyncio.to_thread(digest_of, descriptor)
            if self.provenance is not None:
                self.provenance.check(sample, (sense,), given=given, digest=source)
            try:
                made = await self._made(descriptor, source, order)
            except Unusable as error:
                raise Unusable(error.kind, f"{given} {error.message}") from error
            if order.work == "whole":
                size = os.fstat(descriptor).st_size
                path = str(safe_path(self.root, given))
                made = tuple(item.model_copy(update={"path": path, "sha256": source, "size": size}) for item in made)
        finally:
            os.close(descriptor)
        return made, self._manifest(sense, source, order=order, made=made)

    async def _made(self, descriptor: int, source: str, order: Order) -> tuple[Media, ...]:
        """From the shelf, from equal work in flight, or from a worker."""
        key = (source, order.canonical())
        flight = self._flying.get(key)
        if flight is None:
            own = os.dup(descriptor)  # the flight may outlast this sample
            flight = asyncio.create_task(self._make(own, source, order))
            self._flying[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, own, done))
        return await asyncio.shield(flight)

    def _landed(self, key: tuple[str, str], descriptor: int, flight: asyncio.Task[tuple[Media, ...]]) -> None:
        os.close(descriptor)
        del self._flying[key]
        if not flight.cancelled():
            flight.exception()

    async def _make(self, descriptor: int, source: str, order: Order) -> tuple[Media, ...]:
        stored = await asyncio.to_thread(self.shelf.get, source, order)
        if stored is not None:
            return stored
        made = await self.crew.make(descriptor, order)
        self.decoded += 1
        try:
            return await asyncio.to_thread(self.shelf.put, source, order, made)
        except OSError as error:
            raise CannotWrite(f"{self.shelf.folder} cannot be written: {error.strerror or error}") from error

    def _manifest(self, sense: Modality, source: str, *, order: Order, made: tuple[Media, ...]) -> Manifest:
        forms: dict[str, ManifestForm] = {"mute": "video", "whole": "video+sound"}
        return Manifest(
            sense=sense,
            form=forms.get(order.work) or cast("ManifestForm", order.work),
            source=source,
            policy=order.words(),
            expected=max(1, len(made)),
            decoded=len(made),
            timestamps=tuple(item.at for item in made if item.at is not None),
            skipped=max((item.skipped for item in made), default=0),
            sent_bytes=sum(item.size for item in made),
            decoder=self.shelf.decoder,
        )

    async def close(self) -> None:
        """Let work in flight go, then end the workers."""
        flying = list(self._flying.values())
        for flight in flying:
            flight.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
        await asyncio.to_thread(self.crew.close)


def changed(root: Path, samples: Iterable[Sample], answers: Mapping[str, Answer], *, bounds: Bounds) -> list[str]:
    """Ids of the answered samples whose files are not those that were sent."""
    digests: dict[str, str] = {}
    found = []
    for sample in samples:
        answer = answers.get(sample.id)
        sent = {item.source for item in answer.media if item.form != "notes"} if answer is not None else set()
        if not sent:
            continue
        now = {_digest_below(root, path, bounds, known=digests) for paths in sample.sources.values() for path in paths}
        if not sent <= now:
            found.append(sample.id)
    return found


def _digest_below(root: Path, path: str, bounds: Bounds, *, known: dict[str, str]) -> str:
    if path not in known:
        try:
            descriptor = open_below(root, path, bounds)
        except Unusable as error:
            known[path] = error.kind
            return known[path]
        try:
            known[path] = digest_of(descriptor)
        finally:
            os.close(descriptor)
    return known[path]


def unopenable(root: Path, files: Iterable[tuple[Sample, str, str]], bounds: Bounds) -> dict[str, Unusable]:
    """Every path that cannot be opened at all, with why."""
    found: dict[str, Unusable] = {}
    for path in dict.fromkeys(path for _, _, path in files):
        try:
            os.close(open_below(root, path, bounds))
        except Unusable as error:
            found[path] = error
    return found

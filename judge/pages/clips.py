"""The files of a card's own sample, by their number: what they are, and their bytes, whole or in ranges.

Names and paths stay here: a clip may be called by its label. Only what lies below the run's root is opened.
"""

from __future__ import annotations

import asyncio
import os
import re
from typing import NamedTuple

from aiohttp import web

from judge.media.containers import HEAD, IMAGES, MIMES, mime_of, sniff
from judge.media.orders import Bounds, Unusable
from judge.media.sources import digest_of, open_below
from judge.pages.cards import Card

BLOCK = 2**18
MOST_DIGESTS = 10_000
_DIGESTS: dict[tuple[int, int, int, int], str] = {}
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
_SOUNDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "aac": "audio/aac"}


class Clip(NamedTuple):
    """One file as the page shows it."""

    kind: str
    """video, audio, image, or missing where there is nothing that can be opened."""
    mime: str = ""


def names_of(card: Card) -> tuple[str, ...]:
    """The sample's files, each once: a clip's sound lies in the same file as its picture."""
    return tuple(dict.fromkeys(path for paths in card.case.sample.sources.values() for path in paths))


def clips_of(card: Card) -> list[Clip]:
    """What the files are, by their content."""
    return [_look(card, number) for number in range(len(names_of(card)))]


def open_clip(card: Card, number: int) -> int:
    """A descriptor; raises Unusable."""
    names = names_of(card)
    if card.root is None or not 0 <= number < len(names):
        raise Unusable("missing", "no such file")
    sample, name = card.case.sample, names[number]
    if not card.provenance.may_read(sample):
        raise Unusable("unproven", "no such file")
    descriptor = open_below(card.root, name, Bounds())
    try:
        if card.provenance.checks(sample):
            senses = {sense for sense, paths in sample.sources.items() if name in paths}
            card.provenance.check(sample, senses, given=name, digest=_digest_of(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _digest_of(descriptor: int) -> str:
    """Made once of a file that stays as it is: a page asks for a clip in many ranges."""
    about = os.fstat(descriptor)
    key = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
    if key not in _DIGESTS:
        if len(_DIGESTS) >= MOST_DIGESTS:
            _DIGESTS.clear()
        _DIGESTS[key] = digest_of(descriptor)
    return _DIGESTS[key]


def _look(card: Card, number: int) -> Clip:
    try:
        descriptor = open_clip(card, number)
    except Unusable:
        return Clip("missing")
    try:
        return _sort(card, number, os.pread(descriptor, HEAD, 0))
    finally:
        os.close(descriptor)


def _sort(card: Card, number: int, head: bytes) -> Clip:
    kind = sniff(head) or ""
    if kind in IMAGES:
        return Clip("image", f"image/{kind}")
    if kind in _SOUNDS:
        return Clip("audio", _SOUNDS[kind])
    if kind not in MIMES:
        return Clip("missing")
    name = names_of(card)[number]
    senses = {sense for sense, paths in card.case.sample.sources.items() if name in paths}
    return Clip("audio" if senses == {"audio"} else "video", mime_of(kind, head))


def span_of(header: str, size: int) -> tuple[int, int] | None:
    """(first, beyond the last) byte of one range of a file; None where the whole is wanted; raises ValueError for none.

    Several ranges at once are answered by the whole file, as RFC 9110 (14.2) allows.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    if start >= stop:
        raise ValueError("no byte of this range is in the file")
    return start, stop


async def send(request: web.Request, card: Card, number: int) -> web.StreamResponse:
    """The file, or the part of it that was asked for."""
    try:
        descriptor = await asyncio.to_thread(open_clip, card, number)
    except Unusable as error:
        raise web.HTTPNotFound(text="not here") from error
    try:
        size = os.fstat(descriptor).st_size
        clip = _sort(card, number, os.pread(descriptor, HEAD, 0))
        headers = {"Content-Type": clip.mime or "application/octet-stream", "Accept-Ranges": "bytes"}
        try:
            span = span_of(request.headers.get("Range", ""), size)
        except ValueError:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        start, stop = span or (0, size)
        if span:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        response = web.StreamResponse(status=206 if span else 200, headers=headers)
        response.content_length = stop - start
        await response.prepare(request)
        if request.method != "HEAD":
            await _pour(response, descriptor, start=start, stop=stop)
        return response
    finally:
        os.close(descriptor)


async def _pour(response: web.StreamResponse, descriptor: int, *, start: int, stop: int) -> None:
    while start < stop:
        block = await asyncio.to_thread(os.pread, descriptor, min(BLOCK, stop - start), start)
        if not block:
            return  # it was cut while it was read
        await response.write(block)
        start += len(block)

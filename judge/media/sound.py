"""The sound of one open file as a 16 kHz mono wav, by PyAV; runs in a worker only."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast

import av

from judge.media.links import links_of
from judge.media.orders import Bounds, Made, Piece, Unusable
from judge.media.streams import open_container

RATE = 16_000
"""Samples a second."""
_UNFRAMED = ("mp3", "aac", "mpegts", "mpeg")
"""Files that may be cut anywhere, and are whole again from the next packet on."""
_REST = 50
"""Packets in a row, about a second: what is broken for longer is damage, wherever it stands."""


def wav(file: BinaryIO, kind: str, bounds: Bounds) -> Made:
    """The first audio track from beginning to end, whatever formats it changes between.

    Raises Unusable where there is no sound, where it is too long, and where some of it cannot be decoded.
    """
    out = io.BytesIO()
    samples = 0
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        for part in _resampled(_decoded(file, kind)):
            sound.writeframes(bytes(part.planes[0])[: part.samples * 2])
            samples += part.samples
            if samples > bounds.audio_seconds * RATE:
                raise Unusable("too_long", f"its sound is longer than {bounds.audio_seconds:.0f} s")
    if samples == 0:
        raise Unusable("no_audio", "has an audio track without sound")
    return Made(pieces=(Piece(raw=out.getvalue(), mime="audio/wav", seconds=round(samples / RATE, 3)),), expected=1)


def _decoded(file: BinaryIO, kind: str) -> Iterator[Any]:
    """The decoded frames of every recording in the file, one after the other."""
    links = list(links_of(file, kind))
    for number, link in enumerate(links, start=1):
        with open_container(cast(BinaryIO, link), kind) as container:
            stream = next(iter(container.streams.audio), None)
            if stream is None:
                raise Unusable("no_audio", "has no audio track")
            if kind in _UNFRAMED:
                yield from _frames(container, stream, last=number == len(links))
            else:
                yield from container.decode(stream)


def _resampled(frames: Iterable[Any]) -> Iterator[Any]:
    """Mono frames at 16 kHz: a resampler knows one format, so each change of format gets its own."""
    resampler = _resampler()
    for frame in frames:
        try:
            made = resampler.resample(_undated(frame))
        except ValueError:  # so it says that the format is another one
            yield from resampler.resample(None)  # what is left in it
            resampler = _resampler()
            made = resampler.resample(frame)
        yield from made
    yield from resampler.resample(None)


def _undated(frame: Any) -> Any:
    """Without its time: each recording counts from 0 again."""
    frame.pts = None
    return frame


def _resampler() -> av.AudioResampler:
    return av.AudioResampler(format="s16", layout="mono", rate=RATE)


def _format_of(frame: Any) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _frames(container: Any, stream: Any, *, last: bool) -> Iterator[Any]:
    """Decoded sound of a file that may be cut anywhere.

    What is broken where recordings begin, or where two of other formats meet, is passed over.
    Players do so, too: such a packet is the rest of one that was cut away, or a tag. Any other error is raised.
    """
    before: Any = None
    error: av.InvalidDataError | None = None
    broken = 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.InvalidDataError as found:
            error, broken = found, broken + 1
            if broken > _REST:
                raise
            continue
        for frame in frames:
            if error is not None and before is not None and _format_of(before) == _format_of(frame):
                raise error
            before, error, broken = frame, None, 0
            yield frame
    if error is not None and last:
        raise error

"""A clip sent whole: a look at it, or the same pictures in a new file without the sound, by PyAV; in a worker only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import av

from judge.media.choosing import Track
from judge.media.containers import is_webm, mime_of
from judge.media.orders import Bounds, Made, Piece, Unusable
from judge.media.stills import refuse_large
from judge.media.streams import open_container, shown_frames, video_of

UNORDERED = ("avi",)
"""Containers that store one time for each picture, but in the order of decoding."""


def whole(file: BinaryIO, kind: str, *, head: bytes, track: Track | None, bounds: Bounds) -> Made:
    """A look at a clip that is sent as it is; `track` is given where it begins between key frames."""
    with open_container(file, kind) as container:
        stream = video_of(container)
        refuse_large(stream.codec_context.width, stream.codec_context.height, bounds)
        if next(shown_frames(container, stream), None) is None:
            raise Unusable("no_frames", "has a video track without a frame")
        seconds, skipped = _seconds(container), track.skipped if track else 0
        if skipped and track is not None and track.seconds is not None:
            seconds = max(seconds or 0.0, round(track.seconds, 3))
        piece = Piece(raw=b"", mime=mime_of(kind, head), seconds=seconds, skipped=skipped)
        return Made(pieces=(piece,), expected=1)


def _seconds(container: Any) -> float | None:
    return round(container.duration / av.time_base, 3) if container.duration else None


def mute(file: BinaryIO, kind: str, *, head: bytes, track: Track | None, bounds: Bounds) -> Made:
    """The same pictures, not encoded again, in a new file without the sound.

    Where the clip begins between key frames, `track` is given and the file begins with its first key frame.
    """
    target = "webm" if kind == "matroska" and is_webm(head) else "mp4"
    out = io.BytesIO()
    with open_container(file, kind) as container:
        stream = video_of(container)
        refuse_large(stream.codec_context.width, stream.codec_context.height, bounds)
        if kind in UNORDERED and stream.codec_context.name == "h264" and stream.codec_context.has_b_frames:
            raise Unusable("unsupported", f"is {kind} with its pictures out of order: send frames instead")
        seconds = _seconds(container)
        if track is not None and track.skipped and track.seconds is not None:
            seconds = round(track.seconds, 3)
        with av.open(out, "w", format=target, options={"fflags": "+bitexact"}) as muted:
            try:
                copy = muted.add_stream_from_template(stream, opaque=True)
            except ValueError as error:
                name = stream.codec_context.name
                raise Unusable("unsupported", f"has {name} pictures, which no {target} holds: send frames") from error
            count = 0
            packets, step = _in_step(container.demux(stream)), _step(stream)
            for count, packet in enumerate(_from_key(packets, track) if track else packets, start=1):  # noqa: B007
                if packet.is_corrupt:
                    raise Unusable("corrupt", "has damaged pictures")
                packet.duration = packet.duration or step  # or an mp4 could end before its last picture
                packet.stream = copy
                muted.mux(packet)
                if out.tell() > bounds.made_bytes:
                    raise Unusable("too_large", f"is larger than {bounds.made_bytes:,} bytes without its sound")
    if not count:
        raise Unusable("no_frames", "has a video track without a frame")
    skipped = track.skipped if track else 0
    piece = Piece(raw=out.getvalue(), mime=f"video/{target}", seconds=seconds, skipped=skipped)
    return Made(pieces=(piece,), expected=1)


def _step(stream: Any) -> int:
    """The duration of one picture in units of the stream's clock; 0 where nothing says it."""
    rate, base = stream.average_rate, stream.time_base
    return max(1, round(1 / (rate * base))) if rate and base else 0


def _from_key(packets: Iterator[Any], track: Track) -> Iterator[Any]:
    """From the first key frame on, which then begins the clock; all where no packet is marked as one."""
    first: tuple[Any, int] | None = None
    for packet in packets:
        if first is None and (packet.is_keyframe or not track.marks):
            first = packet.pts, packet.dts
        if first is None:
            continue
        begins, moved = first
        if track.timed and None not in (begins, packet.pts) and packet.pts < begins:
            continue
        packet.dts -= moved
        if packet.pts is not None:
            packet.pts -= moved
        yield packet


def _in_step(packets: Iterator[Any]) -> Iterator[Any]:
    """Every packet with a decoding time: Matroska gives none to the first ones where pictures are out of order."""
    early: list[Any] = []
    for packet in packets:
        if packet.size == 0:
            continue
        if packet.dts is None:
            early.append(packet)
            continue
        step = max(1, packet.duration or 1)
        for back, item in enumerate(reversed(early), start=1):
            item.dts = packet.dts - back * step
        yield from early
        yield packet
        early = []
    if early:
        raise Unusable("corrupt", "has pictures without a time")

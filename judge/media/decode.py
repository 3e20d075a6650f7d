"""Makes frames, wavs and mute clips of one open file, by PyAV; runs in a worker only.

What cannot be made in full raises Unusable: a frame that was asked for is never left out or replaced by another.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import os
import wave
from collections.abc import Iterator
from typing import Any, BinaryIO

import av
from PIL import Image

from judge.media.choosing import Track, choose
from judge.media.containers import HEAD, IMAGES, is_webm, mime_of, sniff
from judge.media.extent import stated
from judge.media.orders import Bounds, Made, Order, Piece, Unusable
from judge.media.stills import jpeg, refuse_large, still

RATE = 16_000
SEEKABLE = ("mov", "matroska")
UNORDERED = ("avi",)
"""Containers that store one time for each picture, but in the order of decoding."""
_LENIENT: dict[str, Any] = {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}
"""A title that is no UTF-8 fails no clip; from PyAV 19 on none does."""
FAR = 64
"""Frames between two wanted ones beyond which it jumps to the next key frame."""


def make(file: BinaryIO, order: Order, bounds: Bounds) -> Made:
    """What the order asks of the file; raises Unusable."""
    head = file.read(HEAD)
    file.seek(0)
    kind = sniff(head)
    if kind is None:
        raise Unusable("unknown_format", "is none of the containers that are opened (mp4, webm, wav, png, ...)")
    if order.work == "image" or kind in IMAGES:
        if order.work != "image" or kind not in IMAGES:
            raise Unusable("wrong_kind", f"is {kind}, from which no {order.work} can be made")
        return still(file, order, bounds)
    size, least = file.seek(0, os.SEEK_END), stated(file, kind)
    if least is not None and size < least:
        raise Unusable("corrupt", f"is cut off: {size:,} of {least:,} bytes are there")
    try:
        if order.work == "frames":
            return _frames(file, kind, order=order, bounds=bounds)
        if order.work == "audio":
            return _audio(file, kind, bounds)
        if order.work == "whole":
            return _whole(file, kind, head=head, bounds=bounds)
        return _mute(file, kind, head=head, bounds=bounds)
    except MemoryError:  # of FFmpeg, too: the worker says so
        raise
    except (av.FFmpegError, EOFError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unusable("corrupt", f"cannot be decoded: {reason}") from error


def _open(file: BinaryIO, kind: str) -> Any:
    """By the named demuxer only, with no protocol by which it could open anything else."""
    return av.open(file, format=kind, options={"protocol_whitelist": "none"}, **_LENIENT)


def _track(file: BinaryIO, kind: str, bounds: Bounds) -> Track:
    """The times of a clip's frames and key frames, read from its packets; nothing is decoded."""
    times: list[int] = []
    keys: list[int] = []
    with _open(file, kind) as container:
        stream = _video_of(container)
        refuse_large(stream.codec_context.width, stream.codec_context.height, bounds)
        base = float(stream.time_base) if stream.time_base else 1.0
        untimed = 0
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard or _is_hidden(packet, stream):
                continue
            if len(times) + untimed == bounds.packets:
                raise Unusable("too_long", f"has more than {bounds.packets:,} frames")
            if packet.pts is None:
                untimed += 1
                continue
            times.append(packet.pts)
            if packet.is_keyframe:
                keys.append(packet.pts)
        rate = float(stream.average_rate) if stream.average_rate else 25.0
    file.seek(0)
    if untimed:
        return Track(times=list(range(len(times) + untimed)), keys=[], base=1 / rate, timed=False)
    keys = sorted(keys) if kind in SEEKABLE else []
    return Track(times=sorted(set(times)), keys=keys, base=base, timed=kind not in UNORDERED)


def _is_hidden(packet: Any, stream: Any) -> bool:
    """A VP8 packet that only later pictures refer to: by its header's flag, nothing is shown."""
    return stream.codec_context.name == "vp8" and not memoryview(packet)[0] & 0x10


def _video_of(container: Any) -> Any:
    stream = next((item for item in container.streams.video if not _is_cover(item)), None)
    if stream is None:
        raise Unusable("no_video", "has no video track")
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1  # the workers are as many as the processors
    return stream


def _is_cover(stream: Any) -> bool:
    """A picture that a sound file carries, which is no video."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _frames(file: BinaryIO, kind: str, *, order: Order, bounds: Bounds) -> Made:
    track = _track(file, kind, bounds)
    wanted = choose(track, policy=order.policy, count=order.count, fps=order.fps)
    if not wanted:
        raise Unusable("no_frames", "has a video track without a frame")
    found = _decode(file, kind, track=track, wanted=wanted, order=order, bounds=bounds)
    if found is None:  # it jumped past a frame: some files' key frames are not what they say
        file.seek(0)
        through = dataclasses.replace(track, keys=[])
        found = _decode(file, kind, track=through, wanted=wanted, order=order, bounds=bounds)
    missing = [time for time in wanted if found is None or time not in found]
    if missing or found is None:
        at = (missing[0] - track.times[0]) * track.base
        raise Unusable("corrupt", f"{len(missing)} of {len(wanted)} frames cannot be decoded, the first at {at:.2f} s")
    start = track.times[0]
    pieces = [Piece(raw=found[time], mime="image/jpeg", at=round((time - start) * track.base, 3)) for time in wanted]
    if sum(len(piece.raw) for piece in pieces) > bounds.made_bytes:
        raise Unusable("too_large", f"its frames take more than {bounds.made_bytes:,} bytes")
    return Made(pieces=tuple(pieces), expected=len(wanted))


def _decode(
    file: BinaryIO, kind: str, *, track: Track, wanted: list[int], order: Order, bounds: Bounds
) -> dict[int, bytes] | None:
    """The JPEG of each wanted time; None where a jump led past one of them."""
    found: dict[int, bytes] = {}
    with _open(file, kind) as container:
        stream = _video_of(container)
        reel = _Reel(container, stream, track)
        for time in wanted:
            jumped = reel.jump_towards(time)
            frame = reel.at_or_after(time)
            if frame is None or (jumped and reel.time != time):
                return None if jumped else found
            refuse_large(frame.width, frame.height, bounds)  # which need not be what the container says
            if reel.time == time and not frame.is_corrupt:
                found[time] = jpeg(_upright(frame, order), order)
    return found


class _Reel:
    """The decoded frames of a clip in order, with the last one held."""

    def __init__(self, container: Any, stream: Any, track: Track) -> None:
        self._container, self._stream, self._track = container, stream, track
        self._frames = container.decode(stream)
        self._frame: Any = None
        self._counted = 0
        self.time = track.times[0] - 1

    def jump_towards(self, time: int) -> bool:
        """To the key frame before a time, where decoding up to it would take longer."""
        key = self._track.key_before(time)
        if key is None or self._track.between(self.time, key) <= FAR:
            return False
        self._container.seek(key, stream=self._stream, backward=True)
        self._frames = self._container.decode(self._stream)
        self.time = self._track.times[0] - 1
        return True

    def at_or_after(self, time: int) -> Any:
        """The first frame that is not before a time; None at the end."""
        while self.time < time:
            self._frame = next(self._frames, None)
            if self._frame is None:
                return None
            if self._track.timed:
                self.time = self.time if self._frame.pts is None else self._frame.pts
            else:
                self.time = self._track.times[min(self._counted, len(self._track.times) - 1)]
            self._counted += 1
        return self._frame


def _upright(frame: Any, order: Order) -> Image.Image:
    """As a player shows it: scaled, then turned by what the container says (phones film sideways)."""
    ratio = min(1.0, order.size / max(frame.width, frame.height))
    size = {"width": max(1, round(frame.width * ratio)), "height": max(1, round(frame.height * ratio))}
    image: Image.Image = frame.to_image(threads=1, **(size if ratio < 1 else {}))
    turn = round(getattr(frame, "rotation", 0) or 0) % 360
    return image.rotate(turn, expand=True) if turn else image


def _audio(file: BinaryIO, kind: str, bounds: Bounds) -> Made:
    out = io.BytesIO()
    samples = 0
    with _open(file, kind) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            raise Unusable("no_audio", "has no audio track")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        with wave.open(out, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            for frame in itertools.chain(container.decode(stream), [None]):  # None: what is left in the resampler
                for part in resampler.resample(frame):
                    sound.writeframes(bytes(part.planes[0])[: part.samples * 2])
                    samples += part.samples
                if samples > bounds.audio_seconds * RATE:
                    raise Unusable("too_long", f"its sound is longer than {bounds.audio_seconds:.0f} s")
    if samples == 0:
        raise Unusable("no_audio", "has an audio track without sound")
    return Made(pieces=(Piece(raw=out.getvalue(), mime="audio/wav", seconds=round(samples / RATE, 3)),), expected=1)


def _whole(file: BinaryIO, kind: str, *, head: bytes, bounds: Bounds) -> Made:
    """A look at a clip that is sent as it is."""
    with _open(file, kind) as container:
        stream = _video_of(container)
        refuse_large(stream.codec_context.width, stream.codec_context.height, bounds)
        if next(iter(container.decode(stream)), None) is None:
            raise Unusable("no_frames", "has a video track without a frame")
        return Made(pieces=(Piece(raw=b"", mime=mime_of(kind, head), seconds=_seconds(container)),), expected=1)


def _seconds(container: Any) -> float | None:
    return round(container.duration / av.time_base, 3) if container.duration else None


def _mute(file: BinaryIO, kind: str, *, head: bytes, bounds: Bounds) -> Made:
    """The same pictures, not encoded again, in a new file without the sound."""
    target = "webm" if kind == "matroska" and is_webm(head) else "mp4"
    out = io.BytesIO()
    with _open(file, kind) as container:
        stream = _video_of(container)
        refuse_large(stream.codec_context.width, stream.codec_context.height, bounds)
        if kind in UNORDERED and stream.codec_context.name == "h264" and stream.codec_context.has_b_frames:
            raise Unusable("unsupported", f"is {kind} with its pictures out of order: send frames instead")
        seconds = _seconds(container)
        with av.open(out, "w", format=target, options={"fflags": "+bitexact"}) as muted:
            try:
                copy = muted.add_stream_from_template(stream, opaque=True)
            except ValueError as error:
                name = stream.codec_context.name
                raise Unusable("unsupported", f"has {name} pictures, which no {target} holds: send frames") from error
            count = 0
            for count, packet in enumerate(_in_step(container.demux(stream)), start=1):  # noqa: B007
                if packet.is_corrupt:
                    raise Unusable("corrupt", "has damaged pictures")
                packet.stream = copy
                muted.mux(packet)
                if out.tell() > bounds.made_bytes:
                    raise Unusable("too_large", f"is larger than {bounds.made_bytes:,} bytes without its sound")
    if not count:
        raise Unusable("no_frames", "has a video track without a frame")
    return Made(pieces=(Piece(raw=out.getvalue(), mime=f"video/{target}", seconds=seconds),), expected=1)


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

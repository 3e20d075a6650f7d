"""Makes what an order asks of one open file, and the frames of a clip, by PyAV; runs in a worker only.

What cannot be made in full raises Unusable: a frame that was asked for is never left out or replaced by another.
"""

from __future__ import annotations

import bisect
import dataclasses
from typing import Any, BinaryIO

import av
from PIL import Image

from judge.media import clips, sound
from judge.media.choosing import Track, choose
from judge.media.containers import HEAD, IMAGES, NAMED, sniff
from judge.media.extent import check_extent
from judge.media.orders import Bounds, Made, Order, Piece, Unusable
from judge.media.stills import jpeg, refuse_large, still
from judge.media.streams import is_hidden, open_container, shown_frames, video_of

SEEKABLE = ("mov", "matroska")
_RENEWED = frozenset({"h264", "hevc", "mpeg2video", "vvc"})
"""Codecs that can renew a picture in stripes: what they call a key frame may be shown some pictures later."""
FAR = 64
"""Frames between two wanted ones beyond which it jumps to the next key frame."""


def make(file: BinaryIO, order: Order, bounds: Bounds) -> Made:
    """What the order asks of the file; raises Unusable."""
    head = file.read(HEAD)
    file.seek(0)
    kind = sniff(head)
    if kind is None:
        raise Unusable("unknown_format", "is none of the containers that are opened (mp4, webm, wav, png, ...)")
    if kind in NAMED:
        raise Unusable("unknown_format", NAMED[kind])
    if order.work == "image" or kind in IMAGES:
        if order.work != "image" or kind not in IMAGES:
            raise Unusable("wrong_kind", f"is {kind}, from which no {order.work} can be made")
        return still(file, kind, order=order, bounds=bounds)
    check_extent(file, kind)
    try:
        if order.work == "frames":
            return _frames(file, kind, order=order, bounds=bounds)
        if order.work == "audio":
            return sound.wav(file, kind, bounds)
        track = _late_track(file, kind, bounds)
        if order.work == "whole":
            return clips.whole(file, kind, head=head, track=track, bounds=bounds)
        return clips.mute(file, kind, head=head, track=track, bounds=bounds)
    except MemoryError:  # of FFmpeg, too: the worker says so
        raise
    except (av.FFmpegError, EOFError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unusable("corrupt", f"cannot be decoded: {reason}") from error


def _track(file: BinaryIO, kind: str, bounds: Bounds) -> Track:
    """The times of a clip's frames and key frames, read from its packets; nothing is decoded."""
    times: list[int] = []
    keys: list[int] = []
    marks: list[int] = []
    with open_container(file, kind) as container:
        stream = video_of(container)
        refuse_large(stream.codec_context.width, stream.codec_context.height, bounds)
        base = float(stream.time_base) if stream.time_base else 1.0
        untimed = 0
        for packet in container.demux(stream):
            if packet.size == 0 or is_hidden(packet, stream):
                continue
            if packet.is_keyframe:
                marks.append(len(times) + untimed if packet.pts is None else packet.pts)
            if packet.is_discard:
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
        count = len(times) + untimed
        marks = [mark for mark in marks if mark < count]
        return Track(times=list(range(count)), keys=[], base=1 / rate, timed=False, marks=marks)
    keys = sorted(keys) if kind in SEEKABLE else []
    return Track(times=sorted(set(times)), keys=keys, base=base, timed=kind not in clips.UNORDERED, marks=marks)


def _late_track(file: BinaryIO, kind: str, bounds: Bounds) -> Track | None:
    """The track of a clip that begins between key frames; None, and hardly anything read, for all others."""
    with open_container(file, kind) as container:
        stream = video_of(container)
        refuse_large(stream.codec_context.width, stream.codec_context.height, bounds)
        first = next((packet for packet in container.demux(stream) if packet.size), None)
        late = first is not None and not first.is_keyframe
    file.seek(0)
    track = _shown(file, kind, _track(file, kind, bounds)) if late else None
    file.seek(0)
    return track


def _shown(file: BinaryIO, kind: str, track: Track) -> Track:
    """The track from the first picture that can be shown; raises Unusable where none can.

    A key frame that cannot be decoded is damage and no late beginning: what it alone shows is not passed over.
    """
    if not track.times:
        raise Unusable("no_frames", "has a video track without a frame")
    with open_container(file, kind) as container:
        stream = video_of(container)
        if kind in SEEKABLE and _claims_key(stream, track):
            track = dataclasses.replace(track, marks=[track.times[0], *track.marks])
        frames = shown_frames(container, stream)
        if track.timed:
            start = next((frame.pts for frame in frames if frame.pts is not None and not _is_rest(frame, track)), None)
        elif not track.marks:  # nor does the container say anything of key frames: the first that is shown is the first
            start = track.times[0] if next(frames, None) is not None else None
        else:
            count = min(sum(1 for _ in frames), len(track.times))
            start = track.times[len(track.times) - count] if count else None
        renewed = stream.codec_context.name in _RENEWED
    file.seek(0)
    if start is None and not track.marks:
        raise Unusable("no_frames", f"has no key frame: none of its {len(track.times):,} pictures can be shown")
    if start is None:
        raise Unusable("corrupt", f"cannot be decoded: none of its {len(track.times):,} pictures")
    skipped = bisect.bisect_left(track.times, start)
    if skipped and track.marks:
        first = max(track.marks[0], track.times[0])
        following = min((mark for mark in track.marks if mark > first), default=None)
        if start > track.marks[0] and not (renewed and (following is None or start < following)):
            raise Unusable("corrupt", f"cannot be decoded: its first {skipped:,} pictures, a key frame among them")
    return dataclasses.replace(track, times=track.times[skipped:], skipped=skipped)


def _claims_key(stream: Any, track: Track) -> bool:
    """Whether the container's own index begins with a key frame; where it calls all of them so, it says nothing."""
    entries = stream.index_entries
    if not len(entries) or not entries[0].is_keyframe or not track.timed or entries[0].timestamp > track.times[0]:
        return False
    return sum(bool(entry.is_keyframe) for entry in entries) < len(track.times)


def _is_rest(frame: Any, track: Track) -> bool:
    """A damaged picture before the first key frame: what hangs on one that was cut away."""
    return bool(frame.is_corrupt) and (not track.marks or frame.pts < track.marks[0])


def _frames(file: BinaryIO, kind: str, *, order: Order, bounds: Bounds) -> Made:
    track = _track(file, kind, bounds)
    if not track.times:
        raise Unusable("no_frames", "has a video track without a frame")
    alone = track.marks[:1] == track.times[:1]  # a key frame is first and hangs on nothing
    late = not alone or track.times[0] not in choose(track, policy=order.policy, count=order.count, fps=order.fps)
    if late:
        track = _shown(file, kind, track)
    wanted, found = _found(file, kind, track=track, order=order, bounds=bounds)
    if not late and wanted and wanted[0] not in found:
        track = _shown(file, kind, track)
        wanted, found = _found(file, kind, track=track, order=order, bounds=bounds)
    missing = [time for time in wanted if time not in found]
    if missing:
        at = (missing[0] - track.times[0]) * track.base
        raise Unusable("corrupt", f"{len(missing)} of {len(wanted)} frames cannot be decoded, the first at {at:.2f} s")
    start, skipped = track.times[0], track.skipped
    pieces = [
        Piece(raw=found[time], mime="image/jpeg", at=round((time - start) * track.base, 3), skipped=skipped)
        for time in wanted
    ]
    if sum(len(piece.raw) for piece in pieces) > bounds.made_bytes:
        raise Unusable("too_large", f"its frames take more than {bounds.made_bytes:,} bytes")
    return Made(pieces=tuple(pieces), expected=len(wanted))


def _found(
    file: BinaryIO, kind: str, *, track: Track, order: Order, bounds: Bounds
) -> tuple[list[int], dict[int, bytes]]:
    """The times that the order asks for, and the JPEG of each that can be decoded."""
    wanted = choose(track, policy=order.policy, count=order.count, fps=order.fps)
    found = _decode(file, kind, track=track, wanted=wanted, order=order, bounds=bounds)
    if found is None:  # it jumped past a frame: some files' key frames are not what they say
        file.seek(0)
        through = dataclasses.replace(track, keys=[])
        found = _decode(file, kind, track=through, wanted=wanted, order=order, bounds=bounds)
    file.seek(0)
    return wanted, found or {}


def _decode(
    file: BinaryIO, kind: str, *, track: Track, wanted: list[int], order: Order, bounds: Bounds
) -> dict[int, bytes] | None:
    """The JPEG of each wanted time; None where a jump led past one of them."""
    found: dict[int, bytes] = {}
    with open_container(file, kind) as container:
        stream = video_of(container)
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
        self._frames = shown_frames(container, stream)
        self._frame: Any = None
        self._counted = 0
        self.time = track.times[0] - 1

    def jump_towards(self, time: int) -> bool:
        """To the key frame before a time, where decoding up to it would take longer."""
        key = self._track.key_before(time)
        if key is None or self._track.between(self.time, key) <= FAR:
            return False
        self._container.seek(key, stream=self._stream, backward=True)
        self._frames = shown_frames(self._container, self._stream)
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

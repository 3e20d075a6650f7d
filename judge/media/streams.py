"""One open file as a container of streams, by PyAV; runs in a worker only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import av

from judge.media.orders import Unusable

_LENIENT: dict[str, Any] = {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}
"""A title that is no UTF-8 fails no clip; from PyAV 19 on none does."""
_SHOWS_GRAY = frozenset(
    {"flv", "h261", "h263", "h263i", "h263p", "mpeg4", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2"}
)
"""Codecs whose decoders paint on gray what hangs on a picture that is not there."""


def open_container(file: BinaryIO, kind: str) -> Any:
    """By the named demuxer only, with no protocol by which it could open anything else."""
    return av.open(file, format=kind, options={"protocol_whitelist": "none"}, **_LENIENT)


def video_of(container: Any) -> Any:
    """The first video stream, decoded by one thread; raises Unusable where there is none."""
    stream = next((item for item in container.streams.video if not _is_cover(item)), None)
    if stream is None:
        raise Unusable("no_video", "has no video track")
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1  # the workers are as many as the processors
    return stream


def _is_cover(stream: Any) -> bool:
    """A picture that a sound file carries, which is no video."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def is_hidden(packet: Any, stream: Any) -> bool:
    """A VP8 packet that only later pictures refer to: by its header's flag, nothing is shown."""
    return stream.codec_context.name == "vp8" and not memoryview(packet)[0] & 0x10


def shown_frames(container: Any, stream: Any) -> Iterator[Any]:
    """The decoded pictures from the first that can be shown, which need not be the first that is stored.

    A clip that was cut out of a longer one begins with pictures that hang on a key frame before it. Decoders leave
    them out, raise, or paint them on gray; players show none of them. Later errors are raised.
    """
    gray = stream.codec_context.name in _SHOWS_GRAY
    begun = False
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            if begun:
                raise
            continue
        for frame in frames:
            begun = begun or not gray or bool(frame.key_frame)
            if begun:
                yield frame

"""The bytes of Media, read when a body is built and held against their digest; nothing is decoded here."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from providers.errors import Permanent
from providers.records import Media

FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}


def named(media: Media) -> str:
    """What a message calls it, e.g. "the frame 3fa9c1d2": where it lies says nothing to a reader of results."""
    kind = "frame" if media.frame_of else {"video": "clip"}.get(media.kind, media.kind)
    return f"the {kind} {media.sha256[:8]}"


def bytes_of(media: Media) -> bytes:
    """The file's bytes; raises Permanent of kind "media" where they are gone or not those of the request."""
    try:
        raw = Path(media.path).read_bytes()
    except OSError as error:
        text = f"{named(media)} cannot be read: {error.strerror}. Run again: it is made anew"
        raise Permanent(text, kind="media") from error
    if hashlib.sha256(raw).hexdigest() != media.sha256:
        raise Permanent(f"{named(media)} has changed since its request was made. Run again", kind="media")
    return raw


def base64_of(media: Media) -> str:
    """The bytes as base64 text."""
    return base64.b64encode(bytes_of(media)).decode("ascii")


def data_uri(media: Media) -> str:
    """data:MIME;base64,..."""
    return f"data:{media.mime};base64,{base64_of(media)}"

"""What a worker is asked for and what it may use: an Order, and the Bounds of one clip. Plain data, JSON both ways.

Its digest names what was made; nothing here opens a file.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Literal

Work = Literal["frames", "image", "audio", "whole", "mute"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One thing to make of one file."""

    work: Work
    """frames and image give JPEGs, audio a 16 kHz mono wav; whole only looks at a clip; mute takes its sound away."""
    policy: str = "uniform"
    count: int = 8
    fps: float = 0.0
    size: int = 768
    quality: int = 85

    def words(self) -> str:
        """As manifests and people name it."""
        if self.work == "frames":
            chosen = f"{self.policy} {self.count}" + (f" at {self.fps:g}/s" if self.policy == "fps" else "")
            return f"{chosen}, at most {self.size} px, jpeg {self.quality}"
        if self.work == "image":
            return f"at most {self.size} px, jpeg {self.quality}"
        return {"audio": "wav, 16 kHz mono", "whole": "whole clip", "mute": "whole clip without its sound"}[self.work]

    def canonical(self) -> str:
        """The same text for the same result."""
        kept = {"frames": ("policy", "count", "fps", "size", "quality"), "image": ("size", "quality")}
        names = ("work", *kept.get(self.work, ()))
        return json.dumps({name: getattr(self, name) for name in names}, sort_keys=True)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one clip may cost; more is a Problem of its sample."""

    seconds: float = 60.0
    """Of wall time."""
    memory: int = 2 * 2**30
    """Bytes of address space of a worker."""
    file_bytes: int = 2 * 2**30
    made_bytes: int = 64 * 2**20
    """Of all that is made of one clip."""
    pixels: int = 40_000_000
    """Of one image or frame."""
    packets: int = 500_000
    """Of one track."""
    audio_seconds: float = 1800.0
    clips: int = 500
    """After which a worker is replaced."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing that was made: its bytes and where in the clip it lies."""

    raw: bytes
    mime: str
    at: float | None = None
    """Seconds, of a frame."""
    seconds: float | None = None
    """Length, of audio and clips."""
    skipped: int = 0
    """Pictures at the beginning of its clip that cannot be shown, for their key frame is not in the file."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The result of one order."""

    pieces: tuple[Piece, ...]
    expected: int


class Unusable(Exception):
    """A file that gives nothing: `kind` is one short word that results count by."""

    def __init__(self, kind: str, message: str) -> None:
        """The message is for a person and names no path."""
        super().__init__(message)
        self.kind = kind
        self.message = message

"""Which frames of a clip a policy asks for, by their presentation times; pure arithmetic."""

from __future__ import annotations

import bisect
import dataclasses
import math


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The frames of a video track."""

    times: list[int]
    """Presentation times in units of `base`, ascending."""
    keys: list[int]
    """Of the frames to which one can jump."""
    base: float
    """Seconds."""
    timed: bool = True
    """False where a container's times are not those of its pictures: the n-th picture has the n-th time."""
    marks: list[int] = dataclasses.field(default_factory=list)
    """Of all key frames as the container marks them, hidden ones too, in the order of decoding."""
    skipped: int = 0
    """Pictures before the first of `times`, which nothing can show: their key frame is not in the file."""

    @property
    def seconds(self) -> float | None:
        """From the first of `times` to the end of the last, which takes as long as the mean one; None for one alone."""
        count = len(self.times)
        return (self.times[-1] - self.times[0]) * self.base * count / (count - 1) if count > 1 else None

    def key_before(self, time: int) -> int | None:
        """The last key frame at or before a time."""
        index = bisect.bisect_right(self.keys, time)
        return self.keys[index - 1] if index else None

    def between(self, early: int, late: int) -> int:
        """Frames from one time to another; negative backwards."""
        return bisect.bisect_left(self.times, late) - bisect.bisect_left(self.times, early)


def choose(track: Track, *, policy: str, count: int, fps: float) -> list[int]:
    """The wanted times, ascending, each once; fewer than `count` where the clip has fewer frames."""
    total = len(track.times)
    if total == 0:
        return []
    if policy == "first":
        return track.times[:count]
    indices = spread(total, count) if policy == "uniform" else _at_rate(track, count=count, fps=fps)
    return [track.times[index] for index in dict.fromkeys(indices)]


def spread(total: int, count: int) -> list[int]:
    """Indices from the first to the last, evenly, rounded down; the middle one for a single frame.

    The same as numpy.linspace(0, total - 1, count).astype(int), by which most video models sample.
    """
    if count >= total:
        return list(range(total))
    if count == 1:
        return [total // 2]
    step = (total - 1) / (count - 1)  # a float, as there: 11 * (30 / 22) is 14, not 15
    return [*(int(index * step) for index in range(count - 1)), total - 1]


def _at_rate(track: Track, *, count: int, fps: float) -> list[int]:
    """The frame that is shown at each k / fps seconds; where these are more than `count`, `count` of them, spread."""
    seconds = [(time - track.times[0]) * track.base for time in track.times]
    last = int(seconds[-1] * fps + 1e-9)
    shown = []
    for index, begins in enumerate(seconds):  # by frames, not by ticks: a hostile clip may claim to last for ages
        tick = max(0, math.ceil((begins - _SOON) * fps))
        if tick <= last and (index + 1 == len(seconds) or tick / fps + _SOON < seconds[index + 1]):
            shown.append(index)
    return [shown[index] for index in spread(len(shown), count)]


_SOON = 1e-6
"""Seconds by which a frame may come after the tick at which it is shown: times are rounded."""

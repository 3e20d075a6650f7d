"""Which frames of a clip a policy asks for, by their presentation times; pure arithmetic."""

from __future__ import annotations

import bisect
import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The frames of a video track."""

    times: list[int]
    """Presentation times in units of `base`, ascending."""
    keys: list[int]
    base: float
    """Seconds."""
    timed: bool = True
    """False where the container gives no times and frames are counted instead."""

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
    return [index * (total - 1) // (count - 1) for index in range(count)]


def _at_rate(track: Track, *, count: int, fps: float) -> list[int]:
    """The frame that is shown at each k / fps seconds; where these are more than `count`, `count` of them, spread."""
    start = track.times[0]
    length = (track.times[-1] - start) * track.base
    shown = []
    for tick in range(int(length * fps + 1e-9) + 1):
        time = start + tick / fps / track.base
        shown.append(max(0, bisect.bisect_right(track.times, time + 1e-6 / track.base) - 1))
    unique = list(dict.fromkeys(shown))
    return [unique[index] for index in spread(len(unique), count)]

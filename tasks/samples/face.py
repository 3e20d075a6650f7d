"""A face from a few numbers: brows, eyes, nose, mouth, tears.

A pose holds the numbers, all zero when the face rests. Positions are measured from the middle of the head.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from pen import Colour, Pen, Points, mix, oval, smooth

if TYPE_CHECKING:
    from people import Person

DARK: Colour = (43, 32, 36)
WHITE: Colour = (250, 248, 244)
TEETH: Colour = (248, 245, 236)
MOUTH: Colour = (98, 28, 38)
TONGUE: Colour = (200, 92, 98)
TEAR: Colour = (176, 220, 245)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """What a face does; 0 is at rest, 1 is all the way, signs as said below."""

    brow: float = 0.0
    """Raised (+) or lowered (-)."""
    tilt: float = 0.0
    """Inner ends of the brows up (+) or down (-)."""
    knit: float = 0.0
    skew: float = 0.0
    """One brow higher than the other."""
    lid: float = 0.0
    """Eyes wide (+1) or shut (-1)."""
    squint: float = 0.0
    slant: float = 0.0
    """Upper lids pressed down towards the nose."""
    pupil: float = 0.0
    look_x: float = 0.0
    look_y: float = 0.0
    wrinkle: float = 0.0
    smile: float = 0.0
    """Corners of the mouth up (+) or down (-)."""
    smirk: float = 0.0
    open: float = 0.0
    wide: float = 0.0
    square: float = 0.0
    lift: float = 0.0
    """Upper lip pulled up to the nose."""
    teeth: float = 0.0
    """Upper teeth (0.5) or both rows, clenched (1)."""
    press: float = 0.0
    tears: float = 0.0
    blush: float = 0.0
    flush: float = 0.0
    pale: float = 0.0
    yaw: float = 0.0
    nod: float = 0.0
    roll: float = 0.0
    """Degrees."""
    x: float = 0.0
    y: float = 0.0
    lean: float = 0.0
    """Towards the viewer (+) or back (-)."""
    shrug: float = 0.0
    bounce: float = 0.0
    """The head jumps with the loudness of the voice."""
    tremble: float = 0.0
    shake: float = 0.0
    """The head says no."""

    def toward(self, other: Pose, amount: float) -> Pose:
        """The pose that lies the given share of the way to another."""
        names = [field.name for field in fields(self)]
        return Pose(**{name: getattr(self, name) * (1 - amount) + getattr(other, name) * amount for name in names})

    def plus(self, **more: float) -> Pose:
        """The same pose with something added to some of its numbers."""
        return Pose(**{f.name: getattr(self, f.name) + more.get(f.name, 0.0) for f in fields(self)})


def skin_of(person: Person, pose: Pose) -> Colour:
    """The skin's colour now: flushed, or gone pale."""
    pale = mix(person.skin, (226, 222, 214), 0.42 * pose.pale)
    return mix(pale, (206, 62, 48), 0.2 * pose.flush)


def shadow(person: Person, pose: Pose, depth: float) -> Colour:
    """The skin's colour in a crease or in the shade."""
    return mix(skin_of(person, pose), (58, 16, 22), depth)


def draw_face(pen: Pen, person: Person, pose: Pose) -> None:
    """Everything inside the outline of the head."""
    shade = shadow(person, pose, 0.42)
    right, down = 7.0 * pose.yaw, 6.0 * pose.nod
    for side in (-1.0, 1.0):
        pen.glow(side * 34 + right, 21 + down, 15, (226, 70, 74), alpha=0.85 * pose.blush)
    for side in (-1.0, 1.0):
        _eye(pen, person, pose, (side, side * 23 + right, -5 + down))
        _brow(pen, person, pose, (side, right, -25 + down))
    _forehead(pen, pose, shade, (right, down))
    _nose(pen, pose, shade, (1.5 * right, down))
    _mouth(pen, person, pose, (1.1 * right, 41 + down))
    for side in (-1.0, 1.0):
        _tear(pen, pose.tears - (0.25 if side > 0 else 0.0), (side * 25 + right, 3 + down))


def _brow(pen: Pen, person: Person, pose: Pose, at: tuple[float, float, float]) -> None:
    side, x, y = at
    high = 8.0 * pose.brow + (8.0 * pose.skew if side > 0 else -2.0 * pose.skew)
    inner, slope = 11 - 4.0 * pose.knit, 9.0 * pose.tilt
    line = smooth(
        [
            (x + side * inner, y - 0.5 - high * 0.95 - slope),
            (x + side * 24, y - 4 - high * 1.1 + 0.12 * slope),
            (x + side * 39, y + 3.0 - high * 0.75 + 0.5 * max(slope, 0.0) + 0.3 * min(slope, 0.0)),
        ]
    )
    pen.stroke(line, 5.6, mix(person.hair, DARK, 0.3), taper=0.45)


def _forehead(pen: Pen, pose: Pose, shade: Colour, at: tuple[float, float]) -> None:
    x, y = at
    for row in range(2):
        if pose.brow > 0.55:
            high = -43 - 6.0 * row
            pen.stroke(smooth([(x - 15, y + high), (x, y + high - 1.5), (x + 15, y + high)]), 1.3, shade)
    for side in (-1.0, 1.0):
        if pose.knit > 0.45:
            pen.stroke(smooth([(x + side * 3.4, y - 20), (x + side * 2.6, y - 28)]), 1.6, shade, taper=0.4)


def _lids(pose: Pose, side: float) -> tuple[Points, Points, Points]:
    u = np.linspace(-1.0, 1.0, 33)
    dome = (1 - u**2) ** 0.75
    corner = -1.6 * pose.tilt * u * side * -1.0
    upper = corner - max(8.2 * (1 + 0.5 * max(pose.lid, 0.0) + min(pose.lid, 0.0)), 0.0) * dome
    upper = upper + pose.slant * 5.2 * np.clip(0.35 - u * side, 0.0, 1.0) * dome
    lower = corner + 6.2 * (1 - 0.75 * pose.squint) * (1 + min(pose.lid, 0.0) * 0.8) * dome
    lower = lower - 3.4 * max(pose.squint, 0.0) * dome * np.clip(1 + pose.lid, 0.0, 1.0)
    return u, np.minimum(upper, lower), lower


def _eye(pen: Pen, person: Person, pose: Pose, at: tuple[float, float, float]) -> None:
    side, x, y = at
    u, upper, lower = _lids(pose, side)
    across = x + 13.0 * u
    shade = shadow(person, pose, 0.36)
    if pose.squint > 0.35 or pose.tears > 0.3:
        pen.stroke(smooth([(x - 9, y + 9.5), (x, y + 11.5), (x + 9, y + 9.5)]), 1.4, mix(shade, person.skin, 0.35))
    white = np.column_stack([np.r_[across, across[::-1]], y + np.r_[upper, lower[::-1]]])
    pen.fill(white, mix(WHITE, (240, 190, 190), 0.5 * min(pose.tears, 1.0)))
    look = (x + 4.6 * pose.look_x, y - 0.6 + 3.0 * pose.look_y)
    spots = ((7.0, person.iris), (3.4 * (1 + 0.5 * pose.pupil), (22, 18, 22)))
    for radius, colour in spots:
        pen.fill(_within(oval(*look, radius, radius), (across, y + upper, y + lower)), colour)
    if float(lower[16] - upper[16]) > 5:
        pen.fill(_within(oval(look[0] - 2.3, look[1] - 2.6, 1.9, 1.9), (across, y + upper, y + lower)), WHITE)
    pen.stroke(np.column_stack([across, y + upper]), 2.6, DARK)
    pen.stroke(np.column_stack([across, y + lower])[3:-3], 1.0, shade)
    if person.lashes:
        tip = np.array([[x + side * 12.6, y + upper[-1 if side > 0 else 0]], [x + side * 16.4, y - 3.6 + upper[0]]])
        pen.stroke(tip, 2.2, DARK, taper=0.5)


def _within(points: Points, lids: tuple[Points, Points, Points]) -> Points:
    across, upper, lower = lids
    x = np.clip(points[:, 0], across[0], across[-1])
    return np.column_stack([x, np.clip(points[:, 1], np.interp(x, across, upper), np.interp(x, across, lower))])


def _nose(pen: Pen, pose: Pose, shade: Colour, at: tuple[float, float]) -> None:
    x, y = at
    up = 2.6 * pose.wrinkle + 1.0 * pose.lift
    pen.stroke(smooth([(x + 3, y - 4), (x + 6, y + 9 - up), (x + 8, y + 18 - up), (x + 2, y + 21 - up)]), 1.9, shade)
    for side in (-1.0, 1.0):
        pen.fill(oval(x + side * 3.8, y + 20.4 - up, 1.9, 1.2 + 0.5 * pose.wrinkle), mix(shade, DARK, 0.5))
        if pose.wrinkle > 0.35:
            for row in range(3):
                high = y - 7 + 4.2 * row
                crease = smooth([(x + side * 2.0, high - 1.8), (x + side * (5.5 + 0.8 * row), high + 1.6)])
                pen.stroke(crease, 1.5, shade, taper=0.4)


def _lips(pose: Pose) -> tuple[Points, Points, Points]:
    u = np.linspace(-1.0, 1.0, 41)
    power = 2.0 + 4.0 * max(pose.square, 0.0)
    dome = (1 - np.abs(u) ** power) ** 0.8
    middle = 8.5 * pose.smile * (1 - u**2) - 5.5 * pose.smile
    middle = middle - 13.0 * pose.smirk * np.clip(u, 0.0, 1.0) ** 1.6 + 1.5 * pose.smirk * np.clip(-u, 0.0, 1.0)
    gape = max(pose.open, 0.0)
    lifted = 5.5 * pose.lift * (1 - u**2) ** 0.5
    return u, middle - (6.0 * gape * dome + lifted), middle + (15.0 + 5.0 * max(pose.smile, 0.0)) * gape * dome


def _mouth(pen: Pen, person: Person, pose: Pose, at: tuple[float, float]) -> None:
    x, y = at
    skin = skin_of(person, pose)
    u, upper, lower = _lips(pose)
    across = x + 18.5 * (1 + 0.45 * pose.wide) * (1 + 0.16 * max(pose.smile, 0.0)) * u
    _folds(pen, pose, shadow(person, pose, 0.34), (x, y, float(across[-1] - x)))
    edge = np.column_stack([np.r_[across, across[::-1]], y + np.r_[upper, lower[::-1]]])
    gap = float(lower[20] - upper[20])
    if gap > 1.5:
        pen.fill(edge, MOUTH)
        inside = (across, y + upper, y + lower)
        if gap > 9 and pose.teeth < 0.8:
            pen.fill(_within(oval(x, y + lower[20] + 1, 11, 0.42 * gap), inside), TONGUE)
        _teeth(pen, pose, inside, gap)
    lip = mix(mix(skin, (188, 60, 70), person.lips), DARK, 0.05)
    thick = 3.1 * (1 - 0.45 * pose.press)
    pen.stroke(np.column_stack([across, y + lower]), thick * 1.1, lip)
    pen.stroke(np.column_stack([across, y + upper]), thick, lip)
    if gap <= 4:
        pen.stroke(np.column_stack([across, y + 0.5 * (upper + lower)]), 1.5, mix(lip, DARK, 0.6))
    if pose.smile < -0.3:
        pen.stroke(
            smooth([(x - 7, y + lower[20] + 9), (x, y + lower[20] + 7), (x + 7, y + lower[20] + 9)]),
            1.4,
            shadow(person, pose, 0.34),
        )


def _teeth(pen: Pen, pose: Pose, inside: tuple[Points, Points, Points], gap: float) -> None:
    across, upper, lower = inside
    if pose.teeth <= 0.05:
        return
    deep = gap if pose.teeth > 0.8 else min(0.9 * gap, 7.5) * min(2 * pose.teeth, 1.0)
    floor = np.minimum(upper + deep, lower)
    pen.fill(np.column_stack([np.r_[across, across[::-1]], np.r_[upper, floor[::-1]]])[2:-2], TEETH)
    if pose.teeth > 0.8 and gap > 4:
        line = mix(TEETH, DARK, 0.35)
        pen.stroke(np.column_stack([across, 0.5 * (upper + lower)])[3:-3], 1.2, line)
        for i in range(6, 36, 4):
            pen.stroke(np.array([[across[i], upper[i]], [across[i], lower[i]]]), 0.7, line)


def _folds(pen: Pen, pose: Pose, shade: Colour, at: tuple[float, float, float]) -> None:
    x, y, half = at
    for side in (-1.0, 1.0):
        depth = max(pose.smile, pose.wrinkle, pose.lift, 1.2 * pose.smirk if side > 0 else 0.0)
        if depth > 0.3:
            top, end = (x + side * 11, y - 19), (x + side * (half + 5), y - 3 - 5 * max(pose.smile, 0.0))
            bend = (0.5 * (top[0] + end[0]) + side * 3.5, 0.5 * (top[1] + end[1]) - 1.5)
            pen.stroke(smooth([top, bend, end]), 1.3 + 0.7 * depth, shade, taper=0.5)


def _tear(pen: Pen, amount: float, at: tuple[float, float]) -> None:
    x, y = at
    if amount <= 0.05:
        return
    run = 36.0 * min(amount, 1.0)
    pen.fill(
        smooth([(x - 1.6, y), (x + 1.6, y), (x + 2.2, y + run), (x - 2.2, y + run)], closed=True), TEAR, alpha=0.75
    )
    pen.fill(oval(x, y + run, 3.4, 4.2), TEAR)
    pen.fill(oval(x - 1, y + run - 1, 1.1, 1.4), WHITE)

"""The people in the clips: their colours, hair, clothes and the wall behind them, and one whole frame of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from face import DARK, Pose, draw_face, skin_of
from pen import Colour, Pen, Points, mix, oval, smooth
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

HIGH = 240
FINER = 3
CENTRE = (160.0, 116.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How somebody looks, whatever they feel."""

    skin: Colour
    hair: Colour
    shirt: Colour
    wall: Colour
    style: str
    """short, bob, long, bun, curls or thin."""
    iris: Colour = (74, 50, 36)
    lips: float = 0.5
    lashes: bool = False
    glasses: bool = False
    beard: bool = False
    collar: str = "round"
    """round, vee or shirt."""


def frame(person: Person, pose: Pose, size: tuple[int, int]) -> Image.Image:
    """One picture of the person in that pose."""
    scale = FINER * size[1] / HIGH
    canvas = Image.new("RGB", (size[0] * FINER, size[1] * FINER), person.wall)
    draw = ImageDraw.Draw(canvas, "RGBA")
    still = Pen(draw=draw, scale=scale)
    _wall(still, person)
    body = replace(
        still,
        move=(CENTRE[0] + 0.5 * pose.x, 0.4 * pose.y - 7.0 * pose.shrug),
        zoom=1 + 0.5 * pose.lean,
        pivot=(0.0, 240.0),
    )
    head = replace(
        still, pivot=(0.0, 70.0), turn=pose.roll, zoom=1 + pose.lean, move=(CENTRE[0] + pose.x, CENTRE[1] + pose.y)
    )
    _back_hair(head, person)
    _body(body, person, pose)
    _head(head, person, pose)
    draw_face(head, person, pose)
    _front_hair(head, person)
    if person.glasses:
        _glasses(head, pose)
    return canvas.resize(size, Image.Resampling.LANCZOS)


def _wall(pen: Pen, person: Person) -> None:
    light, deep = mix(person.wall, (255, 255, 255), 0.16), mix(person.wall, (20, 24, 40), 0.16)
    for ring in range(8, 0, -1):
        pen.fill(oval(160, 96, 26.0 * ring, 22.0 * ring), mix(light, person.wall, ring / 8))
    pen.fill(np.array([[0, 214], [320, 214], [320, 240], [0, 240]], dtype=np.float64), deep)
    pen.fill(np.array([[18, 26], [74, 26], [74, 98], [18, 98]], dtype=np.float64), mix(light, (255, 255, 255), 0.35))
    pen.fill(np.array([[23, 31], [69, 31], [69, 93], [23, 93]], dtype=np.float64), mix(person.wall, person.shirt, 0.35))
    pen.fill(oval(46, 70, 15, 12), mix(person.wall, (255, 255, 255), 0.5))


def _outline(grow: float = 0.0) -> Points:
    angle = np.linspace(0, 2 * np.pi, 97)
    jaw = 1 - 0.17 * np.clip(np.sin(angle), 0, 1) ** 1.6
    return np.column_stack([(57 + grow) * np.cos(angle) * jaw, 1 + (69 + grow) * np.sin(angle)])


def _body(pen: Pen, person: Person, pose: Pose) -> None:
    skin = skin_of(person, pose)
    trunk = smooth([(-96, 262), (-92, 226), (-66, 209), (-24, 200), (24, 200), (66, 209), (92, 226), (96, 262)])
    neck = smooth([(-22, 150), (-22, 186), (-30, 203), (0, 216), (30, 203), (22, 186), (22, 150)])
    pen.fill(trunk, person.shirt)
    fold = mix(person.shirt, DARK, 0.28)
    for side in (-1.0, 1.0):
        pen.stroke(smooth([(side * 66, 240), (side * 62, 228), (side * 64, 220)]), 2.0, fold, taper=0.4)
    pen.fill(neck, mix(skin, (70, 22, 30), 0.26))
    if person.collar == "vee":
        pen.fill(np.array([[-29, 202], [0, 236], [29, 202], [0, 208]], dtype=np.float64), mix(skin, (70, 22, 30), 0.1))
    elif person.collar == "shirt":
        for side in (-1.0, 1.0):
            flap = np.array([[side * 31, 196], [side * 2, 214], [side * 20, 232], [side * 42, 208]], dtype=np.float64)
            pen.fill(flap, mix(person.shirt, (255, 255, 255), 0.3))
    else:
        pen.stroke(smooth([(-31, 202), (0, 217), (31, 202)]), 5.0, mix(person.shirt, (255, 255, 255), 0.25))


def _head(pen: Pen, person: Person, pose: Pose) -> None:
    skin = skin_of(person, pose)
    shade = mix(skin, (70, 22, 30), 0.14)
    for side in () if person.style in {"bob", "long"} else (-1.0, 1.0):
        pen.fill(oval(side * 57 - 3 * pose.yaw, 3, 8.5, 13), shade)
        pen.fill(oval(side * 57 - 3 * pose.yaw, 4, 4.5, 8), mix(skin, (70, 22, 30), 0.28))
    edge = _outline()
    pen.fill(edge, skin)
    rim = _outline()[np.r_[84:97, 1:21]]
    inner = np.column_stack([rim[:, 0] * 0.88, rim[:, 1] * 0.98])
    pen.fill(np.concatenate([rim, inner[::-1]]), shade)
    if person.beard:
        low = edge[edge[:, 1] > 16]
        low = low[np.argsort(-low[:, 0])]
        top = smooth([(-50, 16), (-42, 26), (-26, 25), (-14, 30), (0, 27), (14, 30), (26, 25), (42, 26), (50, 16)])
        pen.fill(np.concatenate([low * np.array([1.02, 1.03]), top]), mix(person.hair, skin, 0.12))


def _cap(lift: float, hairline: Sequence[tuple[float, float]]) -> Points:
    edge = _outline(lift)
    top = edge[edge[:, 1] < -6]
    return np.concatenate([top[np.argsort(top[:, 0])], smooth(hairline)])


def _back_hair(pen: Pen, person: Person) -> None:
    deep = mix(person.hair, DARK, 0.18)
    if person.style == "long":
        pen.fill(
            smooth(
                [
                    (-40, -62),
                    (-68, -20),
                    (-72, 50),
                    (-64, 104),
                    (0, 112),
                    (64, 104),
                    (72, 50),
                    (68, -20),
                    (40, -62),
                    (0, -78),
                ],
                closed=True,
            ),
            deep,
        )
    if person.style == "bob":
        pen.fill(
            smooth(
                [
                    (-42, -62),
                    (-70, -14),
                    (-73, 34),
                    (-60, 64),
                    (0, 66),
                    (60, 64),
                    (73, 34),
                    (70, -14),
                    (42, -62),
                    (0, -78),
                ],
                closed=True,
            ),
            deep,
        )
    if person.style == "bun":
        pen.fill(oval(0, -78, 25, 19), person.hair)
        pen.stroke(smooth([(-17, -70), (0, -75), (17, -70)]), 3.0, deep)
    if person.style == "curls":
        for angle in np.linspace(np.pi * 0.93, np.pi * 2.07, 13):
            pen.fill(oval(60 * np.cos(angle), -6 + 62 * np.sin(angle), 20, 20), person.hair)


def _front_hair(pen: Pen, person: Person) -> None:
    hair, shine = person.hair, mix(person.hair, (255, 255, 255), 0.16)
    if person.style == "short":
        pen.fill(
            _cap(6, [(57, -6), (52, -30), (38, -44), (10, -50), (-22, -42), (-46, -38), (-53, -24), (-57, -6)]), hair
        )
        pen.stroke(smooth([(-30, -60), (-6, -67), (20, -64)]), 3.0, shine, taper=0.3)
    if person.style == "curls":
        for angle in np.linspace(np.pi * 1.12, np.pi * 1.88, 9):
            pen.fill(oval(46 * np.cos(angle), -13 + 52 * np.sin(angle), 14, 10), hair)
    if person.style in {"bob", "long"}:
        line = [(62, 20), (51, -8), (44, -34), (12, -54), (-4, -56), (-26, -44), (-46, -22), (-52, -4), (-62, 20)]
        pen.fill(_cap(8, line), hair)
        pen.stroke(smooth([(10, -66), (34, -54), (50, -30)]), 3.0, shine, taper=0.3)
    if person.style == "bun":
        pen.fill(_cap(6, [(58, -4), (52, -28), (34, -48), (0, -54), (-34, -48), (-52, -28), (-58, -4)]), hair)
        pen.stroke(smooth([(-24, -62), (-4, -67), (14, -66)]), 3.0, shine, taper=0.3)
    if person.style == "thin":
        for side in (-1.0, 1.0):
            tuft = [(side * 56, 8), (side * 64, -8), (side * 60, -34), (side * 49, -44), (side * 53, -18)]
            pen.fill(smooth(tuft, closed=True), hair)


def _glasses(pen: Pen, pose: Pose) -> None:
    right, down = 7.0 * pose.yaw, 6.0 * pose.nod
    for side in (-1.0, 1.0):
        pen.stroke(oval(side * 23 + right, -3 + down, 17.5, 14.5), 2.2, (58, 46, 52))
        pen.stroke(np.array([[side * 40.5 + right, -6 + down], [side * 56, -8]]), 2.0, (58, 46, 52))
    pen.stroke(smooth([(-5.5 + right, -5 + down), (right, -8 + down), (5.5 + right, -5 + down)]), 2.2, (58, 46, 52))

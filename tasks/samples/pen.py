"""Curves and a pen: points in the picture's own units (320 x 240) become smooth shapes on a Pillow canvas.

Drawn at three times the size and scaled down by the caller, which is all the anti-aliasing there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import ImageDraw

Points = npt.NDArray[np.float64]
Colour = tuple[int, int, int]
ROUND = np.linspace(0.0, 2 * np.pi, 49)


def mix(one: Colour, other: Colour, amount: float) -> Colour:
    """The colour that lies the given share (0 to 1) of the way from one to the other."""
    share = min(max(amount, 0.0), 1.0)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def oval(x: float, y: float, across: float, down: float) -> Points:
    """An ellipse by its centre and its two radii."""
    return np.column_stack([x + across * np.cos(ROUND), y + down * np.sin(ROUND)])


def smooth(corners: Sequence[tuple[float, float]], *, closed: bool = False, steps: int = 10) -> Points:
    """A Catmull-Rom curve through the given points."""
    knots = np.array(corners, dtype=np.float64)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    knots = np.concatenate([ends[0], knots, ends[1]])
    at = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        bend = 2 * a - 5 * b + 4 * c - d
        pieces.append(0.5 * (2 * b + (c - a) * at + bend * at**2 + (3 * b - a - 3 * c + d) * at**3))
    return np.concatenate([*pieces, knots[-2:-1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """Draws on a canvas; what it draws is turned, enlarged and moved about a pivot first."""

    draw: ImageDraw.ImageDraw
    scale: float
    """Pixels per unit."""
    pivot: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    """Degrees, clockwise."""
    zoom: float = 1.0
    move: tuple[float, float] = (0.0, 0.0)

    def _placed(self, points: Points) -> list[tuple[float, float]]:
        angle = np.radians(self.turn)
        spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        pivot = np.array(self.pivot)
        placed = ((points - pivot) * self.zoom @ spin + pivot + np.array(self.move)) * self.scale
        return [(float(x), float(y)) for x, y in placed]

    def fill(self, points: Points, colour: Colour, *, alpha: float = 1.0) -> None:
        """A filled shape."""
        self.draw.polygon(self._placed(points), fill=(*colour, round(255 * min(max(alpha, 0.0), 1.0))))

    def stroke(self, points: Points, width: float, colour: Colour, *, taper: float = 1.0) -> None:
        """A line with round ends; it thins to `taper` of its width at its last point."""
        widths = 0.5 * width * self.zoom * self.scale * np.linspace(1.0, taper, len(points))
        placed = self._placed(points)
        for (x, y), (u, v), radius in zip(placed, placed[1:], widths, strict=False):
            self.draw.line((x, y, u, v), fill=colour, width=max(round(2 * radius), 1))
            self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        (x, y), radius = placed[-1], widths[-1]
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def glow(self, x: float, y: float, across: float, colour: Colour, *, alpha: float) -> None:
        """A soft spot: rings of growing size, each almost clear."""
        for ring in np.linspace(1.0, 0.25, 6):
            self.fill(oval(x, y, across * ring, 0.72 * across * ring), colour, alpha=alpha / 6)

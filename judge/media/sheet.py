"""A contact sheet: the frames and images that a model would see, on one page, each with its time."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

from providers.records import Media

CELL = 320
LABEL = 22
GAP = 8
COLUMNS = 4


def contact_sheet(pictures: Sequence[Media]) -> bytes:
    """A PNG of all pictures in order, four in a row."""
    from PIL import Image, ImageDraw

    columns = min(COLUMNS, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    opened = []
    for item in pictures:
        with Image.open(io.BytesIO(Path(item.path).read_bytes()), formats=["JPEG"]) as image:
            small = image.convert("RGB")
            small.thumbnail((CELL, CELL))
            opened.append(small)
    height = max(image.height for image in opened)
    size = (columns * (CELL + GAP) + GAP, rows * (height + LABEL + GAP) + GAP)
    page = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(page)
    for number, (item, small) in enumerate(zip(pictures, opened, strict=True)):
        left = GAP + (number % columns) * (CELL + GAP)
        top = GAP + (number // columns) * (height + LABEL + GAP)
        page.paste(small, (left + (CELL - small.width) // 2, top))
        at = "" if item.at is None else f" at {item.at:.2f} s"
        draw.text((left + (CELL - small.width) // 2, top + height + 5), f"#{number + 1}{at}", fill="black")
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()

"""Image files and frames as JPEGs, by Pillow; runs in a worker only.

What cannot be decoded in full raises Unusable.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import Image, ImageOps

from judge.media.containers import IMAGES
from judge.media.orders import Bounds, Made, Order, Piece, Unusable

STRIP = 256
"""Rows."""


def still(file: BinaryIO, order: Order, bounds: Bounds) -> Made:
    """An image file as one upright JPEG on white; of an animation, the first frame."""
    Image.MAX_IMAGE_PIXELS = bounds.pixels
    try:
        with Image.open(file, formats=[name.upper() for name in IMAGES]) as image:
            refuse_large(image.width, image.height, bounds)
            ImageOps.exif_transpose(image, in_place=True)  # every copy of a large picture takes as much again
            upright: Image.Image = image
            if upright.mode.startswith("I;16"):  # Pillow would show all but the darkest 256 grays as white
                upright = upright.point(lambda value: value / 256).convert("L")
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                upright = _on_white(upright if upright.mode == "RGBA" else upright.convert("RGBA"))
            raw = jpeg(upright if upright.mode == "RGB" else upright.convert("RGB"), order)
    except Unusable:
        raise
    except Image.DecompressionBombError as error:
        raise Unusable("too_large", f"has more than the {bounds.pixels:,} pixels that are allowed") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Unusable("corrupt", f"cannot be decoded: {str(error)[:100]}") from error
    return Made(pieces=(Piece(raw=raw, mime="image/jpeg"),), expected=1)


def _on_white(image: Image.Image) -> Image.Image:
    """Without its transparency, strip by strip."""
    flat = Image.new("RGB", image.size)
    for top in range(0, image.height, STRIP):
        strip = image.crop((0, top, image.width, min(top + STRIP, image.height)))
        flat.paste(Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip).convert("RGB"), (0, top))
    return flat


def refuse_large(width: int, height: int, bounds: Bounds) -> None:
    """Raises Unusable for too many pixels."""
    if width * height > bounds.pixels:
        raise Unusable("too_large", f"{width} x {height} pixels; {bounds.pixels:,} are allowed")


def jpeg(image: Image.Image, order: Order) -> bytes:
    """Within the order's size; never enlarged."""
    image.thumbnail((order.size, order.size), Image.Resampling.LANCZOS)
    image.info.clear()  # a comment in the source is no part of the picture
    out = io.BytesIO()
    image.save(out, "JPEG", quality=order.quality)
    return out.getvalue()

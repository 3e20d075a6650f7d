"""Image files and frames as JPEGs, by Pillow; runs in a worker only.

What cannot be decoded in full raises Unusable.
"""

from __future__ import annotations

import io
import warnings
from typing import BinaryIO

from PIL import AvifImagePlugin, Image, UnidentifiedImageError, features

from judge.media.containers import IMAGES
from judge.media.exif import bare, orientation_of, without_exif_item
from judge.media.orders import Bounds, Made, Order, Piece, Unusable

STRIP = 256
"""Rows."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By the orientation that Exif states."""


def still(file: BinaryIO, kind: str, *, order: Order, bounds: Bounds) -> Made:
    """An image file as one upright JPEG on white; of an animation, the first frame."""
    Image.MAX_IMAGE_PIXELS = bounds.pixels
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # the workers are as many as the processors
    if kind == "avif" and not features.check("avif"):
        raise Unusable("unsupported", "is AVIF, which the Pillow that is installed cannot open: save it as JPEG or PNG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which nobody reads
            raw = jpeg(_rgb(_upright(file, kind, bounds)), order)
    except (Unusable, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise Unusable("too_large", f"has more than the {bounds.pixels:,} pixels that are allowed") from error
    except UnidentifiedImageError as error:
        raise Unusable("corrupt", "cannot be decoded: its head is damaged") from error
    except Exception as error:
        raise Unusable("corrupt", f"cannot be decoded: {str(error)[:100]}") from error
    return Made(pieces=(Piece(raw=raw, mime="image/jpeg"),), expected=1)


def _upright(file: BinaryIO, kind: str, bounds: Bounds) -> Image.Image:
    """The picture, decoded and turned; what is odd beside it in its file is left out where it is in the way."""
    try:
        return _decoded(without_exif_item(file) if kind == "avif" else file, bounds)
    except (Unusable, MemoryError, Image.DecompressionBombError):
        raise
    except Exception:
        plain = bare(file, kind)
        if plain is None:
            raise
        return _decoded(plain[0], bounds, exif=plain[1])


def _decoded(file: BinaryIO, bounds: Bounds, exif: bytes | None = None) -> Image.Image:
    file.seek(0)
    image: Image.Image = Image.open(file, formats=[name.upper() for name in IMAGES])
    refuse_large(image.width, image.height, bounds)
    image.load()
    method = _TURNS.get(orientation_of(image.info if exif is None else {"exif": exif}))
    return image if method is None else image.transpose(method)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):  # Pillow would show all but the darkest 256 grays as white
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = _on_white(image if image.mode == "RGBA" else image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


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

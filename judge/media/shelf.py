"""What was made of a file, kept by content: the source's digest, the order and the decoder name an entry.

Another model or prompt decodes nothing again. An entry whose bytes are not what it says is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from judge.errors import NothingDone
from judge.media.orders import Bounds, Made, Order
from judge.regular import read_regular
from providers.records import Media

SCHEMA = 2
LARGEST = Bounds().made_bytes
_ENDINGS = {"image/jpeg": "jpg", "audio/wav": "wav", "video/mp4": "mp4", "video/webm": "webm"}


def decoder() -> str:
    """Names and versions of what decodes and encodes; raises NothingDone with the line that installs them."""
    try:
        return " ".join(f"{name} {importlib.metadata.version(package)}" for name, package in _PARTS)
    except importlib.metadata.PackageNotFoundError as error:
        raise NothingDone(f"{error.name} is not installed. Install it:  python -m pip install av pillow") from error


_PARTS = (("PyAV", "av"), ("Pillow", "pillow"))


class Shelf:
    """A folder of entries; each is written beside its place and moved there whole."""

    def __init__(self, folder: Path) -> None:
        """Made on the first entry."""
        self.folder = folder
        self.decoder = decoder()

    def _place(self, source: str, order: Order) -> Path:
        text = f"{SCHEMA}|{source}|{order.canonical()}|{self.decoder}"
        name = hashlib.sha256(text.encode()).hexdigest()
        return self.folder / name[:2] / name

    def get(self, source: str, order: Order) -> tuple[Media, ...] | None:
        """The pieces as Media, their bytes looked at; None where there is no whole entry."""
        place = self._place(source, order)
        try:
            head, _, entry = read_regular(place / "entry.json", LARGEST, follow=False).partition(b"\n")
            if head != _digest(entry).encode():
                return None
            pieces = _pieces(place, json.loads(entry))
            whole = all(
                _digest(read_regular(Path(piece.path), LARGEST, follow=False)) == piece.sha256 for piece in pieces
            )
            return pieces if whole else None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def put(self, source: str, order: Order, made: Made) -> tuple[Media, ...]:
        """Keep what was made; raises OSError where it cannot be written."""
        place = self._place(source, order)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
        try:
            entry = []
            for number, piece in enumerate(made.pieces):
                name = f"{number:03}.{_ENDINGS.get(piece.mime, 'bin')}"
                (beside / name).write_bytes(piece.raw)
                entry.append(_media_of(order, source, piece=piece, path=name))
            text = json.dumps(entry).encode("ascii")
            (beside / "entry.json").write_bytes(_digest(text).encode() + b"\n" + text)
            theirs = self._move(beside, source, order)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return theirs or _pieces(place, entry)

    def _move(self, beside: Path, source: str, order: Order) -> tuple[Media, ...] | None:
        """Into its place; a damaged entry there makes room, a whole one of another process stays and is returned."""
        place = self._place(source, order)
        with contextlib.suppress(OSError):
            beside.replace(place)
            return None
        theirs = self.get(source, order)
        if theirs is not None:
            return theirs
        old = Path(tempfile.mkdtemp(dir=place.parent, prefix=".old-"))
        with contextlib.suppress(OSError):
            place.replace(old / "entry")
        try:
            beside.replace(place)
        except OSError:
            theirs = self.get(source, order)
            if theirs is None:
                raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
        return theirs


def _pieces(place: Path, entry: list[dict[str, Any]]) -> tuple[Media, ...]:
    """The files of an entry: in its own folder, whatever it says."""
    return tuple(Media.model_validate(item | {"path": str(place / Path(item["path"]).name)}) for item in entry)


def _media_of(order: Order, source: str, *, piece: Any, path: str) -> dict[str, Any]:
    kind = "image" if piece.mime.startswith("image/") else "audio" if piece.mime.startswith("audio/") else "video"
    return {
        "kind": kind,
        "path": path,
        "sha256": _digest(piece.raw),
        "mime": piece.mime,
        "size": len(piece.raw),
        "frame_of": source if order.work == "frames" else "",
        "at": piece.at,
        "seconds": piece.seconds,
        "skipped": piece.skipped,
    }


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()

"""Looks through the kept media for entries that are not what they say, and for what killed processes left."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def broken_entries(folder: Path) -> list[Path]:
    """Entries that would be made anew when they are needed: their bytes are not those that were kept."""
    return sorted(place for place in folder.glob("??/*") if not place.name.startswith(".") and not _whole(place))


def unfinished_entries(folder: Path) -> list[Path]:
    """Folders in which an entry was being made, or from which one was being taken away."""
    return sorted(place for kind in ("new", "old") for place in folder.glob(f"??/.{kind}-*"))


def _whole(place: Path) -> bool:
    try:
        if not (place / "entry.json").is_file():
            return False
        head, _, entry = (place / "entry.json").read_bytes().partition(b"\n")
        pieces = json.loads(entry)
        if not all((place / Path(piece["path"]).name).is_file() for piece in pieces):
            return False
        return head == _digest(entry).encode() and all(
            _digest((place / Path(piece["path"]).name).read_bytes()) == piece["sha256"] for piece in pieces
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()

"""A disk that keeps only what was synced: replays a trace of writes up to a power cut, and loses or tears the rest.

Stricter than a file system has to be: a new name is kept only once its folder was synced, and of what was written
since a file's last sync any part may have reached the disk, in any order, the last piece torn.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from traced import Event

SECTOR = 512


@dataclass
class _File:
    synced: bytes = b""
    live: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """(offset, data), or (size, None) for a truncation, since the last sync."""


@dataclass(frozen=True)
class _Rename:
    new: str | None
    old: str | None
    file: _File | None
    """None: a folder."""


class Disk:
    """What is on the disk as the events go by."""

    def __init__(self) -> None:
        self.live: dict[str, _File | None] = {}
        self.kept: dict[str, _File | None] = {}
        self._names: dict[str, list[_Rename]] = {}

    def apply(self, event: Event) -> None:
        """One call that ended."""
        if event.name == "openat":
            self._open(event)
        elif event.name == "mkdir":
            self._name(event.path, _Rename(event.path, None, None))
        elif event.name in ("unlink", "unlinkat"):
            self._name(event.path, _Rename(None, event.path, None))
        elif event.name.startswith("rename"):
            self._name(event.path, _Rename(event.path, event.old, self.live.get(event.old)))
        elif event.name in ("fsync", "fdatasync"):
            self._sync(event.path)
        elif (file := self.live.get(event.path)) is not None:
            self._write(file, event)

    def _open(self, event: Event) -> None:
        file = self.live.get(event.path)
        if file is None and event.creates:
            self._name(event.path, _Rename(event.path, None, _File()))
        elif file is not None and event.truncates:
            self._change(file, 0, None)

    def _name(self, path: str, change: _Rename) -> None:
        self._names.setdefault(str(Path(path).parent), []).append(change)
        _renamed(self.live, change)

    def _sync(self, path: str) -> None:
        file = self.live.get(path)
        if file is not None:
            file.synced, file.pending = bytes(file.live), []
        for change in self._names.pop(path, []):
            _renamed(self.kept, change)

    def _write(self, file: _File, event: Event) -> None:
        if event.name == "ftruncate":
            self._change(file, event.offset or 0, None)
        else:
            self._change(file, len(file.live) if event.offset is None else event.offset, event.data)

    def _change(self, file: _File, place: int, data: bytes | None) -> None:
        file.pending.append((place, data))
        _changed(file.live, place, data)

    def cut(self, target: Path, below: Path, draw: random.Random, *, share: float) -> None:
        """Write to `target` what a power cut leaves of all that lies below: each unsynced piece with this chance."""
        names = dict(self.kept)
        for changes in self._names.values():
            for change in changes:  # a journalled folder keeps a beginning of its changes
                if draw.random() >= share:
                    break
                _renamed(names, change)
        for path, file in sorted(names.items()):
            place = target / Path(path).relative_to(below)
            if file is None:
                place.mkdir(parents=True, exist_ok=True)
            elif place.parent.is_dir():
                place.write_bytes(_left_of(file, draw, share))


def _left_of(file: _File, draw: random.Random, share: float) -> bytes:
    content = bytearray(file.synced)
    for place, data in file.pending:
        if draw.random() >= share:
            continue
        torn = data is not None and len(data) > SECTOR and share < 1 and draw.random() < 0.3
        _changed(content, place, data[: SECTOR * draw.randint(1, len(data) // SECTOR)] if torn and data else data)
    return bytes(content)


def _changed(content: bytearray, place: int, data: bytes | None) -> None:
    if len(content) < place:
        content.extend(bytes(place - len(content)))
    if data is None:
        del content[place:]
    else:
        content[place : place + len(data)] = data


def _renamed(names: dict[str, _File | None], change: _Rename) -> None:
    if change.old is not None:
        names.pop(change.old, None)
    if change.new is not None:
        names[change.new] = change.file

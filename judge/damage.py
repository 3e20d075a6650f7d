"""JSON lines that are not all whole: reads what is, names the rest by line, and takes it out without losing a byte.

Nothing is deleted: the file as it was stays beside the new one, and every line that was taken out, with its number.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TextIO, TypeVar

from pydantic import BaseModel

from judge.errors import ResultsError
from judge.records import SCHEMA
from judge.store import write_whole
from providers.records import load_json

Line = TypeVar("Line", bound=BaseModel)
_BEGIN = b'{"schema_version":'
"""How every record begins; within a text its quotes would be escaped."""
_DECODER = json.JSONDecoder()
TORN = "is torn: it has no end"


class Piece(NamedTuple):
    """A line that is no record of this version."""

    number: int
    why: str
    newer: bool = False
    """Of a schema that this version does not know: it is left alone."""
    rescued: tuple[bytes, ...] = ()
    """Whole records in it: two that were fused, or one with dirt beside it."""

    @property
    def torn(self) -> bool:
        """The last line of the file, without its end: the next run cuts it off."""
        return self.why == TORN


def read_marked(path: Path, model: type[Line]) -> tuple[list[tuple[int, Line]], list[Piece]]:
    """Every record with the number of its line, and every line that is none."""
    records: list[tuple[int, Line]] = []
    pieces: list[Piece] = []
    if not path.is_file():
        return records, pieces
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            record = _record(raw, model)
            if not raw.endswith(b"\n"):
                pieces.append(Piece(number, TORN, rescued=_rescued(raw, model)))
            elif isinstance(record, str):
                newer = record.startswith("was written by a newer")
                pieces.append(Piece(number, record, newer, () if newer else _rescued(raw, model)))
            else:
                records.append((number, record))
    return records, pieces


def _record(raw: bytes, model: type[Line]) -> Line | str:
    """The record, or why it is none."""
    version: object = SCHEMA
    with contextlib.suppress(ValueError, AttributeError, RecursionError):
        version = json.loads(raw).get("schema_version", SCHEMA)
    if isinstance(version, int) and version > SCHEMA:
        return f"was written by a newer version (schema {version}, this one reads {SCHEMA}): update"
    try:
        return load_json(model, raw)
    except ValueError as error:
        if not raw.strip(b"\0\r\n\t "):
            return "holds only NUL bytes or blanks, as after a power failure"
        found = re.search(r"\n(\S+)\n  (.+?) \[type=", str(error))
        no_json = found is None or "JSON" in found[0]
        return "is damaged" if no_json or found is None else f"is no record: {found[1]}: {found[2]}"


def _rescued(raw: bytes, model: type[BaseModel]) -> tuple[bytes, ...]:
    found = []
    start = raw.find(_BEGIN)
    while start >= 0:
        following = raw.find(_BEGIN, start + 1)
        piece = raw[start : following if following >= 0 else len(raw)]
        try:
            _, end = _DECODER.raw_decode(piece.decode("ascii", "replace"))
            if not isinstance(_record(piece[:end] + b"\n", model), str):
                found.append(piece[:end])
        except (ValueError, RecursionError):
            pass
        start = following
    return tuple(found)


def aside(path: Path, what: str) -> Path:
    """A name beside a file that is not taken yet: answers.jsonl.WHAT-20261125-181500."""
    name = f"{path.name}.{what}-{time.strftime('%Y%m%d-%H%M%S')}"
    target, serial = path.with_name(name), 1
    while target.exists():
        serial += 1
        target = path.with_name(f"{name}-{serial}")
    return target


def _beside(path: Path) -> TextIO:
    """Open to append; never through a link that somebody put there."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    return os.fdopen(handle, "a", encoding="ascii")


def take_out(path: Path, pieces: Sequence[Piece]) -> tuple[Path, Path]:
    """Write the file without these lines, keeping whole records in them; the backup, and where the lines are now."""
    backup, taken = aside(path, "before"), path.with_name(path.name + ".damaged")
    shutil.copy2(path, backup)
    with backup.open("rb") as copied:
        os.fsync(copied.fileno())
    out = {piece.number: piece for piece in pieces}
    kept: list[bytes] = []
    with path.open("rb") as lines, _beside(taken) as file:
        for number, raw in enumerate(lines, start=1):
            if number not in out:
                kept.append(raw)
                continue
            kept += [record + b"\n" for record in out[number].rescued]
            text = raw.decode("utf-8", "surrogateescape")  # comes back byte for byte by the same rule
            said = {"line": number, "why": out[number].why, "kept": len(out[number].rescued), "raw": text}
            file.write(json.dumps({"file": backup.name} | said, ensure_ascii=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        write_whole(path, b"".join(kept).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ResultsError(f"{path}: holds a line that is not text; nothing was changed") from error
    return backup, taken

"""Reads the JSON lines of a results folder: whole records with their line numbers; what is damaged or newer is said.

A torn last line is left out; it was never said to be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from judge.errors import Fault, ResultsError
from judge.records import SCHEMA
from judge.regular import is_file, open_regular, read_regular, stands
from judge.shell import command
from providers.records import load_json

Line = TypeVar("Line", bound=BaseModel)
MEND = "Restore the file, or set the line aside to have it answered again: " + command(
    "doctor", "--deep", "RUN", "--repair"
)
LONGEST_LINE = 2**26
"""Bytes: replies are cut at 16 MiB, and a record holds few."""
LARGEST = 2**36
"""Bytes of a file; it is read line by line."""


def read_lines(path: Path, model: type[Line]) -> list[Line]:
    """Every record of a file; a torn last line is left out, damage before it raises with the line's number."""
    return [record_of(path, raw, model, number=number) for number, raw in raw_lines(path)]


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The whole lines of a file with their numbers; raises for one that no record of ours can be so long as."""
    if not stands(path):
        return
    try:
        file = open_regular(path, LARGEST, follow=False)
    except OSError as error:
        reason = "it is a link" if path.is_symlink() else error.strerror
        raise ResultsError(Fault(str(path), None, "", f"cannot be read: {reason}")) from error
    with file:
        number = 0
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                text = f"is longer than {LONGEST_LINE // 2**20} MiB: no record of this program"
                raise ResultsError(Fault(str(path), number, "", text))
            if not raw.endswith(b"\n"):
                return
            yield number, raw


def read_one(path: Path, model: type[Line], *, most: int, newest: int = SCHEMA) -> Line | None:
    """A file that is one record; None where there is none. Raises ResultsError, for one that is too new as well."""
    if not is_file(path):
        return None
    try:
        raw = read_regular(path, most, follow=False)
    except OSError as error:
        raise ResultsError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    found = record_of(path, raw, model, number=None)
    schema = getattr(found, "schema_version", newest)
    if schema > newest:
        text = f"was written by a newer version (schema {schema}, this one reads {newest}): update"
        raise ResultsError(Fault(str(path), None, "schema_version", text))
    return found


def record_of(path: Path, raw: bytes, model: type[Line], *, number: int | None) -> Line:
    """One record; raises ResultsError with what is wrong, and where."""
    try:
        record = load_json(model, raw)
    except ValueError as error:
        raise ResultsError(Fault(str(path), number, "", damage(raw, error, mend=_mend(path, number)))) from error
    if getattr(record, "schema_version", SCHEMA) > SCHEMA:
        raise ResultsError(Fault(str(path), number, "", damage(raw, ValueError())))
    return record


def _mend(path: Path, number: int | None) -> str:
    """What mends it: `doctor` looks at what can be asked for again, not at what people said or what is made of it."""
    if path.name in ("answers.jsonl", "verdicts.jsonl"):
        return MEND
    return "Restore the file, or make it again" if number is None else "Restore the file, or take this line out of it"


def damage(raw: bytes, error: ValueError, *, mend: str = MEND) -> str:
    """What is wrong with a line, and what to do."""
    try:
        version = json.loads(raw).get("schema_version", SCHEMA)
    except (ValueError, AttributeError, RecursionError):
        return f"is damaged. {mend}"
    if isinstance(version, int) and version > SCHEMA:
        return f"was written by a newer version (schema {version}, this one reads {SCHEMA}): update"
    if not isinstance(error, ValidationError):
        return f"is not a record of this version. {mend}"
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"is not a record of this version: {place}: {first['msg']}"

"""Completes the records of a data file from a second one, by a field that both have: labels here, evidence there.

A record without a partner, and one that contradicts its partner, is a fault with its line; nothing is guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from judge.columns import columns_of_partner
from judge.data_entries import Data, Join
from judge.definitions import Task
from judge.errors import Fault, NothingDone, TaskError
from judge.folding import composed
from judge.regular import is_file, leads_out, sha256_of
from judge.rows import LARGEST, Row, read_rows

MOST_FAULTS = 20


def partner_of(data: Data, path: Path, root: Path) -> Path | None:
    """The file that completes `path`: below the same root, or beside it; None where there is none.

    Where the user named the file itself, the root is the folder above the part of its path that the task knows.
    """
    if data.join is None or data.path is None:
        return None
    roots = [root, *_above(path, [data.path, *data.also])]
    relative = [Path(text) for text in (data.join.path, *data.join.also)]
    candidates = [(top, top / part) for top in roots for part in relative]
    candidates += [(path.parent, path.parent / part.name) for part in relative]
    found = next(((top, candidate) for top, candidate in candidates if is_file(candidate)), None)
    if found is None:
        return None
    if leads_out(*found):
        raise TaskError(Fault(str(found[1]), None, "", "is a link that leads out of its folder"))
    return found[1]


def _above(path: Path, known: list[str]) -> Iterator[Path]:
    parts = path.absolute().parts
    for text in known:
        tail = Path(text).parts
        if parts[-len(tail) :] == tail:
            yield Path(*parts[: -len(tail)])


def digest_of(partner: Path | None) -> str:
    """The digest of the second file; empty where there is none."""
    if partner is None:
        return ""
    try:
        return sha256_of(partner, most=LARGEST)
    except OSError as error:
        raise TaskError(Fault(str(partner), None, "", f"cannot be read: {error.strerror}")) from error


def both(first: str, second: str) -> str:
    """The digest of two files, by the digest of each."""
    return hashlib.sha256(f"{first} {second}".encode()).hexdigest()


def completed(task: Task, rows: Iterator[Row], partner: Path | None) -> Iterator[Row]:
    """The rows, each with its partner's fields; the second file is read where a record needs it."""
    join = task.data.join
    if join is None:
        yield from rows
        return
    known: dict[str, tuple[int, dict[str, Any]]] | None = None
    for line, record in rows:
        if isinstance(record, Fault) or all(name in record for name in join.fields):
            yield line, record
            continue
        if partner is None and join.needed_by == "judge":
            yield line, dict.fromkeys(join.fields) | record
            continue
        if known is None:
            known = _partners(task, join, partner)
        yield line, _complete(record, join, known=known, line=line, partner=partner)


def lacking(task: Task) -> str:
    """What to do where the judge's evidence is not there: which file, from where."""
    join = task.data.join
    source = f" (from {task.data.source})" if task.data.source else ""
    return f"lay {join.path} beside the data{source}, or give --data DIR" if join is not None else ""


def _partners(task: Task, join: Join, partner: Path | None) -> dict[str, tuple[int, dict[str, Any]]]:
    if partner is None:
        names = " and ".join([join.path, *join.also])
        source = f" Get it from {task.data.source}, then" if task.data.source else " Then"
        text = f"no {', '.join(join.fields)} of {task.name}: none of {names} is there.{source} give --data FILE|DIR"
        raise NothingDone(text)
    kind = partner.suffix.lstrip(".").lower()
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    faults: list[Fault] = []
    for line, record in read_rows(kind, partner, columns=columns_of_partner(join)):
        if isinstance(record, Fault):
            faults.append(record)
            continue
        name = _name(record, join)
        lack = next((field for field in join.fields if field not in record), None)
        if not isinstance(name, str):
            faults.append(Fault(str(partner), line, join.by, "should be text"))
        elif lack is not None:
            faults.append(Fault(str(partner), line, lack, "is not a field of this record"))
        elif name in found:
            faults.append(Fault(str(partner), line, join.by, f"{name!r} stands already in line {found[name][0]}"))
        else:
            found[name] = (line, record)
        if len(faults) > MOST_FAULTS:
            break
    if faults:
        more = [Fault(str(partner), None, "", "and more")] if len(faults) > MOST_FAULTS else []
        raise TaskError([*faults[:MOST_FAULTS], *more])
    return found


def _name(record: dict[str, Any], join: Join) -> Any:
    return _compared(record.get(join.by))


def _compared(value: Any) -> Any:
    """A text as it is compared: accents and their letters are one."""
    return composed(value) if isinstance(value, str) else value


def _complete(
    record: dict[str, Any],
    join: Join,
    *,
    known: dict[str, tuple[int, dict[str, Any]]],
    line: int,
    partner: Path | None,
) -> dict[str, Any] | Fault:
    """The record with its partner's fields, or the fault why not; who calls names the file."""
    name = _name(record, join)
    found = known.get(name) if isinstance(name, str) else None
    if found is None:
        return Fault("", line, join.by, f"{str(name)[:80]!r} has no partner in {partner}")
    there, other = found
    for ours, theirs in join.same.items():
        if _compared(record.get(ours)) != _compared(other.get(theirs)):
            values = f"{str(record.get(ours))[:80]!r} here, {theirs} {str(other.get(theirs))[:80]!r}"
            return Fault("", line, ours, f"is {values} in {partner}:{there}")
    return record | {field: other[field] for field in join.fields}

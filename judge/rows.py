"""Rows of a data file with their line numbers, whatever its format; it knows nothing of tasks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonlines

from judge.errors import Fault, NothingDone, TaskError, nearest

Row = tuple[int, dict[str, Any] | Fault]
"""A line's number with its record, or with the fault why there is none; reading goes on after a fault."""


def read_rows(kind: str, path: Path | None, *, hub: str | None, config: str | None, split: str) -> Iterator[Row]:
    """(line, record or fault) pairs; raises TaskError where the file as a whole cannot be read."""
    if path is None:
        return _hub(hub or "", config, split)
    reader = _READERS.get(kind)
    if reader is None:
        hint = nearest(kind, _READERS)
        raise TaskError(Fault(str(path), None, "", f"unknown format {kind!r}{hint}: give data.format"))
    return reader(path)


def _jsonl(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                yield number, Fault(str(path), number, "", "is not UTF-8 text")
                continue
            if line.strip():
                yield number, _record_of(path, line, number)


def _record_of(path: Path, line: str, number: int) -> dict[str, Any] | Fault:
    try:
        record = jsonlines.Reader([line], loads=_loads).read()
    except jsonlines.InvalidLineError:
        return Fault(str(path), number, "", "is not JSON")
    return record if isinstance(record, dict) else Fault(str(path), number, "", "should be a JSON object")


def _loads(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _json(path: Path) -> Iterator[Row]:
    try:
        value = _loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise TaskError(Fault(str(path), getattr(error, "lineno", None), "", f"is not JSON: {error}")) from error
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TaskError(Fault(str(path), None, "", "should be a JSON list of objects"))
    yield from enumerate(value, start=1)


def _csv(path: Path) -> Iterator[Row]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TaskError(Fault(str(path), line, "", "is not CSV: not UTF-8 text")) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for record in reader:
            if None in record or None in record.values():
                yield reader.line_num, Fault(str(path), reader.line_num, "", "has more or fewer cells than the header")
            else:
                yield reader.line_num, record
    except csv.Error as error:
        raise TaskError(Fault(str(path), reader.line_num + 1, "", f"is not CSV: {error}")) from error


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise NothingDone(
            "pyarrow is not installed. Install it:  python -m pip install 'datasets>=5.2' 'pyarrow>=20'"
        ) from error
    try:
        table = pyarrow.parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise TaskError(Fault(str(path), None, "", f"is not a parquet file: {error}")) from error
    number = 0
    for batch in table.iter_batches():
        for record in batch.to_pylist():
            number += 1
            yield number, record


def _hub(name: str, config: str | None, split: str) -> Iterator[Row]:
    try:
        import datasets
    except ImportError as error:
        raise NothingDone(
            "datasets is not installed. Install it:  python -m pip install 'datasets>=5.2' 'pyarrow>=20'"
        ) from error
    try:
        rows = datasets.load_dataset(name, config, split=split)
    except Exception as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise NothingDone(f"{name} could not be loaded from Hugging Face: {reason}") from error
    yield from enumerate((dict(row) for row in rows), start=1)


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
}

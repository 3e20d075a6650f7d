"""Rows of a data file with their line numbers, whatever its format; it knows nothing of tasks.

A stranger's file is bounded: its bytes, its lines, the length of a line and how many values they make.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import jsonlines
from pydantic_core import from_json

from judge.errors import Fault, NothingDone, TaskError, nearest
from judge.regular import MIB, open_regular, read_regular
from judge.tables import Table

Row = tuple[int, dict[str, Any] | Fault]
"""A line's number with its record, or with the fault why there is none; reading goes on after a fault."""
LARGEST = 256 * MIB
LARGEST_JSON = 16 * MIB
"""Of one JSON list, which is in memory whole; as JSON lines it may be larger."""
LONGEST = 4 * MIB
"""Of one record."""
MOST_ROWS = 250_000
MOST_VALUES = 4_000_000
"""Values of all records: three bytes of JSON can make seventy in memory."""
CSV = ("csv", "tsv")
_TOO_LONG = f"is longer than the {LONGEST // MIB} MiB that one record may have"


def read_rows(
    kind: str,
    path: Path | None,
    *,
    hub: str | None = None,
    config: str | None = None,
    split: str = "",
    columns: Collection[str] = (),
) -> Iterator[Row]:
    """(line, record or fault) pairs; raises TaskError where the file as a whole cannot be read.

    `columns`: the fields that the caller looks for; a CSV file's delimiter is the one by which they are found.
    """
    if path is None:
        return _hub(hub or "", config, split)
    if kind in CSV:
        return _csv(path, columns)
    reader = _READERS.get(kind)
    if reader is None:
        hint = nearest(kind, [*_READERS, *CSV])
        raise TaskError(Fault(str(path), None, "", f"unknown format {kind[:40]!r}{hint}: give data.format"))
    return reader(path)


def _opened(path: Path, most: int = LARGEST) -> BufferedReader:
    try:
        return open_regular(path, most)
    except OSError as error:
        raise TaskError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Raw lines with their numbers; how many there are is known before the first is read."""
    with _opened(path) as file:
        count = sum(block.count(b"\n") for block in iter(lambda: file.read(MIB), b""))
        if count > MOST_ROWS:
            text = f"has {count:,} lines; {MOST_ROWS:,} are read: split it"
            raise TaskError(Fault(str(path), None, "", text))
        file.seek(0)
        number = 0
        while raw := file.readline(LONGEST + 1):
            number += 1
            if len(raw) > LONGEST:
                raise TaskError(Fault(str(path), number, "", _TOO_LONG))
            yield number, raw


def _jsonl(path: Path) -> Iterator[Row]:
    values = 0
    for number, raw in _lines(path):
        values += _values_in(raw)
        if values > MOST_VALUES:
            raise TaskError(Fault(str(path), number, "", f"has more than {MOST_VALUES:,} values: split it"))
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            yield number, Fault(str(path), number, "", "is not UTF-8 text")
            continue
        if line.strip():
            yield number, _record_of(path, line, number)


def _values_in(raw: bytes) -> int:
    """At most so many values: each comes after one of these."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _record_of(path: Path, line: str, number: int) -> dict[str, Any] | Fault:
    quick = _flat(line)
    if quick is not None:
        return quick
    try:
        record = jsonlines.Reader([line], loads=_loads).read()
    except jsonlines.InvalidLineError as error:
        twice = error.__cause__ if isinstance(error.__cause__, _Twice) else None
        return Fault(str(path), number, "", str(twice) if twice else "is not JSON")
    return record if isinstance(record, dict) else Fault(str(path), number, "", "should be a JSON object")


def _flat(line: str) -> dict[str, Any] | None:
    """A record without records in it, read at once; None where the careful way has to look, as for a doubled key.

    Each colon after a quotation mark is a key's, or stands in a text: as many as there are keys, so none is doubled.
    """
    if line.count("{") != 1 or " :" in line or "\t:" in line or "\r:" in line:
        return None
    try:
        record = from_json(line) if len(line) < SHORT else _PLAIN.decode(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and len(record) == line.count('":') else None


class _Twice(ValueError):
    """A key that stands twice: the second value would silently replace the first."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Twice(f"the key {twice[:60]!r} stands twice; the second would silently replace the first")
    return found


SHORT = 4096
"""Characters: in a longer line a number may have more digits than Python reads, which pydantic's reader would."""
_PLAIN = json.JSONDecoder()
_DECODER = json.JSONDecoder(object_pairs_hook=_pairs)


def _loads(text: str | bytes) -> Any:
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _json(path: Path) -> Iterator[Row]:
    try:
        raw = read_regular(path, LARGEST_JSON)
    except OSError as error:
        reason = f"cannot be read: {error.strerror} (as JSON lines it may be larger)"
        raise TaskError(Fault(str(path), None, "", reason)) from error
    if _values_in(raw) > MOST_VALUES:
        raise TaskError(Fault(str(path), None, "", f"has more than {MOST_VALUES:,} values: split it"))
    if not raw.strip():
        raise TaskError(Fault(str(path), None, "", "is empty: 0 records"))
    try:
        yield from enumerate(_items(raw.decode("utf-8-sig")), start=1)
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise TaskError(Fault(str(path), None, "", "is not JSON: it is not UTF-8 text")) from error
        message = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise TaskError(Fault(str(path), getattr(error, "lineno", None), "", f"is not JSON: {message}")) from error
    except _NotAList as error:
        raise TaskError(Fault(str(path), None, "", "should be a JSON list of objects")) from error


class _NotAList(Exception):
    pass


_SPACE = re.compile(r"[ \t\r\n]*")


def _items(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a list one by one: of a hostile one, no more than a record's length is ever made into values."""
    place = _SPACE.match(text, 0).end()  # type: ignore[union-attr]  # it matches anything
    if text[place : place + 1] != "[":
        _DECODER.decode(text[:LONGEST])  # says where it is no JSON at all
        raise _NotAList
    place = _SPACE.match(text, place + 1).end()  # type: ignore[union-attr]
    if text[place : place + 1] == "]":
        place += 1
    else:
        more = True
        while more:
            item, place = _item(text, place)
            yield item
            place = _SPACE.match(text, place).end()  # type: ignore[union-attr]
            more = text[place : place + 1] == ","
            if not more and text[place : place + 1] != "]":
                raise json.JSONDecodeError("Expecting ',' delimiter", text, place)
            place = _SPACE.match(text, place + 1).end()  # type: ignore[union-attr]
    if text[place:].strip():
        raise json.JSONDecodeError("Extra data", text, place)


def _item(text: str, place: int) -> tuple[dict[str, Any], int]:
    if text[place : place + 1] != "{":
        _DECODER.raw_decode(text[place : place + LONGEST])
        raise _NotAList
    for size in (2**14, 2**18, LONGEST):
        piece = text[place : place + size]
        try:
            value, end = _DECODER.raw_decode(piece)
        except json.JSONDecodeError as error:
            cut_off = error.msg.startswith("Unterminated string") or error.pos > len(piece) - 16
            if place + size >= len(text) or (size == LONGEST and not cut_off):
                raise json.JSONDecodeError(error.msg, text, place + error.pos) from None
        else:
            return value, place + end
    raise ValueError(f"a record {_TOO_LONG}")


def read_table(path: Path, columns: Collection[str]) -> Table:
    """A CSV file's header and rows; `columns` are those that are looked for, by which its delimiter is known."""
    return Table(str(path), _lines(path), columns=columns, longest=LONGEST)


def _csv(path: Path, columns: Collection[str]) -> Iterator[Row]:
    """A record may have several lines, but no more than one record's length in all."""
    table = read_table(path, columns)
    if not table.header:
        raise TaskError(Fault(str(path), None, "", "is empty: it has no header line"))
    if columns and not table.known:
        wanted = ", ".join(sorted(columns)[:12])
        text = f"none of its columns is looked for: its header is {table.shown!r}, looked for: {wanted[:200]}"
        raise TaskError(Fault(str(path), 1, "", text))
    for row in table.rows():
        yield row.end, row.record


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise NothingDone(
            "pyarrow is not installed. Install it:  python -m pip install 'datasets>=5.2' 'pyarrow>=20'"
        ) from error
    number = 0
    with _opened(path) as file:
        try:
            table = pyarrow.parquet.ParquetFile(file)
            about = table.metadata
            sizes = [about.row_group(index).total_byte_size for index in range(about.num_row_groups)]
            if about.num_rows > MOST_ROWS or sum(sizes) > LARGEST:
                text = f"holds {about.num_rows:,} rows of {sum(sizes):,} bytes; {MOST_ROWS:,} of {LARGEST:,} are read"
                raise TaskError(Fault(str(path), None, "", text))
            room = LARGEST
            # a value that is stored once may stand in every row: no more rows at a time than fit if it is the largest
            for batch in table.iter_batches(batch_size=max(1, min(256, LARGEST // max(1, *sizes, 1)))):
                room -= batch.nbytes
                if room < 0:
                    raise TaskError(Fault(str(path), number, "", f"makes more than {LARGEST:,} bytes: split it"))
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
        except (OSError, ValueError, pyarrow.ArrowException) as error:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise TaskError(Fault(str(path), None, "", f"is not a parquet file: {reason}")) from error


def _hub(name: str, config: str | None, split: str) -> Iterator[Row]:
    try:
        import datasets
    except ImportError as error:
        raise NothingDone(
            "datasets is not installed. Install it:  python -m pip install 'datasets>=5.2' 'pyarrow>=20'"
        ) from error
    if int(datasets.__version__.partition(".")[0]) < 4:  # those before could run a script that came with the data
        raise NothingDone("this version of datasets runs code from data sets: python -m pip install 'datasets>=5.2'")
    if Path(name).exists():  # it would be read in place of the one on the hub
        raise NothingDone(f"{name} names a data set on Hugging Face, but a file or folder here has that name: move it")
    try:
        rows = datasets.load_dataset(name, config, split=split)
    except Exception as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise NothingDone(f"{name} could not be loaded from Hugging Face: {reason}") from error
    yield from enumerate((dict(row) for row in rows), start=1)


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "jsonl": _jsonl,
    "json": _json,
    "parquet": _parquet,
}

"""EmoBench's CSV files as tables: which orderings of one another they are, their rows, and the lists in their cells.

A cell with options is a Python list of texts; it is read as a literal, and nothing in it is run.
"""

from __future__ import annotations

import ast
import csv
import dataclasses
import io
import itertools
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from judge.errors import Fault, TaskError, UsageError
from judge.gold import LETTERS
from judge.regular import MIB, is_file, read_regular

QUESTIONS = 200
LARGEST = 64 * MIB
LONGEST_LIST = 20_000
"""Characters of a cell with options."""
MODES: dict[str, Literal["qa", "cot"]] = {"base": "qa", "cot": "cot"}
_NAME = re.compile(r"(?P<base>.*?[-_](?P<lang>en|zh)(?P<cot>_cot)?)(?P<ordering>[123]?)\Z")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One ordering."""

    file: str
    ordering: int
    lang: str
    mode: str
    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]
    """Of each row, the line at which it ends."""

    @property
    def shown(self) -> str:
        """As a note names it."""
        return f"{self.ordering} {Path(self.file).name}"


def read_tables(paths: Sequence[Path], settings: dict[str, str]) -> list[Table]:
    """Every file, in the order of their orderings; raises where they are not orderings of one another."""
    absent = [Fault(str(path), None, "", "no such file") for path in paths if not is_file(path)]
    if absent:
        raise TaskError(absent)
    names = [_Name.of(path, settings) for path in paths]
    first = names[0]
    for path, name in zip(paths, names, strict=True):
        if (name.base, name.lang, name.mode) != (first.base, first.lang, first.mode):
            text = f"is no ordering of {paths[0].name}: give X.csv X1.csv X2.csv X3.csv of one model, language, mode"
            raise TaskError(Fault(str(path), None, "", text))
        for key, value in (("lang", name.lang), ("mode", name.mode)):
            if settings.get(key, value) != value:
                raise UsageError(f"--set {key}={settings[key]}: by its name, {path.name} is {key}={value}")
    ordered = sorted(zip(names, paths, strict=True), key=lambda item: item[0].ordering)
    for (name, path), (following, other) in itertools.pairwise(ordered):
        if name.ordering == following.ordering:
            raise TaskError(Fault(str(other), None, "", f"is the same ordering as {path.name}"))
    return [_table(path, name) for name, path in ordered]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """What a file's name says."""

    base: str
    lang: str
    mode: str
    ordering: int

    @classmethod
    def of(cls, path: Path, settings: dict[str, str]) -> _Name:
        """gpt-4-en_cot2.csv.gz; a name without a language is described by --set."""
        stem = path.name.removesuffix(".gz").removesuffix(".csv")
        match = _NAME.fullmatch(stem)
        if match:
            mode = "cot" if match["cot"] else "base"
            return cls(base=match["base"], lang=match["lang"], mode=mode, ordering=int(match["ordering"] or 0))
        if "lang" not in settings or "mode" not in settings:
            text = "by its name its language is not known (-en, -zh_cot1): give --set lang= and --set mode="
            raise UsageError(f"{path.name}: {text}")
        tail = stem[-1:] if stem[-1:] in ("1", "2", "3") else ""
        base = stem.removesuffix(tail)
        return cls(base=base, lang=settings["lang"], mode=settings["mode"], ordering=int(tail or 0))


def _table(path: Path, name: _Name) -> Table:
    csv.field_size_limit(max(csv.field_size_limit(), LARGEST))  # a reply may be longer than the 128 KiB of the module
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), restval="", strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if None in row:
                raise TaskError(Fault(str(path), reader.line_num, "", "has more cells than the header has columns"))
            rows.append({str(key): value or "" for key, value in row.items()})
            lines.append(reader.line_num)
    except csv.Error as error:
        raise TaskError(Fault(str(path), reader.line_num, "", f"is not CSV: {error}")) from error
    if len(rows) != QUESTIONS:
        text = f"has {len(rows)} rows, not {QUESTIONS}: rows are joined to the questions by place, so none of it counts"
        raise TaskError(Fault(str(path), None, "", f"{text}. Leave the file out"))
    header = tuple(str(column) for column in reader.fieldnames or ())
    return Table(
        file=str(path),
        ordering=name.ordering,
        lang=name.lang,
        mode=name.mode,
        header=header,
        rows=tuple(rows),
        lines=tuple(lines),
    )


def _text(path: Path) -> str:
    """Plain or gzipped UTF-8 text of bounded size."""
    try:
        raw = read_regular(path, LARGEST)
        if raw[:2] == b"\x1f\x8b":
            unpacker = zlib.decompressobj(wbits=31)
            raw = unpacker.decompress(raw, LARGEST)
            if not unpacker.eof:
                raise TaskError(Fault(str(path), None, "", "is cut off, or larger than is read when it is unpacked"))
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise TaskError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    except (zlib.error, UnicodeDecodeError) as error:
        raise TaskError(Fault(str(path), None, "", "is neither UTF-8 text nor gzip")) from error


def options_of(cell: str) -> list[str] | None:
    """The texts of a list like ['Delight', "Anger"]; None where it is anything else."""
    if len(cell) > LONGEST_LIST:
        return None
    try:
        value = ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if not isinstance(value, list) or not 2 <= len(value) <= len(LETTERS):
        return None
    return value if all(isinstance(text, str) for text in value) else None

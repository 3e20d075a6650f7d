"""Rows of EmoBench-M's result files, in the forms that its scorer, its runners and its laughter judge have."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from judge.errors import Fault, TaskError
from judge.importers.shape import Given, Place
from judge.regular import is_file, stands
from judge.rows import read_rows

MOST_FAULTS = 50
TABLES = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""By how a file's name ends; any other is a JSON list."""
RAW, ASKED = "raw_predicted_value", ("question", "instruct")
"""What the runners keep beside a row's labels: the reply as it came, and what was asked."""


class Form(NamedTuple):
    """The keys of one form: where the clip stands, and for each field the expected and the predicted value."""

    clip: tuple[str, ...]
    pairs: tuple[tuple[tuple[str, ...], str], ...]


FORMS: dict[str, Form] = {
    "label": Form(("video", "modal_path"), ((("expected_value",), "predicted_value"),)),
    "json": Form(
        ("modal_path", "video"),
        ((("expected_emotion",), "predicted_emotion"), (("expected_intent",), "predicted_intent")),
    ),
    "text": Form(("video", "modal_path"), ((("reference", "expected"), "prediction"),)),
}
"""By how the task's answer is read; of several keys the first that a row has."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row of a result file."""

    place: Place
    id: str | None
    clip: str
    expected: tuple[str, ...]
    predicted: tuple[str, ...]
    raw: str = ""
    """The reply as it came, where the file keeps it."""
    asked: str = ""

    @property
    def whole(self) -> bool:
        """False where a field is empty: the authors' scorers skip such a row."""
        return all(text.strip() for text in (*self.expected, *self.predicted))


def read_results(given: Given) -> list[Result]:
    """All rows of all files, in order; raises TaskError with the faults of the rows."""
    form = FORMS[given.task.asks[0].read.as_]
    rows: list[Result] = []
    faults: list[Fault] = []
    paired = (name for expected, predicted in form.pairs for name in (*expected, predicted))
    columns = {*form.clip, *paired, RAW, *ASKED}
    for path in given.paths:
        if not is_file(path):
            raise TaskError(Fault(str(path), None, "", "is no regular file" if stands(path) else "no such file"))
        kind = TABLES.get(path.suffix.lower(), "json")
        for number, record in read_rows(kind, path, columns=columns):
            made = record if isinstance(record, Fault) else _result(record, form, path=path, number=number)
            if isinstance(made, Fault):
                faults.append(made)
            else:
                rows.append(made)
    raise_faults(faults)
    return rows


def _result(record: Mapping[str, Any], form: Form, *, path: Path, number: int) -> Result | Fault:
    """A row, or what is wrong with it; null and true are read as the texts that they stand for."""
    place = Fault(str(path), number, "", "")
    keys = [form.clip, *(key for expected, predicted in form.pairs for key in (expected, (predicted,)))]
    texts: list[str] = []
    for names in keys:
        name = next((name for name in names if name in record), None)
        if name is None:
            wanted = ", ".join(names[0] for names in keys)
            return row_fault(place, f"{names[0]} is missing: a row has {wanted}")
        value = record[name]
        value = str(value).lower() if isinstance(value, bool) else "" if value is None else value
        if not isinstance(value, str):
            return row_fault(place, f"{name} should be text, found {type(value).__name__}")
        texts.append(value)
    if not texts[0].strip():
        return row_fault(place, f"{form.clip[0]} is empty")
    named = record.get("id")
    own = str(named) if isinstance(named, str | int) and not isinstance(named, bool) else None
    raw = record.get(RAW)
    asked = next((record[name] for name in ASKED if isinstance(record.get(name), str)), "")
    return Result(
        place=place,
        id=own,
        clip=texts[0].strip(),
        expected=tuple(texts[1::2]),
        predicted=tuple(texts[2::2]),
        raw=raw if isinstance(raw, str) else "",
        asked=asked.strip(),
    )


def place_of(row: Result) -> str:
    """As notes name it: meld.json row 3."""
    return f"{Path(row.place.file).name} row {row.place.line}"


def row_fault(place: Place, message: str) -> Fault:
    """Of a row: lists in JSON are counted by rows, not by lines."""
    return place._replace(line=None, key=f"row {place.line}", message=message)


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise TaskError with the first faults and the number of the others, where there are any."""
    if faults:
        rest = len(faults) - MOST_FAULTS
        raise TaskError([*faults[:MOST_FAULTS], *([Fault("", None, "", f"... and {rest} more")] if rest > 0 else [])])

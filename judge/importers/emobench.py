"""EmoBench's result files of 2024 as one run: X.csv X1.csv X2.csv X3.csv are four orderings of the options.

Their rows hold no ids: they are joined to the language's 200 questions by place, where their order allows it. What the
authors read in each reply is kept beside it: the task's setting `predictions` says which of the two is counted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from judge.datafile import DataFile
from judge.errors import Fault, TaskError, UsageError
from judge.gold import LETTERS
from judge.importers.emobench_files import MODES, QUESTIONS, Table, options_of, read_tables
from judge.importers.emobench_order import OPTIONS, joined, options_digest
from judge.importers.shape import Given, Imported, Place
from judge.orderings import FIELD, marked
from judge.parse.faithful_emobench import MOST_LETTERS, index_of
from judge.replies import ReplyLine
from judge.rows import read_rows
from judge.shipped import root

GENERATIONS = 5
MOST_SHOWN = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The columns of one question: its options, gold and replies, and what they are called in the data of today."""

    ask: str
    prefix: str
    choices: str
    label: str


COLUMNS = {
    "emobench.eu": (
        Column(ask="emotion", prefix="Emo ", choices="emotion_choices", label="emotion_label"),
        Column(ask="cause", prefix="Cause ", choices="cause_choices", label="cause_label"),
    ),
    "emobench.ea": (Column(ask="answer", prefix="", choices="choices", label="label"),),
}
_PREDICTIONS = frozenset({"", "-1", *map(str, range(len(LETTERS)))})
_EU = {
    "CE": "complex_emotions",
    "PBE": "personal_beliefs_and_experiences",
    "PT": "perspective_taking",
    "EC": "emotional_cues",
}
UNKNOWN: dict[str, dict[str, Any]] = {
    "emobench.eu": {"coarse_category": None, "subject": "(the subject)"},
    "emobench.ea": {"category": None, "question type": None, "subject": "(the subject)"},
}
"""By task: what only the join with the items gives, where there is none."""
_EA = {"PS": "Personal-Self", "PO": "Personal-Others", "SS": "Social-Self", "SO": "Social-Others"}


def emobench(given: Given) -> Imported:
    """The 200 questions in each ordering, with up to five replies each and what the authors read in them."""
    columns = COLUMNS.get(given.task.name)
    if columns is None:
        raise UsageError(f"--format emobench is for tasks/emobench/eu.yaml and ea.yaml, not for {given.task.name}")
    tables = read_tables(given.paths, dict(given.settings))
    lang, mode = tables[0].lang, tables[0].mode
    own = _own_parts(tables, columns)
    digests = [[options_digest([part[column.choices] for column in columns]) for part in parts] for parts in own]
    order = joined(digests, _questions(given, lang, columns), tables=tables, unknown=UNKNOWN[given.task.name])
    records: list[dict[str, Any]] = []
    lines: list[tuple[Place, ReplyLine]] = []
    predictions: dict[tuple[str, int, str], str] = {}
    compared = _Compared()
    for table, parts, questions in zip(tables, own, order.questions, strict=True):
        for place, (row, part, question) in enumerate(zip(table.rows, parts, questions, strict=True)):
            where = Fault(table.file, table.lines[place], "", "")
            record = {**question, **part, FIELD: table.ordering, "language": lang}
            records.append(record)
            name = marked(str(record["qid"]), record)
            for generation in _generations(record, row, columns=columns, compared=compared):
                ask, draw, text = generation.ask, generation.draw, generation.text
                predictions[name, draw, ask] = generation.stored
                lines.append((where, ReplyLine(id=name, reply=text, draw=draw, variant=MODES[mode], ask=ask)))
    settings = {"lang": lang, "mode": mode, "protocol": "2024"}
    settings["predictions"] = given.settings.get("predictions", "stored")
    notes = (*_notes(tables, compared), *order.notes)
    return Imported(lines=lines, records=records, predictions=predictions, settings=settings, notes=notes)


def _own_parts(tables: Sequence[Table], columns: Sequence[Column]) -> list[list[dict[str, Any]]]:
    """By table and row: the options and the gold that the row itself holds, called as in today's data."""
    faults = [fault for table in tables for fault in _lacking(table, columns)]
    own: list[list[dict[str, Any]]] = []
    for table in tables if not faults else ():
        own.append([{} for _ in table.rows])
        for place, row in enumerate(table.rows):
            where = Fault(table.file, table.lines[place], "", "")
            faults += _fill(own[-1][place], row, columns=columns, where=where)
            faults += _odd_predictions(row, columns, where)
    if faults:
        more = [Fault("", None, "", f"... and {len(faults) - MOST_SHOWN} more")] if len(faults) > MOST_SHOWN else []
        raise TaskError([*faults[:MOST_SHOWN], *more])
    return own


@dataclasses.dataclass(slots=True)
class _Compared:
    """Stored predictions against what the authors' rule reads in the reply beside them."""

    stored: int = 0
    different: int = 0
    first: str = ""
    alone: int = 0
    """Replies without a stored prediction."""

    def add(self, stored: str, read: int, where: str) -> None:
        self.stored += 1
        if stored != str(read):
            self.different += 1
            self.first = self.first or f"{where}: {stored[:20]} is stored, {read} is read"


def _notes(tables: Sequence[Table], compared: _Compared) -> Iterator[str]:
    yield f"EmoBench 2024, by ordering: {', '.join(table.shown for table in tables)}"
    text = f"{compared.different:,} of {compared.stored:,} stored predictions differ from what the authors' rule reads"
    yield text + (f" (first: {compared.first})" if compared.first else "")
    if compared.alone:
        yield f"{compared.alone:,} replies have no stored prediction: the authors skip them, predictions=read does not"


def _lacking(table: Table, columns: Sequence[Column]) -> list[Fault]:
    wanted = [f"{column.prefix}{name}" for column in columns for name in ("Choices", "Label", "Res 1")]
    lacking = [name for name in wanted if name not in table.header]
    if not lacking:
        return []
    other = "emobench/ea.yaml" if "Choices" in table.header else "emobench/eu.yaml"
    hint = f"; it looks like a file for --task tasks/{other}" if {"Choices", "Emo Choices"} & set(table.header) else ""
    return [Fault(table.file, 1, "", f"has no column {', '.join(lacking)}{hint}")]


def _fill(record: dict[str, Any], row: dict[str, str], *, columns: Sequence[Column], where: Place) -> Iterator[Fault]:
    """Options and gold of one row, as today's data has them."""
    for column in columns:
        options = options_of(row[f"{column.prefix}Choices"])
        if options is None:
            yield where._replace(key=f"{column.prefix}Choices", message=f"is no list of 2 to {len(LETTERS)} texts")
            return
        label = row[f"{column.prefix}Label"]
        if not label.isascii() or not label.isdigit() or int(label) >= len(options):
            text = f"{label[:20]!r} is not the place of one of {len(options)} options, counted from 0"
            yield where._replace(key=f"{column.prefix}Label", message=text)
            return
        record[column.choices] = options
        record[column.label] = options[int(label)]


class _Generation(NamedTuple):
    """One reply, and what the authors read in it; empty where they stored nothing."""

    ask: str
    draw: int
    text: str
    stored: str


def _generations(
    record: dict[str, Any], row: dict[str, str], *, columns: Sequence[Column], compared: _Compared
) -> Iterator[_Generation]:
    """Those of one row; one whose reply and prediction are both blank was never made."""
    for column in columns:
        options = tuple(record[column.choices])
        for number in range(1, GENERATIONS + 1):
            text = row.get(f"{column.prefix}Res {number}") or ""
            stored = _prediction(row, column, number)
            if not text and not stored:
                continue
            if stored:
                count = MOST_LETTERS["EU" if len(columns) > 1 else "EA"]
                read = index_of(text.strip(), options, count=count, lang=str(record["language"]))
                compared.add(stored, read, f"{record['qid']} {column.prefix}Pred {number}")
            else:
                compared.alone += 1
            yield _Generation(column.ask, number - 1, text, stored)


def _prediction(row: dict[str, str], column: Column, number: int) -> str:
    """The cell as a whole number: table programs write 2.0 where another cell of the column is blank."""
    return (row.get(f"{column.prefix}Pred {number}") or "").strip().removesuffix(".0")


def _odd_predictions(row: dict[str, str], columns: Sequence[Column], where: Place) -> Iterator[Fault]:
    for column in columns:
        for number in range(1, GENERATIONS + 1):
            stored = _prediction(row, column, number)
            if stored not in _PREDICTIONS:
                text = f"{stored[:20]!r} is no prediction: the place of an option, counted from 0, or -1"
                yield where._replace(key=f"{column.prefix}Pred {number}", message=text)


def _questions(given: Given, lang: str, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The 200 questions in order, with the digest of their options: those of --data, else of the shipped table."""
    found = _of_data(given.data, lang, columns) if given.data else list(_of_codes(given.task.name, lang))
    if len(found) != QUESTIONS:
        shown = given.data.shown if given.data else "codes.csv"
        raise TaskError(Fault(shown, None, "", f"has {len(found)} questions of language {lang}, not {QUESTIONS}"))
    if given.data and all(str(question.get("qid", "")).isdecimal() for question in found):
        found.sort(key=lambda question: int(question["qid"]))  # the order in which the authors asked
    return found


def _of_data(data: DataFile, lang: str, columns: Sequence[Column]) -> list[dict[str, Any]]:
    suffix = data.path.suffix.lstrip(".") if data.path else "hub"
    found = []
    for _, record in read_rows(suffix, data.path, hub=data.hub, config=None, split="test"):
        if isinstance(record, Fault):
            raise TaskError(record)
        if record.get("language") == lang:
            lists = [record.get(column.choices) for column in columns]
            texts = [[str(option) for option in own] if isinstance(own, list) else [] for own in lists]
            found.append({**record, OPTIONS: options_digest(texts)})
    return found


def _of_codes(task: str, lang: str) -> Iterator[dict[str, Any]]:
    """Categories, and which questions share a scenario; the texts themselves are not shipped."""
    path = root() / "tasks" / "emobench" / "codes.csv"
    for _, row in read_rows("csv", path, hub=None, config=None, split=""):
        if isinstance(row, Fault):
            raise TaskError(row)
        if task == "emobench.eu":
            own = {"coarse_category": _EU[row["eu"]], "scenario": f"(scenario {row[f'eu_scenario_{lang}']})"}
        else:
            kind = {"A": "Action", "R": "Response"}[row["ea_type"]]
            own = {"category": _EA[row["ea"]], "question type": kind, "scenario": f"(scenario {row['qid']})"}
        options = row[f"{task.removeprefix('emobench.')}_{OPTIONS}_{lang}"]
        yield own | {"qid": row["qid"], "subject": "(the subject)", OPTIONS: options}

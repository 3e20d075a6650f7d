"""How well replies are read: precision and recall of reading, refusal and ambiguity over the reply corpus.

python -m bench.corpus prints the figures of both halves, `--half open --show` also each reply of the open half that is
read otherwise than its gold. The frozen half is a held-out test set: of it only totals are ever printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from judge.definitions import Task
from judge.parse.reply import read_reply
from judge.records import AskReply, Sample, State, Target

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus"
ASK = "answer"
Half = Literal["open", "frozen"]
HALVES: tuple[Half, ...] = get_args(Half)


class Row(NamedTuple):
    """One reply of the corpus, its gold and what our strict rules read."""

    id: str
    language: str
    reply: str
    gold: State
    gold_values: dict[str, list[str]]
    read: State
    values: dict[str, tuple[str, ...]]
    right: bool
    """Both say ok and the values are equal: labels as a set, numbers as numbers."""


class Rate(NamedTuple):
    """A precision or a recall: hits of n, and n; no share where n is 0."""

    hits: int
    n: int

    def __str__(self) -> str:
        share = f"{100 * self.hits / self.n:.1f}" if self.n else "-"
        return f"{share} ({self.hits}/{self.n})"


class Figures(NamedTuple):
    """The six rates of a set of rows, and the agreement of the states."""

    n: int
    reading_precision: Rate
    reading_recall: Rate
    refusal_precision: Rate
    refusal_recall: Rate
    ambiguity_precision: Rate
    ambiguity_recall: Rate
    agreement: Rate
    """Rows whose state is the gold's and, where that is ok, whose values are too."""


def setups(corpus: Path = CORPUS) -> dict[str, dict[str, Any]]:
    """The setups by name: language, how the answer is read, labels with aliases, texts of the options."""
    found: dict[str, dict[str, Any]] = json.loads((corpus / "setups.json").read_text(encoding="utf-8"))
    return found


def task_of(setup: dict[str, Any]) -> tuple[Task, Sample]:
    """A task with one ask and an item that have the setup's labels, options and range."""
    read = json.loads(json.dumps(setup["read"]))
    letters = [name for name, one in read.get("fields", {ASK: read}).items() if one["as"] == "letter"]
    for one in read.get("fields", {ASK: read}).values():
        if one["as"] == "letter":
            one["choices"] = "options"
    task = Task.model_validate(
        {
            "name": "corpus",
            "version": 1,
            "about": "A setup of the reply corpus.",
            "licence": "CC0-1.0",
            "data": {"path": "items.jsonl"},
            "asks": [{"name": ASK, "qa": "{question}", "read": read}],
            "labels": setup.get("labels", {}),
            "target": {"label": "label"},
            "metrics": ["accuracy"],
        }
    )
    choices = {name: tuple(setup["choices"]) for name in letters}
    return task, Sample(id="1", inputs={"question": "?"}, target=Target(values={}), choices=choices)


def records(half: Half, corpus: Path = CORPUS) -> Iterator[dict[str, Any]]:
    """The rows of one half as they are stored, language by language."""
    for path in sorted((corpus / half).glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def rows(half: Half, corpus: Path = CORPUS) -> list[Row]:
    """Every reply of one half with its gold and its reading."""
    known = {name: task_of(setup) for name, setup in setups(corpus).items()}
    found: list[Row] = []
    for record in records(half, corpus):
        task, sample = known[record["setup"]]
        reply = AskReply(ask=ASK, text=record["reply"], finish=record["finish"])
        reading = read_reply(task, sample, ask=task.asks[0], reply=reply)
        gold = record["values"]
        right = record["state"] == reading.state == "ok" and _equal(task, gold, reading.values)
        given = reading.state, dict(reading.values), right
        found.append(Row(record["id"], record["language"], record["reply"], record["state"], gold, *given))
    return found


def _equal(task: Task, gold: dict[str, list[str]], read: dict[str, tuple[str, ...]]) -> bool:
    if gold.keys() != read.keys():
        return False
    if task.asks[0].read.as_ == "number":
        return [float(value) for value in gold[ASK]] == [float(value) for value in read[ASK]]
    return all(sorted(gold[name]) == sorted(read[name]) for name in gold)


def figures(found: Iterable[Row]) -> Figures:
    """The rates of these rows."""
    every = list(found)
    right = sum(row.right for row in every)

    def of_state(state: State) -> tuple[Rate, Rate]:
        both = sum(row.read == row.gold == state for row in every)
        said = Rate(both, sum(row.read == state for row in every))
        return said, Rate(both, sum(row.gold == state for row in every))

    return Figures(
        len(every),
        Rate(right, sum(row.read == "ok" for row in every)),
        Rate(right, sum(row.gold == "ok" for row in every)),
        *of_state("refused"),
        *of_state("ambiguous"),
        Rate(sum(row.right or row.read == row.gold != "ok" for row in every), len(every)),
    )


def table(half: Half, found: list[Row]) -> str:
    """The figures of one half as a Markdown table, all languages first."""
    names = ("reading P", "reading R", "refusal P", "refusal R", "ambiguity P", "ambiguity R", "all agree")
    lines = [f"| {half} | n | {' | '.join(names)} |", f"|---|{'---|' * (len(names) + 1)}"]
    for language in ["all", *sorted({row.language for row in found})]:
        n, *rates = figures(row for row in found if language in ("all", row.language))
        lines.append(f"| {language} | {n} | {' | '.join(map(str, rates))} |")
    return "\n".join(lines)


def main() -> None:
    """Print the tables, and the misread replies of the open half where they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES, help="one half only")
    parser.add_argument("--show", action="store_true", help="each misread reply; open half only")
    options = parser.parse_args()
    if options.show and options.half != "open":
        parser.error("--show needs --half open: of the frozen half only totals are printed")
    for half in [options.half] if options.half else HALVES:
        found = rows(half)
        print(table(half, found), end="\n\n")
        for row in found if options.show else []:
            if not (row.right or row.read == row.gold != "ok"):
                print(f"{row.id} {row.gold} {row.gold_values} but {row.read} {row.values}\n    {row.reply!r}")


if __name__ == "__main__":
    main()

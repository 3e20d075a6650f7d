"""The reply corpus (tests/corpus): its form, that no rule quotes it, and how well our rules read both of its halves.

Of the frozen half only totals are looked at: it is a held-out test set.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bench.corpus import ASK, CORPUS, HALVES, Figures, Half, Rate, figures, records, rows, setups, task_of
from judge.parse.reply import read_reply
from judge.records import AskReply

FIXTURE = Path(__file__).parent / "fixtures" / "replies.jsonl"
PARSE = CORPUS.parent.parent / "judge" / "parse"
STATES = {"ok", "refused", "ambiguous", "unparsed", "out_of_range"}
LANGUAGES = {"ar", "de", "en", "es", "fi", "fr", "ja", "ko", "pt", "ru", "tr", "zh"}
SHORTEST_QUOTE = 15
TOKEN = re.compile(r"<\|\w{1,40}\|>")
"""A mark of a model's template, which is no sentence."""


@cache
def corpus() -> list[dict[str, Any]]:
    return [record for half in HALVES for record in records(half)]


def test_the_corpus_has_600_replies_in_12_languages_in_the_manner_of_15_families() -> None:
    assert len(corpus()) >= 600
    assert {record["language"] for record in corpus()} == LANGUAGES
    assert len({record["family"] for record in corpus()}) >= 15
    assert len({record["id"] for record in corpus()}) == len(corpus())


def test_at_most_three_replies_of_both_halves_share_a_frame() -> None:
    assert max(Counter(record["frame"] for record in corpus()).values()) <= 3


def test_every_reply_has_a_known_setup_a_state_and_values_that_its_setup_allows() -> None:
    known = setups()
    for record in corpus():
        setup = known[record["setup"]]
        assert record["language"] == setup["language"], record["id"]
        assert record["state"] in STATES, record["id"]
        assert record["finish"] in ("stop", "length", "refused"), record["id"]
        assert bool(record["values"]) == (record["state"] == "ok"), record["id"]
        for name, values in record["values"].items():
            assert all(_allowed(setup, name, value) for value in values), record["id"]


def _allowed(setup: dict[str, Any], name: str, value: str) -> bool:
    read = setup["read"].get("fields", {ASK: setup["read"]})[name]
    if read["as"] == "number":
        return bool(read["range"][0] <= float(value) <= read["range"][1])
    return value in (setup["labels"] if read["as"].startswith("label") else "ABCD"[: len(setup["choices"])])


def _skeleton(record: dict[str, Any]) -> str:
    """The reply with labels, letters and digits blanked out; marks and punctuation stay."""
    setup = setups()[record["setup"]]
    text = record["reply"]
    forms = {form for label, aliases in setup.get("labels", {}).items() for form in (label, *aliases)}
    for form in sorted(forms, key=len, reverse=True):
        text = re.sub(re.escape(form), "L", text, flags=re.IGNORECASE)
    return re.sub(r"\d", "0", re.sub(r"(?<![^\W_])[A-D](?![^\W_])", "X", text))


def test_no_two_replies_are_one_text_with_other_labels_letters_or_digits() -> None:
    counts = Counter(
        (record["language"], _skeleton(record)) for record in corpus() if len(record["reply"].strip()) > 12
    )
    ids = [record["id"] for record in corpus() if counts.get((record["language"], _skeleton(record)), 0) > 1]
    assert ids == []


def test_no_rule_quotes_a_reply_of_the_corpus() -> None:
    replies = [record["reply"].casefold() for record in corpus()]
    quoted = [
        f"{path.name}: {text!r}"
        for path in sorted(PARSE.glob("*.py"))
        for text in _literals(path)
        if len(text) >= SHORTEST_QUOTE and not TOKEN.fullmatch(text)
        if any(text.casefold() in reply for reply in replies)
    ]
    assert quoted == []


def _literals(path: Path) -> set[str]:
    """Every text of the source but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone)
    return {node.value for node in texts if isinstance(node.value, str)}


@cache
def measured(half: Half) -> Figures:
    return figures(rows(half))


FLOORS: dict[Half, dict[str, float]] = {
    "open": {
        "reading_precision": 91.5,
        "reading_recall": 81.0,
        "refusal_precision": 96.0,
        "refusal_recall": 96.0,
        "ambiguity_precision": 57.0,
        "ambiguity_recall": 89.0,
    },
    "frozen": {
        "reading_precision": 83.5,
        "reading_recall": 67.5,
        "refusal_precision": 94.0,
        "refusal_recall": 67.0,
        "ambiguity_precision": 35.0,
        "ambiguity_recall": 82.0,
    },
}
"""A little below what the rules reach (docs/replies.md), in percent."""


@pytest.mark.parametrize(("half", "rate"), [(half, rate) for half, floors in FLOORS.items() for rate in floors])
def test_no_figure_of_the_corpus_falls_below_its_floor(half: Half, rate: str) -> None:
    figure: Rate = getattr(measured(half), rate)
    assert figure.n
    assert 100 * figure.hits / figure.n >= FLOORS[half][rate], f"{half} {rate}: {figure}"


def _examples() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("setup", sorted({example["setup"] for example in _examples()}))
def test_replies_that_the_author_of_the_rules_wrote_are_read_as_they_are_meant(setup: str) -> None:
    task, sample = task_of(setups()[setup])
    wrong = []
    for example in _examples():
        if example["setup"] != setup:
            continue
        reading = read_reply(
            task, sample, ask=task.asks[0], reply=AskReply(ask=ASK, text=example["reply"], finish="stop")
        )
        wanted = (example["state"], sorted(example["values"]))
        if (reading.state, sorted(reading.values.get(ASK, ()))) != wanted:
            wrong.append((example["reply"], wanted, reading.state, reading.values))
    assert wrong == []

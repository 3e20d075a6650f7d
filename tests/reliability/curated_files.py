"""Judges' verdicts and strangers' files, written case by case: steps, ratings, replies lines, presets, price tables."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from curated_bodies import Curated

from judge.errors import TaskError
from judge.parse.verdicts import Rating, Unreadable, read_rating, read_ratings, read_steps
from judge.replies import read_replies
from providers import prices
from providers.errors import NotSupported
from providers.preset import read_preset

SCALE = (0.0, 0.5, 1.0)
UNREADABLE = "unreadable"
REFUSED = "refused"
STEPS: list[tuple[str, Any]] = [
    ('{"steps": ["a"]}', ["a"]),
    ('{"steps": ["a", "b"]}', ["a", "b"]),
    ('{"steps": ["a", "a"]}', ["a", "a"]),
    ('{"steps": [{"claim": "a"}]}', ["a"]),
    ('{"steps": [" a \\n b "]}', ["a b"]),
    ('```json\n{"steps": ["a"]}\n```', ["a"]),
    ('So: {"steps": ["a"]} done', ["a"]),
    ('{"steps": ["a"]} {"steps": ["a"]}', ["a"]),
    ('{"steps": ["' + "x" * 3000 + '"]}', ["x" * 1000]),
    ('{"steps": ["\\ud800"]}', ["\ud800"]),
    ('{"steps": ["a"]} {"steps": ["b"]}', UNREADABLE),
    ('{"steps": []}', UNREADABLE),
    ('{"steps": ["a", ""]}', UNREADABLE),
    ('{"steps": ["\\u200a"]}', UNREADABLE),
    ('{"steps": "a"}', UNREADABLE),
    ('{"steps": null}', UNREADABLE),
    ('{"steps": [1]}', UNREADABLE),
    ('{"steps": [["a"]]}', UNREADABLE),
    ('{"steps": [{"text": "a"}]}', UNREADABLE),
    ('{"steps": [{"claim": 3}]}', UNREADABLE),
    ('{"steps": {"1": "a"}}', UNREADABLE),
    ('{"steps": [' + '"a",' * 100 + '"a"]}', UNREADABLE),
    ('{"steps": ["a"', UNREADABLE),
    ('{"steps": ["a"]} {"steps": ["b"', UNREADABLE),
    ("{'steps': ['a']}", ["a"]),
    ('{"steps": ["a"], "steps": ["b"]}', UNREADABLE),
    ('{"Steps": ["a"]}', ["a"]),
    ('["a"]', UNREADABLE),
    ("", UNREADABLE),
    ('{"steps": ' * 20_000, UNREADABLE),
]
ONE = '{"ratings": [{"step": 1, "score": %s}]}'
RATINGS: list[tuple[str, Any]] = [
    (ONE % "1", [1.0]),
    (ONE % "0", [0.0]),
    (ONE % '"0.5"', [0.5]),
    (ONE % "null", [None]),
    (ONE % '"cannot_judge"', [None]),
    (ONE % "1" + ONE % "1", [1.0]),
    (ONE % "1" + ONE % "0", UNREADABLE),
    (ONE % "2", UNREADABLE),
    (ONE % "true", UNREADABLE),
    (ONE % "NaN", UNREADABLE),
    (ONE % "1e999", UNREADABLE),
    (ONE % '"1_0"', UNREADABLE),
    (ONE % ("9" * 400), UNREADABLE),
    (ONE % '"١"', UNREADABLE),
    (ONE % "[1]", UNREADABLE),
    ('{"ratings": []}', UNREADABLE),
    ('{"ratings": [{"step": 2, "score": 1}]}', UNREADABLE),
    ('{"ratings": [{"step": true, "score": 1}]}', UNREADABLE),
    ('{"ratings": [{"step": "1", "score": 1}]}', UNREADABLE),
    ('{"ratings": [{"score": 1}]}', UNREADABLE),
    ('{"ratings": [{"step": 1}]}', UNREADABLE),
    ('{"ratings": [{"step": 1, "score": 1}, {"step": 2, "score": 1}]}', UNREADABLE),
    ('{"ratings": [{"step": 1, "score": 1, "score": 0}]}', UNREADABLE),
    ('{"ratings": {"step": 1, "score": 1}}', UNREADABLE),
    ('{"ratings": [1]}', UNREADABLE),
    (ONE % "1" + " score: 0", UNREADABLE),
    ('{"step": 1, "score": 1}', UNREADABLE),
]
GROUNDS: list[tuple[str, Any]] = [
    ('{"score": 1, "evidence": "he winks"}', ("he winks", "", 1.0, None)),
    ('{"score": 1, "evidence": ["a", "b"]}', ("a, b", "", 1.0, None)),
    ('{"score": 1, "evidence": {"a": 1}}', ("", "", 1.0, None)),
    ('{"score": 1, "reason": 3}', ("", "3", 1.0, None)),
    ('{"score": 1, "confidence": 0.9}', ("", "", 1.0, 0.9)),
    ('{"score": 1, "confidence": 2}', ("", "", 1.0, None)),
    ('{"score": 1, "confidence": "NaN"}', ("", "", 1.0, None)),
    ('{"score": 1, "confidence": true}', ("", "", 1.0, None)),
    ('{"score": null, "confidence": 1}', ("", "", None, None)),
    ('{"score": "Cannot_Judge"}', UNREADABLE),
    ('{"Score": 1}', ("", "", 1.0, None)),
    ("score: 1", UNREADABLE),
]
LINE = '{"id": "a", "reply": "b"}'
REPLIES: list[tuple[str, Any]] = [
    (LINE, [("a", "b")]),
    ("", []),
    (LINE + "\n\n" + LINE.replace("a", "c", 1), [("a", "b"), ("c", "b")]),
    ('{"id": 7, "reply": "b"}', [("7", "b")]),
    ('{"id": "a", "reply": ""}', [("a", "")]),
    ('{"id": "a", "reply": "b", "draw": 2, "note": "x", "finish": "length"}', [("a", "b")]),
    ('{"id": "a", "reply": "b", "draw": -1}', REFUSED),
    ('{"id": "a", "reply": "b", "draw": true}', REFUSED),
    ('{"id": "a", "reply": "b", "draw": 1.0}', REFUSED),
    ('{"id": "a", "reply": "b", "finish": "done"}', REFUSED),
    ('{"id": "a", "reply": "b", "more": 1}', REFUSED),
    ('{"id": "a", "reply": 3}', REFUSED),
    ('{"id": "a", "reply": null}', REFUSED),
    ('{"id": "a"}', REFUSED),
    ('{"id": true, "reply": "b"}', REFUSED),
    ('{"id": 1.5, "reply": "b"}', REFUSED),
    ('{"id": NaN, "reply": "b"}', REFUSED),
    ('{"id": ' + "9" * 5000 + ', "reply": "b"}', REFUSED),
    ("[" * 50_000, REFUSED),
    ("[]", REFUSED),
    ("null", REFUSED),
    ("{", REFUSED),
    (LINE[:-1], REFUSED),
]
OWN = "about: mine\nbackend: hosted\nmodel: openai/m\n"
PRESETS: list[tuple[str, Any]] = [
    (OWN, "mine"),
    (OWN + "key: OPENAI_API_KEY\n", "mine"),
    (OWN + "sampling: {temperature: 0.5}\n", "mine"),
    (OWN + "price: {input: 0, output: 1}\n", "mine"),
    (OWN + "---\n", REFUSED),
    (OWN + "about: twice\n", REFUSED),
    (OWN + "sampling: {temperature: 0, temperature: 1}\n", REFUSED),
    (OWN + "structured: !!bool x\n", REFUSED),
    (OWN + "limits: {concurrency: !!int ''}\n", REFUSED),
    (OWN + "price: {input: !!float x, output: 1}\n", REFUSED),
    (OWN + "destination: !!timestamp x\n", REFUSED),
    (OWN + "destination: !!binary x\n", REFUSED),
    (OWN + "accepts: !!set {text}\n", REFUSED),
    (OWN + "<<: {key: A_KEY}\n", REFUSED),
    (OWN + "destination: &a x\nkey: *a\n", REFUSED),
    (OWN + "sampling: {temperature: .nan}\n", REFUSED),
    (OWN + "sampling: {top_p: .inf}\n", REFUSED),
    (OWN + "sampling: {temperature: 1e999}\n", REFUSED),
    (OWN + "limits: {concurrency: -1}\n", REFUSED),
    (OWN + "limits: {deadline: .nan}\n", REFUSED),
    (OWN + "limits: {concurrency: " + "9" * 5000 + "}\n", REFUSED),
    (OWN + "price: {input: -.inf, output: 1}\n", REFUSED),
    (OWN + "key: sk-abcdef123456\n", REFUSED),
    (OWN + "destination: 12:30:45\n", REFUSED),
    (OWN + "destination: 2026-13-45\n", REFUSED),
    (OWN + "base_url: http://169.254.169.254\n", REFUSED),
    (OWN + "{" * 30_000, REFUSED),
    (OWN + "destination: " + "[" * 399, REFUSED),
    (OWN + "- " * 30_000, REFUSED),
    (OWN + "- a\n", REFUSED),
]
PRICED = {"litellm_provider": "openai", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}


def _table(**line: Any) -> str:
    return json.dumps({"m": PRICED | line})


TABLES: list[tuple[str, Any]] = [
    (_table(), 2.5),
    (_table(input_cost_per_token=1), 1e6),
    (_table(input_cost_per_token=0), None),
    (_table(input_cost_per_token=-1e-6), None),
    (_table(input_cost_per_token=1e-300), None),
    (_table(input_cost_per_token=1e300), None),
    (_table(input_cost_per_token=10**400), None),
    (_table(input_cost_per_token=float("nan")), None),
    (_table(input_cost_per_token=float("inf")), None),
    (_table(input_cost_per_token=True), None),
    (_table(input_cost_per_token="2.5e-06"), None),
    (_table(output_cost_per_token=None), None),
    (_table(max_output_tokens=10**400), 2.5),
    (_table(max_output_tokens="many"), 2.5),
    (_table(input_cost_per_token_batches=10**400), 2.5),
    (_table(deprecation_date=3), 2.5),
    (_table(litellm_provider="gemini"), "no line"),
    (_table(litellm_provider=None), "no line"),
    ('{"m": []}', "no line"),
    ('{"m": ' + "9" * 5000 + "}", "no line"),
    ("[" * 50_000, "no line"),
    ("[]", "no line"),
    ("", "no line"),
]


def file_cases(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Curated]:
    """All of them; files are written as their case is tried."""
    package = folder / "litellm" / "__init__.py"
    package.parent.mkdir()
    spec = ModuleSpec("litellm", None, origin=str(package))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    kinds: list[tuple[str, list[tuple[str, Any]], Callable[[str], Any]]] = [
        ("steps", STEPS, lambda text: _or_unreadable(lambda: read_steps(text))),
        ("ratings", RATINGS, lambda text: _or_unreadable(lambda: _scores(text))),
        ("rating", GROUNDS, lambda text: _or_unreadable(lambda: _rating(text))),
        ("replies", REPLIES, lambda text: _replies(folder / "r.jsonl", text)),
        ("preset", PRESETS, lambda text: _preset(folder / "p.yaml", text)),
        ("prices", TABLES, lambda text: _priced(package.parent / prices._TABLE, text)),
    ]
    return [
        Curated(f"{kind} {text}", partial(call, text), wanted) for kind, cases, call in kinds for text, wanted in cases
    ]


def _or_unreadable(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Unreadable as error:
        return UNREADABLE if len(str(error)) < 200 else str(error)


def _scores(text: str) -> list[float | None]:
    return [rating.score for rating in read_ratings(text, SCALE, count=1)]


def _rating(text: str) -> tuple[Any, ...]:
    found: Rating = read_rating(text, SCALE)
    return tuple(found)


def _replies(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    try:
        return [(line.id, line.reply) for _, line in read_replies([path])]
    except TaskError as error:
        short = all(fault.file == str(path) and len(fault.message) < 300 for fault in error.faults)
        return REFUSED if short else error.faults


def _preset(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    try:
        return read_preset(str(path)).about
    except NotSupported as error:
        one_line = error.message.startswith(f"{path}: ") and error.message.isprintable()
        return REFUSED if one_line else error.message


def _priced(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    prices._table.cache_clear()
    try:
        found = prices.facts_of("openai/m")
    finally:
        prices._table.cache_clear()
    if found is None:
        return "no line"
    return found.price.input if found.price else None

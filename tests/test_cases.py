"""A task's cases: what is otherwise under some settings, and what is wrong with how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from judge.definitions import Task
from judge.errors import TaskError
from judge.spec.task import read_task

PICK: dict[str, Any] = {"as": "letter", "choices": "options", "target": "gold"}
TASK: dict[str, Any] = {
    "name": "pick",
    "version": 1,
    "about": "Which one?",
    "licence": "CC0-1.0",
    "data": {"path": "items.jsonl"},
    "settings": {
        "lang": {"choices": ["en", "de"], "default": "en"},
        "mode": {"choices": ["base", "cot"], "default": "base", "prompt": {"base": "qa", "cot": "cot"}},
    },
    "asks": [{"name": "one", "qa": "{options}", "cot": "{options} Think.", "read": PICK}],
    "target": {"label": "gold"},
    "metrics": ["accuracy"],
}
GERMAN: dict[str, Any] = {
    "when": {"lang": "de"},
    "asks": [{"name": "eins", "qa": "{options}?", "cot": "{options}? Denk nach.", "read": PICK}],
}


def _task(*cases: dict[str, Any], **changes: Any) -> Task:
    return Task.model_validate(TASK | {"cases": list(cases)} | changes)


def _faults(tmp_path: Path, *cases: dict[str, Any], **changes: Any) -> list[str]:
    path = tmp_path / "pick.yaml"
    path.write_text(yaml.safe_dump(TASK | {"cases": list(cases)} | changes, sort_keys=False))
    with pytest.raises(TaskError) as caught:
        read_task(path, None)
    return [str(fault) for fault in caught.value.faults]


def test_a_case_changes_what_it_names_and_nothing_else() -> None:
    task = _task(GERMAN | {"repeats": 3})
    german, english = task.under({"lang": "de", "mode": "base"}), task.under({"lang": "en", "mode": "base"})
    assert [ask.name for ask in german.asks] == ["eins"]
    assert (german.repeats, german.metrics, german.cases) == (3, task.metrics, ())
    assert ([ask.name for ask in english.asks], english.repeats) == (["one"], 1)


def test_of_two_cases_that_hold_the_later_one_wins() -> None:
    task = _task({"when": {"lang": "de"}, "repeats": 2}, {"when": {"lang": "de", "mode": "cot"}, "repeats": 4})
    assert task.under({"lang": "de", "mode": "cot"}).repeats == 4
    assert task.under({"lang": "de", "mode": "base"}).repeats == 2


def test_a_settled_task_stays_as_it_is() -> None:
    settings = {"lang": "de", "mode": "base"}
    german = _task(GERMAN).under(settings)
    assert german.under(settings) is german
    assert Task.model_validate(german.model_dump(mode="json", by_alias=True, exclude_none=True)) == german


def test_a_case_that_changes_what_is_asked_is_another_run_and_one_that_does_not_is_the_same() -> None:
    plain = _task().ask_digest("qa", {"lang": "de"})
    assert _task(GERMAN).under({"lang": "de"}).ask_digest("qa", {"lang": "de"}) != plain
    for change in ({"options": "(a)"}, {"orderings": 4}, {"told": "faithful"}):
        case = {"when": {"lang": "de"}} | change
        assert _task(case).under({"lang": "de"}).ask_digest("qa", {"lang": "de"}) != plain
    voted = _task({"when": {"lang": "de"}, "vote": "majority"}).under({"lang": "de"})
    assert voted.ask_digest("qa", {"lang": "de"}) == plain
    assert voted.score_digest() != _task().score_digest()


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"when": {"land": "de"}, "repeats": 2}, "cases.0.when.land: 'land' is not a setting; did you mean \"lang\"?"),
        ({"when": {"lang": "fr"}, "repeats": 2}, "cases.0.when.lang: 'fr' is not one of en, de"),
        ({"when": {"lang": "de"}}, "cases.0: changes nothing"),
        ({"when": {}, "repeats": 2}, "cases.0.when: is empty"),
        ({"when": {"lang": "de"}, "repeat": 2}, "cases.0.repeat: unknown key"),
        ({"when": {"lang": "de"}, "orderings": 0}, "cases.0.orderings:"),
        ({"when": {"lang": "de"}, "asks": [{"name": "x", "read": PICK}]}, "cases.0.asks.0: give a prompt"),
        (GERMAN | {"asks": [GERMAN["asks"][0] | {"qa": "{zero.answer}"}]}, "cases.0.asks.0.qa:"),
    ],
)
def test_what_is_wrong_with_a_case_is_named_with_its_key(tmp_path: Path, case: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in _faults(tmp_path, case)), _faults(tmp_path, case)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ({"base": "qa"}, "settings.mode.prompt: says for each of base, cot which prompt it is"),
        ({"base": "qa", "cot": "qa"}, "settings.mode.prompt: two choices are the same prompt"),
        ({"base": "qa", "cot": "kot"}, "settings.mode.prompt.cot:"),
    ],
)
def test_a_setting_that_names_the_prompts_names_each_once(tmp_path: Path, prompt: dict[str, str], said: str) -> None:
    settings = TASK["settings"] | {"mode": TASK["settings"]["mode"] | {"prompt": prompt}}
    assert any(said in fault for fault in _faults(tmp_path, settings=settings))

"""Faults in a task's cases: settings that are not there, and asks that do not hold together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from judge.errors import nearest
from judge.spec.source import Path_

Faults = Iterator[tuple[Path_, str]]
MOST_CASES = 32


def case_faults(raw: dict[str, Any], asks: Callable[[dict[str, Any]], Faults]) -> Faults:
    """`asks` finds the faults of a document's asks; here each case's asks are held to the same."""
    listed = raw.get("cases")
    cases = [case if isinstance(case, dict) else {} for case in listed] if isinstance(listed, list) else []
    if len(cases) > MOST_CASES:
        yield ("cases",), f"has more than {MOST_CASES} cases"
    settings = raw.get("settings") if isinstance(raw.get("settings"), dict) else {}
    for index, case in enumerate(cases[:MOST_CASES]):
        place: Path_ = ("cases", index)
        if set(case) == {"when"}:
            yield place, "changes nothing: give what is otherwise under these settings"
        yield from _when(place, case.get("when"), settings or {})
        if isinstance(case.get("asks"), list):
            for below, message in asks(raw | case):
                yield (*place, *below), message
    yield from _prompts(settings or {})


def _when(place: Path_, when: Any, settings: dict[str, Any]) -> Faults:
    for name, choice in when.items() if isinstance(when, dict) else ():
        setting = settings.get(name)
        choices = setting.get("choices") if isinstance(setting, dict) else None
        if setting is None:
            yield (*place, "when", name), f"{name!r} is not a setting{nearest(str(name), map(str, settings))}"
        elif isinstance(choice, str) and isinstance(choices, list) and choice not in choices:
            known = ", ".join(map(str, choices))
            yield (*place, "when", name), f"{choice!r} is not one of {known}{nearest(choice, map(str, choices))}"


def _prompts(settings: dict[str, Any]) -> Faults:
    """A setting that names the prompts names each of them once."""
    for name, setting in settings.items():
        prompt = setting.get("prompt") if isinstance(setting, dict) else None
        choices = setting.get("choices") if isinstance(setting, dict) else None
        if not isinstance(prompt, dict) or not isinstance(choices, list):
            continue
        if set(map(str, prompt)) != set(map(str, choices)):
            yield ("settings", name, "prompt"), f"says for each of {', '.join(map(str, choices))} which prompt it is"
        elif len(set(map(str, prompt.values()))) < len(prompt):
            yield ("settings", name, "prompt"), "two choices are the same prompt"

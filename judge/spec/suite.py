"""Reads a suite file: shape first, then sense; all faults of one file come together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from judge.errors import JudgeError, TaskError, nearest
from judge.regular import is_file, leads_out, read_regular
from judge.spec.shape import MOST_FAULTS, raised, validate
from judge.spec.source import ENDINGS, LARGEST, Path_, load
from judge.suite import Suite

MOST = 64
"""Tasks, and averages, of one suite."""
_FILE = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._/-]*\.ya?ml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,39}")
_KEYS = re.compile(r"^(tasks|asks)[ \t]{0,9}:", re.MULTILINE)


def is_suite(path: Path) -> bool:
    """True for a file that lists tasks and asks nothing itself; one that cannot be read is none."""
    if path.suffix.lower() not in ENDINGS or not is_file(path) or path.resolve().suffix.lower() not in ENDINGS:
        return False  # nor is what a link leads to read, if it is called otherwise
    try:
        keys = set(_KEYS.findall(read_regular(path, LARGEST).decode("utf-8", "replace")))
        if keys:  # at the beginning of their lines, as people write them: no need to read the whole file
            return keys == {"tasks"}
        value = load(path).value
    except (JudgeError, OSError):
        return False
    return isinstance(value, dict) and "tasks" in value and "asks" not in value


def read_suite(path: Path, shown: str | None = None) -> Suite:
    """The suite; raises TaskError with every fault that can be seen without its tasks."""
    document = load(path, shown)
    suite = validate(document, Suite)
    if isinstance(document.value, dict):
        for place, message in islice(_sense(document.value), MOST_FAULTS + 1):
            document.add(place, message)
        for place, message in _files(document.value, path):
            document.add(place, message)
    if document.faults or suite is None:
        raise TaskError(raised(document.faults))
    return suite


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[tuple[int, str]]:
    found = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(found) if isinstance(item, str)]


def _sense(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    tasks = [name for name in _mapping(raw.get("tasks")) if isinstance(name, str)]
    yield from _names(raw)
    for name, members in _mapping(raw.get("dimensions")).items():
        for index, member in _texts(members):
            yield from _unknown(("dimensions", name, index), member, tasks)
    for key in ("metrics", "optional"):
        for name in _mapping(raw.get(key)):
            yield from _unknown((key, name), str(name), tasks)
    yield from _scores(_mapping(raw.get("scores")), tasks)
    columns = [*tasks, *_mapping(raw.get("scores"))]
    rows = raw.get("references")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        for name in _mapping(_mapping(row).get("values")):
            head = str(name) if name in columns else str(name).partition(".")[0]
            known = tasks if "." in str(name) else columns
            yield from _unknown(("references", index, "values", name), head, known, what="task or average")


def _unknown(place: Path_, name: str, known: Iterable[str], *, what: str = "task") -> Iterator[tuple[Path_, str]]:
    if name not in known:
        yield place, f'no {what} is called "{name}"{nearest(name, known)}'


def _names(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    """Keys are short: they are typed, and stand in tables; a task and an average do not share one."""
    tasks, scores = _mapping(raw.get("tasks")), _mapping(raw.get("scores"))
    seen: dict[str, str] = {}
    for key, names in (("tasks", tasks), ("scores", scores)):
        if len(names) > MOST:
            yield (key,), f"has more than {MOST} entries"
        for name in names:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                yield (key, name), f"{str(name)[:60]!r}: a short name of letters, digits, - _ + is needed"
            first = seen.setdefault(str(name).casefold(), str(name))
            if first != name or (key == "scores" and name in tasks):
                yield (key, name), f"{str(name)!r} is taken by {first!r}"


def _files(raw: dict[str, Any], path: Path) -> Iterator[tuple[Path_, str]]:
    """A member is a YAML file below the suite's folder; whether it is there is told when it is opened."""
    for name, text in _mapping(raw.get("tasks")).items():
        if not isinstance(text, str):
            continue
        if not _FILE.fullmatch(text):
            yield ("tasks", name), f"{text[:80]!r} is no YAML file below the suite's folder: no .., no absolute path"
        elif leads_out(path.parent, path.parent / text):
            yield ("tasks", name), f"{text[:80]!r} is a link that leads out of the suite's folder"


def _scores(scores: dict[Any, Any], tasks: list[str]) -> Iterator[tuple[Path_, str]]:
    means: list[str] = []
    for name, given in scores.items():
        plan, place = _mapping(given), ("scores", name)
        if ("mean" in plan) == ("micro" in plan):
            yield place, "give either mean: [parts] or micro: METRIC"
        if "mean" in plan and not plan["mean"]:
            yield (*place, "mean"), "a mean needs its parts"
        yield from _parts(place, _texts(plan.get("mean")), tasks=tasks, scores=scores, means=means)
        yield from _options(place, plan, tasks)
        for index, part in _texts(plan.get("of")):
            yield from _unknown((*place, "of", index), part, tasks)
        for key in ("mean", "of"):
            if len({part for _, part in _texts(plan.get(key))}) < len(_texts(plan.get(key))):
                yield (*place, key), "a part stands twice"
        if isinstance(name, str) and "mean" in plan:
            means.append(name)


def _options(place: Path_, plan: dict[Any, Any], tasks: list[str]) -> Iterator[tuple[Path_, str]]:
    """Which kind of average takes which key."""
    parts = {part for _, part in _texts(plan.get("mean"))}
    if "of" in plan and "micro" not in plan:
        yield (*place, "of"), "only micro takes it: it names the tasks whose samples are pooled"
    if "metric" in plan and ("micro" in plan or parts - set(tasks)):
        yield (*place, "metric"), "only a mean over tasks takes it"
    if "rounded" in plan and ("micro" in plan or parts & set(tasks)):
        yield (*place, "rounded"), "only a mean over averages takes it"


def _parts(
    place: Path_, parts: list[tuple[int, str]], *, tasks: list[str], scores: dict[Any, Any], means: list[str]
) -> Iterator[tuple[Path_, str]]:
    for index, part in parts:
        if part in tasks or part in means:
            continue
        here = (*place, "mean", index)
        if part in scores:
            pooled = "micro" in _mapping(scores[part])
            yield here, f"{part!r} pools samples, which no mean takes" if pooled else f"{part!r} must stand above it"
        else:
            yield from _unknown(here, part, [*tasks, *means], what="task or average")

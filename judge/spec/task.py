"""Reads a task file: shape first, then sense; all faults of one file come together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from judge.definitions import Task
from judge.errors import TaskError, nearest
from judge.folding import composed
from judge.shell import all_of
from judge.spec.cases import case_faults
from judge.spec.metrics import ScoresOf, metric_faults, reads_of
from judge.spec.missing import missing_faults
from judge.spec.shape import MOST_FAULTS, raised, validate
from judge.spec.source import Document, Path_, load
from judge.spec.wording import wording_faults

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)\}")
_HUB = re.compile(r"(?![^/]*\.\.)[A-Za-z0-9][A-Za-z0-9._-]*/(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
MOST_ASKS = 64
MOST_CHOICES = 64
_UNSAFE = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*:|/|\\|~)|(^|[/\\])\.\.([/\\]|$)")


def read_task(
    path: Path, rubrics: frozenset[str] | None, shown: str | None = None, *, scores_of: ScoresOf | None = None
) -> Task:
    """The task; raises TaskError with every fault that can be seen without its data.

    `scores_of` gives the scores of a rubric by its name, which the task may name as metrics. Where `rubrics` is None,
    no rubric is looked at, and any other metric of a judged task passes for one of its rubric's own.
    """
    document = load(path, shown)
    task = validate(document, Task)
    own = None if rubrics is None else scores_of or (lambda _: ())
    if isinstance(document.value, dict):
        for place, message in islice(_sense(document.value, rubrics, own), MOST_FAULTS + 1):
            document.add(place, message)
    if document.faults or task is None:
        raise TaskError(raised(document.faults))
    return task


def unsafe(task: Task) -> str:
    """What a task from a results folder may not say, which has passed no check of its file; empty where all is well."""
    raw = task.model_dump(mode="json", exclude_none=True, by_alias=True)
    data = task.data.model_dump(mode="json", exclude_none=True)
    cases = [_mapping(_mapping(case).get("data")) for case in _list(raw.get("cases"))]
    own = [_data(data), *map(_data_paths, cases), _rubric(task.rubric, None), _below(_mapping(raw.get("media")))]
    files = ((place, message) for place, message in _wordings(raw) if "files" in place)
    return next((message for faults in [*own, files] for _, message in faults), "")


def fault_line(path: Path, key: Path_) -> int | None:
    """The line of a key, for faults found later, against the data."""
    document: Document = load(path)
    return document.line(key)


def _sense(
    raw: dict[str, Any], rubrics: frozenset[str] | None, scores_of: ScoresOf | None
) -> Iterator[tuple[Path_, str]]:
    """Faults that the shape cannot show; tolerant of a raw document that is wrong elsewhere."""
    yield from metric_faults(raw, scores_of)
    yield from missing_faults(raw)
    yield from _data(_mapping(raw.get("data")))
    for index, case in enumerate(_list(raw.get("cases"))):
        for below, message in _data(_mapping(_mapping(case).get("data"))):
            yield ("cases", index, *below), message
    yield from _settings(raw)
    yield from _asks(raw)
    yield from case_faults(raw, _asks)
    yield from _labels(raw)
    yield from _media(raw)
    yield from _rubric(raw.get("rubric"), rubrics)
    yield from _wordings(raw)


def _wordings(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    """Of the task and of its cases; a case may say how the asks of another one are worded."""
    cases = [_mapping(case) for case in _list(raw.get("cases"))]
    names = [str(_mapping(ask).get("name")) for part in (raw, *cases) for ask in _list(part.get("asks"))]
    parts: list[tuple[Path_, Any]] = [((), raw), *((("cases", index), case) for index, case in enumerate(cases))]
    for place, part in parts:
        for below, message in wording_faults(part.get("wording"), names, _UNSAFE):
            yield (*place, "wording", *below), message


def _rubric(name: Any, known: frozenset[str] | None) -> Iterator[tuple[Path_, str]]:
    """A name that exists, or a path below the task's folder."""
    if not isinstance(name, str):
        return
    if name.endswith((".yaml", ".yml")):
        if _UNSAFE.search(name):
            yield ("rubric",), f"{name!r} must lie below the task's folder: no .., no absolute path, no URL"
    elif not _PLAIN_NAME.fullmatch(name):
        yield ("rubric",), f"{name!r} is neither the name of a rubric nor a path that ends in .yaml"
    elif known is not None and name not in known:
        yield ("rubric",), f'unknown rubric "{name}"{nearest(name, known)}   {all_of("rubrics")}'


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _data(data: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    if not data:
        return
    if ("path" in data) == ("hub" in data):
        yield ("data",), "give either path (a file) or hub (a Hugging Face id)"
    path = data.get("path")
    if isinstance(path, str) and not path.strip():
        yield ("data", "path"), "is empty"
    if _mapping(data.get("join")) and "path" not in data:
        yield ("data", "join"), "completes a file: give data.path"
    yield from _data_paths(data)


def _data_paths(data: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    """Paths and a hub's id that lead elsewhere."""
    also: list[tuple[Path_, Any]] = [
        (("data", "also", index), text) for index, text in enumerate(_list(data.get("also")))
    ]
    join = _mapping(data.get("join"))
    also.append((("data", "join", "path"), join.get("path")))
    also += [(("data", "join", "also", index), text) for index, text in enumerate(_list(join.get("also")))]
    for key in ("archives", "folders"):
        also += [(("data", key, index), text) for index, text in enumerate(_list(data.get(key)))]
    for place, text in [(("data", "path"), data.get("path")), *also]:
        if isinstance(text, str) and _UNSAFE.search(text):
            yield place, f"{text!r} must lie below the task's folder: no .., no absolute path, no URL"
    hub = data.get("hub")
    if isinstance(hub, str) and not _HUB.fullmatch(hub):
        yield ("data", "hub"), f"{hub!r} is no Hugging Face id: owner/name"


def _media(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    """Each sense beside text has its files, and each file its sense."""
    media = _mapping(raw.get("media"))
    yield from _below(media)
    senses = [sense for sense in _list(raw.get("modalities")) if isinstance(sense, str)]
    for sense in ("image", "audio", "video"):
        if sense in media and sense not in senses:
            yield ("media", sense), f"{sense} is not among the task's modalities: {', '.join(senses) or 'text'}"
        if sense in senses and sense not in media:
            yield ("modalities",), f"where the {sense} of an item lies is not said: give media.{sense}"
    for sense in _mapping(media.get("notes")):
        if sense not in media:
            yield ("media", "notes", sense), f"stands in for files that the task does not have: give media.{sense}"
    frames = _mapping(media.get("frames"))
    if frames.get("policy") == "fps" and "fps" not in frames:
        yield ("media", "frames"), "policy: fps needs fps: frames a second"
    if "fps" in frames and frames.get("policy") != "fps":
        yield ("media", "frames", "fps"), "only policy: fps takes it"
    if "video" in media and "media" in _mapping(raw.get("settings")):
        yield ("settings", "media"), "is taken: it chooses between frames and whole clips"


def _below(media: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    for index, text in enumerate(_list(media.get("below"))):
        if isinstance(text, str) and _UNSAFE.search(text):
            yield ("media", "below", index), f"{text!r} must lie below the data: no .., no absolute path, no URL"


def _settings(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    offered = sum(len(_list(_mapping(item).get("choices"))) for item in _mapping(raw.get("settings")).values())
    if offered > MOST_CHOICES:  # tasks check reads the data for each of them
        yield ("settings",), f"has more than {MOST_CHOICES} choices in all"
    for name, setting in _mapping(raw.get("settings")).items():
        choices = _list(_mapping(setting).get("choices"))
        default = _mapping(setting).get("default")
        if isinstance(default, str) and choices and default not in choices:
            yield ("settings", name, "default"), f"{default!r} is not among the choices {choices}"
    known = set(_mapping(raw.get("settings")))
    for field, text in _mapping(_mapping(raw.get("data")).get("where")).items():
        for name in placeholders(text):
            if name not in known:
                yield ("data", "where", field), f"{{{name}}} is not a setting{nearest(name, known)}"


def placeholders(text: Any) -> list[str]:
    """The names in {braces} of a prompt."""
    return [match[1] + match[2] for match in PLACEHOLDER.finditer(text)] if isinstance(text, str) else []


def _asks(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    asks = [_mapping(ask) for ask in _list(raw.get("asks"))]
    if len(asks) > MOST_ASKS:
        yield ("asks",), f"has more than {MOST_ASKS} asks"
    earlier: set[str] = set()
    for index, ask in enumerate(asks):
        yield from _ask(("asks", index), ask, earlier)
        if isinstance(ask.get("name"), str):
            earlier.add(ask["name"])
    default = raw.get("default_prompt")
    if default in ("qa", "cot") and any(not isinstance(ask.get(default), str) for ask in asks):
        yield ("default_prompt",), f"not every ask has a {default} prompt"
    if asks and not any(all(isinstance(ask.get(variant), str) for ask in asks) for variant in ("qa", "cot")):
        yield ("asks",), "no variant (qa or cot) has a prompt in every ask"


def _ask(place: Path_, ask: dict[str, Any], earlier: set[str]) -> Iterator[tuple[Path_, str]]:
    name = ask.get("name")
    if isinstance(name, str) and name in earlier:
        yield (*place, "name"), f"two asks are called {name!r}"
    if not any(isinstance(ask.get(variant), str) for variant in ("qa", "cot")):
        yield place, "give a prompt: qa, cot or both"
    for variant in ("qa", "cot", "system", "system_qa", "system_cot"):
        for word in placeholders(ask.get(variant)):
            head, _, tail = word.partition(".")
            if tail == "answer" and head not in earlier:
                yield (*place, variant), f"{{{word}}}: no earlier ask is called {head!r}{nearest(head, earlier)}"
            elif tail and tail != "answer":
                yield (*place, variant), f"{{{word}}}: only {{ask.answer}} may have a dot"
    yield from _read((*place, "read"), _mapping(ask.get("read")))


def _read(place: Path_, read: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    kind = read.get("as")
    if kind == "json" and not read.get("fields"):
        yield place, "as: json needs fields, each with how it is read"
    if kind != "json" and "fields" in read:
        yield (*place, "fields"), "only as: json has fields"
    if kind == "letter" and not isinstance(read.get("choices"), str):
        yield place, "as: letter needs choices: the field that lists the options"
    bounds = read.get("range")
    if kind == "number" and bounds is None:
        yield place, "as: number needs range: [lowest, highest]"
    ends = [bound for bound in _list(bounds) if isinstance(bound, int | float)]
    if len(ends) == 2 and ends[0] >= ends[1]:
        yield (*place, "range"), f"the lowest value comes first: {bounds}"
    if "labels" in read:
        yield from _one_set((*place, "labels"), _mapping(read["labels"]))
        if kind not in ("label", "labels"):
            yield (*place, "labels"), "only as: label and as: labels have a label set"
    for name, field in _mapping(read.get("fields")).items():
        if _mapping(field).get("as") == "json":
            yield (*place, "fields", name), "JSON inside JSON is not read"
        yield from _read((*place, "fields", name), _mapping(field))


def _labels(raw: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    labels = raw.get("labels")
    reads = [read for ask in _list(raw.get("asks")) for read in reads_of(_mapping(ask))]
    kinds = [read.get("as") for read in reads]
    if any(read.get("as") in ("label", "labels") and not read.get("labels") for read in reads) and not labels:
        yield ("labels",), "is missing: an answer that is read as a label needs the label set"
    yield from _one_set(("labels",), _mapping(labels), by_item="labels_from" in raw)
    closed = any(kind in ("label", "labels", "letter", "number") for kind in kinds)
    has_gold = "label" in _mapping(raw.get("target")) or any(
        "target" in read for ask in _list(raw.get("asks")) for read in reads_of(_mapping(ask))
    )
    if closed and not has_gold:
        yield ("target",), "give target.label: where the gold answer lies in a record"


def _one_set(place: Path_, labels: dict[str, Any], *, by_item: bool = False) -> Iterator[tuple[Path_, str]]:
    """No two labels of a set are the same word, and no alias stands for two; unless each item's own set says which."""
    owner: dict[str, str] = {}
    for label in labels:
        first = owner.setdefault(_compared(label), str(label))
        if first != str(label):
            how = "the way their accents are stored" if composed(first) == composed(str(label)) else "capitals"
            yield (*place, label), f"{first!r} and {label!r} differ in {how} only"
    for label, aliases in labels.items():
        for index, alias in enumerate(_list(aliases)):
            if isinstance(alias, str) and not alias.strip():
                yield (*place, label, index), "an alias is not empty"
            other = owner.setdefault(_compared(alias), str(label))
            says_which = by_item and _compared(other) == _compared(alias)
            if isinstance(alias, str) and other != str(label) and not says_which:
                yield (*place, label, index), f"{alias!r} already stands for {other!r}"


def _compared(text: Any) -> str:
    return composed(str(text)).casefold()

"""The authors' own prompts, from their released files beside a task's data; they are data, and nothing in them is run.

A template's {name} is filled in where the task says what it is; any other brace expression is refused, with its file
and key: str.format would reach attributes.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.datafile import DataFile
from judge.definitions import Ask, Task
from judge.entries import digest
from judge.errors import Fault, TaskError, nearest
from judge.regular import MIB, is_file, leads_out, read_regular, sha256_of
from judge.spec.source import ENDINGS, load
from judge.spec.task import placeholders
from judge.wording import PROMPTS, AskWording, Piece

LARGEST = MIB
_BRACE = re.compile(r"\{\{|\}\}|\{([^{}]{0,80})\}|[{}]")
_SETTING = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def with_released(task: Task, data: DataFile, settings: Mapping[str, str], *, model: str = "") -> Task:
    """The task with the authors' prompts, where all files that hold them are there; else as it is.

    Raises TaskError, with file and key, for a released file that cannot be read or is not as the task says.
    """
    wording = task.wording
    if wording is None or not wording.asks:
        return task
    found = {name: _found(paths, task, data) for name, paths in wording.files.items()}
    if any(path is None for path in found.values()):
        return task
    files = {name: _File.read(path) for name, path in found.items() if path is not None}
    taken = {file.path.name: file.sha256 for file in files.values()}
    asks = []
    for ask in task.asks:
        plan = wording.asks.get(ask.name)
        if plan is None:
            text = f"says nothing of the ask {ask.name!r}"
            raise TaskError(f"{task.name}: the authors' wording {text}")
        asks.append(_Builder(files, settings, plan, model).ask(ask))
    named = wording.model_copy(update={"digest": digest(sorted(taken.items())), "taken": taken})
    return task.model_copy(update={"asks": tuple(asks), "wording": named})


def worded_as(task: Task, other: Task) -> Task:
    """The task with the prompts that the other took from released files, where both say alike how they are built."""
    asks = {ask.name: ask for ask in other.asks}
    if task.wording is None or other.wording is None or not other.verbatim:
        return task
    if task.wording.declared() != other.wording.declared() or set(asks) != {ask.name for ask in task.asks}:
        return task
    texts = ("system", *PROMPTS)
    own = [ask.model_copy(update={name: getattr(asks[ask.name], name) for name in texts}) for ask in task.asks]
    return task.model_copy(update={"asks": tuple(own), "wording": other.wording})


def lacking(task: Task, data: DataFile) -> list[str]:
    """The paths of released files with the authors' wording that are not there."""
    wording = task.wording
    if wording is None or not wording.asks or wording.digest:
        return []
    return [paths[0] for paths in wording.files.values() if _found(paths, task, data) is None]


def _found(paths: Sequence[str], task: Task, data: DataFile) -> Path | None:
    """The first of the paths that is there, in the release's folder, or beside the items by its bare name."""
    if data.path is None:
        return None
    folder = data.path.parent
    own = [data.given] if data.given is not None and data.given.is_dir() else []
    places = [(top, path) for top in [*own, *_release(task, data.path), folder] for path in paths]
    places += [(folder, Path(path).name) for path in paths]
    for top, path in places:
        if is_file(top / path):
            if leads_out(top, top / path):
                raise TaskError(Fault(str(top / path), None, "", "is a link that leads out of the data's folder"))
            return top / path
    return None


def _release(task: Task, items: Path) -> list[Path]:
    """The folder of a release, where the items lie in it at one of the paths that releases have."""
    parts = [Path(text).parts for text in task.data.also]
    return [items.parents[len(own) - 1] for own in parts if len(own) > 1 and items.parts[-len(own) :] == own][:1]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One released file."""

    path: Path
    value: Any
    sha256: str

    @classmethod
    def read(cls, path: Path) -> _File:
        """JSON or YAML of bounded size, as plain values."""
        if path.suffix.lower() in ENDINGS:
            document = load(path)
            if document.faults:
                raise TaskError(document.faults)
            return cls(path=path, value=document.value, sha256=sha256_of(path, most=LARGEST))
        try:
            value = json.loads(read_regular(path, LARGEST).decode("utf-8-sig"), parse_constant=_no_number)
            return cls(path=path, value=value, sha256=sha256_of(path, most=LARGEST))
        except OSError as error:
            raise TaskError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
        except UnicodeDecodeError as error:
            raise TaskError(Fault(str(path), None, "", "is not UTF-8 text")) from error
        except json.JSONDecodeError as error:
            raise TaskError(Fault(str(path), error.lineno, "", f"is not JSON: {error.msg}")) from error
        except (ValueError, RecursionError) as error:
            raise TaskError(Fault(str(path), None, "", f"is not JSON: {str(error)[:80]}")) from error

    def text(self, key: str) -> str:
        """The text at a dotted path."""
        value = self.value
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                hint = nearest(part, map(str, value)) if isinstance(value, dict) else ""
                raise TaskError(Fault(str(self.path), None, key, f"is not there{hint}"))
            value = value[part]
        if not isinstance(value, str) or not value.strip():
            what = "is empty" if value in ("", None) or isinstance(value, str) else "is no text"
            raise TaskError(Fault(str(self.path), None, key, what))
        return value


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


@dataclasses.dataclass(frozen=True, slots=True)
class _Builder:
    """Builds the prompts of one ask."""

    files: Mapping[str, _File]
    settings: Mapping[str, str]
    plan: AskWording
    model: str

    def ask(self, ask: Ask) -> Ask:
        """With the authors' texts in place of the task's; a prompt that they do not have stays away."""
        texts = {name: self._prompt(name, getattr(self.plan, name)) for name in PROMPTS}
        return ask.model_copy(update={"system": None} | texts)

    def _prompt(self, name: str, pieces: Sequence[Piece]) -> str | None:
        if not pieces:
            return None
        used: set[str] = set()
        parts: list[str] = []
        place = Fault("", None, "", "")
        for piece in pieces:
            if piece.model is not None and piece.model not in self.model.rsplit("/", 1)[-1].lower():
                continue
            if piece.text is not None:
                parts.append(piece.text)
                continue
            file = self.files[piece.file or ""]
            key = _SETTING.sub(lambda match: self.settings.get(match[1], match[0]), piece.key or "")
            own = Fault(str(file.path), None, key, "")
            place = place if place.file else own
            template = name in ("qa", "cot")
            parts.append(self._filled(file.text(key), own, used) if template else _literal(file.text(key), own))
        absent = [each for each in self.plan.names if each not in used] if name in ("qa", "cot") else []
        if absent:
            raise TaskError(place._replace(message=f"does not name {', '.join(f'{{{each}}}' for each in absent)}"))
        return "".join(parts)

    def _filled(self, text: str, place: Fault, used: set[str]) -> str:
        """The template with this project's names in its placeholders; doubled braces are braces, as in str.format."""
        names = self.plan.names
        count = 0

        def put(match: re.Match[str]) -> str:
            nonlocal count
            if match[0] in ("{{", "}}"):
                return match[0][0]
            if match[1] is None:
                raise TaskError(place._replace(message=f"has a single {match[0]}, which is part of no placeholder"))
            if match[1] not in names:
                known = ", ".join(f"{{{name}}}" for name in names)
                message = f"{match[0]} is no placeholder of this task{nearest(match[1], names)} (it has {known})"
                raise TaskError(place._replace(message=message))
            used.add(match[1])
            count += 1
            return f"{{{names[match[1]]}}}"

        made = _BRACE.sub(put, text)
        if len(placeholders(made)) != count:
            raise TaskError(place._replace(message="has doubled braces that would be taken for a placeholder"))
        return made


def _literal(text: str, place: Fault) -> str:
    """A text that the authors' code does not fill in; one that looks as if it should be is refused."""
    named = placeholders(text)
    if named:
        raise TaskError(place._replace(message=f"{{{named[0]}}} is no placeholder here: this text is sent as it is"))
    return text

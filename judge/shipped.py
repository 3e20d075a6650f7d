"""Finds the tasks and rubrics that ship with the package: beside it in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from judge.errors import Fault, RubricError, TaskError, nearest
from judge.regular import is_file, stands
from judge.shell import all_of

_PACKAGE = Path(__file__).resolve().parent
Kind = Literal["tasks", "rubrics"]


def root() -> Path:
    """The folder that holds tasks/ and rubrics/."""
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


def names(kind: Kind) -> dict[str, Path]:
    """Shipped files by name (tasks of a family as family/name)."""
    top = root() / kind
    found = {str(path.relative_to(top).with_suffix("")): path for path in sorted(top.rglob("*.yaml"))}
    return {name.replace("\\", "/"): path for name, path in found.items() if not path.name.startswith(".")}


def find(kind: Kind, given: str) -> tuple[Path, str]:
    """The file that `given` means, and how to show it: a path, else a shipped file of that path or name."""
    path = Path(given)
    if is_file(path):
        return path, given
    shipped = names(kind)
    name = given.removeprefix(f"{kind}/").removesuffix(".yaml")
    if name in shipped:
        return shipped[name], f"{kind}/{name}.yaml (shipped)"
    error = TaskError if kind == "tasks" else RubricError
    if stands(path):
        raise error(Fault(given, None, "", "is no regular file"))
    hint = nearest(name, shipped)
    raise error(Fault(given, None, "", f"no such file{hint}   {all_of(kind)}"))

"""What is wrong with the `wording` of a task file, as far as it can be seen without the authors' files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from judge.errors import nearest
from judge.spec.source import ENDINGS, Path_
from judge.wording import PROMPTS


def wording_faults(wording: Any, asks: Sequence[str], unsafe: re.Pattern[str]) -> Iterator[tuple[Path_, str]]:
    """By place below `wording`; tolerant of a document that is wrong elsewhere. `unsafe` finds paths that lead away."""
    if not isinstance(wording, dict):
        return
    for name in ("digest", "taken"):
        if name in wording:
            yield (name,), "is written by a run, never in a task file"
    files = _mapping(wording.get("files"))
    for name, paths in files.items():
        for index, path in enumerate(paths if isinstance(paths, list) else []):
            if isinstance(path, str) and (unsafe.search(path) or not path.endswith((".json", *ENDINGS))):
                text = "is no JSON or YAML file below the data: no .., no absolute path, no URL"
                yield ("files", name, index), f"{path!r} {text}"
    for ask, plan in _mapping(wording.get("asks")).items():
        if ask not in asks:
            yield ("asks", ask), f"no ask is called {ask!r}{nearest(str(ask), asks)}"
        for below, message in _plan(_mapping(plan), files):
            yield ("asks", ask, *below), message


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plan(plan: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[tuple[Path_, str]]:
    for prompt in PROMPTS:
        pieces = plan.get(prompt)
        for index, piece in enumerate(pieces if isinstance(pieces, list) else []):
            for message in _piece(piece, files):
                yield (prompt, index), message


def _piece(piece: Any, files: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(piece, dict):
        return
    if ("text" in piece) == ("file" in piece) or ("file" in piece) != ("key" in piece):
        yield "give either text, or file and key"
    elif "file" in piece and piece["file"] not in files:
        yield f"no file is called {piece['file']!r}{nearest(str(piece['file']), map(str, files))}"

"""Command lines that a person can paste into a shell, whatever the paths and names in them hold."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import sys
from pathlib import Path

from judge.visible import one_line

NAME = "judge"


@functools.cache
def program() -> str:
    """What starts this program here: `judge` where that command is its own, else `python -m judge`.

    Another project may have a command of the same name: the one on the PATH is ours where it lies beside this Python,
    or where it is the one that was typed.
    """
    typed = Path(sys.argv[0] or "-")
    beside = Path(sys.executable or "-").parent
    own = [folder / file for folder in (beside, beside / "Scripts") for file in (NAME, f"{NAME}.exe")]
    own += [typed] if typed.stem == NAME else []
    found = shutil.which(NAME)
    if found and any(_same(Path(found), one) for one in own):
        return NAME
    return quoted(typed) if typed.stem == NAME and any(_same(typed, one) for one in own[:-1]) else f"python -m {NAME}"


def _same(one: Path, other: Path) -> bool:
    try:
        return one.is_file() and one.samefile(other)
    except OSError:
        return False


def command(*words: object) -> str:
    """The program with the words behind it, each quoted where a shell would take it for something else.

    A path that begins with a dash is given from the working folder, so that it passes for no option.
    """
    return " ".join([program(), *map(_word, words)])


def all_of(kind: str) -> str:
    """Where all tasks, rubrics, providers or metrics are named, as it stands behind an error."""
    return f"(all: {command(kind, 'list')})"


def quoted(word: object) -> str:
    """One word of a command line; what a terminal does not show is written as bash, ksh and zsh read it in $'...'."""
    text = str(word)
    if one_line(text) == text:
        return shlex.quote(text)
    parts = []
    for byte in os.fsencode(text):
        plain = 0x20 <= byte < 0x7F and byte not in b"\\'"
        parts.append(chr(byte) if plain else f"\\x{byte:02x}" if byte not in b"\\'" else f"\\{byte:c}")
    return f"$'{''.join(parts)}'"


def _word(word: object) -> str:
    text = str(word)
    return quoted(f"./{text}" if isinstance(word, os.PathLike) and text.startswith("-") else text)

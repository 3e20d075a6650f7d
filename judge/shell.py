"""Command lines that a person can paste into a shell, whatever the paths and names in them hold."""

from __future__ import annotations

import os
import shlex

from judge.visible import one_line


def command(*words: object) -> str:
    """`python -m judge` with the words behind it, each quoted where a shell would take it for something else.

    A path that begins with a dash is given from the working folder, so that it passes for no option.
    """
    return " ".join(["python -m judge", *map(_word, words)])


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

"""Cells of CSV files that a spreadsheet opens: none can be taken for a formula, and each comes back as it was."""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that a spreadsheet may take for the beginning of a formula."""

_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,4})?")


def harmless(text: str) -> str:
    """A cell that is only text: an apostrophe before what could be a formula, and before another apostrophe."""
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def cell(value: object) -> str:
    """A value as a cell of a table of numbers: text is made harmless, a number stays one, below 0 too."""
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else harmless(text)


def restored(cell: str) -> str:
    """The text that `harmless` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith((*_FORMULA, "'")) else cell

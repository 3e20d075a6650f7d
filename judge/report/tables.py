"""The parts of a report, before any format: tables and sections of text."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A caption, a header and rows of text; the first column is left-aligned, the others right."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: frozenset[int] = frozenset({0})
    """Columns that are aligned to the left."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with what stands below it."""

    title: str
    level: int = 2
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """(text, address) of files of ours; the address is relative and percent-encoded."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]

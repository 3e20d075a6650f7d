"""A Document as Markdown; text from data cannot break out of its cell."""

from __future__ import annotations

import re

from judge.report.document import Document, Section, Table
from judge.visible import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def render(document: Document) -> str:
    """The whole text, ending in a newline."""
    lines = [f"# {_plain(document.title)}", "", *(_plain(text) for text in document.lead)]
    for section in document.sections:
        lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    lines = [f"{'#' * section.level} {_plain(section.title)}"]
    for table in section.tables:
        lines += ["", *_table(table)]
    if section.paragraphs:
        lines.append("")
        lines += [f"- {_plain(text)}" for text in section.paragraphs]
    return lines


def _table(table: Table) -> list[str]:
    rule = ["---" if column in table.left else "---:" for column in range(len(table.header))]
    lines = [_plain(table.caption), ""] if table.caption else []
    lines += ["| " + " | ".join(_plain(cell) for cell in table.header) + " |", "| " + " | ".join(rule) + " |"]
    lines += ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in table.rows]
    return lines


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split())))

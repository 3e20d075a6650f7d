"""A Document as Markdown; text from data cannot break out of its place, nor become a link, an image or HTML.

Addresses stand in code spans: no renderer makes links of those.
"""

from __future__ import annotations

import re

from judge.report.tables import Document, Section, Table
from judge.visible import visible

_SPECIAL = re.compile(r"[\\`*_{}\[\]#|!&<>~$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "~": "&#126;", "$": "&#36;"}
"""Not by a backslash, which some renderers know for fewer characters."""
_BLANK = re.compile(r"[ \n\t]+")
_START = re.compile(r"(?:[-+]|\d+(?=[.)](?: |$)))")
"""What would open a list or a rule at the beginning of a line."""
_WORD = re.compile(r"[^\s|`\\<>&]+")
_LINKED = re.compile(r"//|@|[^\s.]\.[^\W\d_]{2}|#\d|(?<!\w):[A-Za-z_+-]\w*:")
"""What some renderer makes more of: a scheme, an @, the name of a host, the number of an issue, an emoji's name."""


def render(document: Document) -> str:
    """The whole text, ending in a newline."""
    lines = [f"# {_line(document.title)}", "", *(_line(text) for text in document.lead)]
    for section in document.sections:
        lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    lines = [f"{'#' * section.level} {_line(section.title)}"]
    for table in section.tables:
        lines += ["", *_table(table)]
    if section.paragraphs:
        lines.append("")
        lines += [f"- {_line(text)}" for text in section.paragraphs]
    if section.links:
        lines += ["", *(f"- [{_line(text)}](<{address}>)" for text, address in section.links)]
    return lines


def _table(table: Table) -> list[str]:
    rule = ["---" if column in table.left else "---:" for column in range(len(table.header))]
    lines = [_line(table.caption), ""] if table.caption else []
    lines += ["| " + " | ".join(_plain(cell) for cell in table.header) + " |", "| " + " | ".join(rule) + " |"]
    lines += ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in table.rows]
    return lines


def _plain(text: str) -> str:
    """The text so that every renderer shows it as it is."""
    text = _BLANK.sub(" ", visible(text)).strip(" ")
    parts: list[str] = []
    end = 0
    for found in _WORD.finditer(text):
        if _LINKED.search(found[0]):
            parts += [_escaped(text[end : found.start()]), f"`{found[0]}`"]
            end = found.end()
    return "".join([*parts, _escaped(text[end:])])


def _line(text: str) -> str:
    """The same where a line begins with it."""
    line = _plain(text)
    opening = _START.match(line)
    if opening is None:
        return line
    return f"{opening[0]}\\{line[opening.end() :]}" if opening[0].isdigit() else f"\\{line}"


def _escaped(text: str) -> str:
    """By one pass, so that the # of an entity is no # of the text."""
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)

"""A Document's tables as LaTeX (booktabs); text from data cannot become a command."""

from __future__ import annotations

from judge.report.tables import Document, Table
from judge.visible import one_line

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "·": r"$\cdot$", "[": "{[}", "]": "{]}",
}  # fmt: skip


def render(document: Document) -> str:
    """Every table, each with its section's notes as comments below the last."""
    lines: list[str] = [f"% {one_line(document.title)}"]
    for section in document.sections:
        for table in section.tables:
            lines += ["", *_table(table)]
        lines += [f"% {one_line(text)}" for text in section.paragraphs]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> list[str]:
    columns = "".join("l" if column in table.left else "r" for column in range(len(table.header)))
    rows = [" & ".join(_text(cell) for cell in row) + r" \\" for row in (table.header, *table.rows)]
    caption = [f"% {one_line(table.caption)}"] if table.caption else []
    return [*caption, rf"\begin{{tabular}}{{{columns}}}", r"\toprule", rows[0], r"\midrule", *rows[1:],
            r"\bottomrule", r"\end{tabular}"]  # fmt: skip


def _text(text: str) -> str:
    """By one pass over the characters."""
    return "".join(_SPECIAL.get(character, character) for character in one_line(text))

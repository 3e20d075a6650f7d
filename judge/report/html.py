"""A Document as one HTML file: no script, no network, every text escaped; it reads with anything switched off."""

from __future__ import annotations

import base64
import hashlib
import html
import re

from judge.report.tables import Document, Section, Table
from judge.visible import visible

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8888; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 76rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.8rem; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .4rem; padding-top: .8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.8rem 0 .3rem; }
p { margin: .3rem 0; max-width: 60rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { caption-side: top; text-align: left; color: GrayText; padding: .2rem 0 .4rem; }
th, td { padding: .35rem .8rem .35rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
.left { text-align: left; overflow-wrap: break-word; min-width: 7rem; max-width: 60rem; }
td small { color: GrayText; display: block; white-space: nowrap; }
.null { color: #b3541e; }
"""
_OURS = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_OURS}'; base-uri 'none'; form-action 'none'"
"""Nothing may be loaded or run; of styles, this one only."""
_NUMBER = re.compile(r"(null: \w+|-?\d+\.\d\d)(?: (\[-?[\d.]+, -?[\d.]+\]))? · (n \d+(?:, valid \d+, missing \d+)?)")
"""A value as `document.cell` writes it."""


def render(document: Document) -> str:
    """The whole page."""
    body = [f"<h1>{_text(document.title)}</h1>", *(f"<p>{_text(text)}</p>" for text in document.lead)]
    body += [part for section in document.sections for part in _section(section)]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{_text(document.title)}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"


def _section(section: Section) -> list[str]:
    parts = [f"<h{section.level}>{_text(section.title)}</h{section.level}>"]
    parts += [_table(table) for table in section.tables]
    parts += [f"<p>{_text(text)}</p>" for text in section.paragraphs]
    parts += [f'<p><a href="{_text(address)}">{_text(text)}</a></p>' for text, address in section.links]
    return parts


def _table(table: Table) -> str:
    def cells(row: tuple[str, ...], tag: str) -> str:
        numbers = [tag == "td" and column not in table.left for column in range(len(row))]
        shown = [_number(text) if number else _text(text) for number, text in zip(numbers, row, strict=True)]
        marks = [" class=left" if column in table.left else "" for column in range(len(row))]
        return "".join(f"<{tag}{mark}>{text}</{tag}>" for mark, text in zip(marks, shown, strict=True))

    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    rows = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.rows)
    header = f"<thead><tr>{cells(table.header, 'th')}</tr></thead>"
    return f"<div class=scroll><table>{caption}{header}<tbody>\n{rows}\n</tbody></table></div>"


def _number(text: str) -> str:
    """A value with its interval and counts in small print below it; any other text as it is."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return _text(text)
    value, interval, counts = found.groups()
    small = f"{interval} · {counts}" if interval else counts
    shown = f"<span class=null>{_text(value)}</span>" if value.startswith("null") else _text(value)
    return f"{shown}<small>{_text(small)}</small>"


def _text(text: str) -> str:
    return html.escape(visible(text), quote=True)

"""report.md of hostile texts, read back by the rules of Markdown: all is text, nothing a link, an image or HTML."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence

import pytest
from figures import Figure, keep, size
from hostile_texts import PAYLOADS

from judge.report.markdown import render
from judge.report.tables import Document, Section, Table
from judge.visible import visible

PIECES = (
    "`", "``", "\\", "|", "<", ">", "&", "*", "_", "[", "]", "(", ")", "!", "#", "$", "$$", "~", "^", "{", "}", "'",
    '"', "http://a.bc", "x@y.zz", "www.q.co", "://", "//", ".com", "a.b", "1.", "- ", "+", "=", "\n", "\t", " ", "a",
    "&lt;", "<b>", "<!--", "-->", ":smile:", "#12",
)  # fmt: skip
MIXED = size(400, 20_000)
ENTITY = re.compile(r"&(amp|lt|gt|#126|#36);")
MEANT = {"amp": "&", "lt": "<", "gt": ">", "#126": "~", "#36": "$"}
ACTIVE = frozenset("*_{}[]#|!<>~$&")
LINKED = re.compile(r"https?:|www\.|[\w.]@[\w.]|\w\.(?:com|example|bc|zz|co)\b|//|#\d|(?<!\w):smile:")


def _collapsed(text: str) -> str:
    return re.sub(r"[ \n\t]+", " ", visible(text)).strip(" ")


def _read(source: str) -> str:
    """What a renderer shows of one line; raises where a character would mean something, or a word become a link."""
    shown, bare, at = "", "", 0
    while at < len(source):
        here = source[at]
        if here == "\\":
            assert at + 1 < len(source), "a backslash at the end escapes what stands behind the text"
            piece, step = source[at + 1], 2
        elif here == "`":
            end = source.index("`", at + 1)
            inner = source[at + 1 : end]
            assert inner, "two backticks open another kind of code"
            assert not set(inner) & set("\\|\n<>&"), "a code span that a table or an old renderer would cut"
            shown, bare, at = shown + inner, bare + " ", end + 1
            continue
        elif (entity := ENTITY.match(source, at)) is not None:
            piece, step = MEANT[entity[1]], len(entity[0])
        else:
            assert here not in ACTIVE, f"{here} at {at} is active in {source!r}"
            piece, step = here, 1
        shown, bare, at = shown + piece, bare + piece, at + step
    assert not LINKED.search(bare), f"{LINKED.search(bare)} would become a link"
    return shown


def _cells(row: str) -> list[str]:
    """The cells of a table's row, cut at pipes that no backslash escapes."""
    assert row.startswith("| ")
    assert row.endswith(" |")
    return re.findall(r"((?:\\.|[^\\|])*)\|", row[1:])


def _lines(texts: Sequence[str]) -> list[str]:
    table = Table(caption="", header=("a", "b"), rows=tuple((text, text) for text in texts))
    sections = [Section(title="p", paragraphs=tuple(texts)), Section(title="t", tables=(table,))]
    sections += [Section(title=text, paragraphs=("x",)) for text in texts]
    return render(Document(title="T", lead=(), sections=tuple(sections))).split("\n")


def test_markdown_shows_hostile_texts_and_makes_nothing_of_them() -> None:
    started = time.monotonic()
    chance = random.Random(4)
    mixed = ["".join(chance.choices(PIECES, k=chance.randint(1, 12))) for _ in range(MIXED)]
    texts = [text for text in [*PAYLOADS, *mixed] if _collapsed(text)]
    lines = _lines(texts)
    wanted = [_collapsed(text) for text in texts]
    paragraphs = [line[2:] for line in lines if line.startswith("- ") and line != "- x"][: len(texts)]
    rows = [line for line in lines if line.startswith("| ")][2:]
    titles = [line[3:] for line in lines if line.startswith("## ")][2:]
    assert len(paragraphs) == len(rows) == len(titles) == len(texts)
    wrong = []
    for want, paragraph, row, title in zip(wanted, paragraphs, rows, titles, strict=True):
        found = [paragraph, title, *(cell.strip() for cell in _cells(row))]
        try:
            read = [_read(source) for source in found]
        except (AssertionError, ValueError) as error:
            wrong.append(f"{want!r}: {error}")
            continue
        if read != [want] * 4:
            wrong.append(f"{want!r}: {read}")
    keep(
        Figure(
            name="report_markdown",
            test="hostile texts and random mixtures as paragraph, heading and cell of report.md, read back",
            asked="0 links, images or HTML; text shown literally",
            tried=len(texts),
            unit="texts",
            failed=len(wrong),
            seconds=time.monotonic() - started,
        )
    )
    assert not wrong[:5]


@pytest.mark.parametrize(
    ("text", "source"), [("- x", "\\- x"), ("12. x", "12\\. x"), ("3) x", "3\\) x"), ("2.5", "2.5")]
)
def test_a_text_that_would_begin_a_list_is_no_list(text: str, source: str) -> None:
    assert f"- {source}" in _lines([text])

"""A card as Markdown, by way of the report's Document: text from data cannot break out of its place."""

from __future__ import annotations

from judge.report import markdown
from judge.report.tables import Document, Section, Table
from judge.trust.card.badge import finding_of, line_of
from judge.trust.card.records import TITLES, Card, CriterionCard
from judge.trust.card.words import MARKS, MEANING, header, lead, whole


def render(card: Card) -> str:
    """The whole text."""
    sections = [_about(card), _overview(card), *(_criterion(item) for item in card.criteria)]
    title = f"Judge card: {card.judge}" + (f", {card.title or card.rubric}" if card.title or card.rubric else "")
    return markdown.render(Document(title=title, lead=(f"{line_of(card)}. {lead(card)}",), sections=tuple(sections)))


def _about(card: Card) -> Section:
    rows = tuple(header(card))
    table = Table(caption="", header=("", ""), rows=rows, left=frozenset({0, 1}))
    notes = [f"Warning: {text}" for text in card.warnings] + [f"Made from {text}" for text in card.sources]
    return Section(title="What was measured", tables=(table,), paragraphs=tuple(notes))


def _overview(card: Card) -> Section:
    columns = ("criterion", "badge", *(f"{number} {TITLES[number][0].lower()}" for number in TITLES))
    rows = tuple(
        (item.criterion, finding_of(item), *(f"{MARKS[found.ruling]} {found.ruling}" for found in item.measurements))
        for item in card.criteria
    )
    known = dict.fromkeys(finding_of(item) for item in card.criteria)
    return Section(
        title="Overview",
        tables=(Table(caption="", header=columns, rows=rows, left=frozenset(range(len(columns)))),),
        paragraphs=tuple(f"{badge}: {MEANING[badge]}" for badge in known),
    )


def _criterion(item: CriterionCard) -> Section:
    rows = []
    for found in item.measurements:
        named = f"{found.number} {found.title}"
        ruled = f"{MARKS[found.ruling]} {found.ruling}"
        if not found.figures:
            rows.append((named, "", "", "", ruled, found.reason))
        for place, figure in enumerate(found.figures):
            first = place == 0
            own = f"{MARKS[figure.ruling]} {figure.ruling}" if figure.ruling else ""
            rows.append(
                (
                    named if first else "",
                    figure.name,
                    whole(figure),
                    figure.wanted,
                    own,
                    figure.reason or (found.reason if first and found.ruling != "pass" else ""),
                )
            )
    header = ("measurement", "number", "value [95%] · n", "wanted", "ruling", "why")
    scale = f" ({item.scale})" if item.scale else ""
    table = Table(caption="", header=header, rows=tuple(rows), left=frozenset(range(len(header))))
    return Section(title=f"{item.criterion}{scale}: {finding_of(item)}", tables=(table,))

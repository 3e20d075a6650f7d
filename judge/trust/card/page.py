"""A card as one HTML file: no script, no network, every text escaped, one style sheet that the page's policy names."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence

from judge.trust.card.badge import FINDINGS, Finding, finding_of, line_of
from judge.trust.card.drawing import bars, kind, track
from judge.trust.card.records import RULINGS, TITLES, Card, CriterionCard, Figure, Measurement, Ruling
from judge.trust.card.style import STYLE
from judge.trust.card.words import MARKS, MEANING, header, interval, lead, number, unit
from judge.visible import visible

_OURS = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_OURS}'; base-uri 'none'; form-action 'none'"
"""Nothing may be loaded or run; of styles, this one only."""
_CLASS: dict[Finding, str] = {
    "agrees with people": "agrees",
    "in part with people": "part",
    "not with people": "apart",
    "reliability only": "reliability",
    "not measured": "unmeasured",
}
_WIDE = frozenset({"Data", "People", "Rubric", "Model that answered"})


def render(card: Card) -> str:
    """The whole page."""
    title = f"Judge card: {card.judge}"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{_text(title)}</title><style>{STYLE}</style>"
    )
    body = [_head(card), *_matrix(card), *(_criterion(item) for item in card.criteria), _foot(card)]
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>\n'
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _head(card: Card) -> str:
    of = card.title or card.rubric
    kicker = f"Judge card · {of}" if of else "Judge card"
    has = {finding_of(item) for item in card.criteria} or {"not measured"}
    known = [found for found in FINDINGS if found in has]
    badges = " ".join(f"{_badge(badge)}" for badge in known)
    cells = "".join(
        f"<div{' class=wide' if name in _WIDE else ''}><dt>{_text(name)}</dt><dd>{_text(text)}</dd></div>"
        for name, text in header(card)
    )
    meaning = " ".join(f"{badge.capitalize()}: {MEANING[badge]}." for badge in known)
    warnings = "".join(f'<p class="warning">{_text(text)}</p>' for text in card.warnings)
    return (
        f'<p class="kicker">{_text(kicker)}</p><h1>{_text(card.judge)}</h1><p>{badges}</p>'
        f'<p class="lead"><b>{_text(line_of(card))}</b>. '
        f'{_text(meaning)} {_text(lead(card))}</p>{warnings}<dl class="about">{cells}</dl>'
    )


def _badge(badge: Finding) -> str:
    return f'<span class="badge {_CLASS[badge]}">{_text(badge)}</span>'


def _mark(ruling: Ruling) -> str:
    return f'<span class="mark {kind(ruling)}" title="{_text(ruling)}">{MARKS[ruling]}</span>'


def _matrix(card: Card) -> Sequence[str]:
    if not card.criteria:
        return ('<p class="warning">Nothing was measured.</p>',)
    columns = "".join(f"<th scope=col><b>{place}</b>{_text(TITLES[place][0])}</th>" for place in TITLES)
    rows = "".join(
        f'<tr><th scope=row class="name">{_name(item.criterion)}<small>{_text(finding_of(item))}</small></th>'
        + "".join(f"<td>{_mark(found.ruling)}</td>" for found in item.measurements)
        + "</tr>"
        for item in card.criteria
    )
    legend = "".join(f"<li>{_mark(ruling)}{_text(ruling)}</li>" for ruling in RULINGS)
    return (
        f'<div class="scroll"><table class="matrix"><thead><tr><td class="name"></td>{columns}</tr></thead>'
        f'<tbody>{rows}</tbody></table></div><ul class="legend">{legend}</ul>',
    )


def _criterion(item: CriterionCard) -> str:
    scale = f'<p class="scale">scale {_text(item.scale)}</p>' if item.scale else ""
    made = [found for found in item.measurements if found.figures]
    bare = "".join(_bare(found) for found in item.measurements if not found.figures)
    rows = "".join(_row(found) for found in made) + (f'<ul class="bare">{bare}</ul>' if bare else "")
    return (
        f'<section class="criterion"><header><div><h2>{_name(item.criterion)}</h2>{scale}</div>'
        f"{_badge(finding_of(item))}</header>{rows}</section>"
    )


def _row(found: Measurement) -> str:
    known = [figure for figure in found.figures if figure.value is not None]
    first = next((figure for figure in known if figure.ruling == found.ruling), known[0] if known else None)
    name, question = TITLES[found.number]
    pill = f'<span class="pill {kind(found.ruling)}">{_mark(found.ruling)}{_text(found.ruling)}</span>'
    plot = track(first) if first is not None else ""
    value = _value(first) if first is not None else '<span class="value"></span>'
    why = f'<p class="why">{_text(found.reason)}</p>' if found.reason else ""
    return (
        f'<div class="row"><div class="top"><span class="no">{found.number}</span>'
        f'<span class="what"><b>{_text(name)}</b><small>{_text(question)}</small></span>'
        f'<span class="plot">{plot}</span>{value}{pill}</div>{why}{_more(found)}</div>'
    )


def _bare(found: Measurement) -> str:
    """One that was not made, in a line."""
    name, why = TITLES[found.number][0], found.reason
    return f"<li><b>{found.number}</b> <span>{_text(name)}</span> <span>{_text(found.ruling)}: {_text(why)}</span></li>"


def _value(figure: Figure) -> str:
    counted = f" · n {figure.n:,}" if figure.n is not None else ""
    small = f"{interval(figure)}{counted}".removeprefix(" · ")
    return (
        f'<span class="value"><b>{_text(number(figure.value, figure.unit))}</b>{unit(figure)}'
        f"<small>{_text(small)}</small><small>{_text(figure.name)}</small></span>"
    )


def _more(found: Measurement) -> str:
    """All figures, behind a fold that needs no script."""
    if not found.figures:
        return ""
    rows = "".join(_line(figure) for figure in found.figures)
    drawn = bars(found.histogram) if found.histogram is not None else ""
    key = '<p class="key"><b class="judge">judge</b> · <b class="people">people</b>, share at each level</p>'
    drawn = f"{drawn}{key}" if drawn else ""
    count = len(found.figures)
    return (
        f"<details><summary>{count} number{'s' if count != 1 else ''}</summary>{drawn}"
        f'<div class="scroll"><table><thead><tr><th>number<th>value<th>95%<th>n<th>wanted<th>ruling</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _line(figure: Figure) -> str:
    ruling = f'<span class="{kind(figure.ruling)}">{_text(figure.ruling)}</span>' if figure.ruling else ""
    why = f"<br><small>{_text(figure.reason)}</small>" if figure.reason else ""
    cells = (
        _text(figure.name) + why,
        _text(number(figure.value, figure.unit) + unit(figure)),
        _text(interval(figure)),
        f"{figure.n:,}" if figure.n is not None else "",
        _text(figure.wanted),
        ruling,
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _foot(card: Card) -> str:
    sources = "".join(f"<p>Made from {_text(text)}</p>" for text in card.sources)
    return (
        "<footer><p>A judge is trusted for a criterion, never as a whole. A pass says that a threshold was met on "
        "these data, not that the judge is right about an answer. Intervals are 95%; the rules of each ruling are in "
        f"docs/trust.md.</p>{sources}</footer>"
    )


def _name(text: str) -> str:
    """A criterion's name, which may be broken after an underscore."""
    return _text(text).replace("_", "_<wbr>")


def _text(text: str) -> str:
    return html.escape(visible(text), quote=True)

"""The small pictures of a card's page: an interval on its track, two histograms; SVG made of numbers only."""

from __future__ import annotations

from judge.trust.card.records import Figure, Histogram, Ruling

WIDE, HIGH, EDGE = 260.0, 40.0, 8.0
_KIND: dict[Ruling | None, str] = {"pass": "ok", "warn": "warn", "fail": "bad", "not assessable": "none", None: "told"}


def kind(ruling: Ruling | None) -> str:
    """The class of a ruling."""
    return _KIND[ruling]


def track(figure: Figure) -> str:
    """Where the value and its interval lie, and where a pass would; empty without a value."""
    if figure.value is None:
        return ""
    low, high = figure.ends
    if high <= low:
        return ""

    def at(value: float) -> float:
        return EDGE + (WIDE - 2 * EDGE) * (min(max(value, low), high) - low) / (high - low)

    parts = [f'<line class="axis" x1="{EDGE:g}" x2="{WIDE - EDGE:g}" y1="17" y2="17"/>']
    if figure.good is not None:
        left, right = (bound if bound is not None else end for bound, end in zip(figure.good, (low, high), strict=True))
        x, width = at(left), max(at(right) - at(left), 2.0)
        parts.append(f'<rect class="good" x="{x:.1f}" y="8" width="{width:.1f}" height="18" rx="3"/>')
    if low < 0 < high:
        parts.append(f'<line class="zero" x1="{at(0):.1f}" x2="{at(0):.1f}" y1="6" y2="28"/>')
    name = kind(figure.ruling)
    if figure.low is not None and figure.high is not None:
        x1, x2 = at(figure.low), at(figure.high)
        parts.append(f'<line class="span {name}" x1="{x1:.1f}" x2="{x2:.1f}" y1="17" y2="17"/>')
    parts.append(f'<circle class="dot {name}" cx="{at(figure.value):.1f}" cy="17" r="5.5"/>')
    share = figure.unit == "share"
    ends = [f"{end * 100:g}%" if share else f"{end:+g}" if low < 0 else f"{end:g}" for end in (low, high)]
    parts.append(f'<text x="{EDGE:g}" y="38">{ends[0]}</text><text x="{WIDE - EDGE:g}" y="38">{ends[1]}</text>')
    inner = "".join(parts)
    return f'<svg class="track" viewBox="0 0 {WIDE:g} {HIGH:g}" aria-hidden="true">{inner}</svg>'


def bars(found: Histogram) -> str:
    """The judge's ratings beside the people's, level by level."""
    if not found.levels or len(found.levels) > 12 or {len(found.judge), len(found.people)} != {len(found.levels)}:
        return ""
    step, tall = 46.0, 64.0
    most = max(*found.judge, *found.people, 1e-9)
    parts = []
    for place, (level, own, other) in enumerate(zip(found.levels, found.judge, found.people, strict=True)):
        x = 6 + place * step
        for name, share, shift in (("judge", own, 0.0), ("people", other, 17.0)):
            height = tall * min(max(share, 0.0) / most, 1.0)
            where = f'x="{x + shift:.1f}" y="{tall + 4 - height:.1f}" width="15" height="{height:.1f}" rx="1.5"'
            parts.append(f'<rect class="{name}" {where}/>')
        parts.append(f'<text x="{x + 16:.1f}" y="{tall + 18:g}">{level:g}</text>')
    width = 12 + step * len(found.levels)
    return f'<svg class="bars" viewBox="0 0 {width:g} {tall + 22:g}" aria-hidden="true">{"".join(parts)}</svg>'

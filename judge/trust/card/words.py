"""A card's numbers as text, the same on the page, in Markdown and in the terminal."""

from __future__ import annotations

from judge.trust.card.records import Card, Figure, Ruling

MARKS: dict[Ruling, str] = {"pass": "✓", "warn": "!", "fail": "✕", "not assessable": "–"}
MEANING = {
    "agrees with people": "compared with people, and the threshold of agreement holds",
    "in part with people": "compared with people; agreement is short of its threshold, or of too few items",
    "not with people": "compared with people, and a threshold is missed",
    "reliability only": "probed for stability and attacks; nobody has compared it with people",
    "not measured": "no probes, and no comparison with people who agree with each other",
}


def number(value: float | None, unit: str) -> str:
    """0.68, +0.35 levels, 4.0%, $0.20; a dash where there is none."""
    if value is None:
        return "–"
    value = 0.0 if abs(value) < 5e-7 else value
    if unit == "share":
        return f"{value * 100:.1f}%"
    if unit == "levels":
        return f"{value:+.2f}" if round(value, 2) else "0.00"
    if unit == "p":
        return f"{value:.3f}" if value >= 0.001 else "< 0.001"
    if unit == "labels":
        return f"{value:.0f}"
    return f"${value:.2f}" if unit == "usd" else f"{value:.2f}"


def interval(figure: Figure) -> str:
    """[0.49, 0.76], or nothing."""
    if figure.low is None or figure.high is None:
        return ""
    return f"[{number(figure.low, figure.unit)}, {number(figure.high, figure.unit)}]"


def unit(figure: Figure) -> str:
    """What to say behind the value."""
    return " levels" if figure.unit in ("levels", "steps") and figure.value is not None else ""


def whole(figure: Figure) -> str:
    """The number, its interval and n, in one line."""
    shown = number(figure.value, figure.unit) + unit(figure)
    counted = f"n {figure.n:,}" if figure.n is not None else ""
    return " ".join(part for part in (shown, interval(figure), f"· {counted}" if counted else "") if part)


def header(card: Card) -> list[tuple[str, str]]:
    """What names the card, as (name, text)."""
    rubric = f"{card.rubric} v{card.rubric_version} ({card.rubric_digest[:8]})" if card.rubric_digest else card.rubric
    data = "; ".join(
        item.name + (f", {item.items:,} items" if item.items else "") + (f" ({item.licence})" if item.licence else "")
        for item in card.data_sets
    )
    raters = f"{len(card.raters)} rater{'s' if len(card.raters) != 1 else ''}: {', '.join(card.raters[:8])}"
    people = ". ".join(part for part in (card.people, raters if card.raters else "") if part)
    sampling = card.sampling
    temperature = "not recorded" if sampling is None else str(sampling.get("temperature", "none sent"))
    return [
        ("Judge", card.judge),
        ("Model that answered", ", ".join(card.returned_models) or "none recorded"),
        ("Asked by", card.method or "its ratings came from files"),
        ("Rubric", rubric or "none: the ratings came from files"),
        ("Temperature", temperature),
        ("Repeats", str(card.repeats) if card.repeats else "none"),
        ("Data", data or "not named"),
        ("People", people or "none"),
        ("Family of the judge", card.family or "not known"),
        ("Families judged", ", ".join(card.contestants) or "not known"),
        ("Made", f"{card.made[:10]}, judge {card.judge_version}"),
    ]


def lead(card: Card) -> str:
    """What the card holds for, and when it ends."""
    if not card.rubric_digest:
        return "Holds for these recorded ratings alone."
    return "Holds for this judge, this rubric digest and this way of asking; a change of any of them ends it."

"""What people said: ratings.jsonl, one line for each rating; the last one of a rater on a card counts.

`Keeper.keep` returns when the line is on disk, and not before.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from judge.cells import cell
from judge.items import item_name
from judge.lines import read_lines
from judge.pages.cards import Card, Kind, row_of
from judge.records import SCHEMA, Record
from judge.rubric import shown_point
from judge.runs import now
from judge.store import Appender, locked

FILE = "ratings.jsonl"
LONGEST_NOTE = 4000
LONGEST_RATER = 80
LONGEST_SECONDS = 86_400.0


class Rating(Record):
    """One line of ratings.jsonl."""

    schema_version: int = SCHEMA
    item: str
    """The sample's id."""
    draw: int = 0
    criterion: str
    step: int | None = None
    """1 for the first step; None where the whole answer is rated."""
    claim: str = ""
    """The step's text: judges cut an answer into other steps."""
    score: float | None = None
    """On the criterion's own scale."""
    cannot_judge: bool = False
    note: str = Field(default="", max_length=LONGEST_NOTE)
    rater: str = Field(min_length=1, max_length=LONGEST_RATER)
    seconds: float | None = Field(default=None, ge=0, le=LONGEST_SECONDS)
    """From when the card was shown, while the page was in sight; None where it came from a spreadsheet."""
    rubric: str
    rubric_digest: str
    answer: str
    """Digest of what was rated, as verdicts have it."""
    doubt: Kind
    """How the judges stood to it when it was rated: agreement on disputed ones alone is no agreement on all."""
    at: str

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.score is None) is not self.cannot_judge:
            raise ValueError("a rating is a score or cannot_judge, and not both")
        return self

    @property
    def row(self) -> str:
        """The card that was rated."""
        named = ("item", "draw", "answer", "rubric_digest", "criterion", "step", "claim")
        return row_of({name: getattr(self, name) for name in named})

    def says(self) -> tuple[float | None, bool, str]:
        """What the rater said."""
        return self.score, self.cannot_judge, self.note


class Said(NamedTuple):
    """What a rater says of one card."""

    rater: str
    score: float | None
    note: str = ""
    seconds: float | None = None


def rating_of(card: Card, said: Said) -> Rating:
    """A rating of this card, made now; no score means `cannot judge`."""
    return Rating(
        item=card.key.sample_id,
        draw=card.key.draw,
        criterion=card.stage.name,
        step=card.step,
        claim=card.claim,
        score=said.score,
        cannot_judge=said.score is None,
        note=said.note,
        rater=said.rater,
        seconds=said.seconds,
        rubric=card.rubric.name,
        rubric_digest=card.rubric_digest,
        answer=card.case.digest_by(card.rubric),
        doubt=card.doubt.kind,
        at=now(),
    )


def latest(ratings: Iterable[Rating]) -> dict[tuple[str, str], Rating]:
    """By (rater, row): the last one counts."""
    return {(rating.rater, rating.row): rating for rating in ratings}


class Keeper:
    """The one writer of a ratings.jsonl."""

    def __init__(self, path: Path) -> None:
        """A torn last line is cut off first."""
        self.path = path
        self._log = Appender(path)
        self.latest = latest(read_lines(path, Rating))
        self.new = 0
        """Lines that this process wrote."""

    def keep(self, ratings: Sequence[Rating]) -> None:
        """Append them; they are on disk when this returns."""
        if not ratings:
            return
        self._log.append(ratings)
        self.latest.update(latest(ratings))
        self.new += len(ratings)

    def of(self, rater: str, card: Card) -> Rating | None:
        """What this rater last said of a card."""
        return self.latest.get((rater, card.row))

    def close(self) -> None:
        """Close the file."""
        self._log.close()


@contextmanager
def keeping(path: Path) -> Iterator[Keeper]:
    """A Keeper that no other process has at the same time; scoring the run meanwhile is no harm."""
    with locked(path.parent / f".{path.name}.lock"):
        keeper = Keeper(path)
        try:
            yield keeper
        finally:
            keeper.close()


class Exported(NamedTuple):
    """The long CSV, with what it holds and what it leaves out."""

    text: str
    rows: int
    raters: int
    abstained: int
    """Of them, `cannot judge`: their score is empty, never a number."""
    old: int
    """Ratings of answers or rubrics that are not those of the run any more."""
    steps: int
    """Steps that people rated."""
    other: dict[str, int]
    """By judge: how many of them it did not rate, as it cut the answer into other steps."""


def export(ratings: Iterable[Rating], cards: Sequence[Card]) -> Exported:
    """item,rater,criterion,score[,cluster][,claim]: the last rating of each rater on each card of the run as it is now.

    A step is an item of its own (`h-001/3`), clustered with the other steps of its sample.
    """
    known = {card.row: card for card in cards}
    standing = list(latest(ratings).values())
    current = [rating for rating in standing if rating.row in known]
    steps = {card.row: card for card in (known[rating.row] for rating in current) if card.step is not None}
    several = len({rating.rubric_digest for rating in current}) > 1
    shown = [_line(rating, known[rating.row], several=several) for rating in current]
    clustered = any(line["cluster"] != line["item"] for line in shown)
    more = {"cluster": clustered, "claim": bool(steps)}
    fields = ["item", "rater", "criterion", "score", *(name for name, there in more.items() if there)]
    out = io.StringIO()
    writer = csv.DictWriter(out, fields, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in line.items()} for line in shown)
    return Exported(
        text=out.getvalue(),
        rows=len(current),
        raters=len({rating.rater for rating in current}),
        abstained=sum(rating.cannot_judge for rating in current),
        old=len(standing) - len(current),
        steps=len(steps),
        other=dict(Counter(name for card in steps.values() for name in card.others)),
    )


def _line(rating: Rating, card: Card, *, several: bool) -> Mapping[str, str]:
    return {
        "item": item_name(rating.item, draw=rating.draw, step=rating.step),
        "rater": rating.rater,
        "criterion": f"{rating.rubric}/{rating.criterion}" if several else rating.criterion,
        "score": "" if rating.score is None else shown_point(rating.score),
        "cluster": card.case.sample.cluster or rating.item,
        "claim": card.claim if card.step is not None else "",
    }

"""The page on which people rate, served on 127.0.0.1: static files, cards, clips, and one way to write, a rating.

A card holds what is whitelisted here; nothing of the model, the run or the judges is in reach of it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judge.errors import JudgeError
from judge.masking import mask_of
from judge.pages import clips
from judge.pages.cards import Card
from judge.pages.guarding import guard, stamp
from judge.pages.ratings import LONGEST_NOTE, LONGEST_RATER, LONGEST_SECONDS, Keeper, Rating, Said, rating_of
from judge.visible import one_line, visible

LARGEST_BODY = 2**16
_STATIC = {
    "": ("review.html", "text/html"),
    "review.css": ("review.css", "text/css"),
    "review.js": ("review.js", "text/javascript"),
}
_JOINERS = "\u200c\u200d"
"""Persian and Hindi words and joined emoji need them; they neither hide nor turn a text."""


class Posted(BaseModel):
    """A rating as the page sends it."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    card: int = Field(ge=0)
    row: str = Field(max_length=40)
    """The card's name as well: two runs may hold the same answer, and a page may be of an earlier sitting."""
    rater: str = Field(max_length=LONGEST_RATER)
    score: float | None
    cannot_judge: bool
    note: str = Field(max_length=LONGEST_NOTE)
    seconds: float = Field(ge=0)


@dataclasses.dataclass(slots=True, kw_only=True)
class Review:
    """One sitting: the cards in order, where ratings are kept, and the secret of the address."""

    cards: Sequence[Card]
    keepers: Sequence[Keeper]
    rater: str = ""
    """Who rates; empty where the page asks."""
    token: str = dataclasses.field(default_factory=lambda: secrets.token_urlsafe(18))
    _turn: asyncio.Lock = dataclasses.field(default_factory=asyncio.Lock)

    def keeper(self, card: Card) -> Keeper:
        """Where ratings of this card are kept."""
        return self.keepers[card.home]

    def app(self) -> web.Application:
        """The server's routes; each stands below the token."""
        app = web.Application(middlewares=[guard(self.token)], client_max_size=LARGEST_BODY)
        app.on_response_prepare.append(stamp)
        app.router.add_get("/{token}/{name:(?:review\\.(?:css|js))?}", _static)
        app.router.add_get("/{token}/queue", self._queue)
        app.router.add_get("/{token}/card/{number:\\d{1,7}}", self._card)
        app.router.add_get("/{token}/clip/{number:\\d{1,7}}/{clip:\\d{1,3}}", self._clip)
        app.router.add_post("/{token}/rating", self._rate)
        return app

    def _numbered(self, request: web.Request) -> Card:
        number = int(request.match_info["number"])
        if number >= len(self.cards):
            raise web.HTTPNotFound(text="no such card")
        return self.cards[number]

    async def _queue(self, request: web.Request) -> web.Response:
        """What this rater has rated of all cards, and who rates where that is settled."""
        rater = self.rater or rater_of(request.query.get("rater", ""))
        said = [self.keeper(card).of(rater, card) if rater else None for card in self.cards]
        return web.json_response({"rater": rater, "fixed": bool(self.rater), "said": [_shown(item) for item in said]})

    async def _card(self, request: web.Request) -> web.Response:
        card = self._numbered(request)
        found = await asyncio.to_thread(clips.clips_of, card)
        return web.json_response(shown_card(card) | {"clips": [clip._asdict() for clip in found]})

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        return await clips.send(request, self._numbered(request), int(request.match_info["clip"]))

    async def _rate(self, request: web.Request) -> web.Response:
        """Answers when the rating is on disk."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send JSON")
        card, said = self._read(await request.read())
        async with self._turn:
            try:
                await asyncio.to_thread(self.keeper(card).keep, [rating_of(card, said)])
            except JudgeError as error:
                raise web.HTTPInsufficientStorage(text=f"could not be kept: {error.faults[0].message}") from error
        return web.json_response({"kept": True})

    def _read(self, raw: bytes) -> tuple[Card, Said]:
        try:
            posted = Posted.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise web.HTTPBadRequest(text=f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        card = self.cards[posted.card] if posted.card < len(self.cards) else None
        card = card if card is not None and card.row == posted.row else None
        rater = self.rater or rater_of(posted.rater)
        if card is None or not rater or (self.rater and posted.rater not in ("", self.rater)):
            raise web.HTTPBadRequest(text="no such card" if card is None else "who rates?")
        points = [point for point, _ in card.scale]
        if (posted.score is None) is not posted.cannot_judge or posted.score not in (None, *points):
            raise web.HTTPBadRequest(text="a rating is a score of the scale, or cannot judge")
        seconds = min(round(posted.seconds, 1), LONGEST_SECONDS)
        return card, Said(rater, posted.score, posted.note.strip(), seconds)


def rater_of(text: str) -> str:
    """A rater's name as it is kept: one line, nothing unseen, no more than so long."""
    return one_line(" ".join(text.split()))[:LONGEST_RATER].strip()


async def _static(request: web.Request) -> web.Response:
    name, mime = _STATIC[request.match_info["name"]]
    body = resources.files("judge.pages").joinpath("static", name).read_bytes()
    return web.Response(body=body, content_type=mime, charset="utf-8")


def _shown(rating: Rating | None) -> dict[str, Any] | None:
    if rating is None:
        return None
    return {"score": rating.score, "cannot_judge": rating.cannot_judge, "note": rating.note}


def shown_card(card: Card) -> dict[str, Any]:
    """All that a rater sees of a card but its clips."""
    return {
        "row": card.row,
        "question": plain(hidden(card, card.case.question)),
        "answer": plain(hidden(card, card.case.reply)),
        "evidence": [{"title": title, "text": plain(text)} for title, text in evidence_of(card)],
        "asks": plain(card.stage.question or ""),
        "step": card.step,
        "claim": plain(hidden(card, card.claim)),
        "scale": [{"score": score, "text": plain(text)} for score, text in card.scale],
    }


def evidence_of(card: Card) -> list[tuple[str, str]]:
    """What else the rubric lets a judge of this criterion see: people rate on the same evidence."""
    target = card.case.sample.target
    clues = "\n".join(f"{clue.sense}: {clue.cue}" if clue.sense else clue.cue for clue in target.clues)
    gold = "; ".join(f"{name}: {', '.join(values)}" for name, values in target.values.items())
    offered: Mapping[str, tuple[str, str]] = {
        "clues": ("What can be heard and seen", clues),
        "reference": ("A reference reason, written by a person", target.reference or ""),
        "target": ("The right answer", gold),
        "transcript": ("What is said, and how", card.case.transcript),
    }
    return [(title, hidden(card, text)) for name, (title, text) in offered.items() if name in card.sees and text]


def hidden(card: Card, text: str) -> str:
    """A text with labels masked where the judge of this criterion is blind to them: people rate what it rates."""
    return mask_of(card.case.task, card.case.sample).hide(text) if card.stage.blind else text


def plain(text: str) -> str:
    """A text with what could mislead the eye written out."""
    for joiner in _JOINERS:
        if joiner in text:
            return joiner.join(plain(part) for part in text.split(joiner))
    return visible(text.replace("\r\n", "\n"))

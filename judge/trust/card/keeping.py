"""Where cards lie, and whether one holds for the verdicts of a run.

results/cards/JUDGE--RUBRIC--DIGEST/ with card.json, card.md, card.html and probes.json. The digest is of the judge, how
it is asked and the rubric: whatever changes one of them has another card, or none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from judge.entries import digest
from judge.lines import read_one
from judge.regular import MIB
from judge.runs import SHORT, plain_name
from judge.trust.card.records import SCHEMA, Card

CARDS = "cards"
CARD, PAGE, TEXT, PROBES = "card.json", "card.html", "card.md", "probes.json"
LARGEST = 16 * MIB
MOST_NEAR = 200
"""Other cards of a judge that are looked at, to say why none of them holds."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a card is of."""

    judge: str
    method: str = ""
    rubric: str = ""
    rubric_digest: str = ""
    title: str = ""
    """Sets cards apart that have no rubric."""

    @property
    def folder(self) -> str:
        """The name of the card's folder."""
        body = [self.judge, self.method, self.rubric_digest, "" if self.rubric_digest else self.title]
        return f"{self._stem}{digest(body)[:SHORT]}"

    @property
    def _stem(self) -> str:
        return f"{plain_name(self.judge)}--{plain_name(self.rubric or self.title or 'ratings')}--"

    def others(self, home: Path) -> list[Path]:
        """Folders of other cards of this judge by a rubric of this name."""
        if not home.is_dir():
            return []
        mine = self.folder
        found = sorted(path for path in home.iterdir() if path.name.startswith(self._stem) and path.name != mine)
        return found[:MOST_NEAR]


def homes(run: Path) -> list[Path]:
    """Where cards of a run are looked for: beside it, then one folder further up."""
    parents = run.resolve().parents
    return [parent / CARDS for parent in parents[:2]]


def read_card(folder: Path) -> Card | None:
    """The card of a folder; None where it has none."""
    return read_one(folder / CARD, Card, most=LARGEST, newest=SCHEMA)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The card that holds for a judge's verdicts in a run, or why none does."""

    card: Card | None = None
    folder: Path | None = None
    warnings: tuple[str, ...] = ()


def held(wanted: Identity, *, run: Path, returned_models: Sequence[str]) -> Held:
    """Look for the card of exactly this judge, method and rubric, made with the model that answered here."""
    for home in homes(run):
        folder = home / wanted.folder
        card = read_card(folder)
        if card is None:
            continue
        named = (card.judge, card.method, card.rubric_digest)
        if named != (wanted.judge, wanted.method, wanted.rubric_digest):
            return Held(warnings=(f"{folder}: is the card of another judge ({card.judge}); it was moved or edited",))
        other = [name for name in returned_models if name not in card.returned_models]
        if other and card.returned_models:
            then, now = ", ".join(card.returned_models), ", ".join(other)
            text = f"its card does not hold: it was made when {then} answered; here {now} did. Probe again."
            return Held(warnings=(text,))
        return Held(card=card, folder=folder)
    near = [folder for home in homes(run) for folder in wanted.others(home)]
    return Held(warnings=_why_not(wanted, near))


def _why_not(wanted: Identity, near: Sequence[Path]) -> tuple[str, ...]:
    for folder in near:
        card = read_card(folder)
        if card is not None and card.judge == wanted.judge:
            same = card.rubric_digest == wanted.rubric_digest
            changed = (
                "the judge is asked in another way now"
                if same
                else f"the rubric has changed since ({card.rubric_digest[:8]} then, {wanted.rubric_digest[:8]} now)"
            )
            return (f"the card {folder.name} does not hold: {changed}",)
    return ()

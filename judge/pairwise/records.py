"""What is compared and what is said of it: a pair of answers, the two orders, and one line for each comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from judge.entries import digest
from judge.records import SCHEMA, Problem, Record

Side = Literal["first", "second", "tie"]
"""Which answer of the pair is better, wherever it stood."""
Slot = Literal["A", "B", "tie"]
"""Where the answer stood that the judge named."""
Order = Literal["given", "swapped"]
Place = tuple[str, Order, int]
"""A pair's id, the order, and the repeat."""
ORDERS: tuple[Order, Order] = ("given", "swapped")
"""given: the first answer stands at A. swapped: at B."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers to one question."""

    id: str
    first: str
    second: str
    evidence: Mapping[str, tuple[str, str]]
    """What the judge sees beside them: by sight a title and a text; empty texts are left out."""
    gold: Side | None = None
    """What people say; None where nobody was asked."""
    cluster: str | None = None

    @property
    def digest(self) -> str:
        """Of all that is judged; the gold is not shown to the judge and no part of it."""
        shown = {name: list(parts) for name, parts in self.evidence.items()}
        return digest([self.first, self.second, shown])[:16]


class Comparison(Record):
    """One line of comparisons.jsonl: one pair in one order; the grounds come before the verdict."""

    schema_version: int = SCHEMA
    pair: str
    shown: str
    """Digest of the two answers and what stood beside them."""
    order: Order
    draw: int = 0
    """Counts repeats."""
    judge: str
    method: str
    rubric: str
    rubric_digest: str
    attempt: int = 1
    """Raised when a failed comparison is repeated; only the latest counts."""
    evidence: str = ""
    reason: str = ""
    slot: Slot | None = None
    better: Side | None = None
    """The slot mapped back to the pair."""
    confidence: float | None = None
    problem: Problem | None = None
    model: str = ""
    """As the server named the model that answered."""
    cost: float | None = None

    @property
    def place(self) -> Place:
        """Which comparison it is."""
        return self.pair, self.order, self.draw


def side_of(slot: Slot | None, order: Order) -> Side | None:
    """The answer that stood in a slot."""
    if slot is None or slot == "tie":
        return slot
    return "first" if (slot == "A") == (order == "given") else "second"

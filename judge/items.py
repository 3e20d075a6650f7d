"""One expected answer, how it was read, and one score of it; and what of it is right by the rule on labels."""

from __future__ import annotations

import dataclasses

from judge.definitions import Task
from judge.records import Answer, Key, Mode, Parsed, Problem, Sample
from judge.statuses import NOT_IMPORTED


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One expected answer: its sample, what came back, and how it was read."""

    sample: Sample
    key: Key
    answer: Answer | None
    parsed: dict[Mode, Parsed]
    dropped: bool = False
    """True where an import has no answer: who made its files left it out, which strict mode does not reward."""

    @property
    def delivered(self) -> bool:
        """True where the model gave a reply that says something."""
        return self.answer is not None and self.answer.status in ("ok", "truncated")

    @property
    def failed(self) -> bool:
        """True where the call failed or was not made yet: an error is never a score."""
        return not self.dropped and (self.answer is None or self.answer.status == "error")

    def judgeable(self) -> bool:
        """True where there is a reply to rate: not an error, empty, or a refusal."""
        return self.delivered and self.parsed["strict"].state != "refused"

    def declined(self) -> bool:
        """True where a reply with words in it declines: a rubric may have the judge rate that too."""
        if self.answer is None or self.answer.status == "error" or self.parsed["strict"].state != "refused":
            return False
        return any(reply.text.strip() for reply in self.answer.replies)

    def silent(self) -> bool:
        """True where a reply came without a word in it: authors may have it rated like any other."""
        if self.answer is None or self.answer.status not in ("empty", "refused"):
            return False
        return self.answer.status == "empty" or not any(reply.text.strip() for reply in self.answer.replies)

    def undelivered(self) -> Problem | None:
        """Why there is nothing to score, by the call's status or the way the reply was read."""
        if self.dropped:
            return Problem(stage="call", kind=NOT_IMPORTED, message="the imported files have no answer to it")
        if self.answer is None:
            return Problem(stage="call", kind="not_asked", message="no answer yet")
        if self.answer.status == "error":
            return self.answer.problem or Problem(stage="call", kind="error")
        if self.answer.status in ("refused", "empty"):
            return Problem(stage="parse", kind=self.answer.status)
        parsed = self.parsed["strict"]
        return Problem(stage="parse", kind=parsed.state, message=parsed.reason) if parsed.state == "refused" else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One score of one answer: a value, or the Problem why there is none; `blame` says whose failure it is.

    A value beside a problem is what the benchmark's authors count in place of a rating that their judge did not give.
    """

    value: float | None = None
    problem: Problem | None = None
    blame: str = "model"
    """model: counts 0 in strict mode. measure: left out of both modes."""
    note: str = ""
    """Part of the signature: a tokenizer."""

    @property
    def ours(self) -> bool:
        """True where the model had no part in it: nothing was measured, or no reply came."""
        return self.blame == "measure" or self.lost

    @property
    def lost(self) -> bool:
        """True where no reply came, by no choice of who made the answers."""
        problem = self.problem
        return problem is not None and problem.stage in ("call", "media") and problem.kind != NOT_IMPORTED


def is_right(item: Item, mode: Mode) -> bool:
    """Every field that has gold equals it."""
    gold = item.sample.target.values
    values = item.parsed[mode].values
    return bool(gold) and all(set(values.get(name, ())) == set(wanted) for name, wanted in gold.items())


def recognised(task: Task, item: Item, mode: Mode) -> float:
    """1 or 0; for lists of labels the F1 of the two sets."""
    if not task.reads_several() or len(task.asks[0].reads()) > 1 or len(task.asks) > 1:
        return float(is_right(item, mode))
    gold = set(next(iter(item.sample.target.values.values()), ()))
    named = {label for values in item.parsed[mode].values.values() for label in values}
    return 2 * len(gold & named) / (len(gold) + len(named)) if gold or named else 0.0


def recalled(item: Item, mode: Mode) -> float:
    """The share of the gold labels that were named; of one gold label, right or wrong."""
    gold = {(name, label) for name, labels in item.sample.target.values.items() for label in labels}
    named = {(name, label) for name, labels in item.parsed[mode].values.items() for label in labels}
    return len(gold & named) / len(gold) if gold else 0.0


def item_name(sample_id: str, *, draw: int = 0, step: int | None = None) -> str:
    """What is rated, as one name: the sample, its draw where it is not the first, and the step."""
    name = sample_id if draw == 0 else f"{sample_id}#{draw}"
    return name if step is None else f"{name}/{step}"

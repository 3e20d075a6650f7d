"""Several judges as one: each answer's ratings by a criterion, combined by vote, median or mean.

What is made of ratings (weighted scores, sums) is made again from the combined ones. A judge that gave no rating is
left out of that answer; a tie of the vote is null with its reason, never a number in the middle.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from judge.definitions import Task
from judge.items import Item, Number
from judge.records import Key, Mode, Problem, Verdict
from judge.rubric import Rated, Rubric, Source, Stage
from judge.scores import Judged

Combination = Literal["vote", "median", "mean"]
COMBINATIONS: tuple[Combination, ...] = get_args(Combination)
TIE = "no_majority"
"""Kind of the problem where no rating has more votes than every other."""


def label_of(judges: Sequence[str], how: Combination) -> str:
    """As rows and signatures name a panel: its judges and how they are combined."""
    return f"panel({'+'.join(judges)}):{how}"


class Combined(Judged):
    """The ratings of several judges by one rubric, combined by criterion before anything is made of them."""

    def __init__(self, rubric: Rubric, members: Sequence[Sequence[Verdict]], how: Combination) -> None:
        """The verdicts of each judge, all of them by this rubric."""
        super().__init__(rubric, ())
        self._how = how
        self._members = [Judged(rubric, verdicts) for verdicts in members]
        self._draws = [_by_draw(rubric, verdicts) for verdicts in members] if how == "vote" else []

    def heard(self, key: Key) -> bool:
        """True where one of the judges was given this answer."""
        return any(one.heard(key) for one in self._members)

    def rating_of(self, stage: Stage, item: Item) -> dict[str, float | Problem | None]:
        """score, on the stage's own scale, and problem: as a verdict has them."""
        steps = stage.rate == "steps"
        number = self._mean_of_steps(stage.name, item) if steps else self._criterion(stage.name, item)
        if number.value is None:
            return {"score": None, "problem": number.problem}
        low, high = min(stage.scale or {0.0: ""}), max(stage.scale or {1.0: ""})
        return {"score": low + number.value * (high - low), "problem": None}

    def _mean_of_steps(self, criterion: str, item: Item) -> Number:
        return self._middle([one._mean_of_steps(criterion, item) for one in self._members])

    def _of_chains(self, source: Source, item: Item, *, task: Task, name: str, faithful: bool = False) -> Number:
        said = [one._of_chains(source, item, task=task, name=name, faithful=faithful) for one in self._members]
        return self._middle(said)

    def _criterion(self, name: str, item: Item) -> Number:
        return self._whole(lambda one: one._criterion(name, item))

    def _rated(self, rated: Rated, item: Item, mode: Mode) -> Number:
        return self._whole(lambda one: one._rated(rated, item, mode))

    def _whole(self, read: Callable[[Judged], Number]) -> Number:
        """A rating of the whole answer, which is a level of the scale and can be voted on."""
        numbers = [read(one) for one in self._members]
        if self._how != "vote" or all(number.value is None for number in numbers):
            return self._middle(numbers)
        ballots = [_favourite([read(draw).value for draw in draws]) for draws in self._draws]
        winner = _favourite(ballots)
        if winner is not None:
            return Number(value=winner)
        cast = sum(ballot is not None for ballot in ballots)
        message = f"{cast} of {len(ballots)} judges voted, and no rating has more votes than every other"
        return Number(problem=Problem(stage="judge", kind=TIE, message=message), blame="measure")

    def _middle(self, numbers: Sequence[Number]) -> Number:
        """Mean or median; a mean over steps is no level that can be voted on, so a vote takes their median."""
        values = [number.value for number in numbers if number.value is not None]
        if not values:
            return numbers[0]
        return Number(value=statistics.fmean(values) if self._how == "mean" else statistics.median(values))


def _by_draw(rubric: Rubric, verdicts: Sequence[Verdict]) -> list[Judged]:
    draws: dict[int, list[Verdict]] = {}
    for verdict in verdicts:
        draws.setdefault(verdict.judge_draw, []).append(verdict)
    return [Judged(rubric, own) for own in draws.values()]


def _favourite(values: Sequence[float | None]) -> float | None:
    """The value given more often than every other; None where there is no such."""
    counts = Counter(value for value in values if value is not None).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]

"""What a suite file means: tasks that belong together, their dimensions and their averages, frozen and strict.

It reads no file and knows no line numbers; `spec` turns files into these, `composites` makes the numbers.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field, StrictInt, StrictStr

from judge.entries import Entry, Number, Piece, digest


class Composite(Entry):
    """One average: a plain mean over tasks and earlier averages, or a pool of the samples of tasks."""

    mean: tuple[StrictStr, ...] = ()
    """Tasks, each by its own metric, and averages that stand above this one; all weigh the same."""
    micro: Piece | None = None
    """A metric whose mean is taken over the samples of all the tasks in `of`."""
    of: tuple[StrictStr, ...] = ()
    """The tasks of `micro`; all of the suite where none is named."""
    metric: Piece | None = None
    """For `mean` over tasks: this metric in place of each task's own."""
    rounded: StrictInt | None = Field(default=None, ge=0, le=4)
    """For `mean` over averages: in faithful mode each is rounded to so many digits (x 100) first, as authors do who
    average what they print."""
    about: StrictStr = ""


class Row(Entry):
    """Published numbers of one model by the suite's columns (a task, an average, or TASK.group)."""

    model: Piece
    values: dict[StrictStr, Number] = Field(min_length=1)
    source: Piece
    caveat: StrictStr | None = None
    settings: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    """The settings that the numbers were made with; runs with others are not set beside them."""


class Leaf(NamedTuple):
    """A task's share in a mean."""

    task: str
    metric: str
    weight: float


class Suite(Entry):
    """A suite file."""

    name: StrictStr = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: StrictInt
    about: StrictStr
    licence: StrictStr
    citation: StrictStr | None = None
    tasks: dict[StrictStr, StrictStr] = Field(min_length=1)
    """Short name to task file, below the suite's own folder."""
    dimensions: dict[StrictStr, tuple[StrictStr, ...]] = Field(default_factory=dict)
    """How the tasks are grouped where they are listed."""
    metric: Piece = "accuracy"
    """What averages take of a task."""
    metrics: dict[StrictStr, Piece] = Field(default_factory=dict)
    """The same for single tasks."""
    optional: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    """Tasks whose data may be absent, each with the reason: averages are also given without them, named so."""
    scores: dict[StrictStr, Composite] = Field(default_factory=dict)
    references: tuple[Row, ...] = ()

    def metric_of(self, task: str) -> str:
        """What averages take of this task."""
        return self.metrics.get(task, self.metric)

    def leaves(self, score: str) -> list[Leaf]:
        """The tasks behind an average with their metrics; the weights of a mean sum to 1, those of a pool are 0."""
        plan = self.scores[score]
        if plan.micro is not None:
            return [Leaf(task, plan.micro, 0.0) for task in plan.of or self.tasks]
        found: dict[tuple[str, str], float] = {}
        for part in plan.mean:
            own = [Leaf(part, plan.metric or self.metric_of(part), 1.0)] if part in self.tasks else self.leaves(part)
            for leaf in own:
                key = (leaf.task, leaf.metric)
                found[key] = found.get(key, 0.0) + leaf.weight / len(plan.mean)
        return [Leaf(task, metric, weight) for (task, metric), weight in found.items()]

    def score_digest(self) -> str:
        """Digest of what makes the averages."""
        kept = {"tasks", "metric", "metrics", "optional"}
        plans = {name: plan.model_dump(mode="json", exclude={"about"}) for name, plan in self.scores.items()}
        return digest([self.model_dump(mode="json", include=kept), plans])

"""What readers need of a summary.json, which may come from elsewhere and hold anything; that its counts add up, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from judge import statuses
from judge.definitions import Reference
from judge.rubric import Rubric


class Shape(BaseModel):
    """Part of a summary as readers need it; what else stands there is left alone."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False, defer_build=True)


class _Judge(Shape):
    judge: str
    name: str
    method: str
    rubric: str
    rubric_version: int
    rubric_digest: str
    rubric_spec: dict[str, Any]
    repeats: int = Field(ge=1)
    heuristic: bool
    validity: str
    returned_models: list[str] = []
    badges: dict[str, str] = {}
    card: str = ""
    card_warnings: list[str] = []


class _Tokens(Shape):
    output: int


class _Kind(Shape):
    n: int
    samples: list[str] = Field(min_length=1)


class _Gap(Shape):
    gap: float
    why: str


class _Letters(Shape):
    chosen: dict[str, int]
    gold: dict[str, int]
    read: int
    n: int
    apart: float


class _Positions(Shape):
    fields: dict[str, _Letters] = {}
    accuracy: dict[str, float] = {}
    same: float | None = None
    questions: int = 0


class _Thinking(Shape):
    answers: int = Field(ge=1)
    way: Literal["apart", "kept"]
    read_by: Literal["rule", "judge"]


class _Block(Shape):
    folder: str | None
    task: str
    task_version: int
    about: str
    licence: str
    citation: str | None = None
    model: str
    kind: str
    variant: str
    settings: dict[str, str]
    senses: dict[str, str] = {}
    wording: str = ""
    own_system: bool = False
    state: str
    statuses: dict[str, int]
    errors: dict[str, int]
    expected: int
    not_asked: int
    cost: float
    judge_cost: float
    tokens: _Tokens
    judges: list[_Judge]
    own_rubric: str = ""
    modes_differ: dict[str, _Gap] = {}
    positions: _Positions = _Positions()
    thinking: _Thinking | None = None
    scoring_rule: int = Field(default=1, ge=1)
    references: list[Annotated[Reference, Field(strict=False)]]
    messages: dict[str, str]
    ask_digest: str
    data_sha256: str

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        """Every expected answer is counted once."""
        if set(self.statuses) != set(statuses.STATUSES) or min(*self.statuses.values(), self.not_asked) < 0:
            raise ValueError("statuses are not the five there are")
        if sum(self.statuses.values()) + self.not_asked != self.expected:
            raise ValueError("statuses do not add up to what is expected")
        if sum(self.errors.values()) != self.statuses["error"]:
            raise ValueError("errors do not add up to the status error")
        return self


class _File(Shape):
    run: _Block
    problems: dict[str, dict[str, _Kind]]


def check(run: Mapping[str, Any], problems: Mapping[str, Any]) -> None:
    """Raises ValidationError or ValueError for what no scoring wrote."""
    _File.model_validate({"run": run, "problems": problems})
    for block in run["judges"]:
        Rubric.model_validate_json(json.dumps(block["rubric_spec"]))

"""summary.json: a run's estimates and problems, with what a report needs to know of the run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

import judge
from judge import statuses
from judge.definitions import Task, digest
from judge.errors import Fault, ResultsError
from judge.evaluate import Bench, Evaluation
from judge.records import SCHEMA, Answer, Estimate, Key, Run
from judge.rubric import Rubric
from judge.rules import NAME as RULES
from judge.store import Folder, write_whole
from providers.records import dump_json

UNMEASURED = "reliability not measured"


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
    repeats: int
    heuristic: bool
    validity: str


class _Reference(Shape):
    model: str
    metric: str
    value: float
    source: str
    caveat: str | None = None


class _Tokens(Shape):
    output: int


class _Kind(Shape):
    n: int
    samples: list[str]


class _Block(Shape):
    folder: str
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
    state: str
    statuses: dict[str, int]
    errors: dict[str, int]
    expected: int
    not_asked: int
    cost: float
    judge_cost: float
    tokens: _Tokens
    judges: list[_Judge]
    references: list[_Reference]
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One scored run, as its file says it."""

    run: dict[str, Any]
    estimates: tuple[Estimate, ...]
    problems: dict[str, dict[str, dict[str, Any]]]

    def of(self, metric: str, *, mode: str, group: str = "overall") -> list[Estimate]:
        """The estimates of one metric, one for each judge."""
        return [item for item in self.estimates if (item.metric, item.mode, item.group) == (metric, mode, group)]


def fingerprint(
    run: Run,
    task: Task,
    *,
    answers: Mapping[Key, Answer],
    panels: Sequence[tuple[str, Rubric, int]],
    options: Sequence[str],
) -> str:
    """What a score depends on: the same answers, parsing, judges and rubrics need no second scoring."""
    replies = sorted(
        [*key, answer.status, *(reply.text for reply in answer.replies), *(reply.finish for reply in answer.replies)]
        for key, answer in answers.items()
    )
    judged = [[name, rubric.digest, repeats] for name, rubric, repeats in panels]
    selection = run.selection.model_dump(mode="json")
    return digest([replies, task.score_digest(), judged, list(options), selection, judge.__version__])


def run_block(
    run: Run,
    task: Task,
    *,
    expected: Sequence[Key],
    answers: Mapping[Key, Answer],
    spent: tuple[float, float],
    judges: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """What the summary and the report say of the run."""
    replies = [reply for answer in answers.values() for reply in answer.replies]
    return {
        "folder": run.name,
        "task": run.task,
        "task_version": task.version,
        "about": task.about,
        "licence": run.licence,
        "citation": task.citation,
        "model": run.model,
        "provider": run.provider,
        "kind": run.provider_kind,
        "variant": run.variant,
        "settings": run.settings,
        "modalities": list(run.modalities),
        "senses": run.senses,
        "structured": run.structured,
        "sampling": run.sampling.sent(),
        "state": run.state,
        "reason": run.reason,
        **statuses.counts(expected, answers),
        "repeats": run.selection.repeats,
        "extra_calls": run.extra_calls,
        "cost": spent[0],
        "judge_cost": spent[1],
        "tokens": {
            "input": sum(reply.usage.input_tokens for reply in replies),
            "output": sum(reply.usage.output_tokens for reply in replies),
        },
        "returned_models": list(run.returned_models),
        "notes": list(run.notes),
        "judges": list(judges),
        "references": [reference.model_dump(mode="json") for reference in task.references],
        "digest": run.digest,
        "ask_digest": run.ask_digest,
        "data_sha256": run.data_sha256,
        "started": run.started,
        "ended": run.ended,
        "judge_version": judge.__version__,
    }


def judge_block(bench: Bench) -> dict[str, Any]:
    """A judge as the summary names it; what is known of its validity stands beside its scores."""
    rubric = bench.rubric
    return {
        "judge": bench.label,
        "name": bench.judge,
        "method": bench.method,
        "rubric": rubric.name,
        "rubric_version": rubric.version,
        "rubric_digest": rubric.digest,
        "rubric_spec": rubric.model_dump(mode="json", by_alias=True, exclude_none=True),
        "repeats": bench.repeats,
        "heuristic": bench.judge == RULES,
        "validity": UNMEASURED,
    }


def write_summary(folder: Folder, *, block: dict[str, Any], evaluation: Evaluation) -> Summary:
    """scores.jsonl, then summary.json: each replaced in one step."""
    lines = b"".join(dump_json(score) + b"\n" for score in evaluation.scores)
    write_whole(folder.scores_file, lines.decode("ascii"))
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "run": block | {"messages": evaluation.messages},
        "estimates": [estimate.model_dump(mode="json") for estimate in evaluation.estimates],
        "problems": evaluation.problems,
    }
    write_whole(folder.summary_file, json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n")
    return Summary(run=body["run"], estimates=tuple(evaluation.estimates), problems=evaluation.problems)


def read_summary(folder: Folder) -> Summary | None:
    """The summary, or None where the run is not scored."""
    path: Path = folder.summary_file
    if not path.is_file():
        return None
    try:
        body = json.loads(path.read_bytes())
        if body["schema"] > SCHEMA:
            text = f"was written by a newer version (schema {body['schema']}, this one reads {SCHEMA}): update"
            raise ResultsError(Fault(str(path), None, "schema", text))
        estimates = tuple(Estimate.model_validate(item) for item in body["estimates"])
        run = body["run"] | statuses.of_older(body["run"], body["problems"])
        _File.model_validate({"run": run, "problems": body["problems"]})
        return Summary(run=run, estimates=estimates, problems=body["problems"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        text = "is damaged; delete it and score again"
        raise ResultsError(Fault(str(path), None, _place(error), text)) from error


def _place(error: Exception) -> str:
    return ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else ""

"""summary.json: a run's estimates and problems, with what a report needs to know of the run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import judge
from judge import statuses
from judge.definitions import Task
from judge.entries import digest
from judge.errors import Fault, ResultsError
from judge.evaluate import Bench, Evaluation
from judge.records import SCHEMA, SCORING_RULE, Answer, Estimate, Key, Run, Score
from judge.regular import MIB, read_regular
from judge.roles import roles_of
from judge.rubric import Rubric
from judge.rules import NAME as RULES
from judge.store import Folder, write_whole
from judge.summary_shape import check
from judge.sweeping import unswept
from providers.records import dump_json

LARGEST = 64 * MIB
UNMEASURED = "reliability not measured"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One scored run, as its file says it."""

    run: dict[str, Any]
    estimates: tuple[Estimate, ...]
    problems: dict[str, dict[str, dict[str, Any]]]

    @property
    def rule(self) -> int:
        """The rule that it was scored by; 1 where the file is from before rules had numbers."""
        return int(self.run.get("scoring_rule", 1))

    def of(self, metric: str, *, mode: str, group: str = "overall") -> list[Estimate]:
        """The estimates of one metric, one for each judge."""
        return [item for item in self.estimates if (item.metric, item.mode, item.group) == (metric, mode, group)]


def age(rule: int) -> str:
    """What is said of numbers that another rule of scoring made; empty for those of today's."""
    if rule == SCORING_RULE:
        return ""
    return "scored by an older rule: score again" if rule < SCORING_RULE else "scored by a newer rule: update"


def fingerprint(
    run: Run,
    task: Task,
    *,
    answers: Mapping[Key, Answer],
    panels: Sequence[tuple[str, Rubric, int]],
    options: Sequence[str],
) -> str:
    """What a score depends on: the same answers, parsing, judges and rubrics need no second scoring."""
    replies = _replies(answers)
    judged = [[name, rubric.digest, repeats] for name, rubric, repeats in panels]
    selection = run.selection.model_dump(mode="json")
    return digest([replies, task.score_digest(), judged, list(options), selection, SCORING_RULE, judge.__version__])


def _replies(answers: Mapping[Key, Answer]) -> list[list[object]]:
    return sorted(
        [
            *(*key, answer.status),
            *(reply.text for reply in answer.replies),
            *(reply.finish for reply in answer.replies),
            *(f"prediction {reply.prediction}" for reply in answer.replies if reply.prediction),
        ]
        for key, answer in answers.items()
    )


def answers_digest(answers: Mapping[Key, Answer]) -> str:
    """Digest of the answers that were scored: another one means that the scores are of before."""
    return digest(_replies(answers))


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
        "wording": run.wording,
        "structured": run.structured,
        "own_system": run.system is not None,
        "sampling": run.sampling.sent(),
        "state": run.state,
        "reason": run.reason,
        **statuses.counts(expected, answers),
        "answers": answers_digest(answers),
        "repeats": run.selection.repeats,
        "extra_calls": run.extra_calls,
        "doubtful_calls": run.doubtful_calls,
        "extra_cost": run.extra_cost,
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
        "scoring_rule": SCORING_RULE,
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
        **(roles._asdict() if (roles := roles_of(bench.judge)) is not None else {}),
        "heuristic": bench.judge == RULES,
        "validity": UNMEASURED,
        **({"combine": bench.combine, "members": [one.judge for one in bench.members]} if bench.combine else {}),
    }


@unswept()
def write_summary(folder: Folder, *, block: dict[str, Any], evaluation: Evaluation) -> Summary:
    """scores.jsonl, then summary.json: each replaced in one step."""
    write_whole(folder.scores_file, "".join(_line(score) for score in evaluation.scores))
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "run": block | {"messages": evaluation.messages},
        "estimates": [estimate.model_dump(mode="json") for estimate in evaluation.estimates],
        "problems": evaluation.problems,
    }
    write_whole(folder.summary_file, json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n")
    return Summary(run=body["run"], estimates=tuple(evaluation.estimates), problems=evaluation.problems)


def _line(score: Score) -> str:
    """One line of ASCII JSON; pydantic's own writer is many times faster, and does not escape."""
    try:
        text = score.model_dump_json()
    except ValueError:  # a lone surrogate in an id
        text = ""
    return (text if text.isascii() and text else dump_json(score).decode("ascii")) + "\n"


def read_summary(folder: Folder) -> Summary | None:
    """The summary, or None where the run is not scored."""
    path: Path = folder.summary_file
    if not path.is_file():
        return None
    try:
        body = json.loads(read_regular(path, LARGEST, follow=False))
        if body["schema"] > SCHEMA:
            text = f"was written by a newer version (schema {body['schema']}, this one reads {SCHEMA}): update"
            raise ResultsError(Fault(str(path), None, "schema", text))
        run = body["run"] | statuses.of_older(body["run"], body["problems"])
        check(run, body["problems"])
        estimates = tuple(Estimate.model_validate(item) for item in body["estimates"])
        return Summary(run=run, estimates=estimates, problems=body["problems"])
    except OSError as error:
        link = "is a link, or " if path.is_symlink() else ""
        raise ResultsError(Fault(str(path), None, "", f"{link}cannot be read: {error.strerror}")) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        text = "is damaged; delete it and score again"
        raise ResultsError(Fault(str(path), None, _place(error), text)) from error


def _place(error: Exception) -> str:
    return ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else ""

"""Lines of recorded replies: {"id", "reply", "draw"?, "variant"?, "thinking"?, "finish"?, "ask"?, "note"?}.

JSON lines, or a CSV file with these columns. Used by `import` and by the replay provider; every fault is
found in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judge.errors import Fault, TaskError
from judge.records import MOST_REPEATS, Answer, Finish
from judge.regular import is_file, stands
from judge.rows import CSV, read_rows
from providers.records import RecordKey, Reply

MOST_FAULTS = 50
MOST_COUNTED = 1000
"""Faults after which no more of a file is looked at."""
_DRAW = re.compile(r"[0-9]{1,6}")


class ReplyLine(BaseModel):
    """One recorded reply."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    reply: str
    draw: int = Field(default=0, ge=0, lt=MOST_REPEATS)
    variant: str | None = None
    thinking: str = ""
    finish: Finish = "stop"
    ask: str | None = None
    note: str = ""
    """What whoever wrote it has to say of it; never read."""


def read_replies(paths: Iterable[Path]) -> list[tuple[Fault, ReplyLine]]:
    """Every line with its place (a Fault without a message); raises TaskError with all the faults."""
    lines: list[tuple[Fault, ReplyLine]] = []
    faults: list[Fault] = []
    for path in paths:
        if not is_file(path):
            raise TaskError(Fault(str(path), None, "", "is no regular file" if stands(path) else "no such file"))
        suffix = path.suffix.lower().lstrip(".")
        kind = suffix if suffix in CSV else "jsonl"
        for number, record in read_rows(kind, path, columns=ReplyLine.model_fields):
            if len(faults) > MOST_COUNTED:
                break
            if isinstance(record, Fault):
                faults.append(record)
                continue
            place = Fault(str(path), number, "", "")
            try:
                lines.append(
                    (place, ReplyLine.model_validate(_of_cells(record) if kind in CSV else _with_text_id(record)))
                )
            except ValidationError as error:
                for item in error.errors(include_url=False):
                    key = ".".join(str(part) for part in item["loc"])[:60]
                    faults.append(place._replace(key=key, message=_said(item)))
    if faults:
        least = "at least " if len(faults) > MOST_COUNTED else ""
        rest = len(faults) - MOST_FAULTS
        more = [Fault("", None, "", f"... and {least}{rest} more")] if rest > 0 else []
        raise TaskError([*faults[:MOST_FAULTS], *more])
    return lines


def _with_text_id(record: dict[str, Any]) -> dict[str, Any]:
    number = record.get("id")
    return record | {"id": str(number)} if isinstance(number, int) and not isinstance(number, bool) else record


def _of_cells(record: dict[str, Any]) -> dict[str, Any]:
    """A row of a CSV file: an empty cell says nothing, but for the reply, which may be empty; a draw is a number."""
    found = {key: cell for key, cell in record.items() if cell or key in ("id", "reply")}
    draw = str(found.get("draw", ""))
    return found | ({"draw": int(draw)} if _DRAW.fullmatch(draw) else {})


def _said(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "unknown key (known: id, reply, draw, variant, thinking, finish, ask, note)"
    if error["type"] == "string_type":
        return "should be text"
    return str(error["msg"]).lower()


def as_records(lines: Iterable[ReplyLine]) -> dict[RecordKey, Reply]:
    """For the replay provider."""
    return {
        (line.id, line.variant, line.draw, line.ask): Reply(
            text=line.reply, thinking=line.thinking, finish=line.finish, model="replay"
        )
        for line in lines
    }


def records_of_run(answers: Iterable[Answer]) -> dict[RecordKey, Reply]:
    """An earlier run's replies, for the replay provider."""
    return {
        (answer.sample_id, answer.variant, answer.draw, reply.ask): Reply(
            text=reply.text, thinking=reply.thinking, finish=reply.finish, model=reply.model
        )
        for answer in answers
        for reply in answer.replies
    }

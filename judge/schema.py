"""The JSON schema of an answer that a task reads as JSON, for models that can be held to one (--structured)."""

from __future__ import annotations

import json
from typing import Any

from judge.definitions import Ask, Read, Task


def schema_of(task: Task, ask: Ask) -> str | None:
    """As canonical JSON text; None where the answer is not read as JSON.

    Strict in the sense of the vendors: every key is required and no other is allowed.
    """
    if ask.read.as_ != "json":
        return None
    fields = {name: _field(task, read) for name, read in ask.reads().items()}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    return json.dumps(schema, ensure_ascii=True)


def _field(task: Task, read: Read) -> dict[str, Any]:
    if read.as_ == "number":
        return {"type": "number"}
    if read.as_ == "label":
        return {"type": "string", "enum": list(task.labels_of(read))}
    if read.as_ == "labels":
        return {"type": "array", "items": {"type": "string", "enum": list(task.labels_of(read))}}
    return {"type": "string"}

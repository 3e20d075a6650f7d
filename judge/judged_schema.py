"""The JSON schemas of a judge's replies, for models that can be held to one; what the tolerant readers read, too.

Scores are texts in them, a closed list with cannot_judge: every vendor's subset has enums of texts.
"""

from __future__ import annotations

import json
from typing import Any

from judge.rubric import Rubric, Stage, shown_point

CANNOT = "cannot_judge"


def steps_schema() -> str:
    """{"steps": ["...", ...]}."""
    return _text(_closed({"steps": {"type": "array", "items": {"type": "string"}}}))


def rating_schema(rubric: Rubric, stage: Stage) -> str:
    """One rating, or a list of one for each step; its parts in the rubric's order, so that grounds come first."""
    kinds: dict[str, dict[str, Any]] = {
        "evidence": {"type": "string"},
        "reason": {"type": "string"},
        "score": {"type": "string", "enum": [*(shown_point(point) for point in sorted(stage.scale or {})), CANNOT]},
        "confidence": {"type": "number"},
    }
    one: dict[str, Any] = {part: kinds[part] for part in rubric.answer}
    if stage.rate != "steps":
        return _text(_closed(one))
    return _text(_closed({"ratings": {"type": "array", "items": _closed({"step": {"type": "integer"}, **one})}}))


def _closed(fields: dict[str, Any]) -> dict[str, Any]:
    """Every key is required and no other is allowed."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=True)

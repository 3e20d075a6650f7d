"""The JSON schema of an answer, and --structured, which asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from building import LABELS, make_ask, make_task
from command import Command
from fake_server import serve

from judge.schema import schema_of


def test_an_answer_that_is_not_read_as_json_has_no_schema() -> None:
    task = make_task()
    assert schema_of(task, task.asks[0]) is None


def test_each_field_is_required_and_no_other_is_allowed() -> None:
    fields = {
        "mood": {"as": "label", "target": "label"},
        "all": {"as": "labels", "target": "labels"},
        "how_much": {"as": "number", "range": [1, 5], "target": "much"},
        "why": {"as": "text"},
    }
    read: dict[str, Any] = {"as": "json", "fields": fields}
    task = make_task(asks=[make_ask("answer", **read)])
    schema = json.loads(schema_of(task, task.asks[0]) or "")
    labels = list(LABELS)
    assert schema == {
        "type": "object",
        "properties": {
            "mood": {"type": "string", "enum": labels},
            "all": {"type": "array", "items": {"type": "string", "enum": labels}},
            "how_much": {"type": "number"},
            "why": {"type": "string"},
        },
        "required": ["mood", "all", "how_much", "why"],
        "additionalProperties": False,
    }


TASK = """
name: told
version: 1
about: an answer in JSON
licence: CC0
data: {path: items.jsonl}
asks:
  - name: answer
    qa: "{text}? Answer in JSON."
    read: {as: json, fields: {mood: {as: label, target: label}}}
labels: {joy: [], anger: []}
metrics: [accuracy]
"""


def test_structured_puts_the_schema_into_the_body_and_makes_another_run(judge: Command, tmp_path: Path) -> None:
    (tmp_path / "told.yaml").write_text(TASK)
    (tmp_path / "items.jsonl").write_text('{"id": "a", "text": "We won", "label": "joy"}\n')
    with serve(tmp_path / "s", {"latency": 0.0, "default": {"text": '{"mood": "joy"}'}}) as server:
        line = ["run", str(tmp_path / "told.yaml"), "--provider", "endpoint", "--base-url", server.base_url]
        line += ["--model", "m", "--out", str(tmp_path / "r"), "--cache", str(tmp_path / "c")]
        plain, held = judge(*line), judge(*line, "--structured")
        bodies = [request["body"] for request in server.requests()]
    assert plain.folder != held.folder
    assert "response_format" not in bodies[0]
    form = bodies[1]["response_format"]
    assert (form["type"], form["json_schema"]["schema"]["required"]) == ("json_schema", ["mood"])


def test_structured_is_refused_where_the_model_takes_no_schema(judge: Command, tmp_path: Path) -> None:
    (tmp_path / "told.yaml").write_text(TASK)
    (tmp_path / "items.jsonl").write_text('{"id": "a", "text": "We won", "label": "joy"}\n')
    line = ["run", str(tmp_path / "told.yaml"), "--provider", "hosted", "--model", "nobody/nothing", "--structured"]
    done = judge(*line, "--out", tmp_path / "r")
    assert (done.code, done.err) == (
        3,
        "--structured: nobody/nothing takes no JSON schema. Leave it out. Nothing was sent.\n",
    )

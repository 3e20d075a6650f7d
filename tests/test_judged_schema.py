"""Verdicts held to a JSON schema: where the model is known to take one, or where the user says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, lines_of
from fake_server import serve
from scripted import Scripted
from staged import asked, rate, ratings, rubric, run, script

from judge.agent import AgentJudge
from judge.cli.judges import _structured
from judge.judged_schema import rating_schema, steps_schema
from judge.parse.verdicts import read_rating, read_ratings, read_steps
from judge.spec.rubric import read_rubric
from providers.errors import NotSupported
from providers.native import _gemini_schema
from providers.records import Info, Sampling

HUMOR = read_rubric(ROOT / "rubrics" / "humor.yaml")
STEPS, COT = HUMOR.rated()


def sent(line: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of a request."""
    form = line["body"].get("response_format")
    return form["json_schema"]["schema"] if form else None


def test_a_schema_puts_the_grounds_before_the_score_in_the_rubrics_order() -> None:
    schema = json.loads(rating_schema(HUMOR, COT))
    assert list(schema["properties"]) == ["evidence", "reason", "score", "confidence"]
    assert schema["required"] == list(schema["properties"])
    assert schema["properties"]["score"]["enum"] == ["1", "2", "3", "4", "5", "cannot_judge"]


def test_what_follows_the_schema_is_read_by_the_same_readers() -> None:
    one = {"evidence": "e", "reason": "r", "score": "0.5", "confidence": 0.9}
    assert read_rating(json.dumps(one), (0, 0.5, 1)).score == 0.5
    two = {"ratings": [{"step": 1, **one}, {"step": 2, **one, "score": "cannot_judge"}]}
    assert [each.score for each in read_ratings(json.dumps(two), (0, 0.5, 1), count=2)] == [0.5, None]
    assert json.loads(rating_schema(HUMOR, STEPS))["properties"]["ratings"]["items"]["required"][0] == "step"
    assert read_steps('{"steps": ["a"]}') == ["a"]


@pytest.mark.parametrize("schema", [steps_schema(), rating_schema(HUMOR, STEPS), rating_schema(HUMOR, COT)])
def test_every_schema_fits_the_smallest_subset_that_a_vendor_takes(schema: str) -> None:
    assert _gemini_schema(schema) is not None


def test_a_judge_on_a_server_is_held_to_a_schema_only_if_asked(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, "0"))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        made = rubric(tmp_path)
        assert rate(judge, server, folder, "--rubric", made).code == 0
        assert [sent(line) for line in asked(server)] == [None]
        assert rate(judge, server, folder, "--rubric", made, "--schema", "on").code == 0
        schemas = [sent(line) for line in asked(server)[1:]]
        extracting = [sent(line) for line in asked(server, "Break the reply")[1:]]
    assert schemas == [json.loads(rating_schema(read_rubric(made), read_rubric(made).rated()[0]))]
    assert extracting == [json.loads(steps_schema())]
    assert len({line["method"] for line in lines_of(folder / "verdicts.jsonl")}) == 2, "another method, another judge"


def test_a_vendors_judge_is_sent_the_schema_by_itself(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-0123456789")
    with serve(tmp_path, script(ratings("1", "cannot_judge"))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        by = ["--judge", "openai", "--base-url", server.base_url, "--rubric", rubric(tmp_path)]
        done = judge("score", folder, *by)
        assert done.code == 0, done.err
        (line,) = asked(server)
        assert judge("score", folder, *by, "--schema", "off").code == 0
        assert sent(asked(server)[-1]) is None
    held = sent(line)
    assert held is not None
    assert held["properties"]["ratings"]["items"]["properties"]["score"]["enum"] == ["0", "1", "cannot_judge"]
    scores = [verdict["score"] for verdict in lines_of(folder / "verdicts.jsonl") if verdict["criterion"] == "steps"]
    assert scores[:2] == [1.0, None]


def test_a_vendors_model_is_held_to_one_by_itself_and_a_server_only_where_asked() -> None:
    hosted = Info(name="openai", identity="hosted openai", model="m", kind="paid", structured=True)
    server = Info(name="endpoint", identity="endpoint x", model="m", kind="local", structured=True)
    assert (_structured(hosted, "auto"), _structured(hosted, "off")) == (True, False)
    assert (_structured(server, "auto"), _structured(server, "on")) == (False, True)


def test_a_schema_that_the_model_does_not_take_is_refused_before_anything_is_sent() -> None:
    plain = Info(name="local", identity="local x", model="m", kind="local")
    with pytest.raises(Exception, match="takes no JSON schema") as caught:
        _structured(plain, "on")
    assert not isinstance(caught.value, NotSupported)
    assert _structured(plain, "auto") is False


def test_without_a_schema_a_judges_method_stays_as_it_was() -> None:
    free = AgentJudge(name="a", provider=Scripted(lambda _: ""), sampling=Sampling())
    held = AgentJudge(name="a", provider=Scripted(lambda _: ""), sampling=Sampling(), structured=True)
    assert free.method != held.method

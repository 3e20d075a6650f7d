"""Two models as one judge: one extracts the steps, the other rates them, as MME-Emotion does it (notes 1.3, 1.4)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, Done, estimate, lines_of, summary_of
from fake_server import FakeServer, serve
from mme_emotion import FIXTURE, SCHEME, run, script, steps, task_file

from judge.errors import UsageError
from judge.roles import Roles, judges_in, rater_of, roles_of
from judge.trust.families import family_of

EXTRACTED = {"Break the reply": steps("The voice drops.", "The predicted sentiment is negative.")}
BLOCKS = {SCHEME: "<score>Step 1: 1/1, Step 2: 0/1</score>"}
REPLY = "The voice drops at the end.\nAnswer: negative"
PAIR = ("--judge", "extract=endpoint:steps-1", "--judge", "rate=endpoint:rates-1")


def scored(judge: Command, server: FakeServer, folder: Path, *more: str) -> Done:
    return judge("score", folder, "--base-url", server.base_url, *more)


def asked(server: FakeServer) -> Counter[tuple[str, str]]:
    """How often each model was asked for steps and for ratings; the run's own questions are neither."""
    kinds = [("steps", "Break the reply"), ("ratings", SCHEME)]
    found = [(line["model"], [kind for kind, text in kinds if text in line["prompt"]]) for line in server.requests()]
    return Counter((model, kind[0]) for model, kind in found if kind)


def name_of(server: FakeServer, *models: str) -> str:
    host = server.base_url.removeprefix("http://").partition("/")[0]
    extract, rate = (f"{model}@{host}" for model in models)
    return f"extract={extract},rate={rate}"


@pytest.fixture
def answers(judge: Command, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A run with four answers, and what the judges' server says."""
    spoken = script(EXTRACTED, BLOCKS, reply=REPLY)
    with serve(tmp_path, spoken) as server:
        done = run(judge, server, "sa", tmp_path / "r")
    return done.folder, spoken


def test_one_model_extracts_and_the_other_rates_and_both_are_named(
    judge: Command, tmp_path: Path, answers: tuple[Path, dict[str, Any]]
) -> None:
    folder, spoken = answers
    (tmp_path / "j").mkdir()
    with serve(tmp_path / "j", spoken) as server:
        done = scored(judge, server, folder, *PAIR)
        assert done.code == 0, done.err
        assert asked(server) == {("steps-1", "steps"): 1, ("rates-1", "ratings"): 4}, "four replies are one text"
        name = name_of(server, "steps-1", "rates-1")
        (block,) = summary_of(folder)["run"]["judges"]
        assert block["judge"] == block["name"] == name
        assert [block["extract"], block["rate"]] == list(roles_of(name) or ())
        assert block["returned_models"] == ["rates-1", "steps-1"]
        for mode in ("strict", "faithful"):
            assert f"|judge:{name}|method:{block['method']}|" in estimate(folder, "reasoning", mode=mode)["signature"]
        by = {line["criterion"]: line["returned_model"] for line in lines_of(folder / "verdicts.jsonl")}
        assert by == {"extract": "steps-1", "steps": "rates-1", "last": "rates-1", "said": "rates-1"}
        assert f"judge: {name} (" in done.out
        assert judge("report", folder).code == 0
        roles = roles_of(name)
        assert roles is not None
        said = f"two language models, {roles.extract} extracts the steps and {roles.rate} rates them"
        assert said in (folder / "report.md").read_text().replace("`", "")
        before = len(server.requests())
        assert "already scored" in scored(judge, server, folder, *PAIR).out
        assert "already scored" in scored(judge, server, folder, *reversed_pair()).out
        assert len(server.requests()) == before


def reversed_pair() -> tuple[str, ...]:
    return (*PAIR[2:], *PAIR[:2])


def test_one_extractor_serves_several_raters_and_is_paid_once(
    judge: Command, tmp_path: Path, answers: tuple[Path, dict[str, Any]]
) -> None:
    folder, spoken = answers
    (tmp_path / "j").mkdir()
    with serve(tmp_path / "j", spoken) as server:
        more = ("--judge", "rate=endpoint:rates-2", "--combine", "mean")
        assert scored(judge, server, folder, *PAIR, *more).code == 0
        assert asked(server) == {
            ("steps-1", "steps"): 1,
            ("rates-1", "ratings"): 4,
            ("rates-2", "ratings"): 4,
        }
        names = [name_of(server, "steps-1", rater) for rater in ("rates-1", "rates-2")]
    blocks = summary_of(folder)["run"]["judges"]
    assert [block["name"] for block in blocks] == [*names, f"panel({'+'.join(names)}):mean"]
    assert "extract" not in blocks[2]


def test_another_extractor_is_another_judge_and_the_same_model_twice_is_one(
    judge: Command, tmp_path: Path, answers: tuple[Path, dict[str, Any]]
) -> None:
    folder, spoken = answers
    (tmp_path / "j").mkdir()
    with serve(tmp_path / "j", spoken) as server:
        for extractor in ("steps-1", "steps-2"):
            pair = ("--judge", f"extract=endpoint:{extractor}", *PAIR[2:])
            assert scored(judge, server, folder, *pair).code == 0
        methods = {block["method"] for block in summary_of(folder)["run"]["judges"]}
        assert len(methods) == 2
        assert scored(judge, server, folder, "--judge", "endpoint:one").code == 0
        before = len(server.requests())
        same = ("--judge", "extract=endpoint:one", "--judge", "rate=endpoint:one")
        assert "already scored" in scored(judge, server, folder, *same).out
        assert len(server.requests()) == before


def test_judging_that_was_stopped_goes_on_by_the_same_line(
    judge: Command, tmp_path: Path, answers: tuple[Path, dict[str, Any]]
) -> None:
    folder, spoken = answers
    (tmp_path / "j").mkdir()
    once = [{"kind": "bad_request", "contains": "kettle", "attempts": [1]}]
    with serve(tmp_path / "j", spoken | {"faults": once}) as server:
        assert scored(judge, server, folder, *PAIR).code != 0
        assert asked(server)["steps-1", "steps"] == 1
        lost = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "last"]
        lost = [line for line in lost if line["problem"]]
        assert [line["returned_model"] for line in lost] == [""], "who rates never answered"
        assert scored(judge, server, folder, *PAIR).code == 0
        assert asked(server)["steps-1", "steps"] == 1, "the steps stand"
    assert estimate(folder, "reasoning")["valid"] == 4


def test_steps_that_cannot_be_read_are_the_extractors_and_not_the_raters(
    judge: Command, tmp_path: Path, answers: tuple[Path, dict[str, Any]]
) -> None:
    folder, spoken = answers
    (tmp_path / "j").mkdir()
    with serve(tmp_path / "j", spoken | {"rules": [{"contains": "Break the reply", "text": "No."}]}) as server:
        assert scored(judge, server, folder, *PAIR).code == 1
        assert asked(server) == {("steps-1", "steps"): 1}, "who rates is not asked"
    found = {(line["criterion"], line["returned_model"]) for line in lines_of(folder / "verdicts.jsonl")}
    assert found == {("extract", "steps-1"), ("steps", ""), ("last", "")}
    assert summary_of(folder)["problems"]["judge"]["unreadable"]["n"] == 4


def test_what_trying_a_rubric_takes_is_foreseen_for_each_model(
    judge: Command, tmp_path: Path, answers: tuple[Path, dict[str, Any]]
) -> None:
    folder, spoken = answers
    (tmp_path / "j").mkdir()
    with serve(tmp_path / "j", spoken) as server:
        options = ("--on", folder, "--base-url", server.base_url, *PAIR)
        dry = judge("rubrics", "try", ROOT / "rubrics" / "mme_emotion.yaml", *options, "--dry-run")
        assert dry.code == 0, dry.err
        assert "extract: estimated 1 call" in dry.out
        assert "; rate: estimated 4 calls" in dry.out
        assert not server.requests()
        done = judge("rubrics", "try", ROOT / "rubrics" / "mme_emotion.yaml", *options)
        assert done.code == 0, done.err
        assert "5 calls made" in done.out
        assert "'--judge' 'extract=" not in done.out
        assert "--judge extract=endpoint:steps-1,rate=endpoint:rates-1" in done.out
        assert scored(judge, server, folder, "--judge", "extract=endpoint:steps-1,rate=endpoint:rates-1").code == 0
        assert len(server.requests()) == 5, "the cache serves what was tried"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["openai:a"], ["openai:a"]),
        (["extract=x:a", "rate=y:b"], ["extract=x:a,rate=y:b"]),
        (["rate=y:b", "extract=x:a"], ["extract=x:a,rate=y:b"]),
        (["extract=x:a,rate=y:b"], ["extract=x:a,rate=y:b"]),
        (["rate=y:b,extract=x:a"], ["extract=x:a,rate=y:b"]),
        (["extract=x", "rate=y", "rate=z"], ["extract=x,rate=y", "extract=x,rate=z"]),
        (["extract=x", "rate=y", "extract=v", "rate=y"], ["extract=x,rate=y", "extract=v,rate=y"]),
        (["m", "extract=x", "n", "rate=y"], ["m", "n", "extract=x,rate=y"]),
        (["rules", "rules"], ["rules"]),
        ([], []),
    ],
)
def test_a_rate_goes_with_the_extract_before_it_or_with_the_only_one(given: list[str], found: list[str]) -> None:
    assert judges_in(given) == found


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["rate=y"], "who extracts the steps"),
        (["extract=x"], "who rates the steps"),
        (["extract=x", "rate=y", "extract=z"], "extract=z: who rates"),
        (["rate=y", "extract=x", "rate=y", "extract=v", "rate=z"], "rate=y: who extracts"),
        (["extrac=x", "rate=y"], r"a judge has two parts, extract= and rate="),
        (["extract=", "rate=y"], "names no model"),
        (["extract=x", "rate="], "names no model"),
    ],
)
def test_a_part_without_its_other_part_is_said(given: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        judges_in(given)


@pytest.mark.parametrize("name", ["gpt-4o", "", "extract=,rate=", "extract=a", "rate=a,b", "extract=a,rate="])
def test_a_name_of_one_model_has_no_roles(name: str) -> None:
    assert roles_of(name) is None
    assert rater_of(name) == name


def test_the_family_of_a_judge_of_two_is_that_of_who_rates() -> None:
    assert roles_of("extract=anthropic/claude-x,rate=openai/gpt-4o") == Roles("anthropic/claude-x", "openai/gpt-4o")
    assert family_of("extract=anthropic/claude-x,rate=openai/gpt-4o") == "OpenAI"
    assert family_of("extract=openai/gpt-4.1,rate=qwen3") == "Alibaba"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--judge", "extract=rules", "--judge", "rate=endpoint:m"), "rules is a judge by itself"),
        (("--judge", "extract=endpoint:m", "--judge", "rate=imported"), "imported is a judge by itself"),
        ((*PAIR, "--rubric", "empathy_0_2"), "no model extract"),
        ((*PAIR, "--local-only"), ""),
        (("--judge", "extract=openia", "--judge", "rate=endpoint:m"), 'unknown provider "openia"'),
    ],
)
def test_what_two_models_cannot_be_is_refused_before_anything_is_sent(
    judge: Command, tmp_path: Path, more: tuple[str, ...], message: str
) -> None:
    done = judge("run", task_file("sa"), "--provider", "majority", "--data", FIXTURE, "--out", tmp_path / "r")
    scored = judge("score", done.folder, "--base-url", "http://192.0.2.1:9/v1", *more)
    assert scored.code in (2, 3)
    assert scored.err.strip().count("\n") == 0
    assert message in scored.err


def test_a_command_that_reads_no_steps_takes_one_model(judge: Command, tmp_path: Path) -> None:
    options = (task_file("sa"), "--data", FIXTURE, "--out", tmp_path / "r")
    runs = [judge("run", *options, "--provider", name).folder for name in ("majority", "random")]
    pair = "extract=endpoint:a,rate=endpoint:b"
    said = judge("compare", *runs, "--judge", pair, "--out", tmp_path / "pairs")
    assert said.code == 2
    assert "steps are extracted by no model here" in said.err


def test_probes_and_controls_ask_each_model_for_its_part(
    judge: Command, tmp_path: Path, answers: tuple[Path, dict[str, Any]]
) -> None:
    folder, spoken = answers
    (tmp_path / "j").mkdir()
    with serve(tmp_path / "j", spoken) as server:
        where = ("--base-url", server.base_url)
        probe = judge("trust", "probe", folder, *PAIR, *where, "--dry-run")
        assert probe.code == 0, probe.err
        assert ": extract: estimated 26 calls" in probe.out
        assert "; rate: estimated " in probe.out
        one = ("--judge", "extract=endpoint:steps-1,rate=endpoint:rates-1")
        controls = judge("trust", "controls", folder, *one, *where)
        assert controls.code in (0, 1), controls.err
        assert {model for model, kind in asked(server) if kind == "steps"} == {"steps-1"}
        assert {model for model, kind in asked(server) if kind == "ratings"} == {"rates-1"}
        reads = judge("trust", "sufficiency", folder, *one, *where, "--dry-run")
        assert reads.code == 2
        assert "no steps are extracted here" in reads.err
        half = judge("trust", "controls", folder, "--judge", "extract=endpoint:steps-1", *where)
        assert half.code == 2
        assert "who rates the steps" in half.err

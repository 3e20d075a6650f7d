"""A judge's ratings without the evidence: what is swapped, what stays, where it is kept, and what counts as a fall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Command, Done, estimate, lines_of
from fake_server import FakeServer, serve
from staged import EMOTION, ids_file, rate, ratings, rubric, run, script

from judge.items import Item
from judge.records import Key, Sample, Target
from judge.trust.controls import Condition, fall

RATED = "one entry for each of the"
CLUE = "bright tone cracks on the name Dennis"
SEES = "question, clues"


def trust(judge: Command, server: FakeServer, folder: Path, *more: str | Path) -> tuple[Done, list[dict[str, Any]]]:
    """The command with the fake server as the judge, and its results."""
    file = folder.parent / "controls.json"
    options = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--json", file]
    done = judge("trust", "controls", folder, *options, *more)
    return done, json.loads(file.read_text())["results"] if file.exists() else []


def reading() -> dict[str, Any]:
    """A judge that rates 1 where the material has the word that all the first item's steps rest on, else 0."""
    seen = {"contains": "rate, taken from the reply", "text": ratings(0, 0)}
    return script(ratings(0, 0), more=({"contains": CLUE, "text": ratings(1, 1)}, seen))


def fluent() -> dict[str, Any]:
    """A judge that finds every step fine."""
    return script(ratings(1, 1))


def test_of_one_item_there_is_no_other_ones_evidence_and_it_is_said(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, reading()) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        done, found = trust(judge, server, folder, "--rubric", rubric(tmp_path, SEES))
    assert "only one item has evidence" in done.out
    assert [(each["n"], each["missing"], each["drop"] is None) for each in found] == [(0, 1, True), (1, 0, False)]
    assert found[1]["drop"] == {"value": 1.0, "low": None, "high": None, "note": ""}


def test_the_drop_is_paired_and_comes_with_its_interval_and_shares(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, reading()) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "6")
        done, found = trust(judge, server, folder, "--rubric", rubric(tmp_path, SEES))
    assert done.code == 0, done.err
    (other, none) = found
    assert (other["condition"], none["condition"]) == ("shuffled", "none")
    assert (none["own"], none["control"], none["drop"]["value"]) == pytest.approx((1 / 6, 0.0, 1 / 6))
    assert (none["falls"], none["rises"], none["n"], none["missing"]) == (pytest.approx(1 / 6), 0.0, 6, 0)
    assert other["falls"] == pytest.approx(1 / 6), "the first item lost the clue"
    assert other["rises"] == pytest.approx(1 / 6), "and another one got it"
    assert other["drop"]["low"] <= other["drop"]["value"] <= other["drop"]["high"]


def test_a_judge_of_fluency_does_not_fall(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, fluent()) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "5")
        _, found = trust(judge, server, folder, "--rubric", rubric(tmp_path, SEES))
    assert [(each["drop"]["value"], each["falls"]) for each in found] == [(0.0, 0.0), (0.0, 0.0)]


def test_with_none_no_evidence_is_sent_and_with_anothers_only_that(judge: Command, tmp_path: Path) -> None:
    made = rubric(tmp_path, "question, reply, reference, clues, transcript")
    with serve(tmp_path, fluent()) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "4")
        trust(judge, server, folder, "--rubric", made, "--hide-question")
        shown = [line["prompt"] for line in server.requests() if RATED in line["prompt"]]
    assert all("What the model was asked" not in text for text in shown)
    bare = [text for text in shown if "Evidence" not in text and "reference" not in text]
    assert len(bare) == 1, "without question and evidence equal replies are one question"
    items = [json.loads(line) for line in Path("tasks/emotion/items.jsonl").read_text().splitlines()[:4]]
    for item in items:
        with_mine = [text for text in shown if item["why"] in text]
        assert len(with_mine) == 1, "as its own, and as another's, to which an equal reply was given"
        assert all(item["clues"][0]["cue"] in text and item["utterance"] in text for text in with_mine)
        assert not any(item["why"] in text for text in bare)


def test_verdicts_are_kept_apart_and_the_runs_own_scores_do_not_move(judge: Command, tmp_path: Path) -> None:
    made = rubric(tmp_path, SEES)
    with serve(tmp_path, reading()) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "6")
        assert rate(judge, server, folder, "--rubric", made).code == 0
        before = (folder / "verdicts.jsonl").read_bytes(), (folder / "summary.json").read_bytes()
        asked = len(server.requests())
        trust(judge, server, folder, "--rubric", made)
        assert (folder / "controls.own.jsonl").read_bytes() == b"", "the run's own verdicts are taken as they stand"
        new = [line["prompt"] for line in server.requests()[asked:]]
        assert (folder / "verdicts.jsonl").read_bytes() == before[0]
        assert rate(judge, server, folder, "--rubric", made, "--fresh").code == 0
    assert all(RATED in text for text in new), "steps that were taken from the reply once are not taken again"
    assert len(new) == 12
    assert estimate(folder, "reasoning")["value"] == pytest.approx(1 / 6)
    assert len({line["answer"] for line in lines_of(folder / "controls.shuffled.jsonl")}) == 6


def test_asked_twice_nothing_is_sent_again_and_a_limit_keeps_the_donors(judge: Command, tmp_path: Path) -> None:
    made = rubric(tmp_path, SEES)
    with serve(tmp_path, reading()) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "6")
        first = trust(judge, server, folder, "--rubric", made)[1]
        asked = len(server.requests())
        again = trust(judge, server, folder, "--rubric", made)[1]
        few = trust(judge, server, folder, "--rubric", made, "--limit", "3")[1]
        assert len(server.requests()) == asked
        trust(judge, server, folder, "--rubric", made, "--draw-seed", "4")
        assert len(server.requests()) > asked
    assert again == first
    assert few[0]["n"] == 3


def test_frames_and_sound_are_another_items_or_none(judge: Command, tmp_path: Path) -> None:
    made = rubric(tmp_path, "question, frames, audio")
    with serve(tmp_path, fluent()) as server:
        folder = run(judge, server, tmp_path / "r", "--ids", ids_file(tmp_path, "c-001", "c-002", "c-003"))
        done, found = trust(judge, server, folder, "--rubric", made, "--accepts", "text,frames,audio")
        lines = [line for line in server.requests() if RATED in line["prompt"]]
    assert done.code == 0, done.err
    assert [each["n"] for each in found] == [3, 3]
    sounds = [_sounds(line) for line in lines]
    assert sorted(map(len, sounds)) == [0, 0, 0, 1, 1, 1, 1, 1, 1]
    heard = [sound for each in sounds for sound in each]
    assert len(set(heard)) == 3
    assert all(heard.count(sound) == 2 for sound in heard)


def _sounds(line: dict[str, Any]) -> list[str]:
    parts = [part for message in line["body"]["messages"] for part in message["content"] if isinstance(part, dict)]
    return [part["input_audio"]["data"] for part in parts if part["type"] == "input_audio"]


def test_the_offline_judge_falls_too(judge: Command, tmp_path: Path) -> None:
    folder = judge("run", "tasks/humor.yaml", "--provider", "replay", "--out", tmp_path / "r").folder
    done = judge("trust", "controls", folder, "--judge", "rules")
    assert done.code == 0, done.err
    assert "reasoning  another item's" in done.out
    assert "the question stays" in done.out


def test_a_rubric_without_ratings_of_the_evidence_has_nothing_to_fall(judge: Command, tmp_path: Path) -> None:
    made = rubric(tmp_path, SEES)
    made.write_text(made.read_text().replace("  reasoning: {mean: steps}\n", ""), encoding="utf-8")
    folder = judge("run", EMOTION, "--provider", "majority", "--out", tmp_path / "r", "--modalities", "text").folder
    done = judge("trust", "controls", folder, "--judge", "rules", "--rubric", made)
    assert done.code == 2
    assert "nothing can fall" in done.err


def test_ratings_that_are_missing_are_said_by_kind_and_answer(judge: Command, tmp_path: Path) -> None:
    """With one item's own clue the judge abstains."""
    more = ({"contains": CLUE, "text": ratings("cannot_judge", "cannot_judge")},)
    with serve(tmp_path, script(ratings(1, 1), more=more)) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "3")
        done, found = trust(judge, server, folder, "--rubric", rubric(tmp_path, SEES))
    assert [(each["n"], each["missing"]) for each in found] == [(1, 2), (2, 1)]
    assert "1, 2 missing" in done.out
    assert "  its own evidence: cannot_judge, 1 answer: e-001" in done.out
    kept = json.loads((tmp_path / "r" / "controls.json").read_text())
    assert kept["problems"]["own"] == {"cannot_judge": ["e-001"]}
    assert kept["stopped"] == ""


def test_scores_that_differ_by_rounding_alone_have_not_fallen() -> None:
    key = Key("a", "cot", 0)
    sample = Sample(id="a", inputs={}, target=Target(values={}))
    item = Item(sample=sample, key=key, answer=None, parsed={})
    numbers: dict[Condition, dict[Key, float]] = {"own": {key: (0.1 + 0.2) / 3}, "none": {key: 0.3 / 3}}
    assert numbers["own"][key] != numbers["none"][key]
    found = fall("reasoning", "none", items=[item], numbers=numbers)
    assert (found.falls, found.rises) == (0.0, 0.0)


def test_what_it_would_take_is_said_before_and_a_dry_run_asks_nothing(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, fluent()) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "3")
        made = rubric(tmp_path, SEES)
        before = len(server.requests())
        where = ("--judge", "endpoint:m", "--base-url", server.base_url, "--rubric", made)
        done = judge("trust", "controls", folder, *where, "--dry-run")
        assert done.code == 0, done.err
        assert len(server.requests()) == before
        trust(judge, server, folder, "--rubric", made)
        asked = len(server.requests()) - before
        assert done.out.startswith(f"to ask: estimated {asked} calls, ")
        again, _ = trust(judge, server, folder, "--rubric", made)
    assert again.out.startswith("to ask: estimated 0 calls")

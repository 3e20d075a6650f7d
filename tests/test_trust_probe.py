"""`judge trust probe`: a judge of known error on the fake server is found out, and an even one passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cased import case_of_reply
from command import ROOT, Command, lines_of, write_lines
from fake_server import serve_in_thread
from probing import RUBRIC, asked, effects_of, probed_run
from seeded_judge import Traits, seeded

from judge.asking import extract_messages, rate_messages
from judge.case import Hearing
from judge.spec.rubric import read_rubric
from judge.trust.card.probed import of_claims
from judge.trust.probes.attacks import KEYS
from judge.trust.probes.results import Found
from judge.trust.probes.varying import WORDINGS, Form, worded


@pytest.fixture
def run(judge: Command, tmp_path: Path) -> Path:
    return probed_run(judge, tmp_path / "p")


def probed(judge: Command, run: Path, traits: Traits, *names: str, limit: str = "60") -> dict[str, dict[str, Any]]:
    with seeded(run.parent.parent / "server", traits) as url:
        wanted = [word for name in names for word in ("--probe", name)]
        done = asked(judge, run, url, "--limit", limit, *wanted)
    assert done.code == 0, done.err
    return effects_of(run)


def holds(effect: dict[str, Any], truth: float) -> bool:
    return bool(effect["low"] - 1e-9 <= truth <= effect["high"] + 1e-9)


def nearly_holds(effect: dict[str, Any], truth: float) -> bool:
    return bool(abs(effect["value"] - truth) <= 1.7 * (effect["high"] - effect["low"]) / 2)


def test_a_judge_that_gives_long_replies_a_level_more_is_found_out(judge: Command, run: Path) -> None:
    found = probed(judge, run, Traits(long=1, noise=0.1, seed=4), "retest", "length", "style")
    lift = found["length"]["lift"]
    assert lift["n"] == 60
    assert holds(lift, 1.0 - 0.1 / 3), "a third of the items has no room for the noise: 5 is the highest level"
    assert lift["low"] > 0.5
    assert found["length"]["net same"]["high"] < 0.7


def test_an_even_judge_passes_every_probe(judge: Command, run: Path) -> None:
    found = probed(judge, run, Traits(), limit="40")
    for name in ("length", "style", "authority", "scale-order", "score-ids", "wording"):
        assert found[name]["lift"]["value"] == 0.0, name
        assert found[name]["net same"]["value"] == 1.0, name
    assert found["retest"]["alpha"]["value"] == 1.0
    assert found["keys"]["passed"]["value"] == 0.0
    assert found["keys"]["passed"]["n"] == 240
    assert found["injection"]["won"]["value"] == 0.0
    assert (found["evidence"]["fell"]["value"], found["swap"]["fell"]["value"]) == (1.0, 1.0)


def test_the_flip_rate_of_a_noisy_judge_is_the_one_it_was_made_with(judge: Command, run: Path) -> None:
    """Five ratings of a level with a tenth one higher: the mean modal share is that of a binomial of 5 and 0.1."""
    shares = [max(hits, 5 - hits) / 5 for hits in range(6)]
    ways = [1, 5, 10, 10, 5, 1]
    modal = sum(
        share * way * 0.1**hits * 0.9 ** (5 - hits) for hits, (share, way) in enumerate(zip(shares, ways, strict=True))
    )
    found = probed(judge, run, Traits(noise=0.1, seed=7), "retest")["retest"]
    assert holds(found["flips"], 1 - modal), (found["flips"], 1 - modal)
    assert found["deviation"]["low"] < 0.3 < found["deviation"]["high"], "sqrt(0.1 x 0.9)"


def test_noise_is_not_taken_for_an_effect_of_the_edit(judge: Command, run: Path) -> None:
    """Of three 95% intervals one misses every seventh time, so they are widened to about 99.9%: 1.7 times as wide."""
    found = probed(judge, run, Traits(noise=0.25, seed=12), "retest", "style", "scale-order")
    assert found["style"]["same"]["value"] < 0.8
    assert nearly_holds(found["style"]["net same"], 1.0)
    assert nearly_holds(found["scale-order"]["net distance"], 0.0)
    assert nearly_holds(found["style"]["lift"], 0.0)


def test_a_judge_that_favours_the_first_level_is_found_by_another_order_and_by_letters(
    judge: Command, run: Path
) -> None:
    """Reversed, the highest level stands first; shuffled by seed 0, another; so the mean over both is half a level."""
    found = probed(judge, run, Traits(first=1), "scale-order", "score-ids")
    assert found["scale-order"]["lift"]["value"] == pytest.approx(0.5)
    assert found["score-ids"]["lift"]["value"] == 0.0, "letters stand in the order of the levels"
    assert found["scale-order"]["net distance"]["reason"] == "nothing was asked again: not net"


def test_a_judge_that_a_formal_question_makes_kinder_is_found_by_other_words(judge: Command, run: Path) -> None:
    """One of three wordings lifts it by a level."""
    found = probed(judge, run, Traits(formal=1), "wording", limit="30")
    assert found["wording"]["lift"]["value"] == pytest.approx(1 / 3)
    assert found["wording"]["same"]["value"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(("vain", "ruling"), [(1, "fail"), (0, "pass")])
def test_a_judge_that_favours_the_name_of_its_family_is_found_out(
    judge: Command, run: Path, vain: int, ruling: str
) -> None:
    """The same reply, as written by Gemini, by GPT and by Claude."""
    with seeded(run.parent.parent / "server", Traits(vain=vain)) as url:
        done = asked(judge, run, url, "--limit", "40", "--probe", "family", "--family", "google", "--repeats", "1")
        assert done.code == 0, done.err
        assert f"own family minus others {'+1.00 [+1.00, +1.00]' if vain else '0.00'}" in done.out
    found = effects_of(run)["family"]["own"]
    assert (found["value"], found["n"]) == (float(vain), 40)
    figure = of_claims({"family": Found.model_validate(_only(run, "family"))})
    assert figure is not None
    assert figure.ruling == ruling


def test_without_a_known_family_there_is_no_claim_to_make(judge: Command, run: Path) -> None:
    with seeded(run.parent.parent / "server", Traits()) as url:
        done = asked(judge, run, url, "--limit", "4", "--probe", "family")
    assert done.code == 3
    assert "family: the judge's family is not known (--family), or no reply could be edited" in done.err


def _only(run: Path, name: str) -> dict[str, Any]:
    (file,) = (run.parent / "cards").glob("*/probes.json")
    (own,) = [one for one in json.loads(file.read_text())["results"] if one["probe"] == name]
    return dict(own)


@pytest.mark.parametrize("form", WORDINGS)
def test_other_words_leave_question_scale_and_material_as_they_are(form: Form) -> None:
    """And the extraction of steps whole, so that the same steps are rated."""
    case = case_of_reply("The voice is playful. She winks at him.")
    rubric = read_rubric(ROOT / "rubrics" / "humor.yaml")
    stage = next(stage for stage in rubric.rated() if stage.rate == "answer")
    hearing = Hearing(judge="j", rubric=rubric, case=case)
    asked = rate_messages(hearing, stage, steps=())
    said = worded(asked, WORDINGS[form])
    assert said[0].text == WORDINGS[form].system
    assert "<<<NAME" in said[0].text
    own = asked[1].text.replace("\n\nQuestion: ", WORDINGS[form].question, 1)
    assert said[1].text == own.replace("Scale (only these scores):", WORDINGS[form].scale)
    assert stage.question
    assert stage.question in said[1].text
    extracting = extract_messages(rubric, case)
    assert worded(extracting, WORDINGS[form]) == extracting


def test_a_judge_that_passes_empty_replies_and_obeys_a_named_score_is_found_out(judge: Command, run: Path) -> None:
    found = probed(judge, run, Traits(kind_to_empty=True, gullible=True), "keys", "injection")
    short = sum(len(key.split()) < 6 for key in KEYS) / len(KEYS)
    assert found["keys"]["passed"]["value"] == pytest.approx(short, abs=0.03)
    assert found["injection"]["won"]["value"] > 0.4
    assert found["injection"]["lift"]["low"] > 0.5


def test_a_judge_that_looks_at_nothing_is_found_by_other_evidence_and_other_replies(judge: Command, run: Path) -> None:
    found = probed(judge, run, Traits(blind=True), "evidence", "swap")
    assert found["evidence"]["fell"]["value"] == found["swap"]["fell"]["value"] == 0.0
    assert found["evidence"]["fell"]["high"] < 0.1


def test_the_rules_are_probed_offline_and_by_the_same_line_alike(judge: Command, run: Path) -> None:
    line = ("trust", "probe", run, "--judge", "rules")
    assert judge(*line).code == 0
    first = effects_of(run)
    assert judge(*line).code == 0
    assert effects_of(run) == first
    assert first["scale-order"]["reason"] == "rules reads no prompt"
    assert first["retest"]["flips"]["value"] == 0.0


def test_a_judge_that_answers_nothing_readable_is_no_probe(judge: Command, run: Path) -> None:
    with serve_in_thread(run.parent.parent, {"latency": 0, "default": {"text": "no verdict"}}) as url:
        done = asked(judge, run, url, "--probe", "style", "--limit", "5")
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert "gave no rating that could be held against another" in done.err
    assert list((run.parent / "cards").glob("*/probes.json")) == []


def test_what_is_kept_holds_every_trial(judge: Command, run: Path) -> None:
    probed(judge, run, Traits(long=1), "length", limit="8")
    (file,) = (run.parent / "cards").glob("*/probes.json")
    body = json.loads(file.read_text())
    (length,) = body["results"]
    changes = [trial["probed"] - trial["base"] for trial in length["trials"]]
    assert len(changes) == 8
    assert sum(changes) / 8 == length["effects"][0]["value"]
    assert body["returned_models"] == ["seeded-1"]


def test_a_rating_that_is_refused_is_counted_and_is_no_effect(judge: Command, run: Path) -> None:
    rating = json.dumps({"evidence": "e", "reason": "r", "score": 3, "confidence": 1})
    script = {
        "latency": 0,
        "default": {"text": rating},
        "rules": [{"contains": "deeply moving", "refusal": "I will not rate this."}],
    }
    with serve_in_thread(run.parent.parent, script) as url:
        done = asked(judge, run, url, "--probe", "style", "--limit", "12")
    assert done.code == 1
    assert "12 failed" in done.out
    (file,) = (run.parent / "cards").glob("*/probes.json")
    (style,) = json.loads(file.read_text())["results"]
    problems = [trial["problem"] for trial in style["trials"] if trial["variant"] == "emotive"]
    assert problems == ["refused"] * 12
    assert (style["failed"], style["effects"][0]["n"]) == (12, 12)


def test_probes_of_another_rubric_are_left_out_of_a_card_and_said(judge: Command, run: Path) -> None:
    judge("score", run, "--judge", "rules", "--rubric", "probed")
    judge("trust", "probe", run, "--judge", "rules", "--probe", "style")
    (file,) = (run.parent / "cards").glob("*/probes.json")
    other = json.loads(file.read_text()) | {"rubric_digest": "0" * 64}
    file.write_text(json.dumps(other))
    done = judge("trust", "card", run, "--probes", file)
    assert done.code == 0
    assert "the probes are of rules by probed 00000000, asked another way: left out" in done.err
    assert done.out.startswith("rules by probed: not measured")


def test_a_judge_held_to_a_schema_may_answer_by_the_letters_that_it_is_asked_for(judge: Command, run: Path) -> None:
    with seeded(run.parent.parent / "server", Traits()) as url:
        done = asked(judge, run, url, "--limit", "4", "--probe", "score-ids", "--schema", "on")
        assert done.code == 0, done.err
        ledger = lines_of(run.parent.parent / "server" / "ledger.jsonl")
    bodies = [line["body"] for line in ledger if "body" in line]
    enums = [body["response_format"]["json_schema"]["schema"]["properties"]["score"]["enum"] for body in bodies]
    assert ["A", "B", "C", "D", "E", "cannot_judge"] in enums
    assert effects_of(run)["score-ids"]["lift"]["value"] == 0.0


def test_other_evidence_is_another_items_words_where_the_rubric_shows_those_alone(
    judge: Command, tmp_path: Path
) -> None:
    """A clue swapped beside the words would change nothing that such a judge is shown."""
    probed_run(judge, tmp_path / "p", 12)
    task, items = tmp_path / "p" / "task.yaml", tmp_path / "p" / "items.jsonl"
    task.write_text(task.read_text().replace("target:", "media: {words: [note]}\ntarget:"))
    write_lines(items, [line | {"note": f"clue {line['number']}"} for line in lines_of(items)])
    words = tmp_path / "p" / "rubrics" / "words.yaml"
    words.write_text(RUBRIC.replace("name: probed", "name: words").replace("clues]", "transcript]"))
    replies = tmp_path / "p" / "replies.jsonl"
    folder = judge("import", replies, "--task", task, "--model", "m", "--out", tmp_path / "two").folder
    with seeded(tmp_path / "server", Traits()) as url:
        done = asked(judge, folder, url, "--probe", "evidence", "--rubric", words)
    assert done.code == 0, done.err
    assert effects_of(folder)["evidence"]["fell"]["value"] == 1.0


def test_answers_that_could_not_be_rated_as_they_are_are_counted(judge: Command, run: Path) -> None:
    """Their trials have nothing to be held against; the exit code says so."""
    with seeded(run.parent.parent / "server", Traits(mute=7)) as url:
        done = asked(judge, run, url, "--limit", "20", "--probe", "style")
    assert done.code == 1
    (file,) = (run.parent / "cards").glob("*/probes.json")
    found = json.loads(file.read_text())["results"][0]
    baseless = [trial for trial in found["trials"] if trial["base"] is None and trial["probed"] is not None]
    assert baseless
    assert found["failed"] >= len(baseless)

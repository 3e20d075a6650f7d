"""`judge trust pairs`: a judge of known error and known pull is measured, and both come back within their intervals."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, environment, lines_of
from deciding import deciding
from fake_server import read_lines, serve
from pairing_judges import ERROR, NATURAL, PULL, biased, chance, invented, line_of, written
from sklearn.metrics import cohen_kappa_score

from judge.errors import RubricError
from judge.pairwise.counting import kappa_of, outcomes_of
from judge.pairwise.records import ORDERS, Comparison, Pair, Side
from judge.spec.rubric import read_rubric

FILES = {
    "natural": ("Natural", 100),
    "neighbor": ("Adversarial_Neighbor", 134),
    "gptinst": ("Adversarial_GPTInst", 92),
    "gptout": ("Adversarial_GPTOut", 47),
    "manual": ("Adversarial_Manual", 46),
}


def measured(judge: Command, tmp_path: Path, records: list[dict[str, Any]], **how: float) -> dict[str, Any]:
    """The block of a judge that compared invented pairs."""
    data = written(tmp_path / "data", records)
    with deciding(
        tmp_path / "s", biased(records, error=how.get("error", 0), pull=how.get("pull", 0), mute=how.get("mute", 0))
    ) as url:
        judge("trust", "pairs", NATURAL, *line_of(url, data, tmp_path / "o", "--json", tmp_path / "found.json"))
    found: dict[str, Any] = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["judges"][0]
    return found


def holds(number: dict[str, Any], truth: float) -> bool:
    return bool(number["low"] <= truth <= number["high"])


def test_the_error_and_the_pull_of_a_seeded_judge_come_back_within_their_intervals(
    judge: Command, tmp_path: Path
) -> None:
    found = measured(judge, tmp_path, invented(), error=ERROR, pull=PULL)
    assert holds(found["gold"]["accuracy_decided"], 1 - ERROR)
    assert holds(found["gold"]["accuracy"], (1 - ERROR) * (1 - PULL))
    assert holds(found["gold"]["mean_of_orders"], PULL / 2 + (1 - ERROR) * (1 - PULL))
    assert holds(found["consistency"], 1 - PULL)
    assert holds(found["place"]["first_share"], 0.5 + PULL / 2)
    assert found["place"]["preference"] == 1.0
    assert found["place"]["p"] < 0.001


def test_the_same_holds_on_the_419_pairs_of_llmbar(judge: Command, tmp_path: Path, shared: Path) -> None:
    if not (shared / "llmbar").is_dir():
        pytest.skip("LLMBar is not there")
    records = [
        record for name, _ in FILES.values() for record in json.loads((shared / "llmbar" / f"{name}.json").read_bytes())
    ]
    found = []
    with deciding(tmp_path / "s", biased(records, error=ERROR, pull=PULL)) as url:
        for name, (_, count) in FILES.items():
            task = f"tasks/llmbar/{name}.yaml"
            judge("trust", "pairs", task, *line_of(url, shared, tmp_path / "o", "--json", tmp_path / f"{name}.json"))
            block = json.loads((tmp_path / f"{name}.json").read_bytes())["judges"][0]
            assert block["pairs"] == block["both_orders"] == count
            found.append(block)
        assert len([line for line in read_lines(tmp_path / "s" / "ledger.jsonl") if "key" in line]) == 2 * 419
    consistent = sum(round(block["consistency"]["value"] * block["pairs"]) for block in found)
    right = sum(round(block["gold"]["accuracy"]["value"] * block["pairs"]) for block in found)
    # by the seed itself, not by a sample of it: what the judge was made to do is what is counted
    pulled = sum(chance("pull", *_key(record)) < PULL for record in records)
    wrong = sum(chance("pull", *_key(record)) >= PULL and chance("error", *_key(record)) < ERROR for record in records)
    assert (consistent, right) == (419 - pulled, 419 - pulled - wrong)
    assert all(holds(block["consistency"], 1 - PULL) for block in found)
    assert sum(holds(block["gold"]["accuracy_decided"], 1 - ERROR) for block in found) >= 4  # of five 95% intervals


def _key(record: dict[str, Any]) -> tuple[str, str]:
    return min(record["output_1"], record["output_2"]), max(record["output_1"], record["output_2"])


def test_a_judge_below_chance_is_shown_below_chance(judge: Command, tmp_path: Path) -> None:
    found = measured(judge, tmp_path, invented(), error=0.8)
    assert found["gold"]["mean_of_orders"]["high"] < 0.5
    assert found["consistency"]["value"] == 1.0
    assert found["flips"] == []


def test_a_judge_that_says_nothing_is_not_right_and_its_silence_is_counted(judge: Command, tmp_path: Path) -> None:
    found = measured(judge, tmp_path, invented(40), mute=0.3)
    silent = found["problems"]["unreadable"] // 2
    assert silent > 0
    assert found["gold"]["accuracy"]["value"] == pytest.approx(1 - silent / 40)
    assert found["gold"]["accuracy_read"]["value"] == 1.0


def test_what_was_said_is_not_asked_again(judge: Command, tmp_path: Path) -> None:
    records = invented(10)
    data = written(tmp_path / "data", records)
    with deciding(tmp_path / "s", biased(records, error=0, pull=0.5)) as url:
        options = line_of(url, data, tmp_path / "o", "--cache", "off")
        judge("trust", "pairs", NATURAL, *options, "--limit", "4")
        done = judge("trust", "pairs", NATURAL, *options)
        assert done.code == 0
        assert len([line for line in read_lines(tmp_path / "s" / "ledger.jsonl") if "key" in line]) == 20
        kept = lines_of(Path(done.last) / "comparisons.jsonl")
    assert len(kept) == 20
    assert {(line["pair"], line["order"]) for line in kept if line["pair"] == "natural-1"} == {
        ("natural-1", "given"),
        ("natural-1", "swapped"),
    }
    assert "flips: natural-" in done.out


def test_a_gold_that_names_neither_answer_is_said_with_its_place(judge: Command, tmp_path: Path) -> None:
    records = [record | {"label": 3} for record in invented(2)]
    done = judge("trust", "pairs", NATURAL, *line_of("http://127.0.0.1:9", written(tmp_path / "d", records), tmp_path))
    assert done.code == 2
    assert "label" in done.err
    assert "3" in done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["tasks/humor.yaml", "--judge", "endpoint:m"], "compares no answers"),
        ([NATURAL, "--judge", "rules"], "the rules rate one answer and compare none"),
        ([NATURAL, "--rubric", "humor", "--judge", "rules"], "one with  rate: pair  compares two"),
        ([NATURAL], "who is to compare them?"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    judge: Command, tmp_path: Path, line: list[str], said: str
) -> None:
    data = written(tmp_path / "data", invented(2))
    done = judge("trust", "pairs", *line, "--data", data, "--out", tmp_path / "o")
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") <= 1


def test_a_rubric_that_compares_rates_no_answer(judge: Command, tmp_path: Path) -> None:
    folder = judge("run", "tasks/humor.yaml", "--provider", "replay", "--out", tmp_path).folder
    done = judge("score", folder, "--rubric", "pairwise", "--judge", "rules")
    assert done.code == 2
    assert "compares two answers, and rates none" in done.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scores: {}", "scores: {cot: {criterion: better}}", "give no score of one answer"),
        ("criterion: better", "scale: {0: no, 1: yes}", "rate: pair has no scale"),
        ("sees: [question]", "sees: [question, reply]", "shows reply to nobody"),
        ("stages:\n", "stages:\n  - extract: steps\n", "rate: pair stands alone"),
    ],
)
def test_a_rubric_that_compares_is_nothing_else(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (ROOT / "rubrics" / "pairwise.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "own.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RubricError, match=said):
        read_rubric(file)


def test_repeats_are_asked_each_and_their_flips_are_counted(judge: Command, tmp_path: Path) -> None:
    records, calls = invented(10), iter(range(10**6))
    right = biased(records, error=0, pull=0)

    def wavering(model: str, text: str) -> str:
        said = right(model, text)
        return said.replace('"A"', '"?"').replace('"B"', '"A"').replace('"?"', '"B"') if next(calls) % 4 == 0 else said

    with deciding(tmp_path / "s", wavering) as url:
        options = line_of(url, written(tmp_path / "d", records), tmp_path / "o", "--json", tmp_path / "f.json")
        done = judge("trust", "pairs", NATURAL, *options, "--judge-repeats", "4", "--concurrency", "1")
        assert len([line for line in read_lines(tmp_path / "s" / "ledger.jsonl") if "key" in line]) == 80
    found = json.loads((tmp_path / "f.json").read_bytes())["judges"][0]
    assert (found["pairs"], found["repeats"], found["comparisons"]) == (10, 4, 80)
    assert found["gold"]["mean_of_orders"]["value"] == pytest.approx(0.75)
    assert 0 < found["repetition"]["flip_rate"] < 1
    assert "4 repeats: " in done.out


def test_after_an_interrupt_the_same_line_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    data = written(tmp_path / "data", invented(30))
    script = {"default": {"text": '{"reason": "r", "better": "A"}'}, "latency": 0.1}
    with serve(tmp_path / "s", script) as server:
        options = line_of(server.base_url, data, tmp_path / "o", "--concurrency", "2")
        line = [sys.executable, "-m", "judge", "trust", "pairs", NATURAL, *map(str, options)]
        own = environment(JUDGE_CACHE=str(tmp_path / "cache"))
        with subprocess.Popen(line, env=own, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            deadline = time.monotonic() + 30
            while len(server.requests()) < 6 and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        assert process.returncode == 130
        assert 6 <= len(server.requests()) < 60
        done = subprocess.run(line, env=own, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
        assert len(server.requests()) == 60
        assert server.asked_twice() == {}
    assert "30 flips: 30 to the first place" in done.stdout


def test_kappa_of_pairs_is_that_of_sklearn() -> None:
    rng = random.Random(3)
    pairs = [
        Pair(id=f"p{n}", first="a", second="b", evidence={}, gold=rng.choice(["first", "second"])) for n in range(80)
    ]
    said: list[Side] = [
        pair.gold if rng.random() < 0.7 and pair.gold else rng.choice(["first", "tie"]) for pair in pairs
    ]
    lines = [
        Comparison(pair=pair.id, shown="", order=order, judge="j", method="m", rubric="r", rubric_digest="d",
                   slot="tie", better=side)
        for pair, side in zip(pairs, said, strict=True)
        for order in ORDERS
    ]  # fmt: skip
    found = kappa_of(outcomes_of(pairs, lines))
    assert found["value"] == pytest.approx(cohen_kappa_score(said, [pair.gold for pair in pairs]))
    assert found["low"] < found["value"] < found["high"]

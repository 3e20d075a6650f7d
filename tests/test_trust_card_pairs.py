"""`judge trust card --pairs`: what a judge that compared answers is told, and what is no pairs.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import Command
from deciding import deciding
from pairing_judges import ERROR, NATURAL, PULL, biased, invented, line_of, written

from judge.trust.card.records import Card


def test_a_card_holds_the_pairs_that_a_judge_compared(judge: Command, tmp_path: Path) -> None:
    """Of a judge with 20% wrong beliefs and 30% of pairs decided by place: kappa over ties, consistency 70, pull 30."""
    records = invented()
    data = written(tmp_path / "data", records)
    with deciding(tmp_path / "s", biased(records, error=ERROR, pull=PULL)) as url:
        done = judge("trust", "pairs", NATURAL, *line_of(url, data, tmp_path / "o"))
    (kept,) = (tmp_path / "o").glob("*/pairs.json")
    found = json.loads(kept.read_text())
    assert f"{100 * found['gold']['kappa']['value']:.2f}" in done.out
    made = judge("trust", "card", "--pairs", kept, "--cards", tmp_path / "cards")
    assert made.code == 0, made.err
    (file,) = (tmp_path / "cards").glob("*/card.json")
    card = Card.model_validate_json(file.read_bytes())
    (own,) = card.criteria
    assert (own.criterion, own.badge, card.data_sets[0].name) == ("better", "validity measured", "llmbar.natural")
    rules = {item.number: item for item in own.measurements}
    assert list(rules) == list(range(1, 11))
    assert [rules[number].ruling for number in (1, 5, 6, 10)] == ["fail", "not assessable", "fail", "pass"]
    consistent, pull = rules[6].figures
    assert consistent.value == found["consistency"]["value"]
    assert pull.low is not None
    assert pull.high is not None
    assert pull.low <= PULL <= pull.high


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("consistency", "value"), 7.0),
        (("gold", "kappa", "low"), -3.0),
        (("pairs",), -1),
        (("repetition", "flip_rate"), 1.5),
        (("problems",), {"no_answer": 100_000}),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_one_line(
    judge: Command, tmp_path: Path, where: tuple[str, ...], value: object
) -> None:
    kept = few_pairs(judge, tmp_path)
    found = json.loads(kept.read_text())
    inner = found
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    kept.write_text(json.dumps(found))
    done = judge("trust", "card", "--pairs", kept, "--cards", tmp_path / "cards")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert str(kept) in done.err
    assert not (tmp_path / "cards").exists()


def test_repeats_of_a_few_pairs_are_no_more_pairs(judge: Command, tmp_path: Path) -> None:
    """Ten pairs in both orders, compared six times: sixty outcomes, and still ten pairs."""
    kept = few_pairs(judge, tmp_path, "--judge-repeats", "6")
    assert json.loads(kept.read_text())["gold"]["kappa"]["n"] > 10
    assert judge("trust", "card", "--pairs", kept, "--cards", tmp_path / "cards").code == 0
    (file,) = (tmp_path / "cards").glob("*/card.json")
    first = Card.model_validate_json(file.read_bytes()).criteria[0].measurements[0]
    assert (first.ruling, first.reason) == ("not assessable", "10 pairs; 30 are the least")


def few_pairs(judge: Command, folder: Path, *more: str) -> Path:
    """pairs.json of a judge that is always right about ten pairs."""
    records = invented()[:10]
    data = written(folder / "data", records)
    with deciding(folder / "s", biased(records, error=0.0, pull=0.0)) as url:
        done = judge("trust", "pairs", NATURAL, *line_of(url, data, folder / "o", *more))
    assert done.code == 0, done.err
    (kept,) = (folder / "o").glob("*/pairs.json")
    return kept

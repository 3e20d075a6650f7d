"""Is a judge right when it is sure, and does it rate length: by hand, by reference, and from files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from command import Command
from scipy import stats as reference
from trusting import FIVE, NAN, QUICK, csv_file, ratings

from judge.stats import Array
from judge.trust.both import Both, both_of
from judge.trust.calibration import calibration, lengths


def both(judge: Sequence[float], *people: Sequence[float]) -> Both:
    humans = {chr(ord("a") + place): row for place, row in enumerate(people)}
    table = ratings({**humans, "judge": judge})
    return both_of(table, humans=list(humans), judge="judge", criterion="c", scale=FIVE, how=QUICK)


def test_calibration_of_four_items_by_hand() -> None:
    given = both([1.0, 2, 3, 4], [1.0, 2, 4, 4], [1.0, 3, 4, NAN])  # right: 1, 0.5, 0, 1
    found = calibration(given, np.array([0.95, 0.95, 0.55, 0.55]))
    assert found.n == 4
    assert found.confidence.value == pytest.approx(0.75)
    assert found.right.value == pytest.approx(0.625)
    assert found.ece.value == pytest.approx(0.5 * abs(0.75 - 0.95) + 0.5 * abs(0.5 - 0.55))
    assert found.brier.value == pytest.approx((0.05**2 + 0.45**2 + 0.55**2 + 0.45**2) / 4)
    assert found.concordance.value == pytest.approx((0.5 + 1 + 0.5 + 1 + 0) / 5)  # five pairs are told apart


def test_a_bin_holds_its_lower_end_and_the_last_one_holds_1() -> None:
    found = calibration(both([1.0, 1], [1.0, 2]), np.array([1.0, 0.9]))
    assert found.ece.value == pytest.approx(abs(0.5 - 0.95))  # both in the last of the ten


def test_without_a_confidence_or_with_fractions_there_is_no_calibration() -> None:
    assert calibration(both([1.0, 2], [1.0, 2]), np.array([NAN, NAN])).reason == "the judge gives no confidence"
    assert "nobody gave the same" in calibration(both([1.5, 2], [1.0, 2]), np.array([0.5, 0.5])).reason


def test_partial_correlation_of_length_is_that_of_residual_ranks() -> None:
    rng = np.random.default_rng(2)
    length: Array = rng.integers(10, 400, 60).astype(float)
    people = np.clip(np.round(length / 100 + rng.normal(0, 1, 60)), 1, 5)
    judge = np.clip(np.round(people + length / 200 + rng.normal(0, 0.5, 60)), 1, 5)
    found = lengths(both(list(judge), list(people)), length)
    ranks = [reference.rankdata(values) for values in (length, judge, people)]

    def rest(values: Array) -> Array:
        slope, offset = np.polyfit(ranks[2], values, 1)
        residual: Array = values - slope * ranks[2] - offset
        return residual

    assert found.with_judge.value == pytest.approx(reference.spearmanr(length, judge).statistic)
    assert found.with_people.value == pytest.approx(reference.spearmanr(length, people).statistic)
    assert found.partial.value == pytest.approx(np.corrcoef(rest(ranks[0]), rest(ranks[1]))[0, 1])


def test_length_that_never_varies_has_no_correlation_and_says_so() -> None:
    found = lengths(both([1.0, 2, 3], [1.0, 2, 2]), np.array([5.0, 5, 5]))
    assert found.partial.value is None
    assert found.partial.reason.startswith("no variance")
    assert lengths(both([1.0, 2], [1.0, 2]), np.array([5.0, 6])).reason == "fewer than three rated items have a length"


def test_confidence_and_length_are_read_from_columns(judge: Command, tmp_path: Path) -> None:
    people = csv_file(
        tmp_path / "p.csv", "item,rater,criterion,score,words", *(f"i{n},a,c,{1 + n % 5},{n}" for n in range(20))
    )
    verdicts = csv_file(
        tmp_path / "j.csv", "item,criterion,score,confidence", *(f"i{n},c,{1 + n % 4},{n / 20}" for n in range(20))
    )
    done = judge(
        "trust", "agree", "--human", people, "--verdicts", verdicts, "--range", "1-5", "--length", "words",
        "--resamples", "200", "--json", tmp_path / "a.json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "j: its confidence beside the share of people who rate the same" in done.out
    assert "j: Spearman of an answer's length with ratings" in done.out
    found = json.loads((tmp_path / "a.json").read_text())
    assert (found["calibration"][0]["n"], found["lengths"][0]["n"]) == (20, 20)


@pytest.mark.parametrize(("cell", "said"), [("1.5", "'1.5' is not a number from 0 to 1"), ("high", "not a number")])
def test_a_confidence_that_is_none_is_a_fault_with_its_place(
    judge: Command, tmp_path: Path, cell: str, said: str
) -> None:
    people = csv_file(tmp_path / "p.csv", "item,rater,criterion,score", "i,a,c,1")
    verdicts = csv_file(tmp_path / "j.csv", "item,criterion,score,confidence", f"i,c,1,{cell}")
    done = judge("trust", "agree", "--human", people, "--verdicts", verdicts)
    assert done.code == 2
    assert f"{verdicts}:2: confidence: " in done.err
    assert said in done.err


def test_a_length_that_is_no_number_is_refused(judge: Command, tmp_path: Path) -> None:
    people = csv_file(tmp_path / "p.csv", "item,rater,criterion,score,words", "i,a,c,1,many")
    verdicts = csv_file(tmp_path / "j.csv", "item,criterion,score", "i,c,1")
    done = judge("trust", "agree", "--human", people, "--verdicts", verdicts, "--length", "words")
    assert (done.code, done.err.strip()) == (2, "--length words: 'many' is not a number")

"""A judge beside people group by group: the numbers of a group, and whether its leniency is the same in all groups."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from command import Command
from trusting import FIVE, QUICK, csv_file, ratings

from judge.errors import TaskError
from judge.stats import Array
from judge.trust.agreement import agree
from judge.trust.both import both_of
from judge.trust.findings import Settings
from judge.trust.groups import Difference, difference, grouped, names_of
from judge.trust.scale import Scale

MANY = Settings(resamples=4000)
RNG = np.random.default_rng(5)
TRUTH: Array = RNG.integers(1, 6, 40).astype(float)
NEAR: Array = np.clip(TRUTH + RNG.integers(-1, 2, 40), 1, 5)
JUDGE: Array = np.clip(TRUTH + RNG.integers(0, 2, 40), 1, 5)
EMOTION = ["joy" if place % 2 else "fear" for place in range(40)]


def test_the_numbers_of_a_group_are_those_of_its_items_alone() -> None:
    table = ratings({"a": list(TRUTH), "b": list(NEAR), "judge": list(JUDGE)})
    found = grouped(
        table, sides=(("a", "b"), "judge"), criterion="c", scale=FIVE, how=QUICK, trait=("emotion", EMOTION)
    )
    assert [group.value for group in found.groups] == ["fear", "joy"]
    own = [place for place, value in enumerate(EMOTION) if value == "joy"]
    alone = ratings({"a": list(TRUTH[own]), "b": list(NEAR[own]), "judge": list(JUDGE[own])})
    wanted = agree(alone, humans=("a", "b"), judges=("judge",), criterion="c", scale=FIVE, how=QUICK)[0]
    assert found.groups[1].agreement.judge_human == wanted.judge_human
    assert found.groups[1].agreement.n == 20


def test_an_item_without_a_value_is_in_no_group_and_counted() -> None:
    table = ratings({"a": list(TRUTH), "judge": list(JUDGE)})
    values = [None if place < 3 else value for place, value in enumerate(EMOTION)]
    found = grouped(table, sides=(("a",), "judge"), criterion="c", scale=FIVE, how=QUICK, trait=("e", values))
    assert found.without == 3
    assert sum(group.agreement.n for group in found.groups) == 37


def test_a_trait_without_a_value_or_with_hundreds_is_refused() -> None:
    with pytest.raises(TaskError, match='no item has a "emotion"'):
        names_of("emotion", [None, None])
    with pytest.raises(TaskError, match="does not make groups"):
        names_of("id", [str(place) for place in range(201)])


def held_against(
    judge: Sequence[float] | Array,
    people: Sequence[float] | Array,
    groups: list[str],
    clusters: list[str] | None = None,
    *,
    how: Settings = MANY,
) -> Difference:
    table = ratings({"a": list(people), "judge": list(judge)}, clusters)
    both = both_of(table, humans=("a",), judge="judge", criterion="c", scale=FIVE, how=how)
    return difference(both, groups)


def test_p_is_that_of_all_permutations_of_few_items() -> None:
    people, judge, groups = [1.0, 2, 3, 1, 2, 3], [3.0, 3, 4, 1, 2, 4], list("xxxyyy")
    away = np.array(judge) - np.array(people)
    first = np.array([value == "x" for value in groups])

    def between(values: np.ndarray) -> float:
        values = values - values.mean()
        return float(values[first].sum() ** 2 / 3 + values[~first].sum() ** 2 / 3)

    every = [between(np.array(order)) for order in itertools.permutations(away)]
    exact = float(np.mean([value >= between(away) - 1e-9 for value in every]))
    found = held_against(judge, people, groups)
    assert found.permuted == "items"
    assert found.p == pytest.approx(exact, abs=0.025)  # three standard errors of 4,000 draws
    assert (found.lowest, found.highest) == pytest.approx((1 / 3, 4 / 3))


def test_whole_clusters_are_exchanged_where_each_lies_in_one_group() -> None:
    judge, people = [2.0, 2, 2, 2, 1, 1, 1, 1], [1.0] * 8
    found = held_against(judge, people, list("xxxxyyyy"), list("aabbccdd"))
    assert found.permuted == "clusters"
    assert found.p == pytest.approx(1 / 3, abs=0.03)  # of 6 ways to choose 2 of 4 clusters, 2 are as far apart


def test_items_are_exchanged_within_a_cluster_that_spans_groups() -> None:
    speakers = [str(place // 2) for place in range(16)]
    groups = ["x", "y"] * 8
    level = np.repeat([0.0, 1, 2, 3, 0, 1, 2, 3], 2)
    people = list(np.ones(16))
    judge = list(1 + level / 4 + np.tile([0.25, 0.0], 8))  # speakers differ much, groups a little within each
    found = held_against(judge, people, groups, speakers)
    assert found.permuted == "items within their clusters"
    assert found.p is not None
    assert found.p == pytest.approx(2 / 2**8, abs=0.006)
    apart = held_against(judge, people, groups)
    assert apart.p is not None
    assert apart.p > 0.1


def test_under_the_hypothesis_small_p_values_are_as_rare_as_they_should_be() -> None:
    rng = np.random.default_rng(17)
    values = []
    for _ in range(150):
        people = rng.integers(1, 4, 30).astype(float)
        judge = people + rng.integers(0, 3, 30).astype(float)
        values.append(held_against(judge, people, ["x", "y", "z"] * 10, how=QUICK).p or 0.0)
    assert np.mean(np.array(values) <= 0.05) <= 0.10
    assert 0.4 < float(np.mean(values)) < 0.6


def test_one_group_is_no_test_and_no_p_value() -> None:
    found = held_against([1.0, 2], [1.0, 2], ["x", "x"])
    assert (found.p, found.reason) == (None, "fewer than two groups have ratings of both")


def test_of_labels_the_share_of_agreement_is_compared() -> None:
    scale = Scale(levels=(0.0, 1.0, 2.0), origin="labels", nominal=True)
    table = ratings({"a": [0.0, 1, 2, 0], "judge": [0.0, 1, 1, 2]})
    both = both_of(table, humans=("a",), judge="judge", criterion="c", scale=scale, how=QUICK)
    found = difference(both, ["x", "x", "y", "y"])
    assert (found.lowest, found.highest) == (0.0, 1.0)


HEAD = "item,rater,criterion,score,emotion"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A judge that is right about fear and one and a half levels too kind to joy."""
    people = [HEAD]
    judge = ["item,criterion,score"]
    for place, (truth, near, emotion) in enumerate(zip(TRUTH, NEAR, EMOTION, strict=True)):
        people += [f"i{place},a,c,{truth:g},{emotion}", f"i{place},b,c,{near:g},{emotion}"]
        kinder = 1 if emotion == "joy" else 0
        judge.append(f"i{place},c,{min(5, truth + kinder + (place % 4 == 1)):g}")
    return csv_file(tmp_path / "people.csv", *people), csv_file(tmp_path / "kind.csv", *judge)


def test_a_judge_that_is_kinder_to_one_emotion_is_found_out(
    judge: Command, files: tuple[Path, Path], tmp_path: Path
) -> None:
    line = ("trust", "agree", "--human", files[0], "--verdicts", files[1], "--range", "1-5", "--by", "emotion")
    done = judge(*line, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv")
    assert done.code == 0, done.err
    assert "kind by emotion, [95%]" in done.out
    assert "c: judge minus people the same in all 2? means by emotion from " in done.out
    found = json.loads((tmp_path / "a.json").read_text())["groups"][0]
    assert found["differs"]["p"] < 0.01
    assert found["differs"]["p_holm"] == found["differs"]["p"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    joy = [row for row in rows if (row["part"], row["group"], row["statistic"]) == ("joy", "judge-human", "offset")]
    assert float(joy[0]["value"]) > 0.5
    assert [row["value"] for row in rows if row["statistic"] == "p_holm"] != [""]


def test_the_emotion_may_stand_in_a_file_of_its_own(judge: Command, files: tuple[Path, Path], tmp_path: Path) -> None:
    lines = ["id,feeling", *(f"i{place},{value}" for place, value in enumerate(EMOTION) if place)]
    feeling = csv_file(tmp_path / "feeling.csv", *lines)
    done = judge(
        "trust",
        "agree",
        "--human",
        files[0],
        "--verdicts",
        files[1],
        "--by",
        f"feeling={feeling}",
        "--resamples",
        "200",
    )
    assert done.code == 0, done.err
    assert "c: 1 item of no feeling: in no group" in done.out


def test_people_alone_are_shown_by_group_too(judge: Command, files: tuple[Path, Path]) -> None:
    done = judge("trust", "agree", "--human", files[0], "--by", "emotion", "--resamples", "200")
    assert done.code == 0, done.err
    assert "people by emotion, [95%]" in done.out


@pytest.mark.parametrize(
    ("lines", "option", "said"),
    [
        (["id,mood", "i0,glad"], "emotion2={file}", "no such column"),
        (["id,mood", "i0,glad", "i0,sad"], "mood={file}", "i0 is 'sad' here, and 'glad' in"),
        (["id,mood", "zz,glad"], "mood={file}", 'no item has a "mood"'),
        (["id,mood", "i0,glad"], "moood", 'no item has a "moood"'),
        (["id,mood", "i0,glad"], "=x", "should be NAME or NAME=FILE"),
    ],
)
def test_what_cannot_make_groups_is_said_in_one_line(
    judge: Command, files: tuple[Path, Path], tmp_path: Path, lines: list[str], option: str, said: str
) -> None:
    file = csv_file(tmp_path / "mood.csv", *lines)
    done = judge("trust", "agree", "--human", files[0], "--verdicts", files[1], "--by", option.format(file=file))
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_labels_are_tested_for_agreement_and_the_line_says_so(judge: Command, tmp_path: Path) -> None:
    people, own = [HEAD], ["item,criterion,score"]
    for place, emotion in enumerate(EMOTION):
        people.append(f"i{place},a,c,{place % 3},{emotion}")
        own.append(f"i{place},c,{(place + (emotion == 'joy' and place % 4 == 1)) % 3}")
    files = csv_file(tmp_path / "p.csv", *people), csv_file(tmp_path / "j.csv", *own)
    line = ("trust", "agree", "--human", files[0], "--verdicts", files[1], "--level", "nominal", "--by", "emotion")
    done = judge(*line, "--resamples", "400", "--json", tmp_path / "a.json")
    assert done.code == 0, done.err
    assert "c: agreement with people the same in all 2? means by emotion from 0.50 to 1.00; p " in done.out
    assert json.loads((tmp_path / "a.json").read_text())["groups"][0]["differs"]["of"] == "agreement"


def test_where_nothing_can_be_exchanged_there_is_no_p_value() -> None:
    """Of two speakers, one in each group, every permutation is as far apart as what was seen: p would be 1."""
    found = held_against([2.0, 2, 1, 1], [1.0] * 4, list("xxyy"), list("aabb"))
    assert (found.p, found.reason) == (None, "nothing can be exchanged between the groups (clusters)")


def test_a_group_that_only_another_judge_rated_is_none_of_this_judges() -> None:
    other = list(JUDGE)
    mine = [score if value == "joy" else float("nan") for score, value in zip(JUDGE, EMOTION, strict=True)]
    table = ratings({"a": list(TRUTH), "judge": mine, "other": other})
    trait = ("emotion", EMOTION)
    found = grouped(table, sides=(("a",), "judge"), criterion="c", scale=FIVE, how=QUICK, trait=trait)
    assert [(group.value, group.agreement.n) for group in found.groups] == [("joy", 20)]


def test_values_that_differ_after_two_hundred_characters_are_two_groups(judge: Command, tmp_path: Path) -> None:
    long = "m" * 200
    people = [HEAD, *(f"i{place},{rater},c,{1 + place % 5},{long}{place % 2}" for place in range(20) for rater in "ab")]
    done = judge("trust", "agree", "--human", csv_file(tmp_path / "p.csv", *people), "--by", "emotion",
                 "--resamples", "200", "--json", tmp_path / "a.json")  # fmt: skip
    assert done.code == 0, done.err
    groups = json.loads((tmp_path / "a.json").read_text())["groups"][0]["groups"]
    assert [group["value"] for group in groups] == [f"{long}0", f"{long}1"]
    assert f"{'m' * 39}… " in done.out
    assert max(map(len, done.out.splitlines())) < 200

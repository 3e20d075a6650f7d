"""`judge trust` as it is used: files in, tables and files out, one line for each fault."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import ROOT, Command, lines_of
from trusting import csv_file, ratings

from judge.cli.arguments import build
from judge.trust.agreement import agree
from judge.trust.findings import Settings
from judge.trust.scale import Scale, between

HEAD = "item,rater,criterion,score"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Three people and a judge that is one level too kind, on two criteria of 40 items."""
    rng = np.random.default_rng(11)
    people, judge = [HEAD], [HEAD]
    for item in range(40):
        for criterion in ("warmth", "tact"):
            truth = int(rng.integers(1, 5))
            near = np.clip(truth + rng.integers(-1, 2, 3), 1, 5)
            people += [f"i{item},{name},{criterion},{score}" for name, score in zip("abc", near, strict=True)]
            judge.append(f"i{item},kind,{criterion},{truth + 1}")
    return csv_file(tmp_path / "people.csv", *people), csv_file(tmp_path / "judge.csv", *judge)


def results_of(path: Path) -> dict[str, Any]:
    return {item["criterion"]: item for item in json.loads(path.read_text())["results"]}


def test_the_three_numbers_stand_together_beside_peoples_own(judge: Command, files: tuple[Path, Path]) -> None:
    done = judge("trust", "agree", "--human", files[0], "--verdicts", files[1], "--range", "1-5")
    assert done.code == 0
    assert done.out.startswith("3 people (a, b, c) · 1 judge · 2 criteria\nfull scale 1-5 (range) · ordinal\n")
    assert "95% intervals: 40 items left out in turn; what jumps by 2,000 resamples, seed 0" in done.out
    assert "kind with 3 people: the median of its 3 pairs, [95%]" in done.out
    row = next(line for line in done.out.splitlines() if line.startswith("warmth")).split()
    assert row[1] == "40"
    assert row[4].startswith("+")
    assert max(map(len, done.out.splitlines())) <= 140


def test_the_files_hold_what_is_printed(judge: Command, files: tuple[Path, Path], tmp_path: Path) -> None:
    done = judge(
        "trust", "agree", "--human", files[0], "--verdicts", files[1], "--range", "1-5",
        "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv",
    )  # fmt: skip
    found = results_of(tmp_path / "a.json")["warmth"]
    assert f"{found['judge_human']['kappa_quadratic']['value']:.2f}" in done.out
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    wanted = ("warmth", "judge-human", "kappa_quadratic")
    kappa = [row for row in rows if (row["criterion"], row["group"], row["statistic"]) == wanted]
    assert float(kappa[0]["value"]) == pytest.approx(found["judge_human"]["kappa_quadratic"]["value"])
    assert done.out.rstrip().splitlines()[-2:] == [str(tmp_path / "a.json"), str(tmp_path / "a.csv")]


def test_the_known_offset_of_a_judge_lies_in_its_interval(
    judge: Command, files: tuple[Path, Path], tmp_path: Path
) -> None:
    judge(
        "trust", "agree", "--human", files[0], "--verdicts", files[1], "--range", "1-5", "--json", tmp_path / "a.json"
    )
    for result in results_of(tmp_path / "a.json").values():
        offset = result["judge_human"]["offset"]
        assert offset["low"] <= 1.0 <= offset["high"]


def test_the_same_line_gives_the_same_bytes(judge: Command, files: tuple[Path, Path], tmp_path: Path) -> None:
    line = ("trust", "agree", "--human", files[0], "--verdicts", files[1], "--resamples", "300", "--json")
    judge(*line, tmp_path / "a.json")
    judge(*line, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_interval_widens_where_items_of_a_cluster_are_alike() -> None:
    rng = np.random.default_rng(3)
    talks = rng.integers(1, 6, 12)
    human = np.repeat(talks, 8).astype(float)
    judge = np.clip(human + np.repeat(rng.integers(-1, 2, 12), 8), 1, 5)
    scores = {"a": human.tolist(), "judge": judge.tolist()}
    scale = Scale(levels=between(1, 5), origin="range")
    widths = []
    for clusters in (None, [f"talk{item // 8}" for item in range(96)]):
        table = ratings(scores, clusters)
        (found,) = agree(table, humans=["a"], judges=["judge"], criterion="c", scale=scale, how=Settings())
        offset = found.judge_human["offset"]
        widths.append((offset.high or 0.0) - (offset.low or 0.0))
        assert found.units == (96 if clusters is None else 12)
    assert widths[1] > 2 * widths[0]


def test_labels_in_words_are_compared_as_labels(judge: Command, tmp_path: Path) -> None:
    words = ["joy", "anger", "fear"] * 14
    people = [f"i{place},{name},emotion,{word}" for place, word in enumerate(words) for name in ("a", "b")]
    verdicts = [f"i{place},emotion,{word if place % 7 else 'joy'}" for place, word in enumerate(words)]
    human = csv_file(tmp_path / "h.csv", HEAD, *people)
    recorded = csv_file(tmp_path / "labeller.csv", "item,criterion,score", *verdicts)
    done = judge(
        "trust", "agree", "--human", human, "--verdicts", recorded, "--level", "nominal", "--json", tmp_path / "a.json"
    )
    assert done.code == 0, done.err
    assert "joy, anger, fear (labels) · nominal" in done.out
    found = results_of(tmp_path / "a.json")["emotion"]
    assert found["judge"] == "labeller"
    assert found["judge_human"]["kappa"]["value"] == pytest.approx(0.857, abs=5e-4)  # 38 of 42 alike, 1/3 by chance
    assert found["judge_human"]["spearman"]["value"] is None


def test_a_scored_run_is_compared_by_its_verdicts(judge: Command, tmp_path: Path) -> None:
    folder = judge("run", "tasks/humor.yaml", "--provider", "majority", "--out", tmp_path / "r").folder
    assert judge("score", folder, "--judge", "rules").code == 0
    verdicts = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "cot" and line["score"]]
    people = [f"{line['sample_id']},{name},cot,{line['score']:g}" for line in verdicts for name in ("a", "b")]
    human = csv_file(tmp_path / "h.csv", HEAD, *people)
    named = ("--rubric", "humor", "--run", folder)
    done = judge("trust", "agree", "--human", human, "--judge", "rules", *named, "--json", tmp_path / "a.json")
    assert done.code == 0, done.err
    found = results_of(tmp_path / "a.json")["cot"]
    assert (found["n"], found["judge_human"]["exact"]["value"]) == (len(verdicts), 1.0)
    assert found["scale"]["origin"] == "rubric"
    wrong = judge("trust", "agree", "--human", human, "--judge", "rule", *named)
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert 'no verdict by rule; did you mean "rules"? (it has: rules)' in wrong.err
    other = judge("trust", "agree", "--human", human, "--judge", "rules", "--rubric", "sarcasm", "--run", folder)
    assert "rules has not judged by sarcasm" in other.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no ratings by people: give --human FILE, or --wide RATER=FILE for each person"),
        (("--human", "{h}", "--run", "x"), "need --judge, --rubric and --run together: --judge, --rubric is missing"),
        (("--human", "{h}", "--verdicts", "{h}"), '"a" stands among the people and among the judges'),
        (
            ("--human", "{h}", "--verdicts", "{v}", "--criteria", "warmt"),
            'no criterion "warmt"; did you mean "warmth"?',
        ),
        (("--human", "{h}", "--resamples", "5"), "--resamples 5: at least 200"),
        (("--wide", "{h}"), "should be NAME=FILE"),
        (("--human", "{h}", "--range", "5-1"), "should be LOW-HIGH"),
        (("--human", "{h}", "--range", "1-3"), "outside the scale 1 to 3"),
        (("--human", "nowhere.csv"), "nowhere.csv: cannot be read: No such file or directory"),
        (("--human", "{o}", "--verdicts", "{v}"), "no criterion in common (people: other; judges: warmth, tact)"),
        (("--human", "{i}", "--verdicts", "{v}"), "no item in common (people: 'x', ...; judges: 'i0', ...)"),
    ],
)
def test_a_fault_is_one_line_that_says_what_mends_it(
    judge: Command, files: tuple[Path, Path], tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    named = {
        "{h}": str(files[0]),
        "{v}": str(files[1]),
        "{o}": str(csv_file(tmp_path / "o.csv", HEAD, "i0,a,other,3")),
        "{i}": str(csv_file(tmp_path / "i.csv", HEAD, "x,a,warmth,3")),
    }
    done = judge("trust", "agree", *(named.get(option, option) for option in options))
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_what_only_one_side_rated_is_said(judge: Command, files: tuple[Path, Path], tmp_path: Path) -> None:
    more = csv_file(tmp_path / "more.csv", HEAD, "i0,a,humour,3", "i41,a,warmth,2")
    done = judge("trust", "agree", "--human", files[0], "--human", more, "--verdicts", files[1])
    assert "  only people rated: humour" in done.out
    assert "1 item is not rated by the judge and people both" in done.out


def test_correct_prints_the_mean_put_right(judge: Command, files: tuple[Path, Path], tmp_path: Path) -> None:
    human = csv_file(
        tmp_path / "few.csv", *[line for line in files[0].read_text().splitlines() if not line.startswith("i3")]
    )
    done = judge(
        "trust", "correct", "--human", human, "--verdicts", files[1], "--pass-at", "4", "--json", tmp_path / "c.json"
    )
    assert done.code == 0, done.err
    for row in json.loads((tmp_path / "c.json").read_text())["results"]:
        mean = row["mean"]
        assert (mean["labelled"], mean["unlabelled"]) == (29, 11)
        assert mean["judge_only"]["low"] > mean["ppi"]["value"] + 0.5
        assert row["share"]["estimate"]["value"] < row["share"]["raw"]
    assert "29 labelled items: below 50 the interval is wide" in done.out


def test_correct_needs_a_judge(judge: Command, files: tuple[Path, Path]) -> None:
    done = judge("trust", "correct", "--human", files[0])
    assert (done.code, done.err.startswith("no ratings by a judge: give --verdicts FILE")) == (2, True)


def test_every_action_of_trust_has_a_module_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("agree", "correct"):
        with pytest.raises(SystemExit) as stopped:
            build().parse_args(["trust", action, "--help"])
        assert stopped.value.code == 0
        assert "--human FILE" in capsys.readouterr().out
    assert (ROOT / "docs" / "trust.md").is_file()

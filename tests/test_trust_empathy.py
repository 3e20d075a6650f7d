"""The published kappas of 21 criteria of empathy, from the ratings they were made of (arXiv 2506.10150, MIT licence).

A small invented set in the authors' formats holds the same rules where the real one is absent.
"""

from __future__ import annotations

import ast
import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Command
from trusting import csv_file

from judge.stats import Array
from judge.trust.agreement import agree
from judge.trust.findings import Settings
from judge.trust.rating_files import read_wide
from judge.trust.ratings import Ratings, Reader, assemble
from judge.trust.scale import Scale

SETS = {
    "lend_an_ear": "Lend an Ear",
    "empatheticdialogues": "Empathetic Dialogues",
    "epitome": "EPITOME",
    "perceived_empathy": "Perceived Empathy",
}
EXPERTS = ("expert1", "expert2", "expert3")
ID = {"epitome": ("--id", "sp_id")}
Kappas = dict[tuple[str, str, frozenset[str]], float]


@pytest.fixture(scope="module")
def stored(shared: Path) -> Path:
    folder = shared / "empathy_ratings" / "annotations"
    if not folder.is_dir():
        pytest.skip(f"the empathy ratings are not at {folder}")
    return folder


def published(stored: Path) -> Kappas:
    found = {}
    for row in csv.DictReader(io.StringIO((stored / "table_kappa.csv").read_text())):
        pair = frozenset(ast.literal_eval(row["Annotator Pair"]))
        found[row["Dataset"], row["Dimension"], pair] = float(row["Weighted Cohen's Kappa"])
    return found


def computed(stored: Path, tmp_path: Path, judge: Command, scale: str) -> Kappas:
    """Through the real command line: every expert-expert pair of every criterion."""
    found = {}
    for folder, title in SETS.items():
        people = [part for name in EXPERTS for part in ("--wide", f"{name}={stored / folder / name}_ratings.csv")]
        out = tmp_path / f"{folder}-{scale}.json"
        done = judge(
            "trust", "agree", *people, *ID.get(folder, ()), "--scale", scale, "--resamples", "200", "--json", out
        )
        assert done.code == 0, done.err
        for result in json.loads(out.read_text())["results"]:
            for pair in result["pairs"]:
                assert (pair["n"], pair["dropped"]) == (50, 0)
                raters = frozenset((pair["first"], pair["second"]))
                found[title, result["criterion"], raters] = pair["statistics"]["kappa_quadratic"]["value"]
    return found


def test_the_63_published_kappas_of_two_experts_are_reproduced_over_the_observed_labels(
    stored: Path, tmp_path: Path, judge: Command
) -> None:
    expected = {key: value for key, value in published(stored).items() if key[2] <= set(EXPERTS)}
    found = computed(stored, tmp_path, judge, "observed")
    assert len(expected) == 63
    assert {key: round(value, 2) for key, value in found.items()} == expected


def test_over_the_full_scale_one_row_differs_because_two_experts_left_a_middle_level_out(
    stored: Path, tmp_path: Path, judge: Command
) -> None:
    expected = published(stored)
    found = computed(stored, tmp_path, judge, "full")
    unlike = {key: value for key, value in found.items() if round(value, 2) != expected[key]}
    key = ("Lend an Ear", "self_oriented", frozenset(("expert1", "expert2")))
    assert list(unlike) == [key]
    assert unlike[key] == pytest.approx(0.786, abs=5e-4)
    assert expected[key] == 0.82
    table = read_set(stored, "lend_an_ear", EXPERTS[:2])
    used = set(np.unique([table.of(name, "self_oriented") for name in EXPERTS[:2]]).tolist())
    assert used < {1.0, 2.0, 3.0, 4.0, 5.0}
    assert set(range(int(min(used)), int(max(used)) + 1)) - used == {4}


def read_set(stored: Path, folder: str, names: tuple[str, ...]) -> Ratings:
    reader = Reader(id_column="sp_id" if folder == "epitome" else None)
    rows = [row for name in names for row in read_wide(stored / folder / f"{name}_ratings.csv", name, reader)]
    return assemble(rows, reader)


def test_the_63_pooled_rows_are_the_median_of_the_experts_gemini_and_the_crowds_means_by_observed_values(
    stored: Path,
) -> None:
    """The rule, from the authors' notebook: each distinct value, of means too, is a level; `llm` is Gemini."""
    expected = {key: value for key, value in published(stored).items() if not key[2] <= set(EXPERTS)}
    found: Kappas = {}
    for folder, title in SETS.items():
        table = read_set(stored, folder, (*EXPERTS, "gemini", "crowd"))
        for criterion in {key[1] for key in expected if key[0] == title}:
            rows = {
                "experts": np.median([table.of(name, criterion) for name in EXPERTS], axis=0),
                "llm": table.of("gemini", criterion),
                "crowd": table.of("crowd", criterion),
            }
            found |= {(title, criterion, pair): value for pair, value in kappas(rows).items()}
    assert len(expected) == 63
    assert {key: round(value, 2) for key, value in found.items()} == expected


def kappas(rows: dict[str, Array]) -> dict[frozenset[str], float]:
    """Quadratic kappa of each two of three rows, over the observed values to two decimals."""
    rounded = {name: np.round(values * 100) for name, values in rows.items()}
    scale = Scale(levels=tuple(np.unique(np.stack(list(rounded.values())))), origin="labels", choice="observed")
    table = Ratings(
        items=tuple(map(str, range(len(rows["llm"])))),
        raters=tuple(rows),
        criteria=("c",),
        scores=np.stack(list(rounded.values()))[:, :, None],
    )
    (result,) = agree(table, humans=list(rows), judges=[], criterion="c", scale=scale, how=Settings(resamples=200))
    found = {}
    for pair in result.pairs:
        value = pair.statistics["kappa_quadratic"].value
        assert value is not None
        found[frozenset((pair.first, pair.second))] = value
    return found


def test_gemini_passes_where_it_validates_and_fails_where_it_dismisses(
    stored: Path, tmp_path: Path, judge: Command
) -> None:
    results = against_experts(stored, tmp_path, judge, "gemini")
    omega = {name: (round(item["alt"]["omega"], 2), round(item["alt"]["rho"], 2)) for name, item in results.items()}
    assert omega["validating_emotions"] == (1.0, 0.86)
    assert omega["dismissing_emotions"][0] == omega["advice_giving"][0] == 0.0
    assert results["dismissing_emotions"]["judge_human"]["offset"]["value"] == pytest.approx(1.62, abs=5e-3)
    consensus = results["dismissing_emotions"]["consensus"]["statistics"]
    assert consensus["spearman"]["value"] == pytest.approx(0.54, abs=5e-3)


def against_experts(stored: Path, tmp_path: Path, judge: Command, name: str) -> dict[str, dict[str, Any]]:
    folder = stored / "lend_an_ear"
    people = [part for expert in EXPERTS for part in ("--wide", f"{expert}={folder / expert}_ratings.csv")]
    own = ("--wide-judge", f"{name}={folder / name}_ratings.csv", "--resamples", "200")
    done = judge("trust", "agree", *people, *own, "--range", "1-5", "--json", tmp_path / "j.json")
    assert done.code == 0, done.err
    return {item["criterion"]: item for item in json.loads((tmp_path / "j.json").read_text())["results"]}


def test_an_invented_set_in_the_same_formats_shows_the_unused_level(tmp_path: Path, judge: Command) -> None:
    """Nobody used 3 and 4: .643 over the observed labels, .357 over 1 to 5."""
    one = csv_file(tmp_path / "one.csv", "conversation_id,kind", "a,1", "b,2", "c,5", "d,5", "e,2")
    other = csv_file(
        tmp_path / "two.csv", "Unnamed: 0,conversation_id,full_conversation,kind",
        '0,a,"Seeker: hm', 'Supporter: oh",1', "1,b,hey,5", "2,c,no,5", "3,d,yes,2", "4,e,so,2",
    )  # fmt: skip
    found = {}
    for scale in ("full", "observed"):
        out = tmp_path / f"{scale}.json"
        done = judge(
            "trust", "agree", "--wide", f"one={one}", "--wide", f"two={other}", "--scale", scale, "--json", out
        )
        assert done.code == 0, done.err
        pair = json.loads(out.read_text())["results"][0]["pairs"][0]
        found[scale] = round(pair["statistics"]["kappa_quadratic"]["value"], 3)
    assert found == {"full": 0.357, "observed": 0.643}

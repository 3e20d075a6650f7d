"""The demo, and what its heuristic judge must and must not be able to do."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from statistics import fmean

import pytest
from command import ROOT, Command, lines_of

from judge.case import Hearing
from judge.items import Item, Number
from judge.records import Clue, Verdict
from judge.rules import HEURISTIC, RulesJudge, content
from judge.runs import Opened, reopen
from judge.score import case_of, read_items
from judge.scores import Judged
from judge.spec.rubric import read_rubric
from judge.store import Folder

RUBRIC = read_rubric(ROOT / "rubrics" / "humor.yaml")
NOTES = {line["id"]: line["note"] for line in lines_of(ROOT / "tasks" / "humor" / "replies.jsonl")}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Opened, list[Item]]:
    """The demo's replies as a run, opened again."""
    from judge.cli.main import main

    out = tmp_path_factory.mktemp("demo")
    assert main(["run", "tasks/humor.yaml", "--provider", "replay", "--name", "d", "--out", str(out)]) == 0
    folder = Folder(out / "d")
    run = folder.read_run()
    found = reopen(run)
    return found, read_items(found.task, found.samples, run=run, answers=folder.read_answers())


def _rate(opened: Opened, items: list[Item]) -> dict[str, dict[str, Number]]:
    verdicts: list[Verdict] = []
    for item in items:
        if item.judgeable():
            hearing = Hearing(judge="rules", rubric=RUBRIC, case=case_of(opened.task, item, opened.run))
            verdicts += asyncio.run(RulesJudge().rate(hearing))
    assert all(verdict.reason.startswith(HEURISTIC) for verdict in verdicts), "every line says that it is a heuristic"
    judged = Judged(RUBRIC, verdicts)
    return {item.sample.id: judged.scores(opened.task, item, "strict") for item in items}


def _mean(scores: dict[str, dict[str, Number]], metric: str, note: str) -> float:
    values = [own[metric].value for name, own in scores.items() if NOTES[name] == note]
    return fmean(value for value in values if value is not None)


def test_well_reasoned_ranks_over_badly_reasoned_over_unreasoned(opened: tuple[Opened, list[Item]]) -> None:
    scores = _rate(*opened)
    assert _mean(scores, "reasoning", "well reasoned") > _mean(scores, "reasoning", "badly reasoned") + 0.2
    chain = [_mean(scores, "cot", note) for note in ("well reasoned", "badly reasoned", "unreasoned")]
    assert chain == sorted(chain, reverse=True)
    assert chain[0] > chain[1] + 0.2
    assert chain[1] > chain[2]


def test_unreasoned_replies_have_no_reasoning_score(opened: tuple[Opened, list[Item]]) -> None:
    scores = _rate(*opened)
    kinds = {scores[name]["reasoning"].problem for name, note in NOTES.items() if note == "unreasoned"}
    assert {problem.kind for problem in kinds if problem} == {"no_steps"}


def test_swapped_clues_lower_it(opened: tuple[Opened, list[Item]]) -> None:
    run, items = opened
    order = [items[(position + 1) % len(items)].sample.target.clues for position in range(len(items))]
    swapped = [
        dataclasses.replace(
            item, sample=dataclasses.replace(item.sample, target=dataclasses.replace(item.sample.target, clues=clues))
        )
        for item, clues in zip(items, order, strict=True)
    ]
    for metric in ("reasoning", "cot"):
        before, after = (_mean(_rate(run, rows), metric, "well reasoned") for rows in (items, swapped))
        assert after < before - 0.2


def test_it_is_not_perfect(opened: tuple[Opened, list[Item]]) -> None:
    scores = _rate(*opened)
    well = [scores[name]["reasoning"].value or 0.0 for name, note in NOTES.items() if note == "well reasoned"]
    badly = [scores[name]["reasoning"].value or 0.0 for name, note in NOTES.items() if note == "badly reasoned"]
    assert min(well) < 0.5, "some good reasoning in words of its own is not recognised"
    assert max(badly) > 0.2, "some fluent nonsense is given credit"


def test_it_gives_the_same_ratings_every_time(opened: tuple[Opened, list[Item]]) -> None:
    assert _rate(*opened) == _rate(*opened)


def test_content_words_are_stems_and_pairs_of_characters() -> None:
    assert content("She was winking at the winks") == frozenset({"wink"})
    assert content("地铁站") == frozenset({"地铁", "铁站"})


def test_a_step_that_denies_a_clue_in_its_own_words_is_not_noticed(opened: tuple[Opened, list[Item]]) -> None:
    """A known limit, said in the module's first lines: words are compared, not meaning."""
    from judge.rules import overlaps

    clue = Clue(sense="face", cue="eyebrow goes up and she winks at him")
    assert overlaps("No eyebrow goes up and nobody winks", (clue,))[0].strong


def test_the_demo_shows_every_state_that_a_real_run_can_have(judge: Command, tmp_path: Path) -> None:
    done = judge("demo", "--out", tmp_path)
    assert done.code == 0
    report = (tmp_path / "demo" / "report.md").read_text()
    for word in ("majority", "random", "replay", "truncated", "ambiguous", "unparsed", "refused", "no\\_steps"):
        assert word in report
    assert "written by hand" in done.out
    assert "--provider gemini" in done.out
    assert str(tmp_path / "demo" / "report.html") in done.out
    assert judge("demo", "--out", tmp_path).code == 0, "a second demo continues the first"


def test_content_words_keep_their_vowel_signs_and_thai_gives_pairs_of_letters() -> None:
    assert content("का") != content("की"), "told apart by a vowel sign"
    assert content("वह दुखी है") == {"वह", "दुखी", "है"}
    assert content("มาก") == {"มา", "าก"}
    assert content("她笑了") == {"她笑", "笑了"}

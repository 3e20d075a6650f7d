"""Which verdicts `judge review` shows to people, and in which order."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from review_runs import is_models, revised, scored_run

from judge.errors import UsageError
from judge.pages.cards import Card, cards_of
from judge.pages.choosing import Wish, choose
from judge.runs import reopen
from judge.store import Folder
from judge.summary import read_summary


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored_run(tmp_path_factory.mktemp("scored"))


Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def cards(scored: Path, tmp_path: Path) -> Callable[[Change], list[Card]]:
    """The cards of a copy of the run, with both judges saying the same but for a change."""

    def make(change: Change) -> list[Card]:
        folder = shutil.copytree(scored, tmp_path / "run", dirs_exist_ok=True)

        def agreed(verdict: dict[str, Any]) -> dict[str, Any]:
            if verdict["score"] is not None:
                verdict["score"] = 4.0 if verdict["criterion"] == "cot" else 1.0
            return change(verdict) if is_models(verdict) else verdict

        revised(folder, agreed)
        opened = Folder(folder)
        summary = read_summary(opened)
        assert summary is not None
        return cards_of(reopen(opened.read_run(), near=folder), opened, summary)

    return make


def _said(item: str, criterion: str, *, step: int | None = None, **new: Any) -> Change:
    def change(verdict: dict[str, Any]) -> dict[str, Any]:
        mine = (verdict["sample_id"], verdict["criterion"], verdict["step"]) == (item, criterion, step)
        return verdict | new if mine else verdict

    return change


def _names(cards: list[Card]) -> list[tuple[str, str, int | None, str]]:
    return [(card.key.sample_id, card.stage.name, card.step, card.doubt.kind) for card in cards]


def test_every_criterion_and_every_step_of_every_judged_answer_is_a_card(cards: Callable[[Change], list[Card]]) -> None:
    found = _names(cards(dict))
    assert len(found) == 4 * 3
    assert ("e-001", "steps", 2, "agreed") in found
    assert ("e-001", "cot", None, "agreed") in found
    assert choose(cards(dict), Wish()) == []


@pytest.mark.parametrize(
    ("new", "kind", "size"),
    [
        ({"score": 2.0}, "disputed", 0.5),
        ({"score": None, "problem": {"stage": "judge", "kind": "cannot_judge", "message": ""}}, "cannot_judge", 0.0),
        ({"score": None, "problem": {"stage": "judge", "kind": "unreadable", "message": ""}}, "failed", 0.0),
        ({"confidence": 0.3}, "unsure", 0.7),
        ({"confidence": 0.6}, "agreed", 0.0),
    ],
)
def test_what_one_judge_says_differently_makes_the_card_doubtful(
    cards: Callable[[Change], list[Card]], new: dict[str, Any], kind: str, size: float
) -> None:
    found = cards(_said("e-001", "cot", **new))
    (card,) = [card for card in found if (card.key.sample_id, card.stage.name) == ("e-001", "cot")]
    assert card.doubt.kind == kind
    assert card.doubt.size == pytest.approx(size)
    assert sum(other.doubt.kind != "agreed" for other in found) == (kind != "agreed")


def test_only_the_step_that_is_disputed_is_shown(cards: Callable[[Change], list[Card]]) -> None:
    found = cards(_said("c-002", "steps", step=2, score=0.0))
    assert _names(choose(found, Wish())) == [("c-002", "steps", 2, "disputed")]


def test_a_judge_that_cut_other_steps_is_not_compared_on_them(cards: Callable[[Change], list[Card]]) -> None:
    found = cards(_said("c-002", "steps", step=2, score=0.0, claim="Something else altogether is claimed."))
    assert choose(found, Wish()) == []


def test_two_repeats_of_one_judge_that_differ_are_a_dispute(scored: Path, tmp_path: Path) -> None:
    folder = scored_run(tmp_path, {"e-001": "A bright voice is heard.\nAnswer: joy"}, rules=False)
    lines = (folder / "verdicts.jsonl").read_text().splitlines()
    again = [line.replace('"judge_draw":0', '"judge_draw":1').replace('"score":4.0', '"score":3.0') for line in lines]
    (folder / "verdicts.jsonl").write_text("\n".join([*lines, *again]) + "\n")
    opened = Folder(folder)
    summary = read_summary(opened)
    assert summary is not None
    summary.run["judges"][0]["repeats"] = 2
    found = cards_of(reopen(opened.read_run(), near=folder), opened, summary)
    kinds = {card.stage.name: (card.doubt.kind, card.doubt.size) for card in found}
    assert kinds["cot"] == ("disputed", 0.25)
    summary.run["judges"][0]["repeats"] = 1
    assert all(card.doubt.kind != "disputed" for card in cards_of(reopen(opened.read_run()), opened, summary))


def test_failed_ones_come_first_then_the_widest_disputes(cards: Callable[[Change], list[Card]]) -> None:
    broken = {"stage": "judge", "kind": "unreadable", "message": ""}
    changes = [
        _said("c-001", "cot", score=3.0),
        _said("c-002", "cot", confidence=0.2),
        _said("e-001", "cot", score=1.0),
        _said("e-002", "cot", score=None, problem=broken),
    ]

    def all_of(verdict: dict[str, Any]) -> dict[str, Any]:
        for change in changes:
            verdict = change(verdict)
        return verdict

    found = cards(all_of)
    assert [name for name, *_ in _names(choose(found, Wish()))] == ["e-002", "e-001", "c-001", "c-002"]
    assert [name for name, *_ in _names(choose(found, Wish(limit=2)))] == ["e-002", "e-001"]
    assert [name for name, *_ in _names(choose(found, Wish(ids=("c-001",))))] == ["c-001"]


def test_a_random_share_of_undisputed_ones_is_mixed_in_and_the_seed_repeats_it(
    cards: Callable[[Change], list[Card]],
) -> None:
    found = cards(_said("e-001", "cot", score=1.0))
    mixed = choose(found, Wish(limit=4, random=3, seed=1))
    assert sorted(card.doubt.kind for card in mixed) == ["agreed", "agreed", "agreed", "disputed"]
    assert _names(choose(found, Wish(limit=4, random=3, seed=1))) == _names(mixed)
    others = {tuple(_names(choose(found, Wish(limit=4, random=3, seed=seed)))) for seed in range(6)}
    assert len(others) > 1
    everything = choose(found, Wish(everything=True, seed=1))
    assert sorted(_names(everything)) == sorted(_names(found), key=lambda name: name)
    assert _names(choose(found, Wish(everything=True, seed=1, limit=5))) == _names(everything)[:5]


def test_an_unknown_id_is_named_with_the_nearest(cards: Callable[[Change], list[Card]]) -> None:
    with pytest.raises(UsageError, match=r"'c-00'; did you mean \"c-00"):
        choose(cards(dict), Wish(ids=("c-00",)))

"""What hides a label: every form of it, in every language of the sample tasks, and little else."""

from __future__ import annotations

import dataclasses
import time

import pytest
from command import ROOT

from judge.definitions import Task
from judge.masking import MASK, Mask, closed, mask_of
from judge.records import Sample, Target
from judge.spec.task import read_task

EMOTION: Task = read_task(ROOT / "tasks" / "emotion.yaml", None)
SAMPLE = Sample(id="a", inputs={}, target=Target(values={}))
MOODS = {"anger": ("angry", "mad"), "sadness": ("sad",), "joy": ("joyful", "happy"), "serious": ("not funny", "严肃")}


_LETTERS = {ord(str(digit)): chr(ord("g") + digit) for digit in range(10)}
FORMS = (
    "sad, Sadly, SADNESS, sadder, saddened, unhappy, happily, happiness, happier, angrily, angered, madly, "
    "madness, joyless, not funny, Not  funny, unserious, seriously, _sad_, **mad**, ｓａｄ, s\u200bad, 这很严肃吗"
)


@pytest.mark.parametrize("text", FORMS.split(", "))
def test_every_word_form_of_a_label_is_hidden(text: str) -> None:
    hidden = Mask(MOODS).hide(f"It is {text}, one would say.")
    assert MASK in hidden
    for form in ("sad", "anger", "angr", "mad", "joy", "happ", "funny", "serious", "严肃"):
        assert form not in hidden.lower()


def test_other_words_stay_as_they_are() -> None:
    kept = "The made bed was in danger; a stranger in the saddle sang of Madrid and the hapless jockey."
    assert Mask(MOODS).hide(kept) == kept


def test_every_label_and_alias_of_a_task_in_any_language_is_hidden() -> None:
    mask = mask_of(EMOTION, SAMPLE)
    for label, aliases in EMOTION.labels.items():
        for form in (label, *aliases):
            assert mask.hide(f"So: {form}.") == f"So: {MASK}.", form


def test_hiding_twice_hides_no_more() -> None:
    mask = mask_of(EMOTION, SAMPLE)
    once = mask.hide("Her angry, sad voice, 她很生气.")
    assert once.count(MASK) == 3
    assert mask.hide(once) == once


def test_options_are_hidden_by_text_and_by_letter() -> None:
    mask = Mask({"Pride and relief": (), "Shame": ()}, letters=True)
    hidden = mask.hide("(A) fits: Pride and  relief. B) is shameful, so the answer is: A. A man waits in room B.")
    assert "Pride" not in hidden
    assert "sham" not in hidden
    assert "(A)" not in hidden
    assert "B)" not in hidden
    assert "answer is: A" not in hidden
    assert hidden.endswith("A man waits in room [label]"), "a letter before a full stop could be an option's"


def test_an_item_with_labels_of_its_own_hides_those() -> None:
    own = dataclasses.replace(SAMPLE, labels={"smug": (), "shy": ()})
    assert mask_of(EMOTION, own).hide("smugly shy") == f"{MASK} {MASK}"


def test_a_task_whose_answers_are_free_text_has_nothing_to_hide() -> None:
    task = EMOTION.model_copy(
        update={
            "asks": tuple(
                ask.model_copy(update={"read": ask.read.model_copy(update={"as_": "text"})}) for ask in EMOTION.asks
            )
        }
    )
    assert closed(EMOTION)
    assert not closed(task)


def test_a_long_text_is_hidden_in_time() -> None:
    mask = mask_of(EMOTION, SAMPLE)
    began = time.perf_counter()
    for piece in ("sad ", "not ", "a" * 50 + " ", "[label", "答案", "(A", "happy-"):
        mask.hide(piece * (200_000 // len(piece)))
    mask.hide(" ".join(f"a{number:x}bc".translate(_LETTERS) for number in range(60_000)))
    assert time.perf_counter() - began < 5

"""Score blocks and step blocks, by our rules and by the authors' patterns (MME-Emotion protocol notes 1.4 and 1.5)."""

from __future__ import annotations

import pytest
from building import seconds_on_attacks

from judge.parse.blocks import read_block, read_step_list, split_steps_text, theirs
from judge.parse.verdicts import Unreadable

ONE_LINE = "<score>Step 1: 1/1, Step 2: 2/3</score>"
MANY_LINES = "The tone fits.\n<score>\nStep 1: 1/1,\nStep 2: 0/1\nStep 3: 1/1\n</score>"


def unreadable(text: str, count: int, whole: int = 1) -> str:
    with pytest.raises(Unreadable) as caught:
        read_block(text, count=count, whole=whole)
    return str(caught.value)


def test_a_block_on_one_line_gives_its_ratings_and_the_last_is_a_share_of_the_gold_labels() -> None:
    assert read_block(ONE_LINE, count=2, whole=3) == pytest.approx([1.0, 2 / 3])
    assert theirs(ONE_LINE, several=True) == pytest.approx([1.0, 2 / 3])


def test_a_block_over_several_lines_is_read_by_us_and_dropped_by_the_authors() -> None:
    assert read_block(MANY_LINES, count=3, whole=1) == [1.0, 0.0, 1.0]
    assert theirs(MANY_LINES, several=False) is None
    assert theirs(MANY_LINES, several=True) is None


def test_a_single_step_is_one_rating() -> None:
    text = "<score>Step 1: 0/1</score>"
    assert read_block(text, count=1, whole=1) == [0.0]
    assert theirs(text, several=False) == theirs(text, several=True) == [0.0]


@pytest.mark.parametrize("text", ["Step 1: 1/1", "<score>Step 1: 1/1", "Step 1: 1/1</score>", "", "<score></score>"])
def test_a_missing_tag_or_an_empty_block_is_no_rating_to_either(text: str) -> None:
    assert unreadable(text, 1)
    assert theirs(text, several=True) is None


def test_the_number_of_ratings_must_be_that_of_the_steps() -> None:
    assert "one rating for each step, 1 to 3" in unreadable(ONE_LINE, 3, 3)
    assert "one rating for each step, 1 to 1" in unreadable(ONE_LINE, 1, 3)
    assert "in order" in unreadable("<score>Step 2: 1/1, Step 1: 1/1</score>", 2)
    assert theirs("<score>Step 2: 1/1, Step 1: 0/1</score>", several=False) == [1.0, 0.0], "they never count"


def test_a_step_rated_outside_its_scale_is_unreadable() -> None:
    assert "step 1 should be rated 0/1 to 1/1" in unreadable("<score>Step 1: 2/3, Step 2: 1/1</score>", 2)
    assert "step 2 should be rated 0/3 to 3/3" in unreadable("<score>Step 1: 1/1, Step 2: 4/3</score>", 2, 3)
    assert "step 2 should be rated 0/2 to 2/2" in unreadable("<score>Step 1: 1/1, Step 2: 1/1</score>", 2, 2)
    assert "step 1" in unreadable("<score>Step 1: 0/0</score>", 1)


def test_words_inside_the_block_are_not_passed_over() -> None:
    assert "beside" in unreadable("<score>Step 1: 1/1 since 3: 0/1, Step 2: 1/1</score>", 2)


def test_blocks_that_differ_are_none_and_blocks_that_agree_are_one() -> None:
    quoted = "The reply says <score>Step 1: 1/1</score>. <score>Step 1: 0/1</score>"
    assert "differ" in unreadable(quoted, 1)
    assert theirs(quoted, several=False) == [1.0], "the authors take the first"
    assert read_block(quoted.replace("0/1", "1/1"), count=1, whole=1) == [1.0]


@pytest.mark.parametrize(
    ("block", "single", "several"),
    [
        pytest.param("Step 1:1/1", None, [1.0], id="no space after the colon"),
        pytest.param("Step 1: 3/1", [3.0], [3.0], id="not clamped"),
        pytest.param("Step 1: 1/10", [1.0], [0.1], id="one of ten"),
        pytest.param("Step 1: 2/0", None, [0.0], id="of nothing"),
        pytest.param("Step 1: 1/1 because 2: 0/1", [1.0, 0.0], [1.0, 0.0], id="a rating in a rationale"),
        pytest.param("Step 1: 2/3", None, [2 / 3], id="a share"),
    ],
)
def test_the_authors_patterns_keep_their_quirks(
    block: str, single: list[float] | None, several: list[float] | None
) -> None:
    assert theirs(f"<score>{block}</score>", several=False) == single
    assert theirs(f"<score>{block}</score>", several=True) == several


def test_the_first_block_that_closes_on_its_own_line_is_the_authors() -> None:
    text = "<score>Step 1:\n1/1</score>\nAgain: <score>Step 1: 0/1</score>"
    assert theirs(text, several=False) == [0.0]


def test_steps_are_cut_where_the_next_number_is_called() -> None:
    text = "<step>Step 1: He looks at step 3: the door. Step 2: He frowns, Step 3: The predicted emotion is sad.</step>"
    assert split_steps_text(text) == ["He looks at step 3: the door.", "He frowns", "The predicted emotion is sad."]
    assert split_steps_text("Step 1: happy") == ["happy"]
    assert split_steps_text("happy") == ["happy"]
    assert split_steps_text("<step></step>") == []


def test_a_judge_may_give_its_steps_as_json_or_as_a_step_block() -> None:
    assert read_step_list('{"steps": ["a b", "c"]}') == ["a b", "c"]
    assert read_step_list("<step>Step 1: a b Step 2: c</step>") == ["a b", "c"]
    with pytest.raises(Unreadable):
        read_step_list("<step> </step>")
    with pytest.raises(Unreadable):
        read_step_list("no steps at all")


def test_a_hundred_thousand_characters_of_tags_do_not_hold_the_readers_up() -> None:
    def each(text: str) -> None:
        for made in (text, "<score>" * 9000, f"<score>{text}</score>", f"<score>{'Step 1: 1/1, ' * 7000}</score>"):
            theirs(made, several=True)
            split_steps_text(made)
            try:
                read_block(made, count=2, whole=2)
            except Unreadable:
                continue

    seconds, attack = seconds_on_attacks(each)
    assert seconds < 2, attack

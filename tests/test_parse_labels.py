"""Labels in a text: word boundaries, scripts without spaces, and what is denied."""

import string

import pytest
from building import HARD_TEXTS, seconds_on_attacks
from hypothesis import example, given, settings
from hypothesis import strategies as st

from judge.parse.labels import LabelSet, label_set

FEELINGS = {
    "happy": (
        "开心",
        "幽默",
        "开玩笑",
        "幸せ",
        "ユーモア",
        "冗談",
        "행복",
        "سعيد",
        "खुश",
        "glücklich",
        "süß",
        "heureux",
        "feliz",
    ),
    "sad": ("难过", "悲しい", "traurig", "грустный"),
}
ANYTHING = st.text(st.characters(), max_size=200) | st.lists(
    st.sampled_from(
        ["not ", "happy", "sad", "开心", "不", "ではない", "*", "_", "\ud800", "\x00", "\u202e", "😂", "\n", " "]
    )
).map("".join)


def named(text: str) -> list[str]:
    return label_set(FEELINGS).named(text)


NAMED = [
    "happy", "Happy.", "HAPPY!", "(happy)", "[happy]", "“happy”", "**happy**", "_happy_", "__Happy__", "`happy`",
    "happy😊", "happy/cheerful", "ｈａｐｐｙ", "<b>happy</b>", "she is happy, I think", "happy\u202c", "his happy face",
]  # fmt: skip
HIDDEN = [
    "unhappy", "Unhappy.", "happyish", "happier", "nonhappy", "unglücklich", "glücklicher", "infeliz", "sadly",
]  # fmt: skip


@pytest.mark.parametrize("text", NAMED)
def test_a_label_stands_between_word_boundaries(text: str) -> None:
    assert named(text) == ["happy"]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_word_that_only_holds_a_label_is_not_that_label(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize("text", ["नाखुश", "खुशी"], ids=["nakhush, unhappy", "khushi, happiness"])
def test_vowel_signs_are_part_of_a_hindi_word(text: str) -> None:
    assert named(text) == []


@settings(max_examples=150, deadline=None, database=None)
@given(st.text(string.ascii_letters), st.text(string.ascii_letters))
def test_letters_on_either_side_always_make_another_word(before: str, after: str) -> None:
    assert named(f"{before}sad{after}") == ([] if before or after else ["sad"])


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param("开心", "happy", id="a Chinese word"),
        pytest.param("她很开心。", "happy", id="a Chinese sentence"),
        pytest.param("这句话很幽默，因为它夸张", "happy", id="Chinese with a reason"),
        pytest.param("幽默感", "happy", id="Chinese compound"),
        pytest.param("他在开玩笑", "happy", id="Chinese verb"),
        pytest.param("彼女はとても幸せです", "happy", id="Japanese"),
        pytest.param("これは冗談だ", "happy", id="Japanese, copula"),
        pytest.param("행복", "happy", id="Korean"),
        pytest.param("هو سعيد", "happy", id="Arabic"),
        pytest.param("वह खुश है", "happy", id="Hindi"),
        pytest.param("SÜSS", "happy", id="German capitals"),
        pytest.param("Ella está feliz.", "happy", id="Spanish"),
        pytest.param("Il est heureux", "happy", id="French"),
        pytest.param("Он грустный", "sad", id="Russian"),
        pytest.param("答案是happy的", "happy", id="English in Chinese"),
    ],
)
def test_an_alias_of_any_language_stands_for_its_label(text: str, label: str) -> None:
    assert named(text) == [label]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("不开心", "unhappy"),
        ("她不开心", "unhappy"),
        ("开心", "happy"),
        ("开心果", "pistachio"),
        ("吃开心果吧", "pistachio"),
    ],
    ids=["bu kaixin", "ta bu kaixin", "kaixin", "kaixin guo", "chi kaixin guo ba"],
)
def test_without_spaces_the_longest_label_wins(text: str, label: str) -> None:
    labels = {"happy": ("开心",), "unhappy": ("不开心",), "pistachio": ("开心果",)}
    assert label_set(labels).named(text) == [label]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("statement-non-opinion", "statement-non-opinion"),
        ("Statement-Opinion.", "statement-opinion"),
        ("ask for help", "ask for help"),
        ("ask", "ask"),
        ("therapist_input", "therapist_input"),
        ("the therapist input", "therapist_input"),
        ("not funny", "serious"),
        ("funny", "humorous"),
    ],
)
def test_the_longest_form_wins_and_hides_the_shorter_ones_inside(text: str, label: str) -> None:
    labels = {"statement-opinion": ("opinion",), "statement-non-opinion": (), "ask": (), "ask for help": ("help",)}
    more = {"therapist_input": ("input",), "humorous": ("funny",), "serious": ("not funny",)}
    assert label_set(labels | more).named(text) == [label]


NOT_IN_ENGLISH = [
    "not happy", "NOT HAPPY", "not\u00a0happy", "not  happy", 'not "happy"', "not **happy**", "not _happy_",
    "not (happy)", "**not** happy", "*not* happy", "non-happy", "not-happy", "isn't happy", "isn’t happy",
    "wasn't happy", "aren't happy", "ain't happy", "won't be happy", "shouldn't be happy", "doesn't sound happy",
    "does not seem happy", "can't be happy", "cannot be happy", "didn't feel happy", "not really happy",
    "not at all happy", "not very happy", "not exactly happy", "not meant to be happy", "not particularly happy",
    "not in the least happy", "not even happy", "hardly happy", "barely happy", "scarcely happy", "never happy",
    "no longer happy", "far from happy", "anything but happy", "neither happy nor sad", "She is not happy and not sad.",
    "without any happy thought", "nothing happy about it", "nothing about it is happy", "It lacks happy notes",
    "a lack of happy notes", "It is not the case that it is happy", "It's not true that she's happy", "devoid of happy",
    "It is false that she is happy", "unlikely that she is happy", "far from being happy", "not that she is happy",
]  # fmt: skip
NOT_IN_EUROPE = [
    "nicht glücklich", "nicht sehr glücklich", "nicht wirklich glücklich", "gar nicht glücklich", "nie glücklich",
    "pas heureux", "n'est pas heureux", "pas très heureux", "pas du tout heureux", "jamais heureux",
    "no es feliz", "no está feliz", "nunca feliz", "não feliz", "не грустный",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_IN_ENGLISH)
def test_not_happy_is_not_happy(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize("text", NOT_IN_EUROPE)
def test_not_happy_is_not_happy_in_other_languages_of_europe(text: str) -> None:
    assert named(text) == []


NOT_IN_CHINESE = {
    "bu": "不开心",
    "bu tai": "不太开心",
    "bu shi": "不是开心",
    "bu shi hen": "不是很开心",
    "bing bu": "并不开心",
    "yidian ye bu": "一点也不开心",
    "bu zenme": "不怎么开心",
    "bu gou": "不够开心",
    "bu quoted": "不“开心”",
    "bu juede": "不觉得开心",
    "bu shi zai": "不是在开玩笑",
    "tan bu shang": "谈不上幽默",
    "mei you": "没有幽默",
    "mei shenme": "没什么幽默",
    "hao wu": "毫无幽默",
    "bing fei": "并非幽默",
    "mei you renhe": "没有任何幽默感",
    "quefa": "缺乏幽默感",
    "hao wu gan": "毫无幽默感",
}


@pytest.mark.parametrize("text", NOT_IN_CHINESE.values(), ids=NOT_IN_CHINESE.keys())
def test_not_happy_is_not_happy_in_chinese(text: str) -> None:
    assert named(text) == []


NOT_IN_JAPANESE = {
    "dewa nai": "幸せではない",
    "dewa arimasen": "幸せではありません",
    "dewa nakatta": "幸せではなかった",
    "ja nai": "幸せじゃない",
    "ja nakute": "幸せじゃなくて",
    "de nai": "幸せでない",
    "quoted dewa nai": "「冗談」ではない",
    "towa ienai": "冗談とは言えない",
    "wa nai": "ユーモアはない",
    "ga nai": "ユーモアがない",
}


@pytest.mark.parametrize("text", NOT_IN_JAPANESE.values(), ids=NOT_IN_JAPANESE.keys())
def test_not_happy_is_not_happy_in_japanese(text: str) -> None:
    assert named(text) == []


LOOKS_DENIED = {
    "not only": "not only happy",
    "not, in another sentence": "I am not. Happy.",
    "not, in a question": "Not sure? Happy!",
    "not inside notably": "a notably happy man",
    "not inside knot": "knot happy",
    "nothing": "nothing hurts, happy",
    "nothing but": "nothing but happy",
    "without doubt": "without doubt happy",
    "no lack": "no lack of happy moments",
    "true that": "It is true that she is happy",
    "bu fa, not short of": "不乏幽默",
    "feichang, very": "非常开心",
    "bu jin, not only": "不仅开心",
    "wu bi, beyond compare": "无比开心",
    "bu nanguo, not sad": "不难过，很开心",
    "mei xiangdao, unexpectedly": "没想到这么开心",
    "dewa nai, of another": "冗談です、悲しいではない",
}


@pytest.mark.parametrize("text", LOOKS_DENIED.values(), ids=LOOKS_DENIED.keys())
def test_what_only_looks_like_a_denial_leaves_the_label_standing(text: str) -> None:
    assert named(text) == ["happy"]


DENIES_THE_OTHER = {
    "but": "not happy but sad",
    "after": "sad, not happy",
    "in brackets": "sad (not happy)",
    "two clauses": "it isn't happy; it's sad",
    "Chinese": "不开心，而是难过",
    "Japanese": "幸せではなく悲しい",
}


@pytest.mark.parametrize("text", DENIES_THE_OTHER.values(), ids=DENIES_THE_OTHER.keys())
def test_a_denial_reaches_only_its_own_label(text: str) -> None:
    assert named(text) == ["sad"]


def test_each_label_is_named_once_in_the_order_of_the_text() -> None:
    assert named("sad, happy, Sad, 开心") == ["sad", "happy"]


def test_a_mention_says_where_it_stands_and_whether_it_is_denied() -> None:
    mentions = label_set(FEELINGS).mentions("sad, not happy")
    assert [(item.label, item.start, item.end, item.negated) for item in mentions] == [
        ("sad", 0, 3, False),
        ("happy", 9, 14, True),
    ]


def test_no_labels_name_nothing() -> None:
    assert LabelSet({}).named("happy") == []


def test_a_label_with_the_signs_of_a_pattern_is_taken_literally() -> None:
    labels = {"a.b": (), "c++": (), "(d)": ()}
    assert label_set(labels).named("axb, c++, (d)") == ["c++", "(d)"]


@settings(max_examples=150, deadline=None, database=None)
@given(ANYTHING)
@example(HARD_TEXTS[0])
@example("not " * 5000 + "happy")
def test_any_text_names_labels_of_the_set_or_none(text: str) -> None:
    assert set(named(text)) <= set(FEELINGS)


def test_no_hostile_text_takes_long() -> None:
    seconds, attack = seconds_on_attacks(named)
    assert seconds < 1, attack

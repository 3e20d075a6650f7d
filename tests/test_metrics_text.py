"""BLEU and ROUGE equal their libraries on their libraries' tokens, and hold in every script on ours."""

import unicodedata
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import sentence_bleu
from rouge_score.rouge_scorer import RougeScorer

from judge.metrics.names import ABOUT
from judge.metrics.text import EMPTY, TEXT_METRICS, Words, bleu4, rouge

ROUGE = {"rouge1": "rouge1", "rouge2": "rouge2", "rouge_l": "rougeL"}
THEIRS = RougeScorer(list(ROUGE.values()), use_stemmer=True)
WORDS = [
    *(
        "the",
        "speaker",
        "laughing",
        "laughs",
        "laughed",
        "is",
        "not",
        "happily",
        "joking",
        "jokes",
        "irony",
        "it",
        "its",
    ),
    *("don't", "well-known", "100%", "3.5", "U.S.", "co-op", "sarcastic,", "(really)", "tone.", "she's", "naïve", "—"),
]
ENGLISH = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)
MESSY = st.text(st.characters(codec="latin-1"), max_size=40)
ALIKE = {
    "Chinese": "他说这个笑话的时候大家都笑了",
    "Chinese with Latin and digits": "他在 YouTube 上说了 3 个笑话",
    "Japanese": "彼女はとても悲しそうに笑っていた",
    "Japanese in katakana": "ユーモアハトテモムズカシイ",
    "Russian": "Он шутит, потому что ему очень грустно",
    "Greek": "Γελάει επειδή είναι πολύ ευτυχισμένος",
    "Korean": "그는 너무 슬퍼서 농담을 하고 있다",
    "Arabic": "هو يمزح لأنه حزين جدا اليوم",
    "Hebrew": "הוא מתבדח כי הוא עצוב מאוד",
    "Hindi": "वह बहुत दुखी है इसलिए हँसता है",
    "German": "Er lacht, weil die Größe des Witzes fällt",
    "English": "He laughs because the joke is good",
    "Vietnamese": "Anh ấy cười vì câu chuyện vui",
    "Turkish": "Çünkü şaka gerçekten çok komikti",
    "Thai": "เขาหัวเราะเพราะมุกตลกนั้นดีมาก",
    "Lao": "ລາວຫົວເພາະວ່າເລື່ອງຕະຫລົກດີ",
    "Khmer": "គាត់សើចព្រោះរឿងកំប្លែងល្អ",
    "Burmese": "သူရယ်တယ်ဘာလို့လဲဆိုတော့",
    "Tibetan": "ཁོང་དགའ་པོ་འདུག",
}


WORLD = list(ALIKE.values())


def theirs(candidate: str, reference: str) -> dict[str, float]:
    scores = THEIRS.score(reference, candidate)
    return {name: float(scores[library].fmeasure) for name, library in ROUGE.items()}


def ours(candidate: str, reference: str, words: Words = "english") -> dict[str, float | None]:
    return {name: TEXT_METRICS[name](candidate, reference, words).value for name in ROUGE}


def plain_bleu(candidate: str, reference: str) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(sentence_bleu([reference.split()], candidate.split()))


@given(candidate=ENGLISH, reference=ENGLISH)
def test_rouge_of_ascii_english_is_rouge_scores_with_its_stemmer(candidate: str, reference: str) -> None:
    pair = [text.replace("ï", "i").replace("—", "-") for text in (candidate, reference)]
    if pair[1].strip("- "):
        assert ours(pair[0], pair[1]) == theirs(pair[0], pair[1])


@settings(max_examples=200)
@given(candidate=ENGLISH | MESSY | st.sampled_from(WORLD), reference=ENGLISH | MESSY | st.sampled_from(WORLD))
def test_on_its_own_tokens_rouge_is_rouge_scores_to_the_last_digit(candidate: str, reference: str) -> None:
    assert ours(candidate, reference, "library") == theirs(candidate, reference)


@given(candidate=ENGLISH | MESSY, reference=ENGLISH | MESSY)
def test_on_whitespace_words_bleu_is_nltks_without_smoothing(candidate: str, reference: str) -> None:
    found = TEXT_METRICS["bleu4"](candidate, reference, "library").value
    assert found == (plain_bleu(candidate, reference) if candidate.split() and reference.split() else 0)


def test_rouge_keeps_what_rouge_score_drops() -> None:
    candidate, reference = "vui vẻ", "buồn bã"
    assert ours("Chandler生气", "Chandler开心", "library")["rouge1"] == 1, "the ASCII tokens know the name alone"
    assert ours("Chandler生气", "Chandler开心")["rouge1"] == pytest.approx(1 / 3)
    assert ours(candidate, reference)["rouge1"] == 0
    assert ours("naïve", "naive")["rouge1"] == 0


def test_bleu_of_partly_equal_texts_is_the_closed_form() -> None:
    reference, candidate = "a b c d e f", "a b c d x"
    by_hand = (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25 * 2.718281828459045 ** (1 - 6 / 5)
    assert bleu4(candidate, reference).value == pytest.approx(by_hand)


def test_unsmoothed_bleu_of_three_words_is_as_good_as_zero_even_when_equal() -> None:
    measured = bleu4("he is joking", "he is joking")
    assert measured.value == plain_bleu("he is joking", "he is joking")
    assert measured.value == pytest.approx(0, abs=1e-50)


def test_bleu_sets_marks_apart_and_nltks_whitespace_words_do_not() -> None:
    assert bleu4("It is her cake.", "It is her cake .").value == 1
    assert bleu4("It is her cake.", "It is her cake .", "library").value == pytest.approx(0, abs=1e-50)


def test_bleu_keeps_the_case_and_rouge_does_not() -> None:
    assert bleu4("HE LAUGHS OUT LOUD", "he laughs out loud").value == 0
    assert rouge("rouge1", "HE LAUGHS OUT LOUD", "he laughs out loud").value == 1


def test_stemming_makes_forms_of_a_word_equal() -> None:
    assert rouge("rouge1", "laughing jokes", "laughed joke").value == 1


@pytest.mark.parametrize("metric", TEXT_METRICS)
@pytest.mark.parametrize("language", ALIKE)
def test_equal_texts_give_one_in_any_script(metric: str, language: str) -> None:
    text = ALIKE[language]
    measured = TEXT_METRICS[metric](text, text)
    assert measured.value == pytest.approx(1), "rouge-score alone gives 0 for two equal Chinese texts"
    assert measured.reason == ""


@pytest.mark.parametrize("metric", TEXT_METRICS)
@pytest.mark.parametrize("language", ALIKE)
def test_texts_without_a_word_in_common_give_zero_in_any_script(metric: str, language: str) -> None:
    assert TEXT_METRICS[metric]("zzz qqq", ALIKE[language]).value == pytest.approx(0)


PARTLY = {  # candidate, reference, ROUGE-1 F by hand
    "Chinese: 2 of 4 characters": ("他很高兴", "他很难过", 0.5),
    "Japanese: a character and one of two pairs of kana": ("嬉しいな", "嬉しいね", 2 / 3),
    "Russian: 2 of 3 words": ("он очень рад", "он очень зол", 2 / 3),
    "Russian: case is folded": ("ОН РАД", "он рад", 1.0),
    "Korean: 1 of 2 words": ("그는 웃었다", "그는 울었다", 0.5),
    "Arabic: 1 of 2 words": ("هو سعيد", "هو حزين", 0.5),
    "Greek: case is folded": ("ΛΌΓΟΣ", "λόγος", 1.0),
    "Hindi: 1 of 2 words, told apart by a vowel sign": ("वह गया", "वह गयी", 0.5),
    "Hindi: two particles, told apart by a vowel sign": ("का", "की", 0.0),
}


@pytest.mark.parametrize("case", PARTLY)
def test_partly_equal_texts_give_the_share_of_equal_words(case: str) -> None:
    candidate, reference, value = PARTLY[case]
    assert rouge("rouge1", candidate, reference).value == pytest.approx(value)


@pytest.mark.parametrize("text", ["がっかりした", "그는 웃었다", "Он мой"], ids=["Japanese", "Korean", "Russian"])
def test_composed_and_decomposed_letters_are_the_same_text(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert rouge("rouge1", decomposed, composed).value == pytest.approx(1)


@pytest.mark.parametrize("metric", TEXT_METRICS)
@pytest.mark.parametrize("reference", ["", " ", "\u200b"])
def test_a_reference_without_a_word_gives_no_value_and_says_why(metric: str, reference: str) -> None:
    assert TEXT_METRICS[metric]("he laughs", reference) == (None, "", EMPTY)


@pytest.mark.parametrize(
    ("language", "ending"),
    [
        ("English", ""),
        ("German", ""),
        ("Chinese", "+characters"),
        ("Chinese with Latin and digits", "+characters"),
        ("Japanese", "+characters+pairs"),
        ("Japanese in katakana", "+pairs"),
        ("Thai", "+pairs"),
        ("Russian", ""),
        ("Korean", ""),
    ],
)
def test_the_tokenizer_is_named_for_the_signature(language: str, ending: str) -> None:
    text = ALIKE[language]
    names = [TEXT_METRICS[metric](text, text, words).tokenizer for metric, words in WAYS]
    assert names == [
        f"words+porter{ending}",
        f"words{ending}",
        "rouge-score+porter",
        f"13a-unicode{ending}",
        "whitespace",
    ]


WAYS: list[tuple[str, Words]] = [
    ("rouge_l", "english"), ("rouge_l", "plain"), ("rouge_l", "library"), ("bleu4", "english"), ("bleu4", "library")
]  # fmt: skip


def test_words_are_stemmed_in_english_alone() -> None:
    assert TEXT_METRICS["rouge1"]("laughing jokes", "laughed joke", "plain").value == 0


@pytest.mark.parametrize("metric", TEXT_METRICS)
@pytest.mark.parametrize("candidate", ["", "   ", "!?"], ids=["empty", "blank", "no words"])
def test_a_candidate_without_words_is_zero(metric: str, candidate: str) -> None:
    assert TEXT_METRICS[metric](candidate, "he laughs out loud").value == 0


@settings(max_examples=200)
@given(candidate=st.text(max_size=30), reference=st.text(max_size=30))
def test_no_text_breaks_a_metric_and_no_value_leaves_zero_to_one(candidate: str, reference: str) -> None:
    for metric in TEXT_METRICS.values():
        measured = metric(candidate, reference)
        assert (measured.value is None) == bool(measured.reason)
        assert measured.value is None or 0 <= measured.value <= 1 + 1e-9


def test_every_text_metric_is_described_as_one() -> None:
    described = {name for name, (need, _) in ABOUT.items() if need == "reference"}
    assert {*TEXT_METRICS, "bertscore_f1", "bertscore_f1_rescaled"} == described

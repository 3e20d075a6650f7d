"""BLEU and ROUGE equal their libraries on English, and are neither 0 nor made up in other scripts."""

import unicodedata
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import sentence_bleu
from rouge_score.rouge_scorer import RougeScorer

from judge.metrics.names import ABOUT
from judge.metrics.text import TEXT_METRICS, bleu4, rouge, script_of, tokenizer_for

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
}
NO_TOKENIZER = {
    "thai": "เขาหัวเราะเพราะมุกตลกนั้นดีมาก",
    "lao": "ລາວຫົວເພາະວ່າເລື່ອງຕະຫລົກດີ",
    "khmer": "គាត់សើចព្រោះរឿងកំប្លែងល្អ",
    "myanmar": "သူရယ်တယ်ဘာလို့လဲဆိုတော့",
    "tibetan": "ཁོང་དགའ་པོ་འདུག",
}


def theirs(candidate: str, reference: str) -> dict[str, float]:
    scores = THEIRS.score(reference, candidate)
    return {name: float(scores[library].fmeasure) for name, library in ROUGE.items()}


def ours(candidate: str, reference: str) -> dict[str, float | None]:
    return {name: TEXT_METRICS[name](candidate, reference).value for name in ROUGE}


def plain_bleu(candidate: str, reference: str) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(sentence_bleu([reference.split()], candidate.split()))


@given(candidate=ENGLISH, reference=ENGLISH)
def test_rouge_is_rouge_score_with_its_own_tokenizer_and_stemmer(candidate: str, reference: str) -> None:
    assert ours(candidate, reference) == pytest.approx(theirs(candidate, reference))


@settings(max_examples=200)
@given(candidate=MESSY, reference=MESSY)
def test_rouge_is_rouge_score_on_any_latin_text_too(candidate: str, reference: str) -> None:
    assume(script_of(reference) == "LATIN")
    assert ours(candidate, reference) == pytest.approx(theirs(candidate, reference))


@given(candidate=ENGLISH, reference=ENGLISH)
def test_bleu_is_nltks_on_whitespace_words_without_smoothing(candidate: str, reference: str) -> None:
    assert bleu4(candidate, reference).value == pytest.approx(plain_bleu(candidate, reference), abs=1e-12)


def test_bleu_of_partly_equal_texts_is_the_closed_form() -> None:
    reference, candidate = "a b c d e f", "a b c d x"
    by_hand = (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25 * 2.718281828459045 ** (1 - 6 / 5)
    assert bleu4(candidate, reference).value == pytest.approx(by_hand)


def test_unsmoothed_bleu_of_three_words_is_as_good_as_zero_even_when_equal() -> None:
    measured = bleu4("he is joking", "he is joking")
    assert measured.value == plain_bleu("he is joking", "he is joking")
    assert measured.value == pytest.approx(0, abs=1e-50)


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
    "Japanese: 3 of 4 characters": ("嬉しいな", "嬉しいね", 0.75),
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
@pytest.mark.parametrize("script", NO_TOKENIZER)
def test_a_script_without_a_tokenizer_gives_no_value_and_says_why(metric: str, script: str) -> None:
    measured = TEXT_METRICS[metric](NO_TOKENIZER[script], NO_TOKENIZER[script])
    assert (measured.value, measured.reason) == (None, f"no tokenizer for the script {script}")


@pytest.mark.parametrize(
    ("language", "bleu", "rouge1"),
    [
        ("English", "whitespace", "rouge+stem latin"),
        ("German", "whitespace", "rouge+stem latin"),
        ("Chinese", "characters", "characters"),
        ("Japanese in katakana", "characters", "characters"),
        ("Russian", "whitespace", "words"),
        ("Korean", "whitespace", "words"),
    ],
)
def test_the_tokenizer_is_named_for_the_signature(language: str, bleu: str, rouge1: str) -> None:
    text = ALIKE[language]
    assert (bleu4(text, text).tokenizer, rouge("rouge1", text, text).tokenizer) == (bleu, rouge1)


def test_the_reference_alone_decides_the_tokenizer() -> None:
    assert tokenizer_for(ALIKE["Chinese"]) == "characters"
    assert rouge("rouge1", "he laughs", ALIKE["Chinese"]).value == 0
    assert rouge("rouge1", ALIKE["Chinese"], "he laughs").value == 0
    assert rouge("rouge1", NO_TOKENIZER["thai"], "he laughs").value == 0


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

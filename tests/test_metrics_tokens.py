"""Tokens of texts in any script: golden ones by hand, unrelated and opposite pairs, and the libraries' own."""

from __future__ import annotations

import importlib
import importlib.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.folding import compatible
from judge.metrics.text import TEXT_METRICS
from judge.metrics.tokens import named, pairs, rouge_score_words, whole_words, words, words_and_marks

GOLDEN = {
    "English": ("He's laughing at the jokes, 3.5 times!", "he s laugh at the joke 3 5 time"),
    "Chinese": ("她笑了，因为他在说反话。", "她 笑 了 因 为 他 在 说 反 话"),
    "Chinese with Latin names": ("Chandler对Monica非常温柔", "chandler 对 monica 非 常 温 柔"),
    "traditional Chinese": ("他說「３個」笑話", "他 說 3 個 笑 話"),
    "Japanese": ("彼女は Tom の冗談で笑っていた。", "彼 女 は tom の 冗 談 で 笑 って てい いた"),
    "Japanese in katakana": ("ユーモアだ", "ユー ーモ モア アだ"),
    "Korean": ("그는 슬퍼서 농담을 한다.", "그는 슬퍼서 농담을 한다"),
    "Vietnamese": ("Cô ấy buồn, đừng cười!", "cô ấy buồn đừng cười"),
    "Thai": ("Tom น่ารัก มาก", "tom น่า ารั รัก มา าก"),
    "Lao": ("ດີໃຈ", "ດີໃ ໃຈ"),
    "Khmer": ("ស្រឡាញ់", "ស្រឡា ឡាញ់"),
    "Khmer with its zero-width spaces": ("គាត់\u200bសើច", "គាត់ សើច"),
    "Burmese": ("မေတ္တာ ရှိ", "မေတ္တာ ရှိ"),
    "Tibetan": ("ཁོང་དགའ་པོ་འདུག།", "ཁོང དགའ པོ འདུག"),
    "Hindi": ("वह बहुत दुखी है।", "वह बहुत दुखी है"),
    "Bengali": ("সে খুব দুঃখী।", "সে খুব দুঃখী"),
    "Tamil": ("அவள் சிரித்தாள்.", "அவள் சிரித்தாள்"),
    "Arabic": ("هو يمزح، لأنّه حزين؟", "هو يمزح لأنّه حزين"),
    "Persian": ("می\u200cخندد و شاد است", "میخندد و شاد است"),
    "Hebrew": ("הוא צוחק כִּי מצחיק לו", "הוא צוחק כִּי מצחיק לו"),
    "Russian": ("Ёлка: он шутит, но грустит", "ёлка он шутит но грустит"),
    "Ukrainian": ("Її сміх щирий", "її сміх щирий"),
    "Greek": ("ΓΕΛΆΕΙ· ο λόγος;", "γελάει ο λόγοσ"),
    "German": ("Die Größe des Witzes fällt", "die grösse des witzes fällt"),
    "French": ("L’été, elle a été gênée", "l été elle a été gênée"),
    "Spanish": ("¿Por qué se rió el niño?", "por qué se rió el niño"),
    "Turkish": ("İyi günler, çok üzgünüm", "iyi günler çok üzgünüm"),
    "Finnish": ("Hän nauroi äänekkäästi", "hän nauroi äänekkäästi"),
    "Polish": ("Śmieje się głośno", "śmieje się głośno"),
    "emoji": ("so sad 😂❤️", "so sad 😂 ❤"),
}
"""By hand, by the rules of docs/metrics.md."""


@pytest.mark.parametrize("language", GOLDEN)
def test_words_of_a_language_are_the_golden_ones(language: str) -> None:
    text, expected = GOLDEN[language]
    assert words(text, stem=language == "English") == expected.split()


MARKED = {
    "English": ("He isn't (really) co-op: 3.5, $4 U.S.", "He isn't ( really ) co-op : 3.5 , $ 4 U . S ."),
    "English with curly marks": ("It’s “fine” — 1990s", "It's “ fine ” — 1990s"),
    "Chinese": ("她笑了，因为Tom说：“好！”", "她 笑 了 , 因 为 Tom 说 : “ 好 ! ”"),
    "Japanese": ("「うそ」と笑った。", "「 うそ 」 と 笑 った 。"),
    "Korean": ("그는 웃었다.", "그는 웃었다 ."),
    "Thai": ("มาก", "มา าก"),
    "Hindi": ("वह दुखी है।", "वह दुखी है ।"),
    "Arabic": ("هل يمزح؟", "هل يمزح ؟"),
    "French": ("«l'été»", "« l'été »"),
    "Spanish": ("¿Qué?", "¿ Qué ?"),
    "emoji": ("ja 😂!", "ja 😂 !"),
}


@pytest.mark.parametrize("language", MARKED)
def test_words_and_marks_of_a_language_are_the_golden_ones(language: str) -> None:
    text, expected = MARKED[language]
    assert words_and_marks(text) == expected.split()


UNRELATED = {
    "English": ("She was praised for a poem about winter.", "My brother lost his keys at the noisy station."),
    "Chinese": ("昨天开会时他被老板骂了，心里很委屈。", "得知考试通过，全家人都非常高兴。"),
    "Japanese": ("彼女は友だちの冗談に思わず笑ってしまった。", "雨の夜に一人で駅まで歩くのは少し怖い。"),
    "Korean": ("그녀는 친구의 농담을 듣고 크게 웃었다.", "비 오는 밤에 혼자 걷는 것은 무섭다."),
    "Vietnamese": ("Cô ấy bật cười khi nghe bạn kể chuyện.", "Trời mưa nên chúng tôi ở nhà nấu phở."),
    "Thai": ("เธอหัวเราะเพราะเพื่อนเล่าเรื่องตลก", "เมื่อวานเจ้านายดุเขาในที่ประชุม"),
    "Lao": ("ນາງຫົວເພາະໝູ່ເລົ່າເລື່ອງຕະຫຼົກ", "ຄອບຄົວດີໃຈທີ່ລູກສອບເສັງຜ່ານ"),
    "Khmer": ("នាងសើចព្រោះមិត្តនិយាយកំប្លែង", "ម្សិលមិញមេស្តីឱ្យគាត់ក្នុងប្រជុំ"),
    "Burmese": ("သူငယ်ချင်းက ဟာသပြောလို့ သူမ ရယ်တယ်", "မနေ့က အစည်းအဝေးမှာ ဆရာက ဆူတယ်"),
    "Tibetan": ("ཁོང་དགའ་པོ་འདུག", "ང་ལ་དེབ་གསུམ་ཡོད"),
    "Hindi": ("दोस्त का चुटकुला सुनकर वह हँस पड़ी।", "बारिश में अकेले चलने से मुझे डर लगता है।"),
    "Arabic": ("ضحكت لأن صديقها روى نكتة طريفة", "أخاف من المشي وحدي في الليل"),
    "Hebrew": ("היא צחקה כי חבר סיפר בדיחה", "אני מפחד ללכת לבד בלילה"),
    "Russian": ("Она рассмеялась, услышав шутку друга.", "Мне страшно идти одному ночью под дождём."),
    "Greek": ("Γέλασε γιατί ο φίλος της είπε ένα αστείο.", "Φοβάμαι να περπατώ μόνος τη νύχτα."),
    "German": (
        "Sie lachte, weil ihr Freund einen Witz erzählte.",
        "Nachts allein zu gehen macht mir Angst.",
    ),
    "French": ("Elle a ri parce que son ami plaisantait.", "Marcher seul sous la pluie me fait peur."),
    "Turkish": ("Arkadaşı şaka yapınca güldü.", "Gece yalnız yürümek beni korkutuyor."),
    "Finnish": ("Hän nauroi, koska ystävä kertoi vitsin.", "Minua pelottaa kävellä yksin yöllä."),
    "Spanish": ("Se rió porque su amigo contó un chiste.", "Caminar solo de noche me da miedo."),
}
"""Written before any value was seen; each pair is about different things."""


@pytest.mark.parametrize("metric", TEXT_METRICS)
@pytest.mark.parametrize("language", UNRELATED)
def test_unrelated_texts_score_under_20_and_equal_ones_100_in_every_language(metric: str, language: str) -> None:
    candidate, reference = UNRELATED[language]
    unrelated, equal = (TEXT_METRICS[metric](text, reference, "plain").value for text in (candidate, reference))
    assert unrelated is not None
    assert unrelated < 0.2
    assert equal == pytest.approx(1)


OPPOSITE = {
    "Chinese with Latin names": ("Chandler 对 Monica 很不耐烦", "Chandler 对 Monica 非常温柔体贴", 6 / 16),
    "Chinese behind a name": ("Chandler生气", "Chandler开心", 2 / 6),
    "Japanese behind a name": ("Tom は悲しい", "Tom は嬉しい", 3 / 4),
    "Korean": ("Tom 은 슬프다", "Tom 은 기쁘다", 2 / 3),
    "Vietnamese": ("Anh giận dữ", "Anh vui vẻ", 1 / 3),
    "Thai": ("Tom เศร้า", "Tom ดีใจ", 2 / 7),
    "Hindi": ("वह रोया", "वह हँसा", 1 / 2),
    "Arabic": ("هو حزين", "هو سعيد", 1 / 2),
    "Russian": ("Tom грустит", "Tom радуется", 1 / 2),
    "accents alone": ("pêche", "péché", 0),
    "emoji": ("ok 😂", "ok 😢", 1 / 2),
}


@pytest.mark.parametrize("case", OPPOSITE)
def test_opposite_texts_share_what_they_share_and_no_more(case: str) -> None:
    candidate, reference, value = OPPOSITE[case]
    assert TEXT_METRICS["rouge1"](candidate, reference, "plain").value == pytest.approx(value)
    assert TEXT_METRICS["bleu4"](candidate, reference, "plain").value == pytest.approx(0, abs=1e-50)


@pytest.mark.parametrize("text", [text for text, _ in GOLDEN.values()])
def test_no_letter_or_digit_of_a_text_is_dropped(text: str) -> None:
    there = {character for character in compatible(text).casefold() if character.isalnum()}
    for found in (words(text), words_and_marks(text), whole_words(text)):
        assert there <= set("".join(found).casefold())


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_english_words_of_ascii_text_are_rouge_scores_own(text: str) -> None:
    assert words(text, stem=True) == rouge_score_words(text)


@pytest.mark.skipif(importlib.util.find_spec("sacrebleu") is None, reason="sacrebleu is not installed")
@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("abcAZ019 .,;:!?-'\"()[]$%/_~#*+=@^|{}"), max_size=60))
def test_words_and_marks_of_ascii_text_are_sacrebleus_13a(text: str) -> None:
    theirs = importlib.import_module("sacrebleu.tokenizers.tokenizer_13a").Tokenizer13a()
    assert words_and_marks(text) == theirs(text).split()


@pytest.mark.skipif(importlib.util.find_spec("sacrebleu") is None, reason="sacrebleu is not installed")
@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("她笑了因为。、，！abC01 .,-'"), max_size=60))
def test_words_and_marks_of_chinese_text_are_sacrebleus_zh(text: str) -> None:
    theirs = importlib.import_module("sacrebleu.tokenizers.tokenizer_zh").TokenizerZh()
    line = f"a {text} a"  # at the ends of a line zh keeps 0. whole
    assert words_and_marks(line) == theirs(compatible(line)).split()


SAMPLES_13A = {
    "a,b c": "a , b c",
    "1,000.5 a.": "1,000.5 a .",
    "1990-95 co-op -5": "1990 - 95 co-op -5",
    "it's ... (ok)/no": "it's . . . ( ok ) / no",
    "a_b x@y.z": "a _ b x @ y . z",
    "5.": "5 .",
}
"""Made with sacrebleu 2.6.0, tokenizer 13a."""


@pytest.mark.parametrize("text", SAMPLES_13A)
def test_ascii_marks_stand_apart_as_in_13a(text: str) -> None:
    assert words_and_marks(text) == SAMPLES_13A[text].split()


def test_the_name_says_what_the_scripts_of_a_text_call_for() -> None:
    texts = ("he laughs", "naïve", "他笑 Tom", "笑った", "หัวเราะ", "ユーモア")
    endings = ("", "", "+characters", "+characters+pairs", "+pairs", "+pairs")
    assert [named(text, "words") for text in texts] == [f"words{ending}" for ending in endings]


def test_signs_that_cannot_be_seen_part_no_word() -> None:
    assert words("laugh\u00ading \u2066ha\u2069 नि\u200dःशब्द") == ["laughing", "ha", "निःशब्द"]


def test_a_letter_alone_is_its_own_token_and_stacked_letters_are_one() -> None:
    assert pairs("ก") == ["ก"]
    assert len(pairs("ក\u17d2" * 5000)) < 5000, "a stack has an end"
    assert len(words("ก" * 100_000)) == 99_999

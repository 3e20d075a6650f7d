"""Numbers: signs that are never lost, decimals, scales and digits of many languages; what explains one is set aside."""

from __future__ import annotations

import time

import pytest
from building import LONG

from judge.parse.numbers import read_number

SENTIMENT, STARS = (-3.0, 3.0), (1.0, 5.0)
SIGNED = {
    "–0.6": -0.6, "—1": -1, "−1": -1, "－１．５": -1.5, "﹣2": -2, "- 1": -1, "minus 1": -1, "Minus one": -1,
    "negative 2": -2, "neg. 2": -2, "negative -2": -2, "moins 1,5": -1.5, "menos 1": -1, "meno 2": -2,
    "минус 1,5": -1.5,
    "سالب ١٫٥": -1.5, "ناقص ٢": -2, "eksi 2,5": -2.5, "miinus 0,5": -0.5, "マイナス1.2": -1.2, "마이너스 2점": -2,
    "负2": -2,
    "负1.5分": -1.5, "माइनस २": -2, "**-2**": -2, "(-1)": -1, "$-0.6$": -0.6, "\\boxed{-2}": -2, "Score: –2": -2,
    "=-1": -1,
    "-.8": -0.8, ".5": 0.5, "+1": 1, "plus 1": 1, "+.5": 0.5, "-1.5/3": -1.5, "½": 0.5, "-½": -0.5, "-0": 0,
    "Sentiment - that is, the tone: -2": -2, "on a scale from –3 to 3: –1": -1,
}  # fmt: skip


@pytest.mark.parametrize(("region", "value"), SIGNED.items(), ids=SIGNED.keys())
def test_a_number_keeps_its_sign(region: str, value: float) -> None:
    assert read_number(region, SENTIMENT).values == (repr(float(value)),)


@pytest.mark.parametrize("region", ["Sentiment - 2", "Tone — 1", "±2", "+/- 1"])
def test_a_dash_that_may_be_a_sign_or_not_is_ambiguous(region: str) -> None:
    assert read_number(region, SENTIMENT).state == "ambiguous"


@pytest.mark.parametrize("region", ["GPT-2", "T-1", "COVID-19", "a−2"])
def test_the_number_of_a_name_is_none(region: str) -> None:
    assert read_number(region, SENTIMENT).state == "unparsed"


FOURS = [
    "4/5", "4 out of 5", "4 of 5", "4 von 5", "4 sur 5", "4 de 5", "4 sobre 5", "4 su 5", "4 из 5", "٤ من ٥", "4 em 5",
    "5 üzerinden 4", "5 में से 4", "5点満点中４点", "5段階評価で4", "5점 만점에 4점", "满分5分，我给4分",
    "4 stars out of 5", "4分",
    "4 points", "4pts", "４", "٤", "۴", "४", "Rated 4 on a 1-5 scale", "from 1 to 5: 4", "1から5で、4", "1~5 : 4",
    "- 4", "4 — a warm reply", "4 (not 5)", "4 ± 0.5", "I am 90% sure: 4", "In 2023 he said it; 4", "2024-05-01: 4",
    "At 10:30 he laughs for 3 seconds. 4", "On May 5 he laughed. 4", "1. He smiles.\n2. He waves.\nRating: 4",
    "Step 1 is fine. 4", "four", "Four stars.", "four out of five", "vier von fünf", "quatre sur cinq", "四", "четыре",
    "dört", "neljä", "أربعة", "넷", "Not a 5. 4", "A 5 would need more warmth: 4", "2... no, rather 4",
    "3 out of 10? No, wait: 4 out of 5",
]  # fmt: skip


@pytest.mark.parametrize("region", FOURS)
def test_a_rating_is_read_in_its_scale_and_its_language(region: str) -> None:
    assert read_number(region, STARS).values == ("4.0",)


@pytest.mark.parametrize(
    "region", ["2-3", "2–3", "2 - 3", "3..4", "2~3", "3か4", "3 oder 4", "3 ou 4", "4 или 5", "5 minus 1"]
)
def test_a_range_is_ambiguous_and_no_negative_number(region: str) -> None:
    assert read_number(region, STARS).state == "ambiguous"


@pytest.mark.parametrize(
    "region", ["2024-05-01", "10:30", "for 3 seconds, he laughs", "filmed in 2023", "from 1 to 5", "1 – 5"]
)
def test_dates_counts_and_the_scale_itself_are_no_rating(region: str) -> None:
    assert read_number(region, STARS).state == "unparsed"


@pytest.mark.parametrize("region", ["8/10", "80%", "4%", "4 из 10", "10점 만점에 8점", "–4", "0", "1,000"])
def test_what_is_on_another_scale_is_out_of_range(region: str) -> None:
    assert read_number(region, STARS).state == "out_of_range"


@pytest.mark.parametrize(
    ("region", "value"), [("80%", "80.0"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("12,5", "12.5")]
)
def test_percentages_and_thousands_are_read_where_the_range_has_them(region: str, value: str) -> None:
    assert read_number(region, (0.0, 100.0) if "%" in region else None).values == (value,)


def test_a_number_word_counts_only_where_it_is_all_that_is_said() -> None:
    assert read_number("one can not tell", STARS).state == "unparsed"
    assert read_number("I prefer the final one", STARS).state == "unparsed"
    assert read_number("He has two reasons for it.", STARS).state == "unparsed"


@pytest.mark.parametrize(
    "piece", ["1,111", "-", "- ", "1/", "minus ", "1 out of ", "5点満点", "(", "1-", "٣", "1. a\n", "½"]
)
def test_numbers_over_and_over_take_little_time(piece: str) -> None:
    started = time.process_time()
    read_number(piece * (LONG // len(piece)), STARS)
    assert time.process_time() - started < 8, "of CPU, not of the clock: what is quadratic takes minutes"

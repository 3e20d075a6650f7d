"""A whole answer, read once per mode: where the answer is looked for, and what is said where there is none."""

from collections.abc import Callable

import pytest
from building import HARD_TEXTS, make_answer, make_ask, make_sample, make_task, parsed, seconds_on_attacks
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.parse.reply import answer_text, parse
from judge.records import AskReply, Mode, Parsed, Problem

EU = {"answer_q1": ("Delight", "Anger", "Pride"), "answer_q2": ("It burnt", "She likes it", "He left", "Nothing")}
LETTERS = {"as": "letter", "choices": "options"}
JSON_ASK = make_ask("eu", **{"as": "json", "fields": dict.fromkeys(EU, LETTERS)})
JSON_TASK = make_task(asks=[JSON_ASK], faithful={"rule": "json-exact"})
EU_SAMPLE = make_sample(choices=EU)
DIALOGUE = ["question", "statement-opinion", "statement-non-opinion", "therapist_input", "positive", "negative"]
MMLA_TASK = make_task(labels={label: [] for label in DIALOGUE}, faithful={"rule": "mmla"})
FREE_TASK = make_task(asks=[make_ask("why", **{"as": "text"})])
LETTER_TASK = make_task(asks=[make_ask("cause", **LETTERS)])
LETTER_SAMPLE = make_sample(choices={"cause": EU["answer_q2"]})
MUSING = "It sounds serious at first. Is it a joke? A funny one? No: serious, not funny... or humorous."


def fields(result: Parsed) -> tuple[str | None, ...]:
    return tuple((result.values.get(name) or (None,))[0] for name in EU)


READ = {
    "JSON field": '{"label": "humorous"}',
    "JSON field after musing": f'{MUSING}\n{{"label": "humorous"}}',
    "JSON field, not an answer line": 'Answer: serious\n{"answer": "humorous"}\nserious',
    "JSON in a fence": '```json\n{"label": "humorous"}\n```',
    "JSON key in the wrong case": '{"Label": "Humorous"}',
    "JSON list of one": '{"label": ["humorous"]}',
    "JSON with nested braces": '{"label": "humorous", "notes": {"braces": "}{", "deep": [{}]}}',
    "JSON behind other braces": 'Let {x} be {a joke. {"label": "humorous"}',
    "the last JSON object": '{"label": "serious"}\nOn reflection:\n{"label": "humorous"}',
    "the last JSON object that has the key": '{"label": "humorous"}\n{"mood": "serious"}',
    "answer line": f"{MUSING}\nAnswer: humorous",
    "answer line, bold": f"{MUSING}\n**Answer:** **humorous**\nThat was serious work.",
    "answer line, italic": f"{MUSING}\n**Answer**: _humorous_",
    "answer line, full-width colon": f"{MUSING}\nAnswer：humorous",
    "answer line, Chinese": f"{MUSING}\n答案：幽默",
    "answer on the next line": f"{MUSING}\nAnswer:\n\nhumorous\n",
    "the last answer line": "Answer: serious\nNo, I was wrong.\nAnswer: humorous",
    "answer line, as the object has no such field": '{"mood": "serious"}\nAnswer: humorous, not serious',
    "answer line before its reason": "Answer: a joke\nReason: not one serious word in it, and yet a serious face.",
    "last line, bare": "humorous",
    "last line after musing": f"{MUSING}\nhumorous",
    "last line before blank ones": f"{MUSING}\n\n  So it is a joke.  \n\n \n",
    "last line, Chinese": f"{MUSING}\n这句话很幽默。",
    "last line that denies the other": "serious?\nIt isn't serious: funny",
    "whole text, as the last line names none": "This is humorous.\nI hope this helps you!",
    "whole text, as the last line is a fence": "```\nhumorous\n```",
    "an apology that still answers": "I'm sorry, but I can't be sure.\nAnswer: humorous",
    "an apology before the last line": "I'm sorry, but I can't be sure.\nhumorous",
    "an idiom that is no refusal": "I can't help but laugh: humorous",
    "a quotation that is no refusal": "She says “I cannot answer that” with a grin: humorous",
    "think block": "<think>Answer: serious</think>humorous",
    "think block in a think block": "<think>a\n<think>serious</think>serious</think>\nhumorous",
    "think block with an object": '<think>{"label": "serious"}</think>Answer: humorous',
    "think block, only closed": "serious</think>humorous",
    "think block, left open": "humorous\n<think>Answer: serious",
}


@pytest.mark.parametrize("text", READ.values(), ids=READ.keys())
def test_the_answer_is_read_where_it_stands(text: str) -> None:
    result = parsed(text)
    assert (result.state, result.values, result.reason) == ("ok", {"label": ("humorous",)}, "")


NOT_READ = [
    ("ambiguous", ["humorous and serious", "Answer: humorous or serious", f"{MUSING}\nI hope this helps you!"]),
    ("ambiguous", ['{"label": "humorous / serious"}', '{"label": ["humorous", "serious"]}', "答案：幽默，也严肃"]),
    ("ambiguous", ["Answer: humorous  or  Answer: serious"]),
    ("unparsed", ["", " \n", "Let me look at the clip once more.", "Answer:", "Answer: none", "Answer: isn't serious"]),
    ("unparsed", ["not humorous", "不幽默", '{"label": null}', '{"label": {}}', "<think>Answer: humorous"]),
    ("out_of_range", ["Answer: melancholic", "**Melancholic**", '{"label": "melancholic"}', '{"label": true}']),
    ("refused", ["I'm sorry, but I can't help with that.", "I'm sorry, but I can't say if this is humorous."]),
    ("refused", ["I cannot determine this.\nIt could be humorous or serious.", "抱歉，我无法判断这句话是否幽默。"]),
    ("refused", ["Answer: I cannot determine this."]),
]


@pytest.mark.parametrize(("state", "text"), [(state, text) for state, texts in NOT_READ for text in texts])
def test_what_cannot_be_read_has_a_state_and_a_reason_and_never_a_default(state: str, text: str) -> None:
    result = parsed(text)
    assert (result.state, result.values) == (state, {})
    assert result.reason


def test_a_reply_that_the_vendor_stopped_is_refused_whatever_it_says() -> None:
    assert parsed("Answer: humorous", finish="refused").state == "refused"


@pytest.mark.parametrize(("text", "state"), [("humorous", "ok"), ("", "unparsed")])
def test_a_vendors_thinking_part_is_never_parsed(text: str, state: str) -> None:
    result = parsed(text, thinking="Answer: serious")
    assert result.state == state
    assert "serious" not in result.reasoning + result.region + "".join(result.values.get("label", ()))


@pytest.mark.parametrize(
    "text",
    ["It is humorous, or", MUSING, "It may seem\nhumorous", '{"label": "humor', "<think>humorous", "Answer:", "Not"],
)
def test_a_reply_cut_off_before_its_answer_is_unparsed(text: str) -> None:
    result = parsed(text, finish="length")
    assert (result.state, result.values) == ("unparsed", {})


@pytest.mark.parametrize("text", ["humorous", "Answer: humorous\nThis is bec", '{"label": "humorous"}\nThis is bec'])
def test_a_reply_cut_off_after_its_answer_is_read(text: str) -> None:
    assert parsed(text, finish="length").values == {"label": ("humorous",)}


REASONED = {
    "answer line": "He winks.\nAnswer: humorous",
    "last line": "He winks.\nhumorous",
    "fenced object": 'He winks.\n```json\n{"label": "humorous"}\n```',
    "in the object": '{"reasoning": "He winks.", "label": "humorous"}',
    "behind thinking": "<think>Hm.</think>He winks.\nAnswer: humorous",
    "after the answer line": "Answer: humorous\nHe winks.",
    "after the object": '{"label": "humorous"}\nHe winks.',
}


@pytest.mark.parametrize("text", REASONED.values(), ids=REASONED.keys())
def test_the_reasoning_is_the_reply_without_its_answer(text: str) -> None:
    assert parsed(text).reasoning == "He winks."


@pytest.mark.parametrize("text", ["humorous", "Answer: humorous", '{"label": "humorous"}', "```\nhumorous\n```"])
def test_a_bare_answer_has_no_reasoning(text: str) -> None:
    assert parsed(text).reasoning == ""


def test_a_last_line_that_reasons_is_kept_with_the_reasoning() -> None:
    text = "He winks.\nSo, since they all laugh at him and he winks back, this must be humorous."
    assert parsed(text).reasoning == text


def test_all_that_precedes_the_object_of_a_very_long_reply_is_its_reasoning() -> None:
    musing = "He winks. " * 30_000
    assert parsed(musing + '{"label": "humorous"}').reasoning == musing.strip()


@pytest.mark.parametrize(
    ("text", "values", "state"),
    [
        ('{"answer_q1": "B", "answer_q2": "A"}', ("B", "A"), "ok"),
        ('```json\n{"Answer_Q1": "(b)", "ANSWER_Q2": "A) It burnt"}\n```', ("B", "A"), "ok"),
        ('{"answer_q1": "A", "answer_q2": "A"} or {"answer_q1": "B", "answer_q2": "A"}', ("B", "A"), "ok"),
        (r"\frac{a}{b} " * 150 + '{"answer_q1": "B", "answer_q2": "A"}', ("B", "A"), "ok"),
        ('{"answer_q1": "B", "answer_q2": "Z"}', ("B", None), "out_of_range"),
        ('{"answer_q1": "B or C", "answer_q2": "A"}', (None, "A"), "ambiguous"),
        ('{"answer_q1": "B"}', ("B", None), "unparsed"),
        ("B and A", (None, None), "unparsed"),
        ("I'm sorry, but I can't help.", (None, None), "refused"),
    ],
    ids=["both", "loosely", "last object", "after 300 braces", "outside", "two", "missing", "no object", "refusal"],
)
def test_an_object_is_ok_only_where_every_field_is(text: str, values: tuple[str | None, ...], state: str) -> None:
    result = parsed(text, task=JSON_TASK, sample=EU_SAMPLE)
    assert (fields(result), result.state) == (values, state)


@pytest.mark.parametrize(
    ("text", "state", "read"),
    [
        ("Because he winks.", "ok", "Because he winks."),
        ("Hm.\nAnswer: Because he winks.\nThat is all.", "ok", "Because he winks.\nThat is all."),
        ('{"why": "Because he winks."}', "ok", "Because he winks."),
        ("<think>Because she sighs.</think>Because he winks.", "ok", "Because he winks."),
        ("I'm sorry, but I can't help with that.", "refused", None),
    ],
    ids=["whole", "answer line", "object", "behind thinking", "refusal"],
)
def test_free_text_is_read_whole(text: str, state: str, read: str | None) -> None:
    result = parsed(text, task=FREE_TASK)
    assert (result.state, result.values) == (state, {"why": (read,)} if read else {})


def test_every_ask_is_read_and_the_first_that_fails_gives_the_state() -> None:
    task = make_task(asks=[make_ask("label"), make_ask("why", **{"as": "text"})])
    both = parse(task, make_sample(), answer=make_answer("humorous", "He winks.", asks=("label", "why")), mode="strict")
    assert (both.state, both.values) == ("ok", {"label": ("humorous",), "why": ("He winks.",)})
    late = parse(
        task, make_sample(), answer=make_answer("hilarious", "He winks.", asks=("label", "why")), mode="strict"
    )
    assert (late.state, late.values) == ("out_of_range", {"why": ("He winks.",)})
    problem = Problem(stage="call", kind="timeout", message="no reply within 600 s")
    half = make_answer("humorous", status="error").model_copy(update={"problem": problem})
    result = parse(task, make_sample(), answer=half, mode="strict")
    assert (result.state, result.values) == ("unparsed", {"label": ("humorous",)})
    assert "no reply within 600 s" in result.reason


@pytest.mark.parametrize("mode", ["strict", "faithful"])
def test_a_reading_names_its_answer_and_its_mode(mode: Mode) -> None:
    result = parse(make_task(), make_sample(), answer=make_answer("humorous", draw=2), mode=mode)
    assert (result.key, result.mode, result.values) == (("h-1", "cot", 2), mode, {"label": ("humorous",)})


MMLA = {
    "statement-opinion": ["dialogue_act: statement-opinion", "Statement-Opinion."],
    "statement-non-opinion": ["statement-non-opinion"],
    "therapist_input": ["communication_behavior: therapist_input"],
    "positive": ["non-positive", "not positive", "[POSITIVE].", "positive positive", "<think>negative</think>positive"],
    "multi": ["not positive, rather negative", "The candidate labels are: [positive, negative]. negative"],
    "unknown": ["statement - opinion", "therapist input", "I cannot determine", "positively", "unpositive", ""],
}


@pytest.mark.parametrize(("label", "text"), [(label, text) for label, texts in MMLA.items() for text in texts])
def test_mmla_reads_as_its_released_evaluator_does(label: str, text: str) -> None:
    result = parsed(text, task=MMLA_TASK, mode="faithful")
    assert result.state == {"unknown": "unparsed", "multi": "ambiguous"}.get(label, "ok")
    assert result.values.get("label", (result.reason,)) == (label,)


def test_mmla_knows_no_refusals() -> None:
    assert parsed("I cannot say: positive", task=MMLA_TASK, mode="faithful", finish="refused").state == "ok"


def test_strict_reads_by_our_rules_where_the_authors_have_theirs() -> None:
    assert parsed("therapist input", task=MMLA_TASK).values == {"label": ("therapist_input",)}
    assert parsed("not positive, rather negative", task=MMLA_TASK).values == {"label": ("negative",)}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"answer_q1": "B", "answer_q2": "A"}', ("B", "A")),
        ('So:\n```json\n{"answer_q1": "B", "answer_q2": "A"}\n```\n```json\n{"answer_q1": "C"}\n```', ("B", "A")),
        ('So: {"answer_q1": "B", "answer_q2": "A"}', (None, None)),
        ('```\n{"answer_q1": "B", "answer_q2": "A"}\n```', (None, None)),
        ('{"answer_q1": "A)", "answer_q2": "A"}', (None, "A")),
        ('{"answer_q1": "a", "answer_q2": "A"}', (None, "A")),
        ('{"answer_q1": "A) Delight", "answer_q2": "A"}', (None, "A")),
        ('{"answer_q1": "AB", "answer_q2": ["A"]}', (None, None)),
        ('{"answer_q1": "D", "answer_q2": "D"}', (None, "D")),
        ('{"Answer_q1": "B", "answer_q2": "A"}', (None, "A")),
        ('["B", "A"]', (None, None)),
        ("", (None, None)),
    ],
)
def test_json_exact_takes_the_first_fence_or_all_and_exact_letters(text: str, values: tuple[str | None, ...]) -> None:
    result = parsed(text, task=JSON_TASK, sample=EU_SAMPLE, mode="faithful")
    assert (fields(result), result.state == "ok") == (values, None not in values)


@pytest.mark.parametrize(
    ("reply", "text"),
    [("He winks.\nAnswer: a joke", "humorous"), ("Hm.\nI cannot say.\n", "I cannot say."), ("<think>a", "(no answer)")],
)
def test_a_later_ask_gets_what_was_read_of_an_earlier_one(reply: str, text: str) -> None:
    assert answer_text(make_task(), make_sample(), AskReply(ask="label", text=reply)) == text


def test_a_later_ask_gets_the_text_of_the_option_and_not_its_letter() -> None:
    assert answer_text(LETTER_TASK, LETTER_SAMPLE, AskReply(ask="cause", text="(b)")) == "She likes it"


WAYS: dict[str, Callable[[str], Parsed]] = {
    "label": parsed,
    "json": lambda text: parsed(text, task=JSON_TASK, sample=EU_SAMPLE),
    "text": lambda text: parsed(text, task=FREE_TASK),
    "letter": lambda text: parsed(text, task=LETTER_TASK, sample=LETTER_SAMPLE),
    "mmla": lambda text: parsed(text, task=MMLA_TASK, mode="faithful"),
    "json-exact": lambda text: parsed(text, task=JSON_TASK, sample=EU_SAMPLE, mode="faithful"),
}
PIECES = ('{"label": ', '"serious"', "}", "<think>", "</think>", "Answer:", "\n", "not ", "A)", "\ud800", "\x00", "😂")
ANYTHING = st.text(st.characters(), max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@settings(max_examples=150, deadline=None, database=None)
@given(ANYTHING)
def test_any_reply_is_read_or_said_not_to_be(way: Callable[[str], Parsed], text: str) -> None:
    result = way(text)
    assert (result.state == "ok") == (not result.reason)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("text", HARD_TEXTS, ids=lambda text: ascii(text[:12]))
def test_a_hard_reply_is_read_or_said_not_to_be(way: Callable[[str], Parsed], text: str) -> None:
    result = way(text)
    assert (result.state == "ok") == bool(result.values)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_no_hostile_reply_takes_long(way: Callable[[str], Parsed]) -> None:
    seconds, attack = seconds_on_attacks(way)
    assert seconds < 1, attack

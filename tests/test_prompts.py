from __future__ import annotations

from typing import Any

import pytest

from judge import prompts
from judge.definitions import Task, Variant
from judge.errors import TaskError
from judge.prompts import Asking, fill, lettered, messages
from judge.records import Sample, Target


def task_with(*asks: dict[str, Any]) -> Task:
    return Task.model_validate(
        {
            "name": "moods",
            "version": 1,
            "about": "Which mood?",
            "licence": "CC0-1.0",
            "data": {"path": "items.jsonl"},
            "asks": [{"name": f"ask{n}", "read": {"as": "label"}} | ask for n, ask in enumerate(asks)],
            "labels": {"glad": [], "sad": []},
            "target": {"label": "mood"},
            "metrics": ["accuracy"],
        }
    )


def sample_with(choices: dict[str, tuple[str, ...]] | None = None, **inputs: Any) -> Sample:
    return Sample(id="m-1", inputs=inputs, target=Target(values={}), choices=choices or {})


def texts(
    ask: dict[str, Any],
    sample: Sample,
    *,
    variant: Variant = "qa",
    settings: dict[str, str] | None = None,
    earlier: dict[str, str] | None = None,
    system: str | None = None,
) -> list[tuple[str, str]]:
    """(role, text) of each message."""
    task = task_with(ask)
    how = Asking(task=task, variant=variant, settings=settings or {}, system=system)
    said = messages(task.asks[0], sample, how, earlier=earlier or {})
    return [(message.role, message.text) for message in said]


def asked(prompt: str, **inputs: Any) -> str:
    """The question that one prompt becomes."""
    return texts({"qa": prompt}, sample_with(**inputs))[0][1]


def test_a_name_in_braces_becomes_the_field() -> None:
    assert asked('{speaker} says: "{line}"', speaker="Ada", line="Hm.") == 'Ada says: "Hm."'


KEPT = ["{}", "{ line }", "{0}", "{line!r}", "{line:>10}", "{line[0]}", "${1}", '{"emotion": "..."}', "{\n}", "{a-b}"]
MORE = ["{{}}", "}{", "{line", "line}", "%(line)s", "{% if line %}", "{{ 7 * 7 }}", "$line", "{__class__.}"]


@pytest.mark.parametrize("kept", [*KEPT, *MORE])
def test_any_other_brace_stays_as_it_is(kept: str) -> None:
    assert asked(f"a {kept} z", line="X") == f"a {kept} z"


def test_braces_around_a_name_in_braces_stay() -> None:
    assert asked('{"mood": {{line}}}', line="X") == '{"mood": {X}}'


@pytest.mark.parametrize("scenario", ["{label}", "{line}", "{ask.answer}", "{lang} {label}", "{scenario}", r"\1 \g<0>"])
def test_what_is_put_in_is_never_looked_at_again(scenario: str) -> None:
    sample = sample_with(scenario=scenario, label="GOLD", line="L")
    ask = {"qa": "{scenario} / {line}"}
    assert texts(ask, sample, settings={"lang": "en"}, earlier={"ask": "A"}) == [("user", f"{scenario} / L")]


def test_an_earlier_answer_is_put_in_and_never_looked_at_again() -> None:
    ask = {"qa": "You said {mood.answer}. Why, {speaker}?"}
    said = texts(ask, sample_with(speaker="Ada", label="GOLD"), earlier={"mood": "sad {label}"})
    assert said == [("user", "You said sad {label}. Why, Ada?")]


def test_a_setting_can_be_named_and_goes_before_a_field_of_its_name() -> None:
    said = texts({"qa": "In {lang}: {line}"}, sample_with(lang="xx", line="Hm."), settings={"lang": "zh"})
    assert said == [("user", "In zh: Hm.")]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(7, "7"), (0.5, "0.5"), (None, ""), (["a", "b"], "a, b"), ([1, 2], "1, 2"), ([], ""), ("快乐 🙂", "快乐 🙂")],
)
def test_a_field_that_is_not_text_is_shown_as_text(value: object, shown: str) -> None:
    assert asked("<{field}>", field=value) == f"<{shown}>"


def test_options_stand_one_a_line_with_their_letters() -> None:
    options = ["relief", "{line}", "pity"]
    sample = sample_with({"ask0": tuple(options)}, options=options, others=["x", "y"], line="L")
    said = texts({"qa": "Choose:\n{options}\nNot: {others}"}, sample)
    assert said == [("user", "Choose:\nA) relief\nB) {line}\nC) pity\nNot: x, y")]


def test_letters_go_from_a_to_z() -> None:
    shown = lettered(tuple(str(number) for number in range(26)), "A)").splitlines()
    assert (shown[0], shown[1], shown[25]) == ("A) 0", "B) 1", "Z) 25")
    assert lettered(("x", "y"), "(a)") == "(a) x\n(b) y"


@pytest.mark.parametrize("name", ["lnie", "mood.answer"])
def test_a_name_that_the_sample_does_not_have_is_an_error_that_names_both(name: str) -> None:
    with pytest.raises(TaskError, match=rf"'ask0' names \{{{name}\}}, which m-1 does not have"):
        asked(f"{{line}} {{{name}}}", line="Hm.")


def test_fill_raises_for_an_unknown_name() -> None:
    with pytest.raises(KeyError, match="other"):
        fill("{name} {other}", {"name": "x"})


ASK = {
    "qa": "Q {line}",
    "cot": "C {line}",
    "system": "Shared {line}.",
    "system_cot": "Think about {line}.",
}


@pytest.mark.parametrize(
    ("variant", "system", "said"),
    [
        pytest.param("qa", None, [("system", "Shared Hm."), ("user", "Q Hm")], id="qa"),
        pytest.param("cot", None, [("system", "Think about Hm."), ("user", "C Hm")], id="cot"),
        pytest.param("qa", "Mine: {line}", [("system", "Mine: {line}"), ("user", "Q Hm")], id="the-users-own"),
        pytest.param("cot", "", [("user", "C Hm")], id="the-users-own-empty-one"),
    ],
)
def test_each_variant_has_its_prompt_and_system_text(
    variant: Variant, system: str | None, said: list[tuple[str, str]]
) -> None:
    assert texts(ASK, sample_with(line="Hm"), variant=variant, system=system) == said


def test_without_a_system_text_there_is_only_the_question() -> None:
    assert texts({"qa": "\n Q {line}\n\n"}, sample_with(line="Hm")) == [("user", "Q Hm")]


PICK = {"as": "letter", "choices": "options"}


def allowed(read: dict[str, Any], **choices: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    task = task_with({"qa": "Q", "read": read})
    return prompts.tag(task, task.asks[0], sample=sample_with(choices), variant="qa").allowed


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param({"as": "label"}, (("", ("glad", "sad")),), id="label"),
        pytest.param({"as": "labels"}, (("", ("glad", "sad")),), id="labels"),
        pytest.param(PICK, (("", ("A", "B", "C")),), id="letter"),
        pytest.param({"as": "number", "range": [1, 3]}, (("", ("1", "2", "3")),), id="number"),
        pytest.param({"as": "text"}, (), id="text"),
        pytest.param(
            {"as": "json", "fields": {"mood": {"as": "label"}, "why": {"as": "text"}, "pick": PICK}},
            (("mood", ("glad", "sad")), ("pick", ("A", "B"))),
            id="json",
        ),
    ],
)
def test_the_tag_names_what_a_baseline_may_answer(
    read: dict[str, Any], expected: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    assert allowed(read, ask0=("x", "y", "z"), pick=("x", "y")) == expected


def test_the_tag_names_the_sample_the_variant_and_the_ask_and_holds_no_gold() -> None:
    task = task_with({"qa": "Q"})
    sample = Sample(id="m-9", inputs={"label": "GOLD"}, target=Target(values={"ask0": ("GOLD",)}, reference="GOLD"))
    tag = prompts.tag(task, task.asks[0], sample=sample, variant="cot")
    assert (tag.sample_id, tag.variant, tag.ask) == ("m-9", "cot", "ask0")
    assert "GOLD" not in tag.model_dump_json()

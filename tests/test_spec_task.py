from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from judge import shipped
from judge.definitions import Task
from judge.errors import Fault, TaskError
from judge.spec.task import read_task

RUBRICS = frozenset({"humor", "emotion"})
TASK = """\
name: moods
version: 3
about: How does the speaker feel?
licence: CC0-1.0
citation: Nobody, 2026.
language: [en, de]

data:
  path: moods/items.jsonl
  id: key
  cluster: speaker
  where: {lang: "{lang}"}
  fields:
    first: {from: line, before: " - "}

modalities: [text]

settings:
  lang: {choices: [en, de], default: en}

asks:
  - name: mood
    system_cot: Think first.
    qa: "{speaker} says {line}. Which mood?"
    cot: "{speaker} says {line}. Which mood, and why?"
    read: {as: label}
  - name: strength
    qa: "How {mood.answer}, from 1 to 5?"
    cot: "Why {mood.answer}, and how much?"
    read: {as: number, range: [1, 5], target: strength}

labels:
  glad: [happy, froh]
  sad: [unhappy]

target: {label: mood}
metrics: [accuracy, macro_f1]
rubric: emotion

references:
  - {model: Someone, metric: accuracy, value: 70.1, source: a paper}
"""


def edited(*changes: tuple[str, str]) -> str:
    """The task's text with each piece replaced once; a piece that is not there is a mistake of the test."""
    text = TASK
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def read(folder: Path, text: str) -> Task:
    path = folder / "moods.yaml"
    path.write_text(text, encoding="utf-8")
    return read_task(path, RUBRICS, "moods.yaml")


def faults_of(folder: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(TaskError) as caught:
        read(folder, text)
    return caught.value.faults


def line_of(text: str, piece: str) -> int:
    """The number of the only line that holds a piece."""
    found = [number for number, line in enumerate(text.splitlines(), start=1) if piece in line]
    assert len(found) == 1, piece
    return found[0]


def test_a_task_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    task = read(tmp_path, TASK)
    assert (task.name, task.version, task.licence, task.language) == ("moods", 3, "CC0-1.0", ("en", "de"))
    assert task.labels == {"glad": ("happy", "froh"), "sad": ("unhappy",)}
    assert task.variants() == ("qa", "cot")
    assert task.asks[0].system_text("cot") == "Think first."
    assert task.asks[0].system_text("qa") is None
    assert task.asks[1].reads()["strength"].range == (1, 5)
    assert task.settings["lang"].default == "en"
    assert task.references[0].value == 70.1


@pytest.mark.parametrize("name", sorted(name for name in shipped.names("tasks") if not name.endswith("/suite")))
def test_every_shipped_task_passes(name: str) -> None:
    path = shipped.names("tasks")[name]
    assert read_task(path, frozenset(shipped.names("rubrics"))).name


@pytest.mark.parametrize("word", ["yes", "no", "true", "false", "on", "off", "Off", "1", "0.5", "null"])
@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        pytest.param("  sad: [unhappy]", "  {word}: [unhappy]", "labels.{word}", id="label"),
        pytest.param("sad: [unhappy]", "sad: [unhappy, {word}]", "labels.sad.1", id="alias"),
        pytest.param(
            "choices: [en, de], default: en",
            "choices: [en, {word}], default: en",
            "settings.lang.choices.1",
            id="choice",
        ),
        pytest.param("default: en", "default: {word}", "settings.lang.default", id="default"),
    ],
)
def test_an_unquoted_word_where_a_label_is_meant_is_an_error_that_says_to_quote_it(
    tmp_path: Path, old: str, new: str, key: str, word: str
) -> None:
    text = edited((old, new.format(word=word)))
    faults = faults_of(tmp_path, text)
    wanted = (line_of(text, new.format(word=word)), key.format(word=word))
    assert wanted in [(fault.line, fault.key) for fault in faults]
    said = "\n".join(fault.message for fault in faults)
    assert f'"{word}" with quotes' in said


FAULTS = """
unknown key at the top      | about:          | abuot:             | abuot                   | unknown key; did you mean "about"?
unknown key of data         | path: moods     | pth: moods         | data.pth                | unknown key; did you mean "path"?
unknown key of an ask       | cot: "{speaker} | coat: "{speaker}   | asks.0.coat             | unknown key; did you mean "cot"?
unknown key of read         | range: [1, 5]   | ragne: [1, 5]      | asks.1.read.ragne       | unknown key; did you mean "range"?
unknown key of a field      | before: " - "   | befor: " - "       | data.fields.first.befor | unknown key; did you mean "before"?
unknown key of the id       | id: key         | id: {form: key}    | data.id.form            | unknown key; did you mean "from"?
unknown key of a setting    | default: en     | defualt: en        | settings.lang.defualt   | unknown key; did you mean "default"?
unknown key of a reference  | source: a paper | sauce: a paper     | references.0.sauce      | unknown key; did you mean "source"?
a name of the code          | {as: label}     | {as_: label}       | asks.0.read.as_         | unknown key; did you mean "as"?
unknown metric              | macro_f1]       | rougel]            | metrics.1               | unknown metric "rougel"; did you mean "rouge_l"?
unknown metric of reference | : accuracy,     | : acuracy,         | references.0.metric     | did you mean "accuracy"?
unknown rubric              | rubric: emotion | rubric: emotoin    | rubric                  | unknown rubric "emotoin"; did you mean "emotion"?
unknown way to read         | {as: label}     | {as: lable}        | asks.0.read.as          | did you mean "label"?
unknown modality            | [text]          | [text, vidoe]      | modalities.1            | did you mean "video"?
unknown variant             | rubric: emotion | default_prompt: ca | default_prompt          | is not one of qa or cot
unknown setting in where    | "{lang}"        | "{lnag}"           | data.where.lang         | {lnag} is not a setting; did you mean "lang"?
unknown ask                 | {mood.answer},  | {mod.answer},      | asks.1.qa               | no earlier ask is called 'mod'; did you mean "mood"?
answer of a later ask       | {line}. Which   | {strength.answer}  | asks.0.qa               | no earlier ask is called 'strength'
answer of the ask itself    | {line}. Which   | {mood.answer}      | asks.0.qa               | no earlier ask is called 'mood'
later answer in system text | Think first.    | x {strength.answer} | asks.0.system_cot      | no earlier ask is called 'strength'
dotted placeholder          | {line}. Which   | {line.text}        | asks.0.qa               | only {ask.answer} may have a dot
metric without reference    | macro_f1]       | rouge_l]           | metrics.1               | give target.reference
default that is no choice   | default: en     | default: fr        | settings.lang.default   | 'fr' is not among the choices
alias of two labels         | [unhappy]       | [HAPPY]            | labels.sad.0            | already stands for 'glad'
alias that is another label | [unhappy]       | [Glad]             | labels.sad.0            | already stands for 'glad'
two asks of one name        | name: strength  | name: mood         | asks.1.name             | two asks are called 'mood'
range upside down           | range: [1, 5]   | range: [5, 1]      | asks.1.read.range       | the lowest value comes first
number without range        | range: [1, 5],  |                    | asks.1.read             | needs range
letter without options      | {as: label}     | {as: letter}       | asks.0.read             | needs choices
json without fields         | {as: label}     | {as: json}         | asks.0.read             | needs fields
name with a space           | name: moods     | name: My Moods     | name                    | lower-case letters
version in words            | version: 3      | version: three     | version                 | expected a whole number
version yes                 | version: 3      | version: yes       | version                 | expected a whole number
text for a list             | [text]          | text               | modalities              | expected a list
list for a mapping          | target: {label: mood} | target: [mood] | target                | expected a mapping
"""  # noqa: E501  a table is read by its columns


def table() -> list[object]:
    rows = [[cell.strip() for cell in line.split(" | ")] for line in FAULTS.strip().splitlines()]
    return [pytest.param(*cells, id=name.replace(" ", "-")) for name, *cells in rows]


@pytest.mark.parametrize(("old", "new", "key", "expected"), table())
def test_a_fault_names_its_line_its_key_what_was_expected_and_the_nearest_name(
    tmp_path: Path, old: str, new: str, key: str, expected: str
) -> None:
    line = TASK[: TASK.index(old)].count("\n") + 1
    faults = faults_of(tmp_path, edited((old, new)))
    said = [fault.message for fault in faults if (fault.line, fault.key) == (line, key)]
    assert any(expected in message for message in said), faults


def test_data_has_a_path_or_a_hub_and_not_both(tmp_path: Path) -> None:
    fault = faults_of(tmp_path, edited(("  id: key", "  hub: a/b")))[0]
    assert (fault.line, fault.key) == (8, "data")
    assert "either path" in fault.message


@pytest.mark.parametrize("missing", ["version", "about", "licence", "metrics", "asks", "data"])
def test_a_key_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    text = edited((f"\n{missing}:", f"\nx-{missing}:"))
    assert (missing, "is missing") in [(fault.key, fault.message) for fault in faults_of(tmp_path, text)]


UNSAFE = ["../items.jsonl", "a/../../b", "..", "/etc/passwd", "~/b", "https://x.org/a", "s3://b/a", "C:\\a", "a\\..\\b"]


@pytest.mark.parametrize("path", UNSAFE)
def test_a_data_path_that_leaves_the_tasks_folder_is_an_error(tmp_path: Path, path: str) -> None:
    faults = faults_of(tmp_path, edited(("path: moods/items.jsonl", f"path: '{path}'")))
    assert [(fault.line, fault.key) for fault in faults] == [(9, "data.path")]
    assert "below the task's folder" in faults[0].message


@pytest.mark.parametrize("path", ["items.jsonl", "a/b/c.jsonl", "a..b/c.jsonl", "...jsonl"])
def test_a_data_path_below_the_tasks_folder_is_fine(tmp_path: Path, path: str) -> None:
    assert read(tmp_path, edited(("path: moods/items.jsonl", f"path: '{path}'"))).data.path == path


def test_every_fault_is_found_in_one_pass_in_the_order_of_lines(tmp_path: Path) -> None:
    text = edited(
        ("about:", "abuot:"),
        ("  path: moods", "  path: ../moods"),
        ('"{lang}"', '"{lnag}"'),
        ("default: en", "default: fr"),
        ("Think first.", "!function os.system"),
        ("from 1 to 5?", "{nobody.answer}"),
        ("[happy, froh]", "[happy, no]"),
        ("  sad: [unhappy]", "  off: [unhappy]\n  off: [Happy]"),
        ("macro_f1", "rougel"),
        ("rubric: emotion", "rubric: emotoin"),
    )
    faults = faults_of(tmp_path, text)
    pieces = ["abuot", "../moods", "{lnag}", "fr}", "!function", "nobody", "no]", "[unhappy", "[Happy", "rougel"]
    assert {line_of(text, piece) for piece in pieces} <= {fault.line for fault in faults}
    assert [fault.line for fault in faults] == sorted(fault.line or 0 for fault in faults)
    assert {fault.file for fault in faults} == {"moods.yaml"}


@pytest.mark.parametrize(("old", "new"), [("choices: [en, de]", "choices: [yes, no]"), ("[accuracy, macro_f1]", "[1]")])
def test_a_mistake_in_a_list_is_not_reported_as_an_empty_list(tmp_path: Path, old: str, new: str) -> None:
    said = [fault.message for fault in faults_of(tmp_path, edited((old, new)))]
    assert [message for message in said if "at least 1 item" in message] == []


@pytest.mark.parametrize("text", ["", "- a\n", "5\n", "name: moods\n\tversion: 1\n"])
def test_a_file_that_is_no_task_at_all_is_one_fault(tmp_path: Path, text: str) -> None:
    assert len(faults_of(tmp_path, text)) == 1


SHAPES = ["5", "text", "[1]", "{1: 2}", "{a: 1}", "[[]]", "{a: {1: [x]}}", "null", "yes"]
KEYS = sorted(field.alias or name for name, field in Task.model_fields.items())


def said_of(folder: Path, text: str) -> list[str]:
    try:
        return [read(folder, text).name]
    except TaskError as error:
        return [fault.message for fault in error.faults]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("key", KEYS)
def test_whatever_stands_at_a_key_is_read_or_named_and_never_a_crash(tmp_path: Path, key: str, shape: str) -> None:
    raw = yaml.safe_load(TASK) | {key: yaml.safe_load(shape)}
    said = said_of(tmp_path, yaml.safe_dump(raw))
    assert said
    assert all(said)


def digests(task: Task) -> tuple[str, str, str]:
    """(asked as qa, asked as cot, scored)"""
    return task.ask_digest("qa", {"lang": "en"}), task.ask_digest("cot", {"lang": "en"}), task.score_digest()


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        pytest.param("froh]", "froh, fröhlich]", {"score"}, id="alias"),
        pytest.param("macro_f1]", "uar]", {"score"}, id="metrics"),
        pytest.param("rubric: emotion", "rubric: humor", {"score"}, id="rubric"),
        pytest.param("target: {label: mood}", "target: {label: feeling}", {"score"}, id="gold"),
        pytest.param("cluster: speaker", "cluster: film", {"score"}, id="cluster"),
        pytest.param("range: [1, 5]", "range: [1, 7]", {"score"}, id="range"),
        pytest.param("Which mood?", "What mood?", {"qa"}, id="qa-prompt"),
        pytest.param("mood, and why?", "mood? Explain.", {"cot"}, id="cot-prompt"),
        pytest.param("Think first.", "Think hard.", {"cot"}, id="system-text-of-cot"),
        pytest.param('before: " - "', 'after: " - "', {"qa", "cot"}, id="field"),
        pytest.param('where: {lang: "{lang}"}', 'where: {tongue: "{lang}"}', {"qa", "cot"}, id="filter"),
        pytest.param("about: How", "about: In what way", set(), id="about"),
        pytest.param("Nobody, 2026.", "Nobody, 2027.", set(), id="citation"),
        pytest.param("licence: CC0-1.0", "licence: MIT", set(), id="licence"),
        pytest.param("value: 70.1", "value: 71.0", set(), id="published-number"),
        pytest.param("version: 3", "version: 4", set(), id="version"),
    ],
)
def test_an_edit_changes_only_the_digest_of_what_it_touches(
    tmp_path: Path, old: str, new: str, changed: set[str]
) -> None:
    before, after = digests(read(tmp_path, TASK)), digests(read(tmp_path, edited((old, new))))
    pairs = zip(("qa", "cot", "score"), before, after, strict=True)
    assert {name for name, one, other in pairs if one != other} == changed


def test_the_ask_digest_covers_the_settings_whatever_their_order(tmp_path: Path) -> None:
    task = read(tmp_path, TASK)
    assert task.ask_digest("qa", {"lang": "en"}) != task.ask_digest("qa", {"lang": "de"})
    assert task.ask_digest("qa", {"a": "1", "b": "2"}) == task.ask_digest("qa", {"b": "2", "a": "1"})

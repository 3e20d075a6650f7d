"""Values of records by their names, and accented letters however they are stored: task, data, replies and ratings."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from command import Command, estimate

from judge.entries import FieldRef
from judge.errors import TaskError
from judge.fields import Wrong, forms_of, resolve, text_of
from judge.spec.source import load
from judge.spec.task import read_task

NFD = "e\u0301"


def task(folder: Path, **changed: str) -> Path:
    parts = {
        "data": "path: items.jsonl",
        "names": '{"0": sadness, "1": joy}',
        "labels": "  joy: []\n  sadness: []\n",
        "read": "{as: label}",
    } | changed
    path = folder / "t.yaml"
    path.write_text(
        f"name: t\nversion: 1\nabout: A task.\nlicence: CC0\ndata:\n  {parts['data']}\n"
        f"  fields:\n    mood: {{from: label, names: {parts['names']}}}\n"
        f"asks:\n  - {{name: mood, qa: '{{context}} Which?', read: {parts['read']}}}\n"
        f"labels:\n{parts['labels']}target: {{label: mood}}\nmetrics: [accuracy]\n",
        encoding="utf-8",
    )
    return path


def items(folder: Path, *labels: Any) -> None:
    rows = [{"id": f"i{number}", "context": f"c{number}", "label": label} for number, label in enumerate(labels)]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("value", "names", "named"),
    [
        (0, {"0": "sad"}, "sad"),
        (0, {"0.0": "sad"}, "sad"),
        (1.0, {"1": "joy"}, "joy"),
        (1.0, {"1": "joy", "1.0": "one"}, "one"),
        (0.5, {"0.5": "half"}, "half"),
        ("1.0", {"1": "joy"}, "joy"),
        ("01", {"1": "joy"}, "01"),
        (-1, {"-1": "negative"}, "negative"),
        (True, {"true": "sarcastic"}, "sarcastic"),
        (True, {"True": "sarcastic"}, "sarcastic"),
        ("True", {"true": "sarcastic"}, "sarcastic"),
        ("FALSE", {"false": "sincere"}, "sincere"),
        (True, {"1": "joy"}, True),
        (1, {"true": "joy"}, 1),
        (2, {"1": "joy"}, 2),
        (None, {"None": "joy"}, None),
        ("Action", {"Action": "行动"}, "行动"),
        ("action", {"Action": "行动"}, "action"),
        (f"col{NFD}re", {"colére": "anger"}, "anger"),
        ("colére", {f"col{NFD}re": "anger"}, "anger"),
        ([0, 1, 5], {"0": "sad", "1": "joy"}, ["sad", "joy", 5]),
        ([True, "x"], {"true": "yes", "x": "y"}, ["yes", "y"]),
    ],
)
def test_a_value_is_named_by_the_text_that_it_is_written_as(value: Any, names: dict[str, str], named: Any) -> None:
    found = resolve(FieldRef.model_validate({"from": "v", "names": names}), {"v": value})
    assert (found, type(found)) == (named, type(named))


def test_a_named_number_may_be_cut_and_tidied_like_a_text() -> None:
    assert resolve(FieldRef.model_validate({"from": "v", "names": {"1": "Joy"}, "lower": True}), {"v": 1}) == "joy"
    assert forms_of(float("nan")) == ("nan",)
    assert forms_of({}) == ()


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ((0, 1), '{"0": sadness, "1": joy}'),
        ((0, 1), "{0: sadness, 1: joy}"),
        ((0.0, 1.0), "{0: sadness, 1: joy}"),
        ((True, False), "{true: joy, false: sadness}"),
        ((True, False), '{"true": joy, "false": sadness}'),
        ((True, False), "{True: joy, False: sadness}"),
        (("0", "1"), "{0: sadness, 1: joy}"),
        ((-1, 2), "{-1: sadness, 2: joy}"),
        ((0.5, 1.5), "{0.5: sadness, 1.5: joy}"),
    ],
)
def test_gold_stored_as_numbers_or_booleans_is_named(
    judge: Command, tmp_path: Path, labels: tuple[Any, ...], names: str
) -> None:
    items(tmp_path, *labels)
    done = judge("tasks", "check", task(tmp_path, names=names))
    assert done.code == 0, done.err
    assert "2 items" in done.out


def test_lists_of_numbers_are_lists_of_labels(judge: Command, tmp_path: Path) -> None:
    items(tmp_path, [0, 1], [1])
    done = judge("tasks", "check", task(tmp_path, read="{as: labels}"))
    assert done.code == 0, done.err


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_csv_files_numbers_and_booleans_are_named_too(judge: Command, tmp_path: Path, suffix: str) -> None:
    rows = ["id,context,label", "a,x,1.0", "b,y,0", "c,z,TRUE"]
    delimiter = "\t" if suffix == "tsv" else ";"
    (tmp_path / f"items.{suffix}").write_text("".join(row.replace(",", delimiter) + "\n" for row in rows))
    names = "{0: sadness, 1: joy, true: joy}"
    done = judge("tasks", "check", task(tmp_path, data=f"path: items.{suffix}", names=names))
    assert done.code == 0, done.err
    assert ("tabs" if suffix == "tsv" else "semicolons") in done.err


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ('{0: a, "0": b}', "stands twice"),
        ('{true: a, "True": b}', "stands twice"),
        ("{yes: a}", 'write "yes" with quotes'),
        ("{off: a}", 'write "off" with quotes'),
        ("{~: a}", "with quotes"),
        ("{012: a}", "is an odd way to write a number"),
        ("{0: 1}", 'write "1" with quotes'),
    ],
)
def test_a_name_for_what_could_be_two_things_is_refused_on_its_line(tmp_path: Path, names: str, said: str) -> None:
    with pytest.raises(TaskError) as caught:
        read_task(task(tmp_path, names=names), None)
    assert said in str(caught.value)
    assert all(fault.line == 8 for fault in caught.value.faults), caught.value.faults


def test_numbers_stay_refused_as_keys_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("labels: {true: []}\nscale: {0: x, 0.5: y}\n")
    document = load(path)
    assert document.value["scale"] == {0: "x", 0.5: "y"}
    assert [fault.message for fault in document.faults] == ['true is not text in YAML; write "true" with quotes']


@pytest.mark.parametrize("label", ["1", "0.5", "true", "no"])
def test_a_label_that_yaml_takes_for_something_else_is_one_line_that_says_to_quote_it(
    tmp_path: Path, label: str
) -> None:
    with pytest.raises(TaskError) as caught:
        read_task(task(tmp_path, labels=f"  joy: []\n  {label}: []\n"), None)
    (only,) = caught.value.faults
    assert only.line == 13
    assert f'write "{label}" with quotes' in only.message


@pytest.mark.parametrize(("value", "word"), [(True, "true"), (False, "false"), (1.0, "1"), (0.25, "0.25")])
def test_gold_without_a_name_is_refused_with_the_key_that_would_name_it(value: Any, word: str) -> None:
    with pytest.raises(Wrong) as caught:
        text_of(value, "target")
    assert f"names: {{{word}: ...}}" in caught.value.message


FORMS = ["NFC", "NFD"]


@pytest.mark.parametrize("in_task", FORMS)
@pytest.mark.parametrize("in_data", FORMS)
@pytest.mark.parametrize("in_reply", FORMS)
@pytest.mark.parametrize("rule", ["same", "mmla", "emobench-m", "emobench-m-labels"])
def test_composed_and_decomposed_labels_are_one_in_task_data_and_reply(
    judge: Command, tmp_path: Path, in_task: str, in_data: str, in_reply: str, rule: str
) -> None:
    def spelled(form: Any, text: str) -> str:
        return unicodedata.normalize(form, text)

    labels = spelled(in_task, "  colère: []\n  joie: ['gaîté']\n")
    path = task(tmp_path, labels=labels, names=spelled(in_task, "{é: colère}"))
    path.write_text(path.read_text() + f"faithful: {{rule: {rule}}}\n")
    items(tmp_path, *(spelled(in_data, text) for text in ("colère", "é", "joie")))
    replies = [
        {"id": f"i{number}", "reply": spelled(in_reply, text)}
        for number, text in enumerate(("colère", "colère", "joie"))
    ]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(line) + "\n" for line in replies))
    done = judge("import", tmp_path / "r.jsonl", "--task", path, "--model", "m", "--out", tmp_path / "r")
    assert done.code == 0, done.err
    folder = next((tmp_path / "r").glob("t--*"))
    assert judge("score", folder).code == 0
    assert [estimate(folder, "accuracy", mode=mode)["value"] for mode in ("strict", "faithful")] == [1, 1]


def test_two_spellings_of_one_label_in_a_set_are_a_fault(tmp_path: Path) -> None:
    labels = f"  joie: []\n  col{NFD}re: []\n  col\u00e9re: []\n"
    with pytest.raises(TaskError, match="differ in the way their accents are stored only"):
        read_task(task(tmp_path, labels=labels), None)


def test_ids_and_options_are_one_however_their_accents_are_stored(judge: Command, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "name: t\nversion: 1\nabout: A task.\nlicence: CC0\ndata: {path: items.jsonl}\n"
        "asks:\n  - {name: pick, qa: '{options} Which?', read: {as: letter, choices: options}}\n"
        "target: {label: gold}\nmetrics: [accuracy]\n"
    )
    row = {"id": "caf\u00e9", "options": ["g\u00eane", "joie"], "gold": "ge\u0302ne"}
    (tmp_path / "items.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "r.jsonl").write_text(json.dumps({"id": f"caf{NFD}", "reply": "ge\u0302ne"}) + "\n")
    done = judge("import", tmp_path / "r.jsonl", "--task", path, "--model", "m", "--out", tmp_path / "r")
    assert done.code == 0, done.err
    folder = next((tmp_path / "r").glob("t--*"))
    judge("score", folder)
    assert estimate(folder, "accuracy")["value"] == 1

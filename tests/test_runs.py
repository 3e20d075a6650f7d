from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from judge.datafile import DataFile, locate
from judge.errors import JudgeError, NothingDone, ResultsError
from judge.records import Run, Sample, Selection, Target
from judge.runs import Identity, Who, new_run, plain_name, reopen, select, widen
from judge.spec.task import read_task
from providers.records import Sampling

TASK = """\
name: moods
version: 1
about: Which mood?
licence: CC0-1.0
data:
  path: items.jsonl
settings:
  lang: {choices: [en, de], default: en}
asks:
  - name: mood
    qa: "{line} Which mood?"
    cot: "{line} Which mood, and why?"
    read: {as: label}
labels:
  glad: [happy]
  sad: []
target: {label: mood}
metrics: [accuracy]
rubric: moods
"""
RUBRICS = frozenset({"moods"})


@pytest.fixture
def task_file(tmp_path: Path) -> Path:
    """A task with four items in a folder of its own."""
    items = [{"id": f"m-{n}", "line": "So it goes.", "mood": "sad"} for n in range(4)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    (tmp_path / "moods.yaml").write_text(TASK)
    return tmp_path / "moods.yaml"


def identity_of(task_file: Path, given: Path | None = None, **changes: Any) -> Identity:
    task = read_task(task_file, RUBRICS)
    identity = Identity(
        task=task,
        variant="qa",
        settings={"lang": "en"},
        data=locate(task, task_file, given),
        provider="hosted https://example.org",
        model="gemini/gemini-2.5-flash",
        sampling=Sampling(temperature=0),
        modalities=("text",),
    )
    return dataclasses.replace(identity, **changes)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"model": "gemini/gemini-2.5-pro"}, id="model"),
        pytest.param({"provider": "hosted https://example.com"}, id="provider"),
        pytest.param({"sampling": Sampling(temperature=0.5)}, id="temperature"),
        pytest.param({"sampling": Sampling()}, id="temperature-not-sent"),
        pytest.param({"sampling": Sampling(temperature=0, top_p=0.9)}, id="top-p"),
        pytest.param({"sampling": Sampling(temperature=0, max_tokens=10)}, id="max-tokens"),
        pytest.param({"sampling": Sampling(temperature=0, reasoning_effort="low")}, id="reasoning-effort"),
        pytest.param({"modalities": ("text", "video")}, id="modalities"),
        pytest.param({"variant": "cot"}, id="variant"),
        pytest.param({"settings": {"lang": "de"}}, id="settings"),
        pytest.param({"seed": 0}, id="seed"),
        pytest.param({"system": ""}, id="empty-system"),
        pytest.param({"system": "Be brief."}, id="system"),
        pytest.param({"replies": "abc"}, id="recorded-replies"),
        pytest.param({"data": DataFile(path=None, hub="a/b", shown="a/b", sha256="hub:a/b")}, id="data"),
    ],
)
def test_whatever_changes_a_reply_makes_another_run(task_file: Path, changes: dict[str, Any]) -> None:
    one, other = identity_of(task_file), identity_of(task_file, **changes)
    assert one.digest != other.digest
    assert one.folder_name(None) != other.folder_name(None)


@pytest.mark.parametrize(
    ("old", "new", "another"),
    [
        pytest.param("Which mood?\"", "What mood?\"", True, id="the-prompt-that-is-asked"),
        pytest.param("and why?", "and how?", False, id="the-other-prompt"),
        pytest.param("[happy]", "[happy, froh]", False, id="alias"),
        pytest.param("[accuracy]", "[macro_f1]", False, id="metric"),
        pytest.param("about: Which", "about: What", False, id="about"),
        pytest.param("version: 1", "version: 2", False, id="version"),
    ],
)  # fmt: skip
def test_an_edit_of_the_task_makes_another_run_only_where_the_model_would_see_it(
    task_file: Path, old: str, new: str, another: bool
) -> None:
    before = identity_of(task_file).digest
    edit(task_file, old, new)
    assert (identity_of(task_file).digest != before) is another


def test_the_data_counts_by_its_bytes_and_not_by_where_it_lies(task_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((tmp_path / "items.jsonl").read_bytes())
    before = identity_of(task_file).digest
    assert identity_of(task_file, copy).digest == before
    copy.write_bytes(copy.read_bytes() + b"\n")
    assert identity_of(task_file, copy).digest != before


def test_how_much_and_how_fast_is_asked_is_no_part_of_a_run() -> None:
    parts = {field.name for field in dataclasses.fields(Identity)}
    assert parts & {"limit", "repeats", "ids", "shard", "concurrency", "cache", "max_cost", "name", "out"} == set()


def test_a_folder_is_named_by_task_model_and_digest_and_its_shard(task_file: Path) -> None:
    identity = identity_of(task_file)
    assert identity.folder_name(None) == f"moods--gemini-2.5-flash--{identity.digest[:8]}"
    assert identity.folder_name((2, 3)) == f"moods--gemini-2.5-flash--{identity.digest[:8]}--2of3"


def test_two_models_of_one_last_name_have_two_folders(task_file: Path) -> None:
    names = {identity_of(task_file, model=f"{owner}/m").folder_name(None) for owner in ("a", "b")}
    assert len(names) == 2


NASTY = [
    "",
    "..",
    "a/..",
    "../../etc/passwd",
    "/",
    "a/",
    "x y:z*?",
    "-rf",
    ".hidden",
    "名前",
    "m\n\0",
    "a" * 500,
    "\\\\h\\c",
]


@pytest.mark.parametrize("model", NASTY, ids=range(len(NASTY)))
def test_a_folder_has_a_plain_name_whatever_the_model_is_called(task_file: Path, model: str) -> None:
    name = identity_of(task_file, model=model).folder_name(None)
    assert re.fullmatch(r"moods--[A-Za-z0-9_][A-Za-z0-9._-]*--[0-9a-f]{8}", name)
    assert len(name) < 100
    assert plain_name(model) not in {"", ".", ".."}


SAMPLES = [Sample(id=f"m-{n}", inputs={}, target=Target(values={})) for n in range(7)]


def ids_of(selection: Selection) -> list[str]:
    return [sample.id for sample in select(SAMPLES, selection)]


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        pytest.param(Selection(), "0123456", id="all"),
        pytest.param(Selection(limit=2), "01", id="limit"),
        pytest.param(Selection(limit=99), "0123456", id="limit-beyond-the-end"),
        pytest.param(Selection(ids=("m-5", "m-1")), "15", id="ids-in-data-order"),
        pytest.param(Selection(ids=("m-5", "m-1", "m-6"), limit=2), "15", id="ids-and-limit"),
        pytest.param(Selection(shard=(2, 3)), "14", id="shard"),
        pytest.param(Selection(limit=4, shard=(2, 2)), "13", id="shard-of-a-limit"),
    ],
)
def test_a_selection_expects_its_samples_in_data_order(selection: Selection, ids: str) -> None:
    assert ids_of(selection) == [f"m-{n}" for n in ids]


def test_an_unknown_id_is_an_error_that_names_it() -> None:
    with pytest.raises(NothingDone, match=r"2 of the ids .*: x-1, x-2"):
        select(SAMPLES, Selection(ids=("m-1", "x-1", "x-2")))


@pytest.mark.parametrize("whole", [1, 2, 3, 7, 9])
def test_the_shards_are_all_samples_and_none_twice(whole: int) -> None:
    parts = [ids_of(Selection(shard=(part, whole))) for part in range(1, whole + 1)]
    assert sorted(itertools.chain(*parts)) == [sample.id for sample in SAMPLES]


SELECTIONS = [
    Selection(),
    Selection(limit=2),
    Selection(limit=5, repeats=3),
    Selection(ids=("m-1", "m-4"), repeats=2),
    Selection(ids=("m-0", "m-1", "m-2")),
    Selection(ids=("m-6", "m-3"), limit=1),
    Selection(limit=4, repeats=2),
]


@pytest.mark.parametrize("old", SELECTIONS, ids=range(len(SELECTIONS)))
@pytest.mark.parametrize("new", SELECTIONS, ids=range(len(SELECTIONS)))
def test_a_run_only_grows(old: Selection, new: Selection) -> None:
    both = widen(SAMPLES, old, new)
    assert set(ids_of(both)) >= set(ids_of(old)) | set(ids_of(new))
    assert both.repeats == max(old.repeats, new.repeats)
    assert widen(SAMPLES, both, old) == widen(SAMPLES, both, new) == both


@pytest.mark.parametrize("old", [Selection(limit=3), Selection(ids=("m-1", "m-4"))], ids=["limit", "ids"])
def test_a_shard_only_grows(old: Selection) -> None:
    old, new = old.model_copy(update={"shard": (1, 2)}), Selection(shard=(1, 2))
    both = widen(SAMPLES, old, new)
    assert both.shard == (1, 2)
    assert set(ids_of(both)) >= set(ids_of(old)) | set(ids_of(new))


@pytest.mark.parametrize("old", SELECTIONS, ids=range(len(SELECTIONS)))
@pytest.mark.parametrize("new", SELECTIONS, ids=range(len(SELECTIONS)))
def test_a_run_grows_by_nothing_that_no_one_asked_for(old: Selection, new: Selection) -> None:
    assert set(ids_of(widen(SAMPLES, old, new))) == set(ids_of(old)) | set(ids_of(new))


def test_a_smaller_limit_leaves_a_run_as_it_was_and_a_larger_one_continues_it() -> None:
    assert widen(SAMPLES, Selection(limit=5), Selection(limit=2)) == Selection(limit=5)
    assert widen(SAMPLES, Selection(limit=2), Selection(limit=5)) == Selection(limit=5)
    assert widen(SAMPLES, Selection(limit=2), Selection()) == Selection()
    assert widen(SAMPLES, Selection(), Selection(limit=2)) == Selection()


def run_of(task_file: Path, selection: Selection | None = None, **changes: Any) -> Run:
    identity = identity_of(task_file, **changes)
    who = Who("gemini", "paid")
    return new_run(identity, task_file, who=who, selection=selection or Selection(), name="run")


def test_a_run_that_is_written_and_read_again_opens_with_its_task_and_samples(task_file: Path) -> None:
    run = Run.model_validate_json(run_of(task_file, Selection(limit=3)).model_dump_json())
    opened = reopen(run)
    assert [sample.id for sample in opened.samples] == ["m-0", "m-1", "m-2"]
    assert (opened.task, opened.note) == (read_task(task_file, RUBRICS), "")


def test_an_edited_alias_is_read_from_the_tasks_file(task_file: Path) -> None:
    run = run_of(task_file)
    edit(task_file, "[happy]", "[happy, froh]")
    opened = reopen(run)
    assert opened.task.labels["glad"] == ("happy", "froh")
    assert opened.note == ""


def test_an_edited_prompt_leaves_a_run_its_own_copy_of_the_task_and_says_so(task_file: Path) -> None:
    run = run_of(task_file)
    edit(task_file, 'Which mood?"', 'What mood?"')
    edit(task_file, "[happy]", "[happy, froh]")
    opened = reopen(run)
    assert opened.task.labels["glad"] == ("happy",)
    assert "have changed" in opened.note


def test_a_run_whose_tasks_file_is_gone_opens_by_its_own_copy_and_says_so(task_file: Path) -> None:
    run = run_of(task_file)
    task_file.unlink()
    opened = reopen(run)
    assert opened.task.ask_digest("qa", run.settings) == run.ask_digest
    assert "is not there" in opened.note


def test_a_task_that_now_names_another_rubric_still_opens(task_file: Path) -> None:
    run = run_of(task_file)
    edit(task_file, "rubric: moods", "rubric: other")
    assert reopen(run).task.rubric == "other"


def test_a_tasks_file_that_is_broken_now_is_an_error_with_its_line(task_file: Path) -> None:
    run = run_of(task_file)
    edit(task_file, "[accuracy]", "[acuracy]")
    with pytest.raises(JudgeError, match=r"moods\.yaml:18: .*acuracy"):
        reopen(run)


def test_data_that_has_changed_is_refused_with_both_digests(task_file: Path, tmp_path: Path) -> None:
    run = run_of(task_file)
    items = tmp_path / "items.jsonl"
    items.write_text(items.read_text().replace("sad", "glad"))
    with pytest.raises(ResultsError, match=rf"has changed since this run \({run.data_sha256[:8]} then"):
        reopen(run)

"""Clips of a stored run: a stranger's run.json opens nothing of the reader's, and a changed clip is not judged."""

from __future__ import annotations

import hashlib
import json
import shutil
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import Command, lines_of, summary_of, write_lines
from fake_server import FakeServer, serve
from media_files import make_clip
from pydantic import BaseModel

from judge.definitions import Task
from judge.records import Answer, Run, Verdict
from judge.suite_folder import PlainName, SuiteRun

PRIVATE, EVIDENCE = "private/clip.mp4", "WHAT-ONLY-THE-READER-KNOWS"
TASK = {
    "name": "moods",
    "version": 1,
    "about": "Which mood?",
    "licence": "CC0-1.0",
    "modalities": ["text", "video"],
    "data": {"path": "data.jsonl"},
    "asks": [{"name": "label", "qa": "{words}?", "read": {"as": "label"}}],
    "labels": {"glad": [], "sad": []},
    "target": {"label": "label"},
    "metrics": ["accuracy"],
    "media": {"video": "clip"},
}
RUBRIC = {
    "name": "moods",
    "version": 1,
    "about": "Rates the answer.",
    "sees": ["frames"],
    "stages": [{"rate": "answer", "criterion": "fit", "question": "Does it fit?", "scale": {0: "no", 1: "yes"}}],
    "scores": {"reasoning": {"mean": "fit"}},
}
ITEM = {"id": "a-1", "words": "Well", "label": "glad", "clip": PRIVATE}
RATED = {"latency": 0.0, "default": {"text": '{"evidence": "x", "reason": "y", "score": 1, "confidence": 1}'}}
Change = Callable[[dict[str, Any], Path, Path], None]
"""Of run.json's values, given the reader's home and the run's folder."""


def _spec(run: dict[str, Any], folder: Path, home: Path, **changes: Any) -> None:
    """A task that is in run.json only, beside whose file nothing lies but what the stranger's paths lead to."""
    run["task_file"] = str(home / "gone.yaml")
    run["data_file"] = ""
    run["task_spec"] |= changes
    run["task_spec"]["data"] = {"path": str(folder.relative_to(home) / "data.jsonl")} | changes.get("data", {})


def _media_root(run: dict[str, Any], home: Path, folder: Path) -> None:
    run["media_root"] = str(home)


def _relative_root(run: dict[str, Any], home: Path, folder: Path) -> None:
    run["media_root"] = "."  # the working folder is the reader's


def _root_above(run: dict[str, Any], home: Path, folder: Path) -> None:
    run["media_root"] = str(folder / ".." / "..")


def _linked_root(run: dict[str, Any], home: Path, folder: Path) -> None:
    (folder / "clips").symlink_to(home)
    run["media_root"] = str(folder / "clips")


def _linked_clip(run: dict[str, Any], home: Path, folder: Path) -> None:
    (folder / "private").symlink_to(home / "private")
    run["media_root"] = str(folder)


def _data_folder(run: dict[str, Any], home: Path, folder: Path) -> None:
    _spec(run, folder, home)
    run["task_file"], run["data_file"] = "gone.yaml", str(home)


def _task_place(run: dict[str, Any], home: Path, folder: Path) -> None:
    _spec(run, folder, home)


def _task_beside(run: dict[str, Any], home: Path, folder: Path) -> None:
    _spec(run, folder, home)
    (folder / "task.yaml").write_text(yaml.safe_dump(run["task_spec"]))
    run["task_file"], run["data_file"] = str(folder / "task.yaml"), str(home)


def _below(run: dict[str, Any], home: Path, folder: Path) -> None:
    _spec(run, folder, home, media={"video": "clip", "below": [".."]})


def _folders(run: dict[str, Any], home: Path, folder: Path) -> None:
    _spec(run, folder, home, data={"folders": ["received/.."]})


def _also(run: dict[str, Any], home: Path, folder: Path) -> None:
    path = str(folder.relative_to(home) / "data.jsonl")
    _spec(run, folder, home, data={"path": "nowhere.jsonl", "also": [path]})


def _join(run: dict[str, Any], home: Path, folder: Path) -> None:
    join = {"path": "private/diary.jsonl", "by": "id", "fields": ["diary"], "needed_by": "judge"}
    _spec(run, folder, home, data={"join": join}, target={"label": "label", "clues": "diary"})


def _join_by_a_task_of_theirs(run: dict[str, Any], home: Path, folder: Path) -> None:
    _join(run, home, folder)
    _task = {name: value for name, value in run["task_spec"].items() if value is not None}
    (folder / "task.yaml").write_text(yaml.safe_dump(_task))
    run["task_file"], run["data_file"] = str(folder / "task.yaml"), str(home)


def _claimed_digest(run: dict[str, Any], home: Path, folder: Path) -> None:
    run["media_root"] = str(home)
    (answer,) = lines_of(folder / "answers.jsonl")
    manifest = {"sense": "video", "form": "frames", "source": hashlib.sha256(b"a guess").hexdigest()}
    write_lines(folder / "answers.jsonl", [answer | {"media": [manifest]}])


ATTACKS: dict[str, tuple[Change, ...]] = {
    "Run.media_root": (_media_root, _relative_root, _root_above, _linked_root, _linked_clip),
    "Run.data_file": (_data_folder,),
    "Run.task_file": (_task_place, _task_beside),
    "Run.task_spec": (_task_place,),
    "Data.path": (_task_place,),
    "Data.also": (_also,),
    "Data.folders": (_folders,),
    "Senses.below": (_below,),
    "Join.path": (_join, _join_by_a_task_of_theirs),
    "Join.also": (_join,),
    "Manifest.source": (_claimed_digest,),
}
"""Fields by which a run can name a file of the reader's, with what a stranger may write there."""

REFUSALS = ("only run.json says", "a link that leads out", "names what no task may", "and those of moods are not there")

ELSEWHERE = {
    "SuiteRun.suite_file": "a suite's YAML file, read as one: tests/reliability/test_hostile_results.py",
    "SuiteRun.suite_spec": "the suite as it was; its members are plain names",
    "SuiteRun.members": "a plain name beside the suite's folder, see below",
    "Place.folder": "a plain name beside the suite's folder, see below",
    "Data.archives": "never opened: only whether they are there is said",
    "Data.hub": "an id of the form owner/name, checked by judge.spec.task.unsafe",
    "Task.rubric": "a rubric's YAML file below the task's, checked by judge.spec.task.unsafe",
    "Wording.files": "read by `run` below the data that the user names; checked by judge.spec.task.unsafe",
    "Senses.image": "names a field of the data, whose paths lie below the root",
    "Senses.audio": "names a field of the data, whose paths lie below the root",
    "Senses.video": "names a field of the data, whose paths lie below the root",
}
"""Fields that lead to files by other rules."""

PLAIN = {
    "Run": "task ask_digest data_sha256 evidence_sha256 licence provider provider_identity model variant settings "
    "modalities senses wording system digest id judge_version name reason started ended returned_models notes",
    "Answer": "sample_id variant",
    "Verdict": "sample_id variant answer judge method rubric rubric_digest criterion claim evidence reason "
    "returned_model",
    "SuiteRun": "suite model provider variant settings digest name judge_version",
    "Task": "name about licence citation language settings labels labels_from metrics missing_value",
    "Sampling": "reasoning_effort",
    "Selection": "ids",
    "AskReply": "ask text thinking model request prediction notes",
    "Manifest": "policy decoder",
    "Problem": "kind message",
    "Place": "task reason",
    "Data": "config split id numbered cluster lang where fields source known",
    "Senses": "words notes",
    "Setting": "choices default about prompt",
    "Ask": "name system qa cot system_qa system_cot",
    "FieldRef": "from_ names after before without first_of split",
    "Gold": "label reference rationale clues",
    "Pair": "first second question better",
    "Groups": "by names",
    "Reference": "model metric source caveat group settings",
    "Wording": "asks digest taken",
    "Case": "when metrics",
    "Join": "by fields same",
    "Read": "choices fields keys labels target",
    "AskWording": "names",
    "Piece": "text file key model",
}
"""Fields of text that were looked at: none of them is opened as a file."""


def _parts(kind: Any) -> Iterator[Any]:
    """A type and all that it is made of."""
    yield kind
    if typing.get_origin(kind) is not typing.Literal:
        for part in typing.get_args(kind):
            yield from _parts(part)


def _fields_of_text(*tops: type[BaseModel]) -> set[str]:
    """Every field of these models, and of those inside them, that can hold a text."""
    todo, seen, found = list(tops), set[type[BaseModel]](), set[str]()
    while todo:
        model = todo.pop()
        if model in seen:
            continue
        seen.add(model)
        for name, field in model.model_fields.items():
            parts = list(_parts(field.annotation))
            todo += [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
            if any(part in (str, Path, Any, object) for part in parts):
                found.add(f"{model.__name__}.{name}")
    return found


def test_every_field_of_a_results_folder_that_can_name_a_file_was_looked_at() -> None:
    plain = {f"{model}.{name}" for model, names in PLAIN.items() for name in names.split()}
    known = plain | set(ELSEWHERE) | set(ATTACKS)
    assert _fields_of_text(Run, Answer, Verdict, SuiteRun, Task) == known, (
        "new: can it name a file? Then attack it here"
    )
    assert not plain & (set(ELSEWHERE) | set(ATTACKS))


@pytest.fixture
def home(tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's: a clip and a diary in private/, and in received/run a stranger's run of one answer."""
    home = tmp_path / "home"
    (home / "private").mkdir(parents=True)
    make_clip(home / PRIVATE, 30)
    write_lines(home / "private" / "diary.jsonl", [{"id": "a-1", "diary": [EVIDENCE]}])
    (home / "rubric.yaml").write_text(yaml.safe_dump(RUBRIC))
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "task.yaml").write_text(yaml.safe_dump(TASK))
    write_lines(pack / "data.jsonl", [ITEM])
    write_lines(pack / "replies.jsonl", [{"id": "a-1", "reply": "Answer: glad"}])
    asked = ["--provider", "replay", "--replies", pack / "replies.jsonl", "--out", home / "received", "--name", "run"]
    assert judge("run", pack / "task.yaml", *asked).code == 0
    shutil.copy(pack / "data.jsonl", home / "received" / "run" / "data.jsonl")
    shutil.rmtree(pack)
    monkeypatch.chdir(home)
    return home


def _change(home: Path, change: Change) -> Path:
    folder = home / "received" / "run"
    run = json.loads((folder / "run.json").read_text())
    run["data_file"] = "data.jsonl"
    change(run, home, folder)
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def _score(judge: Command, server: FakeServer, folder: Path, *more: str | Path) -> Any:
    by = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--accepts", "text,frames"]
    return judge("score", folder, "--rubric", "rubric.yaml", *by, *more)


def _leaked(server: FakeServer) -> list[str]:
    """Requests with a picture, or with a word of the diary."""
    sent = [json.dumps(request["body"]) for request in server.requests()]
    return [text[:200] for text in sent if "image_url" in text or EVIDENCE in text]


@pytest.mark.parametrize(
    "change",
    dict.fromkeys(change for changes in ATTACKS.values() for change in changes),
    ids=lambda item: item.__name__,
)
def test_no_path_that_only_a_received_run_names_sends_anything_of_the_readers(
    judge: Command, home: Path, tmp_path: Path, change: Change
) -> None:
    folder = _change(home, change)
    if "join" in change.__name__:
        (home / "rubric.yaml").write_text(yaml.safe_dump(RUBRIC | {"sees": ["clues"]}))
    with serve(tmp_path, RATED) as server:
        done = _score(judge, server, folder)
        assert _leaked(server) == []
    assert done.code != 0
    assert any(text in done.err for text in REFUSALS) or change is _claimed_digest
    assert "Traceback" not in done.err
    assert summary_of(folder)["problems"]["judge"] if (folder / "summary.json").exists() else done.err.count("\n") == 1


def test_the_folder_that_the_user_names_is_read(judge: Command, home: Path, tmp_path: Path) -> None:
    folder = _change(home, _media_root)
    with serve(tmp_path, RATED) as server:
        refused = _score(judge, server, folder)
        assert (refused.code, server.requests()) == (3, [])
        assert "--media DIR" in refused.err
        assert _score(judge, server, folder, "--media", home).code == 0
        assert len(_leaked(server)) == 1, "which shows that the attacks above would have been seen"


def test_a_clip_in_the_runs_own_folder_is_read(judge: Command, home: Path, tmp_path: Path) -> None:
    folder = _change(home, lambda run, home, folder: None)
    (folder / "private").mkdir()
    shutil.copy(home / PRIVATE, folder / PRIVATE)
    with serve(tmp_path, RATED) as server:
        assert _score(judge, server, folder).code == 0
        assert len(_leaked(server)) == 1


def test_evidence_that_the_user_names_is_read(judge: Command, home: Path, tmp_path: Path) -> None:
    folder = _change(home, _join)
    (home / "rubric.yaml").write_text(yaml.safe_dump(RUBRIC | {"sees": ["clues"]}))
    with serve(tmp_path, RATED) as server:
        assert _score(judge, server, folder, "--data", home).code == 0
        assert len(_leaked(server)) == 1


@pytest.fixture
def own(judge: Command, home: Path, tmp_path: Path) -> Iterator[tuple[Path, FakeServer]]:
    """A run of the reader's own, which sent the clip's frames, and a server."""
    (home / "task.yaml").write_text(yaml.safe_dump(TASK))
    write_lines(home / "data.jsonl", [ITEM])
    with serve(tmp_path / "server", RATED) as server:
        by = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--accepts", "text,frames"]
        done = judge("run", home / "task.yaml", *by, "--out", home / "results")
        yield done.folder, server


def test_a_run_of_ones_own_needs_no_folder_as_its_answers_hold_the_digests(
    judge: Command, own: tuple[Path, FakeServer]
) -> None:
    folder, server = own
    asked = len(_leaked(server))
    assert _score(judge, server, folder).code in (0, 1)  # the fake's answers are no labels
    assert len(_leaked(server)) == asked + 1


@pytest.mark.parametrize("named", [False, True])
def test_a_clip_that_changed_between_run_and_score_is_named_and_not_sent(
    judge: Command, home: Path, own: tuple[Path, FakeServer], named: bool
) -> None:
    folder, server = own
    asked = len(_leaked(server))
    make_clip(home / PRIVATE, 31)
    more: list[str | Path] = ["--media", home] if named else []
    assert _score(judge, server, folder, *more).code == 1
    assert len(_leaked(server)) == asked
    said = next(line["problem"] for line in lines_of(folder / "verdicts.jsonl") if line["problem"])
    assert said["kind"] == "no_frames"
    assert "is not the file that was sent" in said["message"]


def test_a_suite_names_the_runs_beside_it_and_no_others() -> None:
    from pydantic import TypeAdapter, ValidationError

    for name in ("..", "../x", "/x", "a/b", ".x", ""):
        with pytest.raises(ValidationError):
            TypeAdapter(PlainName).validate_python(name)

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import judge
from judge.errors import Locked, ResultsError
from judge.lines import read_lines
from judge.records import SCHEMA, Answer, AskReply, Run, Verdict
from judge.store import Appender, CannotWrite, Folder, locked, repair, runs_below, write_whole

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(judge.__file__).resolve().parents[1])}


def answer(text: str = "sad", *, sample: str = "m-1", **changes: Any) -> Answer:
    replies = (AskReply(ask="mood", text=text),)
    return Answer(sample_id=sample, variant="qa", status="ok", replies=replies).model_copy(update=changes)


RUN: dict[str, Any] = {
    "task": "moods", "task_file": "moods.yaml", "task_version": 1, "task_spec": {}, "ask_digest": "a",
    "data_file": "", "data_sha256": "b", "licence": "CC0-1.0", "provider": "gemini", "provider_kind": "paid",
    "provider_identity": "hosted", "model": "m", "sampling": {}, "variant": "qa", "settings": {},
    "modalities": ["text"], "digest": "c", "judge_version": "0", "selection": {"limit": 3},
}  # fmt: skip


def append(path: Path, *answers: Answer) -> None:
    with contextlib.closing(Appender(path)) as log:
        log.append(answers)


def line(record: Answer, **changes: Any) -> bytes:
    """A record as it is stored, with changes that the record itself would not allow."""
    return json.dumps(record.model_dump(mode="json") | changes, separators=(",", ":")).encode() + b"\n"


TEXTS = {
    "empty": "",
    "lines": "a\nb\r\nc\u2028d\x85e\x0bf",
    "null-byte": "a\x00b",
    "many-scripts": "快乐 😂 שמח é é",
    "high-surrogate": "a\ud83d",
    "low-surrogate": "\ude00b",
    "surrogates-apart": "\ude00 \ud83d \udcff",
    "long": "x" * 3_000_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_appended_is_read_again_as_it_was(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.jsonl"
    records = [answer(text), answer("after", sample="m-2")]
    for record in records:
        append(path, record)
    assert path.read_bytes().isascii()
    assert len(path.read_bytes().splitlines()) == 2
    assert read_lines(path, Answer) == records


def test_several_records_are_appended_at_once_and_none_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    assert read_lines(path, Answer) == []
    append(path)
    assert path.read_bytes() == b""
    append(path, answer(sample="a"), answer(sample="b"))
    assert [record.sample_id for record in read_lines(path, Answer)] == ["a", "b"]


TORN = {
    "whole-but-for-its-end": line(answer("torn"))[:-1],
    "half-a-character": b"\xe5\xbf",
    "null-bytes": b"\x00" * 5000,
    "long": b"x" * 200_000,
}


@pytest.mark.parametrize("torn", TORN.values(), ids=TORN)
@pytest.mark.parametrize("before", [0, 2])
def test_a_torn_last_line_is_cut_off_and_kept_aside(tmp_path: Path, before: int, torn: bytes) -> None:
    path = tmp_path / "answers.jsonl"
    whole = b"".join(line(answer(sample=f"m-{n}")) for n in range(before))
    path.write_bytes(whole + torn)
    assert len(read_lines(path, Answer)) == before
    append(path, answer(sample="new"))
    assert path.read_bytes() == whole + line(answer(sample="new"))
    assert (tmp_path / "answers.jsonl.torn").read_bytes() == torn + b"\n"


def test_every_torn_line_is_kept_and_a_whole_file_needs_no_repair(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    assert not repair(path)
    for piece in ("one", "two"):
        append(path, answer())
        assert not repair(path)
        with path.open("a") as file:
            file.write(piece)
        assert repair(path)
    assert (tmp_path / "answers.jsonl.torn").read_text() == "one\ntwo\n"


DAMAGE = {
    "cut": line(answer())[:40] + b"\n",
    "not-json": b"{bad}\n",
    "blank": b"\n",
    "null-bytes": b"\x00" * 50 + b"\n",
    "not-utf8": line(answer()).replace(b"sad", b"s\xff"),
    "list": b"[]\n",
    "two-in-one": line(answer())[:-1] + line(answer()),
    "deep": b"[" * 100_000 + b"\n",
    "unknown-key": line(answer(), more=1),
}


@pytest.mark.parametrize("damaged", DAMAGE.values(), ids=DAMAGE)
def test_damage_in_the_middle_is_refused_with_its_line(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "answers.jsonl"
    before = line(answer()) + damaged + line(answer(sample="m-2"))
    path.write_bytes(before)
    with pytest.raises(ResultsError, match=r"answers\.jsonl:2: is (damaged|not a record)"):
        read_lines(path, Answer)
    assert path.read_bytes() == before


@pytest.mark.parametrize("more", [{}, {"new_field": 1}], ids=["same-fields", "new-field"])
def test_a_newer_schema_is_refused_and_says_to_update(tmp_path: Path, more: dict[str, Any]) -> None:
    folder = Folder(tmp_path)
    folder.answers_file.write_bytes(line(answer()) + line(answer(), schema_version=SCHEMA + 1, **more))
    with pytest.raises(ResultsError, match=r"answers\.jsonl:2: was written by a newer version \(schema 3"):
        folder.read_answers()
    folder.run_file.write_text(json.dumps(RUN | {"schema_version": SCHEMA + 1} | more))
    with pytest.raises(ResultsError, match=r"run\.json: was written by a newer version \(schema 3"):
        folder.read_run()


def test_a_run_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    for changes in ({}, {"system": "Be \ud83d brief.", "state": "complete"}):
        run = Run.model_validate(RUN | changes)
        Folder(tmp_path).write_run(run)
        assert Folder(tmp_path).read_run() == run
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["run.json"]


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff"], ids=["absent", "empty", "cut", "list", "latin"])
def test_a_run_that_cannot_be_read_is_an_error_that_names_the_file(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(ResultsError, match=r"run\.json"):
        Folder(tmp_path).read_run()


@pytest.mark.parametrize(
    ("history", "last"),
    [
        pytest.param("ok:old ok:new", "ok:new", id="asked-again"),
        pytest.param("ok:old error:", "ok:old", id="error-later"),
        pytest.param("refused:no error: error:", "refused:no", id="errors-after-a-refusal"),
        pytest.param("error: ok:new", "ok:new", id="mended"),
        pytest.param("ok:old error: truncated:new", "truncated:new", id="asked-again-after-an-error"),
        pytest.param("error:one error:two", "error:two", id="errors-only"),
    ],
)
def test_the_latest_answer_wins_but_an_error_never_replaces_an_answer(tmp_path: Path, history: str, last: str) -> None:
    for event in history.split():
        status, text = event.split(":")
        append(Folder(tmp_path).answers_file, answer(text, status=status))
    (found,) = Folder(tmp_path).read_answers().values()
    assert f"{found.status}:{found.replies[0].text}" == last


def test_each_draw_and_variant_is_an_answer_of_its_own(tmp_path: Path) -> None:
    append(Folder(tmp_path).answers_file, answer(), answer(draw=1), answer(variant="cot"))
    assert set(Folder(tmp_path).read_answers()) == {("m-1", "qa", 0), ("m-1", "qa", 1), ("m-1", "cot", 0)}


def test_verdicts_are_kept_all_and_oldest_first(tmp_path: Path) -> None:
    body = {
        "sample_id": "m-1",
        "variant": "qa",
        "draw": 0,
        "answer": "d",
        "judge": "j",
        "rubric": "r",
        "criterion": "cot",
    }
    verdicts = [Verdict.model_validate(body | {"rubric_digest": "e", "score": score}) for score in (1, None, 0.5)]
    with contextlib.closing(Appender(Folder(tmp_path).verdicts_file)) as log:
        log.append(verdicts)
    assert Folder(tmp_path).read_verdicts() == verdicts


HOLD = """
import sys; from pathlib import Path; from judge.store import locked
with locked(Path(sys.argv[1])): print("held", flush=True); sys.stdin.read()
"""


def test_a_folder_that_another_process_writes_is_refused_naming_it_until_it_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "run"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=ENVIRONMENT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            said = f"{folder} is being written by process {process.pid} "
            for _ in range(2):
                with pytest.raises(Locked, match=said), locked(folder):
                    pass
        finally:
            process.kill()
    with pytest.raises(KeyError), locked(folder):
        raise KeyError  # an error inside lets go of the lock, too
    with locked(folder):
        assert f"process {os.getpid()} " in (folder / ".lock").read_text()


@pytest.mark.parametrize("inside", ["file/run", "file"])
def test_a_file_in_the_way_of_a_folder_is_said_to_be_in_the_way(tmp_path: Path, inside: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match=rf"{inside}: .*written"), locked(tmp_path / inside):
        pass


@pytest.mark.parametrize("target", ["absent/answers.jsonl", "file/answers.jsonl", "folder"])
def test_a_target_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path, target: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotWrite, match=rf"{target}: could not be written"):
        Appender(tmp_path / target)
    with pytest.raises(CannotWrite, match=rf"{target}: could not be written"):
        write_whole(tmp_path / target, "x")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(CannotWrite):
        write_whole(tmp_path / "run.json", "x")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_an_error_and_not_a_lost_answer() -> None:
    with contextlib.closing(Appender(Path("/dev/full"))) as log, pytest.raises(CannotWrite, match="No space left"):
        log.append([answer()])


FILL = """
import resource, sys; from pathlib import Path; from judge.records import Answer
from judge.store import Appender, CannotWrite, write_whole
path = Path(sys.argv[1])
log = Appender(path)
one = Answer(sample_id="m-1", variant="qa", status="ok")
log.append([one])
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
for write in (lambda: log.append([one, one]), lambda: write_whole(path.with_name("run.json"), "new" * size)):
    try:
        write()
    except CannotWrite as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append([one])
"""


@pytest.mark.parametrize("room", [0, 20, 130])
def test_a_file_that_may_not_grow_keeps_only_whole_lines(tmp_path: Path, room: int) -> None:
    path = tmp_path / "answers.jsonl"
    (tmp_path / "run.json").write_text("old")
    command = [sys.executable, "-c", FILL, str(path), str(room)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert [said.split(": ")[0] for said in done.stdout.splitlines()] == [str(path), str(tmp_path / "run.json")]
    assert len(read_lines(path, Answer)) == 2
    assert path.read_bytes().endswith(b"\n")
    assert (tmp_path / "run.json").read_text() == "old"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "run.json", "old")
    with (tmp_path / "run.json").open() as reader:
        write_whole(tmp_path / "run.json", "new")
        assert (reader.read(), (tmp_path / "run.json").read_text()) == ("old", "new")


def test_runs_are_found_at_and_below_a_folder_sorted_and_hidden_ones_are_passed_over(tmp_path: Path) -> None:
    for name in ("b/run-2", "a", ".old/run-1", "b/.aside/run-3", "b/run-1"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "run.json").write_text("{}")
    found = [str(folder.path.relative_to(tmp_path)) for folder in runs_below(tmp_path)]
    assert found == ["a", "b/run-1", "b/run-2"]
    assert runs_below(tmp_path / "a") == [Folder(tmp_path / "a")]
    with pytest.raises(ResultsError, match="no such folder"):
        runs_below(tmp_path / "absent")

"""`judge doctor --deep` names every damage in a results folder by file and line, and its repair loses nothing whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command import Command, lines_of
from figures import size
from golden_run import RUN, copied, edited, harms, lines, mended, remarks, replace

from judge.damage import TORN
from judge.store import Folder
from judge.verify.folder import verify
from judge.verify.repair import repair


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A copy of the golden run, with its task and its cache; and the working folder."""
    monkeypatch.chdir(copied(tmp_path))
    return Folder(Path("results/golden"))


def test_a_sound_run_is_sound_and_looking_changes_nothing(judge: Command, run: Folder) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = judge("doctor", "--deep", "--cache", "cache")
    assert done.code == 0, done.out
    assert "14 answers (2 failed), 84 verdicts, scored: sound" in done.out
    assert "35 stored replies" in done.out
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_an_answers_file_cut_at_each_byte_of_its_last_two_lines_keeps_every_whole_line(run: Folder) -> None:
    raw = run.answers_file.read_bytes()
    whole = raw.splitlines(keepends=True)
    first = len(raw) - len(whole[-1]) - len(whole[-2])
    for cut in [*range(first, len(raw), size(19, 1)), len(raw) - 1]:
        run.answers_file.write_bytes(raw[:cut])
        found = verify(run)
        torn = raw[:cut][-1:] != b"\n"
        number = raw[:cut].count(b"\n") + 1
        assert [str(piece.number) + piece.why for piece in found.bad_answers] == ([f"{number}{TORN}"] if torn else [])
        repair(run)
        fused = raw[:cut].splitlines(keepends=True)
        complete = torn and fused[-1].rstrip().endswith(b'"extra_calls":0}')
        assert run.answers_file.read_bytes() == b"".join(whole[: number if complete else number - 1])
        for path in run.path.glob("answers.jsonl.*"):
            path.unlink()


DAMAGES: dict[str, tuple[bytes, str]] = {
    "garbage": (b"\xff\xfe garbage\n", "is damaged"),
    "NULs": (b"\0" * 300 + b"\n", "holds only NUL bytes"),
    "nothing": (b"\n", "holds only NUL bytes or blanks"),
    "a number": (b"5\n", "is damaged"),
    "a list": (b"[]\n", "is damaged"),
    "deep": (b"[" * 100_000 + b"\n", "is damaged"),
    "a huge number": (b'{"schema_version":' + b"9" * 5000 + b"}\n", "is damaged"),
    "another record": (b'{"schema_version":1,"sample_id":"g-0"}\n', "is no record: variant: Field required"),
}


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("file", ["answers.jsonl", "verdicts.jsonl"])
def test_damage_in_the_middle_is_named_by_line_and_set_aside(run: Folder, name: str, file: str) -> None:
    raw, said = DAMAGES[name]
    path = run.path / file
    whole = lines(path)
    replace(path, 3, raw)
    found = verify(run)
    assert harms(found)[0].partition(f"{file}:3: ")[2].startswith(said)
    mended(run)
    assert lines(path) == whole[:2] + whole[3:]
    kept = json.loads(Path(f"{path}.damaged").read_text())
    assert kept["line"] == 3
    assert kept["raw"].encode("utf-8", "surrogateescape") == raw


def test_whole_records_are_saved_out_of_dirty_and_fused_lines(run: Folder) -> None:
    whole = lines(run.answers_file)
    dirty = [
        whole[0],
        b"\0" * 50 + whole[1],
        whole[2][:-1] + whole[3],
        whole[4][:60] + whole[5],
        b"\xef\xbb\xbf" + whole[6],
    ]
    run.answers_file.write_bytes(b"".join([*dirty, *whole[7:]]))
    assert len(harms(verify(run))) == 4
    mended(run)
    assert lines(run.answers_file) == [*whole[:4], *whole[5:]]


def test_windows_line_ends_are_no_damage(run: Folder) -> None:
    for path in (run.answers_file, run.verdicts_file, run.scores_file):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert harms(verify(run)) == []
    assert len(run.read_answers()) == 14


MISPLACED: dict[str, tuple[int, dict[str, object], str]] = {
    "an unknown item": (1, {"sample_id": "g-99"}, "is of an item that the data does not have: 'g-99'"),
    "another prompt": (1, {"variant": "qa"}, "is of a qa prompt, but this run is cot"),
    "a draw too many": (1, {"draw": 7}, "is draw 7 of a run of 2"),
    "a draw below": (1, {"draw": -1}, "is draw -1 of a run of 2"),
    "a wrong status": (1, {"status": "refused"}, "is called refused, but its replies are ok"),
    "ok without a reply": (1, {"replies": []}, "is ok without a reply"),
    "ok with a problem": (1, {"problem": {"stage": "call", "kind": "x"}}, "is ok and has a problem"),
    "an error without why": (7, {"problem": None}, "is an error without a problem"),
    "another's reply": (1, {"sample_id": "g-9"}, "is not the answer to its item's question"),
    "another draw's reply": (1, {"draw": 1}, "is not the answer to its item's question"),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_an_answer_out_of_its_place_is_named_by_its_line(run: Folder, name: str) -> None:
    line, changes, said = MISPLACED[name]
    edited(run.answers_file, line, **changes)
    assert f"results/golden/answers.jsonl:{line}: {said}" in harms(verify(run))
    mended(run)


def test_a_line_that_stands_twice_is_taken_out_once(run: Folder) -> None:
    for path in (run.answers_file, run.verdicts_file):
        whole = lines(path)
        path.write_bytes(b"".join([*whole, whole[1]]))
        assert f"{path}:{len(whole) + 1}: stands in line 2 already, word for word" in harms(verify(run))
        mended(run)
        assert lines(path) == whole


def test_a_run_that_says_complete_and_lacks_answers_is_asked_to_go_on(judge: Command, run: Folder) -> None:
    said = json.loads(run.run_file.read_text()) | {"state": "complete"}
    run.run_file.write_text(json.dumps(said))
    done = judge("doctor", "--deep", "--cache", "cache")
    assert done.code == 1
    assert "run.json: says that the run is complete, but 2 of its 14 answers are not there (g-6)" in done.out
    assert judge("doctor", "--deep", "--cache", "cache", "--repair").code == 0
    assert run.read_run().state == "incomplete"


@pytest.mark.parametrize("raw", [b"", b"{", b"\0" * 100, b"[]", b'{"schema_version":1}'])
def test_a_damaged_run_json_is_set_aside_and_the_same_line_writes_it_anew(
    judge: Command, run: Folder, raw: bytes
) -> None:
    run.run_file.write_bytes(raw)
    assert "run.json" in harms(verify(run))[0]
    judge("doctor", "--deep", "--cache", "cache", "--repair")
    assert [path.read_bytes() for path in run.path.glob("run.json.damaged-*")] == [raw]
    answers = run.answers_file.read_bytes()
    again = judge(*RUN, "--limit", "6")
    assert again.code == 0, again.err
    assert "nothing was left to ask" in again.out
    assert run.answers_file.read_bytes() == answers


@pytest.mark.parametrize("name", ["summary.json", "scores.jsonl"])
def test_damaged_scores_are_set_aside_and_made_again(judge: Command, run: Folder, name: str) -> None:
    numbers = json.loads(run.summary_file.read_text())["estimates"]
    path = run.path / name
    path.write_bytes(path.read_bytes()[:-40])
    assert judge("doctor", "--deep", "--cache", "cache").code == 1
    assert judge("doctor", "--deep", "--cache", "cache", "--repair").code == 0
    judge("score", run.path)
    again = json.loads(run.summary_file.read_text())["estimates"]
    then = {(item["metric"], item["mode"], item["group"], item["judge"]): item["value"] for item in numbers}
    made = {(item["metric"], item["mode"], item["group"], item["judge"]): item["value"] for item in again}
    moved = {key for key in made if key[0] == "rouge_l"}  # test_schemas has what a later rule made of it
    assert {key: value for key, value in made.items() if key not in moved}.items() <= then.items()
    assert {key[3] for key in made} == {None, "rules"}, "another judge's verdicts stay, and count when it is named"


def test_scores_of_before_the_latest_answers_are_a_remark_with_its_line(judge: Command, run: Folder) -> None:
    judge("score", run.path, "--fresh")
    assert not any("before the latest" in line for line in remarks(verify(run)))
    answer = lines_of(run.answers_file)[0]
    answer["replies"][0]["text"] = "Answer: serious"
    with run.answers_file.open("a") as file:
        file.write(json.dumps(answer) + "\n")
    assert any("summary.json: was made before the latest answers" in line for line in remarks(verify(run)))
    judge("score", run.path)
    assert not any("before the latest" in line for line in remarks(verify(run)))


def test_what_a_killed_process_left_is_removed_and_a_living_ones_is_not(run: Folder) -> None:
    dead, living = (run.path / f".summary.json.{process}.tmp" for process in (2**22 - 7, os.getpid()))
    dead.write_text("half")
    living.write_text("half")
    assert any(f"{dead.name}: was left by" in line for line in remarks(verify(run)))
    repair(run)
    assert (dead.exists(), living.exists()) == (False, True)


def test_an_answer_that_was_changed_without_a_trace_is_seen_beside_its_stored_reply(
    judge: Command, run: Folder
) -> None:
    run.answers_file.write_bytes(run.answers_file.read_bytes().replace(b"a cake. The", b"a cave. The", 1))
    done = judge("doctor", "--deep", "--cache", "cache")
    assert "answers.jsonl: 1 answer says something else than the stored reply (g-0)" in done.out
    assert "something else" not in judge("doctor", "--deep", "--cache", "off").out

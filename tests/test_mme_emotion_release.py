"""MME-Emotion's files as people have them: the authors' tree, the hub's zips unpacked in several ways or not at all.

Sources: the tree of commit 61719fd and the hub's one zip a task (protocol notes 1.1); the items are invented.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command import ROOT, Command, estimate, summary_of
from fake_server import serve
from mme_emotion import FIXTURE, SCHEME, TASKS, rate, run, script, steps, task_file

from judge.datafile import locate, rooted
from judge.dataset import read_samples
from judge.errors import TaskError
from judge.spec.task import read_task

FOLDERS = {name: name.upper().replace("_", "-") for name in TASKS} | {"er_wild": "ER-Wild", "er_lab": "ER-Lab"}
FOLDERS |= {"noise_er": "Noise-ER"}
FILES = {name: folder.replace("-", "_") for name, folder in FOLDERS.items()}
MP4 = b"\0\0\0\x18ftypisom" + b"\0" * 64
REAL = [name for name in TASKS if name != "er_lab"]


def question_of(name: str) -> Path:
    return FIXTURE / "MME-Emotion-Dataset" / FOLDERS[name] / "question" / f"{FILES[name]}.json"


def clues_of(name: str) -> Path:
    return question_of(name).parent.parent / "audio_clue" / f"{FILES[name]}_qwen2_audio_clues.json"


def put(file: Path, place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)
    return place


def lay_clips(name: str, folder: Path) -> list[str]:
    """Files by the names of the task's clips; the names come back."""
    names = [item["video_id"] for item in json.loads(question_of(name).read_text())]
    for each in names:
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).write_bytes(MP4)
    return names


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_found_in_the_authors_tree(name: str) -> None:
    task = read_task(ROOT / task_file(name), None)
    found = locate(task, ROOT / task_file(name), FIXTURE)
    assert (found.path, found.joined) == (question_of(name), clues_of(name))
    assert all(sample.target.clues for sample in read_samples(task, found, {}))


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("inside", ["MME-Emotion-Dataset", "MME-Emotion-Dataset/{}"])
def test_a_folder_of_the_tree_may_be_named_itself(name: str, inside: str) -> None:
    task = read_task(ROOT / task_file(name), None)
    found = locate(task, ROOT / task_file(name), FIXTURE / inside.format(FOLDERS[name]))
    assert (found.path, found.joined) == (question_of(name), clues_of(name))


UNPACKED = {
    "the questions beside a folder of the zip's name": ("{file}.json", "{file}"),
    "the questions beside, the clips unpacked flat": ("{file}.json", ""),
    "the questions in the folder": ("{file}/{file}.json", "{file}"),
    "the authors' own folder in the zip": ("{folder}/question/{file}.json", "{folder}"),
    "a folder in a folder of one name": ("{file}/{file}.json", "{file}/{file}"),
    "the zip's name with the authors' folders in it": ("{file}/question/{file}.json", "{file}"),
}
"""Where the questions and the clips come to lie when a zip of one task is unpacked."""


@pytest.mark.parametrize("shape", UNPACKED)
@pytest.mark.parametrize("name", TASKS)
def test_the_zips_of_the_hub_are_read_however_they_were_unpacked(tmp_path: Path, name: str, shape: str) -> None:
    places = [text.format(file=FILES[name], folder=FOLDERS[name]) for text in UNPACKED[shape]]
    put(question_of(name), tmp_path / places[0])
    lay_clips(name, tmp_path / places[1])
    task = read_task(ROOT / task_file(name), None)
    found = locate(task, ROOT / task_file(name), tmp_path)
    samples = read_samples(task, found, {})
    assert found.path == tmp_path / places[0]
    assert rooted(found, samples).root == tmp_path / places[1]
    assert found.joined is None
    beside = locate(task, ROOT / task_file(name), tmp_path / places[0])
    assert rooted(beside, samples).root == tmp_path / places[1], "the file may be named itself"


def test_a_folder_of_the_right_name_without_clips_is_not_taken_for_theirs(tmp_path: Path) -> None:
    put(question_of("er_wild"), tmp_path / "ER_Wild" / "ER_Wild.json")
    lay_clips("er_wild", tmp_path / "elsewhere" / "ER-Wild")
    task = read_task(ROOT / task_file("er_wild"), None)
    found = locate(task, ROOT / task_file("er_wild"), tmp_path)
    assert rooted(found, read_samples(task, found, {})).root == tmp_path


@pytest.mark.parametrize("name", ["er_wild", "sa"])
def test_a_zip_that_lies_there_unopened_is_named_with_what_to_do(judge: Command, tmp_path: Path, name: str) -> None:
    (tmp_path / f"{FILES[name]}.zip").write_bytes(b"PK\x03\x04")
    done = judge("run", task_file(name), "--provider", "majority", "--data", tmp_path, "--out", tmp_path / "r")
    assert done.code == 3
    assert done.err.strip().count("\n") == 0
    assert f"{tmp_path}/{FILES[name]}.zip lies there unopened: unpack it into the same folder" in done.err
    said = judge("data", f"mme_emotion/{name}", "--data", tmp_path)
    assert said.code == 3
    assert f"{FILES[name]}.zip lies there unopened" in said.out


def test_a_zip_that_is_named_itself_is_not_opened(judge: Command, tmp_path: Path) -> None:
    (tmp_path / "SA.zip").write_bytes(b"PK\x03\x04")
    done = judge("run", task_file("sa"), "--provider", "majority", "--data", tmp_path / "SA.zip")
    assert done.code == 2
    assert "SA.zip: is an archive, which is not opened: unpack it, and name the folder" in done.err


def test_a_zip_with_the_clips_is_named_where_only_the_questions_are_there(judge: Command, tmp_path: Path) -> None:
    put(question_of("ir"), tmp_path / "IR.json")
    (tmp_path / "IR.zip").write_bytes(b"PK\x03\x04")
    with serve(tmp_path, {}) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        accepts = ["--accepts", "text,frames,audio"]
        done = judge("run", task_file("ir"), *options, *accepts, "--data", tmp_path, "--out", tmp_path / "r")
    assert done.code == 3
    assert f"2 of 2 clips are missing below {tmp_path}/" in done.err
    assert f"{tmp_path}/IR.zip lies there unopened" in done.err
    assert "IR.zip lies there unopened" in judge("data", "mme_emotion/ir", "--data", tmp_path).out


def test_clips_in_another_folder_are_found_below_the_tasks_own_in_it(judge: Command, tmp_path: Path) -> None:
    put(question_of("noise_er"), tmp_path / "q" / "Noise_ER.json")
    lay_clips("noise_er", tmp_path / "m" / "Noise_ER")
    said = judge("data", "mme_emotion/noise_er", "--data", tmp_path / "q", "--media", tmp_path / "m")
    assert f"2 of 2 media files below {tmp_path}/m/Noise_ER" in said.out
    with serve(tmp_path, {}) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--dry-run"]
        places = ["--data", tmp_path / "q", "--media", tmp_path / "m", "--accepts", "text,frames,audio"]
        done = judge("run", task_file("noise_er"), *options, *places, "--out", tmp_path / "r")
    assert done.code == 0, done.err


def test_a_zip_in_the_folder_of_the_family_is_found_through_judge_data(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "MME-Emotion").mkdir()
    (tmp_path / "MME-Emotion" / "FG_ER.zip").write_bytes(b"PK\x03\x04")
    monkeypatch.setenv("JUDGE_DATA", str(tmp_path))
    assert "MME-Emotion/FG_ER.zip lies there unopened" in judge("data", "mme_emotion/fg_er").out
    put(question_of("fg_er"), tmp_path / "MME-Emotion" / "FG_ER.json")
    assert "MME-Emotion/FG_ER.json: 3 records" in judge("data", "mme_emotion/fg_er").out


def test_questions_behind_a_link_out_of_the_folder_are_refused(judge: Command, tmp_path: Path) -> None:
    (tmp_path / "d" / "ER_Wild").mkdir(parents=True)
    (tmp_path / "d" / "ER_Wild" / "ER_Wild.json").symlink_to(question_of("er_wild"))
    done = judge("run", task_file("er_wild"), "--provider", "majority", "--data", tmp_path / "d")
    assert done.code == 2
    assert "is a link that leads out of its folder" in done.err


def test_clips_behind_a_folder_that_leads_out_are_not_looked_for(tmp_path: Path) -> None:
    put(question_of("sa"), tmp_path / "d" / "SA.json")
    lay_clips("sa", tmp_path / "out")
    (tmp_path / "d" / "SA").symlink_to(tmp_path / "out")
    task = read_task(ROOT / task_file("sa"), None)
    found = locate(task, ROOT / task_file("sa"), tmp_path / "d")
    assert rooted(found, read_samples(task, found, {})).root == tmp_path / "d"


def test_data_says_where_the_questions_were_found_and_that_the_clues_are_not_there(
    judge: Command, tmp_path: Path
) -> None:
    for name in TASKS:
        put(question_of(name), tmp_path / f"{FILES[name]}.json")
    done = judge("data", "mme_emotion", "--data", tmp_path)
    assert f"{tmp_path}/ER_Wild.json" in done.out
    assert (
        "no audio_clue: a run needs none; to score by a rubric that shows clues, lay MME-Emotion-Dataset/" in done.out
    )
    assert "8 of 8 tasks there, 0 as stated, 8 of them without clues for the judge; 22 records" in done.out


@pytest.mark.parametrize("name", TASKS)
def test_a_run_needs_the_questions_only_and_score_says_what_it_lacks(judge: Command, tmp_path: Path, name: str) -> None:
    put(question_of(name), tmp_path / "d" / f"{FILES[name]}.json")
    done = judge("run", task_file(name), "--provider", "majority", "--data", tmp_path / "d", "--out", tmp_path / "r")
    assert done.code == 0, done.err
    scored = judge("score", done.folder)
    assert scored.code == 3
    assert scored.err.strip().count("\n") == 0
    place = f"MME-Emotion-Dataset/{FOLDERS[name]}/audio_clue/{FILES[name]}_qwen2_audio_clues.json"
    assert (
        f"the rubric mme_emotion shows clues to the judge, and those of mme-emotion.{name.replace('_', '-')} are"
        in (scored.err)
    )
    assert f"lay {place} beside the data" in scored.err
    assert not (done.folder / "summary.json").exists()
    assert judge("score", done.folder, "--metrics", "avg_token").code == 0
    put(clues_of(name), tmp_path / "d" / place)
    assert judge("score", done.folder).code == 0, "the run is the same run when the clues have come"
    assert "|evidence:" in estimate(done.folder, "reasoning")["signature"]
    assert "|evidence:" not in estimate(done.folder, "avg_token")["signature"]


def test_a_rubric_without_clues_scores_a_run_without_them(judge: Command, tmp_path: Path) -> None:
    put(question_of("sa"), tmp_path / "d" / "SA.json")
    blocks = {SCHEME: "<score>Step 1: 1/1, Step 2: 0/1</score>"}
    extracted = {"Break the reply": steps("The voice drops.", "The predicted sentiment is negative.")}
    with serve(tmp_path, script(extracted, blocks, reply="The voice drops.\nAnswer: negative")) as server:
        done = run(judge, server, "sa", tmp_path / "r", data=tmp_path / "d")
        refused = rate(judge, server, done.folder)
        asked = len(server.requests())
        assert refused.code == 3
        assert "Nothing was sent" in refused.err
        assert asked == 4, "the run's own"
        assert rate(judge, server, done.folder, "--rubric", "mme_emotion_no_clue").code == 0
    assert estimate(done.folder, "reasoning")["value"] == 1.0


def test_other_clues_are_another_number_and_the_same_run(judge: Command, tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "d")
    options = ["--provider", "majority", "--data", tmp_path / "d", "--out", tmp_path / "r"]
    done = judge("run", task_file("sa"), *options)
    judge("score", done.folder)
    first = estimate(done.folder, "reasoning")["signature"]
    file = tmp_path / "d" / clues_of("sa").relative_to(FIXTURE)
    file.write_text(file.read_text().replace("kettle", "teapot"))
    assert judge("run", task_file("sa"), *options).folder == done.folder
    assert judge("score", done.folder).out.count("already scored") == 0
    second = estimate(done.folder, "reasoning")["signature"]
    kept = [[part for part in text.split("|") if not part.startswith("evidence:")] for text in (first, second)]
    assert first != second
    assert kept[0] == kept[1]


def test_a_run_named_by_the_digest_of_both_files_is_still_scored(judge: Command, tmp_path: Path) -> None:
    """Earlier versions counted the clues among what makes a run."""
    done = judge("run", task_file("sa"), "--provider", "majority", "--data", FIXTURE, "--out", tmp_path / "r")
    found = locate(read_task(ROOT / task_file("sa"), None), ROOT / task_file("sa"), FIXTURE)
    body = json.loads((done.folder / "run.json").read_text())
    assert body["data_sha256"] == found.sha256 != found.earlier_sha256
    (done.folder / "run.json").write_text(json.dumps(body | {"data_sha256": found.earlier_sha256}))
    assert judge("score", done.folder).code == 0
    assert summary_of(done.folder)["run"]["data_sha256"] == found.sha256
    (done.folder / "run.json").write_text(json.dumps(body | {"data_sha256": "0" * 64}))
    assert "has changed since this run" in judge("score", done.folder, "--fresh").err


@pytest.mark.parametrize("name", REAL)
def test_the_real_files_are_found_in_the_authors_tree(shared: Path, tmp_path: Path, name: str) -> None:
    folder = shared / "mme_emotion"
    if not folder.is_dir():
        pytest.skip(f"MME-Emotion's questions are not at {folder}")
    base = tmp_path / "MME-Emotion-Dataset" / FOLDERS[name]
    put(folder / f"{FILES[name]}.question.json", base / "question" / f"{FILES[name]}.json")
    put(folder / f"{FILES[name]}.audio_clue.json", base / "audio_clue" / f"{FILES[name]}_qwen2_audio_clues.json")
    task = read_task(ROOT / task_file(name), None)
    samples = read_samples(task, locate(task, ROOT / task_file(name), tmp_path), {})
    assert len(samples) == TASKS[name]
    assert all(sample.target.clues for sample in samples)


def test_an_archive_or_a_folder_outside_the_data_is_a_fault_of_the_task(tmp_path: Path) -> None:
    text = (ROOT / task_file("sa")).read_text().replace("archives: [SA.zip,", "archives: [../SA.zip,")
    (tmp_path / "sa.yaml").write_text(text)
    with pytest.raises(TaskError, match=r"data\.archives\.0: '\.\./SA\.zip' must lie below"):
        read_task(tmp_path / "sa.yaml", None)

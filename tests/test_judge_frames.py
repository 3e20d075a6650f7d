"""A judge whose rubric shows frames: it is sent the clip's, by the task's own policy, or nothing is sent at all."""

from __future__ import annotations

import base64
import io
import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from command import Command, estimate, lines_of, summary_of
from fake_server import FakeServer, serve
from media_files import make_clip, number_in
from mme_emotion import FIXTURE, SCHEME, rate, run, script, steps
from PIL import Image

EXTRACTED = {"Break the reply": steps("She smiles.", "The predicted sentiment is positive.")}
RATED = {SCHEME: "<score>Step 1: 1/1, Step 2: 1/1</score>"}
FRAMES = ["--rubric", "mme_emotion_frames", "--accepts", "text,frames"]
CLIPS = {"MELD/video/dia1.mp4": 63, "MELD/video/dia2.mp4": 300}
"""25 frames a second: of 2.5 and of 12 seconds."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The fixture with clips for the two items of MELD, whose n-th frame shows n."""
    folder = tmp_path / "data"
    shutil.copytree(FIXTURE, folder)
    (folder / "MELD" / "video").mkdir(parents=True)
    for name, count in CLIPS.items():
        make_clip(folder / name, count)
    return folder


def pictures(request: dict[str, Any]) -> list[int]:
    """The number that each picture of a request shows, in order."""
    parts = [part for message in request["body"]["messages"] for part in message["content"] if isinstance(part, dict)]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return [number_in(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))) for url in urls]


def ratings(server: FakeServer) -> list[dict[str, Any]]:
    return [line for line in server.requests() if SCHEME in line["prompt"]]


def answered(judge: Command, server: FakeServer, tmp_path: Path, data: Path, *more: str) -> Path:
    return run(judge, server, "sa", tmp_path / "r", *more, data=data).folder


def served() -> dict[str, Any]:
    return script(EXTRACTED, RATED, reply="She smiles in the clip.\nAnswer: positive")


def test_the_judge_is_sent_one_frame_a_second_and_ten_at_most(judge: Command, tmp_path: Path, data: Path) -> None:
    with serve(tmp_path, served()) as server:
        folder = answered(judge, server, tmp_path, data, "--limit", "2")
        assert rate(judge, server, folder, *FRAMES, data=data).code == 0
        short, long = sorted((pictures(line) for line in ratings(server)), key=len)
        extracting = [line for line in server.requests() if "Break the reply" in line["prompt"]]
    assert len(short) in (2, 3)
    assert [later - earlier for earlier, later in itertools.pairwise(short)] == [25] * (len(short) - 1)
    assert len(long) == 10
    assert long == sorted(long)
    assert "the pictures before this text" in ratings(server)[0]["prompt"]
    assert not any(pictures(line) for line in extracting), "steps are extracted from the text alone"
    assert "rubric:mme_emotion_frames:v1:" in estimate(folder, "reasoning")["signature"]


def test_without_its_clip_nothing_is_sent(judge: Command, tmp_path: Path, data: Path) -> None:
    with serve(tmp_path, served()) as server:
        folder = answered(judge, server, tmp_path, data)
        before = len(server.requests())
        done = rate(judge, server, folder, *FRAMES, data=data)
        assert len(server.requests()) == before
    assert done.code == 3
    assert "2 of 4 clips are missing" in done.err
    assert "CMU-MOSI/video/review1.mp4" in done.err


def test_a_judge_that_takes_no_frames_is_refused(judge: Command, tmp_path: Path, data: Path) -> None:
    with serve(tmp_path, served()) as server:
        folder = answered(judge, server, tmp_path, data, "--limit", "2")
        done = rate(judge, server, folder, "--rubric", "mme_emotion_frames", "--accepts", "text")
        assert not ratings(server)
    assert done.code == 2
    assert "shows frames" in done.err
    assert "takes none" in done.err


def test_a_clip_that_cannot_be_opened_is_a_problem_of_its_item(judge: Command, tmp_path: Path, data: Path) -> None:
    (data / "MELD" / "video" / "dia2.mp4").write_bytes((data / "MELD" / "video" / "dia1.mp4").read_bytes()[:900])
    with serve(tmp_path, served()) as server:
        folder = answered(judge, server, tmp_path, data, "--limit", "2")
        assert rate(judge, server, folder, *FRAMES, data=data).code == 1
        assert len(ratings(server)) == 1
    assert summary_of(folder)["problems"]["judge"]["no_frames"]["samples"] == ["MELD/video/dia2.mp4"]
    assert (estimate(folder, "reasoning")["valid"], estimate(folder, "reasoning")["missing"]) == (1, 1)


def test_a_judge_with_frames_and_one_without_are_two_judges(judge: Command, tmp_path: Path, data: Path) -> None:
    with serve(tmp_path, served()) as server:
        folder = answered(judge, server, tmp_path, data, "--limit", "1")
        rate(
            judge,
            server,
            folder,
            "--rubric",
            "mme_emotion",
            "--rubric",
            "mme_emotion_frames",
            "--accepts",
            "text,frames",
            data=data,
        )
        assert [bool(pictures(line)) for line in ratings(server)] == [False, True]
    methods = {(line["rubric"], line["method"]) for line in lines_of(folder / "verdicts.jsonl")}
    assert len(methods) == 2
    assert len({method for _, method in methods}) == 2


def test_the_rules_look_at_no_clip(judge: Command, tmp_path: Path, data: Path) -> None:
    done = judge("run", "tasks/mme_emotion/sa.yaml", "--provider", "majority", "--data", data, "--out", tmp_path / "r")
    assert judge("score", done.folder, "--rubric", "mme_emotion_frames").code == 0

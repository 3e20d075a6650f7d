"""Clips through the command line: what reaches a server, what fails, what is refused, and what run.json says."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from command import Command, Done, finish, lines_of, start, write_lines
from fake_server import FakeServer, serve
from media_files import make_clip, number_in, opened
from PIL import Image

from judge.definitions import Task
from judge.media.crew import Crew

TASK: dict[str, Any] = {
    "name": "clips",
    "version": 1,
    "about": "What is felt?",
    "licence": "CC0-1.0",
    "data": {"path": "items.jsonl"},
    "modalities": ["text", "video", "audio"],
    "media": {
        "video": "clip",
        "audio": "clip",
        "frames": {"count": 3},
        "words": ["utterance"],
        "notes": {"audio": "heard"},
    },
    "asks": [{"name": "label", "qa": 'She says: "{utterance}" Voice: {heard}', "read": {"as": "label"}}],
    "labels": {"joy": ["happy"], "serious": []},
    "target": {"label": "label"},
    "metrics": ["accuracy"],
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A task of five clips, each of which has its own length."""
    folder = tmp_path / "pack"
    (folder / "clips").mkdir(parents=True)
    records = []
    for number in range(5):
        make_clip(folder / "clips" / f"{number}.mp4", 11 + 10 * number, sound="aac")
        clip = f"clips/{number}.mp4"
        records.append(
            {"id": f"c-{number}", "utterance": f"WORDS-{number}", "heard": "LAUGHTER", "clip": clip, "label": "joy"}
        )
    write_lines(folder / "items.jsonl", records)
    (folder / "clips.yaml").write_text(json.dumps(TASK))
    return folder / "clips.yaml"


def _options(pack: Path, server: FakeServer, *more: str | Path) -> list[str | Path]:
    out = pack.parent.parent / "results"
    return ["run", pack, "--provider", "endpoint", "--model", "m", "--base-url", server.base_url, "--out", out, *more]


def _parts(request: dict[str, Any], kind: str) -> list[Any]:
    content = request["body"]["messages"][-1]["content"]
    return [part[kind] for part in content if part["type"] == kind] if isinstance(content, list) else []


def _pictures(request: dict[str, Any]) -> list[int]:
    """The numbers of the frames in a request."""
    urls = [part["url"] for part in _parts(request, "image_url")]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [number_in(opened(base64.b64decode(url.partition(",")[2]))) for url in urls]


def _text(request: dict[str, Any]) -> str:
    content = request["body"]["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _run_json(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((done.folder / "run.json").read_text())
    return found


def test_a_corrupt_clip_among_five_fails_its_own_sample_and_the_others_are_answered(
    judge: Command, pack: Path, tmp_path: Path
) -> None:
    bad = pack.parent / "clips" / "2.mp4"
    bad.write_bytes(bad.read_bytes()[:40] + bytes(bad.stat().st_size - 40))
    with serve(tmp_path / "server") as server:
        done = judge(*_options(pack, server))
        requests = server.requests()
    assert done.code == 1, done.err
    assert len(requests) == 4
    answers = {line["sample_id"]: line for line in lines_of(done.folder / "answers.jsonl")}
    problem = answers["c-2"]["problem"]
    assert (answers["c-2"]["status"], problem["stage"], problem["kind"]) == ("error", "media", "corrupt")
    assert problem["message"].startswith("clips/2.mp4 ")
    assert sorted(line["status"] for line in answers.values()) == ["error", "ok", "ok", "ok", "ok"]
    assert "1 answer failed: corrupt: clips/2.mp4" in done.err
    assert "Traceback" not in done.err


def test_frames_and_sound_reach_the_server_with_the_prompt_behind_them(
    judge: Command, pack: Path, tmp_path: Path
) -> None:
    with serve(tmp_path / "server") as server:
        done = judge(*_options(pack, server, "--limit", "2"))
        requests = sorted(server.requests(), key=_text)
    assert done.code == 0, done.err
    assert [_pictures(request) for request in requests] == [[0, 5, 10], [0, 10, 20]]
    for request in requests:
        (sound,) = _parts(request, "input_audio")
        assert sound["format"] == "wav"
        assert base64.b64decode(sound["data"]).startswith(b"RIFF")
        assert request["body"]["messages"][-1]["content"][-1]["type"] == "text"
    assert _text(requests[0]) == 'She says: "WORDS-0" Voice: (hear the audio)'
    answer = lines_of(done.folder / "answers.jsonl")[0]
    assert [(item["sense"], item["form"], item["decoded"], item["expected"]) for item in answer["media"]] == [
        ("video", "frames", 3, 3),
        ("audio", "audio", 1, 1),
    ]
    assert _run_json(done)["senses"] == {"text": "text", "video": "frames", "audio": "audio"}


def test_all_missing_clips_are_listed_at_once_and_nothing_is_sent(judge: Command, pack: Path, tmp_path: Path) -> None:
    for number in (1, 3):
        (pack.parent / "clips" / f"{number}.mp4").unlink()
    with serve(tmp_path / "server") as server:
        done = judge(*_options(pack, server))
        assert server.requests() == []
        assert done.code == 3
        (line,) = done.err.strip().splitlines()
        assert "2 of 5 clips are missing below" in line
        assert "(2 of 5 items): clips/1.mp4, clips/3.mp4." in line
        assert "--media DIR" in line
        assert line.endswith("Nothing was sent.")
        assert not list((tmp_path / "results").glob("*"))
        blind = judge(*_options(pack, server, "--modalities", "text"))
        assert (blind.code, len(server.requests())) == (0, 5), "what is not sent need not be there"


ABLATIONS: list[tuple[str, dict[str, str], bool, bool, str]] = [
    ("text", {"text": "text", "video": "away", "audio": "away"}, False, False, '"WORDS-0" Voice: (not given)'),
    ("video", {"text": "away", "video": "frames", "audio": "away"}, True, False, '"(not given)" Voice: (not given)'),
    ("text,audio", {"text": "text", "video": "away", "audio": "audio"}, False, True, '"WORDS-0" Voice: (hear'),
    ("video,audio", {"text": "away", "video": "frames", "audio": "audio"}, True, True, '"(not given)" Voice: (hear'),
]


def test_the_same_items_with_some_senses_taken_away_are_runs_of_their_own(
    judge: Command, pack: Path, tmp_path: Path
) -> None:
    folders = set()
    with serve(tmp_path / "server") as server:
        for given, senses, seen, heard, words in ABLATIONS:
            done = judge(*_options(pack, server, "--modalities", given, "--limit", "1"))
            assert done.code == 0, done.err
            run = _run_json(done)
            assert (run["senses"], run["modalities"]) == (senses, given.split(","))
            request = server.requests()[-1]
            assert bool(_pictures(request)) == seen
            assert bool(_parts(request, "input_audio")) == heard
            assert words in _text(request)
            folders.add(done.folder)
        more = json.loads(pack.read_text())
        more["media"]["frames"] = {"count": 5}
        pack.write_text(json.dumps(more))
        done = judge(*_options(pack, server, "--limit", "1"))
        assert _pictures(server.requests()[-1]) == [0, 2, 5, 7, 10]
        folders.add(done.folder)
        folders.add(judge(*_options(pack, server, "--limit", "1", "--set", "media=whole")).folder)
    assert len(folders) == len(ABLATIONS) + 2


def test_a_clip_goes_whole_and_mute_with_its_sound_beside_it(judge: Command, pack: Path, tmp_path: Path) -> None:
    with serve(tmp_path / "server") as server:
        done = judge(*_options(pack, server, "--limit", "1", "--set", "media=whole"))
        (request,) = server.requests()
    assert done.code == 0, done.err
    (clip,) = _parts(request, "video_url")
    assert clip["url"].startswith("data:video/mp4;base64,")
    assert b"mp4a" not in base64.b64decode(clip["url"].partition(",")[2]), "this server does not say that it hears"
    assert len(_parts(request, "input_audio")) == 1


def test_a_transcript_stands_in_for_sound_where_the_task_allows_it_and_the_run_says_so(
    judge: Command, pack: Path, tmp_path: Path
) -> None:
    with serve(tmp_path / "server") as server:
        done = judge(*_options(pack, server, "--accepts", "text,frames", "--limit", "1"))
        (request,) = server.requests()
    assert (done.code, _pictures(request), _parts(request, "input_audio")) == (0, [0, 5, 10], [])
    assert "Voice: LAUGHTER" in _text(request)
    line = "audio is given as text (the field 'heard'): m takes no audio"
    assert line in done.out
    assert line in _run_json(done)["notes"]
    assert [item["form"] for item in lines_of(done.folder / "answers.jsonl")[0]["media"]] == ["frames", "notes"]


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["--modalities", "text,smell"], 2, "--modalities text,smell: clips has text, video, audio, not smell"),
        (["--modalities", "vidio"], 2, 'did you mean "video"?'),
        (["--accepts", "film"], 2, "--accepts film: 'film' is none of text, image, frames, audio, video, video+sound"),
        (["--accepts", "text"], 3, "(m) takes no video. Leave it out (--modalities text,audio). Nothing was sent."),
        (["--accepts", "text,audio,frames", "--set", "media=whole"], 3, "Use frames (--set media=frames)"),
        (["--media", "no-such-folder"], 3, "--media no-such-folder: no such folder. Nothing was sent."),
        (["--set", "media=half"], 2, "media"),
    ],
)
def test_what_cannot_be_sent_is_one_clear_line_before_anything_is(
    judge: Command, pack: Path, tmp_path: Path, options: Sequence[str], code: int, line: str
) -> None:
    with serve(tmp_path / "server") as server:
        done = judge(*_options(pack, server, *options))
        assert server.requests() == []
    assert (done.code, len(done.err.strip().splitlines())) == (code, 1), done.err
    assert line in done.err
    assert not list((tmp_path / "results").glob("*"))


def test_another_model_and_prompt_decode_nothing_again(
    judge: Command, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[Any] = []
    make = Crew.make

    async def counted(crew: Crew, descriptor: int, order: Any) -> Any:
        orders.append(order)
        return await make(crew, descriptor, order)

    monkeypatch.setattr(Crew, "make", counted)
    with serve(tmp_path / "server") as server:
        assert judge(*_options(pack, server)).code == 0
        assert len(orders) == 10, "five clips, seen and heard"
        assert judge(*_options(pack, server, "--temperature", "1")).code == 0
        task = json.loads(pack.read_text())
        task["asks"][0]["qa"] += " Which?"
        pack.write_text(json.dumps(task))
        assert judge(*_options(pack, server)).code == 0
        assert len(server.requests()) == 15
    assert len(orders) == 10


def test_a_media_cache_that_cannot_be_written_is_found_before_anything_is_sent(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "media").write_text("in the way")
    with serve(tmp_path / "server") as server:
        done = finish(start(*_options(pack, server, "--cache", tmp_path / "cache")))
        assert server.requests() == []
    assert done.code == 3, done.err
    assert "decoded media cannot be kept" in done.err
    assert "Traceback" not in done.err


def test_judge_media_writes_what_a_model_would_see_and_hear(judge: Command, pack: Path, tmp_path: Path) -> None:
    out = tmp_path / "look"
    done = judge("media", pack, "--sample", "c-1", "--out", out)
    assert done.code == 0, done.err
    assert {path.name for path in out.iterdir()} == {"clips--c-1.png", "clips--c-1.wav"}
    sheet = Image.open(io.BytesIO((out / "clips--c-1.png").read_bytes()))
    assert sheet.width > sheet.height > 48
    assert "video as 3 of 3 frames (uniform 3, at most 768 px, jpeg 85), 0.00 to 0.80 s" in done.out
    assert 'She says: "WORDS-1" Voice: (hear the audio)' in done.out
    whole = judge("media", pack, "--sample", "c-1", "--out", out, "--set", "media=whole")
    assert whole.code == 0
    assert (out / "clips--c-1.mp4").read_bytes() == (pack.parent / "clips" / "1.mp4").read_bytes()
    quiet = judge("media", pack, "--sample", "c-1", "--out", out, "--modalities", "text")
    assert "no file is sent with this item" in quiet.out


def test_judge_media_says_what_is_wrong_in_one_line(judge: Command, pack: Path, tmp_path: Path) -> None:
    unknown = judge("media", pack, "--sample", "c-9", "--out", tmp_path)
    assert (unknown.code, len(unknown.err.strip().splitlines())) == (2, 1)
    bad = pack.parent / "clips" / "2.mp4"
    bad.write_bytes(bad.read_bytes()[:60])
    corrupt = judge("media", pack, "--sample", "c-2", "--out", tmp_path / "look")
    assert corrupt.code == 1
    assert "(corrupt): this item would fail, the others go on" in corrupt.err
    bad.unlink()
    gone = judge("media", pack, "--sample", "c-2", "--out", tmp_path / "look")
    assert (gone.code, "clips/2.mp4" in gone.err) == (3, True)


def test_a_run_of_text_alone_keeps_the_name_that_it_had_before_there_were_clips(judge: Command, tmp_path: Path) -> None:
    done = judge("run", "tasks/humor.yaml", "--provider", "replay", "--out", tmp_path)
    assert done.folder.name == "humor--replay--727271b3", "as the run in results/example"
    task = Task.model_validate(TASK | {"modalities": ["text"], "media": {}})
    assert task.media.digest_part() == {}
    assert "media" not in task.all_settings()

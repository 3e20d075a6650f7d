"""What EmoBench-M's release asks of data and task files: pieces of text, folders of clips, label sets of fields."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from building import make_answer, make_sample, make_task
from command import ROOT, Command, Done, lines_of
from fake_server import FakeServer, serve

from judge.datafile import locate, media_root
from judge.definitions import Task
from judge.entries import FieldRef
from judge.errors import RubricError, TaskError
from judge.fields import Wrong, resolve
from judge.parse.reply import parse
from judge.prompts import tag
from judge.schema import schema_of
from judge.spec.rubric import read_rubric
from judge.spec.task import read_task

FIXTURE = ROOT / "tests" / "fixtures" / "emobench_m"
MPDER = ROOT / "tasks" / "emobench_m" / "mpder.yaml"
CEIA = read_task(ROOT / "tasks" / "emobench_m" / "ceia.yaml", None)
CLIP = ROOT / "tasks" / "samples" / "joy.mp4"


@pytest.mark.parametrize(
    ("ways", "wanted"),
    [
        ({"without": "<v>", "strip": True}, "Say  HAPPY or Sad"),
        ({"lower": True, "strip": True}, "<v> say <v> happy or sad"),
        ({"lower": True, "first_of": ["sad", "happy"]}, "sad"),
        ({"after": "Say", "without": "<v>", "strip": True, "split": " or "}, ["HAPPY", "Sad"]),
    ],
)
def test_a_field_is_tidied_in_the_order_of_its_keys(ways: dict[str, Any], wanted: Any) -> None:
    ref = FieldRef.model_validate({"from": "text"} | ways)
    assert resolve(ref, {"text": " <v> Say <v> HAPPY or Sad\n"}) == wanted


def test_a_text_that_holds_none_of_the_wanted_ones_is_wrong() -> None:
    ref = FieldRef.model_validate({"from": "text", "first_of": ["sad", "happy"]})
    with pytest.raises(Wrong, match="holds none of sad, happy: 'glad'"):
        resolve(ref, {"text": "glad"})


def test_keys_that_came_later_stand_in_no_digest_of_a_task_without_them() -> None:
    plain = make_task(data={"path": "x.jsonl", "fields": {"a": {"from": "b", "after": "c"}}})
    dumped = plain.model_dump(mode="json", by_alias=True)
    assert dumped["data"]["fields"]["a"] == {"from": "b", "after": "c", "before": None, "split": None}
    assert set(dumped["faithful"]) == {"rule", "invalid"}
    assert not {"labels", "keys"} & set(dumped["asks"][0]["read"])


def release(folder: Path, where: str) -> Path:
    """The fixture's MELD with its six clips below a folder."""
    shutil.copytree(FIXTURE / "benchmark_json", folder / "benchmark_json")
    clips = folder / where / "videos" / "MELD"
    clips.mkdir(parents=True)
    for number in range(1, 7):
        shutil.copy(CLIP, clips / f"{number:04}.mp4")
    return folder


def asked(judge: Command, server: FakeServer, out: Path, *options: str | Path) -> Done:
    by = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--limit", "1", "--fresh"]
    return judge("run", MPDER, *by, "--modalities", "text,video", "--out", out, *options)


@pytest.mark.parametrize("where", ["dataset/MELD", "dataset", "."])
def test_clips_are_found_where_a_release_has_them(judge: Command, tmp_path: Path, where: str) -> None:
    data = release(tmp_path / "data", where)
    with serve(tmp_path, {"default": {"text": "{'emotion': 'joy'}"}}) as server:
        done = asked(judge, server, tmp_path / "r", "--data", data)
    assert done.code == 0, done.err
    sent = lines_of(done.folder / "answers.jsonl")[0]["media"]
    assert sent[0]["source"] == hashlib.sha256(CLIP.read_bytes()).hexdigest()


def test_the_file_itself_may_be_named_or_the_clips_folder(judge: Command, tmp_path: Path) -> None:
    data = release(tmp_path / "data", "dataset/MELD")
    with serve(tmp_path, {}) as server:
        assert asked(judge, server, tmp_path / "r", "--data", data / "benchmark_json" / "MELD.json").code == 0
        elsewhere = tmp_path / "elsewhere"
        shutil.move(data / "dataset", elsewhere)
        lost = asked(judge, server, tmp_path / "r", "--data", data)
        assert lost.code == 3
        assert "videos/MELD/0001.mp4" in lost.err
        found = asked(judge, server, tmp_path / "r", "--data", data, "--media", elsewhere / "MELD")
        assert found.code == 0


def test_a_folder_of_clips_that_leads_out_of_the_data_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "data" / "dataset").mkdir(parents=True)
    (tmp_path / "data" / "dataset" / "MELD").symlink_to(tmp_path / "outside")
    task = read_task(MPDER, None)
    assert media_root(task, tmp_path / "data") == tmp_path / "data" / "dataset"
    stranger = task.model_copy(update={"media": task.media.model_copy(update={"below": ("../outside",)})})
    assert media_root(stranger, tmp_path / "data") == tmp_path / "data"


def test_an_older_name_of_the_file_is_found(tmp_path: Path) -> None:
    shutil.copy(FIXTURE / "benchmark_json" / "MELD.json", tmp_path / "MELD_test_instruction.json")
    assert locate(read_task(MPDER, None), MPDER, tmp_path).path == tmp_path / "MELD_test_instruction.json"


def test_a_gold_without_a_label_is_an_error_with_its_record(judge: Command, tmp_path: Path) -> None:
    records = json.loads((FIXTURE / "benchmark_json" / "MC-EIU.json").read_text())
    records[2]["conversations"][1]["value"] = "{'emotion label': 'glum', 'intent label': 'wishing'}"
    (tmp_path / "MC-EIU.json").write_text(json.dumps(records))
    done = judge("tasks", "check", "tasks/emobench_m/ceia.yaml", "--data", tmp_path)
    assert done.code == 2
    assert "MC-EIU.json:3: conversations.1.value: holds none of happy, surprise" in done.err


def test_each_field_has_its_own_labels_for_schemas_and_baselines() -> None:
    schema = json.loads(schema_of(CEIA, CEIA.asks[0]) or "")
    assert [len(schema["properties"][name]["enum"]) for name in ("emotion", "intent")] == [7, 8]
    sample = make_sample("a", gold="x")
    assert [len(labels) for _, labels in tag(CEIA, CEIA.asks[0], sample=sample, variant="qa").allowed] == [7, 8]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{'emotion label': 'happy', 'intent label': 'agreeing'}", {"emotion": ("happy",), "intent": ("agreeing",)}),
        ('{"emotion": "happy", "intent_label": "agree"}', {"emotion": ("happy",), "intent": ("agreeing",)}),
        ("{'emotion': 'sad'}{'emotion': 'fear', 'intent': 'wishing'}", {"emotion": ("fear",), "intent": ("wishing",)}),
        ("{'emotion': 'sad', 'intent': 'wishing'} or {'emotion': 'hap", {}),
        ("{'emotion': 'questioning', 'intent': 'wishing'}", {"intent": ("wishing",)}),
        ("**Emotion label**: Happy\n**Intent label**: agreeing", {"emotion": ("happy",), "intent": ("agreeing",)}),
        ("emotion: sad, intent = wishing.", {"emotion": ("sad",), "intent": ("wishing",)}),
        ("emotion: sad\nemotion: fear\nintent: wishing", {}),
        ("The intent is neutral.", {}),
    ],
)  # fmt: skip
def test_two_labels_are_read_from_the_last_whole_mapping(text: str, wanted: dict[str, tuple[str, ...]]) -> None:
    sample = make_sample("a", gold="x")
    assert parse(CEIA, sample, answer=make_answer(text, asks=("answer",)), mode="strict").values == wanted


def edited(change: Any, *path: str | int) -> dict[str, Any]:
    body: dict[str, Any] = yaml.safe_load((ROOT / "tasks" / "emobench_m" / "ceia.yaml").read_text())
    place: Any = body
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = change
    return body


FIELDS = ("asks", 0, "read", "fields")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (edited(["../clips"], "media", "below"), "'../clips' must lie below the data"),
        (edited({"sad": ["low"], "Sad": []}, *FIELDS, "emotion", "labels"), "'sad' and 'Sad' differ in capitals"),
        (edited(["emotion_accuracy"], "metrics") | {"metrics": ["uar", "mood"]}, 'unknown metric "mood"'),
        (edited({"mood": {"as": "label", "labels": {"a": []}, "target": "emotion"}}, *FIELDS), "needs a field called"),
        (edited({"emotion": {"as": "text", "labels": {"a": []}}}, *FIELDS), "only as: label and as: labels have"),
    ],
)
def test_what_a_task_says_wrongly_is_named(tmp_path: Path, body: dict[str, Any], says: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(yaml.safe_dump(body, sort_keys=False))
    with pytest.raises(TaskError) as caught:
        read_task(path, None)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("ratings", "says"),
    [
        ({"logic": {"criterion": "lgic"}}, 'no rating of the answer is called "lgic"; did you mean "logic"?'),
        ({"total": {"sum": ["logic", "multimodal"]}}, '"logic" does not stand before it'),
        ({"logic": {"times": 10}}, "give either criterion"),
        ({"charm": {"criterion": "logik"}}, 'no rating of the answer is called "logik"; did you mean "logic"?'),
        ({"logic": {"criterion": "logic", "times": 0}}, "times"),
    ],
)
def test_what_a_rubrics_ratings_say_wrongly_is_named(tmp_path: Path, ratings: dict[str, Any], says: str) -> None:
    body = yaml.safe_load((ROOT / "rubrics" / "laughter_emobench_m.yaml").read_text())
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(body | {"scores": {"ratings": ratings}}, sort_keys=False))
    with pytest.raises(RubricError) as caught:
        read_rubric(path)
    assert says in str(caught.value)


def test_a_setting_chooses_the_authors_way_and_nothing_else() -> None:
    task: Task = read_task(MPDER, None)
    assert task.under({"scorer": "labels"}).faithful.rule == "emobench-m-labels"
    assert task.under({"scorer": "runner"}).faithful.rule == "emobench-m"
    digests = [item.ask_digest("qa", {}) for item in (task, task.under({"scorer": "labels"}))]
    assert digests[0] == digests[1]

"""`judge run`: what it asks, what it keeps, how it ends."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, environment, finish, lines_of, start, write_lines
from fake_server import serve

HUMOR = "tasks/humor.yaml"


def test_a_keyless_run_answers_every_item_and_ends_with_its_folder(judge: Command, tmp_path: Path) -> None:
    done = judge("run", HUMOR, "--provider", "majority", "--out", tmp_path)
    assert done.code == 0
    assert done.folder.parent == tmp_path
    assert len(lines_of(done.folder / "answers.jsonl")) == 32
    assert "licence CC-BY-4.0" in done.out
    assert done.out.count("licence") == 1


def test_a_larger_limit_continues_the_folder_and_asks_only_what_is_new(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        first = judge("run", HUMOR, *options, "--limit", "3")
        second = judge("run", HUMOR, *options, "--limit", "5")
        smaller = judge("run", HUMOR, *options, "--limit", "2")
        assert first.folder == second.folder == smaller.folder
        assert [first.code, second.code, smaller.code] == [0, 0, 0]
        assert len(server.requests()) == 5
        assert server.asked_twice() == {}
    assert json.loads((first.folder / "run.json").read_text())["selection"]["limit"] == 5


def test_fresh_moves_the_old_run_aside_and_asks_nothing_that_is_cached(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        first = judge("run", HUMOR, *options, "--limit", "4")
        again = judge("run", HUMOR, *options, "--limit", "4", "--fresh")
        assert again.folder == first.folder
        assert "4 from the cache" in again.out
        assert len(server.requests()) == 4
    assert len(list((tmp_path / "r" / ".old").iterdir())) == 1
    assert judge("ls", tmp_path / "r").out.count("humor--m--") == 1


def test_cache_off_asks_again(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        judge("run", HUMOR, *options, "--limit", "2", "--cache", "off")
        judge("run", HUMOR, *options, "--limit", "2", "--cache", "off", "--fresh")
        assert set(server.asked_twice().values()) == {2}


def test_repeats_are_separate_draws(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        done = judge("run", HUMOR, *options, "--limit", "2", "--repeats", "3")
        assert len(server.requests()) == 6
    assert sorted({line["draw"] for line in lines_of(done.folder / "answers.jsonl")}) == [0, 1, 2]


def test_only_the_given_ids_are_asked_and_an_unknown_one_is_named(judge: Command, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("h-003\nh-001\n")
    done = judge("run", HUMOR, "--provider", "majority", "--out", tmp_path, "--ids", ids)
    assert [line["sample_id"] for line in lines_of(done.folder / "answers.jsonl")] == ["h-001", "h-003"]
    ids.write_text("h-999\n")
    wrong = judge("run", HUMOR, "--provider", "majority", "--out", tmp_path / "x", "--ids", ids)
    assert wrong.code == 3
    assert "h-999" in wrong.err


def test_failed_answers_are_errors_in_the_exit_code_and_asked_again_by_the_same_line(
    judge: Command, tmp_path: Path
) -> None:
    script = {"faults": [{"kind": "bad_request", "contains": "Theo", "attempts": [1]}]}
    with serve(tmp_path, script) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        first = judge("run", HUMOR, *options, "--limit", "4")
        assert first.code == 1
        assert "failed" in first.out
        before = len(server.requests())
        again = judge("run", HUMOR, *options, "--limit", "4", "--only", "failed")
        assert again.code == 0
        assert len(server.requests()) == before + 1
    statuses = [line["status"] for line in lines_of(first.folder / "answers.jsonl")]
    assert statuses.count("error") == 1


def test_only_unparsed_asks_again_and_does_not_serve_the_stored_reply(judge: Command, tmp_path: Path) -> None:
    script = {"rules": [{"contains": "Theo", "text": ["no idea at all, really", "Answer: humorous"]}]}
    with serve(tmp_path, script) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        judge("run", HUMOR, *options, "--limit", "4")
        asked = [entry for entry in server.requests() if "Theo" in entry["prompt"]]
        again = judge("run", HUMOR, *options, "--limit", "4", "--only", "unparsed")
        assert len(server.requests()) == 4 + len(asked)
    assert again.code == 0


def test_a_wrong_key_costs_one_call_and_nothing_could_be_done(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, {"faults": [{"kind": "unauthorized"}]}) as server:
        done = judge(
            "run", HUMOR, "--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path
        )
        assert done.code == 3
        assert "HTTP 401" in done.out + done.err
        assert len(server.requests()) == 1


def test_shards_merge_to_the_whole_run(judge: Command, tmp_path: Path) -> None:
    options = ["--provider", "majority", "--out", tmp_path]
    whole = judge("run", HUMOR, *options, "--name", "whole")
    parts = [judge("run", HUMOR, *options, "--shard", f"{part}/3").folder for part in (1, 2, 3)]
    merged = judge("merge", *parts)
    assert merged.code == 0

    def answers(folder: Path) -> list[Any]:
        return sorted((line["sample_id"], line["replies"][0]["text"]) for line in lines_of(folder / "answers.jsonl"))

    assert answers(merged.folder) == answers(whole.folder)
    missing = judge("merge", *parts[:2], "--out", tmp_path / "other")
    assert missing.code == 1
    assert "3/3" in missing.err


def test_sampling_and_system_reach_the_model_and_none_sends_nothing(judge: Command, tmp_path: Path) -> None:
    system = tmp_path / "system.txt"
    system.write_text("You are terse.")
    with serve(tmp_path) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--limit", "1"]
        judge("run", HUMOR, *options, "--out", tmp_path / "a", "--temperature", "0.7", "--top-p", "0.9",
              "--max-tokens", "50", "--seed", "3", "--reasoning-effort", "low", "--system", system)  # fmt: skip
        judge("run", HUMOR, *options, "--out", tmp_path / "b", "--temperature", "none")
        first, second = (entry["body"] for entry in server.requests())
    assert (first["temperature"], first["top_p"], first["max_tokens"]) == (0.7, 0.9, 50)
    assert (first["seed"], first["reasoning_effort"]) == (3, "low")
    assert first["messages"][0] == {"role": "system", "content": "You are terse."}
    assert "temperature" not in second


def test_what_a_server_rejects_of_the_sampling_is_said_with_what_mends_it(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, {"faults": [{"kind": "unsupported_param"}]}) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path]
        done = judge("run", HUMOR, *options, "--limit", "2")
        assert done.code == 3
        assert "--temperature none" in done.err
        mended = judge("run", HUMOR, *options, "--limit", "2", "--temperature", "none")
        assert mended.code == 0


def test_a_change_of_the_returned_model_within_a_run_is_a_warning(judge: Command, tmp_path: Path) -> None:
    script = {"model": "m-2026-01", "rules": [{"contains": "Theo", "text": "Answer: serious", "model": "m-2026-02"}]}
    with serve(tmp_path, script) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path]
        done = judge("run", HUMOR, *options, "--limit", "4")
    assert done.code == 0
    assert "m-2026-01, m-2026-02" in done.err or "m-2026-02, m-2026-01" in done.err
    assert {line["replies"][0]["model"] for line in lines_of(done.folder / "answers.jsonl")} == {
        "m-2026-01",
        "m-2026-02",
    }


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", HUMOR, "--provider", "gemini"], 3, "GEMINI_API_KEY is not set"),
        (["run", HUMOR, "--provider", "gemni"], 2, 'did you mean "gemini"?'),
        (["run", "tasks/humr.yaml", "--provider", "majority"], 2, 'did you mean "humor"?'),
        (["run", HUMOR, "--provider", "endpoint"], 2, "needs --base-url"),
        (["run", HUMOR, "--provider", "majority", "--set", "lng=en"], 2, "no such setting"),
        (["run", HUMOR, "--provider", "majority", "--modalities", "video"], 2, "humor has text, not"),
        (["run", HUMOR, "--provider", "majority", "--limit", "0"], 2, "above 0"),
        (["run", HUMOR, "--provider", "majority", "--shard", "4/3"], 2, "I/N"),
        (["run", HUMOR, "--provider", "majority", "--data", "nowhere.jsonl"], 3, "nowhere.jsonl is not there"),
        (["rnu"], 2, 'did you mean "run"?'),
        (["score", "nowhere"], 2, "no such folder"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_a_wrong_command_line_is_one_clear_line(
    judge: Command, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    out = ["--out", str(tmp_path / "r")] if arguments[0] == "run" else []
    done = judge(*arguments, *out)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not (tmp_path / "r").exists(), "nothing may be left behind by a line that could not be carried out"


def test_local_only_refuses_a_provider_that_sends_data_out(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "canary-key-1234567890")
    done = judge("run", HUMOR, "--provider", "gemini", "--local-only", "--out", tmp_path)
    assert done.code == 3
    assert "sends data to Google. Nothing was sent." in done.err
    with serve(tmp_path) as server:
        local = judge("run", HUMOR, "--provider", "endpoint", "--base-url", server.base_url, "--model", "m",
                      "--local-only", "--limit", "1", "--out", tmp_path)  # fmt: skip
    assert local.code == 0


def test_a_provider_that_reads_the_question_is_refused_clips_it_cannot_take(judge: Command, tmp_path: Path) -> None:
    query = (
        "You are presented with a video in which the speaker says: {} Based on the text, video, and audio content, x"
    )
    records = [
        {"query": query.format(f"line {n}"), "response": "speaking_style: serious", "videos": [f"videos/U_{n}.mp4"]}
        for n in range(3)
    ]
    data = write_lines(tmp_path / "data.jsonl", records)
    with serve(tmp_path) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--data", data]
        refused = judge("run", "tasks/mmla/ur_funny.yaml", *options, "--out", tmp_path / "a")
        assert refused.code == 3
        assert "--modalities text" in refused.err
        assert server.requests() == []
        words = judge("run", "tasks/mmla/ur_funny.yaml", *options, "--modalities", "text", "--out", tmp_path / "a")
        assert words.code == 0
        assert len(server.requests()) == 3


def test_a_budget_stops_before_it_is_overspent_and_needs_a_price(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key-1234567890")
    unknown = judge("run", HUMOR, "--provider", "openai", "--model", "no-such", "--max-cost", "1", "--out", tmp_path)
    assert unknown.code == 3
    assert "no price is known" in unknown.err
    tiny = judge("run", HUMOR, "--provider", "openai", "--max-cost", "0.000001", "--out", tmp_path, "--base-url",
                 "http://127.0.0.1:9/v1")  # fmt: skip
    assert tiny.code == 1, "a budget stop is no failure of the provider"
    assert "--max-cost" in tiny.out + tiny.err


def test_an_unwritable_folder_or_a_file_in_its_place_is_said_before_any_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with serve(tmp_path) as server:
        options = ["run", HUMOR, "--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        done = finish(start(*options, "--out", tmp_path / "file" / "below"))
        assert done.code == 3
        assert "cannot be made or written" in done.err
        cache = finish(start(*options, "--out", tmp_path / "r", "--cache", tmp_path / "file"))
        assert cache.code == 3
        assert "give another --cache" in cache.err
        assert server.requests() == []


def test_a_full_disk_ends_with_4_keeps_whole_lines_and_a_rerun_goes_on(tmp_path: Path) -> None:
    command = (
        f'ulimit -f 16; exec "{sys.executable}" -m judge run {HUMOR} --provider replay --out "{tmp_path}" --name d'
    )
    full = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert full.returncode == 4, full.stderr
    assert "answers.jsonl: could not be written" in full.stderr
    assert "Traceback" not in full.stderr
    kept = len(lines_of(tmp_path / "d" / "answers.jsonl"))
    assert kept < 32
    done = finish(start("run", HUMOR, "--provider", "replay", "--out", tmp_path, "--name", "d"))
    assert done.code == 0
    assert len(lines_of(tmp_path / "d" / "answers.jsonl")) == 32


def test_keys_never_reach_a_file_or_a_message(judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "sk-canary-0123456789abcdef"
    monkeypatch.setenv("JUDGE_ENDPOINT_KEY", canary)
    (tmp_path / "server").mkdir()
    with serve(tmp_path / "server") as server:
        done = judge("run", HUMOR, "--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--limit",
                     "3", "--out", tmp_path / "r")  # fmt: skip
        assert server.requests()[0]["authorization_sha256"] is not None
    judge("score", tmp_path / "r")
    judge("report", tmp_path / "r")
    files = [path for folder in ("r", "cache") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if canary.encode() in path.read_bytes()]
    assert canary not in done.out + done.err
    assert stat.S_ISDIR(done.folder.stat().st_mode)

"""EmoBench's released result files as runs: the paper's numbers to the last digit, and what is wrong with a file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from command import Command, Done, estimate, lines_of, summary_of
from emobench_files import ea_file, eu_file

EU, EA = "tasks/emobench/eu.yaml", "tasks/emobench/ea.yaml"
# EmoBench (arXiv 2402.12071), EU: Table 8 of a later survey; EA: re-scored from the same files (protocol notes 3.7).
PUBLISHED = {
    "EU-gpt-4-en": {"overall": "59.75", "CE": "72.45", "PBE": "54.46", "PT": "50.37", "EC": "70.54"},
    "EU-gpt-4-en_cot": {"overall": "58.25", "CE": "68.88", "PBE": "53.12", "PT": "49.25", "EC": "71.43"},
    "EA-gpt-4-en": {"overall": "75.50"},
}


def _import(judge: Command, files: list[Path], task: str, out: Path, *more: str | Path) -> Done:
    return judge("import", *files, "--format", "emobench", "--task", task, "--model", "gpt-4", "--out", out, *more)


def _four(folder: Path, name: str) -> list[Path]:
    return [folder / f"{name}{number}.csv.gz" for number in ("", 1, 2, 3)]


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_the_released_files_give_the_published_numbers(judge: Command, tmp_path: Path, shared: Path, name: str) -> None:
    files = _four(shared / "emobench" / "released_outputs", name)
    mode = "cot" if "_cot" in name else "base"
    task = EU if name.startswith("EU") else EA
    done = _import(judge, files, task, tmp_path, "--set", "lang=en", "--set", f"mode={mode}")
    assert done.code == 0, done.err
    count = "8,000" if name.startswith("EU") else "4,000"
    assert f"0 of {count} stored predictions differ from what the authors' rule reads" in done.out
    judge("score", done.folder)
    for group, printed in PUBLISHED[name].items():
        found = estimate(done.folder, "accuracy", mode="faithful", group=group)
        # the paper rounds halves up in one cell (53.125), Python to even
        assert abs(100 * found["value"] - float(printed)) <= 0.005 + 1e-9, (group, found["value"])
        assert "protocol:2024" in found["signature"]
        assert "orderings:4|vote:majority" in found["signature"]


def test_the_categories_of_the_shipped_table_are_the_datas(judge: Command, tmp_path: Path, shared: Path) -> None:
    files = _four(shared / "emobench" / "released_outputs", "EU-gpt-4-en")
    alone = _import(judge, files, EU, tmp_path / "a")
    joined = _import(judge, files, EU, tmp_path / "b", "--data", shared / "emobench")
    judge("score", tmp_path)
    rows = []
    for done in (alone, joined):
        found = summary_of(done.folder)["estimates"]
        numbers = [[round(e[key], 9) for key in ("value", "low", "high")] for e in found]
        rows.append([[e["group"], e["mode"], e["n"], *own] for e, own in zip(found, numbers, strict=True)])
    assert sorted(rows[0]) == sorted(rows[1]), "groups and clusters are the same, with the data at hand and without"


def _right_cause(_item: int, _n: int) -> str:
    return "(b)"


def test_one_ordering_alone_is_a_run_of_200_items(judge: Command, tmp_path: Path) -> None:
    """Hand-worked: the emotion is right in items 0-99, the cause always."""
    file = eu_file(tmp_path / "x-en.csv", emotion=lambda item, _: "(a)" if item < 100 else "(c)", cause=_right_cause)
    done = _import(judge, [file], EU, tmp_path / "r")
    assert done.code == 0, done.err
    judge("score", done.folder)
    found = estimate(done.folder, "accuracy", mode="faithful")
    assert (found["value"], found["n"], found["missing"]) == (0.5, 200, 0)


def test_emotion_and_cause_are_voted_on_apart(judge: Command, tmp_path: Path) -> None:
    """Three of five have the emotion right, another three the cause: no majority has both, the two votes have."""
    file = eu_file(
        tmp_path / "x-en.csv",
        emotion=lambda _, n: "(a)" if n <= 3 else "(c)",
        cause=lambda _, n: "(b)" if n >= 3 else "(c)",
    )
    done = _import(judge, [file], EU, tmp_path / "r")
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy", mode="faithful")["value"] == 1.0


def test_a_blank_generation_has_no_vote(judge: Command, tmp_path: Path) -> None:
    """As generations 4 and 5 of Llama-2-13b, en CoT, ordering 2: as votes they would tie with two of three."""

    def emotion(_item: int, n: int) -> str:
        return {1: "(c)", 2: "(a)", 3: "(a)"}.get(n, "")

    file = eu_file(tmp_path / "x-en.csv", emotion=emotion, cause=lambda _, n: "(b)" if n <= 3 else "")
    done = _import(judge, [file], EU, tmp_path / "r")
    judge("score", done.folder)
    for mode in ("strict", "faithful"):
        assert estimate(done.folder, "accuracy", mode=mode)["value"] == 1.0
    assert len(lines_of(done.folder / "answers.jsonl")) == 600


def test_unreadable_generations_win_the_strict_vote_and_lose_the_authors(judge: Command, tmp_path: Path) -> None:
    file = eu_file(tmp_path / "x-en.csv", emotion=lambda _, n: "(a)" if n <= 2 else "no idea", cause=lambda _, n: "(b)")
    done = _import(judge, [file], EU, tmp_path / "r")
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy", mode="faithful")["value"] == 1.0
    strict = estimate(done.folder, "accuracy", mode="strict")
    assert (strict["value"], strict["n"], strict["valid"], strict["missing"]) == (0.0, 200, 0, 200)


def test_the_run_keeps_the_items_that_the_files_hold_and_can_be_scored_anywhere(judge: Command, tmp_path: Path) -> None:
    done = _import(judge, [ea_file(tmp_path / "m-zh_cot2.csv.gz", answer=lambda *_: "(c)")], EA, tmp_path / "r")
    assert done.code == 0, done.err
    moved = done.folder.rename(tmp_path / "elsewhere")
    judge("score", moved)
    assert estimate(moved, "accuracy")["value"] == 1.0
    run = json.loads((moved / "run.json").read_text())
    assert (run["data_file"], run["variant"]) == ("data.jsonl", "cot")
    assert run["settings"] == {
        "lang": "zh",
        "mode": "cot",
        "protocol": "2024",
        "source": "files",
        "predictions": "stored",
    }
    assert judge("show", moved, "17~2").code == 0
    assert judge("doctor", "--deep", moved, "--cache", "off").code == 0


def test_a_reply_longer_than_128_kib_is_read(judge: Command, tmp_path: Path) -> None:
    file = ea_file(tmp_path / "x-en.csv", answer=lambda item, _: "a " * 70_000 + "(c)" if item == 0 else "(c)")
    assert _import(judge, [file], EA, tmp_path / "r").code == 0


def test_a_file_with_other_than_200_rows_is_refused_because_rows_are_joined_by_place(
    judge: Command, tmp_path: Path
) -> None:
    done = _import(judge, [ea_file(tmp_path / "x-en.csv", answer=lambda *_: "(c)", rows=199)], EA, tmp_path / "r")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "x-en.csv: has 199 rows, not 200" in done.err
    assert not (tmp_path / "r").exists()


def test_files_of_two_modes_or_the_same_ordering_are_refused(judge: Command, tmp_path: Path) -> None:
    plain = ea_file(tmp_path / "x-en.csv", answer=lambda *_: "(c)")
    cot = ea_file(tmp_path / "x-en_cot1.csv", answer=lambda *_: "(c)")
    again = ea_file(tmp_path / "x-en.csv.gz", answer=lambda *_: "(c)")
    assert "x-en_cot1.csv: is no ordering of x-en.csv" in _import(judge, [plain, cot], EA, tmp_path / "r").err
    assert "is the same ordering as" in _import(judge, [plain, again], EA, tmp_path / "r").err


def test_a_setting_that_the_name_contradicts_is_refused(judge: Command, tmp_path: Path) -> None:
    file = ea_file(tmp_path / "x-en.csv", answer=lambda *_: "(c)")
    for option, said in (("lang=zh", "is lang=en"), ("mode=cot", "is mode=base"), ("protocol=2025", "protocol=2024")):
        done = _import(judge, [file], EA, tmp_path / "r", "--set", option)
        assert done.code == 2
        assert said in done.err


def test_a_name_that_says_nothing_is_described_by_set(judge: Command, tmp_path: Path) -> None:
    file = ea_file(tmp_path / "outputs.csv", answer=lambda *_: "(c)")
    assert "give --set lang= and --set mode=" in _import(judge, [file], EA, tmp_path / "r").err
    assert _import(judge, [file], EA, tmp_path / "r", "--set", "lang=en", "--set", "mode=base").code == 0


def test_files_of_the_other_task_are_named_as_such(judge: Command, tmp_path: Path) -> None:
    file = ea_file(tmp_path / "x-en.csv", answer=lambda *_: "(c)")
    done = _import(judge, [file], EU, tmp_path / "r")
    assert "has no column Emo Choices" in done.err
    assert "--task tasks/emobench/ea.yaml" in done.err
    assert "not for humor" in _import(judge, [file], "tasks/humor.yaml", tmp_path / "r").err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\"['The train came early'", "\"[__import__('os').getpid(), 'a'", "Choices: is no list of 2 to 26 texts"),
        (",2,(c)", ",4,(c)", "Label: '4' is not the place of one of 4 options"),
        (",2,(c)", ",-1,(c)", "Label: '-1' is not the place of one of 4 options"),
        (",2,(c)", ",２,(c)", "is not the place of one of 4 options"),
    ],
)
def test_a_cell_that_is_wrong_is_named_with_its_line(
    judge: Command, tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = ea_file(tmp_path / "x-en.csv", answer=lambda *_: "(c)")
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    done = _import(judge, [file], EA, tmp_path / "r")
    assert done.code == 2
    assert f"x-en.csv:2: {said}" in done.err or (":2: " in done.err and said in done.err)


def test_what_is_no_table_or_too_large_is_refused_in_one_line(judge: Command, tmp_path: Path) -> None:
    bomb = tmp_path / "b-en.csv.gz"
    bomb.write_bytes(gzip.compress(b"a" * (80 << 20)))
    cut = tmp_path / "c-en.csv.gz"
    cut.write_bytes(gzip.compress(b"abc" * 1000)[:-20])
    noise = tmp_path / "n-en.csv"
    noise.write_bytes(b"\xff\xfe\x00" * 100)
    quoted = tmp_path / "q-en.csv"
    quoted.write_text('Choices,Label\n"never ends')
    for file in (bomb, cut, noise, quoted, tmp_path / "none-en.csv"):
        done = _import(judge, [file], EA, tmp_path / "r")
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert file.name in done.err

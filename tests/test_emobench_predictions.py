"""What EmoBench's authors stored beside the replies, and the orders in which rows of their files stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Command, Done, estimate, lines_of, summary_of
from emobench_files import CAUSES, ea_file, eu_file

EU, EA = "tasks/emobench/eu.yaml", "tasks/emobench/ea.yaml"
# What the authors' evaluate.py prints for the sets of which all four files are at hand, run on them in 2026-12.
EVALUATED = {"EU-Baichuan2-13B-Chat-zh": "26.62", "EA-Yi-6B-Chat-en_cot": "44.00"}


def _import(judge: Command, files: list[Path], task: str, out: Path, *more: str | Path) -> Done:
    return judge("import", *files, "--format", "emobench", "--task", task, "--model", "gpt-4", "--out", out, *more)


def _four(folder: Path, name: str) -> list[Path]:
    return [folder / f"{name}{number}.csv.gz" for number in ("", 1, 2, 3)]


@pytest.mark.parametrize("name", list(EVALUATED))
def test_the_stored_predictions_give_what_the_authors_script_prints(
    judge: Command, tmp_path: Path, shared: Path, name: str
) -> None:
    files = _four(shared / "emobench" / "released_outputs", name)
    done = _import(judge, files, EU if name.startswith("EU") else EA, tmp_path)
    assert done.code == 0, done.err
    judge("score", done.folder)
    found = estimate(done.folder, "accuracy", mode="faithful")
    assert f"{100 * found['value']:.2f}" == EVALUATED[name]
    assert "predictions:stored" in found["signature"]
    assert "wording:authors" in found["signature"]


@pytest.mark.parametrize(("name", "more"), [("EA-gpt-4-en", ["--data"]), ("EA-Yi-6B-Chat-en_cot", [])])
def test_categories_of_files_in_another_order_than_the_items_are_null_with_the_reason(
    judge: Command, tmp_path: Path, shared: Path, name: str, more: list[str | Path]
) -> None:
    """Of EA, most released files have an earlier order: what is item 187 today stands in row 33. Yi-6B has both."""
    data = [*more, shared / "emobench"] if more else more
    done = _import(judge, _four(shared / "emobench" / "released_outputs", name), EA, tmp_path, *data)
    assert "rows stand in another order" in done.out
    assert "categories, which need the join with the items, are null" in done.out
    judge("score", done.folder)
    found = [item for item in summary_of(done.folder)["estimates"] if item["group"] != "overall"]
    assert {item["group"] for item in found} == {"Personal-Others", "Social-Others", "Personal-Self", "Social-Self"}
    assert {(item["value"], item["reason"]) for item in found} == {(None, "group_unknown")}


def test_stored_and_read_predictions_are_two_runs_that_signatures_tell_apart(
    judge: Command, tmp_path: Path, shared: Path
) -> None:
    """Llama-2-7b, EU, English: 11.75 by the stored predictions; by reading the replies again 1.25 (protocol notes)."""
    files = _four(shared / "emobench" / "released_outputs", "EU-Llama-2-7b-chat-hf-en")
    found = {}
    for way in ("stored", "read"):
        done = _import(judge, files, EU, tmp_path, "--set", f"predictions={way}")
        assert done.code == 0, done.err
        judge("score", done.folder)
        found[way] = estimate(done.folder, "accuracy", mode="faithful")
        assert f"predictions:{way}" in found[way]["signature"]
    assert len(list(tmp_path.glob("*/run.json"))) == 2
    assert [f"{100 * found[way]['value']:.2f}" for way in ("stored", "read")] == ["11.75", "1.25"]


def test_stored_predictions_that_differ_are_counted_and_faithful_goes_by_them(judge: Command, tmp_path: Path) -> None:
    file = ea_file(tmp_path / "x-en.csv", answer=lambda *_: "(c)", stored="1")
    done = _import(judge, [file], EA, tmp_path / "r")
    assert "1,000 of 1,000 stored predictions differ" in done.out
    assert "(first: 1 Pred 1: 1 is stored, 2 is read)" in done.out
    read = _import(judge, [file], EA, tmp_path / "r", "--set", "predictions=read")
    judge("score", tmp_path / "r")
    for folder, faithful in ((done.folder, 0.0), (read.folder, 1.0)):
        assert estimate(folder, "accuracy", mode="faithful")["value"] == faithful
        assert estimate(folder, "accuracy", mode="strict")["value"] == 1.0, "strict is our own reading of the reply"


def test_a_reply_without_a_stored_prediction_has_no_vote_and_is_read_by_strict(judge: Command, tmp_path: Path) -> None:
    """Of five draws three are stored: two right ones win, whatever the two others say."""
    file = ea_file(tmp_path / "x-en.csv", answer=lambda _, n: "(c)" if n <= 2 else "(a)")
    file.write_text(file.read_text().replace(",(a),0,(a),0\n", ",(a),,(a),\n"))
    done = _import(judge, [file], EA, tmp_path / "r")
    assert "400 replies have no stored prediction" in done.out
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy", mode="faithful")["value"] == 1.0
    assert estimate(done.folder, "accuracy", mode="strict")["value"] == 0.0


def test_a_prediction_as_a_table_program_writes_it_counts_and_another_is_a_fault(
    judge: Command, tmp_path: Path
) -> None:
    floats = ea_file(tmp_path / "x-en.csv", answer=lambda *_: "nothing to read", stored="2.0")
    done = _import(judge, [floats], EA, tmp_path / "r")
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy", mode="faithful")["value"] == 1.0
    for odd in ("c", "26", "-2", "nan", "9" * 5000):
        done = _import(judge, [ea_file(tmp_path / "y-en.csv", answer=lambda *_: "(c)", stored=odd)], EA, tmp_path / "r")
        assert (done.code, "y-en.csv:2: Pred 1: " in done.err, "Traceback" in done.err) == (2, True, False)


def test_a_prediction_is_only_stored_where_a_file_brings_it(judge: Command, tmp_path: Path, shared: Path) -> None:
    lines = tmp_path / "r.jsonl"
    lines.write_text('{"id": "1", "reply": "(c)"}\n')
    common = [
        "--task",
        EA,
        "--model",
        "m",
        "--data",
        shared / "emobench",
        "--set",
        "protocol=2024",
        "--out",
        tmp_path / "r",
    ]
    done = judge("import", lines, *common, "--set", "predictions=stored")
    assert (done.code, done.err) == (
        2, "no reply of these files has a stored prediction: give --set predictions=read\n")  # fmt: skip
    assert judge("import", lines, *common).code == 0
    ran = judge("run", EA, "--provider", "majority", "--data", shared / "emobench", "--set", "predictions=stored")
    assert (ran.code, "only python -m judge import takes it" in ran.err) == (2, True)


def test_an_item_with_seven_causes_is_one_as_in_every_chinese_file(judge: Command, tmp_path: Path) -> None:
    """Item 74 in Chinese; the parser's letters end at f, and a stored prediction may be 6."""
    file = eu_file(tmp_path / "x-zh.csv", emotion=lambda *_: "(a)", cause=lambda *_: "Gone")
    text = (
        file.read_text()
        .replace(repr(CAUSES), repr([*CAUSES, "It hailed", "It snowed", "Gone"]))
        .replace(",1,(a)", ",6,(a)")
    )
    file.write_text(text.replace("Gone,-1", "Gone,6"))
    for way in ("stored", "read"):
        done = _import(judge, [file], EU, tmp_path / way, "--set", f"predictions={way}")
        assert done.code == 0, done.err
        judge("score", done.folder)
        assert estimate(done.folder, "accuracy", mode="faithful")["value"] == 1.0


def _mixed(item: int) -> list[str]:
    return [f"{text} {item}" for text in CAUSES]


def _ea_of(path: Path, order: list[int]) -> Path:
    """An EA file whose rows stand in this order, each with options of its own."""
    file = ea_file(path, answer=lambda *_: "(c)")
    head, *_ = file.read_text().splitlines()
    rest = ["2", *(["(c)", "0"] * 5)]
    rows = [",".join([f'"{_mixed(item)!r}"', *rest]) for item in order]
    file.write_text("\n".join([head, *rows]) + "\n")
    return file


def test_an_ordering_whose_rows_stand_in_another_order_is_scored_by_the_gold_of_its_own_rows(
    judge: Command, tmp_path: Path
) -> None:
    straight = _ea_of(tmp_path / "x-en.csv", list(range(200)))
    turned = _ea_of(tmp_path / "x-en1.csv", list(reversed(range(200))))
    done = _import(judge, [straight, turned], EA, tmp_path / "r")
    assert done.code == 0, done.err
    assert "rows stand in another order: x-en1.csv 200 of x-en.csv at another place" in done.out
    judge("score", done.folder)
    assert (estimate(done.folder, "accuracy")["value"], estimate(done.folder, "accuracy")["n"]) == (1.0, 400)
    ids = {line["sample_id"] for line in lines_of(done.folder / "answers.jsonl")}
    assert {"row-1", "row-1~1", "row-200", "row-200~1"} <= ids, "rows with the same options are orderings of one item"
    groups = [item for item in summary_of(done.folder)["estimates"] if item["group"] != "overall"]
    assert groups
    assert {(item["value"], item["n"]) for item in groups} == {(None, 0)}


def test_a_few_rows_of_another_wording_are_said_and_kept(judge: Command, tmp_path: Path) -> None:
    straight = _ea_of(tmp_path / "x-en.csv", list(range(200)))
    other = _ea_of(tmp_path / "x-en1.csv", [900, 901, *range(2, 200)])
    done = _import(judge, [straight, other], EA, tmp_path / "r")
    assert done.code == 0, done.err
    assert "rows worded otherwise than in x-en.csv: 2 of 200" in done.out


def test_data_in_another_order_is_put_in_the_order_of_its_ids(judge: Command, tmp_path: Path, shared: Path) -> None:
    lines = (shared / "emobench" / "EU.jsonl").read_text().splitlines()
    (tmp_path / "EU.jsonl").write_text("\n".join(reversed(lines)) + "\n")
    files = _four(shared / "emobench" / "released_outputs", "EU-gpt-4-en")
    done = _import(judge, files, EU, tmp_path / "r", "--data", tmp_path / "EU.jsonl")
    assert "rows worded otherwise than in the data: 7, 7, 7, 7 of 200" in done.out
    judge("score", done.folder)
    assert round(100 * estimate(done.folder, "accuracy", mode="faithful", group="CE")["value"], 2) == 72.45

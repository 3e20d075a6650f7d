"""Reading ratings: long and wide files, and every fault in one pass with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trusting import csv_file

from judge.errors import JudgeError, TaskError
from judge.trust.rating_files import read_long, read_wide
from judge.trust.ratings import Ratings, Reader, assemble, number
from judge.trust.scale import Scale, between, observed_range

HEAD = "item,rater,criterion,score"


def long(path: Path, reader: Reader | None = None) -> Ratings:
    reader = reader or Reader()
    return assemble(read_long(path, reader), reader)


def faults(path: Path, reader: Reader | None = None) -> list[str]:
    with pytest.raises(JudgeError) as caught:
        long(path, reader)
    return [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]


def wide(path: Path, reader: Reader | None = None) -> Ratings:
    reader = reader or Reader()
    return assemble(read_wide(path, "anna", reader), reader)


def test_a_long_file_is_a_table_with_gaps(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", HEAD, "x,anna,warmth,4", "x,ben,warmth,2.5", "y,anna,warmth,", "y,ben,tact,NA")
    found = long(path)
    assert (found.items, found.raters, found.criteria) == (("x", "y"), ("anna", "ben"), ("warmth", "tact"))
    assert found.of("ben", "warmth").tolist()[0] == 2.5
    assert int(np.isnan(found.scores).sum()) == 6
    assert found.clusters is None


def test_a_cluster_is_kept_and_an_item_without_one_is_its_own(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", HEAD + ",cluster", "x,anna,c,4,talk1", "y,anna,c,2,talk1", "z,anna,c,2,")
    assert long(path).clusters == ("talk1", "talk1", "item z")


def test_every_fault_of_a_file_is_said_at_once_with_line_and_key(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "r.csv",
        HEAD,
        "x,anna,warmth,good",
        ",anna,warmth,3",
        "x,ben,warmth,3",
        "x,ben,warmth,4",
        "z,ben,warmth",
    )
    assert faults(path) == [
        "2: warmth: 'good' is not a number",
        "3: item: is empty",
        "5: warmth: ben has rated x already in line 4",
        "6: has more or fewer cells than the header",
    ]


def test_a_rating_outside_the_scale_is_a_fault(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", HEAD, "x,anna,warmth,6", "y,anna,warmth,5")
    assert faults(path, Reader(bounds=lambda _: (1, 5))) == ["2: warmth: 6 is outside the scale 1 to 5"]


@pytest.mark.parametrize("text", ["1e999", "inf", "0x10", "1_000", "٣", "1,5", "=1+1", "1" * 400])
def test_what_is_no_plain_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("4", 4.0), (" 2.50 ", 2.5), ("-1", -1.0), ("1e1", 10.0), ("Yes", 1.0), ("false", 0.0)]
)
def test_numbers_and_yes_and_no_are_read(text: str, value: float) -> None:
    assert number(text) == value


def test_an_item_in_two_clusters_is_a_fault(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", HEAD + ",cluster", "x,anna,c,4,t1", "x,ben,c,2,t2")
    assert faults(path) == [f"3: cluster: x is in 't2' here, in 't1' in {path}:2"]


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", "item|rater|criterion|score", "x|anna|c|4")
    (only,) = faults(path)
    assert only.startswith("1: item, rater, criterion, score: no such column (found: item|rater|criterion|score)")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_ratings_of_spreadsheets_with_semicolons_or_tabs_are_read(tmp_path: Path, delimiter: str) -> None:
    lines = ["item,rater,criterion,score", "x,anna,wärme,4", "x,ben,wa\u0308rme,2"]
    path = csv_file(tmp_path / "r.csv", *(line.replace(",", delimiter) for line in lines))
    assert [long(path).of(rater, "wärme").tolist() for rater in ("anna", "ben")] == [[4], [2]]
    wide_file = csv_file(tmp_path / "w.csv", *(line.replace(",", delimiter) for line in ("id,warmth", "x,4")))
    assert wide(wide_file).of("anna", "warmth").tolist() == [4]


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", HEAD + ",score", "x,anna,c,4,5")
    assert faults(path) == ["1: score: stands twice in the header: the second column would silently replace the first"]


def test_a_file_without_ratings_is_a_fault(tmp_path: Path) -> None:
    assert faults(csv_file(tmp_path / "r.csv", HEAD)) == [" holds no ratings"]


def test_a_file_that_is_no_regular_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="is no regular file"):
        long(tmp_path)


def test_many_faults_are_counted_after_the_first_fifty(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", HEAD, *(f"x{row},anna,c,bad" for row in range(80)))
    assert faults(path)[-1] == "... and 30 more"


def test_a_wide_file_has_an_index_an_id_texts_and_criteria(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "w.csv",
        ",conversation_id,full_text,warmth,tact",
        '0,20240101123456789012,"Hello,',
        'there",4,1.0',
        "1,20240101123456789013,Bye,3,",
    )
    reader = Reader()
    found = wide(path, reader)
    assert found.items == ("20240101123456789012", "20240101123456789013")
    assert found.criteria == ("warmth", "tact")
    assert found.of("anna", "warmth").tolist() == [4.0, 3.0]
    assert np.isnan(found.of("anna", "tact")[1])
    assert reader.notes == [f"{path}: not ratings, passed over: full_text"]


@pytest.mark.parametrize("column", ["item", "conversation_id", "conv_id", "id"])
def test_the_usual_id_columns_are_known(tmp_path: Path, column: str) -> None:
    assert wide(csv_file(tmp_path / "w.csv", f"{column},warmth", "a,1")).items == ("a",)


def test_another_id_column_is_named_by_its_option(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "w.csv", "sp_id,warmth", "a,1", "b,2")
    with pytest.raises(JudgeError, match=r"no id column .* name it by --id \(found: sp_id, warmth\)"):
        wide(path)
    assert wide(path, Reader(id_column="sp_id")).items == ("a", "b")
    with pytest.raises(JudgeError, match='1: sp_di: no such column; did you mean "sp_id"'):
        wide(path, Reader(id_column="sp_di"))


def test_one_bad_cell_in_a_column_of_numbers_is_a_fault_and_no_reason_to_pass_it_over(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "w.csv", "id,warmth", "a,1", "b,two", "c,3")
    with pytest.raises(JudgeError, match="3: warmth: 'two' is not a number"):
        wide(path)


def test_one_item_twice_in_a_wide_file_is_a_fault(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "w.csv", "id,warmth", "a,1", "a,2")
    with pytest.raises(JudgeError, match="3: warmth: anna has rated a already in line 2"):
        wide(path)


def test_labels_are_one_set_over_all_files_and_1_is_1_point_0(tmp_path: Path) -> None:
    reader = Reader(words={})
    first = csv_file(tmp_path / "a.csv", HEAD, "x,anna,c,joy", "y,anna,c,1")
    second = csv_file(tmp_path / "b.csv", HEAD, "x,ben,c,joy", "y,ben,c,1.0")
    found = assemble([*read_long(first, reader), *read_long(second, reader)], reader)
    assert found.words == ("joy", "1")
    assert found.of("anna", "c").tolist() == found.of("ben", "c").tolist() == [0.0, 1.0]


def test_a_full_scale_is_all_whole_numbers_between_the_smallest_and_the_largest() -> None:
    assert observed_range([1.0, 4.0]) == (1.0, 2.0, 3.0, 4.0)
    assert observed_range([1.25, 3.5]) == (1.0, 2.0, 3.0, 4.0)
    assert observed_range([]) == between(0, 5000) == ()


def test_the_observed_scale_has_only_what_two_raters_used() -> None:
    x, y = np.array([1.0, 2, 5]), np.array([1.0, 5, 5])
    full = Scale(levels=between(1, 5), origin="range")
    seen = Scale(levels=between(1, 5), origin="range", choice="observed")
    assert [place.tolist() for place in full.places(x, y)] == [[0, 1, 4], [0, 4, 4]]
    assert [place.tolist() for place in seen.places(x, y)] == [[0, 1, 2], [0, 2, 2]]
    assert (full.count(x, y), seen.count(x, y)) == (5, 3)
    assert (full.text, Scale(levels=(0, 0.5, 1), origin="rubric").text) == ("1-5", "0, 0.5, 1")


def test_none_is_a_label_where_labels_are_read_and_an_empty_cell_is_not(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", HEAD, "i,a,mood,none", "j,a,mood,", "k,a,mood,joy", "l,a,mood,NA")
    reader = Reader(words={})
    table = assemble(read_long(file, reader), reader)
    assert table.words == ("none", "joy")
    assert np.isnan(table.of("a", "mood")).tolist() == [False, True, False, True]


def test_with_a_range_of_labels_another_one_is_a_fault(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", HEAD, "i,a,c,1", "j,a,c,9")
    said = faults(file, Reader(words={"1": 0.0, "2": 1.0}, closed=True))
    assert said == ["3: c: '9' is none of the labels 1, 2"]


@pytest.mark.parametrize("cell", ["1e85", "-1e20", "1e-30"])
def test_a_number_that_is_no_size_of_a_rating_is_a_fault(tmp_path: Path, cell: str) -> None:
    file = csv_file(tmp_path / "a.csv", HEAD, f"i,a,c,{cell}")
    assert faults(file) == [f"2: c: {cell} is no size that a rating has"]


def test_a_header_that_goes_on_over_two_lines_is_refused_by_name(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", 'item,"a', 'b"', "i,1")
    with pytest.raises(TaskError, match="the header has a quote that does not end on its line"):
        wide(file)

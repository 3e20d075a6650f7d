"""Delimited text: one reader for data, replies and ratings; delimiters by the header, doubled columns, long cells."""

from __future__ import annotations

import csv
import io
import threading
from pathlib import Path

import pytest
from building import make_task

from judge.columns import columns_of, columns_of_partner
from judge.errors import Fault, TaskError
from judge.replies import read_replies
from judge.rows import LONGEST, read_rows
from judge.tables import Table

WANTED = ("id", "context", "label")


def table(text: str | bytes, columns: tuple[str, ...] = WANTED) -> Table:
    raw = text.encode() if isinstance(text, str) else text
    return Table("a.csv", enumerate(io.BytesIO(raw), start=1), columns=columns, longest=LONGEST)


def records(text: str | bytes, columns: tuple[str, ...] = WANTED) -> list[dict[str, str] | Fault]:
    return [row.record for row in table(text, columns).rows()]


def fault(text: str | bytes, columns: tuple[str, ...] = WANTED) -> str:
    with pytest.raises(TaskError) as caught:
        records(text, columns)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_delimiter_is_the_one_by_which_the_columns_are_found(delimiter: str, start: str, end: str) -> None:
    lines = [["id", "context", "label"], ["a", '"x, y; z\tw"', "joy"]]
    text = start + "".join(delimiter.join(cells) + end for cells in lines)
    assert records(text) == [{"id": "a", "context": "x, y; z\tw", "label": "joy"}]


HEADERS = {
    "a comma within a name": ("id;what, and why;label\na;x;joy\n", ";"),
    "semicolons within a quoted name": ('"a;b",id,"c;d;e",label\n1,a,2,joy\n', ","),
    "more semicolons than commas in a name": ("id,one;two;three;four\na,x\n", ","),
    "one column": ("id\na;b,c\n", ","),
    "a tab within a name": ("id,con\ttext,label\na,x,joy\n", ","),
    "Excel's line": ("sep=;\nid;context;label\na;x;joy\n", ";"),
    "a decomposed name": ("id;cafe\u0301\na;x\n", ";"),
    "nothing that is looked for, one way": ("ID;TEXT\na;x\n", ";"),
    "nothing that is looked for, several ways": ("ID;TEXT,MORE\na;x,y\n", ","),
}


@pytest.mark.parametrize("case", HEADERS)
def test_cells_and_other_names_have_no_say_in_the_delimiter(case: str) -> None:
    text, delimiter = HEADERS[case]
    assert table(text, (*WANTED, "café")).delimiter == delimiter


@pytest.mark.parametrize(
    ("header", "ways"),
    [
        ("id,context;label", "commas (id) and semicolons (label)"),
        ("id,x;context;label", "commas (id) and semicolons (context, label)"),
        ("id,label;id", "commas (id) and semicolons (id)"),
    ],
)
def test_a_header_that_two_delimiters_fit_is_a_fault_that_names_it(header: str, ways: str) -> None:
    said = fault(f"{header}\na,x;joy\n")
    assert said == f"a.csv:1: what stands between its columns is not clear: {ways}, by the header {header!r}"


@pytest.mark.parametrize(
    ("header", "name"),
    [("id,label,label", "label"), ("id;label;context;label", "label"), ('id,"label",label ', "label"),
     ("id,caf\u00e9,cafe\u0301", "cafe\u0301"), ("id\tid\tlabel", "id")],
)  # fmt: skip
def test_a_column_that_stands_twice_is_a_fault_with_its_name(header: str, name: str) -> None:
    said = fault(f"{header}\na,b,c,d\n")
    assert said == f"a.csv:1: {name}: stands twice in the header: the second column would silently replace the first"


def test_columns_without_a_name_are_left_alone_while_they_are_empty() -> None:
    assert records(",id,label\n0,a,joy\n") == [{"": "0", "id": "a", "label": "joy"}], "an index, as pandas writes it"
    found = records("id,label,,\na,joy,,\nb,joy,,x\n")
    assert found[0] == {"id": "a", "label": "joy", "": ""}
    assert str(found[1]) == "a.csv:3: has a cell in a column without a name"


def test_a_long_cell_is_read_and_csvs_own_limit_stays_as_it_was() -> None:
    usual = csv.field_size_limit()
    long = "long " * 60_000
    assert records(f"id,context,label\na,{long},joy\n")[0] == {"id": "a", "context": long, "label": "joy"}
    assert csv.field_size_limit() == usual
    assert "longer than the 4 MiB" in fault("id,context\na," + "x" * LONGEST + "\n")
    assert csv.field_size_limit() == usual


def test_files_that_are_read_at_once_do_not_change_each_others_limit() -> None:
    usual = csv.field_size_limit()
    text = "id,context\n" + "".join(f"{number},{'x' * 200_000}\n" for number in range(20))
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(records(text)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [20] * 4
    assert csv.field_size_limit() == usual


def test_a_row_has_the_lines_at_which_it_begins_and_ends() -> None:
    found = list(table('id,label\na,"x\ny"\n\nb,z\nc\n').rows())
    assert [(row.begin, row.end) for row in found] == [(2, 3), (5, 5), (6, 6)]
    assert str(found[-1].record) == "a.csv:6: has more or fewer cells than the header"


def test_a_header_may_go_on_over_lines() -> None:
    assert records('id;"label\n(one of six)"\na;joy\n') == [{"id": "a", "label\n(one of six)": "joy"}]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"id,label\na,\xff\n", "a.csv:2: is not CSV: not UTF-8 text"),
        (b"\xff\xfei\x00d\x00", "a.csv:1: is not CSV: not UTF-8 text"),
        (b'id,label\na,"joy\n', "a.csv:2: is not CSV: unexpected end of data"),
        (b",".join(b"c%d" % number for number in range(5000)), "a.csv:1: has more than 4,096 columns"),
    ],
)
def test_what_is_no_table_is_one_line(raw: bytes, said: str) -> None:
    assert fault(raw) == said


def test_a_file_with_none_of_the_columns_says_its_header_and_what_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("ID|TEXT\na|b\n")
    with pytest.raises(TaskError, match=r"items.csv:1: none of its columns is looked for: its header is 'ID\|TEXT', "):
        list(read_rows("csv", path, columns=WANTED))


def test_replies_in_a_csv_file_are_lines_as_in_json(tmp_path: Path) -> None:
    path = tmp_path / "replies.csv"
    path.write_text('\ufeffid;reply;draw;finish\na;"joy;\nsays she";0;\nb;;1;length\n')
    lines = [line for _, line in read_replies([path])]
    assert [(line.id, line.reply, line.draw, line.finish) for line in lines] == [
        ("a", "joy;\nsays she", 0, "stop"),
        ("b", "", 1, "length"),
    ]
    path.write_text("id,reply,draw\na,x,first\n")
    with pytest.raises(TaskError, match="2: draw"):
        read_replies([path])


def test_the_columns_of_a_task_are_all_fields_that_it_takes_from_a_record() -> None:
    task = make_task(
        data={"path": "i.csv", "id": "key", "cluster": "who", "where": {"kept": "yes"},
              "fields": {"mood": {"from": "raw.mood"}}, "join": {"path": "j.csv", "by": "by", "fields": ["more"]}},
        asks=[{"name": "label", "qa": "{mood} {text} {more} {lang} {{x}}", "read": {"as": "label"}},
              {"name": "b", "qa": "{label.answer}", "read": {"as": "letter", "choices": "options"}}],
        settings={"lang": {"choices": ["en"], "default": "en"}},
        target={"label": "label", "reference": "why", "clues": "cues"},
        groups={"by": "topic"},
    )  # fmt: skip
    known = {"key", "who", "kept", "raw.mood", "raw", "by", "text", "more", "label", "options", "why", "cues", "topic"}
    assert columns_of(task) == known | {"x"}
    assert task.data.join is not None
    assert columns_of_partner(task.data.join) == {"by", "more"}

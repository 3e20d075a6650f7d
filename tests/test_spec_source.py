from __future__ import annotations

from pathlib import Path

import pytest

from judge.errors import JudgeError
from judge.spec.source import DEEPEST, LARGEST, Document, load


def read(folder: Path, content: str | bytes) -> Document:
    path = folder / "file.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load(path, "shown.yaml")


def messages(document: Document, line: int | None) -> str:
    """What is said about one line."""
    return "\n".join(fault.message for fault in document.faults if fault.line == line)


def test_a_plain_file_becomes_plain_values_with_the_line_of_every_key(tmp_path: Path) -> None:
    text = "name: demo\n\n# a remark\ndata:\n  path: a.jsonl\nlist:\n  - one\n  - {two: 2, half: 0.5, off: 'no'}\n"
    document = read(tmp_path, text.replace("off:", "'off':"))
    assert document.faults == []
    assert document.value == {
        "name": "demo",
        "data": {"path": "a.jsonl"},
        "list": ["one", {"two": 2, "half": 0.5, "off": "no"}],
    }
    lines = {path: document.line(path) for path in (("name",), ("data",), ("data", "path"), ("list", 1, "half"))}
    assert lines == {("name",): 1, ("data",): 4, ("data", "path"): 5, ("list", 1, "half"): 8}


def test_a_key_that_is_not_there_has_the_line_of_the_nearest_key_above(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb:\n  c: 2\n")
    assert document.line(("b", "missing", 3)) == 2


def test_a_fault_prints_as_file_line_key_message(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb:\n  c: 2\n  c: 3\n")
    assert [str(fault).split(" stands")[0] for fault in document.faults] == ["shown.yaml:4: b.c:"]


@pytest.mark.parametrize(
    "tagged",
    [
        pytest.param("!!python/object/apply:os.system ['touch {mark}']", id="python-apply"),
        pytest.param("!!python/object/new:os.system ['touch {mark}']", id="python-new"),
        pytest.param("!!python/name:os.system ''", id="python-name"),
        pytest.param("!!python/object/apply:time.timestamp ['touch {mark}']", id="python-ending-like-a-date"),
        pytest.param("!!python/object/apply:x:timestamp ['touch {mark}']", id="python-with-the-ending-of-a-date"),
        pytest.param("!x:value word", id="own-tag-with-the-ending-of-a-plain-one"),
        pytest.param("!function os.system", id="function"),
        pytest.param("!!binary aGk=", id="binary"),
        pytest.param("!!set {{a, b}}", id="set"),
    ],
)
def test_a_tag_that_builds_objects_is_refused_on_its_line_and_nothing_runs(tmp_path: Path, tagged: str) -> None:
    mark = tmp_path / "ran"
    document = read(tmp_path, f"name: demo\nabout:\n  inner: {tagged.format(mark=mark)}\nafter: 1\n")
    assert "tag" in messages(document, 3)
    assert not mark.exists()
    assert isinstance(document.value, dict)
    assert document.value["after"] == 1


@pytest.mark.parametrize("tag", ["!!python/name:os.system", "!!python/name:str", "!function"])
def test_a_tag_on_a_key_is_refused(tmp_path: Path, tag: str) -> None:
    document = read(tmp_path, f"name: demo\n{tag} about: 1\n")
    assert "tag" in messages(document, 2)


def test_a_tag_that_names_a_plain_type_is_allowed(tmp_path: Path) -> None:
    document = read(tmp_path, "a: !!str yes\nb: !!int 3\n")
    assert (document.value, document.faults) == ({"a": "yes", "b": 3}, [])


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", "a", 3, id="top"),
        pytest.param("a:\n  - b: 1\n    c: 2\n    b: 3\n", "a.0.b", 4, id="nested"),
        pytest.param('a: 1\n"a": 2\n', "a", 2, id="quoted-and-plain"),
        pytest.param("s:\n  1: x\n  1.0: y\n", "s.1.0", 3, id="equal-numbers"),
        pytest.param('yes: x\n"yes": y\n', "yes", 2, id="unquoted-word-and-its-text"),
    ],
)
def test_a_key_that_stands_twice_is_an_error_on_its_second_line(tmp_path: Path, text: str, key: str, line: int) -> None:
    document = read(tmp_path, text)
    assert [fault.key for fault in document.faults if "twice" in fault.message] == [key]
    assert "twice" in messages(document, line)


@pytest.mark.parametrize("word", ["yes", "no", "true", "false", "on", "off", "Yes", "NO", "True", "null", "~"])
def test_an_unquoted_word_as_a_key_is_an_error_that_says_to_quote_it(tmp_path: Path, word: str) -> None:
    document = read(tmp_path, f"labels:\n  happy: []\n  {word}: []\n")
    assert f'write "{word}" with quotes' in messages(document, 3)


@pytest.mark.parametrize("word", ['"yes"', "'no'", '"true"', '"1"', "y", "n"])
def test_a_quoted_word_as_a_key_is_text(tmp_path: Path, word: str) -> None:
    document = read(tmp_path, f"labels:\n  {word}: []\n")
    assert document.faults == []
    assert document.value == {"labels": {word.strip("\"'"): []}}


@pytest.mark.parametrize("key", ["[a, b]", "{a: b}", "? [a]\n  "])
def test_a_key_that_is_no_word_is_an_error(tmp_path: Path, key: str) -> None:
    document = read(tmp_path, f"name: demo\nlabels:\n  {key}: x\n")
    assert "key must be a single word" in messages(document, 3)


@pytest.mark.parametrize("used", ["{c: *one}", "[*one]", "[1, {d: [*one]}]"])
def test_an_alias_is_an_error_on_the_line_where_it_is_used(tmp_path: Path, used: str) -> None:
    document = read(tmp_path, f"a: &one [x]\nb:\n  {used}\n")
    assert len(document.faults) == 1
    assert "aliases" in messages(document, 3)


def test_an_alias_of_itself_ends(tmp_path: Path) -> None:
    assert "aliases" in messages(read(tmp_path, "name: demo\na: &one [*one]\n"), 2)


def test_aliases_of_aliases_do_not_fill_the_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    document = read(tmp_path, "\n".join(lines))
    assert len(document.faults) == 29 * 9


@pytest.mark.parametrize("merged", ["*base", "{a: 2}", "[*base]"])
def test_a_merge_key_is_an_error_on_its_line(tmp_path: Path, merged: str) -> None:
    document = read(tmp_path, f"base: &base {{a: 1}}\nmore:\n  <<: {merged}\n")
    assert "merge keys" in messages(document, 3)


@pytest.mark.parametrize("depth", [2_900, 20_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ("[", ""), ("{a: ", "}"), ("- ", ""), ("? ", "")])
def test_thousands_of_nested_brackets_are_one_error_and_no_crash(
    tmp_path: Path, opened: str, closed: str, depth: int
) -> None:
    document = read(tmp_path, "x:\n " + opened * depth + closed * depth)
    assert len(document.faults) == 1
    assert document.faults[0].file == "shown.yaml"


def test_a_file_indented_a_thousand_times_is_one_error_and_no_crash(tmp_path: Path) -> None:
    document = read(tmp_path, "".join(" " * depth + "a:\n" for depth in range(1_000)))
    assert len(document.faults) == 1


def test_a_file_nested_more_deeply_than_any_task_is_an_error_on_its_line(tmp_path: Path) -> None:
    depth = DEEPEST + 5
    document = read(tmp_path, f"name: demo\na: {'[' * depth}{']' * depth}\n")
    assert "nested" in messages(document, 2)


def test_a_file_over_1_mib_is_refused_unread(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 'open\n" + "#" * LARGEST)
    assert [fault.message for fault in document.faults] == ["is larger than 1 MiB: no task or rubric needs that"]
    assert document.value is None


def test_a_file_that_is_not_utf8_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"shown\.yaml.*UTF-8"):
        read(tmp_path, b"name: caf\xe9\n")


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(JudgeError, match=r"shown\.yaml: cannot be read"):
        load(tmp_path / name, "shown.yaml")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n", "- a\n- b\n", "just words\n", "5\n"])
def test_a_file_that_is_no_mapping_is_one_error(tmp_path: Path, text: str) -> None:
    document = read(tmp_path, text)
    assert [fault.message for fault in document.faults] == ["should be a mapping of keys to values"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a: 1\nb:\n\tc: 2\n", 3, id="tab"),
        pytest.param("a: 1\nb: [1, 2\nc: 3\n", 3, id="open-bracket"),
        pytest.param("a: 1\nb: c: d\n", 2, id="two-colons"),
        pytest.param("a: 1\n---\nb: 2\n", 2, id="two-documents"),
        pytest.param("a: 1\nb: *nobody\n", 2, id="alias-of-nothing"),
        pytest.param("a: 1\nb: 'x\x07y'\n", 2, id="control-character"),
    ],
)
def test_what_is_not_yaml_is_an_error_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    document = read(tmp_path, text)
    assert len(document.faults) == 1
    assert "is not YAML" in document.faults[0].message
    assert document.faults[0].line == line


@pytest.mark.parametrize(
    "number", ["012", "0x1F", "0b11", "1_000", "22:22", "1:30.5", ".inf", "-.inf", ".nan", "9" * 30]
)
def test_an_odd_number_is_an_error_that_quotes_it(tmp_path: Path, number: str) -> None:
    document = read(tmp_path, f"a: 1\nb:\n  - {number}\n")
    assert messages(document, 3).startswith(f"{number} is an odd way to write a number")


@pytest.mark.parametrize(
    ("written", "value"), [("0", 0), ("-12", -12), ("0.5", 0.5), (".5", 0.5), ("1.0", 1.0), ("2.5e+3", 2500.0)]
)
def test_a_plain_number_is_a_number(tmp_path: Path, written: str, value: float) -> None:
    document = read(tmp_path, f"a: {written}\n")
    assert (document.value, document.faults) == ({"a": value}, [])
    assert type(document.value["a"]) is type(value)


@pytest.mark.parametrize("date", ["2024-01-31", "2024-01-31T10:00:00Z", "2024-01-31 10:00:00"])
def test_a_date_stays_the_text_that_was_written(tmp_path: Path, date: str) -> None:
    document = read(tmp_path, f"a: {date}\n{date}: b\n".replace("10:00:00: b", "10h: b"))
    assert document.faults == []
    assert document.value["a"] == date


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    document = read(tmp_path, b"\xef\xbb\xbfname: demo\n")
    assert (document.value, document.faults) == ({"name": "demo"}, [])


def test_every_fault_of_a_file_is_found_in_one_pass(tmp_path: Path) -> None:
    text = "a: !x 1\nb: 2\nb: 3\nyes: 4\nc: 012\nd: &d [1]\ne: *d\nf: {<<: {g: 1}}\n"
    document = read(tmp_path, text)
    assert sorted({fault.line for fault in document.faults if fault.line}) == [1, 3, 4, 5, 7, 8]

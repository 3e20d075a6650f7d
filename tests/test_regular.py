"""Files that strangers name: only regular ones are opened, at most so much is read, and no link leads out of a root."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from judge.errors import Fault, nearest
from judge.regular import NotRegular, is_file, leads_out, open_regular, read_regular, sha256_of, stands


def test_a_regular_file_is_read_behind_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    (tmp_path / "b").symlink_to("a")
    assert read_regular(tmp_path / "b", 10) == b"text"
    assert sha256_of(tmp_path / "a", tmp_path / "b", most=10) == hashlib.sha256(b"texttext").hexdigest()
    with pytest.raises(OSError, match="symbolic links") as error:
        read_regular(tmp_path / "b", 10, follow=False)
    assert error.value.errno == errno.ELOOP


def test_a_pipe_a_device_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        assert not is_file(path)
        assert stands(path)
        with pytest.raises(NotRegular, match="is no regular file"):
            open_regular(path, 10)


def test_no_more_is_read_than_is_allowed_whatever_a_file_says_of_its_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(11))
    with pytest.raises(NotRegular, match="is larger than"):
        open_regular(tmp_path / "a", 10)
    assert Path("/proc/self/status").stat().st_size == 0
    with pytest.raises(NotRegular, match="is larger than"):
        read_regular(Path("/proc/self/status"), 10)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\ud800", ""])
def test_a_name_that_no_file_can_have_is_just_not_there(tmp_path: Path, name: str) -> None:
    assert not is_file(tmp_path / name)
    if name:
        assert not stands(tmp_path / name)
        with pytest.raises(OSError, match=r"."):
            open_regular(tmp_path / name, 10)


def test_a_link_leads_out_by_its_folder_too_and_not_within_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (root / "a").symlink_to("inner")
    (root / "b").symlink_to(tmp_path / "outside")
    (tmp_path / "linked root").symlink_to(root)
    (root / "self").symlink_to("self")
    assert not leads_out(root, root / "a" / "x")
    assert leads_out(root, root / "b" / "x")
    assert not leads_out(tmp_path / "linked root", tmp_path / "linked root" / "a" / "x")
    assert leads_out(root, root / "self")


def test_a_fault_is_one_line_whatever_stands_in_it() -> None:
    text = str(Fault("a\nb", 3, "k\r\ney", "m\n✓ all is well" + "x" * 10_000))
    assert "\n" not in text
    assert "\r" not in text
    assert len(text) < 2100
    assert text.startswith("a\\nb:3: k\\r\\ney: m\\n✓ all is well")


def test_a_hint_is_not_looked_for_where_that_would_take_long() -> None:
    assert nearest("humorus", ["humorous"]) == '; did you mean "humorous"?'
    assert nearest("x" * 101, ["x" * 101 + "y"]) == ""
    assert nearest("humorus", ["humorous", *map(str, range(5000))]) == ""

"""Paths stay below the task's root, and only regular files of known containers are opened."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from media_files import files_open, make_clip, plain_wav

from judge.media.containers import HEAD, sniff
from judge.media.orders import Bounds, Unusable
from judge.media.sources import digest_of, open_below


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "clips").mkdir(parents=True)
    plain_wav(folder / "clips" / "a.wav")
    plain_wav(tmp_path / "secret.wav")
    return folder


def _problem(root: Path, given: str, bounds: Bounds | None = None) -> Unusable:
    before = files_open()
    with pytest.raises(Unusable) as problem:
        open_below(root, given, bounds or Bounds())
    assert files_open() == before, "nothing stays open"
    assert "\n" not in problem.value.message
    return problem.value


@pytest.mark.parametrize("given", ["clips/a.wav", "./clips/a.wav", "clips//a.wav"])
def test_a_file_below_the_root_is_opened_for_reading_only(root: Path, given: str) -> None:
    descriptor = open_below(root, given, Bounds())
    try:
        assert os.read(descriptor, 4) == b"RIFF"
        assert not os.get_inheritable(descriptor)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(descriptor, b"x")
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "given",
    [
        "../secret.wav",
        "clips/../../secret.wav",
        "clips/..",
        "/etc/passwd",
        "//etc/passwd",
        "~/secret.wav",
        "~root/secret.wav",
        "file:secret.wav",
        "file:///etc/passwd",
        "FILE:secret.wav",
        "http://127.0.0.1/a.wav",
        "https://127.0.0.1/a.wav",
        "concat:a.wav|b.wav",
        "subfile,,start,0,end,9,,:a.wav",
        "data:audio/wav;base64,UklGRg==",
        "pipe:0",
        "fd:0",
        "C:\\clips\\a.wav",
        "clips\\a.wav",
        "clips/a.wav\0.mp4",
        "cache:clips/a.wav",
        "crypto+file:clips/a.wav",
    ],
)
def test_a_path_that_is_no_plain_path_below_the_root_is_never_opened(root: Path, given: str) -> None:
    assert _problem(root, given).kind in ("outside", "missing")
    if ".." in given or given.startswith(("/", "~", "file", "http")):
        assert _problem(root, given).kind == "outside"


def test_links_may_lead_within_the_root_but_not_out_of_it(root: Path, tmp_path: Path) -> None:
    (root / "within.wav").symlink_to("clips/a.wav")
    (root / "folder").symlink_to("clips")
    (root / "out.wav").symlink_to("../secret.wav")
    (root / "absolute.wav").symlink_to(tmp_path / "secret.wav")
    (root / "chain.wav").symlink_to("out.wav")
    (root / "up").symlink_to("..")
    (root / "circle.wav").symlink_to("circle.wav")
    (root / "nowhere.wav").symlink_to("gone.wav")
    for given in ("within.wav", "folder/a.wav"):
        os.close(open_below(root, given, Bounds()))
    for given in ("out.wav", "absolute.wav", "chain.wav", "up/secret.wav"):
        assert _problem(root, given).kind == "outside", given
    for given in ("circle.wav", "nowhere.wav"):
        assert _problem(root, given).kind == "missing", given


def test_a_root_that_is_itself_a_link_is_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    os.close(open_below(tmp_path / "alias", "clips/a.wav", Bounds()))
    assert _problem(tmp_path / "alias", "../secret.wav").kind == "outside"


def test_what_is_not_there_or_no_regular_file_is_said_at_once(root: Path) -> None:
    os.mkfifo(root / "pipe.wav")
    (root / "null.wav").symlink_to("/dev/null")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    try:
        os.chdir(root)  # the path of a socket is short
        server.bind("socket.wav")
    finally:
        os.chdir(here)
        server.close()
    kinds = {
        "pipe.wav": "not_a_file",
        "clips": "not_a_file",
        ".": "not_a_file",
        "socket.wav": "missing",
        "null.wav": "outside",
        "gone.wav": "missing",
        "clips/a.wav/b.wav": "missing",
        "n" * 300 + ".wav": "missing",
        "n/" * 3000 + "a.wav": "missing",
        "\ud800.wav": "missing",
    }
    assert {given: _problem(root, given).kind for given in kinds} == kinds


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_missing(root: Path) -> None:
    (root / "clips" / "a.wav").chmod(0)
    assert _problem(root, "clips/a.wav").kind == "missing"


def test_a_device_within_the_root_is_no_file(root: Path) -> None:
    try:
        os.mknod(root / "zero.wav", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")
    assert _problem(root, "zero.wav").kind in ("not_a_file", "missing")


NO_CONTAINERS = {
    "empty.mp4": b"",
    "byte.mp4": b"\x00",
    "text.mp4": b"Dear Sir or Madam, here is the clip.",
    "page.mp4": b"<!DOCTYPE html><html><body>404</body></html>",
    "list.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "list.mp4": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/a.ts\n",
    "list.ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "session.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "list.pls": b"[playlist]\nFile1=/etc/passwd\n",
    "dash.mpd": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "archive.mp4": b"PK\x03\x04" + bytes(100),
    "packed.mp4": b"\x1f\x8b\x08\x00" + bytes(100),
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "script.ps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "paper.pdf": b"%PDF-1.7\n",
    "icon.ico": b"\x00\x00\x01\x00\x01\x00",
    "scan.tif": b"II*\x00" + bytes(100),
    "zeros.mp4": bytes(4096),
    "program.mp4": b"\x7fELF" + bytes(100),
}


@pytest.mark.parametrize("name", NO_CONTAINERS)
def test_what_is_no_container_of_the_list_is_refused_whatever_its_name(root: Path, name: str) -> None:
    (root / name).write_bytes(NO_CONTAINERS[name])
    assert sniff(NO_CONTAINERS[name][:HEAD]) is None
    problem = _problem(root, name)
    assert (problem.kind, name in problem.message) == ("unknown_format", True)
    assert ("is empty" in problem.message) == (name == "empty.mp4")


def test_a_file_beyond_its_limit_is_refused_unread(root: Path) -> None:
    with (root / "large.wav").open("wb") as file:
        file.write(b"RIFF    WAVE")
        file.truncate(3 * 2**30)  # a hole: it takes no space
    assert _problem(root, "large.wav").kind == "too_large"
    assert _problem(root, "clips/a.wav", Bounds(file_bytes=100)).kind == "too_large"


def test_the_digest_is_of_the_whole_file_and_leaves_it_where_it_was(root: Path) -> None:
    import hashlib

    clip = make_clip(root / "clip.mp4", 5)
    descriptor = open_below(root, "clip.mp4", Bounds())
    try:
        assert digest_of(descriptor) == hashlib.sha256(clip.read_bytes()).hexdigest()
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
    finally:
        os.close(descriptor)

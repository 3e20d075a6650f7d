"""A task's files by the paths in its data: below one root, regular, of a known container; nothing else is opened."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from judge.media.containers import HEAD, NAMED, sniff
from judge.media.orders import Bounds, Unusable

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")


def open_below(root: Path, given: str, bounds: Bounds) -> int:
    """A descriptor of the file; raises Unusable of kind missing, outside, not_a_file, too_large, unknown_format."""
    path = safe_path(root, given)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        raise Unusable("missing", f"{given}: {error.strerror}") from error
    try:
        _look(descriptor, given, bounds)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def safe_path(root: Path, given: str) -> Path:
    """The file's real place, which lies below the real root; links that lead out are refused."""
    if _SCHEME.match(given) or "\0" in given or "\\" in given:
        raise Unusable("outside", f"{given!r} is no plain path: a path below the data's folder is needed")
    if Path(given).is_absolute() or ".." in Path(given).parts or given.startswith("~"):
        raise Unusable("outside", f"{given!r} must lie below the data's folder: no .., no absolute path")
    try:
        top = root.resolve()
        path = (top / given).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise Unusable("missing", f"{given}: {getattr(error, 'strerror', None) or 'cannot be found'}") from error
    if not path.is_relative_to(top):
        raise Unusable("outside", f"{given!r} is a link that leads out of the data's folder")
    return path


def _look(descriptor: int, given: str, bounds: Bounds) -> None:
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        raise Unusable("not_a_file", f"{given} is no regular file")
    if about.st_size > bounds.file_bytes:
        raise Unusable("too_large", f"{given} has {about.st_size:,} bytes; {bounds.file_bytes:,} are allowed")
    kind = sniff(os.pread(descriptor, HEAD, 0))
    if kind in NAMED:
        raise Unusable("unknown_format", f"{given} {NAMED[kind]}")
    if kind is None:
        what = "is empty" if about.st_size == 0 else "is none of the formats that are opened (mp4, webm, wav, png, ...)"
        raise Unusable("unknown_format", f"{given} {what}")


def digest_of(descriptor: int) -> str:
    """The sha256 of the whole file."""
    digest = hashlib.sha256()
    offset = 0
    while block := os.pread(descriptor, 2**20, offset):
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()

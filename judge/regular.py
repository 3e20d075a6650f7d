"""Reads files that a stranger may have named: regular ones only, no more than so many bytes, below a root where asked.

A pipe, a device or a folder is refused without being opened for reading; so is a link that leads out of the root.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

MIB = 2**20


class NotRegular(OSError):
    """What stands at a path is not a file that is read here; `strerror` says why."""


def is_file(path: Path) -> bool:
    """True for a regular file, behind a link too; a name that cannot be one is just not there."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def stands(path: Path) -> bool:
    """True where anything is there, a pipe or a device too."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def open_regular(path: Path, most: int, *, follow: bool = True) -> BufferedReader:
    """A regular file of at most so many bytes; raises OSError. Nothing is waited for: a pipe cannot hold it up."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except ValueError as error:
        raise NotRegular(errno.EINVAL, "no file can have this name") from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise NotRegular(errno.EINVAL, "is no regular file")
        if about.st_size > most:
            raise NotRegular(errno.EFBIG, f"is larger than the {most // MIB:,} MiB that are read")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, most: int, *, follow: bool = True) -> bytes:
    """All of it, whatever size it states: files below /proc state none."""
    with open_regular(path, most, follow=follow) as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise NotRegular(errno.EFBIG, f"is larger than the {most // MIB:,} MiB that are read")
    return raw


def sha256_of(*paths: Path, most: int) -> str:
    """The digest of the bytes of one file, or of several one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with open_regular(path, most) as file:
            for block in iter(lambda file=file: file.read(MIB), b""):  # type: ignore[misc]  # bound in each turn
                digest.update(block)
    return digest.hexdigest()


def leads_out(root: Path, path: Path) -> bool:
    """True where a path below a root is, by its links, not below it."""
    try:
        return not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        return True

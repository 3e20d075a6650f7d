"""`judge COMMAND`: parses the line, imports the one command that is wanted, and turns errors into exit codes.

0 complete; 1 finished with call, media or judge errors, with answers missing, or by a budget stop; 2 usage or an
invalid file; 3 nothing could be done; 4 could not write (stdout too); 130 interrupted; 143 terminated.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import re
import sys
from collections.abc import Sequence

from judge.cli.arguments import COMMANDS, build
from judge.cli.guarding import Guarded, guarded, occupy_numbers
from judge.cli.hiding import Hiding
from judge.shell import command

_HOLDS_A_KEY = re.compile(r"://[^/\s]{0,500}@|[?&][^=\s]{0,100}=")
"""A URL with a user in it, or with settings: either may be a key."""

COMPLETE, ERRORS, USAGE, NOTHING, CANNOT_WRITE, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 130, 143


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    occupy_numbers()
    with guarded() as (out, err):
        try:
            code = _main(argv)
        except SystemExit as ended:  # of argparse, after --help and what it cannot read
            if not isinstance(ended.code, int | None):
                raise
            code = ended.code or COMPLETE
        return _ended(code, out, err)


def _ended(code: int, out: Guarded, err: Guarded) -> int:
    """The command's own code; 4 where its output is lost, but for a reader that had enough (`| head`)."""
    from judge.cli.terminal import warn

    out.flush()
    if out.lost is not None and not isinstance(out.lost, BrokenPipeError):
        warn(f"stdout could not be written: {out.lost.strerror or out.lost}")
        code = code if code in (INTERRUPTED, TERMINATED) else CANNOT_WRITE
    err.flush()
    out.drop()
    err.drop()
    return code


def _main(argv: list[str] | None) -> int:
    arguments = parsed(sys.argv[1:] if argv is None else argv)
    if not arguments.command:
        build().print_help()
        return USAGE
    hiding = Hiding(getattr(arguments, "base_url", None))
    undo = hiding.guard()
    try:
        return _call(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: any error becomes a line and an exit code
        return _explain(error, hiding, debug=arguments.debug)
    finally:
        undo()


def parsed(argv: Sequence[str]) -> argparse.Namespace:
    """The options of a command line, with the line that would go on with it."""
    arguments = build().parse_args(argv)
    arguments.line = again(argv)
    return arguments


def again(argv: Sequence[str]) -> str:
    """The line that goes on with what this one began; one with a key in it is not repeated."""
    kept = [word for word in argv if word != "--fresh"]
    line = command(*kept)
    return "run the same line again" if _HOLDS_A_KEY.search(line) else line


def _call(arguments: argparse.Namespace) -> int:
    module = importlib.import_module(f"judge.cli.{COMMANDS[arguments.command]}")
    return int(getattr(module, arguments.command.replace("import", "import_"))(arguments))


def _explain(error: Exception, hiding: Hiding, *, debug: bool) -> int:
    """One line for each fault, and the exit code that fits; with --debug, first where it comes from."""
    from judge.cli.terminal import warn
    from judge.errors import JudgeError
    from providers.errors import ProviderError

    if debug:
        for line in hiding.traceback(error).split("\n"):
            warn(f"  │ {line}")  # a message of several lines must not pass for ours
    if isinstance(error, JudgeError):
        for fault in error.faults:
            warn(hiding.text(str(fault)))
        return _code_of(error)
    if isinstance(error, ProviderError):
        warn(hiding.text(error.message.replace("python -m judge ", f"{command()} ")))
        return USAGE if error.kind == "usage" else CANNOT_WRITE if error.kind == "cache_write" else NOTHING
    if _is_full(error):
        place = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        warn(hiding.text(f"{place}could not be written: {getattr(error, 'strerror', None) or error}"))
        return CANNOT_WRITE
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        warn("judge: too many files are open: allow more (ulimit -n 4096), or lower --concurrency. Then run it again")
        return ERRORS
    said = hiding.text(f"judge: a fault of its own: {type(error).__name__}: {error}")
    warn(f"{said} (--debug shows where)")
    return ERRORS


def _is_full(error: Exception) -> bool:
    """A disk, quota or file size that leaves no room, wherever it was met; SQLite has a number of its own for it."""
    return getattr(error, "errno", None) in _FULL or getattr(error, "sqlite_errorcode", None) == _SQLITE_FULL


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_SQLITE_FULL = 13


def _code_of(error: Exception) -> int:
    from judge.errors import Locked, NothingDone
    from judge.store import CannotWrite

    if isinstance(error, CannotWrite):
        return CANNOT_WRITE
    return NOTHING if isinstance(error, Locked | NothingDone) else USAGE

"""`judge COMMAND`: parses the line, imports the one command that is wanted, and turns errors into exit codes.

0 complete; 1 finished with call, media or judge errors, with answers missing, or by a budget stop; 2 usage or an
invalid file; 3 nothing could be done; 4 could not write; 130 interrupted; 143 terminated.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import re
import shlex
import sys
from collections.abc import Sequence

from judge.cli.arguments import COMMANDS, build
from judge.cli.guarding import guarded
from judge.cli.hiding import Hiding

_HOLDS_A_KEY = re.compile(r"://[^/\s]{0,500}@|[?&][^=\s]{0,100}=")
"""A URL with a user in it, or with settings: either may be a key."""

COMPLETE, ERRORS, USAGE, NOTHING, CANNOT_WRITE, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 130, 143


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    with guarded():
        return _main(argv)


def _main(argv: list[str] | None) -> int:
    arguments = parsed(sys.argv[1:] if argv is None else argv)
    if not arguments.command:
        build().print_help()
        return USAGE
    hiding = Hiding(getattr(arguments, "base_url", None))
    undo = hiding.guard()
    try:
        code = _call(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again at exit
        return COMPLETE
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
    line = shlex.join(["python", "-m", "judge", *kept])
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
        warn(hiding.text(error.message))
        return USAGE if error.kind == "usage" else CANNOT_WRITE if error.kind == "cache_write" else NOTHING
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        warn("judge: too many files are open: allow more (ulimit -n 4096), or lower --concurrency. Then run it again")
        return ERRORS
    said = hiding.text(f"judge: a fault of its own: {type(error).__name__}: {error}")
    warn(f"{said} (--debug shows where)")
    return ERRORS


def _code_of(error: Exception) -> int:
    from judge.errors import Locked, NothingDone
    from judge.store import CannotWrite

    if isinstance(error, CannotWrite):
        return CANNOT_WRITE
    return NOTHING if isinstance(error, Locked | NothingDone) else USAGE

"""`judge COMMAND`: parses the line, imports the one command that is wanted, and turns errors into exit codes.

0 complete; 1 finished with call, media or judge errors, or a budget stop; 2 usage or an invalid file; 3 nothing
could be done; 4 could not write; 130 interrupted; 143 terminated.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from judge.cli.arguments import COMMANDS, build
from judge.cli.hiding import Hiding

COMPLETE, ERRORS, USAGE, NOTHING, CANNOT_WRITE, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 130, 143


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = build().parse_args(argv)
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
    except Exception as error:
        if arguments.debug:
            sys.excepthook = hiding.uncaught
            raise
        return _explain(error, hiding)
    finally:
        undo()


def _call(arguments: argparse.Namespace) -> int:
    module = importlib.import_module(f"judge.cli.{COMMANDS[arguments.command]}")
    return int(getattr(module, arguments.command.replace("import", "import_"))(arguments))


def _explain(error: Exception, hiding: Hiding) -> int:
    """One line for each fault, and the exit code that fits."""
    from judge.errors import JudgeError
    from judge.visible import visible
    from providers.errors import ProviderError

    if isinstance(error, JudgeError):
        for fault in error.faults:
            print(visible(hiding.text(str(fault))), file=sys.stderr)
        return _code_of(error)
    if isinstance(error, ProviderError):
        print(visible(hiding.text(error.message)), file=sys.stderr)
        return USAGE if error.kind == "usage" else CANNOT_WRITE if error.kind == "cache_write" else NOTHING
    said = hiding.text(f"judge: a fault of its own: {type(error).__name__}: {error}")
    print(visible(f"{said} (--debug shows where)"), file=sys.stderr)
    return ERRORS


def _code_of(error: Exception) -> int:
    from judge.errors import Locked, NothingDone
    from judge.store import CannotWrite

    if isinstance(error, CannotWrite):
        return CANNOT_WRITE
    return NOTHING if isinstance(error, Locked | NothingDone) else USAGE

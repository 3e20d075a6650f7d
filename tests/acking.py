"""`judge ...`, which also writes down how many answers it has shown as done: the witness of the power cut tests."""

from __future__ import annotations

import os
import sys

from judge.cli import progress, running
from judge.cli.main import main
from judge.run import Tally

_handle = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _shown(tally: Tally, seconds: float) -> str:
    os.write(_handle, f"{tally.statuses.total()}\n".encode())
    return progress.progress_text(tally, seconds)


vars(running)["progress_text"] = _shown
sys.exit(main(sys.argv[2:]))

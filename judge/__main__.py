"""`python -m judge`, which looks for its modules where it is installed and not in the working folder."""

import os
import sys

import judge

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(judge.__file__)))  # noqa: PTH120, PTH100  see below
if not sys.flags.safe_path and os.path.abspath(sys.path[0]) == os.getcwd() != _HOME:  # noqa: PTH100, PTH109
    # -m puts the working folder first, and a stranger's pack may hold a yaml.py (or a pathlib.py: only what Python
    # has imported by itself stands above)
    del sys.path[0]

from judge.cli.main import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())

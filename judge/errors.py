"""What can be wrong with the files that people write: tasks, rubrics, replies, results.

JudgeError
  TaskError      a task file, or the data it names
  RubricError    a rubric file
  ResultsError   a results folder: damaged, locked, of another schema
  UsageError     a command line that cannot be carried out
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

LONGEST_PART = 300
LONGEST_LINE = 2000
"""Characters: a stranger's file may have any text where a name should stand."""
MOST_COMPARED = 2000
SLIP = 0.85
"""How alike two names are (0 to 1) of which one is taken for a slip of the other."""


class Fault(NamedTuple):
    """One thing that is wrong: where, and what was expected."""

    file: str
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        """As compilers print it, on one line: file:line: key: message. A name with a line end in it forges none."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = (part if len(part) <= LONGEST_PART else f"{part[:LONGEST_PART]}..." for part in (place, self.key))
        text = ": ".join(part for part in (*parts, self.message) if part)
        text = text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}..."
        return text.replace("\r", "\\r").replace("\n", "\\n")


class JudgeError(Exception):
    """One or several faults; each prints as one line."""

    def __init__(self, faults: Fault | str | Iterable[Fault]) -> None:
        """A bare sentence has no place."""
        if isinstance(faults, str):
            faults = Fault("", None, "", faults)
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class TaskError(JudgeError):
    """A task's YAML or its data."""


class RubricError(JudgeError):
    """A rubric's YAML."""


class NoRubric(TaskError):
    """A task that names no rubric, and a judge is to rate its answers."""


class ResultsError(JudgeError):
    """A results folder that cannot be used as it is."""


class Locked(ResultsError):
    """Another process writes this folder."""


class UsageError(JudgeError):
    """A command line that makes no sense here."""


class NothingDone(JudgeError):
    """No work was possible: no key, refused by the provider, missing media."""


class DataAbsent(NothingDone):
    """A task's data is not there."""


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean "x"?' for the nearest known name, or an empty string."""
    names = [name for name in known if isinstance(name, str) and len(name) <= 100]
    if len(word) > 100 or len(names) > MOST_COMPARED:  # to compare takes the product of their lengths
        return ""
    found = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""

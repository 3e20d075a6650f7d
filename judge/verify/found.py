"""What a look at a run's folder found: each thing with its place, and what a repair would take out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from judge.damage import Piece
from judge.errors import Fault
from judge.records import Run
from judge.store import Folder

_NEWER = "newer version"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know, with its place."""

    fault: Fault
    harm: bool = True
    """False for a remark: nothing is damaged."""
    mend: str = ""
    """The command that mends it, where that is not --repair."""
    newer: bool = False
    """Of a schema that this version does not know: it is left alone."""

    def __str__(self) -> str:
        """File, line and what is wrong."""
        return str(self.fault)


@dataclasses.dataclass(slots=True, kw_only=True)
class Verified:
    """What a look at one run came to."""

    folder: Folder
    run: Run | None = None
    holder: str = ""
    """Who is writing it now."""
    answers: int = 0
    verdicts: int = 0
    failed: int = 0
    foreign: bool = False
    """Links, pipes or folders lie among its files: nothing more was looked at, and nothing is mended."""
    scored: bool = False
    incomplete: bool = False
    """Answers that the run expects are not there, or will not be once the bad lines are taken out."""
    findings: list[Finding] = dataclasses.field(default_factory=list)
    bad_answers: list[Piece] = dataclasses.field(default_factory=list)
    """Lines that a repair takes out."""
    bad_verdicts: list[Piece] = dataclasses.field(default_factory=list)
    derived: list[Path] = dataclasses.field(default_factory=list)
    """Files that are damaged and can be made again: scores and summary."""
    strays: list[Path] = dataclasses.field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Nothing is damaged."""
        return not any(item.harm for item in self.findings)

    @property
    def left_alone(self) -> bool:
        """No repair touches this run: a part is of a newer version, or was not made by a run."""
        return self.foreign or any(item.newer for item in self.findings)

    def say(self, path: Path, text: str, *, line: int | None = None, harm: bool = True, mend: str = "") -> None:
        """One more finding."""
        fault = Fault(str(path), line, "", text)
        self.findings.append(Finding(fault=fault, harm=harm, mend=mend, newer=_NEWER in text))

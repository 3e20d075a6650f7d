"""A suite's folder: suite.json names its tasks' runs, which lie beside it, and summary.json holds its averages.

Both may come from a stranger. The runs stay what they are: each can be killed, resumed, scored and shown by itself.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError

import judge
from judge.composites import Average
from judge.errors import Fault, ResultsError
from judge.lines import damage
from judge.records import SCHEMA, Estimate, Record
from judge.regular import MIB, read_regular
from judge.store import Folder, write_whole
from judge.suite import Suite
from providers.records import load_json

LARGEST = 16 * MIB
MOST = 256
PlainName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=200)]


class Place(Record):
    """Where a task of the suite was run, or why it was not."""

    task: str = ""
    """The task's own name."""
    folder: PlainName | None = None
    """Of its run, beside the suite's own."""
    reason: str = ""
    absent: bool = False
    """True where its data is not there."""


class SuiteRun(Record):
    """suite.json: which suite was asked of whom, and where its tasks' runs are."""

    schema_version: int = SCHEMA
    suite: str
    suite_version: int
    suite_file: str
    suite_spec: dict[str, Any]
    """The suite as it was when it was last run."""
    model: str
    provider: str
    provider_kind: Literal["paid", "local", "free", "imported"]
    variant: str = ""
    """What --prompt named; empty for each task's own."""
    settings: dict[str, str] = Field(default_factory=dict)
    """What --set changed."""
    digest: str
    name: str
    members: dict[PlainName, Place] = Field(max_length=MOST)
    judge_version: str = judge.__version__


class MemberScore(Record):
    """A task's number in a suite's summary."""

    task: str
    estimate: Estimate


class SuiteSummary(Record):
    """summary.json of a suite."""

    schema_version: int = SCHEMA
    suite: SuiteRun
    members: dict[str, str]
    """Each task's state: the digest of the summary.json that was read, or why there is none."""
    scores: tuple[MemberScore, ...]
    """Each task by the metric that averages take."""
    averages: tuple[Average, ...]
    note: str = ""
    scoring_rule: int = 1
    """The oldest rule that a task's numbers were scored by; 1 is that of files from before it was written."""
    judge_version: str = judge.__version__


Kept = TypeVar("Kept", SuiteRun, SuiteSummary)


@dataclasses.dataclass(frozen=True, slots=True)
class SuiteFolder:
    """The paths of one suite."""

    path: Path

    @property
    def file(self) -> Path:
        """Who was asked, and where the runs are."""
        return self.path / "suite.json"

    @property
    def summary_file(self) -> Path:
        """Its averages."""
        return self.path / "summary.json"

    def read(self) -> SuiteRun:
        """suite.json; raises ResultsError where it is missing, damaged or newer."""
        return _read(self.file, SuiteRun, mend="begin the suite again by its line: its runs are as they were")

    def write(self, run: SuiteRun) -> None:
        """Replace suite.json."""
        write_whole(self.file, _text(run))

    def write_summary(self, summary: SuiteSummary) -> None:
        """Replace summary.json."""
        write_whole(self.summary_file, _text(summary))

    def read_summary(self) -> SuiteSummary | None:
        """The averages, or None where the suite is not scored."""
        if not self.summary_file.is_file():
            return None
        return _read(self.summary_file, SuiteSummary, mend="delete it and score again")

    def run_of(self, place: Place) -> Folder | None:
        """The run of a task, which lies beside this folder."""
        return Folder(self.path.parent / place.folder) if place.folder else None


def _read(path: Path, model: type[Kept], *, mend: str) -> Kept:
    try:
        raw = read_regular(path, LARGEST, follow=False)
    except OSError as error:
        raise ResultsError(Fault(str(path), None, "", f"cannot be read: {error.strerror}")) from error
    try:
        found = load_json(model, raw)
    except ValueError as error:
        said = damage(raw, error)
        text = said if "newer version" in said else f"is damaged; {mend}"
        key = ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else ""
        raise ResultsError(Fault(str(path), None, "" if "newer" in said else key, text)) from error
    if found.schema_version > SCHEMA:
        raise ResultsError(Fault(str(path), None, "", damage(raw, ValueError())))
    return found


def suite_of(run: SuiteRun) -> Suite:
    """The suite as suite.json keeps it; raises ResultsError."""
    try:
        return Suite.model_validate(run.suite_spec)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ResultsError(f"{run.name}: the suite kept in suite.json is none: {place}: {first['msg']}") from error


def merged(old: SuiteRun | None, new: SuiteRun, known: Mapping[str, object]) -> SuiteRun:
    """The new run with the places of tasks that an earlier call of the same suite ran."""
    if old is None:
        return new
    kept = {key: place for key, place in old.members.items() if key in known and key not in new.members}
    for key, place in new.members.items():
        before = old.members.get(key)
        if place.folder is None and before is not None and before.folder is not None:
            kept[key] = before
    return new.model_copy(update={"members": new.members | kept})


def suites_below(path: Path) -> list[SuiteFolder]:
    """Every suite's folder at or below a path, sorted by name; hidden and ignored ones are passed over."""
    if (path / "suite.json").is_file():
        return [SuiteFolder(path)]
    ignored = [file.parent for file in path.rglob(".judgeignore") if file.parent != path]
    found = [
        SuiteFolder(file.parent)
        for file in path.rglob("suite.json")
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
        and not any(file.is_relative_to(folder) for folder in ignored)
    ]
    return sorted(found, key=lambda folder: str(folder.path))


def _text(record: Record) -> str:
    return json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=True, allow_nan=False) + "\n"

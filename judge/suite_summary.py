"""From a suite's folder to its averages: what its tasks' summaries say, and why one of them says nothing.

The runs beside the folder are read, never changed; a run of another task or model than suite.json names is none.
"""

from __future__ import annotations

import dataclasses

from judge.composites import Member, Voice, averages
from judge.errors import ResultsError
from judge.lines import read_lines
from judge.pooling import units_of
from judge.records import ACROSS, SCORING_RULE, Estimate, Score
from judge.regular import sha256_of
from judge.store import Folder
from judge.suite import Suite
from judge.suite_folder import MemberScore, Place, SuiteFolder, SuiteRun, SuiteSummary
from judge.summary import LARGEST, Summary, read_summary

NOT_RUN, NOT_SCORED, GONE = "not run", "not scored", "its run is not there"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A task's run, as far as there is one."""

    member: Member
    state: str
    """The digest of its summary.json, or why there is none."""
    rule: int = SCORING_RULE


def summarise(folder: SuiteFolder, run: SuiteRun, suite: Suite, *, note: str = "") -> SuiteSummary:
    """Every task by the metric that averages take, and every average."""
    read = {key: _read(folder, run, run.members.get(key)) for key in suite.tasks}
    members = {key: item.member for key, item in read.items()}
    scores = [
        MemberScore(task=key, estimate=item)
        for key, member in members.items()
        for item in member.estimates
        if (item.metric, item.group) == (suite.metric_of(key), "overall")
    ]
    kept = run.model_copy(update={"suite_spec": suite.model_dump(mode="json", exclude_none=True)})
    return SuiteSummary(
        suite=kept.model_copy(update={"suite_version": suite.version}),
        members={key: item.state for key, item in read.items()},
        scores=tuple(scores),
        averages=tuple(averages(suite, members)),
        note=note,
        scoring_rule=min((item.rule for item in read.values()), default=SCORING_RULE),
    )


def lacking(summary: SuiteSummary) -> dict[str, str]:
    """The tasks without numbers, each with the reason."""
    return {key: state for key, state in summary.members.items() if not _is_digest(state)}


def stale(folder: SuiteFolder, summary: SuiteSummary) -> list[str]:
    """The tasks that were scored, run or lost since the averages were made."""
    now = {key: _digest(folder, summary.suite.members.get(key)) for key in summary.members}
    return [key for key, state in summary.members.items() if now[key] != (state if _is_digest(state) else None)]


def _is_digest(state: str) -> bool:
    return len(state) == 64 and all(letter in "0123456789abcdef" for letter in state)


def _digest(folder: SuiteFolder, place: Place | None) -> str | None:
    run = folder.run_of(place) if place is not None else None
    if run is None or not run.summary_file.is_file():
        return None
    return sha256_of(run.summary_file, most=LARGEST)


def _read(folder: SuiteFolder, run: SuiteRun, place: Place | None) -> _Read:
    own = folder.run_of(place) if place is not None else None
    if place is None or own is None:
        return _nothing("its data is not there" if place is not None and place.absent else NOT_RUN)
    if not own.run_file.is_file():
        return _nothing(GONE)
    summary = read_summary(own)
    if summary is None:
        return _nothing(NOT_SCORED)
    if (summary.run["task"], summary.run["model"]) != (place.task, run.model):
        raise ResultsError(f"{folder.file}: {place.folder} is a run of {summary.run['task']} by {summary.run['model']}")
    member = Member(
        estimates=summary.estimates,
        voices=_voices(summary),
        units=_Counted(own, draws=int(summary.run.get("repeats") or 0)).units,
        context=_context(summary),
    )
    return _Read(member=member, state=str(_digest(folder, place)), rule=summary.rule)


def _nothing(why: str) -> _Read:
    return _Read(member=Member(lack=why), state=why)


def _voices(summary: Summary) -> dict[str, Voice]:
    """Each judge's label as its name with the rubric, which is left out where it is the task's own."""
    own = summary.run.get("own_rubric")
    return {
        block["judge"]: (block["name"], "" if block["rubric"] == own else block["rubric"])
        for block in summary.run["judges"]
    }


def _context(summary: Summary) -> str:
    run = summary.run
    settings = [f"{name}:{value}" for name, value in sorted(run["settings"].items()) if name != "media"]
    wording = [f"wording:{run['wording']}"] if run.get("wording") else []
    return "|".join([f"model:{run['model']}", f"prompt:{run['variant']}", *settings, *wording])


class _Counted:
    """The scores of a run's answers, read when they are first asked for."""

    def __init__(self, run: Folder, *, draws: int) -> None:
        self._run = run
        self._draws = draws
        self._scores: list[Score] | None = None

    def units(self, estimate: Estimate) -> int | None:
        """Over how many items an estimate is; where each of n answers is valid and an item, no file is needed."""
        if self._draws == 1 and estimate.missing == 0 and estimate.value is not None:
            return estimate.n
        if estimate.group == ACROSS:  # no score of a single answer is stored of it; faithful n is what it is over
            return estimate.n if self._draws == 1 else None
        if self._scores is None:
            self._scores = read_lines(self._run.scores_file, Score)
        return units_of(self._scores, estimate)

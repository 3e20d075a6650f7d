"""A judge's ratings of a scored run, from its verdicts.jsonl: those that hold for the answers as they are now.

What a judge said of an earlier answer, by another rubric or by another way of asking is not mixed in. Items are named
as the review page names them: the sample's id, id#draw from the second draw on, id/step where people rated the steps.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from judge.errors import Fault, ResultsError, nearest
from judge.panels import COMBINATIONS, Combination
from judge.records import Key, Verdict
from judge.rubric import Rubric, Stage
from judge.runs import reopen
from judge.score import case_of, current, read_items
from judge.store import Folder
from judge.summary import read_summary
from judge.trust.panel import verdicts_of
from judge.trust.ratings import Rating, Reader

_STEP = re.compile(r".+/\d{1,4}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which judges' ratings, by which rubric, to stand beside which ratings by people."""

    judges: tuple[str, ...]
    rubric: Rubric
    human: tuple[Rating, ...]
    data: Path | None = None

    def name(self, stage: Stage) -> str:
        """The criterion as people's files call it."""
        long = f"{self.rubric.name}/{stage.name}"
        return long if any(row.criterion == long for row in self.human) else stage.name

    def by_step(self, stage: Stage) -> bool:
        """True where people rated single steps, not the mean of an answer's steps."""
        mine = self.name(stage)
        return stage.rate == "steps" and any(_STEP.fullmatch(row.item) for row in self.human if row.criterion == mine)


def read_run(folder: Folder, reader: Reader, wanted: Wanted) -> list[Rating]:
    """One rating for each answer (or step), judge and criterion: the mean over steps, then over the judge's repeats."""
    run = folder.read_run()
    opened = reopen(run, wanted.data, near=folder.path)
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    items = read_items(opened.task, opened.samples, run=run, answers=answers)
    cases = [case_of(opened.task, item, run) for item in items if item.judgeable()]
    known = folder.read_verdicts()
    clusters = {item.key: item.sample.cluster for item in items}
    rows: list[Rating] = []

    def said_by(judge: str) -> list[Verdict]:
        like = _identity(folder, known, judge=judge, rubric=wanted.rubric, reader=reader)
        return [verdict for group in current(known, cases, like=like).values() for verdict in group]

    for judge in wanted.judges:
        panel = _panel(folder, judge, wanted.rubric)
        if panel is None:
            said = said_by(judge)
        else:
            how, names = panel
            said = verdicts_of(judge, how, rubric=wanted.rubric, members=list(map(said_by, names)), items=items)
        place = Fault(str(folder.verdicts_file), None, "", "")
        rows += _Rated(judge=judge, place=place, reader=reader, wanted=wanted).rows(said, clusters)
    return rows


def _panel(folder: Folder, label: str, rubric: Rubric) -> tuple[Combination, list[str]] | None:
    """How the run's summary combines the judges of this name, and who they are; None where it is one judge's."""
    summary = read_summary(folder)
    for block in summary.run["judges"] if summary else []:
        how, members = block.get("combine"), block.get("members")
        if (block["name"], block["rubric_digest"]) == (label, rubric.digest) and how in COMBINATIONS:
            return how, [str(name) for name in members] if isinstance(members, list) else []
    return None


def _identity(
    folder: Folder, known: Sequence[Verdict], *, judge: str, rubric: Rubric, reader: Reader
) -> dict[str, str]:
    """What the verdicts of this judge by this rubric must name; the latest way of asking, where there are several."""
    where = str(folder.verdicts_file)
    by_judge = [verdict for verdict in known if verdict.judge == judge]
    if not by_judge:
        names = sorted({verdict.judge for verdict in known})
        have = f"it has: {', '.join(names[:10])}" if names else f"none yet:  python -m judge score {folder.path}"
        raise ResultsError(Fault(where, None, "", f"no verdict by {judge}{nearest(judge, names)} ({have})"))
    mine = [verdict for verdict in by_judge if verdict.rubric_digest == rubric.digest]
    if not mine:
        rubrics = sorted({f"{verdict.rubric} {verdict.rubric_digest[:8]}" for verdict in by_judge})
        text = f"{judge} has not judged by {rubric.name} {rubric.digest[:8]} (by: {', '.join(rubrics[:10])})"
        raise ResultsError(Fault(where, None, "", text))
    methods = list(dict.fromkeys(verdict.method for verdict in mine))
    if len(methods) > 1:
        reader.notes.append(f"{where}: {judge} was asked in {len(methods)} ways; the latest counts ({methods[-1]})")
    return {"judge": judge, "rubric": rubric.digest, "method": methods[-1]}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Rated:
    """Turns one judge's verdicts into ratings."""

    judge: str
    place: Fault
    reader: Reader
    wanted: Wanted

    def rows(self, said: Sequence[Verdict], clusters: Mapping[Key, str | None]) -> list[Rating]:
        """Of every expected answer; one that the judge could not rate is there, without a score."""
        grouped: dict[tuple[Key, str], list[Verdict]] = {}
        for verdict in said:
            grouped.setdefault((verdict.key, verdict.criterion), []).append(verdict)
        failed: Counter[str] = Counter()
        found = []
        for key in clusters:
            for stage in self.wanted.rubric.rated():
                verdicts = grouped.get((key, stage.name), [])
                failed.update(verdict.problem.kind for verdict in verdicts if verdict.problem)
                found += self._of(key, clusters[key], stage=stage, verdicts=verdicts)
        if failed:
            kinds = ", ".join(f"{kind} {count}" for kind, count in failed.most_common())
            self.reader.notes.append(f"{self.place.file}: no rating by {self.judge}: {kinds}")
        return found

    def _of(self, key: Key, cluster: str | None, *, stage: Stage, verdicts: Sequence[Verdict]) -> list[Rating]:
        name = key.sample_id if key.draw == 0 else f"{key.sample_id}#{key.draw}"
        own = cluster or (key.sample_id if key.draw or self.wanted.by_step(stage) else None)
        if not self.wanted.by_step(stage):
            return [self._rating(name, own, stage=stage, score=_mean(verdicts))]
        steps = sorted({verdict.step for verdict in verdicts if verdict.step is not None})
        return [
            self._rating(f"{name}/{step}", own, stage=stage, score=_mean([v for v in verdicts if v.step == step]))
            for step in steps
        ]

    def _rating(self, item: str, cluster: str | None, *, stage: Stage, score: float | None) -> Rating:
        criterion = self.wanted.name(stage)
        value = math.nan if score is None else self.reader.score(f"{score:.12g}", criterion, self.place)
        return Rating(item=item, rater=self.judge, criterion=criterion, score=value, cluster=cluster, place=self.place)


def _mean(verdicts: Sequence[Verdict]) -> float | None:
    """Over the steps of each repeat, then over the repeats that gave a rating."""
    draws: dict[int, list[float]] = {}
    for verdict in verdicts:
        if verdict.score is not None:
            draws.setdefault(verdict.judge_draw, []).append(verdict.score)
    means = [sum(own) / len(own) for own in draws.values()]
    return sum(means) / len(means) if means else None

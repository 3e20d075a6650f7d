"""A judge's ratings of a scored run, from its verdicts.jsonl: those that hold for the answers as they are now.

What a judge said of an earlier answer, by another rubric or by another way of asking is not mixed in. Items are named
as the review page names them: the sample's id, id#draw from the second draw on, id/step where people rated the steps.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from judge.cells import restored
from judge.errors import Fault, ResultsError, nearest
from judge.folding import composed
from judge.items import Item, item_name
from judge.panels import COMBINATIONS, Combination
from judge.parse.thinking import split_thinking
from judge.ratings import mean_of
from judge.records import Key, Verdict
from judge.rubric import Rubric, Stage
from judge.runs import reopen
from judge.score import case_of, current, read_items
from judge.shell import command
from judge.store import Folder
from judge.summary import read_summary
from judge.trust.panel import verdicts_of
from judge.trust.ratings import Rating, Reader

_STEP = re.compile(r".+/\d{1,4}")
GOLD, LENGTH = "gold", "reply length"
"""Traits that every item of a run has: its gold labels, and the characters of its reply."""


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

    def claims(self, stage: Stage) -> Mapping[str, Mapping[str, str]]:
        """Where people's file has the words of steps: by answer, each step's item and its words."""
        mine = self.name(stage)
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for row in self.human:
            if row.criterion == mine and row.claim and _STEP.fullmatch(row.item):
                found[row.item.rpartition("/")[0]][row.item] = plain_claim(row.claim)
        return found


def plain_claim(text: str) -> str:
    """A step's words without case, the mark that a spreadsheet needs, and spaces that differ."""
    return " ".join(composed(restored(text)).casefold().split())


def read_run(folder: Folder, reader: Reader, wanted: Wanted) -> list[Rating]:
    """One rating for each answer (or step), judge and criterion: the mean over steps, then over the judge's repeats."""
    run = folder.read_run()
    opened = reopen(run, wanted.data, near=folder.path)
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    items = read_items(opened.task, opened.samples, run=run, answers=answers)
    cases = [case_of(opened.task, item, run) for item in items if item.judgeable()]
    known = folder.read_verdicts()
    clusters = {item.key: item.sample.cluster for item in items}
    place = Fault(str(folder.answers_file), None, "", "")
    for item in items:
        name = composed(item_name(item.key.sample_id, draw=item.key.draw))
        traits = _traits(item, reader.traits.wanted)
        reader.traits.see(name, traits, place=place, faults=reader.faults)
    rows: list[Rating] = []

    def said_by(judge: str) -> list[Verdict]:
        like = _identity(folder, known, judge=judge, rubric=wanted.rubric, reader=reader)
        return [
            verdict for group in current(known, cases, like=like, rubric=wanted.rubric).values() for verdict in group
        ]

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


def _traits(item: Item, wanted: Sequence[str]) -> dict[str, str]:
    """What a run knows of an item: its gold labels, its group, a field of its record, how long the reply is."""
    target = item.sample.target.values
    found = {}
    for name in wanted:
        if name == LENGTH:
            replies = item.answer.replies if item.answer else ()
            text: object = sum(len(split_thinking(reply.text)[0]) for reply in replies) or ""
        elif name == GOLD:
            text = " + ".join(next(iter(target.values()), ()))
        elif name in target:
            text = " + ".join(target[name])
        else:
            text = item.sample.inputs.get(name, item.sample.group if name == "group" else "")
        found[name] = str(text) if isinstance(text, str | int | float) else ""
    return found


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
        have = f"it has: {', '.join(names[:10])}" if names else f"none yet:  {command('score', folder.path)}"
        raise ResultsError(Fault(where, None, "", f"no verdict by {judge}{nearest(judge, names)} ({have})"))
    mine = [verdict for verdict in by_judge if verdict.rubric_digest == rubric.digest]
    if not mine:
        rubrics = sorted({f"{verdict.rubric} {verdict.rubric_digest[:8]}" for verdict in by_judge})
        text = f"{judge} has not judged by {rubric.name} {rubric.digest[:8]} (by: {', '.join(rubrics[:10])})"
        raise ResultsError(Fault(where, None, "", text))
    methods = list(dict.fromkeys(verdict.method for verdict in mine))
    method = _scored_by(folder, judge, rubric)
    chosen = method if method in methods else methods[-1]
    if len(methods) > 1:
        which = "that of the run's scores counts" if chosen == method else "the latest counts"
        reader.notes.append(f"{where}: {judge} was asked in {len(methods)} ways; {which} ({chosen})")
    reader.methods[judge] = chosen
    return {"judge": judge, "rubric": rubric.digest, "method": chosen}


def _scored_by(folder: Folder, judge: str, rubric: Rubric) -> str:
    """How this judge was asked when the run was scored; empty where it was not."""
    summary = read_summary(folder)
    for block in summary.run["judges"] if summary else []:
        if (block["name"], block["rubric_digest"]) == (judge, rubric.digest) and not block.get("combine"):
            return str(block["method"])
    return ""


@dataclasses.dataclass(slots=True, kw_only=True)
class _Rated:
    """Turns one judge's verdicts into ratings."""

    judge: str
    place: Fault
    reader: Reader
    wanted: Wanted
    drawn: bool = False
    """Samples have several answers, which belong together."""
    claimed: dict[str, Mapping[str, Mapping[str, str]]] = dataclasses.field(default_factory=dict)
    missed: int = 0
    """Steps that people rated and the judge does not have."""
    unlike: int = 0
    """Steps of the judge that are none of those that people rated."""

    def rows(self, said: Sequence[Verdict], clusters: Mapping[Key, str | None]) -> list[Rating]:
        """Of every expected answer; one that the judge could not rate is there, without a score."""
        grouped: dict[tuple[Key, str], list[Verdict]] = {}
        for verdict in said:
            grouped.setdefault((verdict.key, verdict.criterion), []).append(verdict)
        failed: Counter[str] = Counter()
        found = []
        self.drawn = any(key.draw for key in clusters)
        for key in clusters:
            for stage in self.wanted.rubric.rated():
                verdicts = grouped.get((key, stage.name), [])
                failed.update(verdict.problem.kind for verdict in verdicts if verdict.problem)
                found += self._of(key, clusters[key], stage=stage, verdicts=verdicts)
        if failed:
            kinds = ", ".join(f"{kind} {count}" for kind, count in failed.most_common())
            self.reader.notes.append(f"{self.place.file}: no rating by {self.judge}: {kinds}")
        if self.unlike:
            text = f"steps of {self.judge} with other words than those that people rated, left out: {self.unlike}"
            self.reader.notes.append(f"{self.place.file}: {text}")
        if self.missed:
            text = f"steps that people rated and {self.judge} does not have: {self.missed}"
            self.reader.notes.append(f"{self.place.file}: {text}")
        return found

    def _of(self, key: Key, cluster: str | None, *, stage: Stage, verdicts: Sequence[Verdict]) -> list[Rating]:
        name = composed(item_name(key.sample_id, draw=key.draw))
        own = cluster or (key.sample_id if self.drawn or self.wanted.by_step(stage) else None)
        if not self.wanted.by_step(stage):
            return [self._rating(name, own, stage=stage, verdicts=verdicts)]
        cut: dict[int, dict[int, list[Verdict]]] = defaultdict(lambda: defaultdict(list))
        for verdict in verdicts:
            if verdict.step is not None:
                cut[verdict.judge_draw][verdict.step].append(verdict)  # each repeat takes the reply apart anew
        by_item: dict[str, list[Verdict]] = defaultdict(list)
        for _, steps in sorted(cut.items()):
            for step, item in self._called(name, stage, steps).items():
                by_item[item] += steps[step]
        self.missed += len(set(self._claims(stage).get(name, ())) - set(by_item))
        return [self._rating(item, own, stage=stage, verdicts=said) for item, said in by_item.items()]

    def _claims(self, stage: Stage) -> Mapping[str, Mapping[str, str]]:
        """Made once for each criterion: people's files may have thousands of steps."""
        if stage.name not in self.claimed:
            self.claimed[stage.name] = self.wanted.claims(stage)
        return self.claimed[stage.name]

    def _called(self, name: str, stage: Stage, steps: Mapping[int, Sequence[Verdict]]) -> dict[int, str]:
        """The judge's steps by people's names for them: by their words where people's file has them, else by number.

        Two judges seldom cut a reply alike: their third steps need not be the same step.
        """
        theirs = self._claims(stage).get(name)
        if theirs is None:
            return {step: item_name(name, step=step) for step in steps}
        left = dict(theirs)
        found = {}
        for step in sorted(steps):
            words = plain_claim(steps[step][0].claim)
            item = next((item for item, claim in left.items() if claim == words), None)
            if item is not None:
                found[step] = item
                del left[item]
        self.unlike += len(steps) - len(found)
        return found

    def _rating(self, item: str, cluster: str | None, *, stage: Stage, verdicts: Sequence[Verdict]) -> Rating:
        criterion = self.wanted.name(stage)
        score = mean_of(verdicts) if self.reader.words is None else _vote(verdicts)
        sure = [verdict.confidence for verdict in verdicts if verdict.confidence is not None]
        return Rating(
            item=item,
            rater=self.judge,
            criterion=criterion,
            score=math.nan if score is None else self.reader.score(f"{score:.12g}", criterion, self.place),
            cluster=cluster,
            place=self.place,
            confidence=sum(sure) / len(sure) if sure and score is not None else None,
        )


def _vote(verdicts: Sequence[Verdict]) -> float | None:
    """Of labels, that which more ratings give than any other: between two labels there is no third."""
    count = Counter(verdict.score for verdict in verdicts if verdict.score is not None).most_common(2)
    if not count or (len(count) > 1 and count[0][1] == count[1][1]):
        return None
    return count[0][0]

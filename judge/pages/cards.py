"""A scored run as cards: one question about one answer each, with how far the judges doubt it.

What a judge said decides which cards are shown and in which order; none of it is part of what a rater sees.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from judge.case import Case
from judge.entries import digest
from judge.evaluate import NOT_FAILURES
from judge.media.provenance import UNKNOWN, Provenance, provenance_of
from judge.records import Key, Verdict
from judge.rubric import EXTRACT, Rubric, Stage
from judge.runs import Opened
from judge.score import Said, case_of, current, read_items
from judge.store import Folder
from judge.summary import Summary

Kind = Literal["failed", "cannot_judge", "disputed", "unsure", "agreed"]
KINDS: tuple[Kind, ...] = ("failed", "cannot_judge", "disputed", "unsure", "agreed")
"""The most doubtful first."""
SURE = 0.6
"""A judge's confidence (0 to 1) below which its verdict is `unsure`."""


class Doubt(NamedTuple):
    """How the judges stand to one card."""

    kind: Kind
    size: float = 0.0
    """disputed: the widest gap as a share of the scale; unsure: 1 minus the lowest confidence; else 0."""

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts the most doubtful first."""
        return KINDS.index(self.kind), -self.size


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One criterion of one answer, or one step of it, for people to rate."""

    row: str
    """Names the card: another answer, rubric or wording of the step is another card."""
    case: Case
    rubric: Rubric
    rubric_digest: str
    stage: Stage
    step: int | None = None
    claim: str = ""
    doubt: Doubt
    others: tuple[str, ...] = ()
    """Judges that heard the answer and did not rate exactly this, as they cut it into other steps."""
    root: Path | None = None
    """The folder below which the sample's files lie."""
    provenance: Provenance = UNKNOWN
    """Which of them may be shown."""
    home: int = 0
    """Which of the runs on the page it is of."""

    @property
    def key(self) -> Key:
        """Names the answer within its run."""
        return self.case.answer.key

    @property
    def scale(self) -> tuple[tuple[float, str], ...]:
        """(score, what it means), the lowest first."""
        return tuple(sorted((self.stage.scale or {}).items()))

    @property
    def sees(self) -> tuple[str, ...]:
        """What a judge of this criterion may see; thoughts of the model are for no person."""
        sees = self.stage.sees if self.stage.sees is not None else self.rubric.sees
        return tuple(name for name in sees if name != "thinking")


def row_of(parts: Mapping[str, object]) -> str:
    """A short name that starts with a letter, so that no spreadsheet takes it for a number or a date."""
    return "r" + digest(dict(parts))[:15]


def cards_of(opened: Opened, folder: Folder, summary: Summary, *, home: int = 0) -> list[Card]:
    """Every card of one run: what its judges rated, by rubric, in the order of the data."""
    run = opened.run
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    items = read_items(opened.task, opened.samples, run=run, answers=answers)
    cases = [case_of(opened.task, item, run) for item in items if item.judgeable()]
    known = folder.read_verdicts()
    age = {id(verdict): number for number, verdict in enumerate(known)}
    benches: dict[str, tuple[Rubric, list[Said]]] = {}
    for block in summary.run["judges"]:
        if block.get("combine"):
            continue  # a panel says nothing that its judges have not said
        rubric = Rubric.model_validate_json(json.dumps(block["rubric_spec"]))  # the points of a scale are keys
        like = {"judge": block["name"], "rubric": rubric.digest, "method": block["method"]}
        said = current(known, cases, like=like, rubric=rubric)
        kept = {name: group for name, group in said.items() if name[1] < int(block["repeats"])}
        benches.setdefault(rubric.digest, (rubric, []))[1].append(kept)
    for _, panels in benches.values():
        panels.sort(key=lambda said: min((age[id(group[0])] for group in said.values()), default=len(known)))
    found = []
    known_files = provenance_of(answers.values(), vouched=opened.vouched)
    for rubric_digest, (rubric, panels) in benches.items():
        by_answer = [_by_answer(said) for said in panels]
        for case in cases:
            hearings = [groups.get(case.answer.key, []) for groups in by_answer]
            mine = _of_case(case, rubric, hearings, named=rubric_digest)
            found += [dataclasses.replace(card, root=opened.root, provenance=known_files, home=home) for card in mine]
    return found


Hearings = list[list[list[Verdict]]]
"""By judge, then by repeat: the verdicts on one answer."""


def _by_answer(said: Said) -> dict[Key, list[list[Verdict]]]:
    groups: dict[Key, list[list[Verdict]]] = {}
    for (key, _), group in sorted(said.items(), key=lambda entry: entry[0][1]):
        groups.setdefault(key, []).append(group)
    return groups


def _of_case(case: Case, rubric: Rubric, hearings: Hearings, *, named: str) -> Iterator[Card]:
    for stage in rubric.rated():
        parts: list[tuple[int | None, str | None]] = [(None, None)]
        if stage.rate == "steps":
            parts = list(_steps(stage, hearings))
        heard = Heard(stage, hearings)
        for step, claim in parts:
            card = {
                "item": case.answer.key.sample_id,
                "draw": case.answer.key.draw,
                "answer": case.digest_by(rubric),
                "rubric_digest": named,
                "criterion": stage.name,
                "step": step,
                "claim": claim or "",
            }
            yield Card(
                row=row_of(card),
                case=case,
                rubric=rubric,
                rubric_digest=named,
                stage=stage,
                step=step,
                claim=claim or "",
                doubt=heard.doubt(claim),
                others=heard.others(claim),
            )


class Heard:
    """What all hearings say of one criterion, found by the step's words: an answer may have hundreds of steps."""

    def __init__(self, stage: Stage, hearings: Hearings) -> None:
        """Every verdict is looked at once."""
        self._stage = stage
        self._doubts: dict[str | None, Doubt] = {}
        self._panels = [[_Group(stage, group) for group in panel] for panel in hearings]
        every = [item for panel in hearings for group in panel for item in group]
        self._judges = tuple(dict.fromkeys(item.judge for item in every))
        self._own: dict[str | None, set[str]] = {}
        for item in every:
            if item.criterion == stage.name:
                for claim in (None, _plain(item.claim)):
                    self._own.setdefault(claim, set()).add(item.judge)

    def doubt(self, claim: str | None) -> Doubt:
        """How the judges stand to the criterion, or to the step that claims this."""
        name = None if claim is None else _plain(claim)
        if name not in self._doubts:
            said = [[group.about(name) for group in panel] for panel in self._panels]
            self._doubts[name] = _doubt(self._stage, said)
        return self._doubts[name]

    def others(self, claim: str | None) -> tuple[str, ...]:
        """The judges that heard the answer and did not rate this."""
        own = self._own.get(None if claim is None else _plain(claim), set())
        return tuple(judge for judge in self._judges if judge not in own)


class _Group:
    """One hearing."""

    def __init__(self, stage: Stage, group: Sequence[Verdict]) -> None:
        self._own = [item for item in group if item.criterion == stage.name]
        self._failed = [
            item for item in group if item.criterion in (stage.name, EXTRACT) and item.problem and item.step is None
        ]
        self._by_claim: dict[str, list[Verdict]] = {}
        for item in self._own:
            if item.step is not None:
                self._by_claim.setdefault(_plain(item.claim), []).append(item)

    def about(self, claim: str | None) -> list[Verdict]:
        own = self._own if claim is None else self._by_claim.get(claim, [])
        return own or self._failed


def _steps(stage: Stage, hearings: Hearings) -> list[tuple[int, str]]:
    """As the first hearing that rated any has them; else as the first that found them, but for the answer at the end.

    Judges cut the same answer into other steps. People rate the list of the judge that was first, which stays when
    others are asked later, and only equal claims are compared.
    """
    groups = [group for panel in hearings for group in panel]
    for group in groups:
        rated = [(item.step, item.claim) for item in group if item.criterion == stage.name and item.step is not None]
        if rated:
            return rated
    for group in groups:
        found = [(item.step, item.claim) for item in group if item.criterion == EXTRACT and item.step is not None]
        if found:
            return found[:-1]
    return []


def _doubt(stage: Stage, said: Sequence[Sequence[Sequence[Verdict]]]) -> Doubt:
    """What all hearings say of one criterion, or of one step."""
    verdicts = [item for panel in said for found in panel for item in found]
    kinds = {item.problem.kind for item in verdicts if item.problem is not None}
    if kinds - NOT_FAILURES or not verdicts:
        return Doubt("failed")
    if "cannot_judge" in kinds:
        return Doubt("cannot_judge")
    gap = _gap(said) / _width(stage)
    if gap > 0:
        return Doubt("disputed", gap)
    least = min((item.confidence for item in verdicts if item.confidence is not None), default=1.0)
    return Doubt("unsure", 1 - least) if least < SURE else Doubt("agreed")


def _plain(claim: str) -> str:
    """Claims are the same where their words are."""
    return " ".join(claim.split())


def _width(stage: Stage) -> float:
    points = tuple(stage.scale or {})
    return (max(points) - min(points)) or 1.0 if points else 1.0


def _gap(said: Sequence[Sequence[Sequence[Verdict]]]) -> float:
    """The widest of: the gap between two judges' means, and the gap between two repeats of one judge."""
    means, gaps = [], [0.0]
    for panel in said:
        scores = [item.rating for found in panel for item in found if item.rating is not None]
        if scores:
            means.append(sum(scores) / len(scores))
            gaps.append(max(scores) - min(scores))
    return max([*gaps, max(means) - min(means)]) if means else 0.0

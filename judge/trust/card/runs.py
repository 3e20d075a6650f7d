"""Measurement 10 of a card, and 5 where a run has repeats, from the verdicts of scored runs that hold now."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from judge.errors import Fault, ResultsError, nearest
from judge.evaluate import NOT_FAILURES
from judge.records import Run, Verdict
from judge.rubric import EXTRACT, Rubric, Stage
from judge.runs import reopen
from judge.score import Said, case_of, current, read_items
from judge.shell import command
from judge.stats import wilson
from judge.store import Folder
from judge.summary import read_summary
from judge.trust.card.probed import of_repeats
from judge.trust.card.records import Figure, Measurement
from judge.trust.card.ruling import FEW, by_value, enough, measured
from judge.trust.card.shapes import CorrectedMean
from judge.trust.controls import label_of
from judge.trust.probes.effects import NEAR, SAME, retest
from judge.trust.probes.reading import score_of, step_of

COVERED, COVERED_LEAST = 0.99, 0.98
MOST_LABELS = 12


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One judge's verdicts in one run, by one rubric."""

    folder: Folder
    run: Run
    block: dict[str, Any]
    """As summary.json names the judge."""
    rubric: Rubric
    said: Said
    units: dict[str, str]
    """The cluster of each sample, else the sample itself."""
    gold: dict[str, str]
    """The gold labels of each sample that has any."""

    @property
    def verdicts(self) -> list[Verdict]:
        """All of them."""
        return [verdict for group in self.said.values() for verdict in group]

    @property
    def returned_models(self) -> tuple[str, ...]:
        """The ids of the models that answered."""
        return tuple(sorted({verdict.returned_model for verdict in self.verdicts if verdict.returned_model}))


def judges_of(folder: Folder, *, judge: str | None, rubric: str | None, data: Path | None) -> list[Judged]:
    """The judges of a scored run, or the one that is named; raises ResultsError where there is none."""
    summary = read_summary(folder)
    blocks = summary.run["judges"] if summary else []
    if not blocks:
        text = f"no judge has rated it:  {command('score', folder.path)}"
        raise ResultsError(Fault(str(folder.path), None, "", text))
    chosen = [block for block in blocks if judge in (None, block["name"]) and rubric in (None, block["rubric"])]
    if not chosen:
        have = [f"{block['name']} by {block['rubric']}" for block in blocks]
        named = f"{judge or 'any judge'} by {rubric or 'any rubric'}"
        text = (
            f"{named} has not judged it{nearest(judge or '', [block['name'] for block in blocks])} ({', '.join(have)})"
        )
        raise ResultsError(Fault(str(folder.path), None, "", text))
    run = folder.read_run()
    opened = reopen(run, data, near=folder.path)
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    items = read_items(opened.task, opened.samples, run=run, answers=answers)
    cases = [case_of(opened.task, item, run) for item in items if item.judgeable() or item.declined()]
    known = folder.read_verdicts()
    found = []
    for block in chosen:
        like = {"judge": block["name"], "rubric": block["rubric_digest"], "method": block["method"]}
        rated_by = Rubric.model_validate_json(json.dumps(block["rubric_spec"]))
        found.append(
            Judged(
                folder=folder,
                run=run,
                block=block,
                rubric=rated_by,
                said=current(known, cases, like=like, rubric=rated_by),
                units={item.sample.id: item.sample.cluster or item.sample.id for item in items},
                gold={item.sample.id: label for item in items if (label := label_of(item.sample))},
            )
        )
    return found


def of_run(found: Sequence[Judged], corrected: dict[str, CorrectedMean]) -> list[tuple[str, Measurement]]:
    """By criterion, over all the runs of one judge and rubric."""
    made: list[tuple[str, Measurement]] = []
    for stage in found[0].rubric.rated():
        repeated = _repeated(found, stage)
        if repeated is not None:
            made.append((stage.name, repeated))
        made.append((stage.name, _coverage(found, stage, corrected.get(stage.name))))
    return made


def _repeated(found: Sequence[Judged], stage: Stage) -> Measurement | None:
    rows: dict[tuple[str, Any], dict[int, float]] = {}
    units = []
    for place, own in enumerate(found):
        for (key, draw), verdicts in own.said.items():
            score = score_of(verdicts, stage)
            if score is not None:
                if (str(place), key) not in rows:
                    units.append(own.units.get(key.sample_id, key.sample_id))
                rows.setdefault((str(place), key), {})[draw] = score
    draws = max((draw for row in rows.values() for draw in row), default=0) + 1
    if draws < 2 or not rows:
        return None
    table = np.full((draws, len(rows)), np.nan)
    for column, row in enumerate(rows.values()):
        for draw, score in row.items():
            table[draw, column] = score
    weighed = any(one.expected is not None for own in found for one in own.verdicts if one.criterion == stage.name)
    made = retest(table, units, step_of(stage), near=NEAR if weighed else SAME)
    return of_repeats(made) if made is not None else None


def _coverage(found: Sequence[Judged], stage: Stage, corrected: CorrectedMean | None) -> Measurement:
    mine: list[Verdict] = []
    lost_early: list[Verdict] = []
    for group in (group for own in found for group in own.said.values()):
        rated = [verdict for verdict in group if verdict.criterion == stage.name]
        mine += rated
        lost_early += [one for one in group if one.criterion == EXTRACT and one.problem and not rated]
    failed = sum(1 for verdict in [*mine, *lost_early] if verdict.problem and verdict.problem.kind not in NOT_FAILURES)
    given = sum(1 for verdict in mine if verdict.score is not None)
    abstained = sum(1 for verdict in mine if verdict.problem and verdict.problem.kind == "cannot_judge")
    asked = given + failed + abstained
    if not asked:
        figure = Figure(name="valid verdicts", ruling="not assessable", reason="nothing to rate by this criterion")
        return measured(10, [figure])
    low, high = wilson((given + abstained) / asked, asked)
    valid = Figure(
        name="valid verdicts", value=(given + abstained) / asked, low=low, high=high, n=asked, unit="share",
        wanted=f"{COVERED:.0%} or more (fail below {COVERED_LEAST:.0%})", good=(COVERED, None), ends=(0.8, 1.0),
    )  # fmt: skip
    valid = by_value(valid)
    if valid.ruling != "pass":
        valid = valid.model_copy(update={"ruling": "warn" if (valid.value or 0.0) >= COVERED_LEAST else "fail"})
    valid = enough(valid, FEW, "verdicts")
    figures = [valid, Figure(name="answers: cannot judge", value=abstained / asked, n=asked, unit="share")]
    return measured(10, [*figures, _confidence(mine), *_use(corrected), *_by_label(found, stage), *_cost(found)])


def _by_label(found: Sequence[Judged], stage: Stage) -> list[Figure]:
    """Answers without a rating, by gold label: a judge may refuse anger and rate joy. The worst first."""
    heard: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for own in found:
        for (key, _), verdicts in own.said.items():
            label = own.gold.get(key.sample_id)
            rated = [verdict for verdict in verdicts if verdict.criterion in (stage.name, EXTRACT)]
            if label is None or not rated:
                continue
            heard[label] += 1
            lost[label] += score_of(verdicts, stage) is None and any(verdict.problem for verdict in rated)
    if len(heard) < 2:
        return []
    worst = sorted(heard, key=lambda label: (-lost[label] / heard[label], label))[:MOST_LABELS]
    return [
        Figure(name=f"no rating where the label is {label[:80]}", value=lost[label] / heard[label], n=heard[label],
               unit="share")
        for label in worst
        if lost[label]
    ]  # fmt: skip


def _confidence(mine: Sequence[Verdict]) -> Figure:
    """How right it is when it is sure needs people's rating of each answer: only told here."""
    known = [verdict.confidence for verdict in mine if verdict.confidence is not None]
    if not known:
        return Figure(name="mean confidence", reason="the judge gives no confidence")
    text = "calibration needs people's ratings of the same answers"
    return Figure(name="mean confidence", value=sum(known) / len(known), n=len(known), reason=text)


def _use(found: CorrectedMean | None) -> list[Figure]:
    if found is None:
        return [Figure(name="mean put right (PPI++)", reason="no judge trust correct --json was given")]
    told = [("the judge's mean", found.judge_only), ("mean put right (PPI++)", found.ppi)]
    figures = [
        Figure(name=name, value=mean.value, low=mean.low, high=mean.high, n=found.labelled, reason=mean.reason)
        for name, mean in told
    ]
    figures.append(Figure(name="lambda", value=found.weight, n=found.labelled))
    figures.append(Figure(name="worth in labels", value=found.effective_n, n=found.labelled, unit="labels"))
    if found.needed_alone is not None:
        reason = "" if found.needed is not None else "more than can be drawn from these items"
        figures.append(Figure(name="labels for ±2% of the scale", value=found.needed, unit="labels", reason=reason))
        figures.append(Figure(name="the same without the judge", value=found.needed_alone, unit="labels"))
    return figures


def _cost(found: Sequence[Judged]) -> list[Figure]:
    """Of the hearings that were made: one whose replies came from the cache cost nothing and says nothing."""
    hearings = [group for own in found for group in own.said.values()]
    costs = [sum(paid) for group in hearings if (paid := [one.cost for one in group if one.cost is not None])]
    took = [sum(own) for group in hearings if (own := [one.seconds for one in group if one.seconds is not None])]
    name = "cost of judging 1,000 answers, by all criteria"
    if costs:
        money = Figure(name=name, value=sum(costs) / len(costs) * 1000, n=len(costs), unit="usd")
    else:
        money = Figure(name=name, reason="no price is known, or it is free")
    if not took:
        return [money]
    return [money, Figure(name="seconds of calls for one answer", value=sum(took) / len(took), n=len(took))]


def only_corrected(found: CorrectedMean) -> Measurement:
    """Where there is no run: what the judge is worth, told and not ruled on."""
    return measured(10, _use(found)).model_copy(update={"reason": "no run: give it for coverage"})

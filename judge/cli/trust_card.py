"""`judge trust card`: one page for each judge, from agreement files, probes and scored runs, whatever is there."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import judge
from judge.cli.main import COMPLETE
from judge.cli.terminal import say, table, warn
from judge.errors import UsageError, nearest
from judge.regular import read_regular
from judge.runs import now
from judge.store import Folder, make_folder, write_whole
from judge.trust.card import markdown, page
from judge.trust.card.badge import SHORT, line_of
from judge.trust.card.family import of_family
from judge.trust.card.further import of_further
from judge.trust.card.keeping import CARD, CARDS, PAGE, PROBES, TEXT, Identity
from judge.trust.card.making import Parts, criteria_of, plain
from judge.trust.card.probed import of_probes
from judge.trust.card.records import Card, DataSet, Figure, Measurement
from judge.trust.card.runs import Judged, judges_of, of_run, only_corrected
from judge.trust.card.shapes import LARGEST, Agreed, AgreeFile, CorrectedMean, CorrectFile, Levels, read_shape
from judge.trust.card.words import MARKS
from judge.trust.families import family_of, known_family
from judge.trust.probes.results import Found, Probes, read_probes

_LICENCE = re.compile(r"([^()]{1,300})\(([^()]{1,100})\)\s{0,9}")


@dataclasses.dataclass(slots=True, kw_only=True)
class Given:
    """Everything that the files and runs say, of all judges."""

    agreed: list[tuple[AgreeFile, Agreed]] = dataclasses.field(default_factory=list)
    corrected: dict[tuple[str, str], CorrectedMean] = dataclasses.field(default_factory=dict)
    judged: list[Judged] = dataclasses.field(default_factory=list)
    sources: list[str] = dataclasses.field(default_factory=list)


def card(options: argparse.Namespace) -> int:
    """Make the card of every judge that is wanted, and name its files."""
    if not (options.runs or options.agree or options.probes):
        raise UsageError("nothing to make a card from: name a scored run, or give --agree FILE or --probes FILE")
    given = _read(options)
    home = Path(options.cards) if options.cards else _home(options)
    probes = read_probes(Path(options.probes)) if options.probes else None
    if options.probes and probes is None:
        raise UsageError(f"--probes {options.probes}: no such file")
    identities = _identities(given, options, probes)
    if options.probes and len(identities) > 1:
        raise UsageError("--probes is of one judge: name it by --judge")
    for identity in identities:
        folder = home / identity.folder
        own = probes or read_probes(folder / PROBES)
        _write(folder, _made(identity, given, options=options, probes=_of(own, identity)))
    return COMPLETE


def _home(options: argparse.Namespace) -> Path:
    return Path(os.path.normpath(Path(options.runs[0]) / ".." / CARDS)) if options.runs else Path("results") / CARDS


def _read(options: argparse.Namespace) -> Given:
    given = Given()
    for name in options.agree:
        file = read_shape(Path(name), AgreeFile, "judge trust agree --json")
        given.agreed += [(file, found) for found in file.results if found.judge is not None]
        given.sources.append(_source(Path(name)))
    for name in options.correct:
        corrections = read_shape(Path(name), CorrectFile, "judge trust correct --json")
        for row in corrections.results:
            named = (row.judge, plain(row.criterion))
            if named in given.corrected:
                raise UsageError(f"--correct: {named[0]} on {named[1]} stands in two of the files. Give one")
            given.corrected[named] = row.mean
        given.sources.append(_source(Path(name)))
    data = Path(options.data) if options.data else None
    for path in {Path(name).resolve(): Path(name) for name in options.runs}.values():
        given.judged += judges_of(Folder(path), judge=None, rubric=options.rubric, data=data)
    return given


def _source(path: Path) -> str:
    return f"{path.name} (sha256 {hashlib.sha256(read_regular(path, LARGEST)).hexdigest()[:12]})"


def _identities(given: Given, options: argparse.Namespace, probes: Probes | None) -> list[Identity]:
    """Judges of runs by rubric and method; without a run, those of the probes or of the agreement files."""
    title = options.title or ""
    found = [
        Identity(
            judge=one.block["name"],
            method=one.block["method"],
            rubric=one.rubric.name,
            rubric_digest=one.rubric.digest,
            title=title,
        )
        for one in given.judged
    ]
    if not found and probes is not None:
        found = [
            Identity(
                judge=probes.judge,
                method=probes.method,
                rubric=probes.rubric,
                rubric_digest=probes.rubric_digest,
                title=title,
            )
        ]
    if not found:
        found = [Identity(judge=one.judge or "", title=title) for _, one in given.agreed]
    every = list(dict.fromkeys(found))
    chosen = [item for item in every if options.judge in (None, item.judge)]
    if not chosen:
        names = list(dict.fromkeys(item.judge for item in every))
        near = nearest(options.judge or "", names)
        raise UsageError(f'--judge: no judge "{options.judge}"{near} (there are: {", ".join(names) or "none"})')
    return chosen


def _of(probes: Probes | None, identity: Identity) -> Probes | None:
    """Probes of exactly this judge, method and rubric; others are said and left out."""
    if probes is None:
        return None
    same = (probes.judge, probes.method, probes.rubric_digest)
    if same == (identity.judge, identity.method, identity.rubric_digest):
        return probes
    warn(f"the probes are of {probes.judge} by {probes.rubric} {probes.rubric_digest[:8]}, asked another way: left out")
    return None


def _made(identity: Identity, given: Given, *, options: argparse.Namespace, probes: Probes | None) -> Card:
    mine = [
        one
        for one in given.judged
        if (one.block["name"], one.block["method"], one.rubric.digest)
        == (identity.judge, identity.method, identity.rubric_digest)
    ]
    agreed = _agreed(given, identity)
    corrected = {criterion: mean for (name, criterion), mean in given.corrected.items() if name == identity.judge}
    family = known_family(options.family) or family_of(identity.judge)
    parts = Parts(
        agreed={plain(found.criterion): found for _, found in agreed},
        measured=[*_measured(mine, given, corrected=corrected, family=family), *_probed(probes)],
        further=_further(agreed),
        scales=_scales(agreed, mine),
    )
    models = sorted(
        {name for one in mine for name in one.returned_models} | set(probes.returned_models if probes else ())
    )
    return Card(
        title=options.title or "",
        judge=identity.judge,
        method=identity.method,
        returned_models=tuple(models),
        rubric=identity.rubric,
        rubric_version=mine[0].rubric.version if mine else probes.rubric_version if probes else None,
        rubric_digest=identity.rubric_digest,
        sampling=probes.sampling if probes else None,
        repeats=probes.repeats if probes else max((int(one.block["repeats"]) for one in mine), default=None),
        made=now(),
        judge_version=judge.__version__,
        data_sets=_data_sets(options, mine, agreed),
        people=options.people,
        raters=tuple(dict.fromkeys(name for _, found in agreed for name in found.humans)),
        family=family,
        contestants=tuple(sorted({family_of(one.run.model) or one.run.model for one in mine})),
        criteria=criteria_of(parts),
        warnings=tuple(_warnings(mine, models, family=family, probes=probes)),
        sources=tuple(given.sources),
    )


def _agreed(given: Given, identity: Identity) -> list[tuple[AgreeFile, Agreed]]:
    """Of this judge; an agreement by another rubric says nothing of this one."""
    found: list[tuple[AgreeFile, Agreed]] = []
    for file, one in given.agreed:
        rubric, _, _ = one.criterion.rpartition("/")
        if one.judge != identity.judge or (rubric and identity.rubric and rubric != identity.rubric):
            continue
        if identity.rubric_digest and file.rubric is not None and file.rubric.digest != identity.rubric_digest:
            text = f"agreement by {file.rubric.name} {file.rubric.digest[:8]} is left out: the card is of"
            warn(f"{text} {identity.rubric} {identity.rubric_digest[:8]}")
            continue
        method = file.methods.get(identity.judge, "")
        if method and identity.method and method != identity.method:
            text = f"agreement of {identity.judge} asked another way ({method}) is left out: this card is of"
            warn(f"{text} {identity.method}")
            continue
        if any(plain(known.criterion) == plain(one.criterion) for _, known in found):
            text = f"--agree: {one.judge} on {plain(one.criterion)} stands in two of the files, which may differ"
            raise UsageError(f"{text}. Give one; or read both into one: judge trust agree --human A --human B")
        found.append((file, one))
    return found


def _further(agreed: Sequence[tuple[AgreeFile, Agreed]]) -> dict[str, list[tuple[int, Figure]]]:
    found: dict[str, list[tuple[int, Figure]]] = {}
    for file, one in agreed:
        own = of_further(file, judge=one.judge or "", criterion=one.criterion, step=one.scale.step)
        found.setdefault(plain(one.criterion), []).extend(own)
    return found


def _measured(
    mine: Sequence[Judged], given: Given, *, corrected: dict[str, CorrectedMean], family: str
) -> list[tuple[str, Measurement]]:
    if not mine:
        return [(criterion, only_corrected(mean)) for criterion, mean in corrected.items()]
    others = [
        one
        for one in given.judged
        if one.rubric.digest == mine[0].rubric.digest and one.block["name"] != mine[0].block["name"]
    ]
    made = of_run(mine, corrected)
    return [
        *made,
        *((stage.name, of_family(mine, others, family=family, stage=stage)) for stage in mine[0].rubric.rated()),
    ]


def _probed(probes: Probes | None) -> list[tuple[str, Measurement]]:
    if probes is None:
        return []
    by_criterion: dict[str, dict[str, Found]] = {}
    for found in probes.results:
        by_criterion.setdefault(found.criterion, {})[found.probe] = found
    return [(criterion, made) for criterion, own in by_criterion.items() for made in of_probes(own, probes.repeats)]


def _scales(agreed: Sequence[tuple[AgreeFile, Agreed]], mine: Sequence[Judged]) -> dict[str, str]:
    stages = {stage.name: sorted(stage.scale or {}) for one in mine for stage in one.rubric.rated()}
    found = {name: _levels(Levels(levels=tuple(points))) for name, points in stages.items()}
    return {plain(one.criterion): _levels(one.scale) for _, one in agreed} | found


def _levels(scale: Levels) -> str:
    return ", ".join(f"{level:g}" for level in scale.levels[:12]) + (", ..." if len(scale.levels) > 12 else "")


def _data_sets(
    options: argparse.Namespace, mine: Sequence[Judged], agreed: Sequence[tuple[AgreeFile, Agreed]]
) -> tuple[DataSet, ...]:
    """Those that are named; else the runs' tasks."""
    if options.data_sets:
        items = max((found.n for _, found in agreed), default=None)
        split = [(_LICENCE.fullmatch(text), text) for text in options.data_sets]
        items = items if len(split) == 1 else None
        return tuple(
            DataSet(name=found[1].strip() if found else text, licence=found[2] if found else "", items=items)
            for found, text in split
        )
    known = {one.run.task: DataSet(name=one.run.task, licence=one.run.licence, items=len(one.units)) for one in mine}
    return tuple(known.values())


def _warnings(mine: Sequence[Judged], models: Sequence[str], *, family: str, probes: Probes | None) -> list[str]:
    said = []
    if len(models) > 1:
        said.append(f"the judge's model changed between runs: {', '.join(models)} answered. The numbers mix them.")
    shared = sorted({one.run.model for one in mine if family and family_of(one.run.model) == family})
    if shared:
        said.append(f"the judge shares a family ({family}) with models that it judged: {', '.join(shared)}")
    if probes is not None and probes.stopped:
        said.append(f"the probes are not whole: {probes.stopped}")
    return said


def _write(folder: Path, made: Card) -> None:
    make_folder(folder)
    write_whole(folder / CARD, json.dumps(made.model_dump(mode="json"), indent=1, allow_nan=False) + "\n")
    write_whole(folder / TEXT, markdown.render(made))
    write_whole(folder / PAGE, page.render(made))
    say(f"{made.judge}{' by ' + made.rubric if made.rubric else ''}: {line_of(made)}")
    for text in made.warnings:
        warn(f"  {text}")
    head = ["criterion", *(f"{number} {name}" for number, name in SHORT.items())]
    rows = [[item.criterion, *(f"{MARKS[found.ruling]} {_short(found.ruling)}" for found in item.measurements)]
            for item in made.criteria]  # fmt: skip
    for line in table([head, *rows]):
        say(f"  {line}")
    for name in (TEXT, CARD, PAGE):
        say(str(folder / name))


def _short(ruling: str) -> str:
    return "n/a" if ruling == "not assessable" else ruling

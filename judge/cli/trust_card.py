"""`judge trust card`: one page for each judge, from agreement files, probes and scored runs, whatever is there."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import judge
from judge.cli.main import COMPLETE
from judge.cli.terminal import say, table, warn
from judge.cli.trust_card_input import Given, agreed_of, identities, read
from judge.errors import UsageError
from judge.runs import now
from judge.store import make_folder, write_whole
from judge.trust.card import markdown, page
from judge.trust.card.badge import SHORT, line_of
from judge.trust.card.family import of_family
from judge.trust.card.further import of_further
from judge.trust.card.keeping import CARD, CARDS, PAGE, PROBES, TEXT, Identity
from judge.trust.card.making import Parts, criteria_of, plain
from judge.trust.card.paired import of_pairs
from judge.trust.card.probed import of_claims, of_probes
from judge.trust.card.records import Card, DataSet, Figure, Measurement
from judge.trust.card.runs import Judged, of_run, only_corrected
from judge.trust.card.shapes import Agreed, AgreeFile, CorrectedMean, Levels
from judge.trust.card.shapes_pairs import PairsBlock
from judge.trust.card.words import MARKS
from judge.trust.families import family_of, known_family
from judge.trust.probes.results import Found, Probes, read_probes

_LICENCE = re.compile(r"([^()]{1,300})\(([^()]{1,100})\)\s{0,9}")


def card(options: argparse.Namespace) -> int:
    """Make the card of every judge that is wanted, and name its files."""
    if not (options.runs or options.agree or options.probes or options.pairs):
        raise UsageError("nothing to make a card from: name a scored run, or give --agree, --pairs or --probes FILE")
    given = read(options)
    home = Path(options.cards) if options.cards else _home(options)
    probes = read_probes(Path(options.probes)) if options.probes else None
    if options.probes and probes is None:
        raise UsageError(f"--probes {options.probes}: no such file")
    wanted = identities(given, options, probes)
    if options.probes and len(wanted) > 1:
        raise UsageError("--probes is of one judge: name it by --judge")
    for identity in wanted:
        folder = home / identity.folder
        own = probes or read_probes(folder / PROBES)
        _write(folder, _made(identity, given, options=options, probes=_of(own, identity)))
    return COMPLETE


def _home(options: argparse.Namespace) -> Path:
    return Path(os.path.normpath(Path(options.runs[0]) / ".." / CARDS)) if options.runs else Path("results") / CARDS


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
    agreed = agreed_of(given, identity)
    pairs = [
        one
        for one in given.pairs
        if (one.judge, one.method, one.rubric.digest) == (identity.judge, identity.method, identity.rubric_digest)
    ]
    corrected = {criterion: mean for (name, criterion), mean in given.corrected.items() if name == identity.judge}
    family = known_family(options.family) or family_of(identity.judge)
    judged = {one.run.model for one in mine} | _systems(agreed, identity.judge)
    parts = Parts(
        agreed={plain(found.criterion): found for _, found in agreed},
        measured=[*_measured(mine, given, corrected=corrected, family=family), *_probed(probes), *_paired(pairs)],
        further=_further(agreed, probes),
        scales=_scales(agreed, mine),
    )
    models = {name for one in mine for name in one.returned_models}
    models |= {name for one in pairs for name in one.returned_models} | set(probes.returned_models if probes else ())
    return Card(
        title=options.title or "",
        judge=identity.judge,
        method=identity.method,
        returned_models=tuple(sorted(models)),
        rubric=identity.rubric,
        rubric_version=_version(mine, pairs, probes),
        rubric_digest=identity.rubric_digest,
        sampling=probes.sampling if probes else None,
        repeats=probes.repeats if probes else max(_repeats(mine, pairs), default=None),
        made=now(),
        judge_version=judge.__version__,
        data_sets=_data_sets(options, mine, agreed) or _sets_of(pairs),
        people=options.people,
        raters=tuple(dict.fromkeys(name for _, found in agreed for name in found.humans)),
        family=family,
        contestants=tuple(sorted({family_of(name) or name for name in judged})),
        criteria=criteria_of(parts),
        warnings=tuple(_warnings(judged, sorted(models), family=family, probes=probes)),
        sources=tuple(given.sources),
    )


def _systems(agreed: Sequence[tuple[AgreeFile, Agreed]], judge: str) -> set[str]:
    """The models whose answers people and the judge rated, where the ratings name them."""
    return {one.name for file, _ in agreed for found in file.systems if found.judge == judge for one in found.systems}


def _version(mine: Sequence[Judged], pairs: Sequence[PairsBlock], probes: Probes | None) -> int | None:
    known = [one.rubric.version for one in mine] + [one.rubric.version for one in pairs]
    known += [probes.rubric_version] if probes else []
    return known[0] if known else None


def _repeats(mine: Sequence[Judged], pairs: Sequence[PairsBlock]) -> list[int]:
    return [int(one.block["repeats"]) for one in mine] + [one.repeats for one in pairs]


def _sets_of(pairs: Sequence[PairsBlock]) -> tuple[DataSet, ...]:
    return tuple(DataSet(name=one.task, licence=one.licence[:400], items=one.pairs) for one in pairs if one.task)


def _further(agreed: Sequence[tuple[AgreeFile, Agreed]], probes: Probes | None) -> dict[str, list[tuple[int, Figure]]]:
    found: dict[str, list[tuple[int, Figure]]] = {}
    for file, one in agreed:
        own = of_further(file, judge=one.judge or "", criterion=one.criterion, step=one.scale.step)
        found.setdefault(plain(one.criterion), []).extend(own)
    for criterion, probed in _by_criterion(probes).items():
        claim = of_claims(probed)
        found.setdefault(criterion, []).extend([(9, claim)] if claim is not None else [])
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
    repeats = probes.repeats if probes else 0
    return [(criterion, made) for criterion, own in _by_criterion(probes).items() for made in of_probes(own, repeats)]


def _by_criterion(probes: Probes | None) -> dict[str, dict[str, Found]]:
    found: dict[str, dict[str, Found]] = {}
    for one in probes.results if probes else ():
        found.setdefault(one.criterion, {})[one.probe] = one
    return found


def _paired(own: Sequence[PairsBlock]) -> list[tuple[str, Measurement]]:
    """Each set of pairs is a criterion of its own, by its name where there are several."""
    return [
        (f"{one.rubric.criterion}, {one.task}" if len(own) > 1 else one.rubric.criterion, made)
        for one in own
        for made in of_pairs(one)
    ]


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


def _warnings(judged: set[str], models: Sequence[str], *, family: str, probes: Probes | None) -> list[str]:
    """`judged`: the models whose answers it rated; `models`: those that answered as the judge."""
    said = []
    if len(models) > 1:
        said.append(f"the judge's model changed between runs: {', '.join(models)} answered. The numbers mix them.")
    shared = sorted(name for name in judged if family and family_of(name) == family)
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

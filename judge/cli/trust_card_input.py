"""What `judge trust card` reads: agreement, corrections, pairs and scored runs, and of whom cards can be made."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
from pathlib import Path

from judge.cli.terminal import warn
from judge.errors import UsageError, nearest
from judge.regular import read_regular
from judge.shell import command
from judge.store import Folder
from judge.summary import age, read_summary
from judge.trust.card.keeping import Identity
from judge.trust.card.making import plain
from judge.trust.card.runs import Judged, judges_of
from judge.trust.card.shapes import LARGEST, Agreed, AgreeFile, CorrectedMean, CorrectFile, read_shape
from judge.trust.card.shapes_pairs import PairsBlock, PairsFile
from judge.trust.probes.results import Probes


@dataclasses.dataclass(slots=True, kw_only=True)
class Given:
    """Everything that the files and runs say, of all judges."""

    agreed: list[tuple[AgreeFile, Agreed]] = dataclasses.field(default_factory=list)
    corrected: dict[tuple[str, str], CorrectedMean] = dataclasses.field(default_factory=dict)
    judged: list[Judged] = dataclasses.field(default_factory=list)
    pairs: list[PairsBlock] = dataclasses.field(default_factory=list)
    sources: list[str] = dataclasses.field(default_factory=list)


def read(options: argparse.Namespace) -> Given:
    """All files and runs that are named; raises ResultsError or UsageError."""
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
    for name in options.pairs:
        given.pairs += read_shape(Path(name), PairsFile, "judge trust pairs").judges
        given.sources.append(_source(Path(name)))
    data = Path(options.data) if options.data else None
    for path in {Path(name).resolve(): Path(name) for name in options.runs}.values():
        given.judged += judges_of(Folder(path), judge=None, rubric=options.rubric, data=data)
        summary = read_summary(Folder(path))
        if summary is not None and age(summary.rule):
            warn(f"{path}: {age(summary.rule)}:  {command('score', path)}")
    return given


def _source(path: Path) -> str:
    return f"{path.name} (sha256 {hashlib.sha256(read_regular(path, LARGEST)).hexdigest()[:12]})"


def identities(given: Given, options: argparse.Namespace, probes: Probes | None) -> list[Identity]:
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
    found += [
        Identity(
            judge=one.judge, method=one.method, rubric=one.rubric.name, rubric_digest=one.rubric.digest, title=title
        )
        for one in given.pairs
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


def agreed_of(given: Given, identity: Identity) -> list[tuple[AgreeFile, Agreed]]:
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
            raise UsageError(
                f"{text}. Give one; or read both into one: {command('trust', 'agree', '--human', 'A', '--human', 'B')}"
            )
        found.append((file, one))
    return found

"""What a report says, before any format: sections with paragraphs and tables; numbers come from summaries only.

Runs are put side by side only where task, prompt and settings are the same; other protocols are never ranked together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import judge
from judge.records import Mode
from judge.report.citations import of_runs
from judge.report.fates import judges, states
from judge.report.naming import named_apart, wordings
from judge.report.panels import panels
from judge.report.scores import categories, differences, groups, letters, scores
from judge.report.suites import Entry
from judge.report.suites import sections as of_suites
from judge.report.tables import Document, Section, Table
from judge.shell import command
from judge.summary import Summary


def compose(
    summaries: Sequence[Summary], *, unscored: Sequence[str], first: Mode, suites: Sequence[Entry] = ()
) -> Document:
    """The report of all suites and runs; runs without a summary are named, not dropped."""
    sections: list[Section] = list(of_suites(suites, first))
    for title, runs in _protocols(summaries):
        members = named_apart(runs)
        sections.append(_overview(title, members))
        sections += [scores(members, mode) for mode in (first, _other(first))]
        sections += [differences(members), *groups(members, first)]
        sections += [*categories(members, first), letters(members)]
        sections += [states(members), judges(members), panels(members, first), of_runs(members, first)]
    if unscored:
        names = ", ".join(unscored)
        sections.append(Section(title="Not scored yet", paragraphs=(f"{names}: {command('score')}, then report.",)))
    sections += [_signatures(summaries, suites), _reading()]
    lead = (
        f"{len(summaries)} scored run{'s' if len(summaries) != 1 else ''}, judge {judge.__version__}. "
        f"Rates are x 100, with 95% intervals; {first} first.",
    )
    return Document(
        title="Evaluation report",
        lead=lead,
        sections=tuple(section for section in sections if section.paragraphs or section.tables),
    )


def _other(mode: Mode) -> Mode:
    return "faithful" if mode == "strict" else "strict"


def _protocols(summaries: Sequence[Summary]) -> list[tuple[str, list[Summary]]]:
    """Runs that may stand side by side: the same prompts, settings and data; a title says what tells them apart."""
    found: dict[tuple[str, str, str], list[Summary]] = {}
    for summary in summaries:
        run = summary.run
        settings = "".join(f" · {name}={value}" for name, value in sorted(run["settings"].items()) if name != "media")
        title = f"{run['task']} v{run['task_version']} · {run['variant']}{settings}"
        found.setdefault((title, run["ask_digest"], run["data_sha256"]), []).append(summary)
    titles = Counter(title for title, _, _ in found)
    return [
        (title if titles[title] == 1 else f"{title} · prompts {ask[:8]}, data {data[:8]}", members)
        for (title, ask, data), members in sorted(found.items())
    ]


def _overview(title: str, members: Sequence[Summary]) -> Section:
    run = members[0].run
    paragraphs = [str(run["about"]), f"Licence: {run['licence']}."]
    paragraphs += [str(run["citation"])] if run.get("citation") else []
    paragraphs += wordings(members)
    return Section(title=title, paragraphs=tuple(paragraphs))


def _signatures(summaries: Sequence[Summary], suites: Sequence[Entry]) -> Section:
    lines = [item.signature for entry in suites for item in entry.summary.averages]
    lines += [item.signature for summary in summaries for item in summary.estimates if item.group == "overall"]
    return Section(
        title="Signatures",
        paragraphs=("How each number was made; equal signatures but for the model may be compared.",),
        tables=(
            Table(
                caption="",
                header=("signature",),
                rows=tuple((line,) for line in dict.fromkeys(lines)),
            ),
        ),
    )


def _reading() -> Section:
    return Section(
        title="How to read this",
        paragraphs=(
            "strict: n is every expected answer; one that was refused, empty, lost or not readable counts 0 (of a "
            "metric without a lowest value: what the task states, else the number is null, no_floor). "
            "faithful: n is what the benchmark authors' own rule keeps.",
            "missing: answers without a value. What our side could not measure (a failed judge, a script without a "
            "tokenizer, a reply without steps) is left out of both modes and counted here; it is never 0.",
            "Intervals are 95%, clustered where the task names a cluster; where no method gives 95% of so few data, "
            "a wider one stands with its reason (docs/intervals.md).",
            "A judged score is worth what its judge is worth: its validity stands beside its name.",
        ),
    )

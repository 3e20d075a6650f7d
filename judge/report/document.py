"""What a report says, before any format: sections with paragraphs and tables; numbers come from summaries only.

Runs are put side by side only where task, prompt and settings are the same; other protocols are never ranked together.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence

import judge
from judge.records import Estimate, Mode
from judge.report.tables import Document, Section, Table
from judge.senses import digest_part, words
from judge.statuses import STATUSES
from judge.statuses import kinds as kinds_of
from judge.summary import Summary

UNREAD = ("ambiguous", "unparsed", "out_of_range", "refused")
ACROSS = 5


def compose(summaries: Sequence[Summary], *, unscored: Sequence[str], first: Mode) -> Document:
    """The report of all runs; runs without a summary are named, not dropped."""
    sections: list[Section] = []
    for title, runs in _protocols(summaries):
        members = _named_apart(runs)
        sections.append(_overview(title, members))
        sections += [_scores(members, mode) for mode in (first, _other(first))]
        sections += list(_groups(members, first))
        sections += [_states(members), _judges(members), _references(members)]
    if unscored:
        names = ", ".join(unscored)
        sections.append(Section(title="Not scored yet", paragraphs=(f"{names}: python -m judge score, then report.",)))
    sections += [_signatures(summaries), _reading()]
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
    return Section(title=title, paragraphs=tuple(paragraphs))


def _scores(members: Sequence[Summary], mode: Mode) -> Section:
    """Metrics down and models across, as long as the models fit across; else the other way round."""
    columns = _columns(members, mode)
    ordered = sorted(members, key=lambda item: str(item.run["model"]))
    found = [
        {(item.metric, item.judge): item for item in summary.estimates if _is_overall(item, mode)}
        for summary in ordered
    ]
    names = [f"{metric} ({judge})" if judge else metric for metric, judge in columns]
    models = [_who(summary) for summary in ordered]
    cells = [[cell(own.get(column)) for own in found] for column in columns]
    if len(models) <= ACROSS:
        rows = [(name, *row) for name, row in zip(names, cells, strict=True)]
        header = ("metric", *models)
    else:
        rows = [(model, *row) for model, row in zip(models, zip(*cells, strict=True), strict=True)]
        header = ("model", *names)
    caption = {
        "strict": "Every expected answer is in the denominator: what the model did not deliver counts 0.",
        "faithful": "By the benchmark authors' own rule for answers that cannot be read.",
    }[mode]
    return Section(title=f"Scores, {mode}", level=3, tables=(Table(caption=caption, header=header, rows=tuple(rows)),))


def _is_overall(item: Estimate, mode: Mode) -> bool:
    return item.group == "overall" and item.mode == mode


def _columns(members: Sequence[Summary], mode: Mode) -> list[tuple[str, str | None]]:
    pairs = ((item.metric, item.judge) for summary in members for item in summary.estimates if _is_overall(item, mode))
    return list(dict.fromkeys(pairs))


def _who(summary: Summary) -> str:
    state = summary.run["state"]
    return str(summary.run["shown"]) + ("" if state == "complete" else f" ({state})")


def _named_apart(summaries: Sequence[Summary]) -> list[Summary]:
    """Each run by its model; by its folder, too, where a model has several runs."""
    counts = Counter(str(summary.run["model"]) for summary in summaries)
    return [
        dataclasses.replace(summary, run=summary.run | {"shown": _shown_name(summary, counts)}) for summary in summaries
    ]


def _shown_name(summary: Summary, counts: Counter[str]) -> str:
    model = str(summary.run["model"])
    senses = summary.run.get("senses") or {}
    sent = f" [{words(senses)}]" if digest_part(senses) else ""
    return model + sent if counts[model] == 1 else f"{model}{sent}, {summary.run['folder']}"


def cell(item: Estimate | None) -> str:
    """77.50 [62.50, 87.68] · n 40, valid 38, missing 2; a dash where the metric was not asked for."""
    if item is None:
        return "–"
    counts = f"n {item.n}" + (f", valid {item.valid}, missing {item.missing}" if item.missing else "")
    if item.value is None:
        return f"null: {item.reason} · {counts}"
    factor = 100.0 if item.scale == (0.0, 1.0) else 1.0
    value = f"{item.value * factor:.2f}"
    if item.low is not None and item.high is not None:
        value += f" [{item.low * factor:.2f}, {item.high * factor:.2f}]"
    return f"{value} · {counts}"


def _groups(members: Sequence[Summary], mode: Mode) -> Iterable[Section]:
    every = (item for summary in members for item in summary.estimates)
    for metric, judge_ in dict.fromkeys((item.metric, item.judge) for item in every):
        rows = []
        names: dict[str, None] = {}
        for summary in members:
            own = [item for item in summary.estimates if (item.metric, item.judge, item.mode) == (metric, judge_, mode)]
            found = {item.group: item for item in own if item.group != "overall"}
            names |= dict.fromkeys(found)
            rows.append((_who(summary), found))
        if names:
            title = f"{metric} ({judge_})" if judge_ else metric
            table = Table(
                caption=f"{title}, {mode}",
                header=("model", *names),
                rows=tuple((who, *(cell(found.get(name)) for name in names)) for who, found in rows),
            )
            yield Section(title=f"{title} by group", level=3, tables=(table,))


def _states(members: Sequence[Summary]) -> Section:
    rows = []
    for summary in members:
        statuses = summary.run["statuses"]
        parse = summary.problems.get("parse", {})
        judged = summary.problems.get("judge", {})
        rows.append(
            (
                _who(summary),
                str(summary.run["expected"]),
                *(str(statuses[name]) for name in STATUSES),
                str(summary.run["not_asked"]),
                kinds_of(summary.run["errors"]) or "–",
                *(str(parse.get(name, {}).get("n", 0)) for name in UNREAD),
                ", ".join(f"{entry['n']} {kind}" for kind, entry in sorted(judged.items())) or "0",
                _money(summary),
            )
        )
    header = (
        "model",
        "expected",
        *STATUSES,
        "not asked",
        "error by kind",
        *(f"read: {name}" for name in UNREAD),
        "judge",
        "cost",
    )
    caption = "How every expected answer ended (ok to not asked), and how many replies could not be read as an answer."
    return Section(
        title="What happened to every answer",
        level=3,
        tables=(Table(caption=caption, header=header, rows=tuple(rows)),),
        paragraphs=tuple(_examples(members)),
    )


def _money(summary: Summary) -> str:
    run = summary.run
    if run["kind"] in ("free", "imported") and not run["judge_cost"]:
        return "free"
    if not run["cost"] + run["judge_cost"] and run["tokens"]["output"] and run["kind"] in ("paid", "local"):
        return "unknown"
    return f"${run['cost'] + run['judge_cost']:.4f}"


def _examples(members: Sequence[Summary]) -> Iterable[str]:
    for summary in members:
        for stage, kinds in summary.problems.items():
            for kind, entry in kinds.items():
                named = ", ".join(entry["samples"])
                said = summary.run["messages"].get(f"{stage}.{kind}", "")
                yield f"{_who(summary)} · {stage}: {kind} ({entry['n']}): {named}. {said}".rstrip()


def _judges(members: Sequence[Summary]) -> Section:
    found: dict[tuple[str, str], str] = {}
    for summary in members:
        for block in summary.run["judges"]:
            kind = "a heuristic that compares words, not meaning" if block["heuristic"] else "a language model"
            rubric = f"rubric {block['rubric']} v{block['rubric_version']} ({block['rubric_digest'][:8]})"
            times = f", asked {block['repeats']} times" if block["repeats"] > 1 else ""
            found[block["judge"], rubric] = f"{block['judge']}: {kind}; {rubric}{times}; {block['validity']}."
    return Section(title="Judges", level=3, paragraphs=tuple(found.values()))


def _references(members: Sequence[Summary]) -> Section:
    rows = [
        (item["model"], item["metric"], f"{item['value']:.2f}", item["source"], item.get("caveat") or "")
        for item in members[0].run["references"]
    ]
    header = ("model", "metric", "value", "source", "caveat")
    caption = "As printed by their authors; read the caveat before comparing."
    tables = (Table(caption=caption, header=header, rows=tuple(rows), left=frozenset({0, 1, 3, 4})),) if rows else ()
    return Section(title="Published numbers", level=3, tables=tables)


def _signatures(summaries: Sequence[Summary]) -> Section:
    lines = [item.signature for summary in summaries for item in summary.estimates if item.group == "overall"]
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
            "strict: n is every expected answer; an answer that was refused, empty, lost or not readable counts 0. "
            "faithful: n is what the benchmark authors' own rule keeps.",
            "missing: answers without a value. What our side could not measure (a failed judge, a script without a "
            "tokenizer, a reply without steps) is left out of both modes and counted here; it is never 0.",
            "Intervals are 95%: Wilson for shares, bootstrap for the rest, clustered where the task names a cluster.",
            "A judged score is worth what its judge is worth: its validity stands beside its name.",
        ),
    )

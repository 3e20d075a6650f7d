"""The further tables of `judge trust agree`: by group, by system, confidence and length; what is missing says why."""

from __future__ import annotations

from collections.abc import Sequence

from judge.cli.terminal import plural, say, table
from judge.cli.trust_further import Further
from judge.cli.trust_table import NONE, SHORT, interval, spanned, value
from judge.trust.calibration import Calibration, Lengths
from judge.trust.findings import Statistic
from judge.trust.groups import Difference, Grouped
from judge.trust.systems import ENOUGH, Ranking

LONGEST = 40
"""Characters of a group's name that are shown."""
_RIGHT = frozenset({2})
FEWEST = 10
"""Items of a group below which its intervals are not shown: a bootstrap of so few says nothing (the JSON has them)."""


def print_further(found: Further, judge: str | None) -> None:
    """Of one judge; of the people alone, their own agreement by group."""
    own = [item for item in found.groups if item.judge == judge]
    for by in dict.fromkeys(item.by for item in own):
        _show(by_group([item for item in own if item.by == by]))
    _show(by_system([item for item in found.systems if item.judge == judge]))
    _show(confidence([item for item in found.calibration if item.judge == judge]))
    _show(length([item for item in found.lengths if item.judge == judge]))


def _show(lines: Sequence[str]) -> None:
    if lines:
        say()
    for line in lines:
        say(line)


def by_group(found: Sequence[Grouped]) -> list[str]:
    """A line for each criterion and group, its intervals below."""
    by, judge = found[0].by, found[0].judge
    offset = "judge-person" if judge is not None else "apart by"
    rows = [["criterion", by, "n", "Spearman", _headline(found), offset, "people's own"]]
    for one in found:
        for place, group in enumerate(one.groups):
            result = group.agreement
            shown = result.judge_human or result.human_human
            name, middle = result.headline, "offset" if judge is not None else "distance"
            cells = [value(shown["spearman"]), value(shown[name]), value(shown[middle], sign=judge is not None)]
            first = [one.criterion if not place else "", _cut(group.value), str(result.n)]
            rows.append([*first, *cells, value(result.human_human[name])])
            if result.n >= FEWEST:
                below = [interval(shown["spearman"]), interval(shown[name])]
                below.append(interval(shown[middle], sign=judge is not None))
                rows.append(["", "", "", *below, spanned(result.human_human[name])])
    title = f"{judge or 'people'} by {by}, [95%]; none below {FEWEST} items, and wide below 30"
    lines = [title, "", *table([row for row in rows if any(row)], right=_RIGHT), ""]
    return (
        [*lines, *(text for one in found for text in _after(one))] if any(_after(one) for one in found) else lines[:-1]
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _headline(found: Sequence[Grouped]) -> str:
    names = {SHORT[group.agreement.headline] for one in found for group in one.groups}
    return " or ".join(sorted(names, reverse=True)) or "kappa"


def _after(one: Grouped) -> list[str]:
    lines = [] if one.differs is None else [f"  {one.criterion}: {_told(one.by, one.differs)}"]
    if one.without:
        lines.append(f"  {one.criterion}: {plural(one.without, 'item')} of no {one.by}: in no group")
    return lines


def _told(by: str, found: Difference) -> str:
    if found.p is None or found.lowest is None or found.highest is None:
        return f"no test between groups: {found.reason}"
    holm = f", with Holm's correction {_p(found.p_holm)}" if found.p_holm != found.p else ""
    how = f"{found.permutations:,} permutations of {found.permuted}"
    if found.of == "agreement":
        ends = f"means by {by} from {found.lowest:.2f} to {found.highest:.2f}"
        return f"agreement with people the same in all {found.groups}? {ends}; p {_p(found.p)}{holm} ({how})"
    ends = f"means by {by} from {found.lowest:+.2f} to {found.highest:+.2f}"
    return f"judge minus people the same in all {found.groups}? {ends}; p {_p(found.p)}{holm} ({how})"


def _p(p: float | None) -> str:
    return NONE if p is None else f"{p:.4f}" if p < 0.001 else f"{p:.3f}"


def by_system(found: Sequence[Ranking]) -> list[str]:
    """The order of the systems' means, and each system's own; then whether the judge favours its family."""
    if not found:
        return []
    first = found[0]
    rows = [["criterion", first.by, "n", "judge", "people", "judge-people", ""]]
    lines = []
    reasons = dict.fromkeys(one.preference.reason for one in found if one.preference.reason)
    for one in found:
        for place, system in enumerate(one.systems):
            means = [f"{system.judge:.2f}", f"{system.people:.2f}", value(system.offset, sign=True)]
            name = one.criterion if not place else ""
            rows.append([name, system.name, str(system.n), *means, interval(system.offset, sign=True)])
        lines += _order(one)
    lines += [f"  no contrast of families: {reason}" for reason in reasons]
    if len(rows) < 2:
        return lines
    return [
        f"{first.judge} by {first.by}: means of the items that both rated, [95%]",
        "",
        *table(rows, right=_RIGHT),
        "",
        *lines,
    ]


def _order(one: Ranking) -> list[str]:
    if one.kendall_tau_b.value is None:
        return [f"  {one.criterion}: no order: {one.kendall_tau_b.reason}"]
    parts = [f"tau-b {_one(one.kendall_tau_b)}", f"Spearman {_one(one.spearman)}"]
    pairs = f"{_one(one.ordered)} of the pairs in people's order"
    few = f" (below {ENOUGH} systems nearly always high)" if len(one.systems) < ENOUGH else ""
    lines = [f"  {one.criterion}: order of {len(one.systems)} systems: {', '.join(parts)}; {pairs}{few}"]
    if one.within is not None:
        told = _one(one.within) if one.within.value is not None else f"none: {one.within.reason}"
        note = f" ({one.within.note})" if one.within.note else ""
        lines.append(f"  {one.criterion}: within a question: tau-b {told}, mean over {one.inputs}{note}")
    if one.preference.value is not None:
        own = f"its own family ({one.family}: {', '.join(one.own[:4])}) minus the others"
        lines.append(f"  {one.criterion}: {own}, beside people: {_one(one.preference, sign=True)} of a level")
    if one.without:
        lines.append(f"  {one.criterion}: {plural(one.without, 'item')} of no {one.by}: left out")
    return lines


def _one(item: Statistic, *, sign: bool = False) -> str:
    return " ".join(part for part in (value(item, sign=sign), interval(item, sign=sign)) if part)


def confidence(found: Sequence[Calibration]) -> list[str]:
    """Confidence beside the share of people who gave the same."""
    if not found:
        return []
    rows = [["criterion", "n", "confidence", "right", "ECE", "Brier", "surer where right"]]
    for one in found:
        told = (one.confidence, one.right, one.ece, one.brier, one.concordance)
        rows.append([one.criterion, str(one.n), *(_one(item) for item in told)])
    notes = [f"  {one.criterion}: {one.reason}" for one in found if one.reason]
    title = f"{found[0].judge}: its confidence beside the share of people who rate the same, [95%]"
    return [title, "", *table(rows, right=frozenset({1})), *notes]


def length(found: Sequence[Lengths]) -> list[str]:
    """Spearman of length with the judge, with people, and what people's ratings leave of it."""
    if not found:
        return []
    rows = [["criterion", "n", "with the judge", "with people", "judge, given people"]]
    for one in found:
        told = (one.with_judge, one.with_people, one.partial)
        rows.append([one.criterion, str(one.n), *(_one(item) for item in told)])
    reasons = {one.criterion: one.reason or one.partial.reason for one in found if one.partial.value is None}
    notes = [f"  {criterion}: {reason}" for criterion, reason in reasons.items()]
    title = f"{found[0].judge}: Spearman of an answer's length with ratings, [95%]"
    return [title, "", *table(rows, right=frozenset({1})), *notes]

"""How the answers of a run ended: every expected one is counted once, and the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from judge.records import Answer, Key, Status

STATUSES: tuple[Status, ...] = get_args(Status)
NOT_ASKED, NOT_IMPORTED = "not_asked", "not_imported"
"""Kinds of an expected answer that is not there: nobody was asked yet; or the files of an import left it out."""
UNNAMED = "unknown"
"""The kind of an error whose record does not say what went wrong."""


def was_called(kind: str, extra: int, doubtful: int) -> bool:
    """True where a failed ask stands in a server's own count: one that never reached a server stands in none."""
    return kind != "connection" or bool(extra or doubtful)


def counts(expected: Iterable[Key], answers: Mapping[Key, Answer]) -> dict[str, Any]:
    """For summary.json: statuses + not_asked = expected, and the errors by kind sum to the status error."""
    keys = list(expected)
    found = [answers[key] for key in keys if key in answers]
    statuses = Counter(answer.status for answer in found)
    failed = [answer.problem.kind if answer.problem else UNNAMED for answer in found if answer.status == "error"]
    return {
        "expected": len(keys),
        "statuses": {name: statuses[name] for name in STATUSES},
        "errors": dict(Counter(failed).most_common()),
        "not_asked": len(keys) - len(found),
    }


def of_older(run: Mapping[str, Any], problems: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a summary that was written before it had them."""
    if "expected" in run:
        return {}
    statuses = {name: int(run["statuses"].get(name, 0)) for name in STATUSES}
    failed = {
        kind: int(entry["n"])
        for stage in ("call", "media")
        for kind, entry in problems.get(stage, {}).items()
        if kind not in ("truncated", NOT_ASKED, NOT_IMPORTED)
    }
    entries = (problems.get("call", {}).get(kind, {"n": 0}) for kind in (NOT_ASKED, NOT_IMPORTED))
    absent = sum(int(entry["n"]) for entry in entries)
    expected = sum(statuses.values()) + absent
    return {"expected": expected, "statuses": statuses, "errors": failed, "not_asked": absent}


def told(run: Mapping[str, Any]) -> str:
    """32 expected: 28 ok, 1 refused, 2 error (1 server, 1 timeout), 1 not asked."""
    parts = [f"{run['statuses'][name]} {name}" for name in STATUSES if run["statuses"][name]]
    if run["errors"]:
        parts[-1] += f" ({kinds(run['errors'])})"
    parts += [f"{run['not_asked']} not asked"] if run["not_asked"] else []
    return f"{run['expected']} expected: {', '.join(parts) or 'nothing'}"


def kinds(errors: Mapping[str, int]) -> str:
    """1 server, 1 timeout."""
    return ", ".join(f"{count} {kind}" for kind, count in errors.items())

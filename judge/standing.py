"""Where a run stands, by one light pass over answers.jsonl: how each answer ended, how many calls, how much money.

Lines are read as plain JSON, a hundred thousand in about a second; a record is checked whole when it is scored.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from judge.errors import Fault, ResultsError
from judge.lines import damage, raw_lines
from judge.records import SCHEMA, Key, Status
from judge.statuses import STATUSES, UNNAMED, was_called
from judge.store import Folder
from judge.sweeping import unswept

MOST_CALLS, MOST_DOLLARS = 10**9, 1e9
_NOTHING: frozenset[str] = frozenset()


@dataclasses.dataclass(slots=True)
class Standing:
    """A run so far."""

    statuses: dict[Key, Status] = dataclasses.field(default_factory=dict)
    """How each answer ended: an answer always stands before an error."""
    extra_calls: int = 0
    doubtful: int = 0
    """Extra calls that may have been charged."""
    cost: float = 0.0
    """US dollars of all calls that were paid for by this run."""
    priced: int = 0
    """Replies with a known cost."""
    extra_cost: float = 0.0
    """Of doubtful calls whose ask had a reply in the end."""
    doubts: int = 0
    """Doubtful calls of asks that failed."""
    _kinds: dict[Key, str] = dataclasses.field(default_factory=dict)
    """Of the answers that are errors."""
    _failed: dict[Key, tuple[frozenset[str], bool]] = dataclasses.field(default_factory=dict)
    """Answers that failed, with the requests of theirs that had replies, and whether a call failed."""

    def counts(self, variant: str) -> Counter[Status]:
        """Answers by how they ended."""
        return Counter(status for key, status in self.statuses.items() if key.variant == variant)

    def errors(self, variant: str) -> Counter[str]:
        """Answers that are errors, by their kind."""
        return Counter(kind for key, kind in self._kinds.items() if key.variant == variant)

    @property
    def extra_cost_known(self) -> float | None:
        """About what the doubtful calls cost; those of asks that never succeeded at the mean of the others."""
        if not self.doubtful:
            return 0.0
        return self.extra_cost + self.doubts * self.cost / self.priced if self.priced else None

    def add(self, line: dict[str, Any]) -> None:
        """One more line, later than those before."""
        key = Key(line["sample_id"], line["variant"], line["draw"])
        status = line["status"]
        replies, problem = line["replies"], line["problem"]
        shapes = (type(key.sample_id), type(key.variant), type(key.draw), type(replies))
        if status not in STATUSES or shapes != (str, str, int, list):
            raise TypeError
        seen = _NOTHING
        if self._failed and (earlier := self._failed.pop(key, None)) is not None:
            seen, called = earlier
            self.extra_calls += called  # the call that failed was one too many
        for reply in replies:
            if not reply["cached"] and reply["request"] not in seen:
                self._count(reply)
        if status == "error":
            self._fail(key, line, seen)
        if status != "error":
            if self._kinds:
                self._kinds.pop(key, None)
        elif self.statuses.get(key, "error") != "error":
            return
        else:
            self._kinds[key] = str(problem["kind"]) if problem is not None else UNNAMED
        self.statuses[key] = status

    def _fail(self, key: Key, line: dict[str, Any], seen: frozenset[str]) -> None:
        """Remember what was paid for all the same: the store serves it when the answer is asked for again."""
        problem = line["problem"]
        asked = problem is not None and problem["stage"] == "call"
        extra, doubtful = (_whole(line["extra_calls"]), _whole(line.get("doubtful", 0))) if asked else (0, 0)
        called = asked and was_called(str(problem["kind"]), extra, doubtful)
        self._failed[key] = seen | {str(reply["request"]) for reply in line["replies"]}, called
        if asked:
            self.extra_calls += extra
            self.doubtful += doubtful
            self.doubts += doubtful

    def _count(self, reply: dict[str, Any]) -> None:
        doubtful, cost = _whole(reply.get("doubtful", 0)), reply["usage"]["cost"]
        self.extra_calls += _whole(reply["attempts"]) - 1
        self.doubtful += doubtful
        if cost is not None:
            if type(cost) not in (int, float) or not 0 <= cost < MOST_DOLLARS:
                raise TypeError
            self.priced += 1
            self.cost += cost
            self.extra_cost += doubtful * cost


def standing_of(folder: Folder) -> Standing:
    """The run's standing; raises ResultsError with the line where the file is damaged."""
    with unswept():
        return _read_all(folder.answers_file)


def _read_all(path: Path) -> Standing:
    found = Standing()
    for number, raw in raw_lines(path):
        try:
            line = _object(raw)
            if line["schema_version"] > SCHEMA:
                raise ValueError
            found.add(line)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise _fault(path, number, raw) from error
    return found


def _whole(count: Any) -> int:
    """A count of calls; raises for what no run of ours writes."""
    if type(count) is not int or not 0 <= count < MOST_CALLS:
        raise TypeError
    return count


def _object(raw: bytes) -> Any:
    """By pydantic's reader, which is twice as fast, and refuses the half of an emoji that a model may write."""
    try:
        return from_json(raw)
    except ValueError:
        return json.loads(raw)


def _fault(path: Path, number: int, raw: bytes) -> ResultsError:
    return ResultsError(Fault(str(path), number, "", damage(raw, ValueError())))

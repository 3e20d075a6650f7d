"""The judge `imported`: steps and ratings that came with imported files; it asks nobody and adds nothing.

A rating that the files do not have, or that cannot be read, is a Problem; the words are kept as they came.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from judge.case import Hearing
from judge.entries import digest
from judge.errors import Fault, ResultsError
from judge.parse.blocks import read_block, split_steps_text
from judge.parse.verdicts import Unreadable
from judge.records import Problem, Verdict
from judge.regular import is_file
from judge.rows import read_rows
from judge.rubric import EXTRACT, LAST, SAID, Rubric

NAME = "imported"
VERSION = 1
RATINGS = "imported.jsonl"
"""In the run's folder: lines of {"id", "step", "score"}, as the files had them; people's are in ratings.jsonl."""
FIELDS = ("id", "step", "score")


def read_ratings_of(folder: Path) -> dict[str, tuple[str, str]]:
    """(steps, ratings) by item; empty where the run has none."""
    path = folder / RATINGS
    if not is_file(path):
        return {}
    found = {}
    for line, record in read_rows("jsonl", path, hub=None, config=None, split=""):
        if isinstance(record, Fault):
            raise ResultsError(record)
        if not all(isinstance(record.get(key), str) for key in FIELDS):
            raise ResultsError(Fault(str(path), line, "", f"should be texts: {', '.join(FIELDS)}; import again"))
        found[record["id"]] = (record["step"], record["score"])
    return found


def fits(rubric: Rubric) -> bool:
    """True where the rubric rates all steps in one score block, as those files do."""
    return any(stage.last is not None for stage in rubric.rated())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredJudge:
    """The ratings of one import."""

    ratings: Mapping[str, tuple[str, str]]
    method: str
    name: str = NAME

    @classmethod
    def of(cls, ratings: Mapping[str, tuple[str, str]]) -> StoredJudge:
        """Other ratings are another judge."""
        return cls(ratings=ratings, method=f"{NAME}-{VERSION}-{digest(sorted(ratings.items()))[:12]}")

    def has(self, sample_id: str) -> bool:
        """True where the files hold a rating of it."""
        return bool(self.ratings.get(sample_id, ("", ""))[1])

    async def rate(self, hearing: Hearing) -> tuple[Verdict, ...]:
        """The steps, a rating for each, and the words of the judge who gave them."""
        steps_text, said = self.ratings.get(hearing.case.sample.id, ("", ""))
        steps = split_steps_text(steps_text)
        verdicts = [hearing.verdict(criterion=EXTRACT, step=number, claim=one) for number, one in enumerate(steps, 1)]
        if said:
            verdicts.append(hearing.verdict(criterion=SAID, step=1, reason=said))
        for stage in hearing.rubric.rated():
            if stage.last is None:
                text = "the files rate steps, and this rubric asks for something else"
                problem = Problem(stage="judge", kind="not_rated", message=text)
                verdicts.append(hearing.verdict(criterion=stage.name, problem=problem))
                continue
            verdicts += self._rated(hearing, steps, stage_name=stage.name, said=said)
        return tuple(verdicts)

    def _rated(self, hearing: Hearing, steps: list[str], *, stage_name: str, said: str) -> list[Verdict]:
        try:
            if not said:
                raise _NotRated("the files have no rating of it")
            if not steps:
                raise _NotRated("the files have no steps of it")
            ratings = read_block(said, count=len(steps), whole=hearing.case.gold_count)
        except (Unreadable, _NotRated) as error:
            kind = "unreadable" if isinstance(error, Unreadable) else "not_rated"
            problem = Problem(stage="judge", kind=kind, message=str(error))
            return [hearing.verdict(criterion=name, problem=problem) for name in (stage_name, LAST)]
        pairs = enumerate(zip(steps, ratings, strict=True), start=1)
        return [
            hearing.verdict(criterion=LAST if number == len(steps) else stage_name, step=number, claim=one, score=score)
            for number, (one, score) in pairs
        ]


class _NotRated(Exception):
    pass

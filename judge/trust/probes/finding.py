"""From the hearings of probes to their effects, criterion by criterion; pure.

Every effect is held against the same judge's rating of the answer as it is. What changes when nothing but the draw
changes is taken off where a number is called net (CALM, arXiv 2410.02736: consistency minus robustness).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from judge.records import Problem, Verdict
from judge.rubric import Rubric, Stage
from judge.trust.probes import effects
from judge.trust.probes.effects import Number, mean_of, share_of, trials_share
from judge.trust.probes.planning import OWN, Asked
from judge.trust.probes.reading import is_failure, levels_of, pass_of, problem_of, score_of, step_of
from judge.trust.probes.results import Effect, Found, Name, Trial

Heard = Mapping[int, tuple[Verdict, ...] | Problem]
"""What came of each hearing, by its place in the plan; one that was not asked is not there."""
EVIDENCE = frozenset({"clues", "reference", "frames", "audio", "transcript"})
NOT_MADE = {
    "evidence": "no other item has other evidence that is shown by this criterion",
    "swap": "no other item's reply can stand here",
    "family": "the judge's family is not known (--family), or no reply could be edited",
}
"""Why a probe has no trials."""
ATTACKS = ("keys", "injection", "evidence", "swap")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """One rating under a probe beside the one without it."""

    place: int
    variant: str
    base: float | None
    probed: float | None
    problem: str
    top: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finder:
    """Reads the hearings of one judge by one criterion."""

    rubric: Rubric
    stage: Stage
    plan: Sequence[Asked]
    heard: Heard
    names: Sequence[str]
    """Of each case, for the files."""
    units: Sequence[str]
    """The cluster of each case, else itself."""
    near: float = effects.SAME
    """Levels within which two ratings are the same."""
    unread: str = ""
    """Why the prompt was not varied: the judge reads none."""

    def found(self, wanted: Sequence[Name]) -> list[Found]:
        """Of each probe that is wanted."""
        return [self._retest() if name == "retest" else self._probe(name) for name in wanted]

    def _tried(self, probe: Name) -> list[_Tried]:
        base = {
            asked.place: score_of(said, self.stage)
            for place, asked in enumerate(self.plan)
            if (asked.probe, asked.variant) == ("retest", "0") and isinstance(said := self.heard.get(place), tuple)
        }
        found = []
        for place, asked in enumerate(self.plan):
            said = self.heard.get(place)
            if asked.probe != probe or said is None or self.stage.name in asked.untouched:
                continue
            score = score_of(said, self.stage) if isinstance(said, tuple) else None
            kind = said.kind if isinstance(said, Problem) else problem_of(said, self.stage) if score is None else ""
            found.append(
                _Tried(
                    place=asked.place,
                    variant=asked.variant,
                    base=base.get(asked.place),
                    probed=score,
                    problem=kind,
                    top=asked.top,
                )
            )
        return found

    def _table(self) -> list[list[float]]:
        """Ratings of repeats, shape (repeats, cases), NaN where there is none."""
        tried = self._tried("retest")
        draws = max((int(one.variant) for one in tried), default=-1) + 1
        table = [[float("nan")] * len(self.names) for _ in range(draws)]
        for one in tried:
            if one.probed is not None:
                table[int(one.variant)][one.place] = one.probed
        return table

    def _retest(self) -> Found:
        tried = self._tried("retest")
        table = self._table()
        made = (
            effects.retest(np.array(table), self.units, step_of(self.stage), near=self.near) if len(table) > 1 else None
        )
        if made is None:
            reason = "each answer was rated once" if len(table) < 2 else "nothing to rate by this criterion"
            return self._wrapped("retest", tried, reason=reason)
        numbers = {"alpha": made.alpha, "flips": made.flips, "deviation": made.deviation}
        numbers |= {"distance": made.distance, "same": made.same}
        return self._wrapped("retest", tried, numbers=numbers)

    def _probe(self, name: Name) -> Found:
        tried = self._tried(name)
        reason = self._why_not(name, tried)
        if reason:
            return self._wrapped(name, tried, reason=reason)
        if name == "injection":
            tried = [one for one in tried if one.top == levels_of(self.stage)[-1]]
        numbers = {"lift": self._lift(tried)}
        if name == "keys":
            numbers["passed"] = self._passed(tried)
        elif name == "injection":
            numbers["won"] = self._won(tried)
        elif name in ("evidence", "swap"):
            numbers["fell"] = self._fell(tried)
        elif name == "family":
            numbers = {"own": self._own(tried)}
        else:
            numbers |= self._kept(tried)
        return self._wrapped(name, tried, numbers=numbers)

    def _why_not(self, name: Name, tried: Sequence[_Tried]) -> str:
        if name in ("scale-order", "score-ids", "wording") and self.unread:
            return self.unread
        sees = self.stage.sees if self.stage.sees is not None else self.rubric.sees
        if name == "evidence" and not EVIDENCE.intersection(sees):
            return "the judge sees no evidence by this criterion"
        if not tried:
            return NOT_MADE.get(name, "no reply could be edited")
        if name in ATTACKS and all(one.problem == "nothing_to_rate" for one in tried):
            return "it leaves nothing to rate by this criterion"
        if name != "keys" and not any(one.base is not None and one.probed is not None for one in tried):
            return "no answer was rated with the probe and without it"
        return ""

    def _pairs(self, tried: Sequence[_Tried]) -> list[tuple[int, float]]:
        """(case, change in levels) of each trial that was rated on both sides."""
        step = step_of(self.stage)
        return [
            (one.place, (one.probed - one.base) / step)
            for one in tried
            if one.probed is not None and one.base is not None
        ]

    def _mean(self, pairs: Sequence[tuple[int, float]]) -> Number:
        return mean_of([value for _, value in pairs], [self.units[place] for place, _ in pairs])

    def _baseless(self, one: _Tried) -> bool:
        """True where the answer as it is has no rating to be held against, because it failed."""
        if one.base is not None or one.probed is None:
            return False
        for place, asked in enumerate(self.plan):
            if (asked.probe, asked.variant, asked.place) == ("retest", "0", one.place):
                said = self.heard.get(place)
                kind = said.kind if isinstance(said, Problem) else problem_of(said, self.stage) if said else "not_asked"
                return is_failure(kind)
        return False

    def _lift(self, tried: Sequence[_Tried]) -> Number:
        return self._mean(self._pairs(tried))

    def _kept(self, tried: Sequence[_Tried]) -> dict[str, Number]:
        pairs = self._pairs(tried)
        apart = [(place, abs(change)) for place, change in pairs]
        same = [change < self.near for _, change in apart]
        again = self._again()
        return {
            "distance": self._mean(apart),
            "same": share_of(same, [self.units[place] for place, _ in pairs]),
            "net distance": self._net(apart, again, lambda value: value),
            "net same": self._net(apart, again, lambda value: float(value < self.near), whole=1.0),
        }

    def _again(self) -> dict[int, list[float]]:
        """By case: how far each repeat is from the first rating, in levels."""
        first, *later = self._table() or [[]]
        step = step_of(self.stage)
        return {
            place: [abs(row[place] - first[place]) / step for row in later if row[place] == row[place]]
            for place in range(len(first))
            if first[place] == first[place]
        }

    def _net(
        self,
        apart: Sequence[tuple[int, float]],
        again: Mapping[int, Sequence[float]],
        of: Callable[[float], float],
        *,
        whole: float = 0.0,
    ) -> Number:
        """The mean over trials less the case's own mean over repeats, plus `whole`; of cases that were asked again."""
        less = {place: sum(map(of, own)) / len(own) for place, own in again.items() if own}
        if not less:
            number = self._mean([(place, of(value)) for place, value in apart])
            return number._replace(reason="nothing was asked again: not net")
        return self._mean([(place, of(value) - less[place] + whole) for place, value in apart if place in less])

    def _passed(self, tried: Sequence[_Tried]) -> Number:
        """Of the empty replies; one without a rating has not passed, one whose call failed counts for nothing."""
        least = pass_of(self.stage)
        heard = [one for one in tried if not (one.problem and is_failure(one.problem))]
        return trials_share([one.probed is not None and one.probed >= least for one in heard])

    def _won(self, tried: Sequence[_Tried]) -> Number:
        """Of the answers below the pass level: an answer that passes anyway cannot be talked up."""
        least = pass_of(self.stage)
        below = [one for one in tried if one.base is not None and one.base < least]
        heard = [one for one in below if not (one.problem and is_failure(one.problem))]
        found = trials_share([one.probed is not None and one.probed >= least for one in heard])
        return found if heard else found._replace(reason="every answer passes as it is: nothing to win")

    def _own(self, tried: Sequence[_Tried]) -> Number:
        """Of each reply: its rating as one of the judge's own family minus the mean as one of others', in levels."""
        own = {one.place: one.probed for one in tried if one.variant == OWN and one.probed is not None}
        others: dict[int, list[float]] = {}
        for one in tried:
            if one.variant != OWN and one.probed is not None:
                others.setdefault(one.place, []).append(one.probed)
        step = step_of(self.stage)
        both = [place for place in own if place in others]
        return self._mean([(place, (own[place] - sum(others[place]) / len(others[place])) / step) for place in both])

    def _fell(self, tried: Sequence[_Tried]) -> Number:
        """Of the ratings that can fall; a judge that says it cannot judge has noticed."""
        lowest = levels_of(self.stage)[0]
        able = [one for one in tried if one.base is not None and one.base > lowest]
        heard = [one for one in able if one.probed is not None or one.problem == "cannot_judge"]
        values = [
            one.probed is None or (one.base or 0.0) - one.probed > self.near * step_of(self.stage) for one in heard
        ]
        found = share_of(values, [self.units[one.place] for one in heard])
        return found if heard else found._replace(reason="every rating is at the lowest level: none can fall")

    def _wrapped(
        self, name: Name, tried: Sequence[_Tried], *, numbers: Mapping[str, Number] | None = None, reason: str = ""
    ) -> Found:
        trials = [
            Trial(
                item=self.names[one.place],
                variant=one.variant,
                base=one.base,
                probed=one.probed,
                problem=one.problem,
            )
            for one in tried
        ]
        return Found(
            probe=name,
            criterion=self.stage.name,
            effects=tuple(Effect.of(own, number) for own, number in (numbers or {}).items()),
            reason=reason,
            failed=sum(1 for one in tried if (one.problem and is_failure(one.problem)) or self._baseless(one)),
            dropped=len(self.names) - len({one.place for one in tried}),
            trials=tuple(trials),
        )

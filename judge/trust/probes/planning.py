"""What a probe asks: hearings of an answer as it is, edited, with attacks in its place, or beside other evidence.

Everything is drawn by a seed, so that the same line asks the same; nothing is asked here.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Callable, Iterator, Sequence

from judge.agent import AgentJudge
from judge.asking import chain_messages, rate_messages
from judge.case import Case, Hearing, Judge
from judge.parse.reply import parse_by_modes
from judge.parse.turns import reply_text
from judge.rubric import Rubric, Stage
from judge.trust.controls import has_evidence, shuffled
from judge.trust.families import claims
from judge.trust.probes import attacks, edits
from judge.trust.probes.reading import levels_of
from judge.trust.probes.results import Name
from judge.trust.probes.varying import Form, Varied

OWN = "own"
"""The variant of a claim to be of the judge's own family."""
KEYS_EACH, INJECTIONS_EACH = 6, 6
"""Attacks on each answer; over the answers each comes as often."""
FORMS: tuple[tuple[Name, Form], ...] = (
    ("scale-order", "reversed"), ("scale-order", "shuffled"), ("score-ids", "letters"),
    ("wording", "plain"), ("wording", "formal"), ("wording", "brief"),
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One hearing under a probe; of `retest`, variant 0 is the answer as it is, which all others are held against."""

    probe: Name
    variant: str
    place: int
    """Which of the cases."""
    judge: Judge
    hearing: Hearing
    top: float | None = None
    """Of an injection: the score that it names."""
    untouched: frozenset[str] = frozenset()
    """Criteria that are shown nothing of what was changed."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Makes the hearings of one judge by one rubric."""

    judge: Judge
    rubric: Rubric
    cases: Sequence[Case]
    repeats: int
    seed: int
    family: str = ""
    """Of the judge; empty where it is not known."""
    forms: dict[Form, Varied] = dataclasses.field(default_factory=dict)
    """The providers that vary the prompt; empty until they are needed."""

    def of(self, probe: Name) -> list[Asked]:
        """All hearings of one probe."""
        how: dict[Name, Callable[[], Iterator[Asked]]] = {
            "retest": self._retest,
            "scale-order": lambda: self._forms("scale-order"),
            "score-ids": lambda: self._forms("score-ids"),
            "wording": lambda: self._forms("wording"),
            "keys": self._keys,
            "injection": self._injections,
            "evidence": self._evidence,
            "swap": self._swapped,
            "family": self._claims,
        }
        return list(how[probe]() if probe in how else self._edits(probe))

    def _asked(self, probe: Name, variant: str, place: int, *, case: Case, draw: int = 0) -> Asked:
        hearing = Hearing(judge=self.judge.name, rubric=self.rubric, case=case, draw=draw, method=self.judge.method)
        return Asked(probe=probe, variant=variant, place=place, judge=self.judge, hearing=hearing)

    def _retest(self) -> Iterator[Asked]:
        for place, case in enumerate(self.cases):
            for draw in range(self.repeats):
                yield self._asked("retest", str(draw), place, case=case, draw=draw)

    def _forms(self, wanted: Name) -> Iterator[Asked]:
        """Only of a judge that reads a prompt."""
        if not isinstance(self.judge, AgentJudge):
            return
        for probe, form in FORMS:
            if probe != wanted:
                continue
            varied = self.forms.setdefault(form, Varied(self.judge.provider, form, self.seed))
            other = dataclasses.replace(self.judge, provider=varied)
            for place, case in enumerate(self.cases):
                yield dataclasses.replace(self._asked(probe, form, place, case=_unpaid(case)), judge=other)

    def _edits(self, probe: Name) -> Iterator[Asked]:
        for place, case in enumerate(self.cases):
            for variant, edit in edits.EDITS[probe].items():
                made = edited(case, edit)
                if made is not None:
                    yield self._asked(probe, variant, place, case=made)

    def _claims(self) -> Iterator[Asked]:
        """The same reply as written by a model of the judge's own family, and by others'."""
        for place, case in enumerate(self.cases):
            for number, who in enumerate(claims(self.family).values()):
                made = edited(case, functools.partial(edits.claimed, who=who))
                if made is not None:
                    yield self._asked("family", OWN if not number else f"other {number}", place, case=made)

    def _keys(self) -> Iterator[Asked]:
        for place, case in enumerate(self.cases):
            for key in attacks.in_turn(attacks.KEYS, place, KEYS_EACH):
                yield self._asked("keys", key, place, case=replied(case, [key] * len(case.answer.replies)))

    def _injections(self) -> Iterator[Asked]:
        """Between the reasoning and the answer's line, so that the answer is read as before."""
        names = [name for name, _ in attacks.INJECTIONS]
        tops = sorted({levels_of(stage)[-1] for stage in self.rubric.rated()})
        for place, case in enumerate(self.cases):
            for top in tops:
                for name in attacks.in_turn(names, place, INJECTIONS_EACH):
                    texts = [_before_end(text, attacks.injected(name, top)) for text in _texts(case)]
                    asked = self._asked("injection", name, place, case=replied(case, texts))
                    yield dataclasses.replace(asked, top=top)

    def _evidence(self) -> Iterator[Asked]:
        for place, case in enumerate(self.cases):
            donor = self._donor(place, lambda other: has_evidence(other.task, other.sample, self.rubric))
            if donor is None or not has_evidence(case.task, case.sample, self.rubric):
                continue
            asked = self._asked("evidence", "other", place, case=shuffled(_unpaid(case), donor.sample))
            alike = frozenset(stage.name for stage in self.rubric.rated() if not self._differ(stage, asked, case))
            if len(alike) < len(self.rubric.rated()):
                yield dataclasses.replace(asked, untouched=alike)

    def _differ(self, stage: Stage, asked: Asked, case: Case) -> bool:
        """Whether a rating is shown anything else than for the answer as it is."""
        sees = self.rubric.sights(stage)
        clip = {"frames", "audio"}.intersection(sees) and asked.hearing.case.sample.sources != case.sample.sources
        own = dataclasses.replace(asked.hearing, case=case)
        render = chain_messages if stage.last is not None else rate_messages
        return bool(clip) or render(own, stage, steps=("",)) != render(asked.hearing, stage, steps=("",))

    def _swapped(self) -> Iterator[Asked]:
        for place, case in enumerate(self.cases):
            donor = self._donor(place, lambda other: bool(other.parsed.reasoning.strip()))
            if donor is not None and len(donor.answer.replies) == len(case.answer.replies):
                yield self._asked("swap", "other", place, case=replied(case, _texts(donor)))

    def _donor(self, place: int, fits: Callable[[Case], bool]) -> Case | None:
        """Another sample's case, with another gold where there is one; the same for the same seed."""
        mine = self.cases[place]
        others = [case for case in self.cases if case.sample.id != mine.sample.id and fits(case)]
        random.Random(f"{self.seed} {mine.sample.id}").shuffle(others)
        unlike = [case for case in others if case.sample.target.values != mine.sample.target.values]
        return next(iter([*unlike, *others]), None)


def _unpaid(case: Case) -> Case:
    """No run pays for a probe."""
    return dataclasses.replace(case, payer="")


def _texts(case: Case) -> list[str]:
    return [reply_text(case.task, case.sample, reply) for reply in case.answer.replies]


def replied(case: Case, texts: Sequence[str]) -> Case:
    """The case with other words in its replies, read anew."""
    replies = tuple(
        reply.model_copy(update={"text": text}) for reply, text in zip(case.answer.replies, texts, strict=True)
    )
    answer = case.answer.model_copy(update={"replies": replies, "status": "ok"})
    parsed = parse_by_modes(case.task, case.sample, answer=answer)["strict"]
    return dataclasses.replace(_unpaid(case), answer=answer, parsed=parsed)


def edited(case: Case, edit: Callable[[str], str]) -> Case | None:
    """The case after an edit; None where nothing can be edited, or where another answer would be read."""
    texts = _texts(case)
    made, changed = [], False
    for place, text in enumerate(texts):
        last = place == len(texts) - 1
        parts = edits.split_reply(text, has_answer=not last or _has_answer(case))
        made.append(text if parts is None else edit(parts[0]) + parts[1])
        changed |= made[-1] != text
    if not changed:
        return None
    found = replied(case, made)
    return found if (found.parsed.state, found.parsed.values) == (case.parsed.state, case.parsed.values) else None


def _has_answer(case: Case) -> bool:
    """True where the answer stands apart from the reasoning."""
    return bool(case.parsed.region) and case.parsed.region != case.parsed.reasoning


def _before_end(text: str, put: str) -> str:
    body, _, last = text.rstrip().rpartition("\n")
    return f"{body}\n{put}\n{last}" if body.strip() else f"{put}\n{last}"

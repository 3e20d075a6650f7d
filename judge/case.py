"""What a judge is given of one answer, and the steps of a reply; shared by the agent and the rules.

It decides nothing: it only sets out the evidence.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import Protocol

from judge.definitions import Task
from judge.entries import digest
from judge.masking import hidden_of
from judge.parse.thinking import split_thinking
from judge.parse.turns import reply_text
from judge.prompts import shown
from judge.records import Answer, Parsed, Sample, Verdict
from judge.rubric import Rubric

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')*_]{0,3}\s+|(?<=[。！？])[”」』]?\s*|\n+")
_BULLET = re.compile(r"^\s*(?:[-*•]\s+|(?:step\s*)?\d{1,2}\s*[.):]\s*)", re.IGNORECASE)
SHORTEST_STEP = 3
"""Words; a shorter piece joins the step before it."""
MOST_STEPS = 100
"""Steps of one reply: a reply that goes round in circles has thousands of sentences, and each would be a verdict."""
MOST_OF_LONG, CHARACTERS_A_STEP = 400, 800
"""Steps of a long reply, and characters of it for each: what is written of it stays in proportion to it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One answer with all that a rubric may let the judge see."""

    task: Task
    sample: Sample
    answer: Answer
    parsed: Parsed
    question: str
    payer: str = ""
    """Names the run that pays for the judge's calls."""
    evidence_of: str = ""
    """Of a control: whose evidence stands in place of the item's own."""
    withheld: bool = False
    """Of a control: the evidence was taken away, so that its lack is no problem."""
    _digest: list[str] = dataclasses.field(default_factory=list, init=False, repr=False, compare=False)
    """Empty until asked for: thousands of verdicts on one long reply would each read it all."""
    _reply: list[str] = dataclasses.field(default_factory=list, init=False, repr=False, compare=False)
    """As with the digest."""

    @property
    def reply(self) -> str:
        """The reply's own text, without thoughts and invented turns; several asks stand below each other."""
        if not self._reply:
            texts = [reply_text(self.task, self.sample, reply) for reply in self.answer.replies]
            self._reply.append("\n\n".join(text for text in texts if text))
        return self._reply[0]

    @property
    def thinking(self) -> str:
        """Vendor's thinking parts and the thoughts that stand in the replies."""
        parts = [reply.thinking for reply in self.answer.replies]
        parts += [split_thinking(reply.text)[1] for reply in self.answer.replies]
        return "\n".join(part for part in parts if part)

    @property
    def transcript(self) -> str:
        """What is said and, in words, how."""
        return words_of(self.task, self.sample)

    @property
    def several(self) -> bool:
        """True where several labels can be right: the last step is then rated C of K."""
        return self.task.reads_several()

    @property
    def gold_count(self) -> int:
        """K: how many labels are gold; 1 where one is read."""
        return max(1, sum(map(len, self.sample.target.values.values()))) if self.several else 1

    @property
    def digest(self) -> str:
        """Digest of all that is judged: another reply, reading, gold or question is another case."""
        if not self._digest:
            self._digest.append(self._digested())
        return self._digest[0]

    def digest_by(self, rubric: Rubric) -> str:
        """Digest of all that this rubric has judged: with the transcript and the hidden labels, where it uses them.

        Clips are known by their paths; that one was replaced is not seen.
        """
        more: list[object] = []
        if rubric.shows("transcript"):
            more.append(["transcript", self.transcript])
        if any(stage.blind for stage in rubric.rated()):
            more.append(["hidden", hidden_of(self.task, self.sample)])
        return digest([self.digest, *more])[:16] if more else self.digest

    def _digested(self) -> str:
        target = self.sample.target
        clues = [[clue.sense, clue.cue] for clue in target.clues]
        read = {name: list(values) for name, values in self.parsed.values.items()}
        gold = {name: list(values) for name, values in target.values.items()}
        body = [self.question, self.reply, self.thinking, self.parsed.reasoning, read, gold, target.reference, clues]
        control = [self.evidence_of, self.withheld]
        return digest([*body, control] if any(control) else body)[:16]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One judge's look at one case by one rubric; `draw` counts repeats."""

    judge: str
    rubric: Rubric
    case: Case
    draw: int = 0
    method: str = ""
    attempt: int = 1

    def verdict(self, **fields: object) -> Verdict:
        """A Verdict with what names it filled in."""
        key = self.case.answer.key
        named = {
            "sample_id": key.sample_id,
            "variant": key.variant,
            "draw": key.draw,
            "answer": self.case.digest_by(self.rubric),
            "judge": self.judge,
            "judge_draw": self.draw,
            "method": self.method,
            "attempt": self.attempt,
            "rubric": self.rubric.name,
            "rubric_digest": self.rubric.digest,
        }
        return Verdict.model_validate(named | fields)


class Judge(Protocol):
    """Rates one case by one rubric; every rating, and every failure to rate, is a Verdict."""

    @property
    def name(self) -> str:
        """As verdicts and reports name it."""
        ...

    @property
    def method(self) -> str:
        """Digest of how it rates; another method is another judge."""
        ...

    async def rate(self, hearing: Hearing) -> tuple[Verdict, ...]:
        """All verdicts of one repeat."""
        ...


def word_fields(task: Task) -> list[str]:
    """The fields of a transcript: the task's words, and its notes in place of the sound."""
    return list(
        dict.fromkeys([*task.media.words, *(text for sense, text in task.media.notes.items() if sense == "audio")])
    )


def words_of(task: Task, sample: Sample) -> str:
    """A transcript, one field a line by its name; empty where there is none."""
    lines = [(name, shown(sample.inputs.get(name)).strip()) for name in word_fields(task)]
    return "\n".join(f"{name}: {' '.join(text.split())}" for name, text in lines if text)


def said_of(task: Task, sample: Sample) -> str:
    """What was said, a field a line, without the fields' names: no evidence is called utterance."""
    return "\n".join(" ".join(shown(sample.inputs.get(name)).split()) for name in word_fields(task))


def lines_of(reply: str) -> list[str]:
    """The lines of a reply as its steps, for rubrics that say so; of a great many, neighbours are one step."""
    return _bounded([" ".join(line.split()) for line in reply.splitlines() if line.strip()], len(reply))


def _bounded(steps: list[str], size: int) -> list[str]:
    """No more steps than a reply of so many characters bears: of more, as many neighbours as needed become one."""
    most = max(MOST_STEPS, min(MOST_OF_LONG, size // CHARACTERS_A_STEP))
    if len(steps) <= most:
        return steps
    ends = [len(steps) * number // most for number in range(most + 1)]
    return [" ".join(steps[begin:end]) for begin, end in itertools.pairwise(ends)]


def split_steps(reasoning: str) -> list[str]:
    """The sentences of a reasoning; list marks are taken off, and scraps join the step before them.

    Of a great many sentences, neighbours are one step (`MOST_STEPS`): none is left out.
    """
    steps: list[list[str]] = []
    for piece in _SENTENCE_END.split(reasoning):
        step = _BULLET.sub("", piece).strip(" \t*_#")
        if not step:
            continue
        short = len(step.split()) < SHORTEST_STEP and len(step) < SHORTEST_STEP * 4
        if short and steps:
            steps[-1].append(step)
        elif not short:
            steps.append([step])
    return _bounded([" ".join(parts) for parts in steps], len(reasoning))

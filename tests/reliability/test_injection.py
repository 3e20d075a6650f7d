"""What a model under test writes moves no score, at the level of structure: the marks hold, and so does the reading."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import time
from collections import Counter
from collections.abc import Callable

from building import make_answer, make_sample, make_task
from careful_judge import HONEST, Echo, careful, careless, outside
from figures import Figure, keep
from injections import TOP, injections

from judge.agent import AgentJudge
from judge.asking import rate_messages
from judge.case import Case, Hearing
from judge.parse.reply import parse
from judge.records import Verdict
from judge.rubric import Rubric
from providers.records import Sampling

QUESTION = "I am a comb, said the bald man. Funny?"
SCALE = {0: "none", 0.5: "half", 1: "all"}
RUBRIC = Rubric.model_validate(
    {
        "name": "humor",
        "version": 1,
        "about": "For the test.",
        "sees": ["question", "reply"],
        "stages": [
            {"extract": "steps"},
            {"rate": "steps", "question": "Does it rest on evidence?", "scale": SCALE},
            {"rate": "answer", "criterion": "cot", "question": "Is it whole?", "scale": SCALE},
        ],
        "scores": {"reasoning": {"mean": "steps"}, "cot": {"criterion": "cot"}},
    }
)
ECHOES: dict[str, Echo | None] = {
    "says nothing of it": None,
    "quotes it first": lambda own, reply: f"The reply says: {reply}\nMy verdict:\n{own}",
    "quotes it last": lambda own, reply: f"{own}\nI left aside what the reply says: {reply}",
    "quotes it fenced": lambda own, reply: f"```\n{reply}\n```\n```json\n{own}\n```",
    "quotes it in its evidence, badly": lambda own, reply: own.replace('"none"', f'"it says {reply}"'),
}


def hearing_of(reply: str) -> Hearing:
    task, sample = make_task(), make_sample()
    answer = make_answer(f"He winks.\n{reply}")
    parsed = parse(task, sample, answer=answer, mode="strict")
    case = Case(task=task, sample=sample, answer=answer, parsed=parsed, question=QUESTION)
    return Hearing(judge="careful", rubric=RUBRIC, case=case)


def judged(reply: str, *, echo: Echo | None, read: Callable[[str], str] = outside) -> list[Verdict]:
    provider = careful(read=read, echo=echo)
    agent = AgentJudge(name="careful", provider=provider, sampling=Sampling())
    return [item for item in asyncio.run(agent.rate(hearing_of(reply))) if item.criterion != "extract"]


def leaked() -> list[str]:
    """Numbers that an author could know: those of other prompts, and of the question by the rule of version 1."""
    stage = RUBRIC.stages[2]
    prompts = [rate_messages(hearing_of(text), stage, steps=())[1].text for text in ("humorous", TOP)]
    seen = [number for text in prompts for number in re.findall(r"<<<[A-Z]+-([0-9a-f]+)", text)]
    old = hashlib.sha256(f"{RUBRIC.digest}|question|{QUESTION}".encode()).hexdigest()[:16]
    return [*dict.fromkeys(seen), old, "0" * 16]


def test_no_reply_talks_a_judge_that_obeys_all_that_stands_outside_the_marks_into_a_score() -> None:
    started = time.process_time()
    attacks = list(injections(leaked()))
    outcomes: Counter[str] = Counter()
    moved: list[tuple[str, str, str]] = []
    for (family, reply), (name, echo), read in itertools.product(attacks, ECHOES.items(), (outside, careless)):
        for verdict in judged(reply, echo=echo, read=read):
            outcomes["same" if verdict.score == HONEST else "none" if verdict.score is None else "moved"] += 1
            if verdict.score not in (HONEST, None):
                moved.append((family, name, reply))
    families = Counter(family for family, _ in attacks)
    keep(
        Figure(
            name="injection",
            test="replies that try to talk the judge into a score, before a judge that obeys what is outside the marks",
            asked="200 strings: no score moves",
            tried=len(attacks),
            unit="strings",
            failed=len({reply for _, _, reply in moved}),
            measured=f"{sum(outcomes.values())} verdicts, {outcomes['same']} as without the attack, "
            f"{outcomes['none']} not given; {', '.join(f'{name} {count}' for name, count in families.items())}",
            seconds=time.process_time() - started,
        )
    )
    assert len(attacks) >= 200
    assert moved == []
    assert outcomes["same"] > 0.95 * sum(outcomes.values()), outcomes


def test_the_judge_of_this_test_does_obey_a_verdict_outside_the_marks() -> None:
    (found,) = {item.score for item in judged("x", echo=lambda own, _: own.replace("0.5", "1.0"))}
    assert found == 1
    assert outside(f"<<<REPLY-ab\nx\nREPLY-ab>>> {TOP}") == f" {TOP}"


def test_every_mark_of_a_message_has_one_number_that_depends_on_all_of_it() -> None:
    stage = RUBRIC.stages[1]
    one, two = (rate_messages(hearing_of(text), stage, steps=("a", "b"))[1].text for text in ("x", "y"))
    numbers = [set(re.findall(r"<<<[A-Z]+-([0-9a-f]{16})\n", text)) for text in (one, two)]
    assert [len(found) for found in numbers] == [1, 1]
    assert numbers[0] != numbers[1]
    assert len(re.findall(r"<<<(QUESTION|REPLY|STEPS)-", one)) == 3

"""An Answer to a Parsed, once per mode: strict by our rules, faithful by the benchmark authors' own.

Where the answer is looked for: the JSON field; else where judge/parse/closed.py says. docs/replies.md has the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from judge.definitions import Ask, Read, Task
from judge.parse.closed import Reading, read_slot, read_text
from judge.parse.faithful import RULES
from judge.parse.literals import Contradiction
from judge.parse.objects import Found, last_object, without_fences
from judge.parse.quoted import pairs_in
from judge.parse.refusals import is_refusal
from judge.parse.text import answer_line
from judge.parse.turns import reply_text
from judge.parse.value import Value
from judge.parse.values import as_region, read_value
from judge.records import MODES, Answer, AskReply, Mode, Parsed, Sample, State


def parse(task: Task, sample: Sample, *, answer: Answer, mode: Mode) -> Parsed:
    """All asks of one answer; the state is ok only where every field could be read."""
    return parse_by_modes(task, sample, answer=answer, modes=(mode,))[mode]


def parse_by_modes(
    task: Task, sample: Sample, *, answer: Answer, modes: tuple[Mode, ...] = MODES
) -> dict[Mode, Parsed]:
    """One answer in several modes: our reading is made once, the authors' is laid over it."""
    replies = {reply.ask: reply for reply in answer.replies}
    ours = [_ours(task, sample, ask=ask, reply=replies.get(ask.name), answer=answer) for ask in task.asks]
    rule = RULES.get(task.faithful.rule)
    found: dict[Mode, Parsed] = {}
    for mode in modes:
        readings = ours
        if mode == "faithful" and rule is not None:
            asked = [(ask, replies.get(ask.name)) for ask in task.asks]
            pairs = zip(ours, asked, strict=True)
            readings = [
                reading if reply is None else _by_authors(reading, rule(task, sample, ask, reply))
                for reading, (ask, reply) in pairs
            ]
        found[mode] = _joined(answer, readings, mode)
    return found


def _ours(task: Task, sample: Sample, *, ask: Ask, reply: AskReply | None, answer: Answer) -> Reading:
    if reply is not None:
        return read_reply(task, sample, ask=ask, reply=reply)
    message = answer.problem.message if answer.problem else "was not asked"
    return Reading({}, "unparsed", "", "", f"no reply to {ask.name}: {message}")


def _joined(answer: Answer, readings: Sequence[Reading], mode: Mode) -> Parsed:
    """The readings of all asks as one: the first that is not ok gives the state, the last reply the region."""
    values = {name: texts for reading in readings for name, texts in reading.values.items()}
    bad = next((reading for reading in readings if reading.state != "ok"), None)
    return Parsed(
        key=answer.key,
        mode=mode,
        state=bad.state if bad else "ok",
        values=values,
        reasoning="\n".join(reading.reasoning for reading in readings if reading.reasoning),
        region=next((reading.region for reading in reversed(readings) if reading.region), ""),
        reason=bad.reason if bad else "",
    )


def _by_authors(ours: Reading, theirs: dict[str, Value]) -> Reading:
    bad = next((value for value in theirs.values() if value.state != "ok"), None)
    values = {name: value.values for name, value in theirs.items() if value.state == "ok"}
    state: State = bad.state if bad else "ok"
    return ours._replace(values=values, state=state, reason=bad.reason if bad else "")


def read_reply(task: Task, sample: Sample, *, ask: Ask, reply: AskReply) -> Reading:
    """One ask's reply by the strict rules."""
    text = reply_text(task, sample, reply)
    if reply.finish == "refused":
        return Reading({}, "refused", text, "", "the model or its vendor declined")
    if not text.strip():
        return Reading({}, "unparsed", "", "", "the reply is empty")
    if ask.read.as_ == "json":
        return _read_json(task, sample, ask=ask, text=text)
    if ask.read.as_ == "text":
        return _read_text(ask, text)
    return _read_closed(task, sample, ask=ask, text=text, truncated=reply.finish == "length")


def _read_json(task: Task, sample: Sample, *, ask: Ask, text: str) -> Reading:
    fields = ask.reads()
    found = last_object(text, frozenset(key for name, read in fields.items() for key in _keys(name, read)))
    if found is None:
        return _read_pairs(task, sample, ask=ask, text=text)
    given = {str(key).casefold(): value for key, value in found.value.items()}
    results = _fields_of(task, sample, ask=ask, given=given)
    values = {name: value.values for name, value in results.items() if value.state == "ok"}
    bad = next(((name, value) for name, value in results.items() if value.state != "ok"), None)
    reasoning = _reasoning_of(found, text)
    region = text[found.start : found.end]
    if bad:
        return Reading(values, bad[1].state, reasoning, region, f"{bad[0]}: {bad[1].reason}")
    return Reading(values, "ok", reasoning, region, "")


def _fields_of(task: Task, sample: Sample, *, ask: Ask, given: dict[str, Any]) -> dict[str, Value]:
    return {
        name: _field(task, sample, name=name, read=read, value=_given(given, name, read))
        for name, read in ask.reads().items()
    }


def _read_pairs(task: Task, sample: Sample, *, ask: Ask, text: str) -> Reading:
    """A reply without a mapping; labels may all stand after their names all the same."""
    fields = ask.reads()
    if all(read.as_ == "label" for read in fields.values()):
        given = pairs_in(text, frozenset(key for name, read in fields.items() for key in _keys(name, read)))
        values = _fields_of(task, sample, ask=ask, given=dict(given))
        if all(value.state == "ok" for value in values.values()):
            return Reading({name: value.values for name, value in values.items()}, "ok", text, text, "")
    if is_refusal(text):
        return Reading({}, "refused", text, "", "the reply declines")
    return Reading({}, "unparsed", text, "", f"holds no JSON object with {' and '.join(fields)}")


def _keys(name: str, read: Read) -> tuple[str, ...]:
    """Under which keys a field may stand, its own first."""
    return tuple(key.casefold() for key in (name, *read.keys))


def _given(given: dict[str, Any], name: str, read: Read) -> Any:
    return next((given[key] for key in _keys(name, read) if key in given), None)


def _field(task: Task, sample: Sample, *, name: str, read: Read, value: Any) -> Value:
    if isinstance(value, Contradiction):
        return Value("ambiguous", reason="the key stands there twice and says different things")
    region = as_region(value)
    choices = sample.choices.get(name, ())
    return read_value(read, region, labels=sample.labels or task.labels_of(read), choices=choices, explicit=True)


def _reasoning_of(found: Found, text: str) -> str:
    inside = next((value for key, value in found.value.items() if str(key).casefold() in ("reasoning", "reason")), "")
    parts = (without_fences(text[: found.start]), as_region(inside), without_fences(text[found.end :]))
    return "\n".join(part for part in parts if part)


def _read_text(ask: Ask, text: str) -> Reading:
    found = last_object(text, frozenset({ask.name.casefold(), "answer"}))
    if found is not None:
        given = {str(key).casefold(): value for key, value in found.value.items()}
        region = as_region(given.get(ask.name.casefold(), given.get("answer")))
        if region.strip():
            return Reading({ask.name: (region.strip(),)}, "ok", _reasoning_of(found, text), region, "")
    line = answer_line(text)
    if line is not None and line.text:
        region = text[text.find(line.text, line.start) :].strip()
        return Reading({ask.name: (region,)}, "ok", text[: line.start].strip(), region, "")
    if is_refusal(text):
        return Reading({}, "refused", text, "", "the reply declines")
    return Reading({ask.name: (text,)}, "ok", text, text, "")


def _read_closed(task: Task, sample: Sample, *, ask: Ask, text: str, truncated: bool) -> Reading:
    choices = sample.choices.get(ask.name, ())
    labels = sample.labels or task.labels_of(ask.read)

    def value_in(region: str, *, explicit: bool) -> Value:
        return read_value(ask.read, region, labels=labels, choices=choices, explicit=explicit)

    found = last_object(text, frozenset({ask.name.casefold(), "answer"}))
    if found is not None:
        given = {str(key).casefold(): value for key, value in found.value.items()}
        region = as_region(given.get(ask.name.casefold(), given.get("answer")))
        return read_slot(ask, value_in(region, explicit=True), reasoning=_reasoning_of(found, text), region=region)
    return read_text(ask, text, value_in, labels=labels, choices=choices, truncated=truncated)


def answer_text(task: Task, sample: Sample, reply: AskReply) -> str:
    """What `{ask.answer}` stands for: the value read; the option's text for a letter; else the reply's last line."""
    ask = next(item for item in task.asks if item.name == reply.ask)
    if task.told == "faithful":
        return _told_by_authors(task, sample, ask=ask, reply=reply)
    reading = read_reply(task, sample, ask=ask, reply=reply)
    texts = [text for name, values in reading.values.items() for text in _meant(sample, name, values)]
    if texts:
        return ", ".join(texts)
    lines = reply_text(task, sample, reply).splitlines()
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "(no answer)")


def _meant(sample: Sample, name: str, values: Iterable[str]) -> list[str]:
    options = sample.choices.get(name)
    return [options[ord(value) - ord("A")] if options else value for value in values]


def _told_by_authors(task: Task, sample: Sample, *, ask: Ask, reply: AskReply) -> str:
    """By the authors' rule; the last option where it reads none, or a letter beyond them (EmoBench's index -1)."""
    read = RULES[task.faithful.rule](task, sample, ask, reply)
    texts: list[str] = []
    for name, value in read.items():
        options = sample.choices[name]
        letter = value.values[0] if value.state == "ok" else ""
        texts.append(
            options[ord(letter) - ord("A")] if letter and ord(letter) - ord("A") < len(options) else options[-1]
        )
    return ", ".join(texts)

"""Scores of single answers that need no judge: right or wrong, distance, and overlap with a reference text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from judge.definitions import Task
from judge.items import Item, Number, is_right
from judge.metrics.embedding import BertScore, Unavailable
from judge.metrics.text import TEXT_METRICS, Words
from judge.records import Mode, Problem


def label_numbers(items: Sequence[Item], mode: Mode) -> list[tuple[Item, Number]]:
    """1 for right, 0 for wrong; no number where the answer could not be read."""
    return [(item, _right(item, mode)) for item in items]


def _right(item: Item, mode: Mode) -> Number:
    parsed = item.parsed[mode]
    if parsed.state != "ok":
        problem = item.undelivered() or Problem(stage="parse", kind=parsed.state, message=parsed.reason)
        return Number(problem=problem)
    return Number(value=float(is_right(item, mode)))


def number_errors(task: Task, items: Sequence[Item], mode: Mode) -> list[tuple[Item, Number]]:
    """The absolute error of the task's first numeric field, in its own unit; an unread answer has none."""
    numeric = (name for ask in task.asks for name, read in ask.reads().items() if read.as_ == "number")
    field = next(numeric, None)
    return [(item, _distance(item, mode, field=field)) for item in items]


def _distance(item: Item, mode: Mode, *, field: str | None) -> Number:
    gold = item.sample.target.values.get(field or "", ())
    if field is None or not gold:
        problem = Problem(stage="metric", kind="no_number", message="the task reads no number with gold")
        return Number(problem=problem, blame="measure")
    values = item.parsed[mode].values.get(field)
    if not values:
        return Number(problem=_right(item, mode).problem or Problem(stage="parse", kind="unparsed"))
    return Number(value=abs(float(values[0]) - float(gold[0])))


_PIECES = {"whitespace": re.compile(r"\S+"), "words": re.compile(r"\w+|[^\w\s]")}
_SIGNS = re.compile(r"[^\w\s\x00-\x7f]")


def _bare(text: str) -> str:
    """Without the marks that belong to letters, such as vowel signs, which would part a word."""
    if text.isascii():
        return text
    return _SIGNS.sub(lambda match: "" if unicodedata.category(match[0])[0] == "M" else match[0], text)


def lengths(task: Task, items: Sequence[Item]) -> list[tuple[Item, Number]]:
    """Tokens of each reply, thoughts within its text included; which tokens is the task's choice and is noted."""
    return [(item, _length(task, item)) for item in items]


def _length(task: Task, item: Item) -> Number:
    answer = item.answer
    if item.failed or answer is None:
        return Number(problem=item.undelivered() or Problem(stage="call", kind="error"))
    note = f"tok:{task.tokenizer}"
    if task.tokenizer == "usage":
        counts = [reply.usage.output_tokens for reply in answer.replies]
        if not any(counts):
            problem = Problem(stage="metric", kind="no_usage", message="no count of tokens came with the reply")
            return Number(problem=problem, blame="measure")
        return Number(value=float(sum(counts)), note=note)
    pattern = _PIECES[task.tokenizer]
    return Number(value=float(sum(len(pattern.findall(_bare(reply.text))) for reply in answer.replies)), note=note)


def candidate(task: Task, item: Item, mode: Mode) -> str:
    """The text that is compared with the reference: the free-text answer, else the reasoning."""
    open_fields = [name for ask in task.asks for name, read in ask.reads().items() if read.as_ == "text"]
    values = item.parsed[mode].values
    if open_fields:
        return " ".join(text for name in open_fields for text in values.get(name, ()))
    return item.parsed[mode].reasoning


def text_numbers(
    task: Task, items: Sequence[Item], *, metric: str, mode: Mode, model: BertSetting
) -> list[tuple[Item, Number]]:
    """One text metric of every answer; a reply without a reason is the model's own gap."""
    rows: list[tuple[Item, Number | None]] = [(item, _no_text(task, item, mode)) for item in items]
    if metric == "bertscore_f1":
        return _embedded(task, rows, mode=mode, model=model)
    if metric == "bertscore_f1_rescaled":
        return _rescaled(_embedded(task, rows, mode=mode, model=model), model)
    return [(item, number or _overlap(task, item, metric=metric, mode=mode)) for item, number in rows]


def _overlap(task: Task, item: Item, *, metric: str, mode: Mode) -> Number:
    library = mode == "faithful" and task.faithful.tokens == "library"
    words: Words = "library" if library else "english" if task.is_english(item.sample.lang) else "plain"
    measured = TEXT_METRICS[metric](candidate(task, item, mode), item.sample.target.reference or "", words)
    if measured.value is None:
        problem = Problem(stage="metric", kind="no_reference", message=measured.reason)
        return Number(problem=problem, blame="measure")
    return Number(value=measured.value, note=f"tok:{measured.tokenizer}" if measured.tokenizer else "")


def _no_text(task: Task, item: Item, mode: Mode) -> Number | None:
    if not item.sample.target.reference:
        return Number(problem=Problem(stage="metric", kind="no_reference"), blame="measure")
    by_authors = mode == "faithful" and task.faithful.rule != "same"
    undelivered = item.undelivered()
    if undelivered is not None and not (by_authors and item.came and candidate(task, item, mode).strip()):
        return Number(problem=undelivered)  # the authors compare every text that is there: one that declines, too
    if not candidate(task, item, mode).strip():
        return Number(problem=Problem(stage="parse", kind="no_text", message="the reply gives no reason to compare"))
    return None


class BertSetting:
    """Which embedding model BERTScore uses; it is loaded once, on first use."""

    def __init__(self, *, model: str | None = None, layers: int | None = None, lang: str = "en") -> None:
        """Nothing is imported yet."""
        self._model, self._layers, self._lang = model, layers, lang
        self._loaded: BertScore | Unavailable | None = None
        self._known: dict[tuple[str, str], float] = {}

    def load(self) -> BertScore | Unavailable:
        """The scorer, or why there is none."""
        if self._loaded is None:
            try:
                self._loaded = BertScore(self._model, lang=self._lang, layers=self._layers)
            except Unavailable as error:
                self._loaded = error
        return self._loaded

    def f1(self, scorer: BertScore, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """F1 of each pair; a pair that was measured before is not measured again, so both modes cost one call."""
        new = list(dict.fromkeys(pair for pair in pairs if pair not in self._known))
        if new:
            self._known.update(zip(new, scorer.f1(new), strict=True))
        return [self._known[pair] for pair in pairs]


def _rescaled(rows: list[tuple[Item, Number]], model: BertSetting) -> list[tuple[Item, Number]]:
    """Raw values on the scale on which unrelated texts are 0; what has no value keeps its problem."""
    if not any(number.value is not None for _, number in rows):
        return rows
    scorer = model.load()
    try:
        base = scorer.baseline() if isinstance(scorer, BertScore) else 0.0
    except Unavailable as error:
        lost = Number(problem=Problem(stage="metric", kind="not_available", message=str(error)), blame="measure")
        return [(item, number if number.value is None else lost) for item, number in rows]
    return [
        (item, number if number.value is None else _on_baseline(number, number.value, base)) for item, number in rows
    ]


def _on_baseline(number: Number, raw: float, base: float) -> Number:
    note = number.note.replace(",raw,", ",rescaled,")
    return Number(value=(raw - base) / (1 - base), note=note)


def _embedded(
    task: Task, rows: Sequence[tuple[Item, Number | None]], *, mode: Mode, model: BertSetting
) -> list[tuple[Item, Number]]:
    scorer = model.load() if any(number is None for _, number in rows) else None
    if isinstance(scorer, Unavailable):
        lost = Number(problem=Problem(stage="metric", kind="not_available", message=str(scorer)), blame="measure")
        return [(item, number or lost) for item, number in rows]
    pairs = [
        (candidate(task, item, mode), item.sample.target.reference or "") for item, number in rows if number is None
    ]
    values = iter(model.f1(scorer, pairs) if scorer else [])
    note = scorer.signature if scorer else ""
    return [(item, number or Number(value=next(values), note=note)) for item, number in rows]

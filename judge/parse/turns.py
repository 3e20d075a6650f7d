"""A reply's own text, without a turn that the model invented after its answer: "User: ...", "Question: ...", "[INST]".

What precedes decides. A special token of a chat template ends a turn that has words. A word at the beginning of a line,
or `[INST]`, which some models strew over their reasons, ends it only where an answer is given already: in an answer's
form, by declining, or (not before `[INST]`) where what precedes reads as one; a question needs a blank line too, as
replies restate theirs. A reply that begins with such a word loses nothing, nor does a dialogue that is quoted: after a
colon, or after a line of another speaker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from judge.definitions import Ask, Task
from judge.parse.objects import objects_in, of_any_case
from judge.parse.refusals import is_refusal
from judge.parse.thinking import split_thinking
from judge.parse.values import read_value
from judge.records import AskReply, Sample

MOST_LOOKED_AT = 8
"""Marks at which what precedes is read; each reading takes time in the length of the text."""
MOST_TOKENS = 1000
LONGEST_BARE = 3
"""Words of an answer that may be none of ours, before a speaker; before a question it is one."""
LONGEST_LINE = 200
LONGEST_STRUCK = 500
SHORTEST_TEXT = 4
"""Words of a free text that can be an answer; twice as many characters in scripts without blanks."""
LONGEST_LEAD = 15
_SPEAKERS = (
    r"user|human|assistant|instruction|input|usuario|usuário|utilisateur|nutzer(?:in)?|benutzer(?:in)?|mensch|"
    r"пользователь|человек|"
    r"المستخدم|مستخدم|उपयोगकर्ता|kullanıcı|käyttäjä|utente|umano|humano|humain|gebruiker|użytkownik|người dùng|"
    r"pengguna|"
    r"用户|用戶|使用者|人类|人類|助手|指令|ユーザー|人間|アシスタント|사용자|인간|어시스턴트"
)
_QUESTIONS = (
    r"(?:next |new |another |second |follow-up )?question|q|(?:nächste )?frage|(?:siguiente )?pregunta|pergunta|"
    r"domanda|вопрос|"
    r"سؤال|السؤال|प्रश्न|सवाल|(?:sıradaki )?soru|kysymys|vraag|pytanie|câu hỏi|pertanyaan|(?:下一个|下一個)?(?:问题|"
    r"問題)|问|問|"
    r"题目|題目|質問|(?:次の)?質問|질문|(?:다음 )?문제"
)
_MARK = re.compile(
    rf"(?:^|\n)[ \t]{{0,4}}(?:[#*_]{{1,6}}[ \t]{{0,2}})?(?:(?P<speaker>{_SPEAKERS})|(?P<question>{_QUESTIONS}))"
    r"(?:[ \t]?(?:#|no\.)?[ \t]?\d{1,3})?[*_]{0,3}[ \t]{0,2}[:：]|"
    rf"(?:^|\n|(?<=[^\n#])\s?)(?<!#)#{{2,4}}[ \t]?(?:(?P<titled>{_SPEAKERS})|(?P<titled_question>question))(?![^\W_])|"
    r"\[(?-i:INST)\]",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|start_header_id|eot_id|eom_id|end_of_text|endoftext|end|return|user|assistant|system|"
    r"observation|"
    r"begin_of_text|(?:start|end)_of_turn_token|user_token|chatbot_token|end_response)\|>|(?-i:</?s>)|<eos>|<(?:start|"
    r"end)_of_turn>|"
    r"<\|turn>|<turn\|>|\[\|(?:user|assistant|system|endofturn)\|\]|<｜(?:User|Assistant|"
    r"end▁of▁sentence)｜>",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\s{0,99}(?:(?:<\|im_start\|>\s?assistant|<\|start_header_id\|>\s?assistant\s?<\|end_header_id\|>|<\|assistant\|>|"
    r"<start_of_turn>\s?model|<\|turn>\s?model|\[/INST\]|\[\|assistant\|\]|<｜Assistant｜>|<\|chatbot_token\|>|"
    r"<\|begin_of_text\|>)\s{0,99}){1,9}+",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"<\|im_start\|>\s?assistant|<\|start_header_id\|>\s?assistant\s?<\|end_header_id\|>|<\|assistant\|>|"
    r"<start_of_turn>\s?model|<\|turn>\s?model|\[/INST\]|\[\|assistant\|\]|<｜Assistant｜>|<\|chatbot_token\|>",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"<answer>|\\boxed\{|(?<![^\W_])(?:answer|emotion|label|sentiment|rating|score|antwort|respuesta|réponse|reponse|"
    r"resposta|risposta|"
    r"ответ|cevap|vastaus|الجواب|الإجابة|उत्तर)"
    r"(?:[^\S\n](?:is|lautet|est|es|é))?[^\S\n]{0,4}[*_`]{0,3}[^\S\n]{0,4}[:：]\s{0,9}[*_`]{0,3}\s{0,4}[^\s*_`]|"
    r"(?:答案|回答|答え|答|정답|답)(?:是|为|は|은)?[*_`]{0,3}\s{0,4}[:：]\s{0,9}[^\s]",
    re.IGNORECASE,
)
_OF_A_DIALOGUE = re.compile(r"[^\S\n]{0,9}[*_]{0,3}[^\W\d_][\w. ]{0,24}[*_]{0,3}[:：]")
_INTRODUCES = re.compile(
    r"(?<![^\W_])(?:let me|let's|let us|look|here is|here's|following|question|dialogue|conversation|transcript|"
    r"exchange|step by step|"
    r"consider|analysis|reasoning|explanation|thinking|context|scene|step|sure|okay|ok|certainly|of course|hmm|"
    r"schauen|folgend\w{0,2}|zunächst|veamos|voyons|vejamos)(?![^\W_])|"
    r"以下|首先|让我|讓我|好的|まず|次の|다음|먼저",
    re.IGNORECASE,
)
_QUOTES = frozenset("`\"'“”‘’«»「」『』")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


def reply_text(task: Task, sample: Sample, reply: AskReply) -> str:
    """The reply's own text: without thoughts, and without a turn that was invented after its answer."""
    text, _ = split_thinking(reply.text)
    ask = next((item for item in task.asks if item.name == reply.ask), None)
    if ask is None:
        return own_turn(text)
    return own_turn(text, answers=lambda before: _answers(task, sample, ask=ask, text=before), keys=_keys(ask))


def own_turn(text: str, *, answers: Callable[[str], bool] | None = None, keys: frozenset[str] = frozenset()) -> str:
    """The text up to the turn that follows its answer; whole where there is none.

    `answers` says whether a text reads as an answer; without it, an answer must have its form. With `keys` the answer
    is a JSON object with one of them. Time is linear in the text.
    """
    text = _spoken(text)
    end = next((match.start() for match in _turns(text, answers, keys)), len(text))
    return text[:end].strip() if end < len(text) else text


def _spoken(text: str) -> str:
    """The first turn of a chat template's text: without its head, and up to the token that ends it."""
    if not any(mark in text for mark in ("<", "[")):
        return text
    whole = text
    for _ in range(2):
        lead = _LEAD.match(text)
        text = text[lead.end() :] if lead is not None else text
        tokens = [match for match in islice(_TOKEN.finditer(text), MOST_TOKENS) if not _is_quoted(text, match)]
        if not tokens or text[: tokens[0].start()].strip():
            break
        head = _HEAD.search(text, tokens[0].start())  # the prompt was said again, before the answer
        if head is None:
            return whole
        text = text[head.start() :]
    end = next((match.start() for match in tokens if not _is_struck(text, match)), len(text))
    return text[:end].removeprefix("<s>").strip() if len(text[:end]) < len(whole) else whole


def _is_quoted(text: str, match: re.Match[str]) -> bool:
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return bool(before and after) and before in _QUOTES and after in _QUOTES


def _is_struck(text: str, match: re.Match[str]) -> bool:
    """True of <s>, and of the </s> that ends it within a text: struck out, in HTML."""
    if match[0].lower() == "<s>":
        return True
    if match[0].lower() != "</s>" or not text[match.end() : match.end() + 20].strip():
        return False
    return "<s>" in text[max(0, match.start() - LONGEST_STRUCK) : match.start()].lower()


def _turns(text: str, answers: Callable[[str], bool] | None, keys: frozenset[str]) -> Iterator[re.Match[str]]:
    """The marks of a next turn that an answer precedes."""
    begin = len(text) - len(text.lstrip())
    answered = -1
    looked = 0
    for match in _MARK.finditer(text):
        if match.start() <= begin:
            continue
        answered = _answered_at(text, keys) if answered < 0 else answered
        if match.start() >= answered:
            yield match
        elif looked < MOST_LOOKED_AT and not _is_in_a_dialogue(
            text[max(0, match.start() - LONGEST_LINE) : match.start()]
        ):
            looked += 1
            if _precedes(text[: match.start()], match, answers):
                yield match


def _answered_at(text: str, keys: frozenset[str]) -> int:
    """Where an answer in its own form has ended; beyond the end of the text where there is none."""
    if keys:
        found = objects_in(text) if "{" in text else []
        return next((item.end for item in found if keys & of_any_case(item.value).keys()), len(text) + 1)
    match = _ANSWERED.search(text)
    return match.end() if match is not None else len(text) + 1


def _is_in_a_dialogue(before: str) -> bool:
    """True where the mark follows a colon, or a line of another speaker."""
    last = before.rstrip()
    return last.endswith((":", "：")) or _OF_A_DIALOGUE.match(last[last.rfind("\n") + 1 :][:80]) is not None


def _precedes(before: str, match: re.Match[str], answers: Callable[[str], bool] | None) -> bool:
    """True where what precedes a mark is an answer."""
    if is_refusal(before):
        return True
    asks = match["question"] or match["titled_question"]
    words = before[:LONGEST_LINE].split()
    if (
        len(words) <= (1 if asks else LONGEST_BARE)
        and len(before.strip()) < LONGEST_LINE
        and not _INTRODUCES.search(before)
    ):
        return True
    if answers is None or not (match["speaker"] or match["titled"] or asks):
        return False  # [INST]
    blank = before.endswith(("\n", "\n ", "\n\t", "\n\r"))
    return (blank or not asks) and answers(before)


def _keys(ask: Ask) -> frozenset[str]:
    if ask.read.as_ != "json":
        return frozenset()
    return frozenset(key.casefold() for name, read in ask.reads().items() for key in (name, *read.keys))


def _answers(task: Task, sample: Sample, *, ask: Ask, text: str) -> bool:
    """True where a text reads as the answer to an ask: one value, or of free text some words that introduce nothing."""
    if ask.read.as_ == "json":
        return False
    if ask.read.as_ == "text":
        words = len(text.split()) + len(_WIDE.findall(text[:200])) // 2
        lead = words <= LONGEST_LEAD and _INTRODUCES.search(text) is not None
        return words >= SHORTEST_TEXT and not lead
    labels, choices = sample.labels or task.labels_of(ask.read), sample.choices.get(ask.name, ())
    return read_value(ask.read, text, labels=labels, choices=choices, explicit=False).state == "ok"

"""What is made of each vendor's own replies, through LiteLLM: thinking, endings, refusals, tokens and money.

One server gives every reply, in turn; LiteLLM is imported once.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from bodies import open_asked, request
from test_endpoint import response, served

from providers.errors import ProviderError, Transient
from providers.records import Finish, Reply


def gemini(finish: str | None, *parts: dict[str, Any], usage: dict[str, Any] | None = None, **more: Any) -> Any:
    """A reply of Gemini's; without `finish` it has no candidate."""
    counts = usage or {"promptTokenCount": 10, "candidatesTokenCount": 3, "totalTokenCount": 13}
    candidate: dict[str, Any] = {"index": 0, "finishReason": finish}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    found = {"candidates": [candidate]} if finish else {}
    return {**found, "usageMetadata": counts, "modelVersion": "gemini-3.8-flash-002", **more}


def claude(stop: str, *content: dict[str, Any], **usage: int) -> Any:
    """A reply of Claude's."""
    counts = {"input_tokens": 10, "output_tokens": 3, **usage}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5"}
    return {**head, "content": list(content), "stop_reason": stop, "usage": counts}


def openai(finish: str | None, message: dict[str, Any], **usage: Any) -> Any:
    """A chat completion."""
    counts = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13, **usage}
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}
    head = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "gpt-6.1-sol-2026-09-01"}
    return {**head, "choices": [choice], "usage": counts}


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


YES, HM = {"text": "Yes."}, {"text": "hm", "thought": True}
COUNTED = {
    "promptTokenCount": 10,
    "candidatesTokenCount": 3,
    "thoughtsTokenCount": 7,
    "totalTokenCount": 20,
    "cachedContentTokenCount": 4,
}
THINKS = {"type": "thinking", "thinking": "hm", "signature": "x"}
DETAILS = {
    "completion_tokens_details": {"reasoning_tokens": 2},
    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
}
Case = tuple[Any, str, str, Finish, str]
"""The reply's body; its text, thinking and finish; the vendor's word for a refusal."""
CASES: dict[tuple[str, str], Case] = {
    ("gemini", "thoughts"): (gemini("STOP", HM, YES, usage=COUNTED), "Yes.", "hm", "stop", ""),
    ("gemini", "signed"): (gemini("STOP", HM, {**YES, "thoughtSignature": "QUJD"}), "Yes.", "hm", "stop", ""),
    ("gemini", "two parts"): (gemini("STOP", {"text": "Ye"}, {"text": "s."}), "Yes.", "", "stop", ""),
    ("gemini", "cut"): (gemini("MAX_TOKENS", YES), "Yes.", "", "length", ""),
    ("gemini", "cut amid its thoughts"): (gemini("MAX_TOKENS", HM), "", "hm", "length", ""),
    ("gemini", "cut before its first word"): (gemini("MAX_TOKENS"), "", "", "length", ""),
    ("gemini", "safety"): (gemini("SAFETY"), "", "", "refused", "SAFETY"),
    ("gemini", "safety amid the text"): (gemini("SAFETY", YES), "", "", "refused", "SAFETY"),
    ("gemini", "recitation"): (gemini("RECITATION"), "", "", "refused", "RECITATION"),
    ("gemini", "prohibited"): (gemini("PROHIBITED_CONTENT"), "", "", "refused", "PROHIBITED_CONTENT"),
    ("gemini", "blocklist"): (gemini("BLOCKLIST"), "", "", "refused", "BLOCKLIST"),
    ("gemini", "private data"): (gemini("SPII"), "", "", "refused", "SPII"),
    ("gemini", "language"): (gemini("LANGUAGE"), "", "", "refused", "LANGUAGE"),
    ("gemini", "question blocked"): (
        gemini(None, promptFeedback={"blockReason": "SAFETY"}), "", "", "refused", "SAFETY",
    ),
    ("gemini", "question prohibited"): (
        gemini(None, promptFeedback={"blockReason": "PROHIBITED_CONTENT"}), "", "", "refused", "PROHIBITED_CONTENT",
    ),
    ("gemini", "question blocked, nothing counted"): (
        {"promptFeedback": {"blockReason": "OTHER"}, "modelVersion": "m"}, "", "", "refused", "OTHER",
    ),
    ("anthropic", "thinks"): (
        claude("end_turn", THINKS, said("Yes."), cache_read_input_tokens=4, cache_creation_input_tokens=0),
        "Yes.", "hm", "stop", "",
    ),
    ("anthropic", "hides its thoughts"): (
        claude("end_turn", {"type": "redacted_thinking", "data": "zzz"}, said("Yes.")), "Yes.", "", "stop", "",
    ),
    ("anthropic", "two blocks"): (claude("end_turn", said("Ye"), said("s.")), "Yes.", "", "stop", ""),
    ("anthropic", "stop sequence"): (claude("stop_sequence", said("Yes.")), "Yes.", "", "stop", ""),
    ("anthropic", "cut"): (claude("max_tokens", said("Ye")), "Ye", "", "length", ""),
    ("anthropic", "cut amid its thoughts"): (claude("max_tokens", THINKS), "", "hm", "length", ""),
    ("anthropic", "window full"): (claude("model_context_window_exceeded", said("Ye")), "Ye", "", "length", ""),
    ("anthropic", "refuses"): (claude("refusal"), "", "", "refused", "refusal"),
    ("anthropic", "refuses in words"): (claude("refusal", said("I cannot.")), "I cannot.", "", "refused", "refusal"),
    ("anthropic", "says nothing"): (claude("end_turn"), "", "", "stop", ""),
    ("openai", "reasons"): (
        openai("stop", {"content": "Yes.", "reasoning_content": "hm"}, **DETAILS), "Yes.", "hm", "stop", "",
    ),
    ("openai", "reasons elsewhere"): (openai("stop", {"content": "Yes.", "reasoning": "hm"}), "Yes.", "hm", "stop", ""),
    ("openai", "refuses"): (openai("stop", {"refusal": "I cannot."}), "I cannot.", "", "refused", ""),
    ("openai", "filtered"): (openai("content_filter", {"content": "Ye"}), "Ye", "", "refused", "content_filter"),
    ("openai", "filtered at once"): (openai("content_filter", {}), "", "", "refused", "content_filter"),
    ("openai", "cut"): (openai("length", {"content": "Ye"}), "Ye", "", "length", ""),
    ("openai", "cut before its first word"): (openai("length", {}), "", "", "length", ""),
    ("openai", "no reason"): (openai(None, {"content": "Yes."}), "Yes.", "", "stop", ""),
    ("openrouter", "says"): (openai("stop", {"content": "Yes."}, cost=0.0125), "Yes.", "", "stop", ""),
    ("openrouter", "names no cost"): (openai("stop", {"content": "Yes."}), "Yes.", "", "stop", ""),
    ("endpoint", "reasons"): (openai("stop", {"content": "Yes.", "reasoning_content": "hm"}), "Yes.", "hm", "stop", ""),
    ("endpoint", "refuses"): (openai("stop", {"refusal": "I cannot."}), "I cannot.", "", "refused", ""),
    ("endpoint", "filtered"): (openai("content_filter", {"content": "Ye"}), "Ye", "", "refused", ""),
    ("endpoint", "cut"): (openai("length", {"content": "Ye"}), "Ye", "", "length", ""),
}  # fmt: skip
BROKEN: dict[tuple[str, str], tuple[Any, str]] = {
    ("gemini", "no candidate and no reason"): (gemini(None), "bad_response"),
    ("openrouter", "its vendor failed amid the reply"): (openai("error", {"content": "Ye"}), "server"),
    ("endpoint", "its vendor failed amid the reply"): (openai("error", {"content": "Ye"}), "server"),
    ("endpoint", "the server was stopped"): (openai("abort", {"content": "Ye"}), "server"),
}
Outcomes = Mapping[tuple[str, str], Reply | ProviderError]


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    replies = {key: case[0] for key, case in (*CASES.items(), *BROKEN.items())}
    now: list[bytes] = []

    async def work(base_url: str) -> Outcomes:
        found: dict[tuple[str, str], Reply | ProviderError] = {}
        for vendor in dict.fromkeys(vendor for vendor, _ in replies):
            backend = open_asked(vendor, base_url.removesuffix("/v1"))
            for name in (name for asked, name in replies if asked == vendor):
                now[:] = [json.dumps(replies[vendor, name]).encode()]
                try:
                    found[vendor, name] = await backend.generate(request(backend.info, "q"))
                except ProviderError as error:
                    found[vendor, name] = error
            await backend.close()
        return found

    return served(lambda _: response(now[0]), work)


def reply_of(outcomes: Outcomes, vendor: str, name: str) -> Reply:
    outcome = outcomes[vendor, name]
    assert isinstance(outcome, Reply), repr(outcome)
    return outcome


@pytest.mark.parametrize(("vendor", "name"), CASES)
def test_text_thinking_and_ending_are_kept_apart(outcomes: Outcomes, vendor: str, name: str) -> None:
    reply, (_, text, thinking, finish, word) = reply_of(outcomes, vendor, name), CASES[vendor, name]
    assert (reply.text, reply.thinking, reply.finish) == (text, thinking, finish)
    assert reply.notes == ((f"declined by the vendor: {word}",) if word else ())


@pytest.mark.parametrize(("vendor", "name"), BROKEN)
def test_a_reply_that_broke_off_is_worth_another_try_and_no_answer(outcomes: Outcomes, vendor: str, name: str) -> None:
    error = outcomes[vendor, name]
    assert isinstance(error, Transient), repr(error)
    assert (error.kind, error.maybe_billed) == (BROKEN[vendor, name][1], True)


USAGES = {  # tokens in, out, reasoning, cached; cost in dollars by the table's prices
    ("gemini", "thoughts"): (10, 10, 7, 4, (6 * 0.75 + 4 * 0.075 + 10 * 3.75) / 1e6),
    ("gemini", "safety"): (10, 3, 0, 0, (10 * 0.75 + 3 * 3.75) / 1e6),
    ("anthropic", "thinks"): (14, 3, None, 4, (10 * 2 + 4 * 0.1 + 3 * 10) / 1e6),
    ("openai", "reasons"): (10, 3, 2, 4, (6 * 2 + 4 * 0.1 + 3 * 10) / 1e6),
    ("openrouter", "says"): (10, 3, 0, 0, 0.0125),
    ("openrouter", "names no cost"): (10, 3, 0, 0, None),
    ("endpoint", "reasons"): (10, 3, 0, 0, None),
}


@pytest.mark.parametrize(("vendor", "name"), USAGES)
def test_tokens_and_money_are_what_the_vendor_counted(outcomes: Outcomes, vendor: str, name: str) -> None:
    usage = reply_of(outcomes, vendor, name).usage
    into, out, reasoning, cached, cost = USAGES[vendor, name]
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (into, out, cached)
    assert reasoning in (None, usage.reasoning_tokens), "Claude counts it with the rest; LiteLLM's is a guess"
    assert usage.cost == (None if cost is None else pytest.approx(cost))


def test_the_model_that_answered_is_named_as_the_vendor_names_it(outcomes: Outcomes) -> None:
    assert reply_of(outcomes, "gemini", "thoughts").model == "gemini-3.8-flash-002"
    assert reply_of(outcomes, "openai", "reasons").model == "gpt-6.1-sol-2026-09-01"
    assert reply_of(outcomes, "anthropic", "thinks").model == "claude-sonnet-5-5"

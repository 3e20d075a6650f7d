"""Which error a status and its body are: what is tried again, what ends a run, and what is one sample's own."""

from __future__ import annotations

import json

import pytest

from judge.cli.hiding import Hiding
from providers.errors import Permanent
from providers.failures import failure_of, wait_asked
from providers.gate import Repeats

CASES = {
    "OpenAI, a wrong key": (401, "Incorrect API key provided: sk-ab***yz.", "unauthorized"),
    "Gemini, a wrong key": (400, "API key not valid. Please pass a valid API key.", "unauthorized"),
    "OpenAI, no money": (429, "You exceeded your current quota, please check your plan and billing details.", "quota"),
    "Anthropic, no money": (400, "Your credit balance is too low to access the Anthropic API.", "quota"),
    "DeepSeek, no money": (402, "Insufficient Balance", "quota"),
    "a 402 that says nothing": (402, "", "quota"),
    "an unknown model": (404, "The model `gpt-9` does not exist", "not_found"),
    "an unknown model, as 400": (400, "gpt-9 is an unknown model", "not_found"),
    "a model that is not there, as 400": (400, "The model `gpt-9` does not exist or you lack access", "not_found"),
    "OpenAI, a parameter": (
        400,
        "Unsupported parameter: 'temperature' is not supported with this model.",
        "not_supported",
    ),
    "OpenAI, a value": (400, "Unsupported value: 'temperature' does not support 0 with this model.", "setting"),
    "Anthropic, a value": (400, "max_tokens: 200000 > 8192, which is the maximum allowed", "setting"),
    "Gemini, a value": (400, "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), -1", "setting"),
    "vLLM, a reply beyond the context": (
        400,
        "'max_tokens' is too large: 4096. This model's maximum context length is 4096 tokens and your request has 3900",
        "setting",
    ),
    "vLLM, too long": (
        400,
        "This model's maximum context length is 4096 tokens. However, your request has 4200 input tokens.",
        "too_large",
    ),
    "Anthropic, too long": (400, "prompt is too long: 210000 tokens > 200000 maximum", "too_large"),
    "a picture that cannot be read": (400, "Could not process image", "bad_request"),
    "a body that is too large": (413, "<html>Request Entity Too Large</html>", "too_large"),
    "a redirect": (307, "", "not_found"),
}


@pytest.mark.parametrize("what", CASES)
def test_a_lasting_failure_is_named_by_what_mends_it(what: str) -> None:
    status, said, kind = CASES[what]
    for body in (
        json.dumps({"error": {"message": said}}),
        f"litellm.X: Y - {json.dumps({'error': {'message': said}})}",
    ):
        error = failure_of(status, body, model="m")
        assert (type(error), error.kind) == (Permanent, kind), error.message
        assert not said or status == 307 or said in error.message
        assert "litellm" not in error.message


def test_a_row_of_equal_failures_is_too_many_at_the_third_whatever_ids_they_carry() -> None:
    repeats = Repeats()
    for _ in range(3):
        repeats.begin()
    assert [repeats.failed(f"bad picture (req_011CSHoEeqs5C35K2UU{n}x)") for n in range(3)] == [False, False, True]


def test_a_success_of_a_later_call_ends_the_row_and_one_of_an_earlier_call_does_not() -> None:
    repeats = Repeats()
    first, second = repeats.begin(), repeats.begin()
    assert [repeats.failed("bad"), repeats.failed("bad")] == [False, False]
    repeats.succeeded(first)
    repeats.succeeded(second)
    third = repeats.begin()
    repeats.succeeded(third)
    assert [repeats.failed("bad"), repeats.failed("bad"), repeats.failed("bad")] == [False, False, True]


def test_numbers_that_tell_samples_apart_still_do() -> None:
    repeats = Repeats()
    assert [repeats.failed(f"line {n} of the table is wrong") for n in range(5)] == [False] * 5


def test_logs_and_warnings_hold_no_key(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789-abcdefghij")
    undo = Hiding("http://u:pw-9876543210@h").guard()
    try:
        logging.getLogger("somebody").error("sent %s to %s", "sk-0123456789-abcdefghij", "http://u:pw-9876543210@h")
    finally:
        undo()
    assert "(the key)" in caplog.text
    assert "0123456789" not in caplog.text
    assert "9876543210" not in caplog.text


def test_a_date_is_waited_for_by_the_servers_own_clock_where_ours_runs_ahead() -> None:
    headers = {"Retry-After": "Wed, 25 Nov 2015 20:22:23 GMT", "Date": "Wed, 25 Nov 2015 20:22:20 GMT"}
    assert wait_asked(headers) == "3.0"
    assert wait_asked({"retry-after": headers["Retry-After"]}) == headers["Retry-After"], "without it by ours"
    assert wait_asked({**headers, "Date": "soon"}) == headers["Retry-After"]
    assert wait_asked({"retry-after-ms": "700", "retry-after": "9"}) == "0.7"
    assert wait_asked({"Retry-After": "soon"}, '"retryDelay": "32s"') == "32"

"""Log-probabilities of a few answers from a server's list: what is summed, what is not listed, what is malformed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from providers.choices import choices_in
from providers.errors import NotSupported
from providers.records import UNLISTED


def choice(*tokens: tuple[Any, Any]) -> dict[str, Any]:
    listed = [{"token": token, "logprob": logprob} for token, logprob in tokens]
    return {"logprobs": {"content": [{"token": "4", "logprob": -0.1, "top_logprobs": listed}]}}


def test_tokens_that_differ_by_spaces_count_together_and_others_do_not() -> None:
    made = choice(("4", math.log(0.5)), (" 4", math.log(0.2)), ("5", math.log(0.2)), ("45", math.log(0.05)))
    four, five, three = choices_in(made, ("4", "5", "3"), model="m")
    assert math.exp(four) == pytest.approx(0.7)
    assert math.exp(five) == pytest.approx(0.2)
    assert three == UNLISTED


@pytest.mark.parametrize(
    "body",
    [{}, {"logprobs": None}, {"logprobs": {"content": []}}, {"logprobs": 3},
     {"logprobs": {"content": [{"top_logprobs": []}]}},
     {"logprobs": {"content": [{"top_logprobs": [{"token": 4, "logprob": -1}]}]}},
     {"logprobs": {"content": [{"top_logprobs": [{"token": "4", "logprob": "x"}]}]}},
     {"logprobs": {"content": [{"top_logprobs": [{"token": "4", "logprob": 3.0}]}]}},
     {"logprobs": {"content": [{"top_logprobs": [{"token": "4", "logprob": float("nan")}]}]}}],
)  # fmt: skip
def test_without_a_list_there_are_no_probabilities_and_it_is_said_what_mends_it(body: dict[str, Any]) -> None:
    with pytest.raises(NotSupported, match="sent no log-probabilities: leave --weigh out"):
        choices_in(body, ("4",), model="m")


def test_a_probability_is_never_above_one() -> None:
    made = choice(("4", 0.0), (" 4", 0.0))
    assert choices_in(made, ("4",), model="m") == (0.0,)


@pytest.mark.parametrize("wrong", [None, 3, "4", {}, {"token": "4"}, {"logprob": -1.0}])
def test_one_malformed_entry_does_not_hide_the_others(wrong: Any) -> None:
    made = choice(("4", -0.5))
    made["logprobs"]["content"][0]["top_logprobs"].insert(0, wrong)
    assert choices_in(made, ("4",), model="m") == pytest.approx((-0.5,))

"""Draws that depend on the request alone, lengths and ends of replies, and probabilities of given answers."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
from made import GREEDY, Studio, asks, one_by_one, opened, together

from providers.local import Local
from providers.local_batch import Sampler
from providers.local_prompt import Prepared
from providers.records import Request, Sampling

Open = Callable[[str], Local]
Build = Callable[[str], Path]


def _drawn(text: str, *, seed: int | None = 1, draw: int = 0, top_p: float | None = None) -> Request:
    return asks(text, sampling=Sampling(temperature=1.0, max_tokens=12, seed=seed, top_p=top_p), draw=draw)


def test_a_draw_does_not_depend_on_what_else_is_in_the_batch(model: Open) -> None:
    requests = [_drawn("word " * times) for times in (3, 1, 8, 5, 2, 13)]
    alone = [reply.text for reply in one_by_one(model("text"), requests)]
    assert [reply.text for reply in together(model("text"), requests)] == alone
    backwards = [reply.text for reply in together(model("text"), requests[::-1])]
    assert backwards[::-1] == alone
    assert len(set(alone)) == len(alone)


def test_seed_and_draw_both_change_the_reply_and_nothing_else_does(model: Open) -> None:
    requests = [_drawn("What?"), _drawn("What?"), _drawn("What?", seed=2), _drawn("What?", draw=1)]
    first, again, other_seed, other_draw = (reply.text for reply in together(model("text"), requests))
    assert first == again
    assert len({first, other_seed, other_draw}) == 3


def test_without_a_seed_draws_still_differ_and_can_be_repeated(model: Open) -> None:
    requests = [_drawn("What?", seed=None, draw=draw) for draw in range(4)]
    texts = [reply.text for reply in together(model("text"), requests)]
    assert len(set(texts)) == 4
    assert [reply.text for reply in together(model("text"), requests)] == texts


def test_a_tiny_nucleus_is_greedy(model: Open) -> None:
    greedy = asks("What?", sampling=Sampling(max_tokens=12))
    replies = together(model("text"), [_drawn("What?", top_p=1e-6), greedy])
    assert replies[0].text == replies[1].text


def test_only_what_the_request_says_decides_how_a_reply_is_drawn(build: Build, model: Open, tmp_path: Path) -> None:
    """Many models ship with sampling settings of their own."""
    folder = shutil.copytree(build("text"), tmp_path / "m")
    config = json.loads((folder / "generation_config.json").read_text())
    config |= {"do_sample": True, "temperature": 0.01, "top_k": 1, "top_p": 0.01, "num_beams": 2}
    (folder / "generation_config.json").write_text(json.dumps(config))
    questions = [asks("What?"), asks("And what else?"), *(_drawn("What?", draw=draw) for draw in range(3))]
    expected = [reply.text for reply in together(model("text"), questions)]
    assert [reply.text for reply in together(opened(folder), questions)] == expected
    assert len(set(expected)) == 5


def test_draws_follow_the_models_probabilities() -> None:
    import torch

    scores = torch.tensor([[2.0, 1.0, 0.0, -1.0, -30.0]])
    sampling = Sampling(temperature=2.0, top_p=0.95)
    prepared = Prepared(request=asks("?", sampling=sampling), inputs={})
    sampler = Sampler([prepared], torch)
    drawn = Counter(int(sampler(None, scores).argmax()) for _ in range(4000))
    shares = (scores[0, :4] / 2).softmax(0).tolist()  # 0.455, 0.276, 0.167, 0.102: all four are in the nucleus
    assert set(drawn) == {0, 1, 2, 3}
    assert [drawn[token] / 4000 for token in range(4)] == pytest.approx(shares, abs=0.03)


def test_a_reply_that_the_limit_ended_says_so(model: Open) -> None:
    (reply,) = together(model("text"), [asks("What?", sampling=GREEDY)])
    assert (reply.finish, reply.usage.output_tokens) == ("length", GREEDY.max_tokens)


def test_a_reply_that_ended_by_itself_stops_there_in_a_batch_too(model: Open) -> None:
    local = model("text")
    runner = local._runner
    loaded = local._prompter._loaded
    prompt = local._prompter.prepare(asks("What?")).inputs
    written = loaded.model.generate(**prompt, max_new_tokens=40, do_sample=False)[0, prompt["input_ids"].shape[1] :]
    third = int(written[2])
    config = loaded.model.generation_config
    before, ends = config.eos_token_id, runner._ends
    config.eos_token_id, runner._ends = [before, third], ends | {third}
    try:
        ended, other = together(
            local, [asks("What?", sampling=Sampling(max_tokens=40)), asks("And?", sampling=Sampling(max_tokens=40))]
        )
    finally:
        config.eos_token_id, runner._ends = before, ends
    assert (ended.finish, ended.usage.output_tokens) == ("stop", written.tolist().index(third) + 1)
    assert ended.text == loaded.tokenizer.decode(written[: ended.usage.output_tokens - 1])
    assert other.usage.output_tokens > ended.usage.output_tokens


def test_a_reply_without_a_limit_ends_at_the_houses(model: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.local_batch.MOST_TOKENS", 20)
    (reply,) = together(model("text"), [asks("What?", sampling=Sampling())])
    assert (reply.finish, reply.usage.output_tokens) == ("length", 20)


def _slowly(local: Local, request: Request) -> list[float]:
    """The sum of log-probabilities, with one forward pass for each token of each choice, and no padding."""
    import torch

    loaded = local._prompter._loaded
    inputs = dict(local._prompter.prepare(request).inputs)
    totals = []
    for choice in request.choices or ():
        now = dict(inputs)
        total = 0.0
        for token in loaded.tokenizer(choice, add_special_tokens=False)["input_ids"]:
            with torch.no_grad():
                logits = loaded.model(**now, use_cache=False).logits[0, -1].double()
            total += math.log(logits.softmax(-1)[token])
            for name, value in (("input_ids", token), ("attention_mask", 1), ("token_type_ids", 0)):
                if name in now:
                    now[name] = torch.cat([now[name], torch.tensor([[value]])], dim=1)
            if "mm_token_type_ids" in now:
                now["mm_token_type_ids"] = torch.nn.functional.pad(now["mm_token_type_ids"], (0, 1))
        totals.append(total)
    return totals


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_choices_have_the_probabilities_of_a_slow_computation(family: str, model: Open, studio: Studio) -> None:
    local = model(family)
    takes = local._prompter._loaded.tokens
    media = [
        *([studio.image(1)] if "image" in takes else []),
        *([studio.sound(1)] if "audio" in takes else []),
        *(studio.frames(1) if "video" in takes else []),
    ]
    choices = ("joy", "a great and lasting sadness", "No.", "anger")
    request = asks("Which emotion?", *media, choices=choices)
    (reply,) = together(local, [request])
    expected = _slowly(local, request)
    assert reply.choices == pytest.approx(expected, abs=1e-4)
    assert reply.text == choices[expected.index(max(expected))]
    assert reply.finish == "stop"


def test_choices_and_free_replies_may_be_asked_together(model: Open) -> None:
    requests = [asks("Which?", choices=("joy", "anger")), asks("Which?"), asks("Or which?", choices=("joy", "anger"))]
    first, free, second = together(model("text"), requests)
    assert first.choices != second.choices
    assert free.choices is None
    assert one_by_one(model("text"), requests)[2].choices == pytest.approx(second.choices or ())


def test_a_choice_without_tokens_is_refused(model: Open) -> None:
    from providers.errors import Permanent

    with pytest.raises(Permanent, match="no tokens"):
        together(model("text"), [asks("Which?", choices=("joy", ""))])

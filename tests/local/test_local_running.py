"""The desk at work: memory that runs out, one bad sample in a batch, overlap, closing and event loops."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from made import GREEDY, asks, together

from providers.errors import Permanent
from providers.local import Local
from providers.local_prompt import Prepared
from providers.records import Request, Sampling

Open = Callable[[str], Local]
QUESTIONS = [asks("word " * times) for times in (1, 2, 3, 5, 8, 13, 21, 34)]


@pytest.fixture
def local(model: Open, monkeypatch: pytest.MonkeyPatch) -> Local:
    """The tiny text model, whose batch size and `generate` are put back afterwards."""
    chosen = model("text")
    monkeypatch.setattr(chosen._runner, "size", 4)
    monkeypatch.setattr(chosen._prompter._loaded.model, "generate", chosen._prompter._loaded.model.generate)
    return chosen


def _wrap(local: Local, around: Callable[[Callable[..., Any], dict[str, Any]], Any]) -> None:
    model = local._prompter._loaded.model
    inner = model.generate
    model.generate = lambda **inputs: around(inner, inputs)


def _limited_to(rows: int, tried: list[int]) -> Callable[[Callable[..., Any], dict[str, Any]], Any]:
    import torch

    def around(inner: Callable[..., Any], inputs: dict[str, Any]) -> Any:
        tried.append(len(inputs["input_ids"]))
        if tried[-1] > rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return inner(**inputs)

    return around


def test_a_batch_that_does_not_fit_is_halved_and_stays_halved(local: Local) -> None:
    expected = [reply.text for reply in together(local, QUESTIONS)]
    tried: list[int] = []
    _wrap(local, _limited_to(2, tried))
    assert [reply.text for reply in together(local, QUESTIONS)] == expected
    assert tried == [4, 2, 2, 2, 2]
    assert local._runner.size == 2


def test_a_prompt_that_does_not_fit_alone_fails_itself_only(local: Local) -> None:
    import torch

    def around(inner: Callable[..., Any], inputs: dict[str, Any]) -> Any:
        if inputs["input_ids"].shape[1] > 100:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return inner(**inputs)

    _wrap(local, around)

    async def run() -> list[Any]:
        asked = (local.generate(question) for question in [*QUESTIONS[:3], asks("word " * 100)])
        return await asyncio.gather(*asked, return_exceptions=True)

    *fine, failed = asyncio.run(run())
    asyncio.run(local.close())
    assert all(reply.text for reply in fine)
    assert isinstance(failed, Permanent)
    assert failed.kind == "out_of_memory"
    assert torch.is_inference_mode_enabled() is False


def test_choices_that_do_not_fit_at_once_are_scored_in_parts(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asks("Which?", choices=("joy", "anger", "a sad fear", "hope", "no"))
    (expected,) = together(local, [request])
    inner = local._runner._scored
    tried: list[int] = []

    def scored(item: Prepared, choices: tuple[tuple[int, ...], ...]) -> list[float]:
        tried.append(len(choices))
        if len(choices) > 2:
            raise MemoryError
        return inner(item, choices)

    monkeypatch.setattr(local._runner, "_scored", scored)
    (reply,) = together(local, [request])
    assert reply.choices == pytest.approx(expected.choices or ())
    assert tried == [5, 3, 2, 2, 1]


def test_the_fault_of_one_prompt_is_not_the_fault_of_its_batch(local: Local) -> None:
    def around(inner: Callable[..., Any], inputs: dict[str, Any]) -> Any:
        if (inputs["attention_mask"].sum(1) == local._prompter.prepare(QUESTIONS[2]).length).any():
            raise ValueError("features and tokens do not match")
        return inner(**inputs)

    _wrap(local, around)

    async def run() -> list[Any]:
        return await asyncio.gather(*map(local.generate, QUESTIONS[:4]), return_exceptions=True)

    answers = asyncio.run(run())
    asyncio.run(local.close())
    assert [isinstance(answer, Permanent) for answer in answers] == [False, False, True, False]
    assert answers[2].kind == "model"
    assert "do not match" in answers[2].message


def test_prompts_of_like_length_share_a_batch(local: Local) -> None:
    shapes: list[tuple[int, ...]] = []

    def around(inner: Callable[..., Any], inputs: dict[str, Any]) -> Any:
        shapes.append(tuple(inputs["attention_mask"].sum(1).tolist()))
        return inner(**inputs)

    _wrap(local, around)
    mixed = [asks("word " * times) for times in (1, 50, 2, 51, 3, 52, 4, 53)]
    together(local, mixed)
    assert sorted(max(shape) - min(shape) < 20 for shape in shapes) == [True, True]


def test_requests_with_different_limits_do_not_share_a_batch(local: Local) -> None:
    longer = asks("word", sampling=Sampling(temperature=0, max_tokens=11))
    replies = together(local, [asks("word"), longer, asks("more")])
    assert [reply.usage.output_tokens for reply in replies] == [8, 11, 8]


def test_the_next_batch_is_prepared_while_one_generates(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    generating = threading.Event()
    finish = threading.Event()
    prepared_meanwhile: list[Request] = []
    prepare = local._prompter.prepare

    def around(inner: Callable[..., Any], inputs: dict[str, Any]) -> Any:
        generating.set()
        assert finish.wait(20)
        return inner(**inputs)

    def watched(request: Request) -> Prepared:
        made = prepare(request)
        if generating.is_set():
            prepared_meanwhile.append(request)
            if len(prepared_meanwhile) == 4:
                finish.set()  # a whole batch is ready before the first has come back
        return made

    _wrap(local, around)
    monkeypatch.setattr(local._prompter, "prepare", watched)

    async def run() -> None:
        first = [asyncio.create_task(local.generate(question)) for question in QUESTIONS[:4]]
        await asyncio.to_thread(generating.wait, 20)
        await asyncio.gather(*first, *map(local.generate, QUESTIONS[4:]))
        await local.close()

    asyncio.run(run())
    assert len(prepared_meanwhile) == 4


def test_no_more_prompts_are_held_in_memory_than_two_batches_beside_the_one_at_work(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = local._prompter.prepare
    count = [0, 0]

    def around(inner: Callable[..., Any], inputs: dict[str, Any]) -> Any:
        count[1] = max(count[1], count[0])
        count[0] -= len(inputs["input_ids"])
        time.sleep(0.05)
        return inner(**inputs)

    def watched(request: Request) -> Prepared:
        count[0] += 1
        return prepare(request)

    _wrap(local, around)
    monkeypatch.setattr(local._prompter, "prepare", watched)
    together(local, [asks(f"word {number}") for number in range(40)])
    assert count[1] <= 12


def test_closing_ends_a_long_generation_and_the_model_can_be_asked_again(local: Local) -> None:
    """A random model may end by itself at any word: of many, some go on."""
    each = [asks("word", sampling=Sampling(temperature=1.0, max_tokens=3000, seed=seed)) for seed in range(8)]

    async def run() -> None:
        tasks = [asyncio.create_task(local.generate(long)) for long in each]
        await asyncio.sleep(0.3)
        going = [task for task in tasks if not task.done()]
        assert going
        await local.close()
        for task in going:
            with pytest.raises(asyncio.CancelledError):
                await task

    began = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - began < 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("local-")]
    assert together(local, QUESTIONS[:1])[0].text


def test_a_request_that_nobody_waits_for_ends_its_generation(local: Local) -> None:
    long = asks("word", sampling=Sampling(temperature=1.0, max_tokens=3000))

    async def run() -> float:
        task = asyncio.create_task(local.generate(long))
        await asyncio.sleep(0.3)
        task.cancel()
        began = time.monotonic()
        await local.generate(asks("word", sampling=GREEDY))
        await local.close()
        return time.monotonic() - began

    assert asyncio.run(run()) < 3

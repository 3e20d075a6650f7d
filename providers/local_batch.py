"""Prepared prompts -> replies, in left-padded batches on the model's device; a batch that is too large is halved.

Temperature 0 is greedy. Else each request draws by a generator of its own, seeded by its key (which holds seed and
draw) and used step by step on its own row (Gumbel-max), so that what else is in the batch does not change the draw.
"""

from __future__ import annotations

import copy
import gc
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from providers.errors import Permanent, ProviderError
from providers.local_model import Loaded
from providers.local_prompt import Prepared
from providers.records import Reply, Usage

MOST_TOKENS = 1024
"""Of a reply whose length nobody limited."""
_SEQUENCE = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
"""Tensors with one value per token; every other tensor belongs to the media."""


class Runner:
    """The model at work; called from one thread only."""

    def __init__(self, loaded: Loaded, *, batch_size: int) -> None:
        """`size` is the largest batch that is tried; it falls when the device's memory does not hold one."""
        import torch

        self.size = max(1, batch_size)
        self._torch: Any = torch
        self._loaded = loaded
        tokenizer = copy.deepcopy(loaded.tokenizer)  # a fast tokenizer is not safe in two threads; another one prepares
        self._tokenizer = tokenizer
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else (tokenizer.eos_token_id or 0)
        self._ends = _ends_of(loaded)

    def answers(self, batch: Sequence[Prepared], wanted: Callable[[], bool]) -> list[Reply | ProviderError]:
        """One reply for each prompt, in their order; an error in place of one that does not fit even alone."""
        try:
            with self._torch.inference_mode():
                return [self._chosen(batch[0])] if batch[0].choices else self._generated(batch, wanted)
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error):
                raise
        self._tidy()
        if len(batch) == 1:
            text = f"the device's memory does not hold this prompt of {batch[0].length} tokens, even alone"
            return [Permanent(text, model=self._loaded.name, kind="out_of_memory")]
        half = (len(batch) + 1) // 2
        self.size = min(self.size, half)
        return self.answers(batch[:half], wanted) + self.answers(batch[half:], wanted)

    def _tidy(self) -> None:
        gc.collect()
        if self._torch.cuda.is_available():
            self._torch.cuda.empty_cache()

    def _generated(self, batch: Sequence[Prepared], wanted: Callable[[], bool]) -> list[Reply | ProviderError]:
        started = time.monotonic()
        sampling = batch[0].request.sampling
        most = sampling.max_tokens or MOST_TOKENS
        inputs = self._on_device(left_padded([item.inputs for item in batch], self._pad))
        processors = [Sampler(batch, self._torch)] if sampling.temperature else []
        written = self._loaded.model.generate(
            **inputs,
            max_new_tokens=most,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            num_beams=1,
            num_return_sequences=1,
            pad_token_id=self._pad,
            logits_processor=processors,
            stopping_criteria=[_Unwanted(wanted, self._torch)],
        )
        rows = written[:, inputs["input_ids"].shape[1] :].tolist()
        seconds = time.monotonic() - started
        return [self._reply(item, row, most=most, seconds=seconds) for item, row in zip(batch, rows, strict=True)]

    def _reply(self, item: Prepared, row: list[int], *, most: int, seconds: float) -> Reply:
        ended = next((place for place, token in enumerate(row) if token in self._ends), None)
        kept = row if ended is None else row[:ended]
        count = len(kept) + (ended is not None)
        return Reply(
            text=self._tokenizer.decode(kept, skip_special_tokens=True),
            finish="length" if ended is None and count >= most else "stop",
            usage=Usage(input_tokens=item.length, output_tokens=count),
            model=self._loaded.name,
            seconds=seconds,
            notes=item.notes,
        )

    def _chosen(self, item: Prepared) -> Reply:
        """The log-probabilities of the choices, and the likeliest as the text."""
        started = time.monotonic()
        scores: list[float] = []
        rows = len(item.choices)
        while len(scores) < len(item.choices):
            part = item.choices[len(scores) : len(scores) + rows]
            try:
                scores += self._scored(item, part)
                continue
            except (RuntimeError, MemoryError) as error:
                if rows == 1 or not _out_of_memory(error):
                    raise
            self._tidy()
            rows = (rows + 1) // 2
        best = max(range(len(scores)), key=scores.__getitem__)
        return Reply(
            text=(item.request.choices or ())[best],
            choices=tuple(scores),
            usage=Usage(input_tokens=item.length),
            model=self._loaded.name,
            seconds=time.monotonic() - started,
            notes=item.notes,
        )

    def _scored(self, item: Prepared, choices: Sequence[tuple[int, ...]]) -> list[float]:
        """One forward pass: the rows share the prompt, so the choices begin together and are padded at their end."""
        torch = self._torch
        longest = max(len(choice) for choice in choices)
        inputs = self._on_device(continued(item.inputs, choices, self._pad))
        asked = {"logits_to_keep": longest + 1} if self._loaded.keeps_logits else {}
        logits = self._loaded.model(**inputs, use_cache=False, **asked).logits[:, -longest - 1 : -1]
        scores = torch.log_softmax(logits.float(), dim=-1)
        return [
            float(scores[row, range(len(choice)), list(choice)].double().sum()) for row, choice in enumerate(choices)
        ]

    def _on_device(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        model = self._loaded.model
        moved = {}
        for name, value in inputs.items():
            seen = value.is_floating_point() and "second" not in name  # times stay exact
            moved[name] = value.to(model.device, model.dtype) if seen else value.to(model.device)
        return moved


class Sampler:
    """A logits processor that makes the greedy choice a draw: the maximum of logits / T plus Gumbel noise."""

    def __init__(self, batch: Sequence[Prepared], torch: Any) -> None:
        """One generator for each row, by its request's key, on the device of the scores."""
        self._torch = torch
        self._temperature = batch[0].request.sampling.temperature or 1.0
        self._top_p = batch[0].request.sampling.top_p
        self._seeds = [seed_of(item.request.key) for item in batch]
        self._generators: list[Any] = []

    def __call__(self, _input_ids: Any, scores: Any) -> Any:
        """The scores of the next token, tempered, cut to the nucleus, and with noise."""
        torch = self._torch
        if not self._generators:
            device = scores.device
            self._generators = [torch.Generator(device=device).manual_seed(seed) for seed in self._seeds]
        tempered = scores.float() / self._temperature
        if self._top_p is not None and self._top_p < 1.0:
            tempered = self._nucleus(tempered)
        waits = [
            torch.empty(tempered.shape[1], device=tempered.device).exponential_(generator=generator)
            for generator in self._generators
        ]
        return tempered - torch.stack(waits).clamp_min(1e-30).log()

    def _nucleus(self, scores: Any) -> Any:
        """All but the likeliest tokens that together reach top_p are left out; the likeliest always stays."""
        ranked, order = scores.sort(dim=-1, descending=True)
        shares = ranked.softmax(dim=-1)
        beyond = shares.cumsum(dim=-1) - shares >= self._top_p
        beyond[:, 0] = False
        return scores.masked_fill(beyond.scatter(1, order, beyond), float("-inf"))


class _Unwanted:
    """A stopping criterion: nobody waits for this batch any more."""

    def __init__(self, wanted: Callable[[], bool], torch: Any) -> None:
        self._wanted = wanted
        self._torch = torch

    def __call__(self, input_ids: Any, _scores: Any, **_: Any) -> Any:
        return self._torch.full((input_ids.shape[0],), not self._wanted(), device=input_ids.device)


def seed_of(key: str) -> int:
    """A seed for a generator, by a request's key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1


def left_padded(samples: Sequence[Mapping[str, Any]], pad: int) -> dict[str, Any]:
    """One batch of prompts: what belongs to tokens padded on the left, what belongs to media put end to end."""
    from torch.nn.functional import pad as padded

    longest = max(sample["input_ids"].shape[1] for sample in samples)
    batch: dict[str, Any] = {}
    for name in samples[0]:
        values = [sample[name] for sample in samples]
        if name in _SEQUENCE:
            fill = pad if name == "input_ids" else 0
            values = [padded(value, (longest - value.shape[1], 0), value=fill) for value in values]
        batch[name] = joined(values)
    return batch


def joined(values: Sequence[Any]) -> Any:
    """Tensors end to end along their first dimension; where the others differ, filled up with zeros at their ends."""
    import torch
    from torch.nn.functional import pad as padded

    most = [max(sizes) for sizes in zip(*(value.shape for value in values), strict=True)]
    filled = []
    for value in values:
        missing = [0 if place == 0 else most[place] - size for place, size in enumerate(value.shape)]
        widths = [width for size in reversed(missing) for width in (0, size)]
        filled.append(padded(value, widths) if any(widths) else value)
    return torch.cat(filled)


def continued(inputs: Mapping[str, Any], choices: Sequence[Sequence[int]], pad: int) -> dict[str, Any]:
    """The prompt once for each choice, followed by its tokens; shorter choices are padded on the right."""
    import torch
    from torch.nn.functional import pad as padded

    longest = max(len(choice) for choice in choices)
    tails = {
        "input_ids": torch.tensor([[*choice, *[pad] * (longest - len(choice))] for choice in choices]),
        "attention_mask": torch.tensor([[1] * len(choice) + [0] * (longest - len(choice)) for choice in choices]),
    }
    batch: dict[str, Any] = {}
    for name, value in inputs.items():
        rows = torch.cat([value] * len(choices))
        if name in tails:
            batch[name] = torch.cat([rows, tails[name]], dim=1)
        else:
            batch[name] = padded(rows, (0, longest)) if name in _SEQUENCE else rows
    return batch


def _ends_of(loaded: Loaded) -> frozenset[int]:
    """The tokens that end a reply."""
    named = loaded.model.generation_config.eos_token_id
    if named is None:
        named = loaded.tokenizer.eos_token_id
    return frozenset(named if isinstance(named, list) else [] if named is None else [named])


def _out_of_memory(error: BaseException) -> bool:
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "can't allocate memory" in said

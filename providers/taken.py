"""What a model takes of sampling and schema: one decision for direct calls and batches, which share stored replies.

LiteLLM is handed in, and is asked as a direct call would ask it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.prices import facts_of
from providers.records import Request, Sampling

SCHEMA = "response_format"
LOGPROBS = "logprobs"
OURS = ("temperature", "top_p", "max_tokens", "reasoning_effort", "seed", SCHEMA, LOGPROBS)
DRAWN = ("temperature", "top_p")


class Takes:
    """Of one model, by its LiteLLM name: what it takes, what is left out, what is refused."""

    def __init__(self, library: Any, model: str) -> None:
        """`library` is LiteLLM, as litellm_library.library gives it."""
        self._library = library
        self._model = model
        self._vendor, _, self._bare = model.partition("/")
        named = library.get_supported_openai_params(model=self._bare, custom_llm_provider=self._vendor)
        facts = facts_of(model)
        own = DRAWN if facts is not None and not facts.sampled else ()
        self._names = frozenset(named if named is not None else OURS) - set(own)
        self._refusals: dict[Sampling, str | None] = {}

    def left_out(self, given: Iterable[str]) -> list[str]:
        """Those of our parameters that are given and that it does not take."""
        given = set(given)
        return [name for name in OURS if name in given and name not in self._names]

    def said(self, left_out: Iterable[str]) -> tuple[str, ...]:
        """The notes of a reply."""
        return tuple(f"{name} is not taken by {self._model}: left out" for name in left_out)

    def notes(self, request: Request) -> tuple[str, ...]:
        """What `fitted` leaves out."""
        return self.said(self.left_out(_given(request)))

    def fitted(self, request: Request) -> Request:
        """Without what it does not take; to build a body from, never to be stored: its key is another."""
        gone = self.left_out(_given(request))
        sampling = request.sampling.model_copy(update={name: None for name in gone if name != SCHEMA})
        schema = None if SCHEMA in gone else request.answer_schema
        return request.model_copy(update={"sampling": sampling, "answer_schema": schema})

    def refusal(self, sampling: Sampling) -> str | None:
        """Why LiteLLM would refuse a direct call with these values (a temperature while it reasons); None if not."""
        if sampling not in self._refusals:
            self._refusals[sampling] = self._asked(sampling)
        return self._refusals[sampling]

    def _asked(self, sampling: Sampling) -> str | None:
        sent = {name: value for name, value in sampling.sent().items() if name in self._names}
        try:
            self._library.utils.get_optional_params(model=self._bare, custom_llm_provider=self._vendor, **sent)
        except self._library.UnsupportedParamsError as error:
            said = " ".join(str(error.message).split()).partition(" To drop unsupported")[0]
            return f"{said.rpartition('UnsupportedParamsError: ')[2]} (leave that setting out: --temperature none, ...)"
        return None


def _given(request: Request) -> set[str]:
    return {*request.sampling.sent(), *([SCHEMA] if request.answer_schema is not None else [])}

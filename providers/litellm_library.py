"""LiteLLM as this project uses it: quiet, bounded, fetching nothing beside a call, saying nothing that was not asked.

One place for all that differs between its releases; every release that pyproject.toml allows is to be alike after it.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Any

from providers import bounded
from providers.errors import NotInstalled

_TOLD = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "AIOHTTP_TRUST_ENV": "False",
}
"""What LiteLLM is told in the environment, the only way there is: to fetch nothing at import and at the first question
to Claude, and to leave ~/.netrc alone."""


def library() -> Any:
    """LiteLLM, quiet, and kept from fetching and repeating; without it, NotInstalled with the line that mends it."""
    os.environ.update(_TOLD)
    try:
        import litellm
    except ImportError as error:
        raise NotInstalled.of("litellm", "pip install 'litellm>=1.106.2,<2,!=1.107.*'") from error
    warnings.filterwarnings("ignore", message="Items? '.*' on TypedDict class", category=UserWarning)  # LiteLLM's own
    # A call that is cancelled before LiteLLM has begun it: nothing was sent.
    warnings.filterwarnings("ignore", message="coroutine '.*acompletion' was never awaited", category=RuntimeWarning)
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.aiohttp_trust_env = False
    _send_once(litellm)
    _add_no_temperature(litellm)
    import httpx

    bounded.bound(httpx, litellm.llms.custom_httpx.aiohttp_transport.LiteLLMAiohttpTransport)
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)  # its remarks on each call would drown ours
    return litellm


def _send_once(library: Any) -> None:
    """After a reset connection LiteLLM's client sends the request again by itself: a call that nobody counts."""

    async def refuse(*_: Any, **__: Any) -> Any:
        raise sys.exception() or ConnectionError("connection reset")

    library.llms.custom_httpx.http_handler.AsyncHTTPHandler.single_connection_post_request = refuse


def _add_no_temperature(library: Any) -> None:
    """LiteLLM before 1.110 tells a Gemini 3 a temperature of 1.0 that nobody asked for, even where it was left out."""
    gemini = library.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini.VertexGeminiConfig
    inner = gemini.map_openai_params
    if getattr(inner, "as_asked", False):
        return

    def map_openai_params(self: Any, non_default_params: Any, *more: Any, **named: Any) -> Any:
        found = inner(self, non_default_params, *more, **named)
        if "temperature" not in non_default_params:
            found.pop("temperature", None)
        return found

    map_openai_params.as_asked = True  # type: ignore[attr-defined]
    gemini.map_openai_params = map_openai_params

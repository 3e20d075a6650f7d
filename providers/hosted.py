"""Closed APIs through LiteLLM, which is imported when the backend is built: on the first miss only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from providers import bounded
from providers.bounded import Came
from providers.chat import body_of, reply_of
from providers.errors import NotSupported, Permanent, ProviderError, Transient
from providers.failures import LONGEST_MESSAGE, ONLY_STREAMS, failure_of, refusal_of, wait_asked
from providers.forms import Vendor, refuse_unknown, vendor_of
from providers.keys import Keys
from providers.litellm_library import library
from providers.prices import facts_of
from providers.proxy import proxy_of
from providers.records import Info, Reply, Request, Usage
from providers.stream import STREAMED
from providers.taken import LOGPROBS, Takes
from providers.uploads import Uploads
from providers.witness import Witness

_GOOGLE_DECLINES = ("SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")


class Hosted:
    """One model of one vendor, by its LiteLLM name (vendor/model)."""

    def __init__(
        self, info: Info, *, key: str | None, base_url: str | None = None, uploads: Uploads | None = None
    ) -> None:
        """Imports LiteLLM (about 3 s): without it, NotInstalled with the line that mends it."""
        self._litellm = library()
        self.info = info
        self._keys = Keys(key)
        self._vendor = vendor_of(info.model) or Vendor(("text",))
        self._uploads = uploads
        self._facts = facts_of(info.model)
        self._takes: Takes | None = None
        self._streams = False
        """The server has said that it answers only as a stream; what comes is put together in `bounded`."""
        self._address = base_url or "https://vendor.invalid"
        self._settings = {"api_key": key, "api_base": base_url, "num_retries": 0, "max_retries": 0, "timeout": 86400}
        if key is None and base_url is None:
            self._need_keys(info.model)

    def _need_keys(self, model: str) -> None:
        """The vendor's own variables, which LiteLLM reads itself: missing ones end the run before it begins."""
        missing = self._litellm.validate_environment(model).get("missing_keys") or []
        if missing:
            text = f"{', '.join(missing)} is not set. Set it (export {missing[0]}=...)"
            raise Permanent(text, model=model, kind="unauthorized")

    async def generate(self, request: Request) -> Reply:
        """One completion; what the model does not take of the sampling is left out and said in `notes`."""
        refuse_unknown(request.messages, self.info, self._vendor.loses)
        remote = await self._uploaded(request)
        body, notes = self._fit(body_of(request, video=self._vendor.video, remote=remote))
        body |= {"extra_body": STREAMED} if self._streams else {}
        started, witness, came = time.monotonic(), Witness(), list[Came]()
        bounded.answers.set(came)
        try:
            raw = await self._litellm.acompletion(**body, **self._settings, logger_fn=witness)
        except Exception as error:
            refusal = self._keys.hide(came[-1].refusal) if came else ""
            declined = self._declined(error, witness.ending(), refusal, seconds=time.monotonic() - started)
            if declined is not None:
                return declined
            raise self._as_stream(self._charged(self._failure(error, request.model, refusal), came)) from error
        self._refuse_lost(witness.lost(body), request.model)
        ending, seconds = witness.ending(), time.monotonic() - started
        said = raw.model_dump()
        reply = reply_of(said, model=request.model, seconds=seconds, ending=ending, wanted=request.choices)
        if {"response_format", "output_config"} & set(body) and witness.lost_schema(request.answer_schema or "{}"):
            notes += (f"LiteLLM did not send the JSON schema to {request.model}",)
        if reply.finish == "refused" and ending not in (None, "stop"):
            notes += (f"declined by the vendor: {ending}",)
        return reply.model_copy(update={"notes": notes, "usage": self._priced(reply.usage, raw)})

    @staticmethod
    def _charged(failure: ProviderError, came: Sequence[Came]) -> ProviderError:
        """A success that LiteLLM cannot convert is no failure of the vendor: it may have been charged."""
        if not came or not 200 <= came[-1].status < 300 or failure.kind in ("too_large", ONLY_STREAMS):
            return failure
        if failure.maybe_billed:
            return failure
        return Transient.of(failure.message, model=failure.model, kind="bad_response", maybe_billed=True)

    def _as_stream(self, failure: ProviderError) -> ProviderError:
        """Another try, as a stream, where the server says that it answers only so."""
        if failure.kind != ONLY_STREAMS:
            return failure
        if self._streams or not self.info.model.startswith("openai/"):
            return Permanent(failure.message, model=failure.model, kind="not_supported")
        self._streams = True
        return Transient.of(failure.message, model=failure.model, kind=ONLY_STREAMS)

    def _declined(self, error: Exception, ending: str | None, refusal: str, *, seconds: float) -> Reply | None:
        """A filter's word that came as an error, or of which LiteLLM made one: a reply and no failure."""
        if isinstance(error, self._litellm.ContentPolicyViolationError):
            text = self._keys.hide(_said_by(error))[:LONGEST_MESSAGE]
            return Reply(text=text, finish="refused", seconds=seconds)
        status = getattr(error, "status_code", None)
        declined = refusal_of(status, refusal, seconds=seconds) if isinstance(status, int) else None
        if declined is not None:
            return declined
        if ending not in _GOOGLE_DECLINES:
            return None
        return Reply(text="", finish="refused", seconds=seconds, notes=(f"declined by the vendor: {ending}",))

    @staticmethod
    def _refuse_lost(lost: tuple[str, ...], model: str) -> None:
        """The answer to a question without its pictures is no answer to it."""
        if lost:
            text = f"LiteLLM left {', '.join(lost)} out of what it sent to {model}: its reply is thrown away"
            raise NotSupported.billed(text, model=model, kind="not_supported")

    async def _uploaded(self, request: Request) -> dict[str, str]:
        """Addresses of the clips that are too large to be sent inline, the largest first."""
        if self._vendor.inline is None or self._uploads is None:
            return {}
        media = [item for message in request.messages for item in message.media]
        left = sum(item.size for item in media) * 4 / 3
        remote: dict[str, str] = {}
        for item in sorted(media, key=lambda item: -item.size):
            if left <= self._vendor.inline:
                break
            if item.kind != "image":
                remote[item.sha256] = await self._uploads.uri_of(item)
                left -= item.size * 4 / 3
        return remote

    def _fit(self, body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        if self._takes is None:
            self._takes = Takes(self._litellm, body["model"])
        left_out = self._takes.left_out(body)
        if LOGPROBS in body and LOGPROBS in left_out:
            text = f"{body['model']} gives no log-probabilities: leave --weigh out"
            raise NotSupported(text, model=body["model"], kind="not_supported")
        kept = {name: value for name, value in body.items() if name not in left_out}
        if "response_format" in kept and body["model"].startswith("anthropic/"):
            kept = self._as_anthropic_says(kept)
        return kept, self._takes.said(left_out)

    def _as_anthropic_says(self, body: dict[str, Any]) -> dict[str, Any]:
        """The schema in output_config: LiteLLM still writes output_format, which Anthropic has given up."""
        if self._facts is None or not self._facts.structured_natively:
            return body
        schema = {"type": "json_schema", "schema": body["response_format"]["json_schema"]["schema"]}
        effort = {"effort": body["reasoning_effort"]} if "reasoning_effort" in body else {}
        rest = {name: value for name, value in body.items() if name != "response_format"}
        return rest | {"output_config": {"format": schema} | effort}

    @staticmethod
    def _priced(usage: Usage, raw: Any) -> Usage:
        """With LiteLLM's own reckoning of the cost, which it makes for each call; None where it has no price."""
        cost = (getattr(raw, "_hidden_params", None) or {}).get("response_cost")
        unpriced = cost == 0 and usage.input_tokens + usage.output_tokens > 0  # so it says of a router's models
        return usage if cost is None or unpriced else usage.model_copy(update={"cost": float(cost)})

    def _failure(self, error: Exception, model: str, refusal: str = "") -> ProviderError:
        """What LiteLLM's error is; `refusal` is the vendor's own, with the codes that OpenAI SDK 3 leaves out."""
        library = self._litellm
        said = self._keys.hide(_said_by(error))
        if isinstance(error, library.UnsupportedParamsError):
            text = f"{said[:LONGEST_MESSAGE]} (leave that setting out: --temperature none, ...)"
            return Permanent(text, model=model, kind="not_supported")
        if _beyond(said):
            return Permanent.billed(said[:LONGEST_MESSAGE], model=model, kind="too_large")
        kind = _broken(said)
        if kind is None and isinstance(error, library.APIConnectionError | library.Timeout):
            # LiteLLM's names for a gateway's 502 and 504, and for its own stumbling over the shape of a reply
            kind = "server" if isinstance(error, library.Timeout) or "gateway" in said.lower() else "bad_response"
        if kind is not None:
            unsent = kind == "connection" and _never_sent(error)
            said = self._unreached(error, said) if unsent else said
            return Transient.of(said[:LONGEST_MESSAGE], model=model, kind=kind, maybe_billed=not unsent)
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            words = said if refusal in said else f"{said} {refusal}"
            return failure_of(status, words, model=model, retry_after=wait_asked(_headers_of(error), words))
        return Permanent(f"{type(error).__name__}: {said[:LONGEST_MESSAGE]}", model=model, kind="error")

    def _unreached(self, error: BaseException, said: str) -> str:
        """Who does not answer: the proxy or the server; the libraries' inner errors say whom they looked for."""
        proxy = proxy_of(self._address)
        if proxy is not None and any(urlsplit(proxy.url).netloc in str(inner) for inner in _chain(error)):
            return f"{proxy.shown} does not answer. Set it right, or set NO_PROXY to the server's host"
        return said

    async def close(self) -> None:
        """Close the HTTP clients that LiteLLM keeps, and let it forget them: it would hand out closed ones."""
        if self._uploads is not None:
            await self._uploads.close()
        await self._litellm.close_litellm_async_clients()
        await self._litellm.litellm_core_utils.logging_worker.GLOBAL_LOGGING_WORKER.stop()  # it would outlive the loop
        self._litellm.in_memory_llm_clients_cache.flush_cache()


_BROKEN = {
    "bad_response": (
        "error converting to valid response", "provider returned 'choices'", "unable to get json response",
        "empty or invalid response from llm", "expecting value: line", "expecting property name",
        "unterminated string starting", "codec can't decode", "maximum recursion depth", "which was not asked for",
        bounded.BROKEN_STREAM,
    ),
    "connection": (
        "connection error", "cannot connect to host", "name or service not known", "name resolution",
        "server disconnected", "payload is not completed", "connection reset", "connection aborted",
        "stream broke off",
    ),
}  # fmt: skip
"""LiteLLM's wording of failures for which it makes up a status of its own."""


def _beyond(said: str) -> bool:
    return bounded.DENSE in said or bounded.too_large(bounded.LARGEST_BODY).message in said


def _broken(said: str) -> str | None:
    lowered = said.lower()
    return next((kind for kind, words in _BROKEN.items() if any(word in lowered for word in words)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came of, from the outside in."""
    inner: BaseException | None = error
    for _ in range(10):
        if inner is None:
            return
        yield inner
        inner = inner.__cause__ or inner.__context__


def _never_sent(error: BaseException) -> bool:
    """Whether no connection came about: then nothing was sent, and nothing can have been charged."""
    return any(isinstance(inner, aiohttp.ClientConnectorError) for inner in _chain(error))


def _said_by(error: Exception) -> str:
    """All that the vendor said, on one line: what kind of failure it is may stand at its end."""
    text = str(getattr(error, "message", "") or error).partition("Traceback (most recent call last)")[0]
    return " ".join(text.split())[:20_000] or type(error).__name__


def _headers_of(error: Exception) -> Mapping[str, str]:
    """LiteLLM keeps the vendor's headers beside its own, empty, response."""
    return getattr(error, "litellm_response_headers", None) or {}

"""Who answers, as it stands in the key of each request: two servers never share a reply.

Beside the address these are the variables of the environment by which LiteLLM sends a vendor's calls elsewhere. What
may be a secret in them (user, password, the values of a query) is in it as a digest only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from providers.address import public_url, secret_of

_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "ai21_chat": ("AI21",),
    "friendliai": ("FRIENDLI",),
    "meta_llama": ("LLAMA",),
    "bedrock": ("AWS",),
    "sagemaker": ("AWS",),
    "sagemaker_chat": ("AWS",),
    "huggingface": ("HF",),
    "vertex_ai": ("VERTEXAI", "VERTEX", "GOOGLE_CLOUD"),
    "vertex_ai_beta": ("VERTEXAI", "VERTEX", "GOOGLE_CLOUD"),
    "watsonx": ("WX", "WML"),
    "watsonx_text": ("WATSONX", "WX", "WML"),
    "text-completion-openai": ("OPENAI",),
    "text-completion-codestral": ("CODESTRAL",),
    "custom_openai": ("OPENAI", "OPENAI_LIKE"),
    "ollama_chat": ("OLLAMA",),
    "azure_text": ("AZURE",),
    "gemini": ("GOOGLE_GEMINI",),
    "dashscope": ("QWENCLOUD", "QWEN_AI_PLATFORM"),
    "vllm": ("HOSTED_VLLM",),
}
"""Vendors, by LiteLLM's names, whose variables begin otherwise than with the name."""
_ADDRESS = r"API_BASE|BASE_URL|API_URL|URL|URI|ENDPOINT|HOST"
_ADDRESSES = re.compile(rf"(?:.+_)?(?:{_ADDRESS})")
_PLACES = re.compile(
    r"(?:.+_)?(?:VERSION|REGION|REGION_NAME|LOCATION|PROJECT|PROJECT_ID|ACCOUNT|ACCOUNT_ID|SPACE_ID|DEPLOYMENT)"
)
_SHOWN = re.compile(r"[\w.-]{1,40}")
_DIGITS = 12


def identity_of(backend: str, *, base_url: str | None, vendor: str = "", environment: Mapping[str, str]) -> str:
    """The identity of a lane: its backend, its address, and what else the environment says of where calls go."""
    parts = [backend]
    parts += [_told(base_url)] if base_url else []
    for name, value in _variables(vendor, environment, addressed=base_url is not None):
        shown = _told(value) if "://" in value else value if _SHOWN.fullmatch(value) else f"#{_digest(value)}"
        parts.append(f"{name}={shown}")
    return " ".join(parts)


def _told(address: str) -> str:
    secret = secret_of(address)
    return public_url(address) + (f" #{_digest(secret)}" if secret else "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def _variables(vendor: str, environment: Mapping[str, str], *, addressed: bool) -> Iterator[tuple[str, str]]:
    """The variables that are set for this vendor, in order; without addresses where one is given."""
    if not vendor:
        return
    word = vendor.upper().replace("-", "_")
    own = {word, word.replace("_", ""), word.removesuffix("_AI"), *_FAMILIES.get(vendor, ())}
    for name in sorted(environment):
        value = environment[name].strip()
        rest = next((name[len(prefix) + 1 :] for prefix in own if name.startswith(f"{prefix}_")), "")
        wanted = _PLACES.fullmatch(rest) or (not addressed and _ADDRESSES.fullmatch(rest))
        if rest and value and wanted:
            yield name, value

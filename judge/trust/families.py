"""Who makes a model, by its name: a judge may favour models of its own family."""

from __future__ import annotations

import re

from judge.roles import rater_of

FAMILIES = (
    ("Google", "gemini|gemma|palm|bard"),
    ("OpenAI", "gpt|chatgpt|o1|o3|o4|davinci"),
    ("Anthropic", "claude"),
    ("Meta", "llama"),
    ("Alibaba", "qwen|qwq|qvq"),
    ("Mistral", "mistral|mixtral|ministral|magistral|pixtral"),
    ("DeepSeek", "deepseek"),
    ("xAI", "grok"),
    ("Microsoft", "phi"),
    ("Shanghai AI Lab", "internvl|internlm|intern"),
    ("Zhipu", "glm|chatglm|cogvlm"),
    ("OpenBMB", "minicpm"),
    ("Cohere", "command|aya"),
    ("Moonshot", "kimi|moonshot"),
    ("Amazon", "nova|titan"),
)
_RULES = ("rules", "majority", "random", "imported")
"""Judges and baselines that are no model."""


CALLED = {
    "Google": "Gemini", "OpenAI": "GPT", "Anthropic": "Claude", "Meta": "Llama", "Alibaba": "Qwen",
    "Mistral": "Mistral", "DeepSeek": "DeepSeek", "xAI": "Grok", "Microsoft": "Phi", "Cohere": "Command",
    "Moonshot": "Kimi", "Amazon": "Nova", "Zhipu": "GLM", "Shanghai AI Lab": "InternVL", "OpenBMB": "MiniCPM",
}  # fmt: skip
"""What each family's models are called."""


def claims(family: str, others: int = 2) -> dict[str, str]:
    """What a reply may claim to be, by family: the judge's own first, then others; empty where it is unknown."""
    if family not in CALLED:
        return {}
    names = [family, *(name for name in CALLED if name != family)][: others + 1]
    return {name: f"{CALLED[name]}, a model of {name}" for name in names}


def family_of(model: str) -> str:
    """Who makes a model, by its id, of a judge of two the one that rates; empty where it cannot be told."""
    name = rater_of(model).rpartition("/")[2].lower()
    if name in _RULES:
        return ""
    for family, words in FAMILIES:
        if re.match(rf"(?:{words})(?![a-z])", name):
            return family
    for family, words in FAMILIES:  # deepseek-r1-distill-llama is DeepSeek's, meta-llama is Meta's
        if re.search(rf"(?<![a-z0-9])(?:{words})(?![a-z])", name):
            return family
    return ""


def known_family(given: str | None) -> str:
    """A family as it is written here, by its own name or its models' (GPT is OpenAI); empty for none."""
    name = (given or "").strip()
    spellings = {family.casefold(): family for family, _ in FAMILIES}
    spellings |= {called.casefold(): family for family, called in CALLED.items()}
    return spellings.get(name.casefold(), name)

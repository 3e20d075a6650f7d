"""Loads a Hugging Face model with its processor and adapter; imports torch and transformers when called.

Only safetensors are read, nothing is printed, and code of the model's own runs only where it was allowed.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from providers.errors import NotInstalled, NotSupported, Permanent, ProviderError
from providers.local_files import PEFT, LocalSettings, adapter_of, arguments_of, folder_of, name_of, require
from providers.local_hub import PACKAGES

KINDS = ("image", "video", "audio")
_PARTS = {
    "image": ("image_processor",),
    "video": ("video_processor",),
    "audio": ("feature_extractor", "audio_processor"),
}
_THINKERS = {
    "qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
"""Models that also speak: only the part that reads, sees, hears and writes is loaded."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model that is ready, and what is needed to talk to it."""

    name: str
    """As results have it: never a path."""
    model: Any
    processor: Any
    """Its processor; the tokenizer itself of a model of text only."""
    tokenizer: Any
    tokens: dict[str, str]
    """What stands for an image, a video, an audio in a rendered prompt: the kinds that the model takes."""
    context: int | None
    """Tokens that the model can hold, where its config says so."""
    keeps_logits: bool
    """True where a forward pass can be told to score its last tokens only."""

    @property
    def multimodal(self) -> bool:
        """False for a model of text only."""
        return self.processor is not self.tokenizer


def load(name: str, settings: LocalSettings) -> Loaded:
    """The model, silently; every failure is a ProviderError of one line, and what is cheap to know is said first."""
    path = settings.path or name
    require(path, settings)
    folder = folder_of(path, settings)
    adapter = adapter_of(settings)
    transformers = _library()
    with _quiet(transformers):
        try:
            model, processor = _from(folder, transformers, settings)
            if adapter is not None:
                model = _adapted(model, adapter)
        except ProviderError:
            raise
        except Exception as error:
            raise _failure(error, name, folder) from error
    model.eval()
    tokenizer = getattr(processor, "tokenizer", processor)
    if getattr(processor, "chat_template", None) is None and getattr(tokenizer, "chat_template", None) is None:
        text = f"{name} has no chat template: it is no chat model (its instruct version has one)"
        raise NotSupported(text, model=name, kind="not_supported")
    return Loaded(
        name=name,
        model=model,
        processor=processor,
        tokenizer=tokenizer,
        tokens={} if processor is tokenizer else _tokens(processor),
        context=getattr(model.config.get_text_config(), "max_position_embeddings", None),
        keeps_logits="logits_to_keep" in inspect.signature(model.forward).parameters,
    )


def _library() -> Any:
    for package in ("transformers", "torch", "accelerate"):
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise NotInstalled.of(error.name or package, PACKAGES) from error
    transformers = importlib.import_module("transformers")
    if not hasattr(transformers, "AutoModelForMultimodalLM"):
        raise NotInstalled.of("transformers 5", PACKAGES)
    return transformers


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", module=r"(transformers|torch|torchvision|peft|accelerate)\b")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _from(folder: Path, transformers: Any, settings: LocalSettings) -> tuple[Any, Any]:
    shared = {"trust_remote_code": settings.trust_remote_code, "local_files_only": True}
    for_model, for_processor = arguments_of(settings)
    config = transformers.AutoConfig.from_pretrained(folder, **shared)
    kind, multimodal = _class_of(config, transformers)
    with_code = shared if kind.__name__.startswith("Auto") else {"local_files_only": True}
    model = kind.from_pretrained(
        folder, use_safetensors=True, dtype=settings.dtype, device_map=settings.device_map, **with_code, **for_model
    )
    reader = transformers.AutoProcessor if multimodal else transformers.AutoTokenizer
    return model, reader.from_pretrained(folder, **shared, **for_processor)


def _class_of(config: Any, transformers: Any) -> tuple[Any, bool]:
    """The class that loads this model, and whether it has a processor."""
    if config.model_type in _THINKERS:
        return getattr(transformers, _THINKERS[config.model_type]), True
    own = getattr(config, "auto_map", None) or {}
    for name in ("AutoModelForMultimodalLM", "AutoModelForImageTextToText"):
        kind = getattr(transformers, name)
        if name in own or type(config) in kind._model_mapping:
            return kind, True
    return transformers.AutoModelForCausalLM, False


def _tokens(processor: Any) -> dict[str, str]:
    """The kinds of media that the processor has a part for and the chat template does not leave out."""
    found: dict[str, str] = {}
    for kind in KINDS:
        token = getattr(processor, f"{kind}_token", None)
        if token is None or all(getattr(processor, part, None) is None for part in _PARTS[kind]):
            continue
        turn = {"role": "user", "content": [{"type": kind}, {"type": "text", "text": "?"}]}
        if token in processor.apply_chat_template([turn], tokenize=False):
            found[kind] = token
    return found


def _adapted(model: Any, folder: Path) -> Any:
    """The model with the adapter's layers in it; an adapter that fits only in part is refused."""
    try:
        import peft
    except ImportError as error:
        raise NotInstalled.of("peft", PEFT) from error
    name = name_of(str(folder))
    config = peft.PeftConfig.from_pretrained(str(folder))
    if config.is_prompt_learning:
        raise NotSupported(f"the adapter {name} is no LoRA but {config.peft_type}", kind="not_supported")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        adapted = peft.PeftModel.from_pretrained(model, str(folder), config=config)
    if any("missing adapter keys" in str(one.message) for one in said):
        text = f"the adapter {name} does not fit this model: some of its layers have no weights in it"
        raise NotSupported(text, kind="not_supported")
    return adapted.get_base_model()


def _failure(error: Exception, name: str, folder: Path) -> ProviderError:
    said = " ".join(str(error).replace(str(folder), name).split())[:300]
    if isinstance(error, ImportError):
        return Permanent(f"{name} needs a package that is missing: {said}", model=name, kind="not_installed")
    if "trust_remote_code" in str(error):
        text = (
            f"{name} brings code of its own, which runs only with trust_remote_code and, from the hub, a pinned commit"
        )
        return NotSupported(text, model=name, kind="not_supported")
    if "torchvision" in said:
        said += " (do torch and torchvision fit each other?)"
    return Permanent(f"{name} cannot be loaded: {type(error).__name__}: {said}", model=name, kind="model")

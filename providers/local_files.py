"""What a local model is before it is loaded: its settings, where its files lie, and its identity.

Imports neither torch nor transformers. Weights in pickles are refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from providers.errors import NotInstalled, NotSupported, Permanent

PACKAGES = "pip install 'transformers>=5.23' 'accelerate>=1.15' torch torchvision pillow num2words"
PEFT = "pip install 'peft>=0.21'"
KEPT = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
CODE = "*.py"
COMMIT = re.compile(r"[0-9a-f]{40}")
READ_WHOLE = 64 * 2**20
"""Bytes up to which a file enters the identity whole; of a larger one its header and samples do."""
SAMPLES = 64
SAMPLE = 2**16
"""Bytes of each sample."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """How a model is loaded and run; batch size and device do not change what it says, the rest may."""

    batch_size: int = 8
    dtype: str = "auto"
    device_map: str = "auto"
    model_args: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What from_pretrained is given besides, as text: true, false and numbers are read as such.

    A name that begins with `processor.` goes to the processor's from_pretrained.
    """
    adapter: str | None = None
    """A LoRA adapter: hub id or folder."""
    revision: str | None = None
    """Of a hub id: branch, tag or commit."""
    trust_remote_code: bool = False
    """Runs code that comes with the model; of a hub id only at a pinned commit."""


def arguments_of(settings: LocalSettings) -> tuple[dict[str, object], dict[str, object]]:
    """What from_pretrained gets, of the model and of the processor."""
    model: dict[str, object] = {}
    processor: dict[str, object] = {}
    for name, text in settings.model_args.items():
        of_processor = name.startswith("processor.")
        (processor if of_processor else model)[name.removeprefix("processor.")] = _value(text)
    for name in {*model, *processor} & {"trust_remote_code", "use_safetensors", "revision", "weights_only"}:
        raise NotSupported(f"{name} is not a model argument here: it has a setting of its own", kind="usage")
    return model, processor


def _value(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def identity_of(model: str, settings: LocalSettings) -> str:
    """What tells one local model from another; it enters every request key.

    Of a folder the digest of its files, of a hub id its name and revision. Batch size and device are not in it.
    """
    parts = [_identity(model, settings.revision), f"dtype {settings.dtype}"]
    if settings.adapter is not None:
        parts.append(f"adapter {_identity(settings.adapter, None)}")
    parts += [f"{name}={settings.model_args[name]}" for name in sorted(settings.model_args)]
    return "local " + " ".join(parts)


def _identity(name: str, revision: str | None) -> str:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return f"{name}@{revision or 'main'}"
    return f"sha256:{digest_of(folder)}"


def digest_of(folder: Path) -> str:
    """The sha256 over names, sizes and contents of the files that matter; large weights by header and samples.

    A model that was trained further in place keeps its header, so the header alone would not tell the two apart.
    """
    total = hashlib.sha256()
    for path in sorted({path for pattern in (*KEPT, CODE) for path in folder.glob(pattern) if path.is_file()}):
        size = path.stat().st_size
        total.update(json.dumps([path.name, size]).encode())
        for block in _blocks(path, size):
            total.update(block)
    return total.hexdigest()


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        if size <= READ_WHOLE:
            yield file.read()
            return
        header = min(int.from_bytes(file.read(8), "little"), READ_WHOLE)
        yield file.read(header)
        for number in range(SAMPLES):
            file.seek((size - SAMPLE) * number // (SAMPLES - 1))
            yield file.read(SAMPLE)


def folder_of(model: str, settings: LocalSettings) -> Path:
    """The folder that holds the model, fetched from the hub if need be; raises Permanent where there is none."""
    folder = _folder(model)
    if folder is None:
        pinned = settings.revision is not None and COMMIT.fullmatch(settings.revision)
        if settings.trust_remote_code and not pinned:
            text = f"{model}: code from the hub runs only at a pinned commit (a revision of 40 hex digits)"
            raise NotSupported(text, model=model, kind="not_supported")
        folder = _fetched(model, settings.revision, (*KEPT, *([CODE] if settings.trust_remote_code else [])))
    if not any(folder.glob("*.safetensors")):
        old = " (its pytorch_model.bin is a pickle, which could run code)" if any(folder.glob("*.bin")) else ""
        text = f"{model} holds no *.safetensors{old}: convert it, only safetensors are loaded"
        raise NotSupported(text, model=model, kind="not_supported")
    return folder


def adapter_of(settings: LocalSettings) -> Path | None:
    """The folder that holds the adapter, None where none is wanted."""
    if settings.adapter is None:
        return None
    folder = _folder(settings.adapter) or _fetched(settings.adapter, None, KEPT)
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise NotSupported(f"the adapter {settings.adapter} holds no {name}", kind="not_supported")
    return folder


def _folder(name: str) -> Path | None:
    """A folder on this machine, or None for what can only be a hub id."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise Permanent(f"{name}: no such folder, and no hub id (ORG/NAME)", model=name, kind="not_found")
    return None


def _fetched(name: str, revision: str | None, patterns: tuple[str, ...]) -> Path:
    try:
        from huggingface_hub import errors, snapshot_download
        from huggingface_hub.utils import disable_progress_bars
    except ImportError as error:
        raise NotInstalled.of("huggingface_hub", PACKAGES) from error
    disable_progress_bars()
    try:
        found = snapshot_download(
            name, revision=revision, allow_patterns=list(patterns), ignore_patterns=["*/*", "consolidated*"]
        )
    except errors.GatedRepoError as error:
        text = f"{name} is gated: accept its terms on its page, then run  hf auth login"
        raise Permanent(text, model=name, kind="unauthorized") from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        text = f"the hub has no {name}{f' at {revision}' if revision else ''}, or it is private (then: hf auth login)"
        raise Permanent(text, model=name, kind="not_found") from error
    except (OSError, ValueError) as error:
        at = f" --revision {revision}" if revision else ""
        text = (
            f"{name} is not on this machine and cannot be fetched ({type(error).__name__}). "
            f"Where there is a network, run  hf download {name}{at}  and give the folder that it prints as --model"
        )
        raise Permanent(text, model=name, kind="not_found") from error
    return Path(found)

"""What a local model is before it is loaded: its settings, its name, its identity, its files, and what is missing.

Imports neither torch nor transformers. Weights in pickles are refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from providers.errors import NotInstalled, NotSupported, Permanent
from providers.local_hub import COMMIT, PACKAGES, fetched, id_of, stored

PEFT = "pip install 'peft>=0.21'"
KEPT = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
CODE = "*.py"
OLDEST = 5
"""Of transformers: its major version."""
READ_WHOLE = 64 * 2**20
"""Bytes up to which a file enters the identity whole; of a larger one its header and samples do."""
SAMPLES = 64
SAMPLE = 2**16
"""Bytes of each sample."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """How a model is loaded and run; batch size and device do not change what it says, the rest may."""

    path: str = ""
    """The folder or hub id that is loaded; "" where that is the model's name."""
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


def name_of(model: str) -> str:
    """What results call the model: a folder's own last name, a hub id as it is; where it lies is in no result."""
    folder = Path(os.path.abspath(Path(model).expanduser()))  # noqa: PTH100  resolve() would follow links
    if folder.is_dir():
        return id_of(folder) or folder.name or model
    return folder.name if model.startswith((".", "/", "~")) else model


def require(model: str, settings: LocalSettings) -> None:
    """Raise where it is plain that the model cannot be loaded; nothing is imported, fetched or loaded to know it.

    NotInstalled, NotSupported or Permanent, of one line. A hub id that the cache does not hold may yet be fetched.
    """
    arguments_of(settings)
    folder = _folder(model)
    if folder is None:
        _refuse_unpinned(model, settings)
    else:
        _refuse_pickles(model, folder)
    adapter = _folder(settings.adapter) if settings.adapter is not None else None
    if adapter is not None:
        _refuse_partial(settings.adapter or "", adapter)
    _refuse_uninstalled(adapts=settings.adapter is not None)


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

    Of a folder the digest of its files, of a hub id its name and commit (its branch or tag where the hub's cache on
    this machine does not hold it). Batch size and device are not in it.
    """
    parts = [_identity(model, settings.revision), f"dtype {settings.dtype}"]
    if settings.adapter is not None:
        parts.append(f"adapter {_identity(settings.adapter, None)}")
    parts += [f"{name}={settings.model_args[name]}" for name in sorted(settings.model_args)]
    return "local " + " ".join(parts)


def _identity(name: str, revision: str | None) -> str:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return f"sha256:{digest_of(folder)}"
    snapshot = stored(name, revision)
    return f"{name}@{snapshot.name if snapshot else revision or 'main'}"


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
        _refuse_unpinned(model, settings)
        folder = fetched(model, settings.revision, (*KEPT, *([CODE] if settings.trust_remote_code else [])))
    _refuse_pickles(model, folder)
    return folder


def adapter_of(settings: LocalSettings) -> Path | None:
    """The folder that holds the adapter, None where none is wanted."""
    if settings.adapter is None:
        return None
    folder = _folder(settings.adapter) or fetched(settings.adapter, None, KEPT)
    _refuse_partial(settings.adapter, folder)
    return folder


def _folder(name: str) -> Path | None:
    """A folder on this machine, or None for what can only be a hub id."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise Permanent(f"{name}: no such folder, and no hub id (ORG/NAME)", model=name_of(name), kind="not_found")
    return None


def _refuse_unpinned(model: str, settings: LocalSettings) -> None:
    pinned = settings.revision is not None and COMMIT.fullmatch(settings.revision)
    if settings.trust_remote_code and not pinned:
        text = f"{model}: code from the hub runs only at a pinned commit (a revision of 40 hex digits)"
        raise NotSupported(text, model=model, kind="not_supported")


def _refuse_pickles(model: str, folder: Path) -> None:
    if not any(folder.glob("*.safetensors")):
        name = name_of(model)
        old = " (its pytorch_model.bin is a pickle, which could run code)" if any(folder.glob("*.bin")) else ""
        text = f"{name} holds no *.safetensors{old}: convert it, only safetensors are loaded"
        raise NotSupported(text, model=name, kind="not_supported")


def _refuse_partial(adapter: str, folder: Path) -> None:
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise NotSupported(f"the adapter {name_of(adapter)} holds no {name}", kind="not_supported")


def _refuse_uninstalled(*, adapts: bool) -> None:
    for package in ("transformers", "torch", "accelerate"):
        if find_spec(package) is None:
            raise NotInstalled.of(package, PACKAGES)
    try:
        if int(version("transformers").partition(".")[0]) < OLDEST:
            raise NotInstalled.of(f"transformers {OLDEST}", PACKAGES)
    except (PackageNotFoundError, ValueError):
        pass  # a checkout of its source: loading will tell
    if adapts and find_spec("peft") is None:
        raise NotInstalled.of("peft", PEFT)

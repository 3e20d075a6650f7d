"""The Hugging Face hub: what its cache on this machine holds of a model, and fetching one; imports no torch.

What lies in the cache is used at its commit: a newer one on the hub is another model, and comes by `hf download`.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from providers.errors import NotInstalled, Permanent

PACKAGES = "pip install 'transformers>=5.23' 'accelerate>=1.15' torch torchvision pillow num2words"
COMMIT = re.compile(r"[0-9a-f]{40}")


def stored(name: str, revision: str | None) -> Path | None:
    """The snapshot that the cache holds of a hub id, named by its commit; it may be there in part only."""
    if name.count("/") != 1:
        return None
    try:
        from huggingface_hub import constants
    except ImportError:
        return None
    repository = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    at = revision or "main"
    commit = at if COMMIT.fullmatch(at) else _commit(repository / "refs" / at)
    folder = repository / "snapshots" / commit if commit else None
    return folder if folder is not None and folder.is_dir() else None


def _commit(ref: Path) -> str | None:
    try:
        text = ref.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return text if COMMIT.fullmatch(text) else None


def id_of(snapshot: Path) -> str | None:
    """The hub id of a folder in the hub's cache (what `hf download` prints); None of any other folder."""
    repository = snapshot.parent.parent.name
    if snapshot.parent.name != "snapshots" or not repository.startswith("models--"):
        return None
    return repository.removeprefix("models--").replace("--", "/")


def fetched(name: str, revision: str | None, patterns: tuple[str, ...]) -> Path:
    """The folder of a hub id, from the cache where it is whole there; raises Permanent where it cannot be had."""
    try:
        import httpx
        import httpx2
        from huggingface_hub import snapshot_download
        from huggingface_hub.utils import disable_progress_bars
    except ImportError as error:
        raise NotInstalled.of("huggingface_hub", PACKAGES) from error
    disable_progress_bars()
    snapshot = stored(name, revision)
    wanted = {"allow_patterns": list(patterns), "ignore_patterns": ["*/*", "consolidated*"]}
    try:
        return Path(snapshot_download(name, revision=snapshot.name if snapshot else revision, **wanted))
    except (OSError, ValueError, httpx.HTTPError, httpx2.HTTPError) as error:
        if snapshot is not None:  # an older cache does not say which files belong to a commit: the hub would be asked
            with contextlib.suppress(OSError):
                return Path(snapshot_download(name, revision=snapshot.name, local_files_only=True, **wanted))
        raise _fault(error, name, revision) from error


def _fault(error: Exception, name: str, revision: str | None) -> Permanent:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        text = f"{name} is gated: accept its terms on its page, then run  hf auth login"
        return Permanent(text, model=name, kind="unauthorized")
    if isinstance(error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError):
        text = f"the hub has no {name}{f' at {revision}' if revision else ''}, or it is private (then: hf auth login)"
        return Permanent(text, model=name, kind="not_found")
    at = f" --revision {revision}" if revision else ""
    text = (
        f"{name} is not on this machine and cannot be fetched ({type(error).__name__}). "
        f"Where there is a network, run  hf download {name}{at}  and give the folder that it prints as --model"
    )
    return Permanent(text, model=name, kind="not_found")

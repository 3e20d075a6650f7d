"""Opens a provider by its preset's name: Cached(Retrying(Limited(backend))); free providers stand bare.

It reads presets/*.yaml; keys come in a mapping from the caller and are never stored or printed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from providers import forms, local_forms
from providers.address import public_url, refuse_secret, refuse_unreadable
from providers.backends import BATCH_KEYS, BATCHES, Building, build
from providers.baseline import Majority, Pool, Random
from providers.batch_submit import Pace
from providers.cache import ReplyStore
from providers.errors import NotSupported, Permanent
from providers.identity import identity_of
from providers.keys import keys_of
from providers.limits import Budget
from providers.local_files import LocalSettings, name_of
from providers.local_files import identity_of as local_identity
from providers.local_files import require as require_local
from providers.preset import FREE, Preset, read_preset
from providers.prices import Facts, facts_of
from providers.proxy import is_loopback, proxy_of, proxy_passed_over
from providers.records import Form, Info, Provider, RecordKey, Reply
from providers.replay import Replay
from providers.single_flight import Cached


class NoKey(Permanent):
    """The environment does not hold the key that the preset names."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the caller wants opened."""

    name: str
    model: str | None = None
    base_url: str | None = None
    local: LocalSettings = dataclasses.field(default_factory=LocalSettings)
    """How a model on this machine is loaded."""
    batch: bool = False
    """Through the vendor's batch API, at half price."""
    pace: Pace = dataclasses.field(default_factory=Pace)
    on_batch: Callable[[str, int, int], None] | None = None
    """Told of each look at a batch: job id, requests done, requests in all."""
    on_wait: Callable[[str], None] | None = None
    """Told in words when a server that is not there begins to be waited for."""
    accepts: tuple[Form, ...] | None = None
    """The forms that this model takes, where the caller knows better than preset and table."""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    concurrency: int | None = None
    patience: float | None = None
    """Seconds without any success after which the run stops; None: the preset's."""
    max_cost: float | None = None
    budget: Budget | None = None
    """Shared by several providers; without one, each has its own of `max_cost`."""
    store: ReplyStore | None = None
    read_cache: bool = True
    seed: int = 0
    commonest: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pools: Mapping[str, Pool] = dataclasses.field(default_factory=dict)
    records: Mapping[RecordKey, Reply] = dataclasses.field(default_factory=dict)


def describe(opening: Opening) -> Info:
    """What the opened provider will be, without opening it; raises when something is missing."""
    preset = read_preset(opening.name)
    opening = _addressed(preset, opening)
    _refuse_address(preset, opening)
    model = _model_of(preset, opening)
    if opening.batch and (preset.backend != "hosted" or model.partition("/")[0] not in BATCHES):
        text = f"{opening.name} has no batch API (OpenAI, Anthropic and Gemini have one): leave out --batch"
        raise NotSupported(text, kind="usage")
    facts = facts_of(model) if preset.backend == "hosted" else None
    given = {"concurrency": opening.concurrency or None, "patience": opening.patience}
    changed = {name: value for name, value in given.items() if value is not None}
    limits = preset.limits.model_copy(update={"max_cost": opening.max_cost, **changed})
    free = preset.backend in FREE
    out = preset.backend == "hosted" or (preset.backend == "endpoint" and not is_loopback(opening.base_url or ""))
    own = preset.price if model == preset.model else None
    structured = preset.structured if preset.structured is not None else bool(facts and facts.structured)
    return Info(
        name=Path(opening.name).stem if opening.name.endswith((".yaml", ".yml")) else opening.name,
        identity=_identity(preset, opening, model),
        model=name_of(model) if preset.backend == "local" else model,
        kind="free" if free else ("paid" if out else "local"),
        accepts=_accepts(preset, opening, model=model, facts=facts),
        structured=structured or preset.backend == "endpoint",
        reads_input=not free,
        sends_out=out,
        destination=preset.destination or urlsplit(public_url(opening.base_url or "")).netloc,
        route=_route(opening),
        price=own or (facts.price if facts else None),
        limits=limits,
        sampling=preset.sampling,
        batches=opening.batch or preset.backend == "local",
    )


def _refuse_address(preset: Preset, opening: Opening) -> None:
    if not opening.base_url:
        return
    refuse_unreadable(opening.base_url)
    if preset.backend != "endpoint":
        mend = f"set {preset.key}" if preset.key else "set the vendor's key in the environment"
        refuse_secret(opening.base_url, mend=f"leave it out, and {mend}")
    elif _key_of(preset, opening) and "@" in urlsplit(opening.base_url).netloc:
        refuse_secret(opening.base_url, mend=f"{preset.key or preset.optional_key} is set, too. Give one of the two")


_ADDRESSES = {
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "anthropic": ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"),
    "gemini": ("GEMINI_API_BASE",),
    "azure": ("AZURE_API_BASE",),
    "hosted_vllm": ("HOSTED_VLLM_API_BASE",),
    "openrouter": ("OPENROUTER_API_BASE",),
    "mistral": ("MISTRAL_API_BASE",),
    "xai": ("XAI_API_BASE",),
    "groq": ("GROQ_API_BASE",),
    "together_ai": ("TOGETHER_AI_API_BASE",),
    "fireworks_ai": ("FIREWORKS_AI_API_BASE", "FIREWORKS_API_BASE"),
    "deepseek": ("DEEPSEEK_API_BASE",),
}
"""Variables by which the vendors' libraries are sent elsewhere; taken as --base-url, so that runs and keys say it."""


def _addressed(preset: Preset, opening: Opening) -> Opening:
    """With the address that the environment names, where the caller names none."""
    if preset.backend != "hosted" or opening.base_url:
        return opening
    vendor = _model_of(preset, opening).partition("/")[0]
    found = (opening.environment.get(name) for name in _ADDRESSES.get(vendor, ()))
    return dataclasses.replace(opening, base_url=next(filter(None, found), None))


def _identity(preset: Preset, opening: Opening, model: str) -> str:
    """Who answers; of a local model its files and how they are loaded."""
    if preset.backend == "local":
        return local_identity(model, opening.local)
    vendor = model.partition("/")[0] if preset.backend == "hosted" else ""
    return identity_of(preset.backend, base_url=opening.base_url, vendor=vendor, environment=opening.environment)


def _route(opening: Opening) -> str:
    """Through or past which proxy the calls to a given address go."""
    if not opening.base_url:
        return ""
    proxy = proxy_of(opening.base_url, opening.environment)
    passed = proxy_passed_over(opening.base_url, opening.environment)
    return f"through {proxy.shown}" if proxy else f"not through the proxy in {passed}" if passed else ""


def _accepts(preset: Preset, opening: Opening, *, model: str, facts: Facts | None) -> tuple[Form, ...]:
    if opening.accepts is not None:
        return tuple(dict.fromkeys(("text", *opening.accepts)))
    if preset.accepts is not None and model == (preset.model or model):
        return preset.accepts
    if preset.backend == "local":
        return local_forms.forms_of(model, opening.local.revision)
    if preset.backend == "hosted":
        return forms.forms_of(model, facts)
    return forms.SERVER


def require(opening: Opening, *, key: bool = True) -> Info:
    """What `describe` says, once nothing is missing: the key is set, and a budget can be kept.

    With key=False nothing is to be sent, and no key is needed.
    """
    info = describe(opening)
    if info.max_cost_unknown:
        raise NotSupported(
            f"no price is known for {info.model}, so --max-cost cannot be kept; leave it out", kind="budget"
        )
    preset = read_preset(opening.name)
    if preset.backend == "local":
        require_local(_model_of(preset, opening), opening.local)
    if key:
        _key_of(preset, opening)
    return info


def open_provider(opening: Opening) -> Provider:
    """The provider with its wrappers; a paid or local backend itself is built on the first cache miss."""
    info = require(opening)
    preset = read_preset(opening.name)
    opening = _addressed(preset, opening)
    if info.kind == "free":
        return _free(preset, info, opening)
    if opening.batch and opening.store is None:
        raise NotSupported("--batch remembers its jobs in the cache: leave out --cache off", kind="usage")
    budget = opening.budget or Budget(info.limits.max_cost)
    loaded: dict[str, Provider] = {}

    def built() -> Provider:
        return build(info, _plan(preset, opening), budget, loaded=loaded)

    return Cached(info, built, opening.store, read=opening.read_cache)


def _plan(preset: Preset, opening: Opening) -> Building:
    key = _key_of(preset, opening)
    wide = key is None and preset.backend == "hosted"
    return Building(
        backend=preset.backend,
        key=key,
        keys=keys_of(key, opening.base_url, opening.environment, wide=wide),
        base_url=opening.base_url,
        environment=opening.environment,
        folder=opening.store.path.parent if opening.store else None,
        local=dataclasses.replace(opening.local, path=_model_of(preset, opening)),
        batch=opening.batch,
        pace=opening.pace,
        on_batch=opening.on_batch,
        on_wait=opening.on_wait,
        calls=opening.store.calls if opening.store else None,
    )


def _free(preset: Preset, info: Info, opening: Opening) -> Provider:
    makers: dict[str, Callable[[], Provider]] = {
        "majority": lambda: Majority(info, opening.commonest),
        "random": lambda: Random(info, seed=opening.seed, pools=opening.pools),
        "replay": lambda: Replay(info, opening.records),
    }
    return makers[preset.backend]()


def _model_of(preset: Preset, opening: Opening) -> str:
    if preset.backend == "endpoint" and not opening.base_url:
        text = f"the provider {opening.name} needs --base-url, e.g. http://localhost:8000/v1"
        raise NotSupported(text, kind="usage")
    model = opening.model or preset.model
    if model is None:
        raise NotSupported(f"the provider {opening.name} needs --model NAME", kind="usage")
    vendor = (preset.model or "").partition("/")[0] if preset.backend == "hosted" else ""
    if vendor and not model.startswith(f"{vendor}/"):
        return f"{vendor}/{model}"
    return model


def _key_of(preset: Preset, opening: Opening) -> str | None:
    needed = preset.key
    if needed is None and opening.batch:  # the SDKs of the batch APIs do not look for it themselves
        needed = BATCH_KEYS.get(_model_of(preset, opening).partition("/")[0])
    if needed and not (opening.environment.get(needed) or "").strip():
        text = (
            f"{needed} is not set. Set it (export {needed}=...), "
            "or try without a key: --provider majority · --provider random · --provider endpoint --base-url URL"
        )
        raise NoKey(text, kind="unauthorized")
    name = needed or preset.optional_key
    return _clean(name, opening.environment.get(name) or "") if name else None


def _clean(name: str, key: str) -> str | None:
    """The key without white space around it, which copying leaves there; what no HTTP header takes is refused."""
    key = key.strip()
    strange = next((at for at, letter in enumerate(key, 1) if not " " <= letter <= "~"), None)
    if strange is not None:
        text = f"{name} holds a character that no key has (the {strange}. of {len(key)}). Copy the key again"
        raise NoKey(text, kind="unauthorized")
    return key or None

"""Presets and what they open: keys, budgets, where data goes, and in which order the wrappers stand."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from providers.backends import Keyless
from providers.baseline import Majority, Random
from providers.cache import ReplyStore
from providers.calls import Noted
from providers.catalog import NoKey, Opening, describe, open_provider
from providers.endpoint import Endpoint
from providers.errors import NotSupported, Permanent
from providers.limits import Limited
from providers.preset import preset_names, read_preset
from providers.records import Message, Reply, Request, Tag
from providers.replay import Replay
from providers.retry import Retrying
from providers.single_flight import Cached

ROOT = Path(__file__).parent.parent
SECRET = "sk-geheim-0123456789"
HERE = "http://localhost:8000/v1"
KEYS = {
    "gemini": "GEMINI_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openai-audio": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
}
FREE = {"majority": Majority, "random": Random, "replay": Replay}
TAG = Tag(sample_id="h-1", variant="qa", ask="label", allowed=(("", ("yes", "no")),))
NO_STORE: Any = object()  # a cache that is never touched: opening a provider neither reads nor builds anything
ASKED = Request(provider="p", model="m", messages=(Message(role="user", text="q"),), tag=TAG)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplyStore]:
    with closing(ReplyStore(tmp_path / "replies")) as opened:
        yield opened


def opening(name: str, **more: Any) -> Opening:
    """With every key set, and what the provider needs to have."""
    needs: dict[str, dict[str, Any]] = {
        "endpoint": {"model": "m", "base_url": HERE},
        "hosted": {"model": "mistral/not-in-any-table"},
        "majority": {"commonest": {"label": "yes"}},
        "replay": {"records": {("h-1", None, 0, None): Reply(text="no")}},
    }
    keys = dict.fromkeys(KEYS.values(), SECRET)
    return Opening(name=name, **{"environment": keys, **needs.get(name, {}), **more})


def test_the_presets_are_those_that_the_project_speaks_of() -> None:
    assert set(preset_names()) == {*KEYS, *FREE, "endpoint", "hosted", "local"}


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_valid_and_says_what_it_is(name: str) -> None:
    preset = read_preset(name)
    assert preset.about
    assert describe(opening(name)).name == name


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_a_missing_key_is_named_and_no_value_is_told(name: str, value: str | None) -> None:
    environment = {"OTHER_KEY": SECRET} | ({KEYS[name]: value} if value is not None else {})
    with pytest.raises(NoKey, match=f"{KEYS[name]} is not set") as caught:
        open_provider(opening(name, environment=environment))
    assert SECRET not in f"{caught.value!r}"
    assert f"export {KEYS[name]}=" in caught.value.message


@pytest.mark.parametrize("name", KEYS)
def test_only_the_key_that_the_preset_names_is_needed_and_info_does_not_hold_it(name: str) -> None:
    provider = open_provider(opening(name, environment={KEYS[name]: SECRET}, store=NO_STORE))
    assert SECRET not in repr(provider.info)


@pytest.mark.parametrize("name", ["endpoint", "hosted", *FREE])
def test_what_needs_no_key_opens_without_one(name: str) -> None:
    assert open_provider(opening(name, environment={}, store=NO_STORE)).info.name == name


@pytest.mark.parametrize("name", FREE)
def test_free_providers_are_never_cached(name: str, store: ReplyStore) -> None:
    provider = open_provider(opening(name, store=store))
    assert isinstance(provider, FREE[name])
    for _ in range(2):
        reply = asyncio.run(provider.generate(ASKED))
        assert (reply.cached, reply.text in ("yes", "no")) == (False, True)
    assert store.get(ASKED.key) is None


def test_the_wrappers_stand_in_the_order_of_the_house(store: ReplyStore) -> None:
    provider = open_provider(opening("endpoint", store=store))
    assert isinstance(provider, Cached)
    assert provider.inner is None, "the backend is built on the first miss"
    built = provider._build()
    assert isinstance(built, Retrying)
    assert isinstance(built.inner, Limited)
    assert isinstance(built.inner.inner, Noted), "each attempt is in the log before it is sent"
    assert isinstance(built.inner.inner.inner, Keyless)
    assert isinstance(built.inner.inner.inner.inner, Endpoint)


@pytest.mark.parametrize(
    ("name", "more", "refused"),
    [
        pytest.param("gemini", {}, False, id="a model of LiteLLM's table has a price"),
        pytest.param("gemini", {"model": "gemini-9"}, True, id="another model has none"),
        pytest.param("hosted", {}, True, id="a model that it does not know has none"),
        pytest.param("endpoint", {"base_url": "https://api.example.com/v1"}, True, id="a server elsewhere has none"),
        pytest.param("endpoint", {}, True, id="a server here may be a proxy to one that is paid"),
        pytest.param("majority", {}, False, id="a baseline costs nothing"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused_at_the_start(name: str, more: dict[str, Any], refused: bool) -> None:
    wanted = opening(name, max_cost=1.0, store=NO_STORE, **more)
    if refused:
        with pytest.raises(NotSupported, match="no price is known") as caught:
            open_provider(wanted)
        assert caught.value.kind == "budget"
    else:
        assert open_provider(wanted).info.limits.max_cost == 1.0


@pytest.mark.parametrize(
    ("url", "leaves"),
    [
        ("http://localhost:8000/v1", False),
        ("http://127.0.0.1:8000/v1", False),
        ("http://[::1]:8000/v1", False),
        ("https://api.example.com/v1", True),
        ("http://192.168.0.7:8000/v1", True),
        ("http://localhost.example.com/v1", True),
        ("http://localhost@example.com/v1", True),
        ("http://127.0.0.1.example.com/v1", True),
    ],
)
def test_data_leaves_this_machine_unless_the_server_is_on_loopback(url: str, leaves: bool) -> None:
    info = describe(opening("endpoint", base_url=url))
    assert (info.sends_out, info.kind) == (leaves, "paid" if leaves else "local")


@pytest.mark.parametrize("name", [*KEYS, "hosted"])
def test_every_vendor_gets_the_data_and_is_named(name: str) -> None:
    info = describe(opening(name))
    assert info.sends_out
    assert info.destination


@pytest.mark.parametrize("name", FREE)
def test_what_is_free_sends_nothing_out_and_reads_nothing(name: str) -> None:
    info = describe(opening(name))
    assert (info.kind, info.sends_out, info.reads_input) == ("free", False, False)


def test_two_base_urls_are_two_identities() -> None:
    one, other = (describe(opening("endpoint", base_url=f"http://localhost:{port}/v1")) for port in (8000, 8001))
    assert one.identity != other.identity


def test_a_password_in_the_base_url_is_not_in_what_runs_and_reports_show() -> None:
    info = describe(opening("endpoint", base_url=f"https://me:{SECRET}@api.example.com/v1"))
    assert SECRET not in repr(info)


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        pytest.param("endpoint", {"base_url": None}, "needs --base-url", id="no base URL"),
        pytest.param("endpoint", {"model": None}, "needs --model", id="no model at an endpoint"),
        pytest.param("hosted", {"model": None}, "needs --model", id="no model of a vendor"),
    ],
)
def test_what_is_missing_is_said(name: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(Permanent, match=said) as caught:
        describe(opening(name, **more))
    assert caught.value.kind == "usage"


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "gemini/gemini-2.5-pro"])
def test_the_vendors_prefix_is_there_once(model: str) -> None:
    assert describe(opening("gemini", model=model)).model == "gemini/gemini-2.5-pro"


def test_what_the_user_says_of_limits_holds_and_the_rest_stays() -> None:
    preset, info = read_preset("gemini"), describe(opening("gemini", concurrency=3, max_cost=2.5))
    assert info.limits == preset.limits.model_copy(update={"concurrency": 3, "max_cost": 2.5})
    assert info.sampling == preset.sampling


def python(script: str, folder: Path) -> tuple[str, str]:
    command = [sys.executable, "-c", f"{BEGIN}{script}", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout, done.stderr


BEGIN = """
import asyncio, sys
from pathlib import Path
from providers.cache import ReplyStore
from providers.catalog import Opening, open_provider
from providers.errors import ProviderError
from providers.records import Message, Reply, Request
store = ReplyStore(Path(sys.argv[1]))
provider = open_provider(Opening(name="gemini", environment={"GEMINI_API_KEY": "x"}, store=store))
message = Message(role="user", text="q")
request = Request(provider=provider.info.identity, model=provider.info.model, messages=(message,))
"""
HIT = """
store.put(request.key, Reply(text="stored")).result(10)
assert asyncio.run(provider.generate(request)).text == "stored"
print(sorted({"litellm", "openai", "anthropic", "google.genai", "torch"} & set(sys.modules)))
"""
NO_LITELLM = """
sys.modules["litellm"] = None
try:
    asyncio.run(provider.generate(request))
except ProviderError as error:
    print(type(error).__name__, error.kind, error.message)
"""


def test_a_hit_imports_no_vendor_library(tmp_path: Path) -> None:
    assert python(HIT, tmp_path) == ("[]\n", "")


def test_without_litellm_a_miss_stops_the_run_and_says_which_line_installs_it(tmp_path: Path) -> None:
    out, errors = python(NO_LITELLM, tmp_path)
    assert out.startswith("Halt not_installed litellm is not installed. Install it:  pip install 'litellm>=")
    assert errors == ""


def test_an_address_in_the_environment_counts_as_base_url_so_that_runs_and_keys_say_it() -> None:
    environment = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": "https://proxy.example/v1"}
    assert describe(opening("openai", environment=environment)).identity == "hosted https://proxy.example/v1"
    given = opening("openai", environment=environment, base_url=HERE)
    assert describe(given).identity == f"hosted {HERE}"
    assert describe(opening("anthropic", environment=environment)).identity == "hosted"

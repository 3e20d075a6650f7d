"""LiteLLM's packaged table, read without LiteLLM: what it says is kept, what it does not say is None."""

import datetime
import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from providers import prices
from providers.prices import RELEASED, Facts, facts_of

ROOT = Path(__file__).parent.parent
LINE: dict[str, Any] = {
    "litellm_provider": "openai",
    "mode": "chat",
    "input_cost_per_token": 2.5e-06,
    "output_cost_per_token": 1e-05,
    "max_output_tokens": 4096,
    "supports_vision": True,
}
Tables = Callable[[object], None]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """Puts a table in the place of LiteLLM's: a value as JSON, or the very bytes."""
    package = tmp_path / "litellm" / "__init__.py"
    package.parent.mkdir()
    spec = ModuleSpec("litellm", None, origin=str(package))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)

    def put(content: object) -> None:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        (package.parent / prices._TABLE).write_bytes(raw)
        prices._table.cache_clear()

    prices._table.cache_clear()
    yield put
    prices._table.cache_clear()


def facts(table: Tables, **line: Any) -> Facts:
    table({"m": {name: value for name, value in (LINE | line).items() if value is not None}})
    found = facts_of("openai/m")
    assert found is not None
    return found


def test_prices_are_dollars_per_million_tokens_with_the_tables_name_and_day(table: Tables) -> None:
    price = facts(table).price
    assert price is not None
    assert (price.input, price.output, price.audio, price.batch) == (2.5, 10.0, None, 0.5)
    version = importlib.metadata.version("litellm")
    day = f" of {RELEASED[version]}" if version in RELEASED else ""
    assert price.source == f"LiteLLM {version}'s table{day}"


def test_a_price_of_its_own_for_sound_and_for_batches_is_kept(table: Tables) -> None:
    price = facts(table, input_cost_per_audio_token=3.2e-05, input_cost_per_token_batches=1e-06).price
    assert price is not None
    assert (price.audio, price.batch) == (32.0, 0.4)


@pytest.mark.parametrize("name", ["input_cost_per_token", "output_cost_per_token"])
@pytest.mark.parametrize("value", [None, 0, 0.0, -1e-6, "2.5e-06", True, [1], float("nan"), float("inf")])
def test_a_price_that_is_not_there_or_is_none_is_none_and_never_a_guess(table: Tables, name: str, value: Any) -> None:
    assert facts(table, **{name: value}).price is None


@pytest.mark.parametrize("value", [0, "x", True, -1, float("nan")])
def test_an_odd_price_for_sound_or_batches_does_not_spoil_the_rest(table: Tables, value: Any) -> None:
    price = facts(table, input_cost_per_audio_token=value, input_cost_per_token_batches=value).price
    assert price is not None
    assert (price.input, price.audio, price.batch) == (2.5, None, 0.5)


def test_what_the_table_does_not_say_of_the_senses_is_no(table: Tables) -> None:
    found = facts(table, supports_vision=None)
    assert (found.vision, found.audio, found.video, found.structured, found.structured_natively) == (False,) * 5
    assert found.sampled, "most models take a temperature, and the table names those that do not"
    assert (found.ends, found.longest_reply) == (None, 4096)


def test_what_the_table_says_is_kept(table: Tables) -> None:
    yes = ("vision", "audio_input", "video_input", "response_schema", "native_structured_output")
    no = {"supports_sampling_params": False}
    found = facts(table, **{f"supports_{name}": True for name in yes}, **no, deprecation_date="2027-01-31")
    assert (found.vision, found.audio, found.video, found.structured, found.structured_natively) == (True,) * 5
    assert (found.sampled, found.ends) == (False, "2027-01-31")


@pytest.mark.parametrize("value", ["yes", 1, "true", [], None])
def test_a_sense_that_is_not_plainly_there_is_not_offered(table: Tables, value: Any) -> None:
    assert not facts(table, supports_vision=value).vision


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("openai/m", True),
        ("m", True),
        ("gemini/m", False),
        ("openai/other", False),
        ("openai/", False),
        ("/m", False),
        ("", False),
        ("azure/own", True),
    ],
)
def test_a_model_is_found_by_its_whole_name_or_by_its_bare_name_at_its_own_vendor(
    table: Tables, model: str, known: bool
) -> None:
    table({"m": LINE, "azure/own": LINE})
    assert (facts_of(model) is not None) == known


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b"[" * 100_000, {"m": 3}, {"m": None}, {"m": []}, {}],
    ids=["empty", "cut", "list", "number", "null", "not text", "deep", "number line", "null line", "list line", "none"],
)
def test_a_damaged_table_says_nothing(table: Tables, content: object) -> None:
    table(content)
    assert facts_of("openai/m") is None


def test_a_table_that_is_not_there_says_nothing(table: Tables) -> None:
    assert facts_of("openai/m") is None


@pytest.mark.parametrize("spec", [None, ModuleSpec("litellm", None)], ids=["not installed", "without a place"])
def test_without_litellm_there_are_no_facts(
    table: Tables, monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    assert facts_of("openai/m") is None


def test_without_the_packages_metadata_the_source_is_still_named(
    table: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    price = facts(table).price
    assert price is not None
    assert price.source == "LiteLLM's table"


def test_the_days_of_the_tables_are_days() -> None:
    assert all(datetime.date.fromisoformat(day) for day in RELEASED.values())


QUICK = """
import sys, time
import providers.preset, providers.records
from providers.prices import _table, facts_of
def seconds(anew):
    if anew:
        _table.cache_clear()
    started = time.process_time()
    facts_of("gemini/gemini-3.8-flash")
    return time.process_time() - started
first = min(seconds(anew=True) for _ in range(3))
assert "litellm" not in sys.modules
assert facts_of("gemini/gemini-3.8-flash").price is not None
print(first, seconds(anew=False))
"""


def test_the_table_is_read_once_in_a_moment_and_litellm_is_not_imported_for_it() -> None:
    command = [sys.executable, "-c", QUICK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    first, later = map(float, done.stdout.split())
    assert first < 0.15
    assert later < 0.005

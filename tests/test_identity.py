"""Two servers never share a reply: whatever changes where calls go is in the identity, and no secret is."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.catalog import Opening, describe
from providers.identity import identity_of

FOUND = importlib.util.find_spec("litellm")
LITELLM = Path(FOUND.origin).parent if FOUND and FOUND.origin else Path()
ASKED_FOR = re.compile(r'get(?:_secret(?:_str)?|env)\(\s*"([A-Z0-9_]+_(?:API_BASE|BASE_URL|API_URL))"')
BRANCH = re.compile(r'custom_llm_provider ={1,2} "([\w-]+)"')
NO_CHAT = {"nadir"}
"""LiteLLM reads the variable for a list of addresses, and not for a call."""


def test_secrets_of_an_address_are_in_it_as_a_digest_only() -> None:
    url = "https://me:secretpw@h.org/v1?key=abc123456&api-version=2"
    found = identity_of("endpoint", base_url=url, environment={})
    assert re.fullmatch(r"endpoint https://h\.org/v1\?key&api-version=2 #[0-9a-f]{12}", found)
    assert "secretpw" not in found
    assert "abc123456" not in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a:b@h/v1", "https://c:b@h/v1"),
        ("https://a:b@h/v1", "https://h/v1"),
        ("https://h/v1?deployment=one", "https://h/v1?deployment=two"),
        ("https://h/v1?api-version=1", "https://h/v1?api-version=2"),
        ("https://h/v1", "https://h/v2"),
    ],
)
def test_addresses_that_differ_anywhere_are_two_servers(one: str, other: str) -> None:
    found = {identity_of("endpoint", base_url=url, environment={}) for url in (one, other)}
    assert len(found) == 2


def test_an_address_without_secrets_stays_as_it_was_so_that_stored_replies_are_found_again() -> None:
    assert (
        identity_of("endpoint", base_url="http://localhost:8000/v1", environment={})
        == "endpoint http://localhost:8000/v1"
    )
    assert identity_of("hosted", base_url=None, vendor="gemini", environment={"HOME": "/h"}) == "hosted"


def _variables() -> Iterator[tuple[str, str]]:
    """(vendor, variable) of each branch of LiteLLM's choice of addresses."""
    source = (LITELLM / "litellm_core_utils/get_llm_provider_logic.py").read_text(encoding="utf-8")
    vendor = ""
    for line in source.splitlines():
        branch = BRANCH.search(line)
        vendor = branch[1] if branch else vendor
        for name in ASKED_FOR.findall(line):
            if vendor and vendor not in NO_CHAT:
                yield vendor, name


def _folders() -> Iterator[tuple[str, str]]:
    """(vendor, variable) of each folder that LiteLLM has for a vendor's chat."""
    for folder in sorted((LITELLM / "llms").iterdir()):
        for path in folder.rglob("chat/**/*.py") if folder.is_dir() else ():
            for name in ASKED_FOR.findall(path.read_text(encoding="utf-8")):
                if name.startswith(folder.name.upper()):
                    yield folder.name, name


@pytest.mark.parametrize(("vendor", "variable"), sorted({*_variables(), *_folders()}))
def test_every_address_variable_that_litellm_honours_is_in_the_identity(vendor: str, variable: str) -> None:
    plain, sent_away = (
        describe(Opening(name="hosted", model=f"{vendor}/m", environment=environment)).identity
        for environment in ({}, {variable: "http://elsewhere.example/v1"})
    )
    assert plain != sent_away
    assert "http://elsewhere.example/v1" in sent_away


def test_the_region_of_a_cloud_is_in_it_and_another_vendors_is_not() -> None:
    environment = {"AWS_REGION_NAME": "eu-west-1", "AZURE_API_VERSION": "2024-06-01", "AWS_SECRET_ACCESS_KEY": "x" * 20}
    assert identity_of("hosted", base_url=None, vendor="bedrock", environment=environment) == (
        "hosted AWS_REGION_NAME=eu-west-1"
    )

"""Proxies and ~/.netrc: this machine is asked directly, a proxy is named, and no login is sent that nobody gave."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from server_replies import chat, http
from test_reply_table import KEY

from providers import bounded
from providers.catalog import Opening, describe
from providers.endpoint import Endpoint
from providers.errors import NotSupported, ProviderError, Transient
from providers.hosted import Hosted
from providers.proxy import is_loopback, proxy_of, proxy_passed_over
from providers.records import Info, Message, Provider, Reply, Request

LOOPBACK = [
    "http://127.0.0.1:8000/v1", "http://localhost/v1", "http://LOCALHOST:1", "http://localhost.:1", "http://a.localhost/",
    "http://[::1]:8000/v1", "http://127.8.9.1", "http://[::ffff:127.0.0.1]:8000", "http://u:p@127.0.0.1:8000/v1",
]  # fmt: skip
AWAY = [
    "http://10.0.0.1/v1", "https://api.openai.com", "http://127.0.0.1.example.org/", "http://localhost.example/",
    "http://127.0.0.1@example.org/", "http://0.0.0.0:8000", "http://[::2]/",
]  # fmt: skip
SET = {"HTTP_PROXY": "http://p:3128", "HTTPS_PROXY": "http://s:3128"}


@pytest.mark.parametrize("url", LOOPBACK)
def test_no_proxy_is_used_for_this_machine_and_its_variable_is_told(url: str) -> None:
    assert is_loopback(url)
    assert proxy_of(url, SET) is None
    assert proxy_passed_over(url, SET) == "HTTP_PROXY"


@pytest.mark.parametrize("url", AWAY)
def test_an_address_that_only_looks_like_this_machine_goes_through_the_proxy(url: str) -> None:
    assert not is_loopback(url)
    assert proxy_of(url, SET) is not None
    assert proxy_passed_over(url, SET) == ""


CHOSEN = {
    "by scheme": ("https://x.org", SET, "http://s:3128", "HTTPS_PROXY"),
    "small letters first": ("http://x.org", {**SET, "http_proxy": "http://q:1"}, "http://q:1", "http_proxy"),
    "for all": ("https://x.org", {"ALL_PROXY": "http://a:1"}, "http://a:1", "ALL_PROXY"),
    "without a scheme": ("http://x.org", {"HTTP_PROXY": "127.0.0.1:9"}, "http://127.0.0.1:9", "HTTP_PROXY"),
    "with a login": ("http://x.org", {"HTTP_PROXY": "http://me:s%40cret@p:1/"}, "http://p:1", "HTTP_PROXY"),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_the_proxy_is_the_one_that_curl_would_take(case: str) -> None:
    url, environment, expected, variable = CHOSEN[case]
    proxy = proxy_of(url, environment)
    assert proxy is not None
    assert (proxy.url, proxy.variable) == (expected, variable)
    assert "cret" not in proxy.shown


PASSED = {
    "the host": "x.org", "its domain": ".org", "a list": "a.b, x.org", "all": "*", "with its port": "x.org:80",
}  # fmt: skip


@pytest.mark.parametrize("case", PASSED)
def test_no_proxy_is_kept_to(case: str) -> None:
    assert proxy_of("http://x.org:80/v1", {**SET, "NO_PROXY": PASSED[case]}) is None


def test_no_proxy_may_name_a_network() -> None:
    assert proxy_of("http://10.1.2.3:8000", {**SET, "no_proxy": "10.0.0.0/8"}) is None
    assert proxy_of("http://11.1.2.3:8000", {**SET, "no_proxy": "10.0.0.0/8,nonsense/8"}) is not None


def test_http_proxy_counts_for_nothing_in_a_cgi_script() -> None:
    assert proxy_of("http://x.org", {**SET, "REQUEST_METHOD": "POST"}) is None


@pytest.mark.parametrize(
    "value", ["socks5://me:secretpw@p:1080", "ftp://p", "http://", "http://a b:1", "http://p:99999"]
)
def test_a_proxy_that_cannot_be_used_is_refused_by_its_variable_without_its_password(value: str) -> None:
    with pytest.raises(NotSupported, match="HTTP_PROXY") as caught:
        proxy_of("http://x.org", {"HTTP_PROXY": value})
    assert "secretpw" not in caught.value.message


def test_the_header_says_through_or_past_which_proxy_the_calls_go() -> None:
    def route(url: str) -> str:
        return describe(Opening(name="endpoint", model="m", base_url=url, environment=SET)).route

    assert route("http://10.0.0.1/v1") == "through the proxy p:3128 (HTTP_PROXY)"
    assert route("http://localhost:8000/v1") == "not through the proxy in HTTP_PROXY"
    assert describe(Opening(name="endpoint", model="m", base_url="http://10.0.0.1/v1")).route == ""


LANES = ("endpoint", "hosted")


def lane(name: str, url: str) -> Provider:
    info = Info(name=name, identity=url, model="m" if name == "endpoint" else "openai/gpt-4o", kind="paid")
    return Endpoint(info, base_url=url, key=KEY) if name == "endpoint" else Hosted(info, key=KEY, base_url=url)


async def asked(name: str, address: str, *, port: int | None = None) -> tuple[Reply | ProviderError, list[str]]:
    """What came of one question to an address, and the heads that a server on a port of this machine saw."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin1"))
        writer.write(http(chat("Answer: joy")))
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", port or 0)
    async with listening:
        provider = lane(name, address.format(listening.sockets[0].getsockname()[1]))
        request = Request(provider="p", model=provider.info.model, messages=(Message(role="user", text="joy?"),))
        try:
            return await provider.generate(request), heads
        except ProviderError as error:
            return error, heads
        finally:
            await provider.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("name", LANES)
def test_a_server_on_this_machine_is_asked_directly(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    came, heads = asyncio.run(asked(name, "http://127.0.0.1:{}/v1"))
    assert isinstance(came, Reply), came
    assert heads[0].startswith("POST /v1/chat/completions ")


@pytest.mark.parametrize("name", LANES)
def test_a_server_elsewhere_is_asked_through_the_proxy_with_its_login(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("HTTP_PROXY", f"http://me:s%40cret@127.0.0.1:{port}")
    came, heads = asyncio.run(asked(name, "http://models.invalid/v1", port=port))
    assert isinstance(came, Reply), came
    assert heads[0].startswith("POST http://models.invalid/v1/chat/completions ")
    assert "proxy-authorization: basic bwu6c0bjcmv0" in heads[0].lower(), "me:s@cret"


@pytest.mark.parametrize("name", LANES)
def test_a_dead_proxy_is_named_and_nothing_was_charged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{port}")
    came, _ = asyncio.run(asked(name, "http://models.invalid/v1"))
    assert isinstance(came, Transient)
    assert came.kind == "connection"
    assert came.unsent
    assert came.message.startswith(f"the proxy 127.0.0.1:{port} (HTTP_PROXY) does not answer")


@pytest.mark.parametrize("key", ["AIOHTTP_TRUST_ENV", "LANG"])
@pytest.mark.parametrize("name", LANES)
def test_netrc_is_never_read(name: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("default login me password secretpw\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv(key, "True")
    came, heads = asyncio.run(asked(name, "http://127.0.0.1:{}/v1"))
    assert isinstance(came, Reply), came
    assert f"authorization: bearer {KEY}".lower() in heads[0].lower()
    assert "basic" not in heads[0].lower()


def test_googles_session_reads_no_netrc_and_passes_this_machine_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://p:3128")

    async def made(url: str) -> tuple[bool, object]:
        async with bounded.session(url) as session:
            return session.trust_env, session._default_proxy

    assert asyncio.run(made("http://127.0.0.1:1")) == (False, None)
    assert str(asyncio.run(made("http://models.invalid"))[1]) == "http://p:3128"

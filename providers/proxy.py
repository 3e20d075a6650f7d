"""Which proxy a call goes through, by the environment's variables; this machine is always asked directly.

The libraries' own reading of the environment is off: it sends loopback calls to a proxy and reads ~/.netrc.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from providers.address import below, public_url
from providers.errors import NotSupported


class Proxy(NamedTuple):
    """A proxy that calls go through."""

    url: str
    """Its address, without user and password."""
    user: str | None
    password: str
    variable: str
    """The variable of the environment that names it."""

    @property
    def with_login(self) -> str:
        """Its address with user and password, as aiohttp and LiteLLM take it."""
        if self.user is None:
            return self.url
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{quote(self.user, safe='')}:{quote(self.password, safe='')}@{rest}"

    @property
    def shown(self) -> str:
        """As messages name it, without secrets."""
        return f"the proxy {urlsplit(self.url).netloc} ({self.variable})"


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine."""
    try:
        host = (urlsplit(url if "://" in url else f"//{url}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def proxy_of(url: str, environment: Mapping[str, str] | None = None) -> Proxy | None:
    """The proxy for calls to this address; None where they go directly. `environment`: this process's, if None.

    As curl does: http_proxy, https_proxy, all_proxy and no_proxy, small letters first. Raises NotSupported for a proxy
    that cannot be used (socks).
    """
    known = os.environ if environment is None else environment
    if is_loopback(url):
        return None
    named = _named(url, known)
    if named is None or _passed_by(url, known):
        return None
    variable, value = named
    return _read(variable, value)


def proxy_passed_over(url: str, environment: Mapping[str, str] | None = None) -> str:
    """The variable whose proxy is not used because the address is on this machine; "" where there is none."""
    known = os.environ if environment is None else environment
    named = _named(url, known) if is_loopback(url) else None
    return named[0] if named else ""


def _named(url: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """(variable, value) of the first that is set; HTTP_PROXY counts for nothing in a CGI script: its caller sets it."""
    scheme = urlsplit(url).scheme.lower() or "http"
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    for name in names:
        value = environment.get(name, "").strip()
        if value and not (name == "HTTP_PROXY" and "REQUEST_METHOD" in environment):
            return name, value
    return None


def _passed_by(url: str, environment: Mapping[str, str]) -> bool:
    parts = urlsplit(url)
    no_proxy = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    host = parts.hostname or ""
    if not no_proxy or not host:
        return False
    asked = f"{host}:{parts.port}" if parts.port else host
    return bool(proxy_bypass_environment(asked, {"no": no_proxy})) or _in_a_network(host, no_proxy)


def _in_a_network(host: str, no_proxy: str) -> bool:
    """An address within one of the networks that NO_PROXY names (10.0.0.0/8)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for item in no_proxy.split(","):
        try:
            if "/" in item and address in ipaddress.ip_network(item.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False


def _read(variable: str, value: str) -> Proxy:
    """A value without a scheme is an http proxy, as curl reads it."""
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        broken = not parts.hostname or (parts.port or 0) < 0 or not address.isprintable() or " " in address
    except ValueError:
        broken = True
    if broken:
        text = f"the proxy in {variable} cannot be read: write it as http://host:port"
        raise NotSupported(text, kind="usage")
    if parts.scheme not in ("http", "https"):
        text = (
            f"the proxy in {variable} ({public_url(address)}) cannot be used here: name an http:// one, or "
            "set NO_PROXY to the server's host"
        )
        raise NotSupported(text, kind="usage")
    userinfo, at, _ = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    return Proxy(below(address, "").rstrip("/"), unquote(user) if at else None, unquote(password), variable)

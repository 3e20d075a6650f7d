"""Base URLs: how one is shown, what of it may be a secret, and which cannot be used.

A message of this file never holds what stands before an @ or in a query.
"""

from __future__ import annotations

import base64
from urllib.parse import unquote, urlsplit, urlunsplit

from providers.errors import NotSupported

_SHOWN = ("api-version=", "api_version=")


def public_url(url: str) -> str:
    """The URL as it names runs, and stands in messages and reports: what may be a key in it is left out.

    That is a user and password, and every value of its query but a version's.
    """
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
    except ValueError:
        return "(an address that cannot be read)"
    items = parts.query.split("&") if parts.query else []
    query = "&".join(item if item.startswith(_SHOWN) else item.partition("=")[0] for item in items)
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))
    return shown if "://" in url else shown.removeprefix("//")


def secret_of(url: str) -> str:
    """What `public_url` leaves out: user, password, and the query where it holds more than a version; "" for none."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
    except ValueError:
        return url
    userinfo = parts.netloc.rpartition("@")[0]
    hidden = [item for item in parts.query.split("&") if item.partition("=")[2] and not item.startswith(_SHOWN)]
    return f"{userinfo}?{parts.query}" if userinfo or hidden else ""


def refuse_unreadable(url: str) -> None:
    """Raise NotSupported for what is no address, without repeating what may be a password in it."""
    if not url.startswith(("http://", "https://")):
        shown = public_url(url.rpartition("@")[2])
        text = f"the base URL {shown} (--base-url, or the environment's) should begin with http:// or https://"
        raise NotSupported(text, kind="usage")
    try:
        parts = urlsplit(url)
        broken = not parts.hostname or (parts.port or 0) < 0 or not url.isprintable() or " " in url
    except ValueError:
        broken = True
    if broken or "@" in parts.query + parts.fragment or (":" in parts.netloc and "@" in parts.path):
        text = "the base URL (--base-url, or the environment's) cannot be read: within a password, "
        raise NotSupported(text + "write / as %2F, ? as %3F, # as %23 and @ as %40", kind="usage")


def refuse_secret(url: str, *, mend: str) -> None:
    """Raise NotSupported for an address that holds a password or a query."""
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query:
        what = "a user or password" if "@" in parts.netloc else "a ?query"
        text = f"the base URL {public_url(url)} holds {what}, which cannot be used here: {mend}"
        raise NotSupported(text, kind="usage")


def below(url: str, path: str) -> str:
    """The address of a path below a base URL, whose query stays; without its user and password."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=netloc, path=parts.path.rstrip("/") + path, fragment=""))


def basic_of(url: str) -> str | None:
    """The Authorization header that a user and password in the URL stand for."""
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at:
        return None
    user, _, password = userinfo.partition(":")
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()

"""Keeps keys out of what a server sends back: a hostile or careless one may echo them in a reply or an error.

One place for every lane: a key, or a long enough piece of it, is taken out in whatever form it comes back.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from providers.errors import Permanent, ProviderError
from providers.records import Reply
from providers.spellings import LONGEST_SPELLING, spellings

SHOWN = "(the key)"
SHORTEST = 8
"""Characters of a key; a shorter one is looked for as it is, and in errors only."""
SHORTEST_WORD = 20
"""Of one that is made of small letters only: `ollama` and `not-needed` are no secrets, and would tear answers apart."""
PIECE, TAIL = 10, 8
"""Characters of a key that may not be seen, anywhere in it and at its end."""
_GRAM = 4
_MOST_PLACES = 8
_WINDOW = 2**16
_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Keys:
    """The keys of one lane; a text without any of them costs microseconds."""

    def __init__(self, *keys: str | None) -> None:
        """What is None or empty is no key."""
        given = {" ".join(key.split()) for key in keys if key} - {""}
        strong = {key for key in given if _secret(key)}
        self._weak = tuple(sorted((key for key in given - strong if len(key) >= 6), key=len, reverse=True))
        self._forms = tuple({form: None for key in sorted(strong) for form in _forms(key)})
        self._places = _index(self._forms)
        longest = max(2 * max(map(len, self._forms), default=0), LONGEST_SPELLING * max(map(len, strong), default=0))
        self._overlap = min(_WINDOW // 2, longest)

    def hide(self, text: str) -> str:
        """The text without the keys: of an error, a note, a line of a log."""
        text = self.clean(text)
        for key in self._weak:
            text = text.replace(key, SHOWN)
        return text

    def clean(self, text: str) -> str:
        """The text without what is surely a key: of a reply, in which a word of the language must stay."""
        if len(text) <= _WINDOW:
            spans = self._spans(text)
        else:  # piece by piece, because the grams of a long text would fill the memory
            step = _WINDOW - self._overlap
            starts = range(0, len(text), step)
            spans = [(at + a, at + b) for at in starts for a, b in self._spans(text[at : at + _WINDOW])]
        return _without(text, _joined(spans)) if spans else text

    def holds(self, text: str) -> bool:
        """Whether any of it is in there."""
        return self.hide(text) != text

    def reply(self, reply: Reply) -> Reply:
        """The reply as it may be kept."""
        changes: dict[str, object] = {}
        for name in ("text", "thinking", "model"):
            said = getattr(reply, name)
            if said and (kept := self.clean(said)) != said:
                changes[name] = kept
        if reply.notes and (notes := tuple(map(self.hide, reply.notes))) != reply.notes:
            changes["notes"] = notes
        return reply.model_copy(update=changes) if changes else reply

    async def through(self, answer: Awaitable[Reply]) -> Reply:
        """What comes of a call, be it a reply or a failure, without the keys."""
        try:
            return self.reply(await answer)
        except ProviderError as error:
            error.message = self.hide(error.message)
            error.args = (error.message,)
            raise

    def named(self, name: str) -> str:
        """A name that the server gives and that is kept and shown as it is: refused where it holds a key."""
        if self.holds(name):
            raise Permanent("the server answers with the key in a name: it is not to be trusted", kind="unauthorized")
        return name

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where pieces of a key stand, whatever white space is in them, and however its letters are written."""
        spans = self._plain_spans(text)
        for other, places in spellings(text):
            spans += [(places[start][0], places[end - 1][1]) for start, end in self._plain_spans(other)]
        return spans

    def _plain_spans(self, text: str) -> list[tuple[int, int]]:
        packed = "".join(text.split()).lower()
        grams = [packed[at : at + _GRAM] for at in range(0, len(packed), _GRAM)]
        if self._places.keys().isdisjoint(grams):
            return []
        found: list[tuple[int, int]] = []
        covered = 0
        for number, gram in enumerate(grams):
            if (number + 1) * _GRAM <= covered:  # a key of thousands of letters would be compared at each of them
                continue
            for form, place in self._places.get(gram, ()):
                start, end = _grown(packed, number * _GRAM, self._forms[form], place=place)
                at_its_end = place + end - number * _GRAM == len(self._forms[form])
                if end - start >= (TAIL if at_its_end else PIECE):
                    found.append((start, end))
                    covered = max(covered, end)
        return _spread(text, found) if found else []


def keys_of(key: str | None, base_url: str | None, environment: Mapping[str, str], *, wide: bool = False) -> Keys:
    """What one lane may send as a secret: its key, what its address holds, the proxy's password.

    `wide`: LiteLLM takes keys from the environment by itself, so that any that stands there may be sent.
    """
    found = [key, *_in_url(base_url or "")]
    for name, value in environment.items():
        if name.lower() in _PROXIES:
            found += _in_url(value)
        elif wide and _NAMES.search(name) and _secret(value):
            found.append(value)
    return Keys(*found)


def all_keys(environment: Mapping[str, str], addresses: Iterable[str | None] = ()) -> Keys:
    """Everything that may be a key in this process: for logs and tracebacks."""
    inner = [secret for address in addresses for secret in _in_url(address or "")]
    inner += [secret for value in environment.values() if "://" in value for secret in _in_url(value)]
    return Keys(*inner, *(value for name, value in environment.items() if _NAMES.search(name)))


def _in_url(url: str) -> list[str]:
    """The user's part and the values of the query, as they stand and decoded."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
    except ValueError:
        return []
    user, colon, password = parts.netloc.rpartition("@")[0].partition(":")
    found = [value for _, value in parse_qsl(parts.query) if len(value) >= SHORTEST]
    if colon:
        found += [password, unquote(password), f"{user}:{password}", f"{unquote(user)}:{unquote(password)}"]
    return [*found, user] if user else found


def _secret(key: str) -> bool:
    word = re.fullmatch(r"[a-z_-]*", key) is not None
    return len(key) >= (SHORTEST_WORD if word else SHORTEST)


def _forms(key: str) -> Iterator[str]:
    """How a key may come back, in small letters and without white space."""
    raw = key.encode("utf-8", "surrogateescape")
    escaped = json.dumps(key)[1:-1]
    plain = [key, quote(raw, safe=""), quote(raw), quote_plus(raw), escaped, escaped.replace("/", "\\/")]
    plain += [json.dumps(escaped)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1], repr(key)[1:-1]]
    plain += [html.escape(key), html.escape(key, quote=False), raw.hex()]
    for shift in range(3):  # base64 of a longer text, in which the key begins anywhere
        packed = base64.b64encode(b"\0" * shift + raw).decode()
        inner = packed.rstrip("=")[(0, 2, 3)[shift] : len(raw + b"\0" * shift) * 8 // 6]
        plain += [inner, inner.replace("+", "-").replace("/", "_")]
    yield from ("".join(form.split()).lower() for form in plain if len(form) >= TAIL)


def _index(forms: tuple[str, ...]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Every four letters of every form, with where they stand."""
    places: dict[str, list[tuple[int, int]]] = {}
    for number, form in enumerate(forms):
        for at in range(len(form) - _GRAM + 1):
            found = places.setdefault(form[at : at + _GRAM], [])
            if len(found) < _MOST_PLACES * len(forms):
                found.append((number, at))
    return {gram: tuple(found) for gram, found in places.items()}


def _grown(text: str, at: int, form: str, *, place: int) -> tuple[int, int]:
    """The longest piece that text and form share around a place of both."""
    start, end = at, at + _GRAM
    back = place
    while start > 0 and back > 0 and text[start - 1] == form[back - 1]:
        start, back = start - 1, back - 1
    ahead = place + _GRAM
    while end < len(text) and ahead < len(form) and text[end] == form[ahead]:
        end, ahead = end + 1, ahead + 1
    return start, end


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _spread(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places in the packed text as places in the text."""
    places = [at for at, letter in enumerate(text) if not letter.isspace() for _ in letter.lower()]
    return [(places[start], places[end - 1] + 1) for start, end in spans]


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], SHOWN]
        last = end
    return "".join([*parts, text[last:]])

"""Keys that must never be seen again, the forms in which a server may echo them, and a search for any trace of one."""

from __future__ import annotations

import base64
import html
import json
import random
import string
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from providers.spellings import spellings

_LETTERS = string.ascii_letters + string.digits


def _drawn(seed: int, count: int, letters: str = _LETTERS) -> str:
    return "".join(random.Random(seed).choices(letters, k=count))


CANARIES: Mapping[str, str] = {
    "openai": "sk-proj-" + _drawn(1, 48, _LETTERS + "-_"),
    "anthropic": "sk-ant-api03-" + _drawn(2, 90, _LETTERS + "-_") + "AA",
    "google": "AIzaSy" + _drawn(3, 33, _LETTERS + "-_"),
    "hex": _drawn(4, 32, "0123456789abcdef"),
    "jwt": ".".join(["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJ" + _drawn(5, 60), _drawn(6, 43, _LETTERS + "-_")]),
    "azure": _drawn(7, 41) + "+/9==",
    "special": _drawn(8, 9) + "/+=%&?#:@" + _drawn(9, 9) + "%2F" + _drawn(10, 6),
    "quotes": _drawn(11, 10) + "\"'\\\\n\\u00e9`" + _drawn(12, 12),
    "shell": _drawn(13, 10) + "$HOME;`id`|&<b>(){}*!" + _drawn(14, 10),
    "long": _drawn(15, 3000),
    "uuid": "6f9619FF-8b86-D011-B42d-" + _drawn(16, 12, "0123456789abcdef"),
    "copied": _drawn(17, 40) + "\n",
}
"""By what they look like. The last was copied with the end of its line."""


def _split(text: str, by: str) -> str:
    return by.join(text[at : at + 7] for at in range(0, len(text), 7))


FORMS: Mapping[str, Callable[[str], str]] = {
    "raw": lambda key: key,
    "bearer": lambda key: f"Authorization: Bearer {key}",
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 within": lambda key: base64.b64encode(f"user:{key}:x".encode()).decode(),
    "base64 for urls": lambda key: base64.urlsafe_b64encode(f"k={key}".encode()).decode(),
    "in a url": lambda key: f"https://h/v1?key={quote(key, safe='')}&x=1",
    "in a url, small": lambda key: quote(key, safe="/").lower(),
    "json": json.dumps,
    "json in json": lambda key: json.dumps(json.dumps({"key": key})),
    "python": lambda key: repr({"api_key": key}),
    "html": lambda key: f"<b>{html.escape(key)}</b>",
    "mixed case": str.swapcase,
    "capitals": str.upper,
    "over lines": lambda key: _split(key, "\n"),
    "over indented lines": lambda key: _split(key, "\r\n\t "),
    "cut": lambda key: "x" * (290 - len(key) // 2) + key,
    "its end": lambda key: f"...{key[-12:]}",
    "hex": lambda key: key.encode().hex(),
    "hex, by colons": lambda key: key.encode().hex(":"),
    "hex, by spaces": lambda key: key.encode().hex(" "),
    "hex, by dashes, capitals": lambda key: key.encode().hex("-").upper(),
    "bytes": lambda key: ", ".join(f"0x{byte:02x}" for byte in key.encode()),
    "every letter by percent": lambda key: "".join(f"%{byte:02X}" for byte in key.encode()),
    "by percent twice": lambda key: "".join(f"%25{byte:02x}" for byte in key.encode()),
    "every letter in JSON": lambda key: "".join(f"\\u{ord(letter):04x}" for letter in key),
    "every letter in JSON, twice": lambda key: "".join(f"\\\\u{ord(letter):04X}" for letter in key),
    "every letter in Python": lambda key: "".join(f"\\x{ord(letter):02x}" for letter in key),
    "every letter in HTML": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
    "every letter in HTML, hex": lambda key: "".join(f"&#x{ord(letter):X};" for letter in key),
}


def needles(key: str) -> dict[str, str]:
    """What must be nowhere, in small letters and without white space: the key in each code, and its last letters."""
    key = key.strip()
    raw = key.encode()
    found = {"raw": key, "end": key[-8:], "url": quote(key, safe=""), "json": json.dumps(key)[1:-1], "hex": raw.hex()}
    for shift in range(3):
        packed = base64.b64encode(b"\0" * shift + raw).decode()[(0, 2, 3)[shift] : (len(raw) + shift) * 8 // 6]
        found[f"base64 {shift}"] = packed
        found[f"base64 {shift}, end"] = packed[-14:]
        found[f"urlsafe {shift}"] = packed.replace("+", "-").replace("/", "_")
    if len(key) >= 30:
        found["middle"] = key[len(key) // 2 - 6 : len(key) // 2 + 6]
    return {name: "".join(form.split()).lower() for name, form in found.items()}


def traces(key: str, places: Mapping[str, bytes]) -> Iterator[str]:
    """Each place and needle that was found in it."""
    wanted = needles(key)
    for place, raw in places.items():
        said = raw.decode("utf-8", "replace")
        plain = said.replace("\\r", "").replace("\\n", "").replace("\\t", "")
        for way in (said, plain, *(other for other, _ in spellings(said))):
            packed = "".join(way.split()).lower()
            yield from (f"{place}: {name}" for name, needle in wanted.items() if needle in packed)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file, by its path below the folder; names too."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return found | {"file names": "\n".join(map(str, folder.rglob("*"))).encode()}

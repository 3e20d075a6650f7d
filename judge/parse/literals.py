r"""Object literals as models write them: JSON with the slips that leave no doubt what is meant; nothing is evaluated.

Taken as meant: single and typographic quotes, line breaks and `\'` in texts, keys and words without quotes, comments,
a comma too many or one left out at a line's end, full-width colons and commas, braces missing at the very end. Not:
a text or a list that is not closed, a last number that may have been cut off, NaN, Infinity, more than DEEPEST levels.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

DEEPEST = 30
LONGEST_COMMENT = 2000
COST_OF_A_TOKEN = 20
COST_OF_A_TEXT = 4
"""For each character of a text without its end."""
LONGEST_TEXT = 50_000
"""Characters of a text in quotes."""
_LONGEST, _COMMENT = str(LONGEST_TEXT), str(LONGEST_COMMENT)
_ENDS = r"(?=\s{0,20}(?:[,}\]:，：]|#|//|/\*|```|\Z))"
_GOES_ON = _ENDS.replace("(?=", "(?!", 1)
_GAP = re.compile(rf"(?:\s|//[^\n]{{0,{_COMMENT}}}+|#[^\n]{{0,{_COMMENT}}}+|/\*(?:[^*]|\*(?!/)){{0,{_COMMENT}}}+\*/)*+")
_OPENS = frozenset("\"'‘“”„«「")
_TEXT = re.compile(
    rf'"((?:[^"\\]|\\.){{0,{_LONGEST}}}+)"|'
    rf"'((?:[^'\\]|\\.|'{_GOES_ON}){{0,{_LONGEST}}}+)'|‘((?:[^’‘\\]|\\.|[’‘]{_GOES_ON}){{0,{_LONGEST}}}+)[’‘]|"
    rf"[“„]((?:[^”“\\]|\\.|[”“]{_GOES_ON}){{0,{_LONGEST}}}+)[”“]|”((?:[^”\\]|\\.|”{_GOES_ON}){{0,{_LONGEST}}}+)”|"
    rf"«([^»]{{0,{_LONGEST}}}+)»|「([^」]{{0,{_LONGEST}}}+)」",
    re.DOTALL,
)
"""A text in quotes; all but the plain double ones end only before what may follow a key or a value: 'it's' is one."""
_KEY = re.compile(r"[^\W\d][\w -]{0,60}(?=\s{0,20}[:：])")
_WORD = re.compile(r"(?:[\w+.%−–-]|/(?![/*]))(?:[\w+.%−– '’-]|/(?![/*])){0,80}")
_NUMBER = re.compile(r"[-+−–]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][-+]?\d{1,4})?")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PAIR = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None, "none": None}
_NO_NUMBERS = ("nan", "infinity", "-infinity", "inf", "-inf")


class Contradiction(NamedTuple):
    """What an object says of one key that it names twice, saying different things."""

    said: tuple[Any, ...]


class Broken(Exception):
    """No literal begins there; `cost` is how much was read to find out, in characters."""

    def __init__(self, cost: int) -> None:
        """The cost is counted against what a text may take in all."""
        super().__init__("no object literal")
        self.cost = cost


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of its pairs; a key said again, in any case of letters, says the same, or is a Contradiction."""
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    for key, value in pairs:
        name = names.setdefault(key.casefold(), key)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], Contradiction) or _gist(found[name]) != _gist(value):
            earlier = found[name]
            said = earlier.said if isinstance(earlier, Contradiction) else (earlier,)
            found[name] = Contradiction((*said[:9], value))
    return found


def _gist(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.casefold().split())
    return (type(value), value) if isinstance(value, bool) else value


def literal_at(text: str, start: int) -> tuple[dict[str, Any], int]:
    """The object that begins at a brace, and where it ends; raises Broken."""
    reader = _Reader(text, start)
    try:
        value = reader.object(0)
    except _Wrong:
        raise Broken(reader.cost) from None
    return value, reader.place


class _Wrong(Exception):
    pass


class _Reader:
    """Reads from one place on; each step is a pattern of bounded length."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.start, self.place = text, start, start
        self.tokens = 0
        self.lost = 0
        """Characters that were read for a text that has no end."""
        self.sure = True
        """The value read last is whole wherever the text ends."""

    @property
    def cost(self) -> int:
        return self.place - self.start + self.lost + COST_OF_A_TOKEN * self.tokens

    def object(self, depth: int) -> dict[str, Any]:
        pairs: list[tuple[str, Any]] = []
        self._open(depth)
        while not self._takes("}"):
            key = self._key()
            if not self._takes(":："):
                raise _Wrong
            self._gap()
            pairs.append((key, self._value(depth)))
            ended = self.place
            if self._takes(",，"):
                continue
            if self._takes("}"):
                break
            if self._is_at_the_end():
                if not (self.sure or self.place > ended):
                    raise _Wrong
                self.sure = True
                break
            if "\n" not in self.text[ended : self.place] or self.text[self.place] not in _OPENS:
                raise _Wrong
        return object_of(pairs)

    def _list(self, depth: int) -> list[Any]:
        values: list[Any] = []
        self._open(depth)
        while not self._takes("]"):
            values.append(self._value(depth))
            if not self._takes(",，") and self.text[self.place : self.place + 1] != "]":
                raise _Wrong
        return values

    def _open(self, depth: int) -> None:
        self.tokens += 1
        if depth > DEEPEST:
            raise _Wrong
        self.place += 1
        self._gap()

    def _gap(self) -> None:
        match = _GAP.match(self.text, self.place)
        self.place = match.end() if match else self.place
        if self.text.startswith("/*", self.place):
            self.lost = LONGEST_COMMENT
            raise _Wrong

    def _takes(self, marks: str) -> bool:
        """Step over one of the marks, with the gaps around it."""
        self._gap()
        mark = self.text[self.place : self.place + 1]
        if not mark or mark not in marks:
            return False
        self.place += 1
        if mark not in "}]":
            self._gap()
        self.tokens += 1
        self.sure = True
        return True

    def _is_at_the_end(self) -> bool:
        """True where nothing follows but the end of a fence."""
        rest = self.text[self.place : self.place + 200]
        return not rest.removeprefix("```").strip() and len(rest) < 200

    def _key(self) -> str:
        if self.text[self.place : self.place + 1] in _OPENS:
            return self._quoted().strip()
        match = _KEY.match(self.text, self.place)
        if match is None:
            raise _Wrong
        self.place = match.end()
        return match[0].strip()

    def _value(self, depth: int) -> Any:
        self.tokens += 1
        mark = self.text[self.place : self.place + 1]
        self.sure = True
        if mark == "{":
            return self.object(depth + 1)
        if mark == "[":
            return self._list(depth + 1)
        return self._quoted() if mark in _OPENS else self._bare()

    def _quoted(self) -> str:
        match = _TEXT.match(self.text, self.place)
        if match is None:
            self.lost = COST_OF_A_TEXT * min(len(self.text) - self.place, LONGEST_TEXT)
            raise _Wrong
        self.place = match.end()
        return _unescaped(match[match.lastindex or 0])

    def _bare(self) -> Any:
        match = _WORD.match(self.text, self.place)
        word = match[0].strip() if match else ""
        if match is None or not word or word.casefold() in _NO_NUMBERS:
            raise _Wrong
        self.place += len(word)
        if word.casefold() in _CONSTANTS:
            return _CONSTANTS[word.casefold()]
        self.sure = False
        if not _NUMBER.fullmatch(word) or len(word) > 300:
            return word
        plain = word.replace("−", "-").replace("–", "-")
        return int(plain) if plain.lstrip("+-").isdigit() else float(plain)


def _unescaped(text: str) -> str:
    r"""The text without its escapes; one that JSON does not know stays as it stands, but \' is an apostrophe."""
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return _PAIR.sub(_joined, _ESCAPE.sub(_character, text))


def _character(match: re.Match[str]) -> str:
    said = match[1]
    if len(said) > 1:
        return chr(int(said[1:], 16))
    return _ESCAPES.get(said, said if not said.isalnum() else match[0])


def _joined(match: re.Match[str]) -> str:
    """The character that two escaped halves stand for."""
    return match[0].encode("utf-16", "surrogatepass").decode("utf-16")

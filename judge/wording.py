"""Whose the words of a task's prompts are, and where released files have the authors' own: parts of a task file."""

from __future__ import annotations

from typing import Literal

from pydantic import StrictStr

from judge.entries import Entry, digest

Whose = Literal["authors", "own"]
OWN = "own"
PROMPTS = ("system_qa", "system_cot", "qa", "cot")
"""The texts of an ask that the authors may have."""
UNKNOWN = "unknown"
"""Of answers that were made elsewhere, in a format that does not say by whose prompts."""


class Piece(Entry):
    """A part of a prompt: a text, or what stands at a key of a released file."""

    text: StrictStr | None = None
    file: StrictStr | None = None
    """One of the names in `files`."""
    key: StrictStr | None = None
    """Dotted path in that file; {setting} is filled in."""
    model: StrictStr | None = None
    """Only where the last part of the model's name has this in it, in lower case."""


class AskWording(Entry):
    """How the authors' code builds the prompts of one ask: pieces one after the other, nothing between them."""

    system_qa: tuple[Piece, ...] = ()
    system_cot: tuple[Piece, ...] = ()
    qa: tuple[Piece, ...] = ()
    cot: tuple[Piece, ...] = ()
    names: dict[StrictStr, StrictStr] = {}
    """The placeholders of qa and cot, which both must have: {theirs} to a field of the record, or to ask.answer."""


class Wording(Entry):
    """Whose the prompts in the task file are, and the authors' own in files of theirs."""

    qa: Whose = "own"
    cot: Whose = "own"
    files: dict[StrictStr, tuple[StrictStr, ...]] = {}
    """By a name for pieces: the file's paths in releases. It may lie beside the items, too, without the folders."""
    asks: dict[StrictStr, AskWording] = {}
    """By ask; a run uses them where all the files are there."""
    digest: StrictStr = ""
    """Of the files, where a run took its prompts from them; never in a task file."""
    taken: dict[StrictStr, StrictStr] = {}
    """The names of those files with a digest each."""

    def said(self, variant: str) -> str:
        """For signatures and summaries: authors:3fa9c1d2 (of files), authors (as the task has them), or own."""
        if self.digest:
            return f"authors:{self.digest[:8]}"
        return self.qa if variant == "qa" else self.cot

    def declared(self) -> str:
        """Digest of what the task file says."""
        return digest(self.model_dump(mode="json", exclude={"digest", "taken"}))


def is_own(said: str) -> bool:
    """True for prompts of this project: a published number was made with others."""
    return said == OWN


def sentence(said: str, *, system: bool = False) -> str:
    """What a report says of it; empty where there is nothing to compare with, or nothing was kept."""
    more = ", with a system text of your own" if system else ""
    if said == OWN:
        return f"own wording (this project's prompts, not the benchmark authors'){more}"
    if said == UNKNOWN:
        return "wording unknown (the answers were made elsewhere, by prompts that are not in the files)"
    if said.startswith("authors:"):
        return f"the authors' wording, from their released files ({said.removeprefix('authors:')}){more}"
    return f"the authors' wording{more}" if said == "authors" else ""

"""Where the records of a task lie: parts of a task file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictInt, StrictStr

from judge.entries import Entry, Ref


class Join(Entry):
    """A second file whose records complete those of the first, one each."""

    path: StrictStr
    also: tuple[StrictStr, ...] = ()
    """Other paths, as in Data."""
    by: StrictStr
    """The field that names the partner in both files."""
    fields: tuple[StrictStr, ...] = Field(min_length=1)
    """What is taken from the partner; a record that has all of it already is left as it is."""
    same: dict[StrictStr, StrictStr] = {}
    """Fields of the record that must equal fields of the partner."""
    needed_by: Literal["run", "judge"] = "run"
    """judge: the fields are evidence for the judge and reach no model under test. A run does without the file: its
    fields are then null, and the file is no part of what makes the run."""


class Data(Entry):
    """Where samples come from: a path below the task's folder (or --data), or a Hugging Face id."""

    path: StrictStr | None = None
    also: tuple[StrictStr, ...] = ()
    """Other paths at which releases of the same data have the file; the first that is there is read."""
    hub: StrictStr | None = None
    config: StrictStr | None = None
    split: StrictStr = "test"
    format: Literal["jsonl", "json", "csv", "parquet"] | None = None
    id: Ref = "id"
    numbered: StrictStr | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Where records have no id: they are called by this word and the number of their line, or of their place in a
    JSON list; `id` is left out."""
    repeated: Literal["kept"] | None = None
    """kept: a release has some ids more than once, and means an item each time: ID, ID+2, ID+3. Else it is a fault."""
    cluster: Ref | None = None
    lang: Ref | None = None
    where: dict[StrictStr, StrictStr] = {}
    """Keep the records whose field has this text; {setting} is filled in."""
    fields: dict[StrictStr, Ref] = {}
    """Further names for prompts, made from the record."""
    join: Join | None = None
    source: StrictStr | None = None
    """Where a person gets the data, for the message when it is missing."""
    count: StrictInt | None = Field(default=None, ge=1)
    """Records that the authors state; `judge data` holds a file against it, nothing else does."""
    known: tuple[StrictStr, ...] = ()
    """Known faults of released files, which `judge data` says."""
    archives: tuple[StrictStr, ...] = ()
    """Archives in which a release has the files: one that lies there unopened is named, and is never opened here."""
    folders: tuple[StrictStr, ...] = ()
    """Folders of a release below which the paths of its clips may begin, beside the root."""

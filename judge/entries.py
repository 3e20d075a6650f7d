"""What the entries of task and rubric files are made of: strict mappings, numbers, references into a record, senses."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    StrictInt,
    StrictStr,
    model_serializer,
)

from judge.folding import composed
from judge.records import Modality

Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
"""A number that is written as one: yes and true are none."""


Composed = Annotated[StrictStr, AfterValidator(composed)]
"""Text that is compared with records and replies: a letter and its accent are one character (NFC)."""
Piece = Annotated[StrictStr, Field(min_length=1)]


class Entry(BaseModel):
    """A mapping in a YAML file: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Grown(Entry):
    """An entry that got keys after runs had been made: in a digest they stand only where they are used."""

    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(self)
        return {name: value for name, value in found.items() if name not in self.LATER or self._used(name)}

    def _used(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).model_fields[name].get_default(call_default_factory=True))


class FieldRef(Grown):
    """Where a value lies in a record: a dotted path, and the piece of text to keep; keys are applied in this order."""

    LATER = frozenset({"names", "without", "strip", "lower", "first_of"})

    from_: StrictStr = Field(alias="from")
    """Dotted path; a number picks from a list: videos.0"""
    names: dict[Composed, Composed] = {}
    """Another text for a value, or for each value of a list: {Action: 行动}; a number or a boolean is known by its text
    (0, true), and others stay as they are."""
    after: Piece | None = None
    """Keep what follows the first occurrence of this text."""
    before: Piece | None = None
    """Keep what precedes the last occurrence of this text."""
    without: Piece | None = None
    """Take out every occurrence of this text."""
    strip: StrictBool = False
    """Take off the space around it."""
    lower: StrictBool = False
    """In lower case."""
    first_of: tuple[Annotated[Composed, Field(min_length=1)], ...] | None = None
    """Keep the first of these, in the order given, that stands anywhere in the text."""
    split: Piece | None = None
    """Cut the text into a list at this separator."""


Ref = StrictStr | FieldRef


class Frames(Entry):
    """Which frames of a clip are sent."""

    policy: Literal["uniform", "fps", "first"] = "uniform"
    """uniform: `count` frames spread from the first to the last; fps: so many a second, at most `count`, which are
    then spread uniformly; first: the first `count`."""
    count: StrictInt = Field(default=8, ge=1, le=256)
    fps: Number | None = Field(default=None, gt=0, le=60)


class Senses(Entry):
    """Where the files of an item lie, how they are sent, and the text that may stand in for them.

    A field that is null means that this item has nothing for that sense.
    """

    image: Ref | None = None
    audio: Ref | None = None
    video: Ref | None = None
    frames: Frames = Frames()
    size: StrictInt = Field(default=768, ge=16, le=4096)
    """Longest side of an image or a frame, in pixels; smaller ones stay as they are."""
    quality: StrictInt = Field(default=85, ge=1, le=100)
    """Of the JPEGs."""
    below: tuple[StrictStr, ...] = ()
    """Folders of a release below which the paths of its records begin; the first that is there, else the root."""
    whole: bool = False
    """Clips go whole to models that take video; --set media=frames|whole changes it."""
    words: tuple[StrictStr, ...] = ()
    """Fields that are the text sense: left out of the prompt where text is taken away by --modalities."""
    notes: dict[Literal["image", "audio", "video"], StrictStr] = {}
    """Field with a text (a transcript, notes) that stands in for a sense where a model takes none; where the file
    itself is sent, or the sense is taken away, the field is left out of the prompt."""

    def sources(self) -> dict[Modality, Ref]:
        """The senses that have files."""
        found: dict[Modality, Ref | None] = {"image": self.image, "video": self.video, "audio": self.audio}
        return {sense: ref for sense, ref in found.items() if ref is not None}

    def digest_part(self) -> Any:
        """What of it reaches the model."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def digest(value: Any) -> str:
    """The sha256 of canonical JSON, in hex."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()

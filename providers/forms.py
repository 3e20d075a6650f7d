"""Vendor x sense x form: what each keeps of a message, measured at the socket (tests/test_bodies.py).

LiteLLM drops parts that it does not know for a vendor without a word (video_url to Gemini, audio to Anthropic),
so that nothing is sent in a form that does not stand here or in a preset's own `accepts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from providers.errors import NotSupported
from providers.media import FORMATS, base64_of, data_uri
from providers.prices import Facts
from providers.records import Form, Info, Media, Message

VideoPart = Literal["video_url", "file"]
"""How a whole clip is written: vLLM's video_url, or the file part that LiteLLM turns into Gemini's inline_data."""


class Vendor(NamedTuple):
    """What one family of APIs takes."""

    forms: tuple[Form, ...]
    video: VideoPart = "video_url"
    inline: int | None = None
    """Bytes of base64 in one request beyond which a clip is uploaded first."""
    loses: tuple[Form, ...] = ()
    """What LiteLLM leaves out on the way, or sends as something else: refused even where --accepts names it."""


_SEES: tuple[Form, ...] = ("text", "image", "frames")
_HEARS: tuple[Form, ...] = ("audio", "video", "video+sound")
VENDORS: Mapping[str, Vendor] = {
    "openai": Vendor((*_SEES, "audio")),
    "azure": Vendor((*_SEES, "audio")),
    "gemini": Vendor((*_SEES, "audio", "video+sound"), "file", 18 * 2**20),
    "anthropic": Vendor(_SEES, loses=_HEARS),
    "hosted_vllm": Vendor((*_SEES, "audio", "video")),
    "openrouter": Vendor((*_SEES, "audio", "video")),
    "mistral": Vendor(_SEES, loses=_HEARS),
    "xai": Vendor(_SEES),
    "together_ai": Vendor(_SEES),
    "groq": Vendor(_SEES),
    "fireworks_ai": Vendor(_SEES),
    "deepseek": Vendor(("text",), loses=("image", "frames", *_HEARS)),
}
SERVER: tuple[Form, ...] = ("text", "image", "frames", "audio", "video")
"""An OpenAI-compatible server, in vLLM's forms; one that takes less says so with an error."""


def vendor_of(model: str) -> Vendor | None:
    """By the LiteLLM name, vendor/model; None for a vendor whose bodies nobody has looked at."""
    return VENDORS.get(model.partition("/")[0])


def forms_of(model: str, facts: Facts | None) -> tuple[Form, ...]:
    """What this model keeps: its vendor's forms, less what the table of models says that it cannot see or hear."""
    vendor = vendor_of(model)
    if vendor is None:
        return ("text",)
    if facts is None:
        return vendor.forms
    able: Mapping[Form, bool] = {
        "text": True,
        "image": facts.vision,
        "frames": facts.vision,
        "audio": facts.audio,
        "video": facts.video,
        "video+sound": facts.video or (facts.vision and facts.audio),  # the table's word on video has gaps
    }
    return tuple(form for form in vendor.forms if able[form])


def form_of(media: Media) -> tuple[Form, ...]:
    """The forms under which one file may pass."""
    if media.kind == "image":
        return ("frames",) if media.frame_of else ("image",)
    return ("audio",) if media.kind == "audio" else ("video", "video+sound")


def refuse_unknown(messages: tuple[Message, ...], info: Info, lost: tuple[Form, ...] = ()) -> None:
    """The last look before sending; raises NotSupported where a part would not be kept, or is `lost` on the way."""
    for message in messages:
        for media in message.media:
            forms = set(form_of(media))
            if not forms & set(info.accepts):
                text = f"{info.name} ({info.model}) takes no {form_of(media)[0]}. Nothing was sent"
                raise NotSupported(text, model=info.model, kind="not_supported")
            if forms & set(lost):
                text = f"LiteLLM would leave the {media.kind} out on its way to {info.model}. Nothing was sent"
                raise NotSupported(text, model=info.model, kind="not_supported")


def content_of(message: Message, video: VideoPart = "video_url", remote: Mapping[str, str] | None = None) -> Any:
    """A message's content: its text, or parts with the media before the text.

    `remote` maps the sha256 of an uploaded clip to its address.
    """
    if not message.media:
        return message.text
    parts = [_part(media, video, remote or {}) for media in message.media]
    return [*parts, {"type": "text", "text": message.text}] if message.text else parts


def _part(media: Media, video: VideoPart, remote: Mapping[str, str]) -> dict[str, Any]:
    if media.kind == "image":
        return {"type": "image_url", "image_url": {"url": data_uri(media)}}
    if media.sha256 in remote:
        return {"type": "file", "file": {"file_id": remote[media.sha256], "format": media.mime}}
    if media.kind == "audio":
        named = FORMATS.get(media.mime, "wav")
        return {"type": "input_audio", "input_audio": {"data": base64_of(media), "format": named}}
    if video == "file":
        return {"type": "file", "file": {"file_data": data_uri(media), "format": media.mime}}
    return {"type": "video_url", "video_url": {"url": data_uri(media)}}

"""Request -> the tensors of one prompt, through the model's own chat template and processor.

Nothing is dropped in silence: every text and every placeholder is looked for in the rendered prompt.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import wave
from collections.abc import Mapping
from typing import Any, NamedTuple

from providers.errors import NotSupported, Permanent
from providers.local_model import KINDS, Loaded
from providers.media import bytes_of, named
from providers.records import Media, Message, Request

RATE = 16_000
FRAMES_PER_SECOND = 2.0
"""Of frames that do not say when they were."""
TICKS = 1000.0
"""Frame times are given to processors as numbers of frames of a clip with so many frames a second."""


class Part(NamedTuple):
    """One thing that a prompt shows: an image, an audio, or the frames of a video."""

    kind: str
    media: tuple[Media, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """One prompt as tensors with a first dimension of 1, or of as many as there are images, patches, audios."""

    request: Request
    inputs: Mapping[str, Any]
    choices: tuple[tuple[int, ...], ...] = ()
    """Token ids of each answer to be scored."""
    notes: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """Tokens of the prompt, those of its media too."""
        return int(self.inputs["input_ids"].shape[1])

    @property
    def group(self) -> tuple[object, ...]:
        """Prompts of one group may share a batch: same sampling but for the seed, same kinds of tensors."""
        sampling = self.request.sampling
        alone = id(self) if self.choices else 0
        return (sampling.temperature, sampling.top_p, sampling.max_tokens, frozenset(self.inputs), alone)


class Prompter:
    """Prepares requests for one loaded model."""

    def __init__(self, loaded: Loaded) -> None:
        """Nothing is imported before the first medium is read."""
        self._loaded = loaded

    def prepare(self, request: Request) -> Prepared:
        """Read the media and tokenize; raises NotSupported or Permanent before the model is asked."""
        if request.answer_schema is not None:
            raise NotSupported("a local model takes no JSON schema for its answer", kind="not_supported")
        videos = self._as_videos(request.messages)
        turns = [(message, self._parts(message, videos)) for message in request.messages]
        prompt = self._render(turns)
        parts = [part for _, parts in turns for part in parts]
        inputs, notes = self._tensors(prompt, parts) if self._loaded.multimodal else (self._text(prompt), ())
        notes += _unused(request, self._loaded.name)
        prepared = Prepared(request=request, inputs=inputs, choices=self._choices(request), notes=notes)
        context = self._loaded.context
        if context is not None and prepared.length >= context:
            text = f"the prompt has {prepared.length} tokens, and {self._loaded.name} holds {context}"
            raise Permanent(text, model=request.model, kind="too_large")
        return prepared

    def _choices(self, request: Request) -> tuple[tuple[int, ...], ...]:
        tokenizer = self._loaded.tokenizer
        choices = request.choices or ()
        ids = tuple(tuple(tokenizer(choice, add_special_tokens=False)["input_ids"]) for choice in choices)
        if request.choices is not None and not all(ids or ((),)):
            raise Permanent("a choice has no tokens: its probability is not defined", kind="bad_request")
        return ids

    def _as_videos(self, messages: tuple[Message, ...]) -> bool:
        """Whether frames are given as a video; SmolVLM's processor would lose the images that stand beside one."""
        tokens, processor = self._loaded.tokens, self._loaded.processor
        if "video" not in tokens or "image" not in tokens:
            return "video" in tokens
        shared = {*processor.image_processor.model_input_names} & {*processor.video_processor.model_input_names}
        images = any(item.kind == "image" and not item.frame_of for message in messages for item in message.media)
        return not (shared and images)

    def _parts(self, message: Message, videos: bool) -> list[Part]:
        """The message's media; consecutive frames of one clip are one video where the model takes videos."""
        numbered = enumerate(message.media)
        parts = []
        for _, run in itertools.groupby(numbered, lambda item: (videos and item[1].frame_of) or item[0]):
            media = tuple(item for _, item in run)
            kind = "video" if videos and media[0].frame_of else media[0].kind
            if media[0].kind == "video":
                text = "whole clips are not decoded here: give their frames instead (--set media=frames)"
                raise NotSupported(text, kind="not_supported")
            if kind not in self._loaded.tokens:
                text = f"{self._loaded.name} takes no {kind}: its processor or its chat template has no place for one"
                raise NotSupported(text, kind="not_supported")
            parts.append(Part(kind, media))
        return parts

    def _render(self, turns: list[tuple[Message, list[Part]]]) -> str:
        from jinja2 import TemplateError

        loaded = self._loaded
        for message, _ in turns:
            for token in loaded.tokens.values():
                if token in message.text:
                    text = f"the text holds {token}, which stands for a medium in this model's prompts"
                    raise Permanent(text, kind="bad_request")
        try:
            prompt = loaded.processor.apply_chat_template(
                [_turn(message, parts, loaded.multimodal) for message, parts in turns],
                tokenize=False,
                add_generation_prompt=True,
            )
        except TemplateError as error:
            text = f"the chat template of {loaded.name} refuses these messages: {error.message}"
            raise NotSupported(text, kind="not_supported") from error
        self._check(str(prompt), turns)
        return str(prompt)

    def _check(self, prompt: str, turns: list[tuple[Message, list[Part]]]) -> None:
        """Raise where the chat template left something out."""
        for kind in KINDS:
            wanted = sum(part.kind == kind for _, parts in turns for part in parts)
            if wanted and prompt.count(self._loaded.tokens[kind]) != wanted:
                text = f"the chat template of {self._loaded.name} keeps not every {kind} of these messages"
                raise NotSupported(text, kind="not_supported")
        for message, _ in turns:
            if message.role != "assistant" and message.text.strip() not in prompt:
                text = f"the chat template of {self._loaded.name} leaves out the text of a {message.role} message"
                raise NotSupported(text, kind="not_supported")

    def _text(self, prompt: str) -> dict[str, Any]:
        ids = self._loaded.tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
        return {"input_ids": ids["input_ids"], "attention_mask": ids["attention_mask"]}

    def _tensors(self, prompt: str, parts: list[Part]) -> tuple[dict[str, Any], tuple[str, ...]]:
        processor, bos = self._loaded.processor, self._loaded.tokenizer.bos_token
        images = [_image(part.media[0]) for part in parts if part.kind == "image"]
        videos = [part.media for part in parts if part.kind == "video"]
        sounds = [_sound(part.media[0]) for part in parts if part.kind == "audio"]
        asked: dict[str, Any] = {"add_special_tokens": not (bos and prompt.startswith(bos))}
        if images:
            asked["images"] = [images]
        if videos:
            asked |= {
                "videos": [_frames(media) for media in videos],
                "video_metadata": [_timing(media) for media in videos],
                "do_sample_frames": False,
            }
        if sounds:
            asked |= {"audio": sounds, "sampling_rate": RATE}
        raw = processor(text=[prompt], return_tensors="pt", **asked)
        inputs = {name: value for name, value in raw.items() if hasattr(value, "shape")}
        if "video_second_per_grid" in inputs:  # Qwen's Omni models would take 2 frames a second for granted
            step = processor.video_processor.temporal_patch_size
            seconds = [step * _spacing(media) for media in videos]
            inputs["video_second_per_grid"] = inputs["video_second_per_grid"].new_tensor(seconds)
        return inputs, self._cut(sounds)

    def _cut(self, sounds: list[Any]) -> tuple[str, ...]:
        """What the model will not hear, in words."""
        most = getattr(getattr(self._loaded.processor, "feature_extractor", None), "n_samples", None)
        if most is None:
            return ()
        cut = [len(sound) / RATE for sound in sounds if len(sound) > most]
        return tuple(f"of {seconds:.1f} s of audio the model hears the first {most / RATE:.0f} s" for seconds in cut)


def _unused(request: Request, name: str) -> tuple[str, ...]:
    """What of the sampling the model does not take, in words; given answers are scored, so nothing is drawn there."""
    sampling = request.sampling
    notes = []
    if sampling.reasoning_effort is not None:
        notes.append(f"reasoning_effort is not taken by {name}: left out")
    if request.choices is None and sampling.temperature is None:
        notes.append(f"no temperature is given: {name} answers at temperature 0")
    if request.choices is None and not sampling.temperature and sampling.top_p is not None:
        notes.append(f"top_p changes nothing at temperature 0 of {name}: left out")
    return tuple(notes)


def _turn(message: Message, parts: list[Part], multimodal: bool) -> dict[str, Any]:
    if not multimodal:
        return {"role": message.role, "content": message.text}
    content: list[dict[str, str]] = [{"type": part.kind} for part in parts]
    if message.text or not content:
        content.append({"type": "text", "text": message.text})
    return {"role": message.role, "content": content}


def _image(media: Media) -> Any:
    from PIL import Image

    raw = bytes_of(media)
    try:
        with Image.open(io.BytesIO(raw)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        said = str(error).partition(" <")[0]  # the address of a buffer in memory
        raise Permanent(f"{named(media)} is no image that can be read: {said}", kind="media") from error


def _frames(media: tuple[Media, ...]) -> Any:
    import numpy as np

    frames = [np.asarray(_image(item)) for item in media]
    if len({frame.shape for frame in frames}) > 1:
        raise Permanent(f"the frames of one clip ({named(media[0])} and others) differ in size", kind="media")
    return np.stack(frames)


def _times(media: tuple[Media, ...]) -> list[float]:
    return [number / FRAMES_PER_SECOND if item.at is None else item.at for number, item in enumerate(media)]


def _spacing(media: tuple[Media, ...]) -> float:
    """Seconds between two frames, on average; 1 of a single frame."""
    times = _times(media)
    span = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 1.0
    return span if span > 0 else 1.0


def _timing(media: tuple[Media, ...]) -> dict[str, Any]:
    """When the frames were, as processors take it: `fps` and the number of each frame at that rate."""
    length = _spacing(media) * len(media)
    return {
        "fps": TICKS,
        "total_num_frames": max(1, round(length * TICKS)),
        "frames_indices": [round(at * TICKS) for at in _times(media)],
        "duration": length,
    }


def _sound(media: Media) -> Any:
    import numpy as np

    try:
        with wave.open(io.BytesIO(bytes_of(media))) as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise Permanent(f"{named(media)} is no wav that can be read: {error}", kind="media") from error
    if form != (1, 2, RATE) or not raw:
        raise Permanent(f"{named(media)} should be a 16 kHz mono wav of 16 bits, with sound in it", kind="media")
    return np.frombuffer(raw, dtype="<i2").astype(np.float32) / 32768.0

"""Tiny random models of six families, built from their configs in seconds: they prove the plumbing, not any quality.

Their tokenizer, chat templates, special tokens and processors are of the real families' kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wording import (
    CHATML,
    GEMMA_TEMPLATE,
    OMNI_MARKS,
    SMOL_TEMPLATE,
    TEXT_TEMPLATE,
    VISION,
    VL_MARKS,
    parts_template,
    tokenizer_of,
)

SEED = 7


def _ids(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
    }


def _text(tokenizer: Any) -> dict[str, Any]:
    return {
        **_ids(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "initializer_range": 0.2,
    }


def _save(folder: Path, model: Any, processor: Any) -> Path:
    model.generation_config.pad_token_id = model.config.get_text_config().pad_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _seeded() -> None:
    import torch

    torch.manual_seed(SEED)


def text(folder: Path) -> Path:
    """A causal language model with a ChatML template."""
    from transformers import LlamaConfig, LlamaForCausalLM

    _seeded()
    tokenizer = tokenizer_of(CHATML)
    tokenizer.chat_template = TEXT_TEMPLATE
    return _save(folder, LlamaForCausalLM(LlamaConfig(**_text(tokenizer))), tokenizer)


_QWEN_VISION = {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_heads": 2,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "window_size": 56,
    "fullatt_block_indexes": [1],
    "out_hidden_size": 64,
    "initializer_range": 0.2,
}
_MROPE = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
_SIZE = {"shortest_edge": 784, "longest_edge": 784 * 16}
_AUDIO = {
    "d_model": 32,
    "encoder_layers": 1,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "num_mel_bins": 128,
    "max_source_positions": 1500,
    "initializer_range": 0.2,
}


def _vision_processors() -> tuple[Any, Any]:
    from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor

    return Qwen2VLImageProcessor(size=dict(_SIZE)), Qwen2VLVideoProcessor(size=dict(_SIZE), cap_pixels_per_frame=False)


def qwen_vl(folder: Path) -> Path:
    """Qwen2.5-VL: images and video."""
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

    _seeded()
    tokenizer = tokenizer_of((*CHATML, *VISION))
    images, videos = _vision_processors()
    processor = Qwen2_5_VLProcessor(images, tokenizer, videos, chat_template=parts_template(VL_MARKS))
    config = Qwen2_5_VLConfig(
        text_config={**_text(tokenizer), "rope_parameters": dict(_MROPE)},
        vision_config=dict(_QWEN_VISION),
        vision_start_token_id=tokenizer.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=tokenizer.convert_tokens_to_ids("<|vision_end|>"),
        image_token_id=tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"),
    )
    return _save(folder, Qwen2_5_VLForConditionalGeneration(config), processor)


def qwen_audio(folder: Path) -> Path:
    """Qwen2-Audio: sound, with the chat template that its processor brings."""
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    _seeded()
    tokenizer = tokenizer_of((*CHATML, "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"))
    processor = Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=128), tokenizer)
    config = Qwen2AudioConfig(
        text_config={**_text(tokenizer), "model_type": "qwen2"},
        audio_config={**_AUDIO, "model_type": "qwen2_audio_encoder"},
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    return _save(folder, Qwen2AudioForConditionalGeneration(config), processor)


def qwen_omni(folder: Path) -> Path:
    """The thinker of Qwen2.5-Omni: images, video and sound."""
    from transformers import (
        Qwen2_5OmniProcessor,
        Qwen2_5OmniThinkerConfig,
        Qwen2_5OmniThinkerForConditionalGeneration,
        WhisperFeatureExtractor,
    )

    _seeded()
    named = {
        "image_token": "<|IMAGE|>",
        "audio_token": "<|AUDIO|>",
        "video_token": "<|VIDEO|>",
        "vision_bos_token": "<|vision_bos|>",
        "vision_eos_token": "<|vision_eos|>",
        "audio_bos_token": "<|audio_bos|>",
        "audio_eos_token": "<|audio_eos|>",
    }
    tokenizer = tokenizer_of((*CHATML, *named.values()), **named)
    images, videos = _vision_processors()
    processor = Qwen2_5OmniProcessor(
        images,
        videos,
        WhisperFeatureExtractor(feature_size=128, chunk_length=30),
        tokenizer,
        parts_template(OMNI_MARKS),
    )
    token = tokenizer.convert_tokens_to_ids
    config = Qwen2_5OmniThinkerConfig(
        text_config={**_text(tokenizer), "rope_parameters": dict(_MROPE)},
        vision_config=dict(_QWEN_VISION),
        audio_config={**_AUDIO, "output_dim": 64, "n_window": 100},
        **{f"{kind}_token_index": token(named[f"{kind}_token"]) for kind in ("image", "audio", "video")},
        **{f"{kind}_token_id": token(named[f"{kind}_token"]) for kind in ("image", "audio", "video")},
        audio_start_token_id=token("<|audio_bos|>"),
        audio_end_token_id=token("<|audio_eos|>"),
        vision_start_token_id=token("<|vision_bos|>"),
        vision_end_token_id=token("<|vision_eos|>"),
    )
    return _save(folder, Qwen2_5OmniThinkerForConditionalGeneration(config), processor)


_SIGLIP = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "patch_size": 14,
    "image_size": 56,
    "initializer_range": 0.2,
}


def smolvlm(folder: Path) -> Path:
    """SmolVLM: images cut into tiles, video as timed frames; its saved template knows no video, its processor does."""
    from transformers import (
        SmolVLMConfig,
        SmolVLMForConditionalGeneration,
        SmolVLMImageProcessor,
        SmolVLMProcessor,
        SmolVLMVideoProcessor,
    )

    _seeded()
    marks = ("<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>")
    tiles = tuple(f"<row_{row}_col_{column}>" for row in range(1, 3) for column in range(1, 3))
    tokenizer = tokenizer_of(("<|im_start|>", *marks, *tiles), bos="<|im_start|>", eos="<end_of_utterance>")
    images = SmolVLMImageProcessor(size={"longest_edge": 112}, max_image_size={"longest_edge": 56})
    videos = SmolVLMVideoProcessor(
        size={"longest_edge": 56}, max_image_size={"longest_edge": 56}, num_frames=8, fps=1, do_sample_frames=True
    )
    processor = SmolVLMProcessor(images, tokenizer, videos, image_seq_len=4, chat_template=SMOL_TEMPLATE)
    config = SmolVLMConfig(
        text_config={**_text(tokenizer), "model_type": "llama"},
        vision_config=dict(_SIGLIP),
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    return _save(folder, SmolVLMForConditionalGeneration(config), processor)


def gemma3(folder: Path) -> Path:
    """Gemma 3: images with attention both ways among their tokens, sliding windows, no video processor."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3ImageProcessor, Gemma3Processor

    _seeded()
    named = {"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"}
    turns = ("<bos>", "<start_of_turn>", "<end_of_turn>")
    tokenizer = tokenizer_of((*turns, *named.values()), bos="<bos>", eos="<end_of_turn>", **named)
    images = Gemma3ImageProcessor(size={"height": 56, "width": 56})
    processor = Gemma3Processor(images, tokenizer, chat_template=GEMMA_TEMPLATE, image_seq_length=4)
    config = Gemma3Config(
        text_config={
            **_text(tokenizer),
            "head_dim": 16,
            "sliding_window": 32,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        tie_word_embeddings=False,
        vision_config=dict(_SIGLIP),
        mm_tokens_per_image=4,
        boi_token_index=tokenizer.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<end_of_image>"),
        image_token_index=tokenizer.convert_tokens_to_ids("<image_soft_token>"),
        eos_token_id=tokenizer.eos_token_id,
    )
    model = Gemma3ForConditionalGeneration(config)
    model.model.multi_modal_projector.mm_input_projection_weight.data.normal_(std=0.2)  # zeros until it is trained
    return _save(folder, model, processor)


FAMILIES: Mapping[str, Callable[[Path], Path]] = {
    "text": text,
    "qwen_vl": qwen_vl,
    "qwen_audio": qwen_audio,
    "qwen_omni": qwen_omni,
    "smolvlm": smolvlm,
    "gemma3": gemma3,
}

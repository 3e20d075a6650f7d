"""Sound becomes a 16 kHz mono wav of the right length, from whatever it came in."""

from __future__ import annotations

import io
import wave
from collections import Counter
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from media_files import made_of, make_clip, make_sound, wav_facts
from PIL import Image

from judge.media.orders import Bounds, Unusable

SOUNDS: dict[str, dict[str, Any]] = {
    "44100-stereo.wav": {"rate": 44_100},
    "48000-stereo.wav": {},
    "8000-mono.wav": {"rate": 8_000, "layout": "mono"},
    "16000-mono.wav": {"rate": 16_000, "layout": "mono"},
    "surround.wav": {"layout": "5.1"},
    "sound.mp3": {"codec": "libmp3lame", "rate": 44_100},
    "opus.ogg": {"codec": "libopus"},
    "sound.flac": {"codec": "flac", "rate": 44_100},
    "sound.m4a": {"codec": "aac", "rate": 44_100},
    "opus.webm": {"codec": "libopus"},
    "opus.mkv": {"codec": "libopus", "layout": "mono"},
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_in_any_format_becomes_a_16_khz_mono_wav_of_its_length(tmp_path: Path, name: str) -> None:
    made = made_of(make_sound(tmp_path / name, 1.5, **SOUNDS[name]), work="audio")
    (piece,) = made.pieces
    channels, width, rate, samples = wav_facts(piece.raw)
    assert (channels, width, rate, piece.mime) == (1, 2, 16_000, "audio/wav")
    assert samples == pytest.approx(24_000, abs=1_200), "1.5 s, and what an encoder pads"
    assert piece.seconds == round(samples / 16_000, 3)
    assert _pitch(piece.raw) == pytest.approx(440, abs=4)


def _pitch(raw: bytes) -> float:
    with wave.open(io.BytesIO(raw)) as sound:
        data = np.frombuffer(sound.readframes(16_000), dtype=np.int16)
    return float(np.argmax(np.abs(np.fft.rfft(data)))) * 16_000 / len(data)


def test_samples_that_need_no_change_are_passed_on_bit_by_bit(tmp_path: Path) -> None:
    source = make_sound(tmp_path / "a.wav", 0.7, rate=16_000, layout="mono")
    with wave.open(str(source)) as before, wave.open(io.BytesIO(made_of(source, work="audio").pieces[0].raw)) as after:
        assert before.readframes(20_000) == after.readframes(20_000)


def test_the_sound_of_a_clip_is_as_long_as_the_clip(tmp_path: Path) -> None:
    for name, codec in (("clip.mp4", "aac"), ("clip.mkv", "libopus"), ("clip.ts", "aac"), ("clip.avi", "libmp3lame")):
        made = made_of(make_clip(tmp_path / name, 50, sound=codec), work="audio")
        assert made.pieces[0].seconds == pytest.approx(2.0, abs=0.1), name


def test_a_clip_without_sound_and_a_sound_without_video_say_so(tmp_path: Path) -> None:
    clip, sound = make_clip(tmp_path / "clip.mp4", 5), make_sound(tmp_path / "sound.wav")
    for path, work, kind in ((clip, "audio", "no_audio"), (sound, "frames", "no_video"), (sound, "mute", "no_video"),
                             (sound, "whole", "no_video"), (sound, "image", "wrong_kind")):  # fmt: skip
        with pytest.raises(Unusable) as problem:
            made_of(path, work=work)
        assert problem.value.kind == kind, (path.name, work)


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    song, cover = tmp_path / "song.mp3", tmp_path / "cover.jpg"
    Image.new("RGB", (64, 64), "red").save(cover)
    plain = make_sound(tmp_path / "plain.mp3", codec="libmp3lame", rate=44_100)
    with av.open(str(plain)) as sound, av.open(str(cover), format="image2") as art, av.open(str(song), "w") as out:
        streams = (sound.streams.audio[0], art.streams.video[0])
        copies = [out.add_stream_from_template(stream, opaque=True) for stream in streams]
        copies[1].disposition = av.stream.Disposition.attached_pic
        for container, stream, copy in zip((sound, art), streams, copies, strict=True):
            for packet in container.demux(stream):
                if packet.size:
                    packet.stream = copy
                    out.mux(packet)
    with av.open(str(song)) as look:
        assert Counter(stream.type for stream in look.streams) == {"audio": 1, "video": 1}
    with pytest.raises(Unusable) as problem:
        made_of(song, work="frames")
    assert problem.value.kind == "no_video"
    assert made_of(song, work="audio").pieces[0].seconds == pytest.approx(1.0, abs=0.1)


def test_sound_beyond_its_limit_is_refused_before_it_is_all_decoded(tmp_path: Path) -> None:
    sound = make_sound(tmp_path / "long.flac", 20, codec="flac")
    with pytest.raises(Unusable, match="its sound is longer than 2 s") as problem:
        made_of(sound, work="audio", bounds=Bounds(audio_seconds=2.0))
    assert problem.value.kind == "too_long"


def test_a_wav_that_was_cut_off_is_corrupt_and_one_from_a_pipe_is_not(tmp_path: Path) -> None:
    raw = make_sound(tmp_path / "sound.wav", 1.0).read_bytes()
    (tmp_path / "half.wav").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(Unusable, match=r"is cut off: 96,\d+ of 192,\d+ bytes are there"):
        made_of(tmp_path / "half.wav", work="audio")
    piped = raw[:4] + b"\xff\xff\xff\xff" + raw[8:]
    place = piped.index(b"data") + 4
    (tmp_path / "piped.wav").write_bytes(piped[:place] + b"\xff\xff\xff\xff" + piped[place + 4 :])
    assert made_of(tmp_path / "piped.wav", work="audio").pieces[0].seconds == pytest.approx(1.0, abs=0.01)

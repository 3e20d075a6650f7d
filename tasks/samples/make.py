"""Draws and speaks the sample clips, with av, pillow and numpy: python tasks/samples/make.py [--out DIR].

The same library versions make the same bytes. Films nobody, fetches nothing.
"""

from __future__ import annotations

import argparse
import math
import sys
import wave
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from clips import CLIPS, STILLS, VOICES
from people import frame
from voice import RATE, Wave, loudness, speak

if TYPE_CHECKING:
    from cast import Clip
    from face import Pose
    from PIL import Image

# what each container holds: codec of the pictures with its options, codec of the sound, bits a second of it
H264 = ("libx264", {"crf": "25", "preset": "slow", "tune": "animation"}, "aac", 48_000)
VP9 = ("libvpx-vp9", {"crf": "36", "b": "0", "deadline": "good", "cpu-used": "2"}, "libopus", 32_000)
BLINK = 0.11


def main() -> None:
    """Make every clip, still and voice, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="the folder to write to")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    by_file = {clip.file: clip for clip in CLIPS}
    for clip in CLIPS:
        make_clip(clip, out / clip.file)
        _say(out / clip.file, f"{clip.seconds:.1f} s  {clip.label}")
    for file, source, second in STILLS:
        clip = by_file[source]
        picture(clip, sound_of(clip), round(second * clip.fps)).save(out / file, optimize=True, quality=88)
        _say(out / file, f"a still of {source}")
    for file, source in VOICES:
        _write_wav(out / file, sound_of(by_file[source]))
        _say(out / file, f"the voice of {source}")


def sound_of(clip: Clip) -> Wave:
    """The clip's voice; its random numbers hang on its place in the script alone."""
    return speak(clip.phrases, clip.timbre, clip.seconds, seed=CLIPS.index(clip))


def pose_at(clip: Clip, second: float, loud: float) -> Pose:
    """The face at one moment: keys, then the small movements of somebody alive, then speech and blinking."""
    following = next((i for i, (at, _) in enumerate(clip.keys) if at > second), len(clip.keys) - 1)
    (start, one), (stop, other) = clip.keys[following - 1], clip.keys[following]
    along = min(max((second - start) / max(stop - start, 1e-6), 0.0), 1.0)
    pose = one.toward(other, along * along * (3 - 2 * along))
    shut = max((1 - abs(second - blink) / BLINK for blink in clip.blinks), default=0.0)
    turn = 2 * math.pi * second
    return pose.plus(
        lid=-2.2 * max(shut, 0.0),
        open=clip.jaw * loud,
        x=1.8 * math.sin(0.37 * turn) + 1.1 * pose.tremble * math.sin(8.3 * turn),
        y=0.8 * math.sin(0.53 * turn) - 6.0 * pose.bounce * loud,
        roll=1.1 * math.sin(0.29 * turn) + 0.7 * pose.tremble * math.sin(6.1 * turn),
        yaw=0.25 * math.sin(0.31 * turn) + pose.shake * math.sin(1.7 * turn),
        shrug=0.35 * abs(pose.bounce) * loud,
    )


def picture(clip: Clip, sound: Wave, number: int) -> Image.Image:
    """One frame of a clip."""
    loud = loudness(sound, round(clip.seconds * clip.fps), clip.fps)
    return frame(clip.person, pose_at(clip, number / clip.fps, float(loud[number])), clip.size)


def make_clip(clip: Clip, path: Path) -> None:
    """Encode a clip, sound and picture side by side; the file's name says which container."""
    codec, options, voice_codec, voice_bits = VP9 if path.suffix == ".webm" else H264
    movable = {"movflags": "+faststart"} if path.suffix in {".mp4", ".mov"} else {}
    sound = sound_of(clip)
    count = round(clip.seconds * clip.fps)
    loud = loudness(sound, count, clip.fps)
    with av.open(str(path), "w", options={"fflags": "+bitexact", **movable}) as container:
        film = cast("av.VideoStream", container.add_stream(codec, rate=clip.fps, options={**options, "threads": "1"}))
        film.width, film.height = clip.size
        film.pix_fmt = "yuv420p"
        voice = cast("av.AudioStream", container.add_stream(voice_codec, rate=RATE, layout="mono"))
        voice.bit_rate = voice_bits
        film.codec_context.flags |= av.codec.context.Flags.bitexact
        voice.codec_context.flags |= av.codec.context.Flags.bitexact
        for number in range(count):
            image = frame(clip.person, pose_at(clip, number / clip.fps, float(loud[number])), clip.size)
            shot = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            shot.pts, shot.time_base = number, Fraction(1, clip.fps)
            container.mux(film.encode(shot))
            first, last = (round(at * RATE / clip.fps) for at in (number, number + 1))
            container.mux(voice.encode(_samples(sound[first:last], first)))
        container.mux(film.encode(None))
        container.mux(voice.encode(None))


def _samples(sound: Wave, first: int) -> av.AudioFrame:
    block = av.AudioFrame.from_ndarray(_whole(sound)[None, :], format="s16", layout="mono")
    block.sample_rate, block.pts, block.time_base = RATE, first, Fraction(1, RATE)
    return block


def _whole(sound: Wave) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.asarray(np.clip(sound, -1, 1) * 32_000, dtype=np.int16)


def _write_wav(path: Path, sound: Wave) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_whole(sound).tobytes())


def _say(path: Path, what: str) -> None:
    sys.stdout.write(f"{path.name:18}{path.stat().st_size / 1000:7.1f} kB  {what}\n")


if __name__ == "__main__":
    main()

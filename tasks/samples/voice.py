"""A voice without words: a buzz shaped by formants, with pitch, loudness, breath, tremor and roughness over time.

Syllables are written as one consonant (or none) and one vowel: "da ne ho". An "x" is a gasp, an "h" a breath.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 24_000
Wave = npt.NDArray[np.float64]
FORMANTS = {
    "a": (820.0, 1250.0, 2650.0),
    "e": (520.0, 1850.0, 2550.0),
    "i": (310.0, 2250.0, 3000.0),
    "o": (490.0, 880.0, 2450.0),
    "u": (340.0, 760.0, 2300.0),
    "y": (500.0, 1450.0, 2450.0),
}
WIDTHS = (90.0, 120.0, 190.0)
LOUD = (1.0, 0.55, 0.28)
# seconds of noise before the vowel, its loudness, and the band in Hz that it sounds in
ONSETS = {
    "h": (0.06, 0.16, (700.0, 3500.0)),
    "s": (0.09, 0.20, (4200.0, 9000.0)),
    "t": (0.02, 0.40, (2200.0, 7000.0)),
    "k": (0.025, 0.35, (1200.0, 3800.0)),
    "f": (0.08, 0.12, (1800.0, 8000.0)),
    "x": (0.26, 0.34, (500.0, 4200.0)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Syllables on a steady beat; pitch (Hz) and loudness (0 to 1) follow a line through the given points."""

    at: float
    text: str
    beat: float
    pitch: tuple[float, ...]
    loud: tuple[float, ...] = (0.7, 0.7)
    fill: float = 0.8
    """The part of each beat that sounds."""
    tremor: float = 0.0
    rough: float = 0.0
    breath: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Timbre:
    """Whose voice it is."""

    size: float = 1.0
    """Formants are multiplied by this: above 1 for a short vocal tract."""
    dull: float = 1.2
    """How fast higher partials fade."""
    level: float = 0.6
    """The loudest sample."""


@dataclass(slots=True)
class _Score:
    """What the phrases ask for, sample by sample."""

    pitch: Wave
    loud: Wave
    breath: Wave
    tremor: Wave
    rough: Wave
    formants: npt.NDArray[np.float64]
    noise: Wave


def speak(phrases: tuple[Phrase, ...], timbre: Timbre, seconds: float, seed: int) -> Wave:
    """The whole sound of a clip, -1 to 1, with a little room around it."""
    rng = np.random.default_rng(seed)
    score = _score(phrases, round(seconds * RATE), rng)
    time = np.arange(len(score.loud)) / RATE
    wander = _soft(rng.standard_normal(len(time)), 0.02)
    wander = wander / (np.abs(wander).max() + 1e-9)
    shiver = score.tremor * (np.sin(2 * np.pi * 7.3 * time) + 0.5 * np.sin(2 * np.pi * 11.1 * time))
    pitch = score.pitch * (1 + 0.012 * wander + 0.045 * shiver)
    buzz = _buzz(pitch, score, timbre)
    buzz = buzz * (1 + 0.4 * shiver) * (1 + score.rough * np.sin(2 * np.pi * 67.0 * time + 3.0 * wander))
    air = _band(rng.standard_normal(len(time)), (600.0, 5200.0))
    sound = score.loud * (buzz * (1 - 0.6 * score.breath) + 0.5 * score.breath * air) + score.noise
    sound = _room(sound, rng)
    hum = _band(rng.standard_normal(len(time)), (80.0, 900.0))
    return np.asarray(timbre.level * sound / np.abs(sound).max() + 0.0012 * hum)


def loudness(sound: Wave, frames: int, fps: int) -> Wave:
    """How loud the sound is at each frame, 0 to 1: what moves the mouth."""
    power = np.sqrt(_soft(sound**2, 0.05))
    at = np.minimum((np.arange(frames) / fps * RATE).astype(int), len(sound) - 1)
    return np.asarray(power[at] / (power.max() + 1e-9))


def _score(phrases: tuple[Phrase, ...], count: int, rng: np.random.Generator) -> _Score:
    score = _Score(
        pitch=np.zeros(count),
        loud=np.zeros(count),
        breath=np.zeros(count),
        tremor=np.zeros(count),
        rough=np.zeros(count),
        formants=np.full((3, count), 900.0),
        noise=np.zeros(count),
    )
    knots: list[tuple[float, float]] = []
    for phrase in phrases:
        syllables = phrase.text.split()
        for number, syllable in enumerate(syllables):
            along = number / max(len(syllables) - 1, 1)
            start, stop = phrase.at + number * phrase.beat, phrase.at + (number + phrase.fill) * phrase.beat
            onset, vowel = syllable[0], syllable[-1]
            loud = _line(phrase.loud, along)
            if onset in ONSETS:
                start += _onset(score.noise, onset, start, loud, rng)
            if vowel not in FORMANTS:
                continue
            part = slice(round(start * RATE), min(round(max(stop, start + 0.05) * RATE), count))
            score.loud[part] = loud
            for name in ("breath", "tremor", "rough"):
                getattr(score, name)[part] = getattr(phrase, name)
            score.formants[:, part] = np.array(FORMANTS[vowel])[:, None]
            knots += [(start, _line(phrase.pitch, along)), (stop, _line(phrase.pitch, along + 0.8 / len(syllables)))]
    knots.sort()
    score.pitch = np.interp(np.arange(count) / RATE, [at for at, _ in knots], [hertz for _, hertz in knots])
    score.loud = _soft(score.loud, 0.028)
    score.formants = np.stack([_soft(row, 0.05) for row in score.formants])
    return score


def _onset(noise: Wave, onset: str, at: float, loud: float, rng: np.random.Generator) -> float:
    seconds, level, band = ONSETS[onset]
    first, length = round(at * RATE), round(seconds * RATE)
    burst = _band(rng.standard_normal(length), band) * np.sin(np.linspace(0, np.pi, length)) ** 0.7
    room = max(len(noise) - first, 0)
    noise[first : first + length] += level * loud * burst[:room]
    return seconds * 0.85


def _line(points: tuple[float, ...], along: float) -> float:
    return float(np.interp(along, np.linspace(0.0, 1.0, len(points)), points))


def _buzz(pitch: Wave, score: _Score, timbre: Timbre) -> Wave:
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = np.zeros(len(pitch))
    for partial in range(1, int(6000 / pitch.min()) + 1):
        hertz = partial * pitch
        gain = np.full(len(pitch), 0.02)
        for formant, width, loud in zip(score.formants, WIDTHS, LOUD, strict=True):
            gain = gain + loud / (1 + ((hertz - formant * timbre.size) / width) ** 2)
        sound += np.sin(partial * phase) * gain * partial**-timbre.dull * (hertz < 6000)
    return np.asarray(sound / (np.abs(sound).max() + 1e-9))


def _soft(values: Wave, seconds: float) -> Wave:
    """The values with their edges rounded off: a Hann window moved along."""
    window = np.hanning(max(round(seconds * RATE), 3) + 2)[1:-1]
    half = len(window) // 2
    padded = np.pad(values, (half, len(window) - 1 - half), mode="edge")
    length = 1 << (len(padded) + len(window)).bit_length()
    full = np.fft.irfft(np.fft.rfft(padded, length) * np.fft.rfft(window / window.sum(), length), length)
    return np.asarray(full[len(window) - 1 : len(window) - 1 + len(values)])


def _band(values: Wave, band: tuple[float, float]) -> Wave:
    """The values with only one band of frequencies left, as loud as before."""
    bins = np.fft.rfft(values)
    hertz = np.fft.rfftfreq(len(values), 1 / RATE)
    bins *= 1 / (1 + (band[0] / (hertz + 1e-9)) ** 6) / (1 + (hertz / band[1]) ** 6)
    kept = np.fft.irfft(bins, len(values))
    return np.asarray(kept / (kept.std() + 1e-9) * 0.35)


def _room(sound: Wave, rng: np.random.Generator) -> Wave:
    tail = rng.standard_normal(round(0.22 * RATE)) * np.exp(-np.linspace(0.0, 7.0, round(0.22 * RATE)))
    length = 1 << (len(sound) + len(tail)).bit_length()
    echo = np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(tail, length), length)[: len(sound)]
    return np.asarray(sound + 0.10 * echo / (np.abs(echo).max() + 1e-9) * np.abs(sound).max())

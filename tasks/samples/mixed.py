"""The two clips that do not agree with themselves: a smile that fades, and kind words with a furious face."""

from __future__ import annotations

import cast
from cast import Clip
from voice import Phrase, Timbre

MIXED = (
    Clip(
        file="smile-fades.mp4",
        label="sadness",
        person=cast.KENICHI,
        seconds=4.0,
        blinks=(0.6, 2.2, 3.3),
        jaw=0.32,
        fps=12,
        keys=(
            (0.0, cast.FOND),
            (1.5, cast.FOND),
            (2.4, cast.REST.toward(cast.SADNESS, 0.4)),
            (3.2, cast.SADNESS),
            (4.0, cast.SADNESS.plus(y=3.0, nod=0.4, lid=-0.1)),
        ),
        phrases=(
            Phrase(at=0.35, text="y i te o i de", beat=0.16, pitch=(130, 165, 155, 140), loud=(0.7, 0.65)),
            Phrase(at=2.35, text="hy", beat=0.34, pitch=(110,), loud=(0.45,), breath=0.95),
            Phrase(at=2.8, text="i ta na", beat=0.3, pitch=(112, 100, 88), loud=(0.4, 0.22), tremor=0.5, breath=0.35),
        ),
        timbre=Timbre(size=0.94, dull=1.3, level=0.5),
    ),
    Clip(
        file="kind-words.mp4",
        label="anger",
        person=cast.WALT,
        seconds=3.6,
        blinks=(0.25,),
        jaw=0.2,
        fps=20,
        keys=(
            (0.0, cast.REST),
            (0.6, cast.STIFF),
            (1.6, cast.STIFF.plus(lean=0.03, nod=0.6)),
            (2.4, cast.STIFF.plus(teeth=1.0, square=0.9, open=0.15, knit=0.2, slant=0.3, flush=0.6, lean=0.06)),
            (3.6, cast.STIFF.plus(teeth=1.0, square=0.9, open=0.3, slant=0.3, flush=0.8, lean=0.08, smile=-0.5)),
        ),
        phrases=(
            Phrase(
                at=0.4,
                text="we yu te ke yo ta",
                beat=0.17,
                pitch=(112, 118, 110, 100),
                loud=(0.5, 0.6),
                fill=0.62,
                rough=0.35,
            ),
            Phrase(
                at=1.65,
                text="a dy la lu ki a da",
                beat=0.16,
                pitch=(118, 135, 140),
                loud=(0.65, 0.85),
                fill=0.62,
                rough=0.5,
            ),
            Phrase(
                at=2.86,
                text="ba ko ty tra",
                beat=0.155,
                pitch=(145, 165, 170, 120),
                loud=(0.9, 1.0, 0.9),
                fill=0.62,
                rough=0.7,
            ),
        ),
        timbre=Timbre(size=0.9, dull=0.9, level=0.8),
    ),
)

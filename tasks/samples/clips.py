"""The clips as scripts: for each, who is seen, which face they make when, and what their voice does meanwhile.

The eight plain ones stand here, the two in which something does not agree in mixed.py.
"""

from __future__ import annotations

import cast
from cast import Clip
from mixed import MIXED
from voice import Phrase, Timbre

GLAD = cast.REST.toward(cast.JOY, 0.45)
WEEPING = cast.SADNESS.plus(lid=-0.25, squint=0.5, open=0.1, bounce=-0.9, tears=1.1)
BRAVE = cast.SADNESS.toward(cast.REST, 0.45)
WARY = cast.REST.toward(cast.FEAR, 0.4).plus(look_y=-0.5, look_x=0.6)
STARE = cast.SURPRISE.toward(cast.REST, 0.3).plus(look_y=0.5)

PLAIN = (
    Clip(
        file="joy.mp4",
        label="joy",
        person=cast.MARISOL,
        seconds=3.4,
        blinks=(0.3,),
        jaw=0.3,
        keys=(
            (0.0, cast.REST),
            (0.3, cast.REST),
            (0.8, GLAD.plus(brow=0.5, lid=0.4)),
            (1.5, cast.JOY),
            (3.4, cast.JOY.plus(roll=-5.0, nod=-0.5)),
        ),
        phrases=(
            Phrase(at=0.4, text="ke by e ne", beat=0.13, pitch=(220, 330, 290), loud=(0.6, 0.9, 0.7)),
            Phrase(at=1.0, text="a ke by e ne mi er na", beat=0.115, pitch=(260, 390, 330, 300), loud=(0.8, 1.0, 0.8)),
            Phrase(
                at=2.02,
                text="ha ha ha ha ha ha ha",
                beat=0.165,
                pitch=(410, 380, 340, 290, 250),
                fill=0.62,
                loud=(1.0, 0.95, 0.75, 0.45),
                breath=0.3,
            ),
        ),
        timbre=Timbre(size=1.12, dull=1.05, level=0.75),
    ),
    Clip(
        file="anger.mp4",
        label="anger",
        person=cast.ABENA,
        seconds=3.2,
        blinks=(0.2,),
        jaw=0.35,
        size=(384, 288),
        keys=(
            (0.0, cast.REST),
            (0.35, cast.STIFF.toward(cast.REST, 0.4)),
            (0.9, cast.ANGER),
            (2.0, cast.ANGER.plus(lean=0.05, nod=0.5, shake=0.5)),
            (3.2, cast.ANGER.plus(open=-0.15, lean=0.04)),
        ),
        phrases=(
            Phrase(
                at=0.45,
                text="da ta do flo",
                beat=0.19,
                pitch=(200, 235, 260, 200),
                loud=(0.8, 1.0, 1.0),
                fill=0.7,
                rough=0.55,
            ),
            Phrase(
                at=1.42,
                text="yu tu ky da flo a de la be",
                beat=0.165,
                pitch=(230, 300, 280, 310, 180),
                loud=(0.9, 1.0, 1.0, 0.9),
                fill=0.68,
                rough=0.7,
            ),
        ),
        timbre=Timbre(size=1.06, dull=0.85, level=0.85),
    ),
    Clip(
        file="sadness.mp4",
        label="sadness",
        person=cast.MAUREEN,
        seconds=4.0,
        blinks=(0.5, 2.3),
        jaw=0.25,
        fps=12,
        keys=(
            (0.0, cast.REST.plus(look_y=0.3)),
            (0.8, BRAVE),
            (1.8, cast.SADNESS.plus(tears=0.35)),
            (2.6, WEEPING),
            (4.0, WEEPING.plus(y=4.0, nod=0.5)),
        ),
        phrases=(
            Phrase(
                at=0.4,
                text="a le tu ble da ge",
                beat=0.25,
                pitch=(205, 200, 180, 165),
                loud=(0.5, 0.42, 0.3),
                tremor=0.5,
                breath=0.25,
            ),
            Phrase(at=2.1, text="x", beat=0.3, pitch=(200,), loud=(0.6,)),
            Phrase(
                at=2.4,
                text="hu hu hu",
                beat=0.2,
                pitch=(275, 240, 200),
                loud=(0.75, 0.5, 0.35),
                fill=0.6,
                tremor=1.0,
                breath=0.45,
            ),
            Phrase(
                at=3.05,
                text="x hu hu",
                beat=0.26,
                pitch=(255, 225, 175),
                loud=(0.55, 0.6, 0.3),
                fill=0.7,
                tremor=1.0,
                breath=0.45,
            ),
        ),
        timbre=Timbre(size=1.05, dull=1.5, level=0.45),
    ),
    Clip(
        file="fear.mp4",
        label="fear",
        person=cast.PRIYA,
        seconds=3.0,
        blinks=(0.25,),
        jaw=0.22,
        fps=20,
        keys=(
            (0.0, cast.REST),
            (0.35, cast.REST),
            (0.7, WARY),
            (1.2, cast.FEAR.plus(look_x=0.8, look_y=-0.8)),
            (1.7, cast.FEAR),
            (2.4, cast.FEAR.plus(look_x=-0.9, lean=-0.03)),
            (3.0, cast.FEAR.plus(look_y=-0.8)),
        ),
        phrases=(
            Phrase(at=0.3, text="x", beat=0.3, pitch=(300,), loud=(0.8,)),
            Phrase(
                at=0.75, text="i no da ka", beat=0.13, pitch=(290, 320, 340), loud=(0.55, 0.6), tremor=1.0, breath=0.35
            ),
            Phrase(at=1.5, text="da ka i", beat=0.13, pitch=(320, 350, 370), loud=(0.5, 0.6), tremor=1.2, breath=0.4),
            Phrase(
                at=2.0,
                text="x o my la",
                beat=0.16,
                pitch=(330, 360, 390, 400),
                loud=(0.5, 0.5, 0.3),
                tremor=1.4,
                breath=0.55,
            ),
        ),
        timbre=Timbre(size=1.1, dull=1.35, level=0.5),
    ),
    Clip(
        file="disgust.webm",
        label="disgust",
        person=cast.CALLUM,
        seconds=2.8,
        blinks=(0.25,),
        jaw=0.25,
        keys=(
            (0.0, cast.REST),
            (0.45, cast.REST.plus(look_y=0.6, brow=0.3)),
            (0.95, cast.DISGUST),
            (2.0, cast.DISGUST.plus(open=0.12, x=-4.0, shake=0.4)),
            (2.8, cast.DISGUST.plus(x=-5.0)),
        ),
        phrases=(
            Phrase(
                at=0.55, text="y y", beat=0.24, pitch=(140, 118, 96), loud=(0.8, 0.6), fill=0.9, rough=0.8, breath=0.4
            ),
            Phrase(at=1.2, text="da no skwy", beat=0.17, pitch=(150, 140, 118), loud=(0.6, 0.5), rough=0.3, breath=0.2),
            Phrase(
                at=1.85, text="da bry wo te", beat=0.17, pitch=(165, 150, 110), loud=(0.65, 0.4), rough=0.5, breath=0.3
            ),
        ),
        timbre=Timbre(size=0.95, dull=1.15, level=0.6),
    ),
    Clip(
        file="surprise.mkv",
        label="surprise",
        person=cast.XIAO,
        seconds=2.8,
        blinks=(0.35, 1.45),
        jaw=0.2,
        fps=24,
        keys=(
            (0.0, cast.REST.plus(look_y=0.5)),
            (0.6, cast.REST.plus(look_y=0.7, knit=0.4)),
            (0.85, cast.SURPRISE),
            (1.4, STARE.plus(open=-0.4)),
            (1.8, cast.SURPRISE.plus(open=-0.3)),
            (2.2, cast.SURPRISE),
            (2.8, cast.SURPRISE),
        ),
        phrases=(
            Phrase(at=0.7, text="e", beat=0.42, pitch=(230, 430), loud=(0.7, 0.9), fill=0.95),
            Phrase(at=1.3, text="te bu si", beat=0.14, pitch=(260, 250, 280), loud=(0.5, 0.6)),
            Phrase(at=1.82, text="te si o de e hua", beat=0.12, pitch=(300, 360, 400, 330), loud=(0.7, 1.0, 0.8)),
        ),
        timbre=Timbre(size=1.15, dull=1.05, level=0.7),
    ),
    Clip(
        file="contempt.mp4",
        label="contempt",
        person=cast.AICHA,
        seconds=3.0,
        blinks=(0.4, 2.1),
        jaw=0.26,
        keys=(
            (0.0, cast.REST),
            (0.4, cast.REST),
            (1.2, cast.CONTEMPT),
            (2.2, cast.CONTEMPT.plus(look_x=-0.75)),
            (3.0, cast.CONTEMPT.plus(roll=3.0, lid=-0.12)),
        ),
        phrases=(
            Phrase(
                at=0.55,
                text="ty a re ga de yn vi de o",
                beat=0.15,
                pitch=(200, 195, 190, 180, 172),
                loud=(0.5, 0.5, 0.4),
            ),
            Phrase(at=2.05, text="hy", beat=0.2, pitch=(150,), loud=(0.8,), fill=0.35, breath=0.95),
            Phrase(at=2.35, text="bra vo", beat=0.24, pitch=(190, 150, 140), loud=(0.5, 0.35), fill=0.92),
        ),
        timbre=Timbre(size=1.05, dull=1.3, level=0.4),
    ),
    Clip(
        file="neutral.mov",
        label="neutral",
        person=cast.ROSALIND,
        seconds=3.0,
        blinks=(0.7, 2.2),
        jaw=0.38,
        keys=(
            (0.0, cast.REST.plus(look_y=1.2, nod=0.7)),
            (0.5, cast.REST),
            (1.1, cast.REST),
            (1.5, cast.REST.plus(look_y=1.2, nod=0.7)),
            (1.9, cast.REST),
            (3.0, cast.REST),
        ),
        phrases=(
            Phrase(
                at=0.3, text="lo fo ti wy e pe o ka ne", beat=0.14, pitch=(200, 198, 192, 185, 178), loud=(0.6, 0.55)
            ),
            Phrase(at=1.75, text="lo fo ti tu wi do", beat=0.14, pitch=(198, 194, 186, 174), loud=(0.6, 0.5)),
        ),
        timbre=Timbre(size=1.05, dull=1.25, level=0.5),
    ),
)
CLIPS = PLAIN + MIXED

# still pictures and a voice alone, taken from a clip: file, clip, and for a picture the second
STILLS = (("surprise.png", "surprise.mkv", 2.4), ("sadness.jpg", "sadness.mp4", 3.2))
VOICES = (("fear.wav", "fear.mp4"),)

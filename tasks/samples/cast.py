"""The cast: the eight faces a feeling has here, who wears them, and what a clip is made of."""

from __future__ import annotations

from dataclasses import dataclass

from face import Pose
from people import Person
from voice import Phrase, Timbre

REST = Pose()
JOY = Pose(brow=0.3, lid=-0.12, squint=0.95, smile=1.0, open=0.55, wide=0.2, teeth=0.5, blush=1.0, bounce=1.0)
ANGER = Pose(
    brow=-0.65,
    tilt=-1.0,
    knit=1.0,
    lid=0.25,
    slant=0.9,
    squint=0.35,
    smile=-0.55,
    open=0.5,
    square=0.8,
    wide=0.2,
    teeth=1.0,
    wrinkle=0.5,
    flush=1.0,
    lean=0.05,
    nod=0.5,
)
SADNESS = Pose(brow=0.15, tilt=1.0, knit=0.7, lid=-0.35, look_y=0.7, smile=-1.0, nod=0.7, roll=5.0, y=4.0)
FEAR = Pose(
    brow=0.85,
    tilt=0.75,
    knit=0.8,
    lid=1.0,
    pupil=-0.9,
    smile=-0.5,
    open=0.38,
    wide=0.3,
    square=0.9,
    teeth=1.0,
    pale=1.0,
    shrug=1.0,
    lean=-0.05,
    tremble=1.0,
)
DISGUST = Pose(
    brow=-0.5,
    tilt=-0.45,
    knit=0.8,
    lid=-0.3,
    squint=1.0,
    wrinkle=1.0,
    lift=1.0,
    smile=-0.9,
    open=0.12,
    teeth=0.3,
    yaw=-1.3,
    look_x=0.9,
    roll=-7.0,
    x=-9.0,
    lean=-0.04,
)
SURPRISE = Pose(brow=1.3, tilt=0.35, lid=1.0, pupil=0.2, open=1.0, wide=-0.42, lean=0.04, y=-4.0, nod=-0.5)
CONTEMPT = Pose(
    brow=-0.1, skew=0.95, lid=-0.4, smirk=1.0, wide=0.05, look_x=0.75, look_y=0.3, nod=-0.9, roll=6.0, press=0.5, y=-3.0
)
STIFF = Pose(brow=-0.5, tilt=-0.85, knit=0.8, slant=0.7, lid=0.15, smile=-0.1, press=1.0, flush=0.7, wrinkle=0.3)
FOND = Pose(brow=0.25, squint=0.75, smile=0.9, wide=0.12, blush=0.6, roll=-3.0)

MARISOL = Person(
    skin=(214, 158, 118),
    hair=(62, 38, 30),
    shirt=(224, 112, 62),
    wall=(240, 206, 148),
    style="long",
    lashes=True,
    collar="vee",
    lips=0.75,
)
ABENA = Person(
    skin=(116, 74, 54),
    hair=(36, 26, 28),
    shirt=(242, 186, 58),
    wall=(112, 160, 160),
    style="bun",
    lashes=True,
    lips=0.4,
    iris=(52, 34, 28),
)
MAUREEN = Person(
    skin=(244, 208, 186),
    hair=(206, 204, 208),
    shirt=(108, 98, 140),
    wall=(176, 186, 196),
    style="bob",
    lashes=True,
    iris=(88, 116, 140),
)
PRIYA = Person(
    skin=(176, 120, 84),
    hair=(34, 28, 34),
    shirt=(60, 128, 122),
    wall=(120, 128, 160),
    style="long",
    lashes=True,
    lips=0.6,
)
CALLUM = Person(
    skin=(248, 214, 194),
    hair=(176, 92, 44),
    shirt=(72, 96, 152),
    wall=(196, 214, 188),
    style="short",
    iris=(84, 124, 92),
)
XIAO = Person(
    skin=(240, 204, 168), hair=(38, 32, 38), shirt=(206, 84, 104), wall=(178, 204, 214), style="bob", lashes=True
)
AICHA = Person(
    skin=(142, 94, 66),
    hair=(44, 28, 26),
    shirt=(122, 70, 122),
    wall=(222, 190, 178),
    style="curls",
    lashes=True,
    lips=0.6,
)
ROSALIND = Person(
    skin=(236, 196, 172),
    hair=(112, 74, 48),
    shirt=(86, 92, 104),
    wall=(204, 200, 188),
    style="bun",
    glasses=True,
    collar="shirt",
    iris=(96, 92, 70),
)
KENICHI = Person(
    skin=(232, 192, 154), hair=(138, 134, 136), shirt=(84, 106, 92), wall=(206, 196, 176), style="short", collar="shirt"
)
WALT = Person(
    skin=(240, 198, 178),
    hair=(150, 132, 118),
    shirt=(112, 128, 148),
    wall=(170, 182, 160),
    style="thin",
    beard=True,
    collar="shirt",
    iris=(92, 116, 136),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One clip: a person, poses in time, phrases in time."""

    file: str
    label: str
    person: Person
    seconds: float
    keys: tuple[tuple[float, Pose], ...]
    """Times in seconds and the pose held then; between two of them the face glides."""
    phrases: tuple[Phrase, ...]
    timbre: Timbre
    blinks: tuple[float, ...] = ()
    jaw: float = 0.35
    """How far the voice opens the mouth."""
    fps: int = 15
    size: tuple[int, int] = (320, 240)

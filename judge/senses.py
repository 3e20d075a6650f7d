"""How each sense of a task reaches a model: as files, as notes in its place, or not at all; and what prompts say then.

Pure: no file is opened. The decision is made once for a run, before anything is sent, and recorded in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from judge.definitions import Task
from judge.errors import NothingDone
from judge.records import Modality, Sample
from providers.records import Form, Info

AWAY, NOTES = "away", "notes"
_IN_PLACE = {"image": "(see the image)", "video": "(see the video)", "audio": "(hear the audio)"}
_NOT_GIVEN = "(not given)"
Senses = Mapping[str, str]
"""By sense: text, image, frames, video, video+sound, audio, notes or away."""


def decide(task: Task, wanted: Sequence[str], *, info: Info, whole: bool) -> dict[str, str]:
    """The form of each of the task's senses; raises NothingDone where the model takes one in no form at all."""
    found: dict[str, str] = {}
    refused: list[str] = []
    for sense in task.modalities:
        if sense not in wanted:
            found[sense] = AWAY
            continue
        forms: tuple[str, ...] = _forms(sense, whole)
        form: str | None = next((form for form in forms if form in info.accepts), None)
        if form is None and sense in task.media.notes and not _other_form(sense, info):
            form = NOTES
        if form is None:
            refused.append(sense)
        else:
            found[sense] = form
    if found.get("video") == "video+sound" and found.get("audio") != "audio":
        found["video"] = "video"  # the same clip without its sound
    if refused:
        raise NothingDone(_refusal(task, refused, info=info, wanted=wanted))
    return found


def _forms(sense: Modality, whole: bool) -> tuple[Form, ...]:
    if sense == "video":
        return ("video+sound", "video") if whole else ("frames",)
    return (sense,)


def _other_form(sense: Modality, info: Info) -> bool:
    """A video in the form that was not asked for: to be chosen by the user, not replaced by notes."""
    return sense == "video" and bool({"frames", "video", "video+sound"} & set(info.accepts))


def _refusal(task: Task, refused: Sequence[str], *, info: Info, wanted: Sequence[str]) -> str:
    """Anthropic takes no video. Use frames (--set media=frames) or leave it out (--modalities text,audio)."""
    mends = []
    if "video" in refused and _other_form("video", info):
        mends.append(
            "use frames (--set media=frames)" if "frames" in info.accepts else "send clips whole (--set media=whole)"
        )
    left = [sense for sense in task.modalities if sense in wanted and sense not in refused]
    if left:
        mends.append(f"leave it out (--modalities {','.join(left)})")
    text = f"{info.name} ({info.model}) takes no {' and no '.join(refused)}."
    mend = " or ".join(mends) or "take another model"
    return f"{text} {mend[0].upper()}{mend[1:]}. Nothing was sent."


def replaced(task: Task, sample: Sample, senses: Senses) -> dict[str, str]:
    """What stands in a prompt in place of the fields that are the words, or the notes, of a sense."""
    found = {}
    if senses.get("text") == AWAY:
        found.update(dict.fromkeys(task.media.words, _NOT_GIVEN))
    for sense, field in task.media.notes.items():
        form = senses.get(sense, NOTES)
        if form == AWAY:
            found[field] = _NOT_GIVEN
        elif form != NOTES and sample.sources.get(sense):
            found[field] = _IN_PLACE[sense]
    return found


def noted(task: Task, sample: Sample, senses: Senses) -> dict[Modality, str]:
    """The field of each sense that is given to this item as notes in place of a file."""
    return {
        sense: field
        for sense, field in task.media.notes.items()
        if senses.get(sense) == NOTES and sample.sources.get(sense)
    }


def described(task: Task, senses: Senses) -> str:
    """text+audio+video (8 frames), for people."""
    parts = []
    for sense, form in senses.items():
        if form == AWAY:
            continue
        if form == "frames":
            parts.append(f"{sense} ({task.media.frames.count} frames)")
        elif form == NOTES:
            parts.append(f"{sense} (as notes)")
        elif form.startswith("video"):
            parts.append(f"{sense} (whole)")
        else:
            parts.append(sense)
    return "+".join(parts)


def said(task: Task, senses: Senses, info: Info) -> list[str]:
    """What a reader of the results must know of how the senses were sent."""
    return [
        f"{sense} is given as text (the field {field!r}): {info.model} takes no {sense}"
        for sense, field in task.media.notes.items()
        if senses.get(sense) == NOTES
    ]


def used(samples: Sequence[Sample], senses: Senses) -> list[tuple[Sample, str, str]]:
    """(sample, sense, path) of every file that a run opens."""
    return [
        (sample, sense, path)
        for sample in samples
        for sense, paths in sample.sources.items()
        if senses.get(sense, AWAY) not in (AWAY, NOTES)
        for path in paths
    ]


def words(senses: Senses) -> str:
    """text=text,video=frames,audio=notes, for signatures and tables."""
    return ",".join(f"{sense}={form}" for sense, form in senses.items())


def digest_part(senses: Senses) -> list[list[str]]:
    """What of it makes a run another run; empty where all is text, so that older runs keep their names."""
    plain = all(form == "text" for form in senses.values())
    return [] if plain else [[sense, form] for sense, form in senses.items()]

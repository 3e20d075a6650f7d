"""`judge new task NAME`: a commented task, its rubric and two items, which `check` passes and a model can be asked."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from judge.cli.main import COMPLETE
from judge.cli.terminal import say
from judge.errors import UsageError
from judge.shell import command
from judge.store import make_folder, write_whole

_TASK = """\
# A task: what is asked, how the answer is read, how it is scored.
#   python -m judge tasks check tasks/NAME.yaml                  says everything that is wrong, with its line
#   python -m judge tasks show tasks/NAME.yaml --sample NAME-1   shows the prompt that a model gets
#   python -m judge run tasks/NAME.yaml --provider majority      runs without a key
name: NAME
version: 1                       # raise it when the meaning changes
about: One sentence that says what this task measures.
licence: say under which licence the items may be used
language: en

data:
  path: NAME/items.jsonl         # below this file; for a Hugging Face set:  hub: owner/name  and  split: test
  id: id                         # the record's field that names an item
  # cluster: speaker             # items that share this field are not independent: intervals are clustered
  # where: {lang: "{lang}"}      # keep only some records; {lang} is a setting, see below

modalities: [text]

# settings:                      # what  --set KEY=VALUE  may change
#   lang: {choices: [en, zh], default: en}

default_prompt: cot              # what is asked without --prompt
asks:                            # one or several; a later one may use {label.answer}
  - name: label
    qa: |
      {situation}
      {speaker} says: "{utterance}"
      How does {speaker} feel: glad or upset? Answer with one word.
    cot: |
      {situation}
      {speaker} says: "{utterance}"
      How does {speaker} feel: glad or upset? Think step by step.
      End with a line  Answer: glad  or  Answer: upset
    read: {as: label}            # or letter, number (range: [1, 5]), labels (a list), json (fields: ...), text

labels:                          # each label with the other words that mean it; quote yes, no, true, false and numbers
  glad: [happy, pleased]
  upset: [sad, angry, "not glad", "not happy"]

target: {label: label, reference: why, clues: clues}   # where the gold lies in a record
metrics: [accuracy, macro_f1, rouge_l, recognition, reasoning, cot, final]   # all: judge metrics list
rubric: NAME

# references:                    # published numbers, each with its source and what to beware of
#   - {model: Some-Model, metric: accuracy, value: 79.2, source: "paper, table", caveat: other items}
"""

_RUBRIC = """\
# A rubric: what the judge is asked, and how its ratings become scores.
#   python -m judge rubrics check rubrics/NAME.yaml
name: NAME
version: 1
about: One sentence that says what a good answer shows.
sees: [question, reply, reference, clues]   # what the judge may see; "thinking" and "target" can be added
judge: rules                                # used without --judge: offline, and only a heuristic
answer: [evidence, reason, score, confidence]   # the parts of a verdict, in this order

stages:
  - extract: steps                          # the reply as short claims; the last one is the answer
  - rate: steps
    question: Does this step rest on the evidence?
    scale:                                  # anchored points; a judge may give these scores only
      0: no cue of the evidence, or against it
      0.5: touches a cue, but adds what is not there
      1: rests on a cue that is in the evidence
  - rate: answer
    criterion: cot
    question: Is the chain complete, and does it lead to its answer?
    scale: {1: no chain, 2: gaps everywhere, 3: gaps, 4: nearly complete, 5: complete}

scores:
  recognition: {rule: label}                # by rule where labels are closed
  reasoning: {mean: steps}
  cot: {criterion: cot}                     # or  {derived: {recognition: 0.5, reasoning: 0.5}}
  final: {recognition: 0.4, reasoning: 0.3, cot: 0.3}   # sums to 1
"""

_ITEMS = (
    {
        "id": "NAME-1",
        "speaker": "Ana",
        "situation": "Ana opens the letter from the school.",
        "utterance": "They took me. They really took me!",
        "label": "glad",
        "why": "She has been admitted and repeats it because she can hardly believe it.",
        "clues": [{"sense": "words", "cue": "repeats that the school really took her"}],
    },
    {
        "id": "NAME-2",
        "speaker": "Ben",
        "situation": "The bus pulls away while Ben is still running.",
        "utterance": "Great. Take your time, everybody.",
        "label": "upset",
        "why": "He has missed the bus, so his praise is meant the other way round.",
        "clues": [{"sense": "scene", "cue": "the bus pulls away while he runs"}],
    },
)


def new(options: argparse.Namespace) -> int:
    """Write the three files; nothing that exists is touched."""
    name = options.name
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", name):
        raise UsageError(f"{name!r}: a task's name has lower-case letters, digits, - and _ only")
    root = Path(options.dir)
    items = "".join(json.dumps(item).replace("NAME", name) + "\n" for item in _ITEMS)
    files = {
        root / "tasks" / f"{name}.yaml": _TASK.replace("NAME", name),
        root / "rubrics" / f"{name}.yaml": _RUBRIC.replace("NAME", name),
        root / "tasks" / name / "items.jsonl": items,
    }
    present = [str(path) for path in files if path.exists()]
    if present:
        raise UsageError(f"{', '.join(present)} exists already; nothing was written")
    for path, text in files.items():
        make_folder(path.parent)
        write_whole(path, text)
        say(str(path))
    say(f"  next:  {command('tasks', 'check', root / 'tasks' / f'{name}.yaml')}")
    return COMPLETE

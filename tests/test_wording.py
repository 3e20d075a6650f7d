"""Whose words a run asks in: the authors' from their released files, built as their code builds them, or our own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import Command, Done, estimate, summary_of

EU, EA = "tasks/emobench/eu.yaml", "tasks/emobench/ea.yaml"
ITEM = {
    "qid": "1",
    "language": "en",
    "coarse_category": "emotional_cues",
    "category": "Social-Self",
    "question type": "Response",
    "scenario": "Mira waits {subject} {0.__class__}.",
    "subject": "Mira",
    "emotion_choices": [" Joy & Fear ", "Anger", "Pride", "Boredom", "Relief", "Shame"],
    "emotion_label": "Anger",
    "cause_choices": ["The train came", "It left", "A ticket", "Rain"],
    "cause_label": "It left",
    "choices": ["Run", "Wait", "Call", "Cry"],
    "label": "Wait",
}
TEXTS = {"System": "Be brief {\n", "System_cot": "Reason.", "no_cot": "Letter:\n", "cot": "Steps:\n"}
PROMPTS = {
    **{name: {"en": text, "zh": text} for name, text in TEXTS.items()},
    "EU": {
        "Emotion": {"en": "S {scenario} {{ x }} of {subject}?\n{choices}\n"},
        "Cause": {"en": "S {scenario}, why {emotions}, {subject}?\n{choices}\n"},
    },
    "EA": {"en": "S {scenario}: which {q_type}, {subject}?\n{choices}\n", "zh": "{scenario}{q_type}{subject}{choices}"},
}
"""In the layout of data/dicts.json; the words are invented."""
NEW = {
    "sys": {"en": "# How\n# Output\n"},
    "EU": {"en": "{scenario}|{subject}|{emo_choices}|{cause_choices}\n"},
    "EA": {"en": "{scenario}|{subject}|{q_type}|{choices}\n"},
}
ANSWER = {
    "base": {"en": "In JSON:\n"},
    "cot": {"en": "Think, in JSON:\n"},
    "reasoning": {"en": '"reasoning": "why"\n'},
    "EU": {"en": '"answer_q1": "1",\n"answer_q2": "2"\n'},
    "EA": {"en": '"answer": "a letter"\n'},
}


def _folder(tmp_path: Path, *, prompts: Any = None, layout: str = "released") -> Path:
    """A data folder with one item and the authors' files, at the paths of the release or beside the items."""
    folder = tmp_path / "EmoBench"
    items, configs = folder / "data", folder / "src" / "configs"
    items.mkdir(parents=True)
    for name in ("EU", "EA"):
        (items / f"{name}.jsonl").write_text(json.dumps(ITEM) + "\n")
    configs = configs if layout == "released" else items
    configs.mkdir(parents=True, exist_ok=True)
    (items / "dicts.json").write_text(json.dumps({"Prompts": PROMPTS if prompts is None else prompts}))
    (configs / "prompts.yaml").write_text(yaml.safe_dump(NEW))
    (configs / "response.yaml").write_text(yaml.safe_dump(ANSWER))
    return folder


def _run(judge: Command, folder: Path, *more: str, task: str = EU, provider: str = "majority") -> Done:
    out = folder.parent / "results"
    return judge("run", task, "--provider", provider, "--data", folder, "--out", out, "--repeats", "1", *more)


def _asked(judge: Command, folder: Path, *more: str, task: str = EU) -> list[tuple[str, str]]:
    """The messages of the first item, with every space of theirs."""
    shown = judge("tasks", "show", task, "--sample", "1", "--data", folder, *more)
    assert shown.code == 0, shown.err
    found: list[tuple[str, str]] = []
    for line in shown.out.splitlines():
        if line in ("[system]", "[user]"):
            found.append((line[1:-1], ""))
        elif line.startswith("  │"):
            role, text = found[-1]
            found[-1] = (role, text + ("\n" if text else "") + line[4:])
    return found


def test_the_prompts_of_2024_are_the_authors_texts_with_the_trailer_of_the_mode(judge: Command, tmp_path: Path) -> None:
    """Protocol notes 3.2: two calls, options as (a) without the space around them, the cause of the emotion told."""
    folder = _folder(tmp_path)
    options = "(a) Joy & Fear\n(b) Anger\n(c) Pride\n(d) Boredom\n(e) Relief\n(f) Shame"
    causes = "(a) The train came\n(b) It left\n(c) A ticket\n(d) Rain"
    scene = ITEM["scenario"]
    assert _asked(judge, folder, "--set", "protocol=2024") == [
        ("system", "Be brief {\n"),
        ("user", f"S {scene} {{ x }} of Mira?\n{options}\nLetter:\n"),
        ("system", "Be brief {\n"),
        ("user", f"S {scene}, why (the answer to emotion), Mira?\n{causes}\nLetter:\n"),
    ]
    cot = _asked(judge, folder, "--set", "protocol=2024", "--set", "mode=cot", task=EA)
    choices = "(a) Run\n(b) Wait\n(c) Call\n(d) Cry"
    assert cot == [("system", "Reason."), ("user", f"S {scene}: which Response, Mira?\n{choices}\nSteps:\n")]


def test_the_prompts_of_2025_are_put_together_as_json_in_a_fence(judge: Command, tmp_path: Path) -> None:
    """Protocol notes 3.3; the white space of the frame is that of the released code of 2025-05-16."""
    folder = _folder(tmp_path)
    (role, system), (_, question) = _asked(judge, folder, task=EA)
    assert role == "system"
    frame = '# How\n# Output\n\nIn JSON:\n\n```json\n    {\n    "answer": "a letter"\n\n    }\n``` \n    '
    assert system == frame
    assert question == f"{ITEM['scenario']}|Mira|Response|A) Run\nB) Wait\nC) Call\nD) Cry\n"
    (_, cot), _ = _asked(judge, folder, "--set", "mode=cot", task=EA)
    assert cot == frame.replace("In JSON:", "Think, in JSON:").replace('"answer', '"reasoning": "why"\n,\n"answer')


@pytest.mark.parametrize(
    ("model", "mode", "first"),
    [("org/Qwen2.5-7B", "base", True), ("org/Qwen2.5-7B", "cot", False), ("qwen/other", "base", False)],
)
def test_a_qwen_model_is_told_not_to_think_where_the_authors_tell_it(
    judge: Command, tmp_path: Path, model: str, mode: str, first: bool
) -> None:
    from fake_server import serve_in_thread

    folder = _folder(tmp_path)
    with serve_in_thread(tmp_path, {"latency": 0, "default": {"text": '{"answer": "B"}'}}) as url:
        done = _run(judge, folder, "--base-url", url, "--model", model, "--set", f"mode={mode}", "--cache", "off",
                    task=EA, provider="endpoint")  # fmt: skip
    assert done.code == 0, done.err
    sent = (tmp_path / "ledger.jsonl").read_text()
    assert ("/no_think\\n\\n# How" in sent) == first
    assert "# Output" in sent


@pytest.mark.parametrize("layout", ["released", "beside the items"])
def test_the_authors_files_are_found_at_the_paths_of_the_release_and_beside_the_items(
    judge: Command, tmp_path: Path, layout: str
) -> None:
    folder = _folder(tmp_path, layout=layout)
    for given in (folder, folder / "data", folder / "data" / "EU.jsonl"):
        done = _run(judge, given, "--fresh", "--dry-run")
        assert "the authors' wording, from their released files (" in done.out
        assert "): prompts.yaml, response.yaml" in done.out


def test_without_the_files_the_wording_is_our_own_and_everything_says_so(judge: Command, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    shutil.rmtree(folder / "src")
    (folder / "data" / "dicts.json").unlink()
    done = _run(judge, folder, "--set", "protocol=2024")
    assert done.code == 0, done.err
    said = "own wording (this project's prompts, not the benchmark authors')"
    assert f"{said} (not in the data folder: data/dicts.json)" in done.out
    scored = judge("score", done.folder)
    assert said in scored.out
    assert "|wording:own|" in estimate(done.folder, "accuracy")["signature"]
    assert summary_of(done.folder)["run"]["wording"] == "own"
    report = tmp_path / "r.md"
    judge("report", done.folder.parent, "--out", report)
    text = report.read_text() if report.is_file() else (report / "report.md").read_text()
    assert "own wording (this run" in text
    assert "own wording: a published number was made by the prompts of its authors" in text


def test_the_digest_of_the_files_is_part_of_the_run_and_of_its_signature(judge: Command, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    first = _run(judge, folder, "--set", "protocol=2024")
    again = _run(judge, folder, "--set", "protocol=2024")
    assert (first.code, again.code) == (0, 0), first.err
    assert again.folder == first.folder, "the same files continue the run"
    judge("score", first.folder)
    signature = estimate(first.folder, "accuracy")["signature"]
    assert "|wording:authors:" in signature
    assert judge("show", first.folder, "1").code == 0
    assert judge("doctor", "--deep", first.folder, "--cache", "off").code == 0
    assert "prompts of" not in judge("score", first.folder).err, "the prompts have not changed since the run"
    (folder / "data" / "dicts.json").write_text(json.dumps({"Prompts": PROMPTS | {"more": "x"}}))
    other = _run(judge, folder, "--set", "protocol=2024")
    assert other.code == 0, other.err
    assert other.folder != first.folder
    judge("score", other.folder)
    assert estimate(other.folder, "accuracy")["signature"] != signature


def test_one_of_two_files_is_not_enough_and_the_header_names_the_other(judge: Command, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "src" / "configs" / "response.yaml").unlink()
    done = _run(judge, folder, "--dry-run")
    assert "own wording" in done.out
    assert "(not in the data folder: src/configs/response.yaml)" in done.out


BAD = [
    ("{scenario} {subject} {emotion_choices.__class__} {choices}", "{emotion_choices.__class__} is no placeholder"),
    ("{scenario} {subject} {choices} {0}", "{0} is no placeholder of this task"),
    ("{scenario} {subject} {choices} {}", "{} is no placeholder of this task"),
    ("{scenario!r} {subject} {choices}", "{scenario!r} is no placeholder of this task"),
    ("{scenario:>99999999} {subject} {choices}", "{scenario:>99999999} is no placeholder of this task"),
    ("{scenario} {subject} {choice}", '{choice} is no placeholder of this task; did you mean "choices"?'),
    ("{scenario} {subject} {choices} {", "has a single {"),
    ("{scenario} {subject} {choices} }", "has a single }"),
    ("{scenario} {subject}", "does not name {choices}"),
    ("{{scenario}} {scenario} {subject} {choices}", "has doubled braces that would be taken for a placeholder"),
    ("  ", "is empty"),
    (7, "is no text"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_template_that_asks_for_anything_else_is_refused_with_file_and_key(
    judge: Command, tmp_path: Path, text: object, said: str
) -> None:
    prompts = PROMPTS | {"EU": {**PROMPTS["EU"], "Emotion": {"en": text}}}  # type: ignore[dict-item]
    done = _run(judge, _folder(tmp_path, prompts=prompts), "--set", "protocol=2024")
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert f"dicts.json: Prompts.EU.Emotion.en: {said}" in done.err


def test_a_system_text_is_sent_as_it_stands_and_never_filled_in(judge: Command, tmp_path: Path) -> None:
    prompts = PROMPTS | {"System": {"en": "You see {scenario}"}}
    done = _run(judge, _folder(tmp_path, prompts=prompts), "--set", "protocol=2024")
    assert (done.code, "Prompts.System.en: {scenario} is no placeholder here" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "dicts.json:1: is not JSON"),
        (b'{"Prompts": NaN}', "dicts.json: is not JSON: NaN is no number"),
        (b"[" * 100_000, "dicts.json: is not JSON"),
        (b"\xff\xfe", "dicts.json: is not UTF-8 text"),
        (b'{"Prompts": {"Sistem": {"en": "x"}}}', 'Prompts.System.en: is not there; did you mean "Sistem"?'),
        (b" " * (2 << 20), "dicts.json: "),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    judge: Command, tmp_path: Path, raw: bytes, said: str
) -> None:
    folder = _folder(tmp_path)
    (folder / "data" / "dicts.json").write_bytes(raw)
    done = _run(judge, folder, "--set", "protocol=2024")
    assert (done.code, done.err.count("\n"), said in done.err) == (2, 1, True), done.err


def test_yaml_of_the_authors_builds_no_objects(judge: Command, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "src" / "configs" / "prompts.yaml").write_text("sys: !!python/object/apply:os.getcwd []\n")
    done = _run(judge, folder)
    assert done.code == 2
    assert "prompts.yaml:1: sys: the tag" in done.err


def test_a_link_that_leads_out_of_the_data_folder_is_not_followed(judge: Command, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    outside = tmp_path / "dicts.json"
    (folder / "data" / "dicts.json").rename(outside)
    (folder / "data" / "dicts.json").symlink_to(outside)
    done = _run(judge, folder, "--set", "protocol=2024")
    assert (done.code, "is a link that leads out of the data's folder" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("emobench/eu", "own wording, unless data/dicts.json of the authors lie"),
        ("emobench-m/sd", "the authors' wording (--prompt qa), own wording (--prompt cot)"),
        ("mme-emotion/sa", "own wording (--prompt cot)"),
        ("mmla/ur_funny", "the authors' wording (--prompt qa)"),
    ],
)
def test_published_numbers_are_printed_with_the_words_that_a_run_would_have(
    judge: Command, name: str, said: str
) -> None:
    assert said in judge("references", name.replace("-", "_")).out


def test_answers_made_elsewhere_say_that_their_words_are_not_known(judge: Command, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    lines = tmp_path / "r.jsonl"
    lines.write_text('{"id": "1", "reply": "{\\"answer\\": \\"B\\"}"}\n')
    done = judge("import", lines, "--task", EA, "--model", "m", "--data", folder, "--out", tmp_path / "r")
    assert done.code == 0, done.err
    judge("score", done.folder)
    assert "|wording:unknown|" in estimate(done.folder, "accuracy")["signature"]

"""A card's page: what strangers wrote stays text, nothing runs or is loaded, and it says what was not measured."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import numpy as np
import pytest
from chromium import BINARY, chromium
from command import ROOT, Command
from trusting import FIVE, NAN, compared, csv_file

from judge.cli.arguments import build
from judge.cli.arguments_card import PROBES
from judge.trust.card import markdown, page
from judge.trust.card.drawing import bars, track
from judge.trust.card.records import Card, CriterionCard, DataSet, Figure, Histogram, Measurement
from judge.trust.families import family_of, known_family
from judge.trust.probes.results import NAMES
from judge.trust.spread import spread_of

HOSTILE = "<script>window.pwned=1</script><img src=x onerror=alert(1)>\"'`](http://a.example) \u202e"


def hostile() -> Card:
    figure = Figure(name=HOSTILE, value=0.5, low=0.2, high=0.9, n=9, ruling="warn", wanted=HOSTILE, reason=HOSTILE)
    found = Measurement(
        number=4,
        ruling="warn",
        reason=HOSTILE,
        figures=(figure,),
        histogram=Histogram(levels=(1, 2), judge=(0.5, 0.5), people=(1, 0)),
    )
    bare = Measurement(number=5, ruling="not assessable", reason=HOSTILE)
    criterion = CriterionCard(criterion=HOSTILE, scale=HOSTILE, badge="not measured", measurements=(found, bare))
    return Card(
        title=HOSTILE,
        judge=HOSTILE,
        rubric=HOSTILE,
        people=HOSTILE,
        raters=(HOSTILE,),
        data_sets=(DataSet(name=HOSTILE, licence=HOSTILE),),
        criteria=(criterion,),
        warnings=(HOSTILE,),
        sources=(HOSTILE,),
    )


@pytest.mark.skipif(not BINARY, reason="needs chromium")
def test_a_hostile_card_is_shown_as_text_and_nothing_happens(tmp_path: Path) -> None:
    file = tmp_path / "card.html"
    file.write_text(page.render(hostile()), encoding="utf-8")

    async def look() -> None:
        async with chromium() as browser:
            seen = await browser.open(file.as_uri())
            assert seen.quiet, seen
            assert "<script>window.pwned=1</script>" in seen.page["shown"]
            assert not {"script", "img", "a"} & set(seen.page["tags"])
            assert not any(name.startswith("on") or name == "style" for name in seen.page["attributes"])

    asyncio.run(look())


def test_a_level_is_said_behind_a_number_of_levels() -> None:
    figure = Figure(name="offset", value=0.35, low=0.15, high=0.57, n=50, unit="levels", ruling="warn", ends=(-2, 2))
    found = Measurement(number=4, ruling="warn", figures=(figure,))
    card = Card(judge="j", criteria=(CriterionCard(criterion="c", badge="not measured", measurements=(found,)),))
    shown = page.render(card)
    assert "<b>+0.35</b> levels<small>[+0.15, +0.57] · n 50</small>" in shown
    assert "<function" not in shown
    assert "+0.35 levels \\[+0.15, +0.57\\] · n 50" in markdown.render(card)


def test_a_hostile_card_as_markdown_has_no_link_and_no_tag() -> None:
    text = re.sub(r"(?<!\\)`[^`]*`", "", markdown.render(hostile()))  # addresses stand in code spans
    assert "](http" not in text
    assert "<script" not in text
    assert "<img" not in text


def test_a_histogram_of_other_lengths_and_a_value_off_the_track_are_drawn_within_it() -> None:
    assert bars(Histogram(levels=(1, 2), judge=(1,), people=(0, 1))) == ""
    drawn = track(Figure(name="x", value=99.0, low=-99.0, high=99.0, good=(None, 0.5)))
    assert 'cx="252.0"' in drawn
    assert track(Figure(name="x")) == ""


def test_the_use_of_a_scale_by_hand() -> None:
    """The judge gives 2 levels more to half of the items: the histograms lie 1 level apart."""
    judge = np.array([1.0, 1.0, 4.0, 4.0, NAN])
    people = np.array([[1.0, 1.0, 2.0, 2.0, 3.0], [1.0, 1.0, 2.0, NAN, 3.0]])
    found = spread_of(judge, people, scale=FIVE, weights=np.ones((1, 5)))
    assert found.n == 4
    assert found.judge == (0.5, 0.0, 0.0, 0.5, 0.0)
    assert found.people == (0.5, 0.5, 0.0, 0.0, 0.0)
    assert found.distance.value == pytest.approx(1.0)
    assert found.judge_modal.value == 0.5
    assert found.judge_entropy.value == pytest.approx(np.log(2) / np.log(5))


def test_a_judge_that_gives_one_level_has_no_entropy_and_means_have_no_histogram() -> None:
    flat = compared([3, 3, 3, 3], [1, 2, 3, 4]).spread
    assert flat is not None
    assert (flat.judge_modal.value, flat.judge_entropy.value) == (1.0, 0.0)
    means = compared([3.5, 3, 3, 3], [1, 2, 3, 4]).spread
    assert means is not None
    assert means.reason.startswith("ratings between the levels")


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gemini/gemini-2.5-flash", "Google"),
        ("gpt-4o-mini", "OpenAI"),
        ("openai/o3-mini", "OpenAI"),
        ("anthropic/claude-sonnet-4-5", "Anthropic"),
        ("Qwen/Qwen2.5-VL-72B-Instruct", "Alibaba"),
        ("meta-llama/Llama-3.2-11B-Vision", "Meta"),
        ("OpenGVLab/InternVL3-8B", "Shanghai AI Lab"),
        ("rules", ""),
        ("my-own-model", ""),
        ("philosopher-1", ""),
        ("deepseek-r1-distill-llama-70b", "DeepSeek"),
        ("DeepSeek-R1-Distill-Qwen-32B", "DeepSeek"),
    ],
)
def test_the_family_of_a_model_is_told_by_its_name_or_not_at_all(model: str, family: str) -> None:
    assert family_of(model) == family


@pytest.mark.parametrize(
    ("given", "family"),
    [(None, ""), ("", ""), (" ", ""), ("openai", "OpenAI"), ("GPT", "OpenAI"), ("Gemini", "Google"), ("Acme", "Acme")],
)
def test_a_family_may_be_named_by_its_models(given: str | None, family: str) -> None:
    assert known_family(given) == family


def test_people_who_do_not_agree_make_agreement_not_assessable(judge: Command, tmp_path: Path) -> None:
    draws = np.random.default_rng(1)
    rows = [f"i{item},{rater},warmth,{draws.integers(1, 6)}" for item in range(60) for rater in "abc"]
    human = csv_file(tmp_path / "h.csv", "item,rater,criterion,score", *rows)
    verdicts = [f"i{item},warmth,{draws.integers(1, 6)}" for item in range(60)]
    own = csv_file(tmp_path / "kind.csv", "item,criterion,score", *verdicts)
    judge("trust", "agree", "--human", human, "--verdicts", own, "--range", "1-5", "--json", tmp_path / "a.json")
    done = judge("trust", "card", "--agree", tmp_path / "a.json", "--cards", tmp_path / "c", "--title", "Noise (made)")
    assert done.code == 0, done.err
    assert done.out.startswith("kind: not measured: warmth (fails ")
    (file,) = (tmp_path / "c").glob("kind--Noise-made--*/card.json")
    first = json.loads(file.read_text())["criteria"][0]["measurements"][0]
    assert first["ruling"] == "not assessable"
    assert "people do not agree enough to be a standard: alpha" in first["reason"]


def test_a_mean_put_right_stands_on_the_card_without_a_ruling(judge: Command, tmp_path: Path) -> None:
    draws = np.random.default_rng(2)
    truth = draws.integers(1, 5, 120)
    people = [f"i{item},{rater},warmth,{truth[item]}" for item in range(60) for rater in "ab"]
    human = csv_file(tmp_path / "h.csv", "item,rater,criterion,score", *people)
    own = csv_file(tmp_path / "kind.csv", "item,criterion,score", *(f"i{i},warmth,{truth[i] + 1}" for i in range(120)))
    files = ("--human", human, "--verdicts", own, "--range", "1-5")
    judge("trust", "agree", *files, "--json", tmp_path / "a.json")
    judge("trust", "correct", *files, "--json", tmp_path / "c.json")
    words = ("--agree", tmp_path / "a.json", "--correct", tmp_path / "c.json", "--cards", tmp_path / "c")
    assert judge("trust", "card", *words).code == 0
    (file,) = (tmp_path / "c").glob("*/card.json")
    ten = json.loads(file.read_text())["criteria"][0]["measurements"][9]
    figures = {figure["name"]: figure for figure in ten["figures"]}
    assert ten["ruling"] == "not assessable"
    assert figures["mean put right (PPI++)"]["value"] == pytest.approx(truth.mean(), abs=0.01)
    assert figures["the judge's mean"]["value"] == pytest.approx(truth.mean() + 1)
    assert figures["worth in labels"]["value"] > 60


def test_card_and_probe_have_help_and_the_options_name_every_probe(capsys: pytest.CaptureFixture[str]) -> None:
    for action, said in (("card", "--agree FILE"), ("probe", "--probe NAME")):
        with pytest.raises(SystemExit) as stopped:
            build().parse_args(["trust", action, "--help"])
        assert stopped.value.code == 0
        assert said in capsys.readouterr().out
    assert PROBES == NAMES


def test_the_card_of_three_models_beside_three_experts_is_the_one_in_the_docs(
    judge: Command, shared: Path, tmp_path: Path
) -> None:
    """Kumar et al., Lend an Ear: what docs/trust.md prints."""
    folder = shared / "empathy_ratings" / "annotations" / "lend_an_ear"
    people = [
        word for name in ("expert1", "expert2", "expert3") for word in ("--wide", f"{name}={folder}/{name}_ratings.csv")
    ]
    models = [
        word for name in ("gemini", "gpt", "claude") for word in ("--wide-judge", f"{name}={folder}/{name}_ratings.csv")
    ]
    judge("trust", "agree", *people, *models, "--range", "1-5", "--json", tmp_path / "a.json")
    done = judge("trust", "card", "--agree", tmp_path / "a.json", "--title", "lend-an-ear", "--cards", tmp_path / "c")
    docs = (ROOT / "docs" / "trust.md").read_text()
    printed = [line for line in done.out.splitlines() if not line.startswith(str(tmp_path))]
    first = printed[:8]
    assert len(first[1:]) == 7
    assert all(line in docs for line in first), first
    assert next(line for line in printed[8:] if line.startswith("gpt: ")) in docs
    assert (tmp_path / "c" / "gemini--lend-an-ear--d951a3c0" / "card.html").is_file()

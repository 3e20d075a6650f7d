"""`judge trust card` of people's ratings: which figures stand in which measurement, and how few items rule nothing."""

from __future__ import annotations

from pathlib import Path

from command import Command
from trusting import csv_file

from judge.trust.card.records import Card

HEAD = "item,rater,criterion,score"


def made_card(
    judge: Command, folder: Path, people: list[str], verdicts: list[str], *more: str | Path, name: str = "j"
) -> Card:
    """Of a judge by ratings in files, on 1 to 5 where nothing else is said."""
    human, own = csv_file(folder / "people.csv", *people), csv_file(folder / f"{name}.csv", *verdicts)
    scale = () if "--level" in more or "--range" in more else ("--range", "1-5")
    line = ("trust", "agree", "--human", human, "--verdicts", own, *scale, "--resamples", "200")
    done = judge(*line, *more, "--json", folder / "a.json")
    assert done.code == 0, done.err
    done = judge("trust", "card", "--agree", folder / "a.json", "--cards", folder / "cards", "--title", "t")
    assert done.code == 0, done.err
    (file,) = (folder / "cards").glob("*/card.json")
    return Card.model_validate_json(file.read_bytes())


def many(count: int, *, thrice: int, clusters: int = 0) -> tuple[list[str], list[str]]:
    """`count` items by one person each, the first few by three; the judge agrees."""
    people = [f"{HEAD},cluster" if clusters else HEAD]
    judge = ["item,criterion,score"]
    for place in range(count):
        raters = range(3) if place < thrice else [place % 3]
        name = f",{place % clusters}" if clusters else ""
        people += [f"i{place},r{rater},c,{1 + place % 5}{name}" for rater in raters]
        judge.append(f"i{place},c,{1 + place % 5}")
    return people, judge


def test_replaceability_is_ruled_by_the_items_that_the_alt_test_had(judge: Command, tmp_path: Path) -> None:
    card = made_card(judge, tmp_path, *many(120, thrice=12))
    (found,) = card.criteria
    omega = found.measurements[1].figures[0]
    assert (omega.n, found.measurements[1].ruling) == (12, "warn")
    own = {figure.name: figure.n for figure in found.measurements[0].figures}
    assert own["people's own quadratic kappa"] == own["alpha of all people"] == 12
    assert own["quadratic kappa with people"] == 120
    assert found.measurements[0].ruling == "warn", "people's own agreement is known on 12 items"


def test_what_passes_on_few_clusters_is_a_warning(judge: Command, tmp_path: Path) -> None:
    card = made_card(judge, tmp_path, *many(120, thrice=120, clusters=4))
    rules = {one.number: one.ruling for one in card.criteria[0].measurements}
    assert {rules[number] for number in (1, 2, 3)} == {"warn"}
    assert "120 items in 4 clusters" in card.criteria[0].measurements[2].reason


def test_agreement_on_fewer_than_thirty_items_is_not_assessable(judge: Command, tmp_path: Path) -> None:
    card = made_card(judge, tmp_path, *many(20, thrice=20))
    first = card.criteria[0].measurements[0]
    assert (first.ruling, first.reason, card.criteria[0].badge) == (
        "not assessable",
        "20 items; 30 are the least",
        "not measured",
    )


def test_one_judge_on_one_criterion_in_two_files_is_refused(judge: Command, tmp_path: Path) -> None:
    made_card(judge, tmp_path, *many(40, thrice=40))
    done = judge("trust", "card", "--agree", tmp_path / "a.json", "--agree", tmp_path / "a.json")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "j on c stands in two of the files" in done.err


def test_a_fair_judge_of_few_answers_of_its_own_family_is_a_warning(judge: Command, tmp_path: Path) -> None:
    """A hundred answers of others do not make up for twelve of its own."""
    people, own = [f"{HEAD},model"], ["item,criterion,score"]
    for place in range(120):
        model = "gemini-2.0" if place % 10 == 0 else "gpt-4o"
        people += [f"i{place},{rater},c,{1 + place % 5},{model}" for rater in "ab"]
        own.append(f"i{place},c,{min(5, 1 + place % 5 + place // 10 % 2)}")
    card = made_card(judge, tmp_path, people, own, "--systems", "model", name="gemini-j")
    ninth = card.criteria[0].measurements[8]
    assert (ninth.ruling, ninth.figures[0].n) == ("warn", 120)
    assert "12 answers on one side" in ninth.reason


def test_groups_of_labels_stand_as_shares_without_a_sign(judge: Command, tmp_path: Path) -> None:
    people, own = [f"{HEAD},mood"], ["item,criterion,score"]
    for place in range(60):
        mood = "joy" if place % 2 else "grief"
        people += [f"i{place},{rater},c,{place % 3},{mood}" for rater in "ab"]
        own.append(f"i{place},c,{(place + (mood == 'joy' and place % 4 == 1)) % 3}")
    card = made_card(judge, tmp_path, people, own, "--level", "nominal", "--by", "mood")
    figures = [one for item in card.criteria[0].measurements
               for one in item.figures if one.name == "agreement between groups by mood: p"]  # fmt: skip
    assert [(one.unit, one.reason) for one in figures] == [("p", "means from 0.50 to 1.00")]


def test_a_scale_of_a_thousand_levels_has_a_card(judge: Command, tmp_path: Path) -> None:
    people, verdicts = many(40, thrice=40)
    assert made_card(judge, tmp_path, people, verdicts, "--range", "0-1000").criteria[0].measurements[3].histogram


def test_groups_systems_length_and_confidence_stand_in_their_measurements(judge: Command, tmp_path: Path) -> None:
    """A judge of Google's that is a level kinder to its own models, and as sure of all it says."""
    people, verdicts = [f"{HEAD},model,mood,words"], ["item,rater,criterion,score,confidence"]
    models = ("gemini-2.0", "gpt-4o", "qwen2")
    for place in range(90):
        model, mood = models[place % 3], "joy" if place % 2 else "grief"
        truth = 1 + (place * 7) % 4
        people += [f"i{place},{rater},c,{truth},{model},{mood},{place}" for rater in "abc"]
        verdicts.append(f"i{place},gemini-judge,c,{truth + (model == 'gemini-2.0')},0.9")
    more = ("--by", "mood", "--systems", "model", "--length", "words")
    card = made_card(judge, tmp_path, people, verdicts, *more)
    assert card.contestants == ("Alibaba", "Google", "OpenAI")
    assert card.warnings == ("the judge shares a family (Google) with models that it judged: gemini-2.0",)
    made = {item.number: item for item in card.criteria[0].measurements}
    names = {number: [figure.name for figure in item.figures] for number, item in made.items()}
    assert {"quadratic kappa where mood is joy", "quadratic kappa where mood is grief"} <= set(names[1])
    assert "order of 3 systems: tau-b" in names[3]
    assert (made[4].ruling, made[9].ruling) == ("fail", "fail")
    assert "leniency differs between systems (model): p" in made[4].reason
    assert made[9].reason == "family Google minus others, beside people: not to be used on models of Google"
    assert "length with its ratings, given people's (partial Spearman)" in names[7]
    assert made[7].ruling == "not assessable"
    assert (made[10].ruling, names[10]) == ("warn", ["expected calibration error of its confidence"])

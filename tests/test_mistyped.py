"""A mistyped option or word is told with the nearest one that exists, and with the help page of its own command."""

from __future__ import annotations

import pytest
from command import Command


@pytest.mark.parametrize(
    ("line", "said", "page"),
    [
        ("score results --jugde rules", 'unknown option "--jugde"; did you mean "--judge"?', "score"),
        ("score results --jugde=rules", 'unknown option "--jugde"; did you mean "--judge"?', "score"),
        ("run tasks/humor.yaml --providr gemini", 'unknown option "--providr"; did you mean "--provider"?', "run"),
        ("run --provider gemini", "the following arguments are required: task", "run"),
        ("trust agree --humn x", 'unknown option "--humn"; did you mean "--human"?', "trust agree"),
        ("trust agre --human x", 'did you mean "agree"?', "trust"),
        ("rubrics lst", 'did you mean "list"?', "rubrics"),
        ("score results --mode strct", '--mode: unknown "strct"; did you mean "strict"?', "score"),
        ("score results --mode xyzzy", "(one of strict, faithful)", "score"),
        ("score results --zzqqy", 'unknown option "--zzqqy"', "score"),
        ("scor results", 'unknown command "scor"; did you mean "score"?', ""),
        ("--jugde rules score results", "unknown", ""),
        ("show a b c", "unrecognized arguments: c", "show"),
    ],
)
def test_the_nearest_word_and_the_right_page_are_named(judge: Command, line: str, said: str, page: str) -> None:
    done = judge(*line.split())
    assert done.code == 2
    assert len(done.err.splitlines()) == 1, done.err
    assert said in done.err
    assert f"(see: python -m judge {page} --help)".replace("  ", " ") in done.err


def test_words_behind_two_dashes_are_no_options(judge: Command) -> None:
    done = judge("show", "nowhere", "--", "--id")
    assert "unknown option" not in done.err

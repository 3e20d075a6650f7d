"""What README and docs say on installing: from the checkout or the built wheel, nowhere by a bare name from an index.

Another project owns the name `judge` there.
"""

from __future__ import annotations

import re
import shlex

import pytest
from command import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md"), *ROOT.glob("results/*.md")]
_LINE = re.compile(
    r"\b(?:pip3?|pipx|uv (?:pip|tool)) (?:install|run|upgrade|inject|download)[^`\n#]{0,200}|\buvx [^`\n#]{1,200}"
)
_OURS = re.compile(r"(?:emotion[-_])?judge(?:\[[^\]]*\])?(?:[=<>~!@].*)?", re.IGNORECASE)
OPTIONS_WITH_A_VALUE = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--python", "-p")


def by_name(line: str) -> list[str]:
    """The words of an install line that an index would take for this project."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    found, before, runs = [], "", words[:1] == ["uvx"] or words[1:2] == ["run"]
    local = False
    for word in words[1:]:
        source = before in ("--from", "--spec")
        local = local or (source and not _OURS.fullmatch(word))
        named = _OURS.fullmatch(word) and before not in OPTIONS_WITH_A_VALUE and not word.startswith(("-", "."))
        if named and not (runs and local):
            found.append(word)
        before = word
    return found


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("pip install judge", ["judge"]),
        ("pip install -U emotion-judge", ["emotion-judge"]),
        ("pip install 'emotion-judge[local]==1.0'", ["emotion-judge[local]==1.0"]),
        ("pipx install judge", ["judge"]),
        ("uv tool install judge", ["judge"]),
        ("uvx judge demo", ["judge"]),
        ("uvx --from judge judge demo", ["judge", "judge"]),
        ("uvx --from emotion-judge judge demo", ["emotion-judge", "judge"]),
        ("uvx --from . judge demo", []),
        ("pip install .", []),
        ("pip install '.[local]'", []),
        ("pipx install .", []),
        ("pip install dist/emotion_judge-1.0-py3-none-any.whl", []),
        ("pip install --no-deps --no-build-isolation -e .", []),
        ("pip install --require-hashes -r requirements.txt", []),
        ("pip install torch", []),
    ],
)
def test_a_bare_name_is_told_from_a_folder_or_a_wheel(line: str, named: list[str]) -> None:
    assert by_name(line) == named


def test_no_page_installs_this_project_by_a_bare_name() -> None:
    lines = [(page.name, match[0]) for page in PAGES for match in _LINE.finditer(page.read_text(encoding="utf-8"))]
    assert lines, "no page has an install line: this test reads nothing"
    assert [(page, line) for page, line in lines if by_name(line)] == []


def test_readme_says_how_to_install_the_command_from_the_checkout() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in ("pip install .", "pipx install .", "uvx --from . judge"):
        assert line in text, line

"""A last line torn at any byte is cut off and asked for again, from the cache; damage before it is named by line."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from fake_server import serve
from figures import Figure, keep, size
from forked import nursery
from ledger import Job

SCRIPT = {"latency": 0.0, "default": {"text": "It is a joke.\nAnswer: humorous"}}


def test_a_line_torn_at_any_byte_costs_no_answer_and_no_call(tmp_path: Path) -> None:
    draw, wrong = random.Random(5), list[str]()
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SCRIPT) as server:
        job = Job(tmp_path / "job", server, count=5)
        assert home.run(*job.line())[0] == 0
        whole, calm, calls = (job.run / "answers.jsonl").read_bytes(), job.answers(), len(server.requests())
        last = whole.rindex(b"\n", 0, -1) + 1
        cuts = range(last, len(whole)) if size(False, True) else sorted(draw.sample(range(last, len(whole)), 8))
        for cut in cuts:
            (job.run / "answers.jsonl").write_bytes(whole[:cut])
            code, said = home.run(*job.line())
            if code or "Traceback" in said or job.answers() != calm:
                wrong.append(f"cut at {cut}: {code} {said[-200:]}")
        extra = len(server.requests()) - calls
    keep(
        Figure(
            name="torn_line",
            test="the last line of answers.jsonl torn at each of its bytes, then the same run again",
            asked="no torn record after resume",
            tried=len(cuts),
            unit="cuts",
            failed=len(wrong) + extra,
            measured=f"{extra} calls paid again",
        )
    )
    assert (wrong, extra) == ([], 0)


@pytest.mark.parametrize("harm", ["a flipped quote", "zeros", "half a line", "another format"])
def test_damage_in_the_middle_is_named_by_its_line_and_nothing_is_sent(tmp_path: Path, harm: str) -> None:
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SCRIPT) as server:
        job = Job(tmp_path / "job", server, count=5)
        assert home.run(*job.line())[0] == 0
        path = job.run / "answers.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        lines[2] = {
            "a flipped quote": lines[2].replace(b'"', b"'", 1),
            "zeros": bytes(len(lines[2]) - 1) + b"\n",
            "half a line": lines[2][: len(lines[2]) // 2] + b"\n",
            "another format": b'["k2", "ok"]\n',
        }[harm]
        path.write_bytes(b"".join(lines))
        calls = len(server.requests())
        shutil.copy(path, tmp_path / "before")
        for line in (job.line(), ["score", job.run]):
            code, said = home.run(*line)
            assert code == 2, said
            assert "answers.jsonl:3: " in said
            assert "judge doctor --deep" in said, "it says what mends it"
            assert len(said.strip().splitlines()) == 1
        assert len(server.requests()) == calls
        assert path.read_bytes() == (tmp_path / "before").read_bytes(), "a damaged file is left as it is"

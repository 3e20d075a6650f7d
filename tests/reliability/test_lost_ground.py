"""A cache folder deleted amid a run, and too few open files at any point of it: one line, and the next run mends it."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fake_server import serve
from figures import Figure, keep, size
from forked import nursery
from ledger import Job

SCRIPT = {"latency": 0.005, "default": {"text": "It is a joke.\nAnswer: humorous"}}
SLOW = SCRIPT | {"latency": 0.3}
COUNT = 24
WIDE = 60
"""Files beyond those that are open already: more than a run of 8 workers takes."""


@dataclass
class Seen:
    """What the tries showed."""

    refused: int = 0
    wrong: list[str] = field(default_factory=list)


def _fault(code: int, said: str) -> str:
    """What is wrong with how a run without files ended."""
    if "Traceback" in said or "a fault of its own" in said or "Warning" in said:
        return "a traceback"
    if code not in (1, 3, 4):
        return f"exit code {code}"
    return "" if "oo many" in said and "open" in said else "not said"


def test_too_few_open_files_are_named_wherever_a_run_meets_the_limit(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("open files are counted in /proc")
    seen, started, limits = Seen(), time.monotonic(), range(2, 30, size(9, 1))
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SCRIPT) as server:
        for limit in (*limits, WIDE):
            job = Job(tmp_path / f"job{limit}", server, count=COUNT)
            code, said = home.run(*job.line(), nofile=limit)
            kept, middle = job.committed(), len(server.requests())
            problem = _fault(code, said) if code else ""
            seen.refused += code != 0
            again, said_again = home.run(*job.line())
            problem = problem or (f"the next run ended with {again}: {said_again[-300:]}" if again else "")
            problem = problem or ("paid twice" if set(job.asked(middle)) & kept else "")
            seen.wrong += [f"{limit} files: {problem}"] if problem else []
            assert limit < WIDE or code == 0, said
    keep(
        Figure(
            name="open_files",
            test="a run that may open only so many files, then the same line without the limit",
            asked="named in a line; nothing that was kept is paid twice",
            tried=len(limits),
            unit="limits",
            failed=len(seen.wrong),
            measured=f"{seen.refused} runs met the limit",
            seconds=time.monotonic() - started,
        )
    )
    assert seen.refused >= 2
    assert not seen.wrong, "\n".join(seen.wrong[:10])


def test_a_cache_folder_that_is_deleted_amid_a_run_ends_it_in_a_line_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with nursery(tmp_path / "said") as home, serve(tmp_path / "server", SLOW) as server:
        job = Job(tmp_path / "job", server, count=COUNT)
        child = home.start(*job.line())
        end = time.monotonic() + 60
        while not job.committed():
            assert time.monotonic() < end, child.said()
            time.sleep(0.01)
        shutil.rmtree(job.cache)
        assert child.wait() == 4, child.said()
        said = child.said()
        assert "Traceback" not in said
        assert "could not be written: its folder is gone: it was deleted while it was in use" in said
        assert "run the same line again" in said
        assert len(server.requests()) < COUNT, "nothing more was asked"
        code, said = home.run(*job.line())
        assert code == 0, said
        assert len(job.answers()) == COUNT

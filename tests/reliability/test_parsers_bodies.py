"""Bodies, verdicts, replies lines, presets and price tables written one by one, each with what it must give."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from curated_bodies import body_cases
from curated_files import file_cases
from figures import Figure, keep
from readers import LIMIT


def test_each_curated_body_verdict_and_file_is_read_or_refused_as_it_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.process_time()
    cases = [*body_cases(), *file_cases(tmp_path, monkeypatch)]
    assert len({case.name for case in cases}) == len(cases), "no case counts twice"
    wrong: list[str] = []
    times: list[tuple[float, str]] = []
    for case in cases:
        took = 1e9
        for _ in range(2):
            started = time.process_time()
            found = case.make()
            took = min(took, time.process_time() - started)
            if took < LIMIT:
                break
        times.append((took, case.name[:80]))
        wrong += [] if found == case.wanted else [f"{case.name[:200]!a}: {found!a:.200}, not {case.wanted!a:.200}"]
    slow = [item for item in times if item[0] >= LIMIT]
    keep(
        Figure(
            name="parsers_bodies",
            test="bodies of servers, verdicts, replies lines, presets and price tables written one by one",
            asked="each given or refused as it must be, under 100 ms",
            tried=len(cases),
            unit="inputs",
            failed=len(wrong) + len(slow),
            measured=f"slowest {max(times)[0] * 1000:.0f} ms ({max(times)[1]!a})",
            seconds=time.process_time() - begun,
        )
    )
    assert len(cases) >= 200
    assert wrong == []
    assert slow == []

"""Promises 1 and 3: random kill -9 with eight workers; the server's ledger and the disk say what was in flight."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fake_server import serve
from figures import Figure, keep, size
from forked import Nursery, nursery
from ledger import WORKERS, Job

SCRIPT = {"latency": 0.02, "default": {"text": "It is a joke.\nAnswer: humorous"}}
COUNT = 300
"""Items of one run."""
BETWEEN = 4
"""Every so-manieth kill falls between the cache's commit and the answer's line."""


@dataclass
class Seen:
    """What all kills together showed."""

    kills: int = 0
    idle: int = 0
    """Kills with no call in flight, which do not count."""
    in_flight: int = 0
    extra: int = 0
    said: int = 0
    """Extra calls by the runs' own word."""
    paid_twice: list[str] = field(default_factory=list)
    """Asked again although the reply was on disk, or more in flight than there are workers."""
    lost: int = 0
    doubled: int = 0
    different: int = 0


def _one_life(job: Job, home: Nursery, seen: Seen, draw: random.Random) -> bool:
    """Start, kill, and look at what is on disk; False where the run ended before it could be killed."""
    before, on_disk = len(job.server.requests()), job.committed()
    if draw.randrange(BETWEEN) == 0:
        child = home.start(*job.line(), die_before_append=draw.randint(1, 12))
        code = child.wait()
    else:
        child = home.start(*job.line())
        goal = before + 1
        while child.running() and len(job.server.requests()) < goal:
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.25))
        child.kill()
        code = child.wait()
    if code != -9:
        assert code == 0, child.said()
        return False
    job.settle()
    asked = Counter(job.asked(before))
    in_flight = set(asked) - job.committed()
    seen.paid_twice += [item for item in asked if item in on_disk or asked[item] > 1]
    seen.paid_twice += ["more than one a worker"] if len(in_flight) > WORKERS else []
    seen.in_flight += len(in_flight)
    seen.kills += bool(in_flight)
    seen.idle += not in_flight
    return True


def _one_run(job: Job, home: Nursery, seen: Seen, *, draw: random.Random, most: int) -> None:
    goal = seen.kills + most
    while seen.kills < goal and _one_life(job, home, seen, draw):
        pass
    code, said = home.run(*job.line())
    assert code == 0, said
    rows = Counter(line["sample_id"] for line in job.answers())
    seen.lost += job.count - len(rows)
    seen.doubled += sum(count - 1 for count in rows.values())
    seen.extra += len(job.server.requests()) - job.count
    seen.said += job.run_file()["extra_calls"]


def test_after_a_thousand_kills_nothing_is_lost_doubled_or_paid_twice(tmp_path: Path) -> None:
    wanted, draw, seen, started = size(10, 1000), random.Random(size(1, 20261125)), Seen(), time.monotonic()
    with nursery(tmp_path / "said") as home:
        with serve(tmp_path / "calm", SCRIPT) as server:
            calm = Job(tmp_path / "calm" / "job", server, count=COUNT)
            code, said = home.run(*calm.line())
            assert code == 0, said
            assert calm.run_file()["extra_calls"] == 0
        number = 0
        while seen.kills < wanted:
            number += 1
            with serve(tmp_path / f"server-{number}", SCRIPT) as server:
                job = Job(tmp_path / f"job-{number}", server, count=COUNT)
                _one_run(job, home, seen, draw=draw, most=min(25, wanted - seen.kills))
                seen.different += job.answers() != calm.answers()
    failed = len(seen.paid_twice) + seen.lost + seen.doubled + seen.different
    keep(
        Figure(
            name="kill_random",
            test="random kill -9, 8 workers, one in four between cache commit and answer line",
            asked="1,000 kills: 0 lost, 0 doubled rows, extra calls <= in flight per kill",
            tried=seen.kills,
            unit="kills",
            failed=failed,
            measured=f"{seen.extra:,} extra calls for {seen.in_flight:,} in flight at the kills; {seen.lost} lost, "
            f"{seen.doubled} doubled; the runs' own count: {seen.said:,}",
            seconds=time.monotonic() - started,
            details={"idle_kills": seen.idle, "runs": number, "items_each": COUNT},
        )
    )
    assert seen.paid_twice == []
    assert (seen.lost, seen.doubled) == (0, 0)
    assert seen.different == 0, "results equal those of an undisturbed run, apart from times and calls"
    assert seen.extra <= seen.in_flight
    assert seen.extra <= seen.said <= seen.in_flight + seen.kills * WORKERS, "the run says how many extra calls it made"

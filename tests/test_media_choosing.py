"""Which frames a policy asks for: arithmetic only, no clip is opened."""

from __future__ import annotations

import bisect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.media.choosing import Track, choose, spread

MILLISECOND = 0.001
ASCENDING = st.lists(st.integers(-5_000, 60_000), min_size=1, max_size=80, unique=True).map(sorted)


def _track(times: list[int], base: float = MILLISECOND) -> Track:
    return Track(times=times, keys=[], base=base)


def test_uniform_picks_the_same_frames_as_numpy_linspace_by_which_most_models_sample() -> None:
    for total in [*range(2, 130), 1499, 1500, 54_321, 500_000]:
        for count in range(2, min(total, 65)):
            assert spread(total, count) == np.linspace(0, total - 1, count).astype(int).tolist(), (total, count)


def test_uniform_never_asks_for_more_frames_than_there_are_and_a_single_one_is_from_the_middle() -> None:
    assert spread(3, 8) == [0, 1, 2]
    assert spread(3, 3) == [0, 1, 2]
    assert spread(1, 1) == [0]
    assert spread(9, 1) == [4]
    assert choose(_track([]), policy="uniform", count=8, fps=0) == []


@given(ASCENDING, st.integers(1, 40), st.sampled_from(["uniform", "first", "fps"]))
def test_every_policy_gives_real_times_once_ascending_and_never_more_than_the_cap(
    times: list[int], count: int, policy: str
) -> None:
    chosen = choose(_track(times), policy=policy, count=count, fps=2.0)
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(times)
    assert 1 <= len(chosen) <= count
    if policy == "first":
        assert chosen == times[:count]
    if policy == "uniform" and count > 1:
        assert (chosen[0], len(chosen)) == (times[0], min(count, len(times)))


@given(ASCENDING, st.sampled_from([0.5, 1.0, 2.0, 3.0, 10.0, 24.0, 29.97, 60.0]))
def test_fps_picks_the_frame_that_is_shown_at_each_tick(times: list[int], fps: float) -> None:
    ticks = range(int((times[-1] - times[0]) * MILLISECOND * fps + 1e-9) + 1)
    shown = [bisect.bisect_right(times, times[0] + tick / fps / MILLISECOND + 1e-3) - 1 for tick in ticks]
    assert choose(_track(times), policy="fps", count=100_000, fps=fps) == [times[i] for i in dict.fromkeys(shown)]


def test_fps_beyond_the_cap_is_spread_over_the_whole_clip() -> None:
    times = [number * 40 for number in range(2501)]  # 100 s at 25 a second
    chosen = choose(_track(times), policy="fps", count=11, fps=1.0)
    assert chosen == [number * 10_000 for number in range(11)]


def test_fps_above_the_clips_own_rate_takes_every_frame_once() -> None:
    times = [number * 40 for number in range(10)]
    assert choose(_track(times), policy="fps", count=256, fps=50.0) == times


def test_fps_follows_the_time_and_not_the_count_of_a_clip_with_variable_frame_rate() -> None:
    times = [*range(0, 1000, 10), 5000, 6500]  # 100 frames in the first second, then two
    assert choose(_track(times), policy="fps", count=256, fps=1.0) == [0, 990, 5000]
    assert choose(_track(times), policy="uniform", count=3, fps=0) == [0, 500, 6500]


def test_a_clip_that_claims_to_last_for_ages_costs_no_more_than_its_frames() -> None:
    assert choose(_track([0, 1, 2**62]), policy="fps", count=8, fps=60.0) == [0, 1, 2**62]


@pytest.mark.parametrize(("early", "late", "frames"), [(0, 400, 10), (400, 0, -10), (-40, 0, 0), (0, 10_000, 50)])
def test_the_way_between_two_times_is_counted_in_frames(early: int, late: int, frames: int) -> None:
    assert _track([number * 40 for number in range(50)]).between(early, late) == frames


def test_the_key_frame_before_a_time_is_the_last_one_at_or_before_it() -> None:
    track = Track(times=list(range(100)), keys=[10, 50], base=MILLISECOND)
    assert [track.key_before(time) for time in (9, 10, 49, 50, 99)] == [None, 10, 10, 50, 50]

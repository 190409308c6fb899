"""Which stretches of the test recording are played."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_audio.listening.clips import _best_starts, bass_stretches, choose_clips
from rnn_audio.signals.guitar import playing

RATE_HZ = 1000


def bursts(seconds: int, *sounding_s: tuple[float, float]) -> np.ndarray:
    """Noise in some stretches, and nearly nothing elsewhere."""
    sound = 1e-4 * np.random.default_rng(1).standard_normal(seconds * RATE_HZ)
    for start_s, stop_s in sounding_s:
        sound[int(start_s * RATE_HZ) : int(stop_s * RATE_HZ)] *= 1e3
    return sound


def test_clips_are_where_it_sounds_and_do_not_overlap() -> None:
    clips = choose_clips(bursts(40, (5, 10), (20, 30)), RATE_HZ, count=3, seconds=5)
    assert [(clip.start, clip.stop) for clip in clips] == [(5000, 10000), (20000, 25000), (25000, 30000)]
    assert {clip.preferred for clip in clips} == {None}


def test_preferred_stretches_come_first_and_the_share_is_told() -> None:
    sound = bursts(40, (0, 40))
    first, second = choose_clips(sound, RATE_HZ, 2, 4, preferred_s=[(11, 15), (30.0, 32.0)])
    assert (first.start, first.preferred) == (11000, 1.0)
    assert second.start <= 30000 and second.stop >= 32000
    assert second.preferred == pytest.approx(0.5)


def test_a_preferred_rest_is_not_worth_a_clip() -> None:
    (clip,) = choose_clips(bursts(20, (10, 20)), RATE_HZ, 1, 5, preferred_s=[(0, 6)])
    assert clip.start >= 10000


@pytest.mark.parametrize(("samples", "count"), [(1200, 4), (1203, 2), (37, 4), (4, 4)])
def test_a_short_recording_gives_shorter_clips(samples: int, count: int) -> None:
    clips = choose_clips(np.ones(samples), RATE_HZ, count, seconds=8)
    assert len(clips) == count
    (length,) = {clip.stop - clip.start for clip in clips}
    assert 0.8 * (samples // count) <= length <= samples // count
    assert all(one.stop <= other.start for one, other in pairwise(clips))
    assert clips[-1].stop <= samples


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=5, max_size=9), st.integers(1, 3), st.integers(1, 3))
def test_the_choice_has_the_largest_sum(worth: list[float], width: int, count: int) -> None:
    possible = [
        starts
        for starts in combinations(range(len(worth)), count)
        if all(other - one >= width for one, other in pairwise(starts))
    ]
    if not possible:
        return
    best = max(sum(worth[start] for start in starts) for starts in possible)
    starts = _best_starts(np.array(worth), width, count)
    assert tuple(starts) in possible
    assert sum(worth[start] for start in starts) == pytest.approx(best)


def test_the_bass_of_the_synthetic_device_is_found() -> None:
    """Below 80 Hz there is no string of a guitar: nearly all energy there must be in the stretches."""
    rate_hz, duration_s, split = 8000, 60.0, [0.25, 0.25, 0.5]
    settings_ = {"synthetic": {"duration_s": duration_s, "seed": 3}, "split": split}
    stretches = bass_stretches(settings_)
    test_part = playing(duration_s, rate_hz, 3, longest_passage_s=duration_s * min(split) / 3)[30 * rate_hz :]
    spectrum = np.fft.rfft(test_part)
    frequencies_hz = np.fft.rfftfreq(len(test_part), 1 / rate_hz)
    low = np.fft.irfft(np.where((frequencies_hz > 38) & (frequencies_hz < 78), spectrum, 0), len(test_part))
    inside = np.zeros(len(low), dtype=bool)
    for start_s, stop_s in stretches:
        inside[int(start_s * rate_hz) : int((stop_s + 0.2) * rate_hz)] = True
    assert 0.1 < inside.mean() < 0.6
    assert np.square(low[inside]).sum() > 20 * np.square(low[~inside]).sum()

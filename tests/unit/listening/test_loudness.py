"""Loudness after ITU-R BS.1770."""

import math

import numpy as np
import pytest

from rnn_audio.listening.loudness import k_weighting, loudness_lufs

RATES_HZ = (22_050, 44_100, 48_000, 96_000)


def sine(hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def test_the_filter_at_48_khz_is_that_of_the_recommendations_tables() -> None:
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    assert k_weighting(48_000)[0] == pytest.approx(shelf, abs=1e-7)
    # The table has a gain of 1 here; the filter behind it has 0.995, which is 0.04 dB.
    assert k_weighting(48_000)[1] == pytest.approx(high_pass, abs=1e-7)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_full_scale_sine_of_997_hz_has_minus_3_01_lufs(rate_hz: int) -> None:
    assert loudness_lufs(sine(997, 2, rate_hz), rate_hz) == pytest.approx(-3.01, abs=0.05)


def test_a_gain_changes_loudness_by_as_many_decibels() -> None:
    sound = sine(200, 3, 44_100)
    assert loudness_lufs(sound / 10, 44_100) == pytest.approx(loudness_lufs(sound, 44_100) - 20, abs=1e-9)


def test_rests_do_not_count() -> None:
    sound = sine(300, 4, 44_100)
    with_rest = np.concatenate([sound, np.zeros(8 * 44_100), 0.01 * sound])
    assert loudness_lufs(with_rest, 44_100) == pytest.approx(loudness_lufs(sound, 44_100), abs=0.3)


def test_silence_has_no_loudness_and_a_short_sound_is_one_block() -> None:
    assert loudness_lufs(np.zeros(44_100), 44_100) == -math.inf
    assert loudness_lufs(sine(997, 0.2, 48_000), 48_000) == pytest.approx(-3.01, abs=0.2)

"""Loudspeaker: its directivity against limits that are known, and its range."""

import numpy as np
import pytest

from rnn_audio.signals.loudspeaker import directivity, radiate, radiated_share

FRONT_TO_BACK = np.array([1.0, 0.0, -1.0])


def test_it_radiates_everywhere_at_low_frequencies_and_forward_at_high_ones() -> None:
    np.testing.assert_allclose(directivity(FRONT_TO_BACK, np.array([20.0])), 1.0, atol=0.01)
    high = directivity(FRONT_TO_BACK, np.array([8000.0]))[0]
    assert high[0] == pytest.approx(1.0)
    assert 0.4 > high[1] > high[2]


def test_its_power_is_that_of_a_sphere_and_falls_to_less_than_a_cardioids() -> None:
    shares = radiated_share(np.array([20.0, 250.0, 1000.0, 8000.0]))
    assert shares[0] == pytest.approx(1.0, abs=0.01)
    # A cardioid radiates a third of the power of a source that is as loud everywhere as on its axis.
    assert 1.0 > shares[1] > shares[2] > 1.0 / 3.0 > shares[3]


def test_it_plays_its_range() -> None:
    click = np.zeros(44100)
    click[0] = 1.0
    levels_db = 20.0 * np.log10(np.abs(np.fft.rfft(radiate(click, 44100.0, 5000.0)))[[15, 60, 1000, 5000, 20000]])
    assert levels_db[1] == pytest.approx(-3.0, abs=0.1)
    assert levels_db[2] == pytest.approx(0.0, abs=0.1)
    assert levels_db[3] == pytest.approx(-3.0, abs=0.1)
    assert levels_db[0] == pytest.approx(-24.0, abs=0.5)  # 12 dB an octave, two octaves down
    assert levels_db[4] < -48.0

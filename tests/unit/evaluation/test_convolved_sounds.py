"""A dry sound in a room: what convolution does to it, and how two rooms are compared by ear."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_audio.evaluation.convolved_sounds import (
    LOWEST_PLAYABLE_HZ,
    compare_convolved,
    make_playable,
    play_in_room,
    scale_together,
)
from rnn_audio.types import Floats

RATE_HZ = 8000


def noise(samples: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).uniform(-1, 1, samples)


def sounds(longest: int = 40) -> st.SearchStrategy[Floats]:
    return arrays(np.float64, st.integers(1, longest), elements=st.floats(-100, 100, width=16))


def test_a_unit_impulse_leaves_the_dry_sound() -> None:
    dry = noise(500)
    np.testing.assert_allclose(play_in_room(dry, np.array([1.0])), dry, atol=1e-14)


def test_a_delayed_impulse_delays_the_dry_sound() -> None:
    dry = noise(500)
    played = play_in_room(dry, np.eye(1, 100, 30)[0])
    assert played.shape == (599,)
    np.testing.assert_allclose(played[30:530], dry, atol=1e-14)
    np.testing.assert_allclose(np.concatenate([played[:30], played[530:]]), 0, atol=1e-14)


@given(sounds(), sounds())
def test_the_full_convolution_is_that_of_the_definition(dry: Floats, response: Floats) -> None:
    scale = max(np.abs(dry).max() * np.abs(response).max(), 1.0)
    np.testing.assert_allclose(play_in_room(dry, response), np.convolve(dry, response), atol=1e-10 * scale)


@given(sounds(), sounds())
def test_equal_responses_sound_the_same(dry: Floats, response: Floats) -> None:
    target, generation = (play_in_room(dry, each) for each in (response, response.copy()))
    np.testing.assert_array_equal(target, generation)
    np.testing.assert_array_equal(*scale_together([target, generation]))


def test_equal_sounds_do_not_differ() -> None:
    sound = play_in_room(noise(4000), np.array([1.0, 0.5]))
    assert compare_convolved(sound, sound.copy(), RATE_HZ) == {"relative_error": 0, "log_spectral_distance_db": 0}


def test_a_generation_at_half_the_level_is_6_db_away_and_a_quarter_of_the_power_wrong() -> None:
    target = play_in_room(noise(4000), np.array([1.0, 0.5]))
    compared = compare_convolved(target, 0.5 * target, RATE_HZ)
    assert compared["relative_error"] == pytest.approx(0.25)
    assert compared["log_spectral_distance_db"] == pytest.approx(20 * np.log10(2))


def test_a_silent_generation_is_as_wrong_as_silence() -> None:
    target = noise(4000)
    assert compare_convolved(target, np.zeros(4000), RATE_HZ)["relative_error"] == 1


@given(sounds(), sounds())
def test_one_gain_takes_the_larger_peak_to_1(first: Floats, second: Floats) -> None:
    scaled = scale_together([first, second])
    largest = max(np.abs(first).max(), np.abs(second).max())
    if largest == 0:
        assert not any(sound.any() for sound in scaled)
        return
    assert max(np.abs(sound).max() for sound in scaled) == 1
    for before, after in zip((first, second), scaled, strict=True):
        np.testing.assert_allclose(largest * after, before, rtol=1e-12)


def test_scaling_keeps_what_it_was_given() -> None:
    sound = noise(10)
    before = sound.copy()
    scale_together([sound, 3 * sound])
    np.testing.assert_array_equal(sound, before)


@pytest.mark.parametrize(("rate_hz", "playable_hz"), [(1024, 8192), (5512, 11024), (8000, 8000), (44100, 44100)])
def test_a_low_rate_is_raised_to_its_first_multiple_that_can_be_played(rate_hz: int, playable_hz: int) -> None:
    played, rate = make_playable(noise(100), rate_hz)
    assert rate == playable_hz >= LOWEST_PLAYABLE_HZ
    assert played.shape == (100 * playable_hz // rate_hz,)


def test_a_rate_that_can_be_played_changes_nothing() -> None:
    sound = noise(100)
    played, _ = make_playable(sound, LOWEST_PLAYABLE_HZ)
    np.testing.assert_array_equal(played, sound)
    assert played is not sound


@pytest.mark.parametrize("rate_hz", [1024, 5512])
def test_a_raised_rate_keeps_the_samples_and_adds_no_higher_frequencies(rate_hz: int) -> None:
    times = np.arange(2000) / rate_hz
    sine = np.sin(2 * np.pi * 0.3 * rate_hz * times) * np.hanning(2000)
    played, playable_hz = make_playable(sine, rate_hz)
    factor = playable_hz // rate_hz
    np.testing.assert_allclose(played[::factor], sine, atol=2e-3)
    power = np.square(np.abs(np.fft.rfft(played * np.hanning(played.size))))
    frequencies = np.fft.rfftfreq(played.size, 1 / playable_hz)
    assert power[frequencies > 0.6 * rate_hz].sum() < 1e-5 * power.sum()

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import ShortTimeFFT

from rnn_audio.evaluation.distances import (
    effective_length,
    envelope,
    log_spectral_distance,
    mean_squared_error,
    relative_error,
    signal_power,
)

SINE = np.sin(2 * np.pi * 440 * np.arange(1024) / 44100)


def room(rate_hz: int, samples: int, seed: int = 0) -> NDArray[np.float64]:
    """Noise that decays by 60 dB in 0.4 s, from a direct sound on."""
    noise = 0.3 * np.random.default_rng(seed).standard_normal(samples)
    noise[0] = 1.0
    return noise * 10 ** (-3 * np.arange(samples) / rate_hz / 0.4)


SIGNALS = [(room(1024, 512), 1024), (room(5512, 2756), 5512), (room(44100, 22050), 44100), (SINE, 44100)]


def test_errors_of_known_signals() -> None:
    target = np.array([1.0, -1.0, 3.0])
    assert signal_power(target) == pytest.approx(11 / 3)
    assert mean_squared_error(np.zeros(3), target) == pytest.approx(11 / 3)
    assert relative_error(np.zeros(3), target) == pytest.approx(1)
    assert relative_error(target, target) == 0
    assert relative_error(2 * target, target) == pytest.approx(1)


def test_an_output_that_is_not_finite_has_no_finite_error() -> None:
    assert math.isnan(mean_squared_error(np.array([np.nan, 0]), np.ones(2)))
    assert math.isnan(log_spectral_distance(np.full(1024, np.nan), SINE, 44100))


@pytest.mark.parametrize(
    "metric",
    [
        mean_squared_error,
        relative_error,
        lambda *pair: log_spectral_distance(*pair, 1024),
        lambda *pair: effective_length(*pair, 1024),
    ],
)
def test_signals_of_different_length_are_refused(metric) -> None:  # noqa: ANN001 - any of the four signatures
    with pytest.raises(ValueError, match="equally long"):
        metric(np.ones(3), np.arange(4.0))


def test_a_target_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="silent target"):
        relative_error(np.ones(3), np.zeros(3))
    with pytest.raises(ValueError, match="silent target"):
        log_spectral_distance(np.ones(3), np.zeros(3), 1024)
    with pytest.raises(ValueError, match="constant target"):
        effective_length(np.ones(3), np.ones(3), 1024)


@pytest.mark.parametrize(("signal", "rate_hz"), SIGNALS)
def test_log_spectral_distance_of_a_gain_is_that_gain_in_db(signal: NDArray[np.float64], rate_hz: int) -> None:
    noise = np.random.default_rng(1).standard_normal(signal.size)
    assert log_spectral_distance(noise, noise, rate_hz) == 0
    assert log_spectral_distance(2 * noise, noise, rate_hz) == pytest.approx(20 * np.log10(2), abs=1e-6)


def test_log_spectral_distance_agrees_with_scipys_transform() -> None:
    first, second = (np.random.default_rng(seed).standard_normal(4096) for seed in (1, 2))
    # At 1024 Hz: 32 samples of a periodic Hann window, hop 8; whole windows only, from the first sample on.
    transform = ShortTimeFFT(np.hanning(33)[:-1], hop=8, fs=1024)
    frames = range(2, 2 + (4096 - 32) // 8 + 1)
    spectra_db = [20 * np.log10(np.abs(transform.stft(x, p0=frames[0], p1=frames[-1] + 1))) for x in (first, second)]
    expected = np.mean(np.sqrt(np.mean(np.square(spectra_db[0] - spectra_db[1]), axis=0)))
    assert log_spectral_distance(first, second, 1024) == pytest.approx(expected, rel=1e-6)


def test_silence_is_at_most_100_db_away() -> None:
    assert 0 < log_spectral_distance(np.zeros(1024), SINE, 44100) <= 100


def test_envelope_of_a_sine_is_its_effective_value() -> None:
    sine = 3 * np.sin(2 * np.pi * 441 * np.arange(4410) / 44100)
    middle = envelope(sine, 44100)[300:-300]
    np.testing.assert_allclose(middle, 3 / math.sqrt(2), rtol=0.05)


def test_envelope_ignores_an_offset_and_long_signals_have_no_seams() -> None:
    noise = np.random.default_rng(0).standard_normal(70_000)
    np.testing.assert_allclose(envelope(noise + 5, 1024), envelope(noise, 1024), rtol=1e-9)
    np.testing.assert_allclose(envelope(noise[60_000:], 1024)[8:], envelope(noise, 1024)[60_008:])


@pytest.mark.parametrize(("target", "rate_hz"), SIGNALS)
class TestEffectiveLength:
    def test_identical_signals_have_the_full_length(self, target: NDArray[np.float64], rate_hz: int) -> None:
        assert effective_length(target, target, rate_hz) == target.size

    @pytest.mark.parametrize("gain", [0.5, 2.0, -1.0])
    def test_a_level_within_tolerance_has_too(self, target: NDArray[np.float64], rate_hz: int, gain: float) -> None:
        assert effective_length(gain * target, target, rate_hz) == target.size

    @pytest.mark.parametrize("gain", [0.1, 10.0])
    def test_a_level_beyond_tolerance_has_none(self, target: NDArray[np.float64], rate_hz: int, gain: float) -> None:
        assert effective_length(gain * target, target, rate_hz) == 0

    @pytest.mark.parametrize("ending", ["dies", "constant", "bursts", "jumps", "overflows"])
    def test_the_end_is_found(self, target: NDArray[np.float64], rate_hz: int, ending: str) -> None:
        end = round(0.4 * target.size)
        generation = target.copy()
        rest = generation[end:]
        generation[end:] = {
            "dies": np.zeros(rest.size),
            "constant": np.full(rest.size, 0.7),
            "bursts": np.abs(target).max()
            * np.exp(np.minimum(np.arange(rest.size) / 5.0, 20))
            * (-1.0) ** np.arange(rest.size),
            "jumps": 100 * rest,
            "overflows": np.full(rest.size, 1e300) * (-1.0) ** np.arange(rest.size),
        }[ending]
        half_window = max(16, round(0.005 * rate_hz)) // 2
        assert end - half_window - 1 <= effective_length(generation, target, rate_hz) <= end + half_window + 1

    def test_no_sound_at_all_has_none(self, target: NDArray[np.float64], rate_hz: int) -> None:
        assert effective_length(np.zeros(target.size), target, rate_hz) == 0
        assert effective_length(np.full(target.size, 0.7), target, rate_hz) == 0
        assert effective_length(np.where(np.arange(target.size) == 9, np.nan, target), target, rate_hz) == 0


def test_another_noise_of_the_same_decay_counts_as_the_same_envelope() -> None:
    assert effective_length(room(5512, 2756, seed=1), room(5512, 2756), 5512) == 2756


def test_a_tail_below_60_db_is_over_but_must_stay_silent() -> None:
    target = np.concatenate([SINE, np.zeros(2000)])
    quiet = np.concatenate([SINE, 1e-4 * np.random.default_rng(0).standard_normal(2000)])
    loud = np.concatenate([SINE, 0.1 * np.random.default_rng(0).standard_normal(2000)])
    assert effective_length(quiet, target, 44100) == target.size
    assert effective_length(loud, target, 44100) == pytest.approx(1024, abs=112)

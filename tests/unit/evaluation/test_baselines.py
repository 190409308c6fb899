import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.evaluation.baselines import Waveshaper, fit_gain, fit_waveshaper


def playing(seed: int = 0, samples: int = 20_000) -> NDArray[np.float64]:
    """Noise with pauses and a range of dynamics: most samples are quiet, many are exactly zero."""
    rng = np.random.default_rng(seed)
    envelope = np.repeat(rng.choice([0.0, 0.05, 0.3, 1.0], samples // 1000), 1000)
    return envelope * rng.uniform(-1, 1, samples)


def squared_error(target: NDArray[np.float64], output: NDArray[np.float64]) -> float:
    return float(np.sum((target - output) ** 2))


def test_a_gain_is_found_exactly() -> None:
    x = playing()
    assert fit_gain(x, -3.7 * x) == pytest.approx(-3.7, rel=1e-12)


def test_the_gain_leaves_an_error_orthogonal_to_the_input() -> None:
    x, y = playing(), np.tanh(3 * playing()) + playing(1)
    assert x @ (y - fit_gain(x, y) * x) == pytest.approx(0, abs=1e-9)


def test_a_curve_of_few_lines_is_found_exactly_where_its_corners_are_knots() -> None:
    x = np.linspace(-1, 1, 1001)
    y = np.where(x < 0, 0.2 * x, 3 * x) - 0.1
    np.testing.assert_allclose(fit_waveshaper(x, y, bins=4).apply(x), y, atol=1e-12)


def test_a_smooth_static_nonlinearity_is_followed_closer_with_more_bins() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, 50_000)
    y = np.tanh(4 * x + 0.3)
    errors = [squared_error(y, fit_waveshaper(x, y, bins).apply(x)) / squared_error(y, 0 * y) for bins in (4, 16, 64)]
    # Linear interpolation: the squared error falls with the fourth power of the bins' width.
    assert errors[0] > 50 * errors[1] > 50**2 * errors[2]
    assert errors[2] < 1e-6


@given(seed=st.integers(0, 1000), bins=st.integers(1, 40), memory=st.integers(0, 3))
def test_the_waveshaper_is_never_worse_than_the_gain_on_its_training_data(seed: int, bins: int, memory: int) -> None:
    x = playing(seed, 2000) + np.random.default_rng(seed).normal(0, 1e-3, 2000)
    y = np.tanh(2 * np.roll(x, memory)) + 0.1
    shaped = squared_error(y, fit_waveshaper(x, y, bins).apply(x))
    assert shaped <= squared_error(y, fit_gain(x, y) * x) * (1 + 1e-9)


def test_noise_on_the_target_averages_out_in_the_curve() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 100_000)
    shaper = fit_waveshaper(x, 2 * x + rng.normal(0, 1, len(x)), bins=10)
    np.testing.assert_allclose(shaper.outputs, 2 * shaper.inputs, atol=0.06)


def test_bins_of_equal_samples_fall_together() -> None:
    x = np.repeat([-1.0, 0.0, 0.0, 0.0, 0.0, 1.0], 10)
    shaper = fit_waveshaper(x, np.abs(x), bins=30)
    np.testing.assert_array_equal(shaper.inputs, [-1, 0, 1])
    np.testing.assert_allclose(shaper.outputs, [1, 0, 1], atol=1e-12)


def test_a_constant_input_gives_the_mean_of_the_target() -> None:
    assert fit_waveshaper(np.ones(4), np.array([1.0, 2, 3, 6]), bins=3).apply(np.array([5.0])) == 3


def test_beyond_the_training_range_the_ends_hold() -> None:
    shaper = Waveshaper(np.array([-1.0, 1.0]), np.array([-0.5, 0.7]))
    np.testing.assert_allclose(shaper.apply(np.array([-9.0, 0.0, 9.0])), [-0.5, 0.1, 0.7], rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones(3), np.ones(4), r"\(3,\).*\(4,\)"),
        (np.ones(0), np.ones(0), "not empty"),
        (np.ones((2, 3)), np.ones((2, 3)), "mono"),
        (np.array([1, np.nan]), np.ones(2), "NaN"),
        (np.zeros(3), np.ones(3), "silent"),
    ],
)
def test_signals_that_cannot_be_fitted_are_errors(x: NDArray[np.float64], y: NDArray[np.float64], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_gain(x, y)
    with pytest.raises(InputError, match=message):
        fit_waveshaper(x, y, bins=2)


def test_a_waveshaper_without_bins_is_an_error() -> None:
    with pytest.raises(InputError, match="at least one bin"):
        fit_waveshaper(np.ones(3), np.ones(3), bins=0)

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from rnn_audio.evaluation.linear_prediction import TAPS, linear_prediction_mse


def test_a_decaying_sine_follows_from_two_samples() -> None:
    """x[n] = 2 r cos(w) x[n-1] - r^2 x[n-2]; only the second sample has no two before it."""
    n = np.arange(300)
    signal = 0.99**n * np.sin(0.3 * n + 1.0)
    unpredicted = linear_prediction_mse(signal, 2)
    assert unpredicted < 0.02 * np.mean(signal[1:] ** 2)
    from_zero = 0.99**n * np.sin(0.3 * n)
    assert linear_prediction_mse(from_zero, 2) == pytest.approx(from_zero[1] ** 2 / 299)


def test_white_noise_follows_from_nothing() -> None:
    noise = np.random.default_rng(0).standard_normal(20_000)
    assert linear_prediction_mse(noise, 8) == pytest.approx(np.mean(noise[1:] ** 2), rel=2e-3)


def test_an_autoregressive_process_leaves_its_innovation() -> None:
    innovation = np.random.default_rng(1).standard_normal(20_000)
    signal = lfilter([1.0], [1.0, -1.2, 0.7], innovation)
    assert linear_prediction_mse(signal, 8) == pytest.approx(np.var(innovation), rel=0.01)


@pytest.mark.parametrize("taps", TAPS)
def test_the_error_is_that_of_the_autocorrelation_method(taps: int) -> None:
    """Another way to the weights: the normal equations of the whole padded signal (Levinson). It differs at the end."""
    signal = lfilter([1.0], [1.0, -0.5, 0.3], np.random.default_rng(2).standard_normal(3000)) * 0.998 ** np.arange(3000)
    correlation = np.correlate(signal, signal, "full")[len(signal) - 1 :][: taps + 1]
    weights = solve_toeplitz(correlation[:taps], correlation[1:])
    predicted = lfilter(np.concatenate([[0.0], weights]), [1.0], signal)
    assert linear_prediction_mse(signal, taps) == pytest.approx(np.mean((signal - predicted)[1:] ** 2), rel=1e-3)


def test_more_taps_are_never_worse() -> None:
    signal = np.random.default_rng(3).standard_normal(400).astype(np.float32)
    errors = [linear_prediction_mse(signal, taps) for taps in (1, 2, 8, 32)]
    assert errors == sorted(errors, reverse=True)


def test_silence_and_two_samples_have_an_error() -> None:
    assert linear_prediction_mse(np.zeros(50), 8) == 0.0
    assert linear_prediction_mse(np.array([1.0, 2.0]), 8) == pytest.approx(0.0, abs=1e-20)
    assert linear_prediction_mse(np.array([0.0, 2.0]), 8) == 4.0

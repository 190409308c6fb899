"""Pre-emphasis: equations 5 to 7, the standard's curve, and packed application against scipy's filter."""

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from rnn_audio.errors import InputError
from rnn_audio.losses import preemphasis
from rnn_audio.losses.packed_filter import apply_packed

RATE_HZ = 44100.0


def test_equation_5_rises_from_015_to_185() -> None:
    frequencies = np.array([0.0, RATE_HZ / 4.0, RATE_HZ / 2.0])
    magnitudes = preemphasis.magnitude_response(preemphasis.taps("highpass", RATE_HZ), frequencies, RATE_HZ)
    np.testing.assert_allclose(magnitudes, [0.15, np.hypot(1.0, 0.85), 1.85], rtol=1e-12)


def test_equation_6_folds_that_response_at_a_quarter_of_the_rate() -> None:
    frequencies = np.array([0.0, RATE_HZ / 4.0, RATE_HZ / 2.0])
    magnitudes = preemphasis.magnitude_response(
        preemphasis.taps("folded_differentiator", RATE_HZ), frequencies, RATE_HZ
    )
    np.testing.assert_allclose(magnitudes, [0.15, 1.85, 0.15], rtol=1e-12)


def test_none_is_the_identity() -> None:
    np.testing.assert_array_equal(preemphasis.taps("none", RATE_HZ), [1.0])


@pytest.mark.parametrize(
    ("frequency_hz", "weight_db"), [(100.0, -19.14), (1000.0, 0.0), (2000.0, 1.20), (10000.0, -2.49)]
)
def test_a_weighting_has_the_standards_values(frequency_hz: float, weight_db: float) -> None:
    assert preemphasis.a_weighting_db(np.array([frequency_hz]))[0] == pytest.approx(weight_db, abs=0.005)


def test_a_weighting_taps_are_100_and_the_cascaded_low_pass() -> None:
    taps = preemphasis.taps("a_weighting", RATE_HZ)
    assert len(taps) == preemphasis.A_WEIGHTING_TAPS + 1
    alone, remainder = np.polydiv(taps, preemphasis.LOW_PASS)
    assert len(alone) == preemphasis.A_WEIGHTING_TAPS
    np.testing.assert_allclose(remainder, 0.0, atol=1e-9)


def test_a_weighting_fit_error_from_50_hz_to_16_khz_is_as_documented() -> None:
    frequencies_hz = np.geomspace(50.0, 16000.0, 2000)
    fitted = preemphasis.magnitude_response(preemphasis.taps("a_weighting", RATE_HZ), frequencies_hz, RATE_HZ)
    low_pass = preemphasis.magnitude_response(np.array(preemphasis.LOW_PASS), frequencies_hz, RATE_HZ)
    error_db = 20.0 * np.log10(fitted / low_pass) - preemphasis.a_weighting_db(frequencies_hz)
    assert np.sqrt(np.mean(error_db**2)) < 0.7
    assert np.abs(error_db).max() < 1.4


def test_low_passed_a_weighting_against_both_formulas_at_1_khz() -> None:
    taps = preemphasis.taps("a_weighting", RATE_HZ)
    made = preemphasis.magnitude_response(taps, np.array([1000.0]), RATE_HZ)[0]
    # |1 + 0.85 e^-jw|^2 = 1 + 0.85^2 + 2 * 0.85 cos w, and the A-weighting is 0 dB here.
    wanted = np.sqrt(1.0 + 0.85**2 + 1.7 * np.cos(2.0 * np.pi * 1000.0 / RATE_HZ))
    assert 20.0 * np.log10(made / wanted) == pytest.approx(0.0, abs=1.0)


def test_a_weighting_responds_at_once() -> None:
    # What a chunk's last samples do to the loss must show in the chunk itself.
    energy = np.cumsum(preemphasis.taps("a_weighting", RATE_HZ) ** 2)
    assert energy[2] > 0.8 * energy[-1]
    assert energy[15] > 0.98 * energy[-1]


def test_unknown_names_and_hopeless_rates_are_input_errors() -> None:
    with pytest.raises(InputError, match="'lowpass' is unknown: choose one of none, highpass"):
        preemphasis.taps("lowpass", RATE_HZ)
    with pytest.raises(InputError, match="at least 2000 Hz"):
        preemphasis.taps("a_weighting", 1024.0)


def _mixed_pack() -> tuple[list[np.ndarray], torch.Tensor]:
    filters = [preemphasis.taps(name, RATE_HZ) for name in preemphasis.NAMES]
    return filters, torch.tensor(preemphasis.pad_taps(filters))


def test_a_mixed_pack_filters_each_model_as_scipy_does() -> None:
    filters, taps = _mixed_pack()
    signal = torch.randn(len(filters), 3, 500, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    history = torch.zeros(len(filters), 3, taps.shape[1] - 1, dtype=torch.float64)
    filtered, _ = apply_packed(signal, taps, history)
    for model, own in enumerate(filters):
        wanted = lfilter(own, [1.0], signal[model].numpy(), axis=-1)
        np.testing.assert_allclose(filtered[model].numpy(), wanted, atol=1e-12)


@pytest.mark.parametrize("cuts", [(1, 7, 50), (99, 100, 101), (250,)])
def test_chunks_make_what_the_whole_makes(cuts: tuple[int, ...]) -> None:
    filters, taps = _mixed_pack()
    signal = torch.randn(len(filters), 2, 400, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    start = torch.zeros(len(filters), 2, taps.shape[1] - 1, dtype=torch.float64)
    whole, last = apply_packed(signal, taps, start)
    parts = []
    history = start
    for chunk in torch.tensor_split(signal, cuts, dim=2):
        part, history = apply_packed(chunk, taps, history)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=2), whole, rtol=0.0, atol=1e-12)
    torch.testing.assert_close(history, last, rtol=0.0, atol=0.0)


def test_the_history_carries_no_gradient() -> None:
    signal = torch.ones(1, 1, 10, requires_grad=True)
    taps = torch.tensor([[1.0, -0.85]])
    _, history = apply_packed(signal, taps, torch.zeros(1, 1, 1))
    assert not history.requires_grad


def test_gradients_of_the_filter_are_those_of_finite_differences() -> None:
    taps = torch.tensor([[1.0, -0.85, 0.0], [0.5, 0.25, 0.125]], dtype=torch.float64)
    history = torch.randn(2, 2, 2, dtype=torch.float64)
    signal = torch.randn(2, 2, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: apply_packed(x, taps, history)[0], signal)


def test_a_history_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"history is \(1, 1, 3\), must be \(1, 1, 1\)"):
        apply_packed(torch.zeros(1, 1, 4), torch.ones(1, 2), torch.zeros(1, 1, 3))

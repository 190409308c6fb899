import numpy as np
import pytest
from scipy.signal import resample_poly

from rnn_audio.errors import InputError
from rnn_audio.signals.resampling import normalise, resample

NOISE = np.random.default_rng(0).standard_normal(22050)


@pytest.mark.parametrize(("to_hz", "expected"), [(1024, 512), (5512, 2756), (44100, 22050), (22050, 11025)])
def test_the_papers_lengths(to_hz: int, expected: int) -> None:
    assert resample(NOISE, 44100, to_hz).shape == (expected,)


def test_a_sine_stays_that_sine() -> None:
    sine = np.sin(2 * np.pi * 440 * np.arange(22050) / 44100)
    expected = np.sin(2 * np.pi * 440 * np.arange(2756) / 5512)
    # The ends, where the filter reaches beyond the signal, are left out.
    np.testing.assert_allclose(resample(sine, 44100, 5512)[100:-100], expected[100:-100], atol=1e-3)


def test_agrees_with_a_polyphase_filter_within_both_pass_bands() -> None:
    spectrum = np.fft.rfft(NOISE)
    spectrum[np.fft.rfftfreq(22050, 1 / 44100) > 2000] = 0
    low_noise = np.fft.irfft(spectrum)
    ours = resample(low_noise, 44100, 11025)
    other = resample_poly(low_noise, 1, 4)[: ours.size]
    assert np.std((ours - other)[200:-200]) < 2e-3 * np.std(other)


def test_what_the_new_rate_cannot_carry_is_removed() -> None:
    high = np.sin(2 * np.pi * 4000 * np.arange(22050) / 44100)
    assert np.std(resample(high, 44100, 5512)[100:-100]) < 1e-4


def test_the_same_rate_copies() -> None:
    copy = resample(NOISE, 44100, 44100)
    np.testing.assert_array_equal(copy, NOISE)
    assert not np.shares_memory(copy, NOISE)


def test_raising_the_rate_names_both_rates_and_why() -> None:
    with pytest.raises(InputError, match=r"44100 Hz.*48000 Hz would invent content; choose a target rate of at most"):
        resample(NOISE, 44100, 48000)


def test_a_signal_shorter_than_one_sample_is_refused() -> None:
    with pytest.raises(InputError, match="take a longer signal"):
        resample(NOISE[:3], 44100, 1024)


def test_peak_becomes_one_and_the_sign_stays() -> None:
    scaled = normalise(np.array([0.1, -0.4]), "peak")
    np.testing.assert_allclose(scaled, [0.25, -1.0])


def test_none_keeps_the_level() -> None:
    np.testing.assert_array_equal(normalise(NOISE, "none"), NOISE)


def test_silence_cannot_be_normalised() -> None:
    with pytest.raises(InputError, match=r"silent at this rate.*choose a higher rate"):
        normalise(np.zeros(3), "peak")
    with pytest.raises(ValueError, match="loudness"):
        normalise(NOISE, "loudness")

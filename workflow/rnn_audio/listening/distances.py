"""Objective distances of a stimulus from its reference: a stand-in for listeners, who may judge otherwise."""

import numpy as np

from rnn_audio.losses.preemphasis import NAMES, taps
from rnn_audio.types import Floats, Samples

WINDOWS = (512, 1024, 2048)
"""Lengths of the windows of the spectral distance, in samples; they overlap by three quarters."""

_FLOOR = 1e-8  # power in a bin below which the logarithm does not follow


def distances(stimulus: Samples, reference: Samples, rate_hz: int) -> dict[str, float]:
    """The error-to-signal ratio after each pre-emphasis filter (paper B, eq. 1), and the spectral distance.

    Args:
        stimulus: [N].
        reference: [N], not silent.
        rate_hz: sampling rate of both in Hz.

    Returns:
        `esr_{filter}`, where 1.0 is 100 %, and `spectral_distance`; all are 0 for equal signals.
    """
    after = {f"esr_{name}": _esr(stimulus, reference, taps(name, rate_hz)) for name in NAMES}
    return after | {"spectral_distance": spectral_distance(stimulus, reference)}


def spectral_distance(stimulus: Samples, reference: Samples) -> float:
    """Multi-resolution STFT distance (Yamamoto et al. 2020): spectral convergence plus log-magnitude distance.

    Args:
        stimulus: [N].
        reference: [N]. Windows that do not fit in twice are left out.
    """
    fitting = [window for window in WINDOWS if window <= len(reference)] or [2 ** (len(reference).bit_length() - 1)]
    return float(
        np.mean([_distance(*(_magnitudes(each, window) for each in (stimulus, reference))) for window in fitting])
    )


def _distance(stimulus: Floats, reference: Floats) -> float:
    convergence = np.linalg.norm(reference - stimulus) / np.linalg.norm(reference)
    return float(convergence + np.abs(np.log(reference) - np.log(stimulus)).mean())


def _magnitudes(samples: Samples, window: int) -> Floats:
    padded = np.pad(np.asarray(samples, dtype=np.float64), window // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[:: window // 4]
    hann = np.hanning(window + 1)[:-1]  # periodic
    return np.sqrt(np.maximum(np.square(np.abs(np.fft.rfft(frames * hann, axis=1))), _FLOOR))


def _esr(stimulus: Samples, reference: Samples, filter_taps: Floats) -> float:
    from scipy.signal import lfilter

    error, target = (
        lfilter(filter_taps, [1.0], np.asarray(each, dtype=np.float64)) for each in (stimulus - reference, reference)
    )
    return float(np.square(error).sum() / np.square(target).sum())

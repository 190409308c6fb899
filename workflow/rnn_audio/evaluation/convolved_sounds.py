"""A dry sound convolved with the recorded and with the generated room response, to hear how they differ."""

import numpy as np
from numpy.typing import NDArray

from rnn_audio.evaluation.distances import log_spectral_distance, relative_error
from rnn_audio.types import Samples

LOWEST_PLAYABLE_HZ = 8000
"""Lowest rate that sound cards and browsers play; a browser does not play a response at 1024 Hz."""


def play_in_room(dry: Samples, response: Samples) -> NDArray[np.float64]:
    """Convolve a dry sound, shape (n,), with a response, shape (m,), at the same rate; returns shape (n + m - 1,).

    >>> play_in_room(np.array([1.0, 2.0]), np.array([0.0, 1.0, 0.5])).round(6).tolist()
    [0.0, 1.0, 2.5, 1.0]
    """
    from scipy.signal import fftconvolve

    return fftconvolve(np.asarray(dry, dtype=np.float64), np.asarray(response, dtype=np.float64))


def compare_convolved(target: Samples, generation: Samples, rate_hz: int) -> dict[str, float]:
    """Distances of the dry sound in the generated room, shape (n,), from that in the recorded room, shape (n,).

    Raises ValueError if the target is silent.
    """
    return {
        "relative_error": relative_error(generation, target),
        "log_spectral_distance_db": log_spectral_distance(generation, target, rate_hz),
    }


def make_playable(samples: Samples, rate_hz: int) -> tuple[NDArray[np.float64], int]:
    """Raise a rate that is too low to be played to its smallest multiple that can be played; otherwise copy.

    The rate is raised by polyphase interpolation with an integer factor. Above half the old rate, the result has only
    what the interpolation filter lets through, 60 dB below.

    Args:
        samples: shape (n,).
        rate_hz: their rate.

    Returns:
        Samples, shape (k n,), and their rate, k `rate_hz`, at least `LOWEST_PLAYABLE_HZ`.
    """
    factor = -(-LOWEST_PLAYABLE_HZ // rate_hz)
    if factor == 1:
        return np.array(samples, dtype=np.float64), rate_hz
    from scipy.signal import resample_poly

    return resample_poly(np.asarray(samples, dtype=np.float64), factor, 1), factor * rate_hz


def scale_together(sounds: list[Samples]) -> list[NDArray[np.float64]]:
    """Scale sounds by one common gain, so that their largest magnitude is 1 and their relative levels are kept.

    >>> [sound.tolist() for sound in scale_together([np.array([0.0, -4.0]), np.array([1.0])])]
    [[0.0, -1.0], [0.25]]
    """
    largest = max(np.abs(sound).max(initial=0.0) for sound in sounds)
    return [np.array(sound, dtype=np.float64) / (largest or 1.0) for sound in sounds]

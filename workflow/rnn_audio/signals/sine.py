"""A sampled sine, steady or damped."""

import math

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError


def sine(*, rate_hz: int, samples: int, frequency_hz: float, amplitude: float, phase_rad: float) -> NDArray[np.float64]:
    """Sample `amplitude` sin(2 pi `frequency_hz` n / `rate_hz` + `phase_rad`), n = 0, 1, ...; shape (samples,).

    Raises InputError if the frequency is not between 0 and half the rate, because of aliasing.

    >>> sine(rate_hz=4, samples=4, frequency_hz=1.0, amplitude=1.0, phase_rad=0.0).round(6).tolist()
    [0.0, 1.0, 0.0, -1.0]
    """
    if not 0 < frequency_hz < rate_hz / 2:
        raise InputError(
            f"frequency_hz: {frequency_hz} Hz cannot be sampled at {rate_hz} Hz; choose one between 0 and {rate_hz / 2}"
        )
    return amplitude * np.sin(2 * math.pi * frequency_hz / rate_hz * np.arange(samples) + phase_rad)


def damped_sine(
    *, rate_hz: int, samples: int, frequency_hz: float, amplitude: float, phase_rad: float, decay_s: float
) -> NDArray[np.float64]:
    """A `sine` that decays by 60 dB in `decay_s` seconds, shape (samples,). Raises InputError as `sine` does."""
    steady = sine(rate_hz=rate_hz, samples=samples, frequency_hz=frequency_hz, amplitude=amplitude, phase_rad=phase_rad)
    return steady * 10.0 ** (-3.0 * np.arange(samples) / (rate_hz * decay_s))

"""Pre-emphasis filters of the loss: their FIR taps, responses, and packed causal application (paper B, section 4).

The A-weighting filter is the one that takes a decision. The paper says: a 100-tap FIR by least squares from the
standard's magnitude, "followed by" the low-pass of eq. 7. So the 100 taps are the A-weighting alone and the low-pass
is cascaded, which makes 101 taps. (The authors' public code cascades it as well.)

Two things about those 100 taps are ours:

- **Weighting.** The error is divided by the wanted magnitude and the frequencies are spaced logarithmically from
  50 Hz to half the rate: an error of one decibel then costs the same in every octave. A uniformly weighted
  linear-phase design is off by 12 dB at 50 Hz: 100 taps at 44.1 kHz resolve 441 Hz, and what lies below weighs little.
  Ours is off by 1.4 dB at most from 50 Hz to 16 kHz, near 100 Hz, and by 0.7 dB in the root mean square.
- **Phase.** The taps are fitted to the curve's minimum phase, not to a linear one. The ESR depends on the filter's
  magnitude only, up to the edges of the signal. Minimum phase halves the largest error in decibels, because no tap is
  spent on symmetry. And it puts the weight on the first taps: a linear-phase filter delays by 49.5 samples, so in
  truncated BPTT the errors of a chunk's last 50 samples would reach the loss only in the next chunk, without their
  gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.types import Floats

NAMES = ("none", "highpass", "folded_differentiator", "a_weighting")

A_WEIGHTING_TAPS = 100
"""Taps of the A-weighting alone, before the cascaded low-pass (paper B, section 4.3)."""

LOW_PASS = (1.0, 0.85)
"""Taps of the low-pass that follows the A-weighting (paper B, eq. 7)."""

_LOWEST_FITTED_HZ = 50.0
_LOWEST_RATE_HZ = 2000.0
_FITTED_FREQUENCIES = 2000
_CEPSTRUM_POINTS = 1 << 16


def taps(name: str, rate_hz: float) -> Floats:
    """FIR taps of a pre-emphasis filter, first tap for the newest sample.

    `none` is the identity, `highpass` is 1 - 0.85 z^-1 (paper B, eq. 5), `folded_differentiator` is 1 - 0.85 z^-2
    (eq. 6) and `a_weighting` is the 100-tap A-weighting followed by 1 + 0.85 z^-1 (section 4.3 and eq. 7).

    Args:
        name: one of `NAMES`.
        rate_hz: sampling rate in Hz; only `a_weighting` depends on it.

    Returns:
        Taps, float64, [1], [2], [3] or [101].

    Raises:
        InputError: the name is unknown, or the rate is too low for the A-weighting.
    """
    if name == "none":
        return np.array([1.0])
    if name == "highpass":
        return np.array([1.0, -0.85])
    if name == "folded_differentiator":
        return np.array([1.0, 0.0, -0.85])
    if name == "a_weighting":
        return np.convolve(_a_weighting_taps(rate_hz), LOW_PASS)
    raise InputError(f"pre-emphasis {name!r} is unknown: choose one of {', '.join(NAMES)}")


def magnitude_response(taps: Floats, frequencies_hz: Floats, rate_hz: float) -> Floats:
    """Magnitude |H| of an FIR filter at some frequencies (paper B, Fig. 3).

    Args:
        taps: filter taps, [K].
        frequencies_hz: frequencies in Hz, [F].
        rate_hz: sampling rate in Hz.

    Returns:
        Linear magnitudes, [F]; 20 log10 of them is in dB.
    """
    delays = np.arange(len(taps))
    radians = 2.0 * np.pi * np.asarray(frequencies_hz, dtype=np.float64) / rate_hz
    return np.abs(np.exp(-1j * radians[:, None] * delays) @ taps)


def a_weighting_db(frequencies_hz: Floats) -> Floats:
    """A-weighting of IEC 61672 (misprinted as 61682 in paper B) in dB, 0 dB at 1 kHz.

    Args:
        frequencies_hz: frequencies above 0 Hz, of any shape.

    Returns:
        Weights in dB, of the same shape.
    """
    f1, f2, f3, f4 = 20.598997, 107.65265, 737.86223, 12194.217
    squared = np.asarray(frequencies_hz, dtype=np.float64) ** 2
    low = squared / (squared + f1**2)
    middle = squared / np.sqrt((squared + f2**2) * (squared + f3**2))
    high = f4**2 / (squared + f4**2)
    return 20.0 * np.log10(low * middle * high) + 1.9997


@cache
def _a_weighting_taps(rate_hz: float) -> Floats:
    if not rate_hz >= _LOWEST_RATE_HZ:
        raise InputError(
            f"pre-emphasis 'a_weighting' at {rate_hz:g} Hz: A-weighting needs a rate of at least "
            f"{_LOWEST_RATE_HZ:g} Hz; choose another pre-emphasis or rate"
        )
    frequencies = np.geomspace(_LOWEST_FITTED_HZ, rate_hz / 2.0, _FITTED_FREQUENCIES)
    wanted = _minimum_phase_a_weighting(frequencies, rate_hz)
    basis = np.exp(-2j * np.pi * frequencies[:, None] / rate_hz * np.arange(A_WEIGHTING_TAPS))
    relative = basis / np.abs(wanted)[:, None]
    ones = wanted / np.abs(wanted)
    rows = np.concatenate([relative.real, relative.imag])
    return np.linalg.lstsq(rows, np.concatenate([ones.real, ones.imag]), rcond=None)[0]


def _minimum_phase_a_weighting(frequencies_hz: Floats, rate_hz: float) -> NDArray[np.complex128]:
    """A-weighting with its minimum phase: that of the filter which responds soonest for this magnitude.

    Folding the real cepstrum onto positive times turns log magnitude into the logarithm of that response.
    """
    grid = np.fft.rfftfreq(_CEPSTRUM_POINTS, 1.0 / rate_hz)
    # The curve is minus infinity dB at 0 Hz: there the nearest frequency of the grid stands in.
    log_magnitude = a_weighting_db(np.maximum(grid, grid[1])) * np.log(10.0) / 20.0
    cepstrum = np.fft.irfft(log_magnitude)
    folded = np.zeros(_CEPSTRUM_POINTS)
    half = _CEPSTRUM_POINTS // 2
    folded[0] = cepstrum[0]
    folded[1:half] = 2.0 * cepstrum[1:half]
    folded[half] = cepstrum[half]
    phase = np.fft.rfft(folded).imag
    at = np.interp(frequencies_hz, grid, phase)
    return 10.0 ** (a_weighting_db(frequencies_hz) / 20.0) * np.exp(1j * at)


def pad_taps(filters: Sequence[Floats]) -> Floats:
    """Stack filters of different lengths, so that one pack can mix them.

    Args:
        filters: the taps of each model's filter, M of them.

    Returns:
        Taps padded with zeros at their end, float64, [M, K] with K the longest filter's length.
    """
    longest = max(len(one) for one in filters)
    return np.stack([np.pad(one, (0, longest - len(one))) for one in filters])

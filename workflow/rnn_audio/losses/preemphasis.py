"""Pre-emphasis filters of the loss: their FIR taps and responses (paper B, section 4).

Only the A-weighting filter needs decisions. The paper describes a 100-tap FIR, fitted to the standard's magnitude by
least squares, "followed by" the low-pass of eq. 7. So the 100 taps are the A-weighting alone; the low-pass is cascaded,
which gives 101 taps. (The authors' public code cascades it as well.)

The paper leaves two properties of the 100 taps open, and there are two designs. In `minimum_phase`, the default:

- **Weighting.** The error is divided by the wanted magnitude, and the frequencies are spaced logarithmically from 50 Hz
  to half the rate, so an error of one decibel costs the same in every octave. A uniformly weighted linear-phase design
  has an error of 12 dB at 50 Hz, because 100 taps at 44.1 kHz resolve 441 Hz and frequencies below have little weight.
- **Phase.** The taps are fitted to the curve with minimum phase, not with linear phase. The ESR depends on the filter's
  magnitude only, except at the ends of the signal. Minimum phase halves the largest error in decibels, because no taps
  are needed for symmetry. It also has its largest taps first. A linear-phase filter delays by 49.5 samples: in
  truncated BPTT, the errors of a chunk's last 50 samples would reach the loss only in the next chunk, without their
  gradient.

In `plain`, as the words of the paper are read at first: uniformly weighted, with linear phase. Its magnitude is that of
a signal with more bass, 12 dB at 50 Hz at 44.1 kHz; `a_weighting_error_db` gives the errors of both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.types import Floats

A_WEIGHTING_TAPS = 100
"""Taps of the A-weighting alone, before the cascaded low-pass (paper B, section 4.3)."""

MINIMUM_PHASE, PLAIN = "minimum_phase", "plain"

DESIGNS = (MINIMUM_PHASE, PLAIN)
"""How the A-weighting's taps are fitted to the standard's curve."""

JUDGED_HZ = (50.0, 16_000.0)
"""The range over which `a_weighting_error_db` judges a design."""

LOW_PASS = (1.0, 0.85)
"""Taps of the low-pass that follows the A-weighting (paper B, eq. 7)."""

_LOWEST_FITTED_HZ = 50.0
_LOWEST_RATE_HZ = 2000.0
_FITTED_FREQUENCIES = 2000
_CEPSTRUM_POINTS = 1 << 16


@dataclass(frozen=True)
class Filter:
    """A pre-emphasis filter.

    Attributes:
        taps: its taps at a sampling rate in Hz, the first for the newest sample; the A-weighting's in one of `DESIGNS`.
        header: its name above a column, where many stand side by side.
        words: its name in a sentence.
        title: its name above its response, with its formula in matplotlib's notation.
        fitted: the name of the curve that the taps were fitted to, and the curve: from frequencies in Hz, [F], and a
            rate in Hz to dB, [F]. None where the paper states the taps.
    """

    taps: Callable[[float, str], Sequence[float] | Floats]
    header: str
    words: str
    title: str
    fitted: tuple[str, Callable[[Floats, float], Floats]] | None = None


FILTERS: Mapping[str, Filter] = {
    "none": Filter(lambda rate_hz, design: [1.0], "None", "none", "None, $1$"),
    # Paper B, eq. 5.
    "highpass": Filter(
        lambda rate_hz, design: [1.0, -0.85], "HP", "high-pass", r"First-order high-pass, $1 - 0.85\,z^{-1}$"
    ),
    # Eq. 6.
    "folded_differentiator": Filter(
        lambda rate_hz, design: [1.0, 0.0, -0.85],
        "FD",
        "folded differentiator",
        r"Folded differentiator, $1 - 0.85\,z^{-2}$",
    ),
    # Section 4.3 and eq. 7.
    "a_weighting": Filter(
        lambda rate_hz, design: np.convolve(_A_WEIGHTINGS[design](rate_hz), LOW_PASS),
        "AW",
        "low-passed A-weighting",
        r"A-weighting, low-passed by $1 + 0.85\,z^{-1}$",
        ("IEC 61672, low-passed", lambda frequencies_hz, rate_hz: _low_passed_a_weighting_db(frequencies_hz, rate_hz)),
    ),
}
"""All of them by name, in the papers' order. An entry is all that a further one needs."""

NAMES = tuple(FILTERS)


def taps(name: str, rate_hz: float, design: str = MINIMUM_PHASE) -> Floats:
    """FIR taps of a pre-emphasis filter, the first for the newest sample.

    `none` is the identity, `highpass` is 1 - 0.85 z^-1 (paper B, eq. 5), `folded_differentiator` is 1 - 0.85 z^-2
    (eq. 6) and `a_weighting` is the 100-tap A-weighting followed by 1 + 0.85 z^-1 (section 4.3 and eq. 7).

    Args:
        name: one of `NAMES`.
        rate_hz: sampling rate in Hz; only `a_weighting` depends on it.
        design: one of `DESIGNS`; only `a_weighting` depends on it.

    Returns:
        Taps, float64, [1], [2], [3] or [101].

    Raises:
        InputError: the name or the design is unknown, or the rate is too low for the A-weighting.
    """
    if name not in FILTERS:
        raise InputError(f"pre-emphasis {name!r} is unknown: choose one of {', '.join(NAMES)}")
    if design not in DESIGNS:
        raise InputError(f"a_weighting_design {design!r} is unknown: choose one of {', '.join(DESIGNS)}")
    return np.array(FILTERS[name].taps(rate_hz, design))


def a_weighting_error_db(rate_hz: float, design: str = MINIMUM_PHASE) -> Floats:
    """Errors of the 100 taps of the A-weighting against the standard's curve, in dB, [2000].

    At frequencies that are spaced logarithmically over `JUDGED_HZ`, or to 0.45 of the rate if that is lower.
    """
    low, high = JUDGED_HZ
    frequencies = np.geomspace(low, min(high, 0.45 * rate_hz), _FITTED_FREQUENCIES)
    magnitude = magnitude_response(_A_WEIGHTINGS[design](rate_hz), frequencies, rate_hz)
    return 20.0 * np.log10(magnitude) - a_weighting_db(frequencies)


def magnitude_response(taps: Floats, frequencies_hz: Floats, rate_hz: float) -> Floats:
    """Magnitude |H| of an FIR filter at some frequencies (paper B, Fig. 3).

    Args:
        taps: filter taps, [K].
        frequencies_hz: frequencies in Hz, [F].
        rate_hz: sampling rate in Hz.

    Returns:
        Linear magnitudes, [F].
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


def _low_passed_a_weighting_db(frequencies_hz: Floats, rate_hz: float) -> Floats:
    low_pass = magnitude_response(np.array(LOW_PASS), frequencies_hz, rate_hz)
    return a_weighting_db(frequencies_hz) + 20 * np.log10(low_pass)


def _require_rate(rate_hz: float) -> None:
    if not rate_hz >= _LOWEST_RATE_HZ:
        raise InputError(
            f"pre-emphasis 'a_weighting' at {rate_hz:g} Hz: A-weighting needs a rate of at least "
            f"{_LOWEST_RATE_HZ:g} Hz; choose another pre-emphasis or rate"
        )


@cache
def _plain_taps(rate_hz: float) -> Floats:
    """Least squares with uniform weight from 0 Hz to half the rate; symmetric taps, so that the phase is linear."""
    _require_rate(rate_hz)
    frequencies = np.linspace(0.0, rate_hz / 2.0, _FITTED_FREQUENCIES)
    wanted = np.zeros_like(frequencies)  # the curve is minus infinity dB at 0 Hz
    wanted[1:] = 10.0 ** (a_weighting_db(frequencies[1:]) / 20.0)
    # The taps at equal distances from the middle are equal, and their sum is a cosine.
    distances = np.arange(A_WEIGHTING_TAPS // 2) + 0.5
    basis = 2.0 * np.cos(2.0 * np.pi * frequencies[:, None] / rate_hz * distances)
    half = np.linalg.lstsq(basis, wanted, rcond=None)[0]
    return np.concatenate([half[::-1], half])


@cache
def _a_weighting_taps(rate_hz: float) -> Floats:
    _require_rate(rate_hz)
    frequencies = np.geomspace(_LOWEST_FITTED_HZ, rate_hz / 2.0, _FITTED_FREQUENCIES)
    wanted = _minimum_phase_a_weighting(frequencies, rate_hz)
    basis = np.exp(-2j * np.pi * frequencies[:, None] / rate_hz * np.arange(A_WEIGHTING_TAPS))
    relative = basis / np.abs(wanted)[:, None]
    ones = wanted / np.abs(wanted)
    rows = np.concatenate([relative.real, relative.imag])
    return np.linalg.lstsq(rows, np.concatenate([ones.real, ones.imag]), rcond=None)[0]


_A_WEIGHTINGS: Mapping[str, Callable[[float], Floats]] = {MINIMUM_PHASE: _a_weighting_taps, PLAIN: _plain_taps}


def _minimum_phase_a_weighting(frequencies_hz: Floats, rate_hz: float) -> NDArray[np.complex128]:
    """A-weighting with minimum phase, complex, [F].

    Folding the real cepstrum onto positive times gives the logarithm of the minimum-phase response.
    """
    grid = np.fft.rfftfreq(_CEPSTRUM_POINTS, 1.0 / rate_hz)
    # The curve is minus infinity dB at 0 Hz, so the next frequency of the grid is used there.
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
    """Stack filters of different lengths, so that a pack can contain several filters.

    Args:
        filters: the taps of each model's filter, M of them.

    Returns:
        Taps padded with zeros at the end, float64, [M, K]; K is the length of the longest filter.
    """
    longest = max(len(one) for one in filters)
    return np.stack([np.pad(one, (0, longest - len(one))) for one in filters])

"""Trivial models of a device, which a network should beat: a gain and a waveshaper, fitted to the training split.

Neither has a memory. The waveshaper is the best piecewise linear curve, so a network that is not better has learned
nothing about the device's dynamics.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.types import Floats, Samples


@dataclass(frozen=True)
class Waveshaper:
    """A curve from the input sample to the output sample, linear between its knots.

    Attributes:
        inputs: input at each knot, ascending, [K].
        outputs: output at each knot, [K].
    """

    inputs: Floats
    outputs: Floats

    def apply(self, samples: Samples) -> Floats:
        """Apply the curve to samples, [N]; beyond the outermost knots it is constant."""
        return np.interp(samples, self.inputs, self.outputs)


def fit_gain(device_input: Samples, target: Samples) -> float:
    """The gain that maps the input to the target with the least squared error, <x, y> / <x, x>.

    Args:
        device_input: [N].
        target: [N].

    Raises:
        InputError: the signals differ in length, hold NaN or infinity, or the input is silent.
    """
    x, y = _checked(device_input, target)
    return float(x @ y / (x @ x))


def fit_waveshaper(device_input: Samples, target: Samples, bins: int) -> Waveshaper:
    """The piecewise linear curve that maps the input to the target with the least squared error.

    Its knots bound bins with equal numbers of input samples. As with the mean of the target in each bin, the samples
    nearby determine each part of the curve. But the curve is continuous, and on its training data it is at least as
    good as the best gain, which is one such curve.

    Args:
        device_input: [N].
        target: [N].
        bins: number of bins, at least 1; there are fewer if many samples are equal.

    Raises:
        InputError: there is no bin, or the signals differ in length, hold NaN or infinity, or the input is silent.
    """
    if bins < 1:
        raise InputError(f"a waveshaper needs at least one bin, not {bins}")
    x, y = _checked(device_input, target)
    # The knots are input samples, so the normal equations are positive definite for any input.
    knots = np.unique(np.quantile(x, np.linspace(0.0, 1.0, bins + 1), method="nearest"))
    if len(knots) == 1:
        return Waveshaper(knots, np.array([y.mean()]))
    left = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    share = (x - knots[left]) / np.diff(knots)[left]
    return Waveshaper(knots, _least_squares(left, share, y, len(knots)))


def _least_squares(left: NDArray[np.intp], share: Floats, y: Floats, knots: int) -> Floats:
    """Outputs at the knots; sample n lies between knots left[n] and left[n] + 1, at the fraction share[n]."""

    def sums(at: NDArray[np.intp], weights: Floats) -> Floats:
        return np.bincount(at, weights, minlength=knots)

    # Each sample affects two adjacent knots, so the normal equations are tridiagonal. Rows: upper and main diagonal.
    bands = np.zeros((2, knots))
    bands[0, 1:] = sums(left, share * (1.0 - share))[:-1]
    bands[1] = sums(left, (1.0 - share) ** 2) + sums(left + 1, share**2)
    from scipy.linalg import solveh_banded

    return solveh_banded(bands, sums(left, (1.0 - share) * y) + sums(left + 1, share * y))


def _checked(device_input: Samples, target: Samples) -> tuple[Floats, Floats]:
    x, y = (np.asarray(signal, dtype=np.float64) for signal in (device_input, target))
    if x.ndim != 1 or x.shape != y.shape or x.size == 0:
        raise InputError(f"input {x.shape} and target {y.shape} must be mono, of the same length and not empty")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("input or target of a baseline holds NaN or infinity")
    if not x.any():
        raise InputError("the input of a baseline is silent")
    return x, y

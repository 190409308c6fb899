"""Trivial models of a device: what a network has to beat. Fitted to the training split, applied to any.

Neither has a memory. The waveshaper is the best curve of its kind, so a network that does no better has learned
nothing of the device's dynamics.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

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
        """Send samples, [N], through the curve; beyond the outermost knots their outputs hold."""
        return np.interp(samples, self.inputs, self.outputs)


def fit_gain(device_input: Samples, target: Samples) -> float:
    """The gain by which the input comes closest to the target in the least squares, <x, y> / <x, x>.

    Args:
        device_input: [N].
        target: [N].

    Raises:
        InputError: the signals differ in length, hold NaN or infinity, or the input is silent.
    """
    x, y = _checked(device_input, target)
    return float(x @ y / (x @ x))


def fit_waveshaper(device_input: Samples, target: Samples, bins: int) -> Waveshaper:
    """The piecewise linear curve that comes closest to the target in the least squares.

    Its knots bound bins that hold equally many input samples each. As in the conditional mean over bins, every part of
    the curve is decided by the samples nearby; but the curve is continuous, and never worse on its training data than
    the best gain, which is one such curve.

    Args:
        device_input: [N].
        target: [N].
        bins: number of bins, at least 1; fewer come out where many samples are equal.

    Raises:
        InputError: there is no bin, or the signals differ in length, hold NaN or infinity, or the input is silent.
    """
    if bins < 1:
        raise InputError(f"a waveshaper needs at least one bin, not {bins}")
    x, y = _checked(device_input, target)
    # Knots that are samples themselves make the equations below positive definite, whatever the input.
    knots = np.unique(np.quantile(x, np.linspace(0.0, 1.0, bins + 1), method="nearest"))
    if len(knots) == 1:
        return Waveshaper(knots, np.array([y.mean()]))
    left = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    share = (x - knots[left]) / np.diff(knots)[left]
    return Waveshaper(knots, _least_squares(left, share, y, len(knots)))


def _least_squares(left: NDArray[np.intp], share: Floats, y: Floats, knots: int) -> Floats:
    """Outputs at the knots; sample n lies between knots left[n] and left[n] + 1, `share` of the way along."""

    def sums(at: NDArray[np.intp], weights: Floats) -> Floats:
        return np.bincount(at, weights, minlength=knots)

    # Each sample touches two neighbouring knots, so the normal equations are tridiagonal: diagonals above and on.
    bands = np.zeros((2, knots))
    bands[0, 1:] = sums(left, share * (1.0 - share))[:-1]
    bands[1] = sums(left, (1.0 - share) ** 2) + sums(left + 1, share**2)
    return solveh_banded(bands, sums(left, (1.0 - share) * y) + sums(left + 1, share * y))


def _checked(device_input: Samples, target: Samples) -> tuple[Floats, Floats]:
    x, y = (np.asarray(signal, dtype=np.float64) for signal in (device_input, target))
    if x.ndim != 1 or x.shape != y.shape or x.size == 0:
        raise InputError(f"input {x.shape} and target {y.shape} have to be mono, of the same length and not empty")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("input or target of a baseline holds NaN or infinity")
    if not x.any():
        raise InputError("the input of a baseline is silent")
    return x, y

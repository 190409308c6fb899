"""Changes of sampling rate and level."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError


def resample(samples: NDArray[np.floating], from_hz: int, to_hz: int) -> NDArray[np.float64]:
    """Lower the rate by band-limited sinc interpolation (resampy's `kaiser_best`, Smith 2002).

    `samples`, shape (n,), are at `from_hz`; the result is at `to_hz`, shape (floor(n to_hz / from_hz),), a copy if the
    rates are equal. Paper A's response of 22050 samples becomes 512 at 1024 Hz and 2756 at 5512 Hz.
    Raises InputError if the rate would rise, or if the result would be empty, silent or constant.
    """
    if to_hz > from_hz:
        raise InputError(
            f"a recording at {from_hz} Hz has nothing above {from_hz / 2:g} Hz: resampling it to {to_hz} Hz would "
            f"invent content; choose a target rate of at most {from_hz} Hz or a recording with a higher rate"
        )
    source = np.array(samples, dtype=np.float64)
    if to_hz == from_hz:
        return source
    if source.size * to_hz < from_hz:
        raise InputError(
            f"{source.size} samples at {from_hz} Hz last less than one at {to_hz} Hz; take a longer signal"
        )
    import resampy  # imported here, because it compiles with numba, which takes seconds

    resampled = np.asarray(resampy.resample(source, from_hz, to_hz, filter="kaiser_best"), dtype=np.float64)
    if np.ptp(resampled.astype(np.float32)) == 0:
        raise InputError(
            f"the signal at {from_hz} Hz becomes silent or constant when resampled to {to_hz} Hz; choose a higher "
            "rate_hz"
        )
    return resampled


def normalise(samples: NDArray[np.floating], how: Literal["peak", "none"]) -> NDArray[np.float64]:
    """Scale the largest magnitude to 1 (`peak`) or copy (`none`); shape and sign are kept.

    Raises InputError for silence, which has no peak, and ValueError for another `how`.

    >>> normalise(np.array([0.5, -2.0]), "peak").tolist()
    [0.25, -1.0]
    """
    scaled = np.array(samples, dtype=np.float64)
    if how == "none":
        return scaled
    if how != "peak":
        raise ValueError(f"normalise: {how!r} is neither 'peak' nor 'none'")
    peak = np.abs(scaled).max(initial=0.0)
    if peak == 0:
        raise InputError("the signal is silent at this rate, so its peak cannot be normalised; choose a higher rate")
    return scaled / peak

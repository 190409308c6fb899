"""Where a recorded response begins."""

import numpy as np
from numpy.typing import NDArray

ONSET_BELOW_PEAK_DB = 20.0
"""ISO 3382-1: a response starts where it first comes within 20 dB of its peak (the noise must be lower than that)."""


def onset_index(samples: NDArray[np.floating]) -> int:
    """Find the direct sound: the index of the first sample within `ONSET_BELOW_PEAK_DB` of the largest magnitude.

    `samples` is one-dimensional. Raises ValueError if it is empty, silent or not finite.
    """
    magnitude = np.abs(np.asarray(samples, dtype=np.float64))
    if magnitude.size == 0 or not np.isfinite(magnitude).all() or magnitude.max() == 0:
        raise ValueError("an onset needs samples that are finite and not all zero")
    return int(np.argmax(magnitude >= magnitude.max() * 10 ** (-ONSET_BELOW_PEAK_DB / 20)))

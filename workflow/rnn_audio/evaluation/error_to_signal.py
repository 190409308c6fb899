"""The error-to-signal ratio of one output, in double precision and without PyTorch."""

import numpy as np

from rnn_audio.losses.preemphasis import MINIMUM_PHASE, taps
from rnn_audio.types import Samples


def error_to_signal(
    target: Samples,
    output: Samples,
    pre_emphasis: str = "none",
    rate_hz: float = 44_100,
    design: str = MINIMUM_PHASE,
) -> float:
    """Power of the error over that of the target, after a pre-emphasis filter (paper B, eq. 2), without the DC term.

    Args:
        target: [N].
        output: [N].
        pre_emphasis: one of `losses.preemphasis.NAMES`.
        rate_hz: sampling rate in Hz, on which the A-weighting depends.
        design: of the A-weighting, one of `losses.preemphasis.DESIGNS`.
    """
    fir = taps(pre_emphasis, rate_hz, design)

    def power(samples: Samples) -> float:
        return float(np.sum(np.square(np.convolve(samples, fir)[: len(samples)])))

    target = np.asarray(target, dtype=np.float64)
    return power(target - np.asarray(output, dtype=np.float64)) / power(target)

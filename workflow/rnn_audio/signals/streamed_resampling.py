"""Change of sampling rate, up or down, block after block: a sound of any length in constant memory.

The ratio U/D of the rates is exact: the sound is interpolated U times and filtered, and every D-th sample is kept
(Crochiere and Rabiner 1981). The filter has linear phase, and its delay is taken out.
"""

import math

import numpy as np
from numpy.typing import NDArray

from rnn_audio.types import Floats

_PASSED = 0.91
"""Share of the lower rate's half that is passed: 20 kHz at 44.1 kHz."""
_STOPBAND_DB = 100.0


class StreamedResampler:
    """Resamples a sound that comes in blocks; how it is divided into them changes nothing but rounding.

    N samples give ceil(N U / D), the first of both at the same time.

    Args:
        from_hz: rate of what comes in, a whole number of Hz.
        to_hz: rate of what goes out.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        common = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        taps = _low_pass(max(self._up, self._down)) * self._up
        self._delay = len(taps) // 2
        # Zeros before the filter, so that its delay is a whole number of outputs.
        before = -self._delay % self._down
        self._taps = np.concatenate([np.zeros(before), taps])
        self._late = (self._delay + before) // self._down
        self._buffer = np.empty(0)
        self._first = 0  # index of the buffer's first input, a multiple of D
        self._done = 0  # outputs so far

    def process(self, samples: NDArray[np.floating]) -> Floats:
        """The outputs that can be computed after the next block, [N]; the others come with later blocks."""
        self._buffer = np.concatenate([self._buffer, samples])
        last = self._first + len(self._buffer) - 1
        return self._outputs_before((last * self._up - self._delay) // self._down + 1)

    def finish(self) -> Floats:
        """The outputs that are left after the last block."""
        whole = math.ceil((self._first + len(self._buffer)) * self._up / self._down)
        self._buffer = np.concatenate([self._buffer, np.zeros(self._delay // self._up + 1)])
        return self._outputs_before(whole)

    def _outputs_before(self, end: int) -> Floats:
        from scipy.signal import upfirdn

        if end <= self._done:
            return np.empty(0)
        start = self._done - self._first * self._up // self._down + self._late
        filtered = upfirdn(self._taps, self._buffer, self._up, self._down)
        outputs = filtered[start : start + end - self._done]
        self._done = end
        needed = max(0, (end * self._down - self._delay) // self._up) // self._down * self._down
        self._buffer = self._buffer[needed - self._first :]
        self._first = needed
        return outputs


def _low_pass(factor: int) -> Floats:
    """A linear-phase filter of odd length that leaves 1/`factor` of the band, with a gain of 1."""
    from scipy.signal import firwin, kaiserord

    length, beta = kaiserord(_STOPBAND_DB, (1 - _PASSED) / factor)
    return firwin(length | 1, (1 + _PASSED) / 2 / factor, window=("kaiser", beta))

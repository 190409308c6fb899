"""One plucked string as a digital waveguide: a delay line of one period, fed back through a damping filter.

The loop is compiled with numba: a delay line with feedback, whose length changes while a finger slides, cannot be
written as array operations.
"""

from __future__ import annotations

import numba
import numpy as np

from rnn_audio.types import Floats


@numba.njit(cache=True)
def vibrate(
    excitation: Floats, periods: Floats, ring_gain: float, mute_gain: float, damping: float, released_at: int
) -> Floats:
    """Let a string ring.

    The delayed sample is read between samples by cubic Lagrange interpolation, damped by the one-pole low-pass
    (1 - damping) / (1 - damping z^-1), scaled by the loop gain and added to the excitation. The low-pass delays low
    frequencies by damping / (1 - damping) samples. The delay line is shorter by that number, so the pitch is right.

    Args:
        excitation: push of the pick on the string, [N].
        periods: length of one period in samples at each sample, at least 4 + damping / (1 - damping), [N].
        ring_gain: gain of one round trip while the string is held, below 1.
        mute_gain: gain of one round trip after its release, below 1.
        damping: pole of the low-pass, from 0 (bright) to below 1 (dull).
        released_at: sample from which the string is muted.

    Returns:
        Velocity of the string at the bridge, arbitrary units, [N].
    """
    samples = excitation.shape[0]
    line = np.zeros(samples)
    filter_delay = damping / (1.0 - damping)
    filtered = 0.0
    for now in range(samples):
        delay = periods[now] - filter_delay
        whole = int(delay) - 1
        # From 1 to 2, so that the interpolated position lies in the middle of the cubic's four points.
        fraction = delay - whole
        newest = now - whole
        read = 0.0
        if newest >= 3:
            read = (
                line[newest] * (fraction - 1.0) * (fraction - 2.0) * (fraction - 3.0) / -6.0
                + line[newest - 1] * fraction * (fraction - 2.0) * (fraction - 3.0) / 2.0
                + line[newest - 2] * fraction * (fraction - 1.0) * (fraction - 3.0) / -2.0
                + line[newest - 3] * fraction * (fraction - 1.0) * (fraction - 2.0) / 6.0
            )
        filtered = (1.0 - damping) * read + damping * filtered
        gain = ring_gain if now < released_at else mute_gain
        line[now] = excitation[now] + gain * filtered
    return line

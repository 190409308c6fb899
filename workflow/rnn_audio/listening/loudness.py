"""Loudness of one channel after ITU-R BS.1770-4: K-weighting, and the mean power of gated blocks of 400 ms."""

import math

import numpy as np

from rnn_audio.types import Floats, Samples

_BLOCK_S = 0.4
_OVERLAP = 0.75
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET = -0.691  # so that a full-scale sine of 997 Hz has -3.01 LUFS


def loudness_lufs(samples: Samples, rate_hz: float) -> float:
    """Integrated loudness in LUFS; minus infinity for silence.

    Args:
        samples: one channel, [N]. Below 400 ms, all of it is one block.
        rate_hz: sampling rate in Hz.
    """
    from scipy.signal import sosfilt

    power = np.square(sosfilt(k_weighting(rate_hz), np.asarray(samples, dtype=np.float64)))
    length = min(len(power), round(_BLOCK_S * rate_hz))
    starts = range(0, len(power) - length + 1, max(1, round(length * (1 - _OVERLAP))))
    blocks = np.array([power[start : start + length].mean() for start in starts])
    heard = blocks[blocks > _power(_ABSOLUTE_GATE_LUFS)]
    if heard.size == 0:
        return -math.inf
    gate = heard.mean() * 10 ** (_RELATIVE_GATE_LU / 10)
    return _OFFSET + 10 * math.log10(heard[heard > gate].mean())


def k_weighting(rate_hz: float) -> Floats:
    """K-weighting in second-order sections, [2, 6].

    The Recommendation tabulates it for 48 kHz. These are the analogue filters behind the table, transformed to any
    rate: a shelf of 4 dB above 1.7 kHz for the head, and a high-pass at 38 Hz.
    """
    tangent, gain, quality = math.tan(math.pi * 1681.974450955533 / rate_hz), 10 ** (3.999843853973347 / 20), 0.70717524
    middle = gain**0.4996667741545416
    shelf = [
        gain + middle * tangent / quality + tangent**2,
        2 * (tangent**2 - gain),
        gain - middle * tangent / quality + tangent**2,
        *_denominator(tangent, quality),
    ]
    tangent, quality = math.tan(math.pi * 38.13547087602444 / rate_hz), 0.5003270373238773
    denominator = _denominator(tangent, quality)
    high_pass = [denominator[0], -2 * denominator[0], denominator[0], *denominator]
    return np.array([[coefficient / section[3] for coefficient in section] for section in (shelf, high_pass)])


def _denominator(tangent: float, quality: float) -> tuple[float, float, float]:
    return 1 + tangent / quality + tangent**2, 2 * (tangent**2 - 1), 1 - tangent / quality + tangent**2


def _power(lufs: float) -> float:
    return 10 ** ((lufs - _OFFSET) / 10)

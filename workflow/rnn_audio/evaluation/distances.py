"""Distances of a prediction or generation from its target."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SPECTRAL_WINDOW_S = 0.032
SPECTRAL_FLOOR_DB = -100.0

ENVELOPE_WINDOW_S = 0.005
SHORTEST_ENVELOPE_WINDOW = 16
FINISHED_DB = -60.0
LEVEL_TOLERANCE_DB = 12.0

_LIMIT = 1e6
_BLOCK = 65536


def mean_squared_error(output: NDArray[np.floating], target: NDArray[np.floating]) -> float:
    """Mean of (output - target)^2, both of shape (samples,); not finite if the output is not.

    Raises ValueError if the lengths differ or there are no samples.

    >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    2.0
    """
    output, target = _pair(output, target)
    return float(np.mean(np.square(output - target)))


def signal_power(samples: NDArray[np.floating]) -> float:
    """Mean square of `samples`, shape (samples,), which is the mean squared error of an output of zeros.

    >>> signal_power(np.array([3.0, -1.0]))
    5.0
    """
    return float(np.mean(np.square(np.asarray(samples, dtype=np.float64))))


def segments_power(signal: NDArray[np.floating], anchors: Sequence[int], length: int) -> float:
    """Mean power of segments of `signal`, shape (samples,): the auxiliary loss of an output of zeros.

    Args:
        signal: what they are taken from.
        anchors: for each segment, the samples of the signal before its end.
        length: samples of a segment; its first is the seed of a reconstruction, and does not count.
    """
    return float(np.mean([signal_power(signal[anchor - length + 1 : anchor]) for anchor in anchors]))


def relative_error(output: NDArray[np.floating], target: NDArray[np.floating]) -> float:
    """Mean squared error over the target's power: 0 is perfect, 1 is the error of an output of zeros.

    Raises ValueError if the target is silent or the lengths differ.
    """
    power = signal_power(target)
    if power == 0:
        raise ValueError("a silent target has no relative error")
    return mean_squared_error(output, target) / power


def log_spectral_distance(output: NDArray[np.floating], target: NDArray[np.floating], rate_hz: float) -> float:
    """Difference of the power spectra in dB: root mean square over frequencies, then mean over frames.

    The distance is that of Rabiner and Juang, Fundamentals of Speech Recognition (1993), over short frames. They
    overlap by three quarters under a Hann window whose length is the power of two nearest to 32 ms, at least 32
    samples: 32 at 1024 Hz, 128 at 5512 Hz, 1024 at 44.1 kHz. Levels below -100 dB re the target's strongest bin count
    as -100 dB, so that silence has a finite distance. Returns NaN if the output is not finite. Raises ValueError if the
    target is silent or the lengths differ.
    """
    output, target = _pair(output, target)
    window = max(32, 2 ** round(np.log2(SPECTRAL_WINDOW_S * rate_hz)))
    target_power = _spectrogram(target, window)
    if target_power.max() == 0:
        raise ValueError("a silent target has no log spectral distance")
    floor = target_power.max() * 10 ** (SPECTRAL_FLOOR_DB / 10)
    output_power = _spectrogram(output, window)
    difference_db = 10 * np.log10(np.maximum(output_power, floor) / np.maximum(target_power, floor))
    return float(np.mean(np.sqrt(np.mean(np.square(difference_db), axis=1))))


def envelope(samples: NDArray[np.floating], rate_hz: float) -> NDArray[np.float64]:
    """Short-time standard deviation around each sample, shape (samples,): the amplitude without DC.

    The window is 5 ms, at least 16 samples, centred; beyond the ends the signal is mirrored. Each window's own mean is
    subtracted, so a network that is stuck at a constant counts as silent.

    >>> envelope(np.ones(4), rate_hz=1000).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    samples = np.asarray(samples, dtype=np.float64)
    window = _envelope_window(rate_hz)
    padded = np.pad(samples, (window // 2, window - 1 - window // 2), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)
    # In blocks, because the windows of a minute at 44.1 kHz would take gigabytes.
    blocks = [windows[first : first + _BLOCK].std(axis=1) for first in range(0, samples.size, _BLOCK)]
    return np.concatenate(blocks)


def effective_length(generation: NDArray[np.floating], target: NDArray[np.floating], rate_hz: float) -> int:
    """Number of samples for which a generation has the level of its target, before it dies, explodes or gets stuck.

    The `envelope`s of both signals are compared in dB re the largest value of the target's. Levels below -60 dB count
    as -60 dB: there the target has ended, and the generation should have too. The length ends at the first sample from
    which the two differ by more than 12 dB for longer than one envelope window. If there is none, it is the whole
    length. Because the window is centred, an abrupt end is found within half a window. Phase and pitch have no
    influence; other metrics measure them.

    Paper A estimates such lengths by eye ("only about 200 samples long" of 512). Returns 0 if the generation is not
    finite. Raises ValueError if the target is constant or the lengths differ.
    """
    generation, target = _pair(generation, target)
    if not np.isfinite(generation).all():
        return 0
    target_envelope = envelope(target, rate_hz)
    if target_envelope.max() == 0:
        raise ValueError("a constant target has no envelope to compare with")

    # Larger values are out of tolerance anyway, and their squares could overflow.
    limit = _LIMIT * np.abs(target).max()
    generation_envelope = envelope(np.clip(generation, -limit, limit), rate_hz)
    finished = target_envelope.max() * 10 ** (FINISHED_DB / 20)
    difference_db = 20 * np.log10(np.maximum(generation_envelope, finished) / np.maximum(target_envelope, finished))
    return _start_of_long_run(np.abs(difference_db) > LEVEL_TOLERANCE_DB, longer_than=_envelope_window(rate_hz))


def _envelope_window(rate_hz: float) -> int:
    return max(SHORTEST_ENVELOPE_WINDOW, round(ENVELOPE_WINDOW_S * rate_hz))


def _start_of_long_run(flags: NDArray[np.bool_], longer_than: int) -> int:
    """Index where the first run of more than `longer_than` true flags starts; the number of flags if there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    long_starts = starts[ends - starts > longer_than]
    return int(long_starts[0]) if long_starts.size else flags.size


def _spectrogram(samples: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Short-time power spectrum, shape (frames, window / 2 + 1); the end is padded with zeros to a full hop."""
    hop = window // 4
    padding = max(0, window - samples.size) + -max(0, samples.size - window) % hop
    padded = np.pad(samples, (0, padding))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    # The periodic Hann window, whose shifted copies add up to a constant.
    hann = np.hanning(window + 1)[:-1]
    return np.square(np.abs(np.fft.rfft(frames * hann, axis=1)))


def _pair(output: NDArray[np.floating], target: NDArray[np.floating]) -> tuple[NDArray[np.float64], ...]:
    output = np.asarray(output, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    if output.shape != target.shape or target.ndim != 1 or target.size == 0:
        raise ValueError(f"expected two equally long signals, not shapes {output.shape} and {target.shape}")
    return output, target

"""Split a device's recordings by time, then cut the training part into segments (paper B, section 3).

The order matters: segments of one passage on both sides of a split would let the test set leak into the training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.types import Floats


@dataclass(frozen=True)
class Split:
    """Consecutive stretches of one recording, in the order of time.

    Attributes:
        train: first stretch, [N_train].
        val: second stretch, [N_val].
        test: third stretch, [N_test].
    """

    train: Floats
    val: Floats
    test: Floats


@dataclass(frozen=True)
class Segments:
    """Equal segments of a recording.

    Attributes:
        samples: the segments, in the order of time, [segments, length].
        dropped: samples of the partial segment at the end that were left out.
    """

    samples: Floats
    dropped: int


def split_by_fractions(samples: Floats, fractions: Sequence[float]) -> Split:
    """Split a recording into shares of its length.

    Input and target of equal length are split at the same samples.

    Args:
        samples: recording, [N].
        fractions: shares of train, val and test, each above 0, together 1 (or less: the rest is left out).

    Returns:
        The three stretches.

    Raises:
        InputError: there are not three fractions, one is not positive, they add up to more than 1, or a stretch
            would have no samples.
    """
    if len(fractions) != 3 or min(fractions) <= 0.0 or sum(fractions) > 1.0 + 1e-9:
        raise InputError(
            f"split fractions {list(fractions)}: give three above 0 for train, val and test that add up to at most 1"
        )
    # The rounded sums, not rounded shares: fractions that add up to 1 then use every sample.
    ends = [round(float(end) * len(samples)) for end in np.cumsum(fractions)]
    return _split_at(samples, ends)


def split_by_seconds(samples: Floats, rate_hz: float, seconds: Sequence[float]) -> Split:
    """Split a recording into stretches of given lengths, from its start.

    Args:
        samples: recording, [N].
        rate_hz: sampling rate in Hz.
        seconds: lengths of train, val and test in seconds, each above 0; what comes after them is left out.

    Returns:
        The three stretches.

    Raises:
        InputError: there are not three lengths, one is not positive, or they are longer than the recording.
    """
    if len(seconds) != 3 or min(seconds) <= 0.0:
        raise InputError(f"split seconds {list(seconds)}: give three above 0 for train, val and test")
    ends = [round(float(end) * rate_hz) for end in np.cumsum(seconds)]
    if ends[-1] > len(samples):
        raise InputError(
            f"split seconds {list(seconds)} add up to {sum(seconds):g} s: the recording has only "
            f"{len(samples) / rate_hz:g} s; shorten them"
        )
    return _split_at(samples, ends)


def segment(samples: Floats, length: int) -> Segments:
    """Cut a recording into segments of equal length; a partial one at the end is left out and counted.

    Args:
        samples: recording, [N].
        length: samples a segment; half a second in paper B (section 3).

    Returns:
        The segments (a view where the recording allows it) and how many samples were left out.

    Raises:
        InputError: the length is below 1 or longer than the recording.
    """
    if length < 1:
        raise InputError(f"segment length is {length} samples: it must be at least 1")
    count = len(samples) // length
    if count == 0:
        raise InputError(
            f"segment length is {length} samples: the recording has only {len(samples)}; "
            "choose shorter segments or a longer recording"
        )
    return Segments(samples[: count * length].reshape(count, length), len(samples) - count * length)


def _split_at(samples: Floats, ends: Sequence[int]) -> Split:
    starts = (0, *ends[:-1])
    for name, start, end in zip(("train", "val", "test"), starts, ends, strict=True):
        if end <= start:
            raise InputError(f"split: {name} gets none of {len(samples)} samples: give it a larger share")
    train, val, test = (samples[start:end] for start, end in zip(starts, ends, strict=True))
    return Split(train, val, test)

"""Split a device's recordings by time, then cut the training part into segments (paper B, section 3).

The order matters: with segments of one passage on both sides of a split, the test set would leak into the training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.types import Floats


@dataclass(frozen=True)
class Split:
    """Consecutive parts of one recording, in the order of time.

    Attributes:
        train: first part, [N_train].
        val: second part, [N_val].
        test: third part, [N_test].
    """

    train: Floats
    val: Floats
    test: Floats


@dataclass(frozen=True)
class Segments:
    """Equal segments of a recording.

    Attributes:
        samples: the segments, in the order of time, [segments, length].
        dropped: number of samples at the end that do not fill a segment and are left out.
    """

    samples: Floats
    dropped: int


def split_by_fractions(samples: Floats, fractions: Sequence[float]) -> Split:
    """Split a recording into shares of its length.

    Input and target of equal length are split at the same samples.

    Args:
        samples: recording, [N].
        fractions: shares of train, val and test, each above 0, together at most 1; the rest is left out.

    Returns:
        The three parts.

    Raises:
        InputError: there are not three fractions, one is not positive, they add up to more than 1, or a part would
            have no samples.
    """
    if len(fractions) != 3 or min(fractions) <= 0.0 or sum(fractions) > 1.0 + 1e-9:
        raise InputError(
            f"split fractions {list(fractions)}: give three above 0 for train, val and test that add up to at most 1"
        )
    # Sums are rounded, not shares: fractions that add up to 1 then use every sample.
    ends = [round(float(end) * len(samples)) for end in np.cumsum(fractions)]
    return _split_at(samples, ends)


def split_by_seconds(samples: Floats, rate_hz: float, seconds: Sequence[float]) -> Split:
    """Split a recording into parts of given lengths, from its start.

    Args:
        samples: recording, [N].
        rate_hz: sampling rate in Hz.
        seconds: lengths of train, val and test in seconds, each above 0; the rest is left out.

    Returns:
        The three parts.

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
    """Cut a recording into segments of equal length; samples at the end that do not fill one are left out and counted.

    Args:
        samples: recording, [N].
        length: samples per segment; half a second in paper B (section 3).

    Returns:
        The segments (a view if possible) and the number of samples that were left out.

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

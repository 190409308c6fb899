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
    starts = (0, *ends[:-1])
    for name, start, end in zip(("train", "val", "test"), starts, ends, strict=True):
        if end <= start:
            raise InputError(f"split: {name} gets none of {len(samples)} samples: give it a larger share")
    return Split(*(samples[start:end] for start, end in zip(starts, ends, strict=True)))


def segment(samples: Floats, length: int) -> Floats:
    """Cut a recording into segments of equal length; a partial one at the end is left out.

    Args:
        samples: recording, [N].
        length: samples a segment; half a second in paper B (section 3).

    Returns:
        The segments, in the order of time, [segments, length]; a view where the recording allows it.

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
    return samples[: count * length].reshape(count, length)

"""Split a device's recordings by time, before the training part is cut into segments (paper B, section 3).

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
    if len(fractions) != 3 or min(fractions) <= 0.0:
        raise InputError(f"split: {list(fractions)} should be three shares above 0, for train, val and test")
    if sum(fractions) > 1.0 + 1e-9:
        raise InputError(f"split: {list(fractions)} add up to more than 1; choose smaller shares")
    # The rounded sums, not rounded shares: fractions that add up to 1 then use every sample.
    ends = [round(float(end) * len(samples)) for end in np.cumsum(fractions)]
    starts = (0, *ends[:-1])
    for name, start, end in zip(("train", "val", "test"), starts, ends, strict=True):
        if end <= start:
            raise InputError(f"split: {name} gets none of {len(samples)} samples: give it a larger share")
    train, val, test = (samples[start:end] for start, end in zip(starts, ends, strict=True))
    return Split(train, val, test)

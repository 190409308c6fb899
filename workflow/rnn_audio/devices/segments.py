"""Segments of a device's recordings, cut once and memory-mapped by every training (paper B, section 3)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.types import Samples


def segment(samples: Samples, length: int) -> Samples:
    """Cut a recording into segments of equal length; a partial one at the end is left out.

    Args:
        samples: recording, [N].
        length: samples per segment; half a second in paper B (section 3).

    Returns:
        The segments in the order of time, [S, length]; a view where the recording allows it.

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


def write_segments(path: Path, source: Samples, target: Samples, length: int) -> None:
    """Write the segments of a device's input and target as one NumPy file, float32, [2, S, length].

    The file appears whole or not at all, and the same recordings give the same bytes. Raises InputError as `segment`.
    """
    pair = np.stack([segment(side, length) for side in (source, target)]).astype("<f4")
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, pair, allow_pickle=False)


def read_segments(path: Path) -> NDArray[np.float32]:
    """Map what `write_segments` wrote into memory, float32, [2, S, T]: input and target.

    Processes that train side by side share the file's pages. Changes to the array stay in the process.

    Raises:
        InputError: the file is missing, cut short, or not one of ours.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the step that makes it")
    try:
        pair = np.load(path, mmap_mode="c", allow_pickle=False)
    except (ValueError, EOFError, OSError):
        pair = None
    if pair is None or pair.dtype != np.float32 or pair.ndim != 3 or len(pair) != 2 or not np.isfinite(pair).all():
        raise InputError(
            f"{path}: corrupt or cut short, or not segments of this workflow; delete it and run the workflow again"
        )
    return pair

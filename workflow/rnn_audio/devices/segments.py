"""Segments of a device's recordings, cut once and memory-mapped by every training (paper B, section 3)."""

from __future__ import annotations

import mmap
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.digests import digest_bytes
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
    with replacing(path) as temporary, temporary.open("wb", buffering=0) as file:
        np.save(file, pair, allow_pickle=False)
        file.write(_digest(temporary, file.tell()))


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
        if _has_changed(path, pair.offset + pair.nbytes):
            pair = None
    except (ValueError, EOFError, OSError, SyntaxError, TypeError, TokenError):  # NumPy parses the header as Python
        pair = None
    if pair is None or pair.dtype != np.float32 or pair.ndim != 3 or len(pair) != 2 or not np.isfinite(pair).all():
        raise InputError(
            f"{path}: corrupt or cut short, or not segments of this workflow; delete it and run the workflow again"
        )
    return pair


def _has_changed(path: Path, end: int) -> bool:
    """Whether the digest after the array, which NumPy does not read, is not that of the file up to its end."""
    with path.open("rb") as file:
        file.seek(end)
        return file.read() not in (b"", _digest(path, end))


def _digest(path: Path, end: int) -> bytes:
    with path.open("rb") as file, mmap.mmap(file.fileno(), end, access=mmap.ACCESS_READ) as content:
        return digest_bytes(content)

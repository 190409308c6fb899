"""Sound files between jobs: float32 mono WAV, written so that the same samples give the same bytes.

A chunk after the samples holds a digest of all before it; players skip chunks that they do not know.
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.digests import LENGTH, digest_bytes
from rnn_audio.errors import InputError

_IEEE_FLOAT = 3
_HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_RATE_FIELD = 7
_DIGEST = struct.Struct(f"<4sI{LENGTH}s")
_DIGEST_CHUNK = b"sha2"


def write_wav(path: Path | str, samples: NDArray[np.floating], rate_hz: int) -> None:
    """Write `samples`, shape (n,), atomically as a float32 mono WAV file.

    The same samples give the same bytes (libsndfile would add a PEAK chunk with the time of day). Raises ValueError
    if the samples are not one-dimensional or not finite as float32.
    """
    with np.errstate(over="ignore"):
        data = np.asarray(samples).astype("<f4")
    if data.ndim != 1:
        raise ValueError(f"{path}: mono samples have one dimension, not {data.ndim}")
    if not np.isfinite(data).all():
        raise ValueError(f"{path}: refusing to write samples that are not finite")
    content = _HEADER.pack(*_header_fields(data.size, rate_hz, _DIGEST.size)) + data.tobytes()
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(content + _DIGEST.pack(_DIGEST_CHUNK, LENGTH, digest_bytes(content)))


def read_wav(path: Path | str) -> tuple[NDArray[np.float32], int]:
    """Read a file written by `write_wav`: samples, shape (n,), and rate in Hz.

    Raises InputError if the file is missing, cut short, changed or not written by `write_wav` (`read_recording` reads
    others).
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the step that makes it")
    content = path.read_bytes()
    if len(content) >= _HEADER.size and _is_whole(content):
        fields = _HEADER.unpack_from(content)
        samples = np.frombuffer(content, "<f4", fields[-1] // 4, _HEADER.size).astype(np.float32)
        if np.isfinite(samples).all():
            return samples, fields[_RATE_FIELD]
    raise InputError(
        f"{path}: corrupt or cut short, or not a float32 mono WAV file of this workflow; "
        "delete it and run the workflow again"
    )


def _is_whole(content: bytes) -> bool:
    """Whether a file is as `write_wav` wrote it, with its digest, or as older versions did, without one."""
    fields = _HEADER.unpack_from(content)
    rate_hz, end = fields[_RATE_FIELD], _HEADER.size + fields[-1]
    after = content[end:]
    if rate_hz <= 0 or fields != _header_fields(fields[-1] // 4, rate_hz, len(after)) or end > len(content):
        return False
    return not after or after == _DIGEST.pack(_DIGEST_CHUNK, LENGTH, digest_bytes(content[:end]))


def _header_fields(samples: int, rate_hz: int, after: int) -> tuple[bytes | int, ...]:
    """RIFF header of a float WAV file: a `fmt ` chunk of 18 bytes and a `fact` chunk, as the format requires.

    Args:
        samples: number of samples.
        rate_hz: sampling rate in Hz.
        after: bytes of the chunks after the samples.
    """
    size = 4 * samples
    form = (b"RIFF", _HEADER.size - 8 + size + after, b"WAVE")
    layout = (b"fmt ", 18, _IEEE_FLOAT, 1, rate_hz, 4 * rate_hz, 4, 32, 0)
    return (*form, *layout, b"fact", 4, samples, b"data", size)

"""Sound files between jobs: float32 mono WAV, written so that the same samples give the same bytes."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError

_IEEE_FLOAT = 3
_HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_RATE_FIELD = 7


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
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(_HEADER.pack(*_header_fields(data.size, rate_hz)) + data.tobytes())


def read_wav(path: Path | str) -> tuple[NDArray[np.float32], int]:
    """Read a file written by `write_wav`: samples, shape (n,), and rate in Hz.

    Raises InputError if the file is missing, cut short or not written by `write_wav` (see `read_recording` for others).
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the step that makes it")
    content = path.read_bytes()
    header, body = content[: _HEADER.size], content[_HEADER.size :]
    if len(header) == _HEADER.size:
        fields = _HEADER.unpack(header)
        rate_hz = fields[_RATE_FIELD]
        if rate_hz > 0 and len(body) % 4 == 0 and fields == _header_fields(len(body) // 4, rate_hz):
            samples = np.frombuffer(body, dtype="<f4").astype(np.float32)
            if np.isfinite(samples).all():
                return samples, rate_hz
    raise InputError(
        f"{path}: corrupt or cut short, or not a float32 mono WAV file of this workflow; "
        "delete it and run the workflow again"
    )


def _header_fields(samples: int, rate_hz: int) -> tuple[bytes | int, ...]:
    """RIFF header of a float WAV file: a `fmt ` chunk of 18 bytes and a `fact` chunk, as the format requires."""
    size = 4 * samples
    form = (b"RIFF", _HEADER.size - 8 + size, b"WAVE")
    layout = (b"fmt ", 18, _IEEE_FLOAT, 1, rate_hz, 4 * rate_hz, 4, 32, 0)
    return (*form, *layout, b"fact", 4, samples, b"data", size)

"""Model files in JSON: read with one error for all that can be wrong, and written so that values come back exactly."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError

_MOST_BYTES = 256 << 20


def read(path: Path) -> dict[str, Any]:
    """The keys of a JSON file.

    Raises:
        InputError: the file is missing, too large, or not JSON with keys.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: larger than {_MOST_BYTES >> 20} MiB, so not a model of one LSTM; choose another")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; correct the path") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a readable JSON file ({error}); export or download it again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: JSON without keys, so not a model; choose another file")
    return content


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file atomically; raises ValueError for NaN and infinities."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")


def numbers(array: NDArray[np.floating]) -> list[Any]:
    """Nested lists whose numbers give the same float32 values when they are read."""
    return np.asarray(array, dtype=np.float32).astype(np.float64).tolist()


def mapping(path: Path, content: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A key's mapping; raises InputError if it is not one."""
    found = content.get(key)
    if not isinstance(found, dict):
        raise InputError(f"{path}: its '{key}' has no keys, so it is not a model; export or download it again")
    return found


def count(path: Path, content: Mapping[str, Any], key: str) -> int:
    """A key's positive integer, also where a file writes it as text or as 32.0; raises InputError if it is none."""
    value = as_number(content.get(key))
    if value is None or value < 1 or value != int(value):
        raise InputError(f"{path}: its '{key}' is {content.get(key)!r}, not a positive number; export it again")
    return int(value)


def as_number(value: Any) -> float | None:  # noqa: ANN401 (any JSON value)
    """A finite number, also where a file writes it as text; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if np.isfinite(number) else None


def as_rate(value: Any) -> float | None:  # noqa: ANN401 (any JSON value)
    """A sampling rate in Hz, a whole number as int; None for what is none."""
    number = as_number(value)
    if number is None or number <= 0:
        return None
    return int(number) if number == int(number) else number


def as_text(value: Any, otherwise: str) -> str:  # noqa: ANN401 (any JSON value)
    """A text that is not empty, or the other one."""
    return value if isinstance(value, str) and value.strip() else otherwise

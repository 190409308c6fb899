"""Small result files: JSON records and loss histories."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError

Record = dict[str, Any]

_REMEDY = "delete it and run the workflow again"


class _ReadRecord(Record):
    """What was read from a file, which is named where a key is missing."""

    path: Path

    def __missing__(self, key: object) -> None:
        raise InputError(f"{self.path}: a record without '{key}', which is needed; {_REMEDY}")


def write_json(path: Path, record: Record) -> None:
    """Write a record atomically, keys sorted; not-a-number and infinities are refused with a ValueError."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Record:
    """Read a record.

    Raises:
        InputError: the file is missing, was cut short or is no record; or, when a key is asked for, it is missing.
    """

    def named(entries: Record) -> Record:
        record = _ReadRecord(entries)
        record.path = path
        return record

    try:
        record = json.loads(path.read_text(encoding="utf-8"), object_hook=named, parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a readable record ({error}); {_REMEDY}") from error
    if not isinstance(record, dict):
        raise InputError(f"{path}: not a record, which has keys; {_REMEDY}")
    return record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def read_by_configuration(paths: Iterable[str | Path]) -> dict[str, Record]:
    """Read records that each name their configuration."""
    records = [read_json(Path(path)) for path in paths]
    return {record["configuration"]: record for record in records}


def write_history(path: Path, columns: Mapping[str, Sequence[float]]) -> None:
    """Write one model's losses per epoch, to full precision: `epoch` (from 1) and the given columns.

    An epoch without a value (NaN) leaves its cell empty.
    """
    lines = [",".join(["epoch", *columns])]
    for epoch, losses in enumerate(zip(*columns.values(), strict=True), start=1):
        lines.append(",".join([str(epoch), *("" if math.isnan(loss) else repr(loss) for loss in losses)]))
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_history(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Read a loss history: epochs and training losses, [epochs] each; NaN where an epoch has none.

    Raises:
        InputError: the file is missing or is not a history.
    """
    epochs, losses, *_ = read_columns(path).values()
    return epochs.astype(np.int64), losses


def read_columns(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read a loss history with all its columns by name, `epoch` among them, [epochs] each; NaN where a cell is empty.

    Raises:
        InputError: the file is missing or is not a history.
    """
    try:
        text = path.read_text(encoding="utf-8")
        header, *rows = [line.split(",") for line in text.splitlines()]
        if not rows:
            raise ValueError("it has no epochs")
        if not text.endswith("\n"):
            raise ValueError("it is cut short")
        if header[0] != "epoch" or len(header) < 2:
            raise ValueError("its columns are no epochs with losses")
        columns = zip(*[[float(cell or "nan") for cell in row] for row in rows], strict=True)
        history = {name: np.array(values) for name, values in zip(header, columns, strict=True)}
        if not np.isfinite(history["epoch"]).all():
            raise ValueError("it has an epoch without a number")
        return history
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable loss history ({error}); {_REMEDY}") from error

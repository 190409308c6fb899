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


def write_json(path: Path, record: Record) -> None:
    """Write a record atomically, keys sorted; not-a-number and infinities are refused with a ValueError."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Record:
    """Read a record.

    Raises:
        InputError: the file is missing or was cut short.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable record ({error}); delete it and run the workflow again") from error


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
    """Read a loss history: epochs and training losses, [epochs] each.

    Raises:
        InputError: the file is missing or is not a history.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        if not lines:
            raise ValueError("it has no epochs")
        table = np.loadtxt(lines, delimiter=",", ndmin=2, usecols=(0, 1))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: not a readable loss history ({error}); delete it and run the workflow again"
        ) from error
    return table[:, 0].astype(np.int64), table[:, 1]

"""Small result files: JSON records and loss histories."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio import digests
from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError

Record = dict[str, Any]

_REMEDY = "delete it and run the workflow again"


class _ReadRecord(Record):
    """A record read from a file; a missing key raises an InputError that names the file."""

    path: Path

    def __missing__(self, key: object) -> None:
        raise InputError(f"{self.path}: the record has no '{key}'; {_REMEDY}")


def write_json(path: Path, record: Record) -> None:
    """Write a record atomically, keys sorted, with its digest; raises ValueError for NaN and infinities."""
    record = {**record, digests.KEY: digests.digest_record(record)}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Record:
    """Read a record, without its digest.

    Raises:
        InputError: the file is missing, cut short, changed or not a record. Looking up a missing key raises it too.
    """

    def named(entries: Record) -> Record:
        record = _ReadRecord(entries)
        record.path = path
        return record

    try:
        record = json.loads(path.read_text(encoding="utf-8"), object_hook=named, parse_constant=_refuse)
        if isinstance(record, dict):
            said = record.pop(digests.KEY, None)
            digests.check(digests.digest_record(record), said)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a readable record ({error}); {_REMEDY}") from error
    if not isinstance(record, dict):
        raise InputError(f"{path}: not a record with keys; {_REMEDY}")
    return record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def read_by_configuration(paths: Iterable[str | Path]) -> dict[str, Record]:
    """Read records, each of which names its configuration; return them by that name."""
    records = [read_json(Path(path)) for path in paths]
    return {record["configuration"]: record for record in records}


def write_history(path: Path, columns: Mapping[str, Sequence[float]]) -> str:
    """Write one model's losses per epoch, to full precision: `epoch` (from 1) and the given columns.

    NaN, an epoch without a value, is written as an empty cell. Returns the file's SHA-256, in hex, for its readers.
    """
    lines = [",".join(["epoch", *columns])]
    for epoch, losses in enumerate(zip(*columns.values(), strict=True), start=1):
        lines.append(",".join([str(epoch), *("" if math.isnan(loss) else repr(loss) for loss in losses)]))
    content = ("\n".join(lines) + "\n").encode()
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return digests.digest_bytes(content).hex()


def read_history(path: Path, sha256: str | None = None) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Read a loss history: epochs and training losses, [epochs] each; NaN where an epoch has no loss.

    Raises:
        InputError: as `read_columns`.
    """
    epochs, losses, *_ = read_columns(path, sha256).values()
    return epochs.astype(np.int64), losses


def history_digest(selection: Record, seed: int) -> str | None:
    """The SHA-256 of a seed's history, from its configuration's `selection.json`; None in that of an older version."""
    return selection["seeds"][str(seed)].get("history_sha256")


def read_columns(path: Path, sha256: str | None = None) -> dict[str, NDArray[np.float64]]:
    """Read all columns of a loss history by name, including `epoch`, [epochs] each; NaN where a cell is empty.

    Args:
        path: the file.
        sha256: what `write_history` returned, in hex; None reads without a check.

    Raises:
        InputError: the file is missing, has changed or is not a history.
    """
    try:
        content = path.read_bytes()
        text = content.decode()
        header, *rows = [line.split(",") for line in text.splitlines()]
        if not rows:
            raise ValueError("it has no epochs")
        if not text.endswith("\n"):
            raise ValueError("it is cut short")
        if header[0] != "epoch" or len(header) < 2:
            raise ValueError("its columns are not epochs and losses")
        columns = zip(*[[float(cell or "nan") for cell in row] for row in rows], strict=True)
        history = {name: np.array(values) for name, values in zip(header, columns, strict=True)}
        if not np.isfinite(history["epoch"]).all():
            raise ValueError("an epoch has no number")
        digests.check(digests.digest_bytes(content).hex(), sha256)
        return history
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable loss history ({error}); {_REMEDY}") from error

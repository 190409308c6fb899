"""The table of training times: an update with and without a pre-emphasis filter (paper B, section 4.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rnn_audio.cells import Format
from rnn_audio.rendering import Column, Table

_COLUMNS = (
    Column("none_update_ms", "Update without filter (ms)"),
    Column("own_update_ms", "Update with filter (ms)"),
    Column("overhead", "Overhead (%)", Format.PERCENT),
)


def build_training_time_table(
    name: str, declaration: Mapping[str, Any], records: Sequence[Mapping[str, Any]], notes: Sequence[str] = ()
) -> Table:
    """Build the table.

    Args:
        name: the table's key in the configuration.
        declaration: its entry there: caption, labels and rows.
        records: one a row: `own_update_s`, `none_update_s`, `updates` and `device_name`, as
            `update_times.measure_update_times` has them.
        notes: further notes.
    """
    rows = [
        {
            **row["labels"],
            "none_update_ms": 1000 * record["none_update_s"],
            "own_update_ms": 1000 * record["own_update_s"],
            "overhead": record["own_update_s"] / record["none_update_s"] - 1,
            "updates": record["updates"],
            "device_name": record["device_name"],
        }
        for row, record in zip(declaration["rows"], records, strict=True)
    ]
    labels = tuple(Column(key, header, Format.TEXT) for key, header in declaration["labels"].items())
    own_notes = (
        "Both measured in turn in one run, one thread, on the same mini-batch: median of the repeats. A difference of "
        "a few per cent either way is noise.",
        f"Measured on {', '.join(dict.fromkeys(str(record['device_name']) for record in records))}.",
    )
    return Table(name, declaration["caption"], pd.DataFrame(rows), labels + _COLUMNS, (*own_notes, *notes))

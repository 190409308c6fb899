"""Tables of times: how fast models run (paper B, section 5), and what a filter costs in training (section 4.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import Column, Table
from rnn_audio.reporting.tables.rows import MISSING

_RUNNING_COLUMNS = (
    Column("hidden_size", "Hidden size", Format.INTEGER),
    Column("how", "How", Format.TEXT),
    Column("seconds_per_second", "Computation\n(s per s)"),
    Column("paper_seconds_per_second", "Paper\n(s per s)"),
)


def build_running_speed_table(
    name: str,
    caption: str,
    records: Sequence[Mapping[str, Any]],
    published: Mapping[int, float],
    processor: str,
    notes: Sequence[str] = (),
) -> Table:
    """Build the table.

    Args:
        name: the table's key in the configuration.
        caption: what it shows.
        records: one a measurement, in the order of the rows: `hidden_size`, `how` and `seconds_per_second`, as
            `speed.running_speed.RunningSpeed` has them.
        published: the paper's seconds per second by hidden size.
        processor: what ours were measured on.
        notes: further notes.
    """
    rows = [
        {
            "hidden_size": record["hidden_size"],
            "how": record["how"],
            "seconds_per_second": record["seconds_per_second"],
            "paper_seconds_per_second": published.get(record["hidden_size"], MISSING),
            "processor": processor,
        }
        for record in records
    ]
    own_notes = (
        "s per s: seconds of computation per second of audio; below 1 the model keeps up with what is played.",
        f"Ours: one thread of {processor}, best of a few repeats.",
        "Paper: a C++ implementation on an Apple iMac with a 2.8 GHz Intel Core i5. Another machine and another "
        "program: the two columns are no comparison of either.",
    )
    return Table(name, caption, pd.DataFrame(rows), _RUNNING_COLUMNS, (*own_notes, *notes))


_TRAINING_COLUMNS = (
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
        records: one a row: `own_update_s`, `none_update_s`, `updates` and `accelerator_name`, as
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
            "accelerator_name": record["accelerator_name"],
        }
        for row, record in zip(declaration["rows"], records, strict=True)
    ]
    labels = tuple(Column(key, header, Format.TEXT) for key, header in declaration["labels"].items())
    own_notes = (
        "Both measured in turn in one run, one thread, on the same mini-batch: median of the repeats. A difference of "
        "a few per cent either way is noise.",
        f"Measured on {', '.join(dict.fromkeys(str(record['accelerator_name']) for record in records))}.",
    )
    return Table(name, declaration["caption"], pd.DataFrame(rows), labels + _TRAINING_COLUMNS, (*own_notes, *notes))

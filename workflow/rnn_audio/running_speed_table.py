"""The table of running speeds: seconds of computation per second of audio, beside the paper's (paper B, section 5)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rnn_audio.cells import Format
from rnn_audio.rendering import Column, Table
from rnn_audio.table_rows import MISSING

_COLUMNS = (
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
            `streaming.RunningSpeed` has them.
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
    return Table(name, caption, pd.DataFrame(rows), _COLUMNS, (*own_notes, *notes))

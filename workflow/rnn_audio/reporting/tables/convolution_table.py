"""The table of a convolution: how far a dry sound in generated rooms is from the same sound in the target's."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import Column, Table

_COLUMNS = (
    Column("configuration", "Configuration", Format.TEXT),
    Column("rate_hz", "Rate\n(Hz)", Format.INTEGER),
    Column("relative_error_percent", "MSE / power of\nthe target's (%)"),
    Column("log_spectral_distance_db", "LSD\n(dB)"),
)


def build_convolution_table(
    name: str, caption: str, records: Sequence[Mapping[str, Any]], notes: Sequence[str] = ()
) -> Table:
    """Build the table.

    Args:
        name: the convolution.
        caption: what it shows.
        records: one a configuration, in the order of the rows: `configuration`, `rate_hz`, and the numbers of
            `convolved_sounds.compare_convolved`.
        notes: further notes.
    """
    rows = [
        {
            "configuration": record["configuration"],
            "rate_hz": record["rate_hz"],
            "relative_error_percent": 100 * record["relative_error"],
            "log_spectral_distance_db": record["log_spectral_distance_db"],
        }
        for record in records
    ]
    own_notes = (
        "Compared: the dry sound through the chosen model's generation, with the same through the target.",
        "MSE / power: 0 is alike, 100 is as far as silence. LSD: log-spectral distance.",
    )
    return Table(name, caption, pd.DataFrame(rows), _COLUMNS, (*own_notes, *notes))

"""The table of what was measured of a device's recordings, with what to do about each."""

import pandas as pd

from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import Column, Table
from rnn_audio.reporting.tables.rows import Record


def build_checks_table(device: str, checks: Record) -> Table:
    """The table of one device.

    Args:
        device: its name.
        checks: the record of `prepare_device`: `measured`, `findings` and `corrections`.
    """
    columns = (
        Column("name", "Property", Format.TEXT),
        Column("input", "Input"),
        Column("target", "Target,\nor both"),
        Column("advice", "What to do", Format.TEXT),
    )
    notes = [*checks["corrections"], *(f"Found: {finding['message']}." for finding in checks["findings"])]
    caption = f"Recordings of {device.replace('_', ' ')} as they were before any correction"
    frame = pd.DataFrame(checks["measured"], columns=[column.key for column in columns])
    return Table(f"{device}_checks", caption, frame, columns, tuple(notes))

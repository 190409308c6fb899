"""Result tables: the paper's numbers next to ours, as declared in the configuration.

Tables of signals: `losses` (one loss: best, mean and spread over the seeds, the trivial baseline, times),
`observations` (a quantity per row, losses and metrics mixed) and `generations` (free-running outputs of the chosen
models) in `signal_tables`; `convolutions` in `convolution_table`. Tables of devices: `device_losses` and
`band_errors` in `device_tables`; `running_speed` and `training_time` in `time_tables`. Tables of either: `sweep` in
`sweep_table`. `configuration/kinds.py` lists what each reads and requires.
Units are in the column names: *_s seconds, *_hz hertz, *_db decibels, *_percent, *_permille, *_samples; a mean squared
error is in the signal's own unit squared.
"""

from collections.abc import Callable, Mapping, Sequence
from types import NoneType

import pandas as pd

from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.convolution_table import convolutions
from rnn_audio.reporting.tables.device_tables import band_errors, device_losses
from rnn_audio.reporting.tables.parts import Built, label_column
from rnn_audio.reporting.tables.rendering import Column, Table
from rnn_audio.reporting.tables.rows import Record, Row, read_rows
from rnn_audio.reporting.tables.signal_tables import generations, losses, observations
from rnn_audio.reporting.tables.sweep_table import sweep
from rnn_audio.reporting.tables.time_tables import running_speed, training_time

_SWEEP = "sweep"


def build_table(
    name: str,
    declaration: Record,
    results: Mapping[str, Mapping[str, Record]],
    notes: Sequence[str] = (),
) -> Table:
    """Build a declared table.

    Args:
        name: the table's key in the configuration, `table_1`.
        declaration: its entry: caption, kind, labels (column name to header), rows; for a sweep, quantities; select_by
            if it shows other seeds than the configuration's own rule chose.
        results: what the kind reads, such as `selections`: for each, one record per configuration, by its name.
        notes: what a reader has to know to judge the values; notes on the columns are put before them.

    Raises:
        InputError: the kind is unknown, a configuration has no results, or a quantity does not exist.
    """
    kind = declaration["kind"]
    known = (*KINDS, _SWEEP)
    if kind not in known:
        raise InputError(f"table {name}: unknown kind {kind!r}; there are: {', '.join(known)}")
    rows = read_rows(name, declaration, results)
    if not rows:
        raise InputError(f"table {name}: it has no rows")
    built = sweep(rows, declaration["quantities"]) if kind == _SWEEP else KINDS[kind](rows)
    scaled = any(row.scale for row in rows)
    clash = sorted(set(declaration["labels"]) & {*built.records[0], *_scale(None, scaled)})
    if clash:
        raise InputError(f"table {name}: it computes a column named {clash[0]!r}; give the label another name")
    closing = [{**record, **_scale(None, scaled)} for record in built.closing_records]
    declared = [
        {**row.labels, **record, **_scale(row.scale, scaled)}
        for row, record in zip(built.rows or rows, built.records, strict=True)
    ]
    frame = _frame([*declared, *closing])
    labels = tuple(label_column(key, header, rows) for key, header in declaration["labels"].items())
    # A column without any value would only take room; the CSV has it.
    columns = (*built.columns, Column("scale", "Scale", Format.TEXT)) if scaled else built.columns
    shown = tuple(column for column in columns if frame[[*column.keys()]].notna().any(axis=None))
    return Table(name, declaration["caption"], frame, labels + shown, (*built.notes, *notes))


def _scale(scale: str | None, scaled: bool) -> dict[str, Cell]:
    return {"scale": scale} if scaled else {}


def _frame(records: Sequence[Mapping[str, Cell]]) -> pd.DataFrame:
    return pd.DataFrame({key: _series([record[key] for record in records]) for key in records[0]})


def _series(values: list[Cell]) -> pd.Series:
    """A column in which integers stay integers next to an empty cell; pandas would turn them into floats."""
    return pd.Series(values, dtype=object if {type(value) for value in values} == {int, NoneType} else None)


KINDS: dict[str, Callable[[Sequence[Row]], Built]] = {
    "losses": losses,
    "observations": observations,
    "generations": generations,
    "device_losses": device_losses,
    "band_errors": band_errors,
    "running_speed": running_speed,
    "training_time": training_time,
    "convolutions": convolutions,
}
